"""What a panel looks like: its title line, its headings, and the lines that its window shows."""

from collections.abc import Sequence

from textual.geometry import Region
from textual.strip import Strip

from desk.terminal.lines import Cell, Laid, Line, cell, fit, length, strip, titles
from desk.terminal.palette import PLAIN, Palette
from desk.terminal.scroll import Scroll


class Sheet:
    """Lines as they are drawn; `put` says which parts of the panel changed with them."""

    def __init__(self, title: str) -> None:
        self.palette: Palette = PLAIN
        self.scroll = Scroll()
        self._title = title
        self._heading: Cell = ()
        self._info: Cell = ()

    @property
    def first(self) -> int:
        """On which line of the panel the lines begin."""
        return 2 if self._heading else 1

    def put(
        self, lines: Sequence[Line], width: int, height: int, *, laid: Sequence[Laid] | None, info: Cell
    ) -> list[Region] | None:
        """Take new lines; the regions that changed, None when everything did."""
        heading = titles(laid, self.palette.heading) if laid else ()
        before = (self._heading, self._info, self.scroll.place())
        self._heading, self._info = heading, info
        self.scroll.resize(height - self.first)
        changed = self.scroll.put(lines)
        if before[0] != heading or changed is None:
            return None
        regions = [Region(0, self.first + number, width, 1) for number in changed]
        return regions if before[1:] == (info, self.scroll.place()) else [Region(0, 0, width, 1), *regions]

    def texts(self) -> list[str]:
        """The text of the title, and of every line, also of those out of sight."""
        title = "".join((self._title, *(text for text, _ in self._info)))
        return [title, *("".join(text for text, _ in pieces).rstrip() for _, pieces in self.scroll.lines)]

    def at(self, y: int) -> str:
        """The thing at a line of the panel, "" if there is none."""
        number = y - self.first + self.scroll.top
        return self.scroll.lines[number].id if y >= self.first and number < len(self.scroll.lines) else ""

    def render(self, y: int, width: int, *, focused: bool) -> Strip:
        """One line as the terminal draws it."""
        paper, scroll = self.palette.paper, self.scroll
        if y == 0:
            return strip(self._title_line(width, focused=focused), width, paper)
        if self._heading and y == 1:
            return strip(((" ", paper), *self._heading), width, paper)
        number = y - self.first + scroll.top
        if number >= len(scroll.lines):
            return Strip.blank(width, paper)
        line = scroll.lines[number]
        lit = focused and bool(line.id) and line.id == scroll.chosen
        marked = cell("▸" if lit else " ", self.palette.key)
        return strip((*marked, *line.cell), width, paper, self.palette.cursor if lit else None)

    def _title_line(self, width: int, *, focused: bool) -> Cell:
        palette = self.palette
        name, rule = (palette.title_focus, palette.rule_focus) if focused else (palette.title, palette.rule)
        left: Cell = (("─ ", rule), (self._title, name), (" ", rule))
        place = self.scroll.place()
        right = (*self._info, *(cell(f" {place} ", palette.faint) if place else ()))
        room = max(0, width - length(left) - 2)
        right = right if length(right) <= room else fit(self._info, min(length(self._info), room))
        middle = "─" * (width - length(left) - length(right) - 1)
        return (*left, (middle, rule), *right, ("─", rule))
