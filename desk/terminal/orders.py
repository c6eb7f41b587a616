"""Orders that may still be matched and those that have just ended, UNKNOWN on top, with the money each can cost."""

from rich.style import Style

from desk.terminal.figures import age, money, short_names, size
from desk.terminal.lines import Cell, Column, cell
from desk.terminal.panel import Panel
from desk.terminal.picture import Picture
from desk.views import OrderRow
from domain.orders import OrderState, Side

WAITING = (OrderState.PENDING_NEW, OrderState.PENDING_CANCEL)
WRONG = (OrderState.REJECTED, OrderState.SUSPECT_OVERFILL)


SHORT = {
    OrderState.PENDING_NEW: "sending",
    OrderState.PENDING_CANCEL: "cancelling",
    OrderState.PARTIALLY_FILLED: "part",
    OrderState.CLOSED_PARTIAL: "part done",
    OrderState.SUSPECT_OVERFILL: "OVERFILL?",
    OrderState.UNKNOWN: "UNKNOWN",
    OrderState.REJECTED: "REJECTED",
}
"""States as they fit into a narrow column; the others are told as they are."""


class OrdersPanel(Panel):
    """One order a line: what stands before it in its queue at most, and by what word we know of it."""

    NUMBER, TITLE = 4, "Orders"
    COLUMNS = (
        Column("state", "state", 9),
        Column("venue", "venue", 5),
        Column("side", "side", 4),
        Column("price", "price", 6, right=True),
        Column("size", "size", 5, right=True),
        Column("left", "left", 5, right=True),
        Column("risk", "at risk", 8, right=True),
        Column("ahead", "ahead", 5, right=True, from_width=84),
        Column("evidence", "by", 9, from_width=110, gap=2),
        Column("age", "age", 4, right=True),
        Column("outcome", "outcome", 8, grow=1, gap=1),
        Column("event", "event", 10, grow=2, from_width=84),
        Column("strategy", "strategy", 9, from_width=100),
        Column("ref", "ref", 18, from_width=140),
        Column("venue_id", "venue's id", 20, from_width=160),
    )

    def draw(self, picture: Picture) -> None:
        laid = self.laid()
        short = short_names([venue.id for venue in picture.rows.venues])
        orders = [row for row in picture.rows.orders if self._wanted(row, picture)]
        lines = [self.line(row.id, laid, self._cells(row, picture, short)) for row in orders]
        unknown = [row for row in orders if row.state is OrderState.UNKNOWN]
        standing = sum(row.is_open for row in orders)
        at_risk = sum(row.risk_micros for row in orders)
        info = cell(f" {standing} open, {money(at_risk)} at risk ", self.palette.faint)
        if unknown:
            lost = money(sum(row.risk_micros for row in unknown))
            info = (*cell(f" {len(unknown)} UNKNOWN, {lost} at risk ", self.palette.alarm), *info)
        self.put(lines, laid=laid, info=info)

    def _wanted(self, row: OrderRow, picture: Picture) -> bool:
        return picture.wants(
            row.state, row.venue, row.side, row.event_name, row.market, row.outcome_name, row.strategy, row.id
        )

    def _cells(self, row: OrderRow, picture: Picture, short: dict[str, str]) -> dict[str, Cell]:
        palette = self.palette
        style = palette.paper if row.is_open else palette.faint
        side = palette.back_size if row.side is Side.BACK else palette.lay_size
        venue = row.venue if len(row.venue) <= 5 else short.get(row.venue, row.venue[:5])
        moment = row.placed_ms if row.is_open else row.changed_ms
        return {
            "state": cell(SHORT.get(row.state, row.state.lower().replace("_", " ")), self._state(row)),
            "venue": cell(venue, style),
            "side": cell(row.side.upper(), side if row.is_open else palette.faint),
            "price": cell(row.price, palette.strong if row.is_open else style),
            "size": cell(size(row.size_micros), style),
            "left": cell(size(row.remaining_micros) or "-", style),
            "risk": cell(money(row.risk_micros) if row.risk_micros else "-", palette.warn if row.is_open else style),
            "ahead": cell("-" if row.ahead_micros is None else size(row.ahead_micros) or "0", palette.faint),
            "evidence": cell(row.evidence, palette.alarm if row.state is OrderState.UNKNOWN else palette.faint),
            "age": cell(age(picture.age_ms(moment)), palette.faint),
            "outcome": cell(row.outcome_name, style),
            "event": cell(row.event_name, palette.faint),
            "strategy": cell(row.strategy, palette.faint),
            "ref": cell(row.id, palette.faint),
            "venue_id": cell(row.venue_order_id, palette.faint),
        }

    def _state(self, row: OrderRow) -> Style:
        palette = self.palette
        if row.state is OrderState.UNKNOWN:
            return palette.alarm
        if row.state in WRONG:
            return palette.bad
        if row.state in WAITING:
            return palette.warn
        return palette.good if row.is_open else palette.faint
