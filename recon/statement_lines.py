"""Lines of a venue's own account statement, of a market or an order, compared with what our books posted for it."""

from domain.ids import Currency, VenueMarketId, VenueName
from domain.messages import MarketSettled
from domain.orders import Order, Side
from recon.breaks import SEVERITIES, Break, BreakKind


def lines_key(subject: str) -> str:
    """The subject of breaks about the lines of a market or an order, beside that of its own statement or figures."""
    return f"{subject}/lines"


def line_key(line: str) -> str:
    """The subject of a break about one line that nothing explains."""
    return f"line {line}"


def is_line_key(key: str) -> bool:
    """Whether a subject is one line."""
    return key.startswith("line ")


def paid_micros(order: Order) -> int:
    """What the matches of an order cost on its own side, bare of fees."""
    return order.cost_micros if order.side is Side.BACK else order.claims_micros - order.cost_micros


def compare_lines_of_order(
    order: Order,
    *,
    venue: VenueName,
    venue_market: VenueMarketId,
    currency: Currency,
    lines: int,
    theirs_micros: int,
) -> list[Break]:
    """What the lines of an order's matches come to against what we booked for them, exact to the millionth.

    `lines` are how many there are, one of each match. Where we do not know each match the money says what is missing.
    """
    ours = paid_micros(order)
    if ours == theirs_micros:
        return []
    matches = len(order.fill_ids)
    more = lines - matches if not order.unattributed_micros else theirs_micros - ours
    kind = BreakKind.MISSING_FILL if more > 0 else BreakKind.EXTRA_FILL if more < 0 else BreakKind.PRICE
    return [
        Break(
            venue=venue,
            key=lines_key(order.ref),
            kind=kind,
            severity=SEVERITIES[kind],
            money_micros=abs(theirs_micros - ours),
            currency=currency,
            detail=f"booked {ours} for {matches} matches, {lines} lines come to {theirs_micros}",
            venue_market=venue_market,
            apart_micros=theirs_micros - ours,
        )
    ]


def compare_lines_of_market(
    posted: MarketSettled,
    *,
    profit_micros: int,
    commission_micros: int,
    currency: Currency,
    detail: str,
    crossed_micros: int = 0,
) -> list[Break]:
    """What the lines come to against what was posted, exact to the millionth: RESULT for bets, FEE for commission.

    `detail` names the orders whose own lines are not what they should have paid, empty where none is known to.
    `crossed_micros` is what those lines are off by where together they come to the right sum.
    """
    found = []
    for kind, what, theirs, ours in (
        (BreakKind.RESULT, "profit", profit_micros, posted.profit_micros),
        (BreakKind.FEE, "commission", commission_micros, posted.commission_micros),
    ):
        crossed = crossed_micros if kind is BreakKind.RESULT else 0
        if theirs != ours or crossed:
            found.append(
                Break(
                    venue=posted.venue,
                    key=lines_key(posted.venue_market),
                    kind=kind,
                    severity=SEVERITIES[kind],
                    money_micros=abs(theirs - ours) or crossed,
                    currency=currency,
                    detail=f"posted {what} {ours}, lines {theirs}{detail if kind is BreakKind.RESULT else ''}",
                    venue_market=posted.venue_market,
                    apart_micros=theirs - ours,
                )
            )
    return found
