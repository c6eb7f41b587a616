"""Panels of money: what each event can still cost against its cap, and what was won and lost."""

from collections.abc import Sequence

from desk.terminal.figures import bar, chart, money, percent
from desk.terminal.lines import Cell, Column, Laid, Line, Span, cell, fit, lay_out, row
from desk.terminal.panel import Panel, toned
from desk.terminal.picture import Picture
from desk.views import ExposureRow, MarketExposure, PnlRow

NEAR_PPM, FULL_PPM = 700_000, 900_000
"""Shares of a cap from which its bar warns, and alarms."""
RESULT = 9
"""Width of an amount in a column of results."""
CURVE_LINES = 14
DAY_WIDTH = 64
"""From this width on the title of the profit has the day's result too."""


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
        """Lines of a market: its outcomes, what is matched, what open orders can make of it, and UNKNOWN ones too."""
        palette = self.palette
        width = max(RESULT, *(len(name) for name in market.outcomes))
        columns = [Column("name", "", 18), *(Column(name, name, width, right=True) for name in market.outcomes)]
        laid = lay_out(columns, self.size.width - 3)
        name = market.market_name.replace("_", " ")
        heads = {one: cell(one, palette.heading) for one in market.outcomes}
        found = [row(laid, {"name": cell(name, palette.group), **heads}, palette.paper)]
        stages = [("if it wins", market.matched_micros), ("with open orders", market.worst_micros)]
        if any(market.unknown_micros):
            known = [worst - lost for worst, lost in zip(market.worst_micros, market.unknown_micros, strict=True)]
            stages[1:] = [("with open orders", tuple(known)), ("with UNKNOWN too", market.worst_micros)]
        for title, results in stages:
            cells = {
                outcome: cell(money(result, signed=True), toned(result, palette))
                for outcome, result in zip(market.outcomes, results, strict=True)
            }
            style = palette.alarm if "UNKNOWN" in title else palette.faint
            found.append(row(laid, {"name": cell(f"  {title}", style), **cells}, palette.paper))
        return [Line("", ((("  "), palette.paper), *one)) for one in found]


class ProfitPanel(Panel):
    """Profit by venue, by strategy and by event, and how the net of it went since the run began.

    What does not fit beside the curve stands below it.
    """

    NUMBER, TITLE = 6, "P&L"
    COLUMNS = (
        Column("name", "", 9),
        Column("net", "net", 10, right=True),
        Column("settled", "settled", 10, right=True, from_width=64),
        Column("open", "open", 10, right=True, from_width=64),
        Column("fees", "fees", 8, right=True, from_width=64),
    )
    ROOMY = 12
    """From so many lines on each kind of rows has a heading, and names are told in full."""

    def draw(self, picture: Picture) -> None:
        roomy = self.size.height >= self.ROOMY
        columns = [column._replace(width=36) if roomy and column.key == "name" else column for column in self.COLUMNS]
        laid = lay_out(columns, self.size.width - 2)
        used = sum(width + column.gap for column, width in laid) + 1
        points, room = picture.rows.history, max(1, self.size.height - 2)
        height = min(room, CURVE_LINES)
        curve = chart([point.net_micros for point in points], width=max(0, self.size.width - 2 - used), height=height)
        style = toned(points[-1].net_micros, self.palette) if points else self.palette.faint
        lines: list[Line] = []
        for number, line in enumerate(self._figures(picture, laid, least=height, roomy=roomy)):
            drawn = cell(curve[number], style) if number < len(curve) else ()
            lines.append(Line(line.id, (*fit(line.cell, used, fill=self.palette.paper), *drawn)))
        self.put(lines, laid=laid, info=self._info(picture))

    def _figures(self, picture: Picture, laid: Sequence[Laid], *, least: int, roomy: bool) -> list[Line]:
        """Total, venues, strategies, events; blank lines below where the curve is higher."""
        found: list[Line] = []
        before = "total"
        for one in picture.rows.pnl:
            kind = one.id.partition("/")[0]
            if one.id != "total" and not picture.wants(one.name, kind):
                continue
            if roomy and kind != before:
                found += [Line("", ()), Line("", cell(f"by {kind}", self.palette.group))]
            before = kind
            found.append(self.line(one.id, laid, self._cells(one)))
        return [*found, *(Line("", ()) for _ in range(least - len(found)))]

    def _info(self, picture: Picture) -> Cell:
        """How far the curve went, and what the day has cost of what it may."""
        palette, header = self.palette, picture.rows.header
        values = [point.net_micros for point in picture.rows.history]
        span = f" {money(min(values), signed=True)} … {money(max(values), signed=True)} " if len(values) > 1 else ""
        if header is None or not header.cap_day_micros or self.size.width < DAY_WIDTH:
            return cell(span, palette.faint)
        used_ppm = max(0, header.day_loss_micros) * 1_000_000 // header.cap_day_micros
        style = palette.alarm if used_ppm >= FULL_PPM else palette.warn if used_ppm >= NEAR_PPM else palette.faint
        day = f" day {money(-header.day_loss_micros, signed=True)}, may lose {money(header.cap_day_micros)} "
        return (*cell(day, style), *cell(span, palette.faint))

    def _cells(self, one: PnlRow) -> dict[str, Cell]:
        palette = self.palette
        return {
            "name": cell(one.name or one.id.rpartition("/")[2], palette.strong if one.id == "total" else palette.paper),
            "net": cell(money(one.net_micros, signed=True), toned(one.net_micros, palette)),
            "settled": cell(money(one.settled_micros, signed=True), palette.paper),
            "open": cell(money(one.open_micros, signed=True), palette.paper),
            "fees": cell(money(-one.fees_micros, signed=True) if one.fees_micros else "-", palette.faint),
        }
