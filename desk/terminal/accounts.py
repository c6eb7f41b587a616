"""Panels of money: what each event can still cost against its cap, and what was won and lost."""

from desk.terminal.figures import bar, chart, money, percent
from desk.terminal.lines import Cell, Column, Line, Span, cell, fit, lay_out, row
from desk.terminal.panel import Panel, toned
from desk.terminal.picture import Picture
from desk.views import ExposureRow, MarketExposure, PnlRow

NEAR_PPM, FULL_PPM = 700_000, 900_000
"""Shares of a cap from which its bar warns, and alarms."""
RESULT = 9
"""Width of an amount in a column of results."""


class ExposurePanel(Panel):
    """The worst that each event can cost, against its cap; where there is room, our result by outcome."""

    NUMBER, TITLE = 5, "Exposure"
    COLUMNS = (
        Column("event", "event", 16, grow=1),
        Column("orders", "open", 4, right=True, from_width=64),
        Column("worst", "worst loss", 10, right=True),
        Column("bar", "of cap", 18),
        Column("cap", "cap", 9, right=True),
    )

    def draw(self, picture: Picture) -> None:
        laid = self.laid()
        events = [one for one in picture.rows.exposure if self._wanted(one, picture)]
        room = self.size.height - 2
        full = room >= sum(1 + 3 * len(one.markets) for one in events) or self.size.height > 20
        brief = full or room >= sum(1 + len(one.markets) for one in events)
        lines: list[Line] = []
        for one in events:
            lines.append(self.line(one.id, laid, self._cells(one)))
            for market in one.markets if brief else ():
                lines += self._columns(market) if full else [self._brief(market)]
        self.put(lines, laid=laid if room >= len(lines) else None)

    def _wanted(self, one: ExposureRow, picture: Picture) -> bool:
        return picture.wants(one.event_name, *(market.market_name for market in one.markets))

    def _cells(self, one: ExposureRow) -> dict[str, Cell]:
        palette = self.palette
        style = palette.alarm if one.used_ppm >= FULL_PPM else palette.warn if one.used_ppm >= NEAR_PPM else palette.bar
        full, rest = bar(one.used_ppm, 12)
        share = f" {percent(one.used_ppm, places=0):>3}%"
        return {
            "event": cell(one.event_name, palette.strong),
            "orders": cell(str(one.orders_open), palette.faint),
            "worst": cell(money(one.worst_loss_micros), style if one.used_ppm >= NEAR_PPM else palette.strong),
            "bar": (
                (full, palette.warn if style is palette.alarm else style),
                (rest, palette.bar_rest),
                (share, style),
            ),
            "cap": cell(money(one.cap_micros), palette.faint),
        }

    def _brief(self, market: MarketExposure) -> Line:
        """One line of a market: matched, and at worst where open orders make it worse."""
        palette = self.palette
        pieces: list[Span] = [(f"  {market.market_name.replace('_', ' ')}: ", palette.faint)]
        for name, matched, worst in zip(market.outcomes, market.matched_micros, market.worst_micros, strict=True):
            pieces += [(f"{name} ", palette.faint), (money(matched, signed=True), toned(matched, palette))]
            pieces += [(f" ({money(worst, signed=True)})  " if worst != matched else "  ", palette.faint)]
        return Line("", tuple(pieces))

    def _columns(self, market: MarketExposure) -> list[Line]:
        """Three lines of a market: its outcomes, what is matched, and the worst that open orders can make of it."""
        palette = self.palette
        width = max(RESULT, *(len(name) for name in market.outcomes))
        columns = [Column("name", "", 18), *(Column(name, name, width, right=True) for name in market.outcomes)]
        laid = lay_out(columns, self.size.width - 3)
        name = market.market_name.replace("_", " ")
        heads = {one: cell(one, palette.heading) for one in market.outcomes}
        found = [row(laid, {"name": cell(name, palette.group), **heads}, palette.paper)]
        for title, results in (("if it wins", market.matched_micros), ("with open orders", market.worst_micros)):
            cells = {
                outcome: cell(money(result, signed=True), toned(result, palette))
                for outcome, result in zip(market.outcomes, results, strict=True)
            }
            found.append(row(laid, {"name": cell(f"  {title}", palette.faint), **cells}, palette.paper))
        return [Line("", ((("  "), palette.paper), *one)) for one in found]


class ProfitPanel(Panel):
    """Profit by venue, and how the net of it went since the run began."""

    NUMBER, TITLE = 6, "P&L"
    COLUMNS = (
        Column("name", "", 9),
        Column("net", "net", 10, right=True),
        Column("settled", "settled", 10, right=True, from_width=64),
        Column("open", "open", 10, right=True, from_width=64),
        Column("fees", "fees", 8, right=True, from_width=64),
    )

    def draw(self, picture: Picture) -> None:
        palette = self.palette
        laid = lay_out(self.COLUMNS, self.size.width - 2)
        used = sum(width + column.gap for column, width in laid) + 1
        points = picture.rows.history
        height = max(1, self.size.height - 2)
        curve = chart([point.net_micros for point in points], width=max(0, self.size.width - 2 - used), height=height)
        figures = [(one.id, self._cells(one)) for one in picture.rows.pnl]
        style = toned(points[-1].net_micros, palette) if points else palette.faint
        lines: list[Line] = []
        for number in range(max(len(figures), height)):
            name, cells = figures[number] if number < len(figures) else ("", {})
            drawn = cell(curve[number], style) if number < len(curve) else ()
            pieces = fit(row(laid, cells, palette.paper), used, fill=palette.paper)
            lines.append(Line(name, (*pieces, *drawn)))
        self.put(lines, laid=laid, info=self._span([point.net_micros for point in points]))

    def _span(self, values: list[int]) -> Cell:
        if len(values) < 2:
            return ()
        return cell(f" {money(min(values), signed=True)} … {money(max(values), signed=True)} ", self.palette.faint)

    def _cells(self, one: PnlRow) -> dict[str, Cell]:
        palette = self.palette
        name = one.name or one.id.rpartition("/")[2]
        return {
            "name": cell(name, palette.strong if one.id == "total" else palette.paper),
            "net": cell(money(one.net_micros, signed=True), toned(one.net_micros, palette)),
            "settled": cell(money(one.settled_micros, signed=True), palette.paper),
            "open": cell(money(one.open_micros, signed=True), palette.paper),
            "fees": cell(money(-one.fees_micros, signed=True) if one.fees_micros else "-", palette.faint),
        }
