"""The ladder of one outcome: every price, the venues side by side, our orders, and what we would have at each."""

from collections.abc import Sequence

from desk.terminal.figures import money, percent, size
from desk.terminal.lines import Cell, Column, Laid, Line, Span, cell, fit, lay_out
from desk.terminal.panel import Panel, toned
from desk.terminal.picture import Picture
from desk.views import LadderCell, LadderRow, Quote
from domain.money import MICROS
from domain.orders import Side

WIDE = 84
"""From this width on each venue shows its own price too."""
NARROW_CELL, WIDE_CELL = 9, 17
QUEUE_CELL = 21
"""From this width of a venue on, what stands before our orders is told."""


class LadderPanel(Panel):
    """Long odds on top. Blue can be backed, pink can be laid; B and L with an amount are our own orders.

    Where there is room, `←120` behind one of ours is what stands before it at that price, at most.

    `if win` is our result should the outcome win once all our orders up to that price are matched; `closed` what
    we have, whatever happens to it, if what is matched were closed there.
    """

    NUMBER, TITLE = 3, "Ladder"

    def __init__(self) -> None:
        super().__init__()
        self._venues: tuple[str, ...] = ()
        self._centred = ("", 0)

    def draw(self, picture: Picture) -> None:
        rows = picture.rows.ladder
        self._venues = tuple(one.venue for one in rows[0].cells) if rows else ()
        laid = self.laid()
        lines = [self._price(row, laid) for row in rows]
        of = picture.ladder_of
        name = f"{of.market}#{of.outcome}" if of else ""
        shown = picture.rows.outcome(name)
        text = f" {shown.outcome_name} " if shown else ""
        if shown and self.size.width >= WIDE:
            text = f" {shown.outcome_name} · {shown.market_name.replace('_', ' ')} · {shown.event_name} "
        self.put(lines, laid=laid, info=cell(text, self.palette.strong))
        if rows and self._lost(name, rows):
            self.sheet.scroll.centre(_middle(rows))
            self.refresh()

    def laid(self) -> tuple[Laid, ...]:
        """The columns, one for each venue."""
        width = self.size.width - 2
        each = WIDE_CELL if width >= WIDE else NARROW_CELL
        columns = [
            Column("odds", "odds", 6, right=True),
            Column("chance", "%", 5, right=True, from_width=WIDE),
            *(Column(f"venue/{venue}", venue, each, grow=1) for venue in self._venues),
            Column("if_win", "if win", 8, right=True),
            Column("closed", "closed", 8, right=True, from_width=54),
        ]
        return lay_out(columns, width)

    def _price(self, row: LadderRow, laid: tuple[Laid, ...]) -> Line:
        palette = self.palette
        odds = palette.fair if row.is_fair else palette.paper
        cells = {
            "odds": cell(f"◆{row.odds:>5}" if row.is_fair else row.odds, odds),
            "chance": cell(percent(row.probability_micros), palette.faint),
            "if_win": cell(money(row.if_win_micros, signed=True, brief=True), toned(row.if_win_micros, palette)),
            "closed": cell(money(row.if_closed_micros, signed=True, brief=True), toned(row.if_closed_micros, palette)),
        }
        widths = {column.key: width for column, width in laid}
        for one in row.cells:
            key = f"venue/{one.venue}"
            cells[key] = self._venue(one, widths[key])
        return self.line(row.id, laid, cells)

    def _venue(self, one: LadderCell, width: int) -> Cell:
        """A venue at a price: its own notation where there is room, what is on offer, and what of it is ours."""
        palette = self.palette
        roomy = width >= WIDE_CELL
        native, room = (f"{one.price:>6} ", 5) if roomy else ("", 4)
        ours = self._ours(one.quotes, queued=width >= QUEUE_CELL)
        if one.to_back_size_micros:
            style, price_style, text = palette.back_size, palette.back, self._signed("b", one.to_back_size_micros)
        elif one.to_lay_size_micros:
            style, price_style, text = palette.lay_size, palette.lay, self._signed("l", one.to_lay_size_micros)
        else:
            return fit(
                ((native, palette.faint), ("·".rjust(room) if one.price else "", palette.faint), *ours),
                width,
                fill=palette.paper,
            )
        return fit(
            ((native, price_style), (f"{text:>{room}}", style), *((t, style + s) for t, s in ours)), width, fill=style
        )

    def _ours(self, quotes: Sequence[Quote], *, queued: bool) -> Cell:
        """Our own orders at a price, those of one side together, and what stands before the first of them."""
        palette, found = self.palette, list[Span]()
        for side, letter in ((Side.BACK, "B"), (Side.LAY, "L")):
            here = [quote for quote in quotes if quote.side is side]
            if here:
                left = (sum(quote.remaining_micros for quote in here) + MICROS // 2) // MICROS * MICROS
                is_unknown = any(quote.unknown for quote in here)
                going = all(quote.cancelling for quote in here)
                style = palette.alarm if is_unknown else palette.faint if going else palette.ours
                found.append((f" {letter}{size(max(left, MICROS))}{'?' if is_unknown else ''}", style))
                ahead = [quote.ahead_micros for quote in here if quote.ahead_micros is not None]
                if queued and ahead:
                    found.append((f"←{size(min(ahead)) or '0'}", palette.faint))
        return tuple(found)

    def _signed(self, letter: str, size_micros: int) -> str:
        """A size; without colours a letter says whether it is there to be backed or laid."""
        return size(size_micros) if self.palette.has_colours else f"{letter}{size(size_micros)}"

    def _lost(self, name: str, rows: list[LadderRow]) -> bool:
        """Whether another outcome is shown than before, or its fair value went out of sight by itself."""
        scroll = self.sheet.scroll
        other = self._centred != (name, scroll.room)
        self._centred = (name, scroll.room)
        seen = range(scroll.top, scroll.top + scroll.room)
        return other or (not self.has_focus and not any(row.is_fair and n in seen for n, row in enumerate(rows)))


def _middle(rows: Sequence[LadderRow]) -> int:
    """The place of the fair value, or else of the first price that can be backed."""
    fair = [number for number, row in enumerate(rows) if row.is_fair]
    backs = [number for number, row in enumerate(rows) if any(one.to_back_size_micros for one in row.cells)]
    return next(iter((*fair, *backs)), len(rows) // 2)
