"""The market grid: every outcome's best prices on each venue beside what it is worth to us."""

from collections.abc import Sequence

from rich.style import Style

from desk.terminal.figures import age, money, percent, short_names, size
from desk.terminal.lines import Cell, Column, Laid, Line, cell, lay_out
from desk.terminal.panel import Panel, toned
from desk.terminal.picture import Picture
from desk.views import EVERY_MARKET, OutcomeRow, Place, Quote
from domain.orders import Side

FLASH_MS = 1_500
"""How long a price that moved is lit."""
OLD_MS = 3_000
WIDE = 180
"""From this width on each venue shows both its edges and the age of its book."""
NARROW_PRICE, WIDE_PRICE = 12, 14

Moved = tuple[int, int, int]
"""Where a price stood, which way it went, and until when that is lit on the engine's clock."""


class MarketsPanel(Panel):
    """Outcomes by market. Blue is what we can back at, pink what we can lay at; ● is our own order at that price.

    The row under the cursor is the one that the ladder shows.
    """

    NUMBER, TITLE = 2, "Markets"

    def __init__(self) -> None:
        super().__init__()
        self._prices: dict[tuple[str, str, Side], Moved] = {}
        self._venues: tuple[str, ...] = ()

    def draw(self, picture: Picture) -> None:
        groups = picture.rows.markets
        self._venues = tuple(dict.fromkeys(place.venue for rows in groups for row in rows for place in row.places))
        short = short_names(self._venues)
        laid = self.laid()
        lines: list[Line] = []
        for rows in groups:
            first = rows[0]
            kept = [row for row in rows if self._wanted(row, picture)]
            if kept:
                lines.append(self._group(first))
                lines += [self.line(row.id, laid, self._cells(row, picture, short)) for row in kept]
        self.put(lines, laid=laid, info=self._info(picture, len(groups)))

    def _info(self, picture: Picture, shown: int) -> Cell:
        """Which of how many markets these are, if there are others."""
        of, header = picture.markets_of or EVERY_MARKET, picture.rows.header
        found = picture.markets_found if picture.markets_of else header.markets_total if header else 0
        if found <= shown:
            return ()
        text = f" markets {of.first + 1}-{of.first + shown} of {found:,} "
        return ((text, self.palette.strong), ("[ ]", self.palette.key), (" turn ", self.palette.faint))

    def laid(self) -> tuple[Laid, ...]:
        """The columns, as many groups of them as there are venues."""
        width = self.size.width - 2
        wide = width >= WIDE
        price = WIDE_PRICE if wide else NARROW_PRICE
        columns = [
            Column("outcome", "outcome", 10, grow=1),
            Column("fair", "fair %", 6, right=True),
            Column("sigma", "±", 4, right=True, from_width=130),
            Column("age", "age", 4, right=True),
            Column("if_win", "if win", 9, right=True, from_width=130),
            Column("edge", "best edge", 10, right=True, gap=2),
        ]
        for venue in self._venues:
            columns.append(Column(f"back/{venue}", f"{venue} back" if wide else venue, price, gap=0))
            columns.append(Column(f"lay/{venue}", f"{'lay':>{price - 4}}", price + 1, gap=1))
            if wide:
                columns.append(Column(f"edges/{venue}", "edges", 10, right=True))
                columns.append(Column(f"book/{venue}", "book", 5, right=True, gap=2))
        return lay_out(columns, width)

    def _wanted(self, row: OutcomeRow, picture: Picture) -> bool:
        return picture.wants(row.event_name, row.market_name, row.outcome_name, row.status)

    def _group(self, first: OutcomeRow) -> Line:
        palette = self.palette
        running = cell("  in play", palette.good) if first.in_play else cell("  before the start", palette.faint)
        closed = () if first.status == "open" else cell(f"  {first.status.upper()}", palette.warn)
        title = f"{first.event_name} · {first.market_name.replace('_', ' ')}"
        return Line("", (*cell(title, palette.group), *running, *closed))

    def _cells(self, row: OutcomeRow, picture: Picture, short: dict[str, str]) -> dict[str, Cell]:
        palette = self.palette
        fair_age = age(picture.age_ms(row.fair_ms))
        cells = {
            "outcome": cell(f"  {row.outcome_name}", palette.paper),
            "fair": cell(percent(row.fair_micros) if row.fair_model else "-", palette.fair),
            "sigma": cell(percent(row.fair_sigma_micros) if row.fair_model else "", palette.faint),
            "age": cell(fair_age if row.fair_model else "", palette.faint),
            "if_win": cell(money(row.if_win_micros, signed=True), toned(row.if_win_micros, palette)),
            "edge": self._best_edge(row, short),
        }
        if row.fair_stale:
            cells["fair"] = cell(percent(row.fair_micros), palette.warn)
            cells["age"] = cell(fair_age, palette.warn)
        for place in row.places:
            cells |= self._place(row, place, picture)
        return cells

    def _best_edge(self, row: OutcomeRow, short: dict[str, str]) -> Cell:
        """The largest edge on offer, where it is, and whether it is had by backing or laying."""
        found = [
            (edge, f"{letter} {short[place.venue]}")
            for place in row.places
            for edge, letter in ((place.back_edge_micros, "B"), (place.lay_edge_micros, "L"))
            if edge is not None
        ]
        if not found:
            return cell("-", self.palette.faint)
        edge, where = max(found)
        return cell(f"{percent(edge, signed=True)} {where}", self.palette.good if edge > 0 else self.palette.faint)

    def _place(self, row: OutcomeRow, place: Place, picture: Picture) -> dict[str, Cell]:
        palette = self.palette
        book_ms = picture.age_ms(place.book_ms)
        back = self._price(row, place, Side.BACK, picture)
        lay = self._price(row, place, Side.LAY, picture)
        if place.why_not and not place.to_back and not place.to_lay:
            said, width = f" {place.why_not.replace('_', ' ')}", self._price_width()
            back, lay = cell(said[:width], palette.faint), cell(said[width:], palette.faint)
        return {
            f"back/{place.venue}": back,
            f"lay/{place.venue}": lay,
            f"edges/{place.venue}": (*self._edge(place.back_edge_micros), *self._edge(place.lay_edge_micros)),
            f"book/{place.venue}": cell(
                age(book_ms) if place.book_ms else "-", palette.warn if book_ms > OLD_MS else palette.faint
            ),
        }

    def _price_width(self) -> int:
        return WIDE_PRICE if self.size.width - 2 >= WIDE else NARROW_PRICE

    def _edge(self, edge_micros: int | None) -> Cell:
        if edge_micros is None:
            return cell("    -", self.palette.faint)
        style = self.palette.good if edge_micros > 0 else self.palette.faint
        return cell(f"{percent(edge_micros, signed=True):>5}"[:6], style)

    def _price(self, row: OutcomeRow, place: Place, side: Side, picture: Picture) -> Cell:
        """A price with its size, lit after it moved, marked where we stand there ourselves."""
        palette = self.palette
        backing = side is Side.BACK
        price, available = (
            (place.to_back, place.to_back_size_micros) if backing else (place.to_lay, place.to_lay_size_micros)
        )
        probability = place.back_probability_micros if backing else place.lay_probability_micros
        price_style, size_style = (palette.back, palette.back_size) if backing else (palette.lay, palette.lay_size)
        moved = self._lit((row.id, place.venue, side), probability if price else 0, picture)
        if place.why_not:
            price_style = size_style + palette.faint
        elif moved:
            price_style = price_style + (palette.rising if moved > 0 else palette.falling)
        width = self._price_width()
        mark, mark_style = self._mark(place.quotes, side, price)
        price_width = width - 6
        return (
            (mark if backing else f" {mark}", size_style + mark_style),
            (f"{price:>{price_width}}", price_style),
            (f"{size(available):>5}", size_style),
        )

    def _mark(self, quotes: Sequence[Quote], side: Side, price: str) -> tuple[str, Style]:
        """Our own orders: what we offer to lay is what others can back at, so it stands among the prices to back."""
        ours = [quote for quote in quotes if quote.side is not side]
        if not ours:
            return " ", Style.null()
        if any(quote.unknown for quote in ours):
            return "?", self.palette.alarm
        return ("●" if any(quote.price == price for quote in ours) else "○"), self.palette.ours

    def _lit(self, key: tuple[str, str, Side], now_micros: int, picture: Picture) -> int:
        """Which way a price moved a moment ago: 1 up in probability, -1 down, 0 if it stood still."""
        before, way, until_ms = self._prices.get(key, (now_micros, 0, 0))
        if before != now_micros:
            way = 0 if not before or not now_micros else 1 if now_micros > before else -1
            until_ms = picture.now_ms + FLASH_MS
        self._prices[key] = (now_micros, way, until_ms)
        return way if picture.now_ms < until_ms else 0
