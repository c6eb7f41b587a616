"""What stands under the cursor: a strategy, a venue, orders of ours."""

from textual.screen import Screen

from desk.terminal.panel import Panel
from desk.terminal.picture import Picture

VENUE_PANELS = (1, 7)
LADDER, MARKETS, ORDERS, STRATEGIES = 3, 2, 4, 9


def under(screen: Screen[object]) -> tuple[int, str]:
    """The panel that has the focus, and what is under its cursor."""
    panel = screen.focused
    return (panel.NUMBER, panel.chosen) if isinstance(panel, Panel) else (0, "")


def strategy_at(picture: Picture, panel: int, chosen: str) -> str:
    """The strategy under the cursor, itself or by an order or a plan of it."""
    order, plan = picture.rows.order(chosen), picture.rows.plan(chosen)
    if panel == STRATEGIES and plan is not None:
        return plan.strategy
    return chosen if panel == STRATEGIES else order.strategy if panel == ORDERS and order is not None else ""


def venue_at(picture: Picture, panel: int, chosen: str) -> str:
    """The venue under the cursor, itself or of a break there."""
    if panel not in VENUE_PANELS:
        return ""
    breaks = {found.id: found.venue for found in picture.rows.breaks}
    names = {one.id for one in picture.rows.venues}
    return chosen if chosen in names else breaks.get(chosen, "")


def refs_at(picture: Picture, panel: int, chosen: str) -> list[str]:
    """The orders of ours under the cursor."""
    if panel == ORDERS:
        return [chosen] if chosen else []
    if panel == STRATEGIES:
        plan = picture.rows.plan(chosen)
        return [*plan.refs] if plan is not None else []
    if panel == LADDER:
        ladder = [row for row in picture.rows.ladder if row.id == chosen]
        return [quote.ref for row in ladder for one in row.cells for quote in one.quotes]
    outcome = picture.rows.outcome(chosen) if panel == MARKETS else None
    return [quote.ref for place in outcome.places for quote in place.quotes] if outcome is not None else []
