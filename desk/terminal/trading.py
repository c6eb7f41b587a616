"""The panel of who trades: strategies, and plans of several orders that only make sense together."""

from desk.terminal.figures import age, count, money, percent, size
from desk.terminal.lines import Cell, Column, Line, cell
from desk.terminal.panel import Panel
from desk.terminal.picture import Picture
from desk.views import PlanRow

LEGS_WIDTH = 70
"""From this width on a plan has a second line with its legs."""


class StrategiesPanel(Panel):
    """Who trades: each strategy, whether it runs, what it has at stake; below them plans of several orders."""

    NUMBER, TITLE = 9, "Strategies and plans"
    COLUMNS = (
        Column("name", "strategy", 10, grow=1),
        Column("state", "state", 7),
        Column("open", "open", 4, right=True),
        Column("orders", "orders", 6, right=True),
        Column("risk", "at risk", 9, right=True),
        Column("matched", "matched", 7, right=True, from_width=54),
        Column("why", "why not", 0, grow=3, from_width=70, gap=2),
    )

    def draw(self, picture: Picture) -> None:
        palette, laid = self.palette, self.laid()
        lines: list[Line] = []
        for row in picture.rows.strategies:
            why = f"{row.paused_by}: {row.paused_why}" if row.paused else row.because_not
            cells = {
                "name": cell(row.id, palette.strong),
                "state": cell("PAUSED", palette.caution) if row.paused else cell("runs", palette.good),
                "open": cell(str(row.orders_open), palette.paper),
                "orders": cell(count(row.orders), palette.paper),
                "risk": cell(money(row.risk_micros), palette.paper),
                "matched": cell(count(row.matched), palette.paper),
                "why": cell(why, palette.faint),
            }
            lines.append(self.line(row.id, laid, cells))
        if picture.rows.header is not None and picture.rows.header.refused_ppm:
            lines.append(Line("", cell(_refused(picture.rows.header.refused_ppm), palette.faint)))
        for one in picture.rows.plans:
            lines.append(self.line(one.id, laid, self._plan(one, picture)))
            if self.size.width >= LEGS_WIDTH:
                lines.append(Line("", cell(f"      {_legs(one)}", palette.faint)))
        paused = sum(row.paused for row in picture.rows.strategies)
        naked = [one for one in picture.rows.plans if one.naked_since_ms]
        info = cell(f" {paused} paused ", palette.caution) if paused else ()
        if naked:
            lost = money(sum(one.loss_if_carried_micros for one in naked))
            info = (*cell(f" {len(naked)} NAKED, may lose {lost} ", palette.alarm), *info)
        self.put(lines, laid=laid, info=info)

    def _plan(self, one: PlanRow, picture: Picture) -> dict[str, Cell]:
        """A plan in the columns of strategies; how far its legs are stands where there is room."""
        palette = self.palette
        style = palette.faint if one.is_over else palette.paper
        state = cell("NAKED", palette.alarm) if one.naked_since_ms else cell("over" if one.is_over else "even", style)
        told = one.state.lower().replace("_", " ")
        if one.naked_since_ms:
            left = age(max(0, one.even_by_ms - picture.now_ms))
            naked = age(picture.age_ms(one.naked_since_ms))
            told = f"{naked} uneven by {size(abs(one.uneven_micros))}, {one.rung}, {left} left; {told}"
        return {
            "name": cell(f"  {one.kind} {one.id.rpartition(' ')[2]}", style),
            "state": state,
            "open": cell(str(one.orders_open), style),
            "orders": cell(str(len(one.refs)), style),
            "risk": cell(money(one.loss_if_carried_micros) if one.naked_since_ms else "-", style),
            "why": cell(told, style),
        }


def _refused(ppm: dict[str, int]) -> str:
    """What share of the profit asked for was refused, and by what, the most first."""
    reasons = sorted(ppm, key=lambda reason: -ppm[reason])
    shares = ", ".join(f"{percent(ppm[reason])}% {reason}" for reason in reasons)
    return f"refused of the profit asked for: {shares}"


def _legs(one: PlanRow) -> str:
    """How far each leg of a plan is."""
    return f"{one.event_name}: " + "; ".join(
        f"{leg.side.upper()} {leg.outcome_name} {size(leg.matched_micros) or '0'} of {size(leg.wanted_micros)}"
        for leg in one.legs
    )
