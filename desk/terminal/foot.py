"""The last line: the keys that matter now, or what was just said."""

from textual.strip import Strip
from textual.widget import Widget

from desk.terminal.key_help import KEYS
from desk.terminal.lines import Cell, Span, cell, length, strip
from desk.terminal.palette import PLAIN, Palette

FIRST = ("?", "q, Ctrl-C", "K")
"""Keys that a narrow terminal must show too."""


class Foot(Widget):
    """Keys on the left; a message takes their place for a while."""

    def __init__(self) -> None:
        super().__init__(id="foot")
        self.palette: Palette = PLAIN
        self.filter = ""
        self._said: Cell = ()

    def say(self, text: str, *, bad: bool = False) -> None:
        """Show a message until `hush`."""
        self._said = cell(f" {text}", self.palette.alarm if bad else self.palette.good)
        self.refresh()

    def hush(self) -> None:
        """Show the keys again."""
        self._said = ()
        self.refresh()

    @property
    def said(self) -> str:
        """The message that stands there now."""
        return "".join(text for text, _ in self._said).strip()

    def render_line(self, y: int) -> Strip:
        """The line as the terminal draws it."""
        palette = self.palette
        pieces: list[Span] = [(" ", palette.paper)]
        if self.filter:
            pieces += [(f" filter: {self.filter} ", palette.caution), ("  ", palette.paper)]
        if self._said:
            return strip((*pieces, *self._said), self.size.width, palette.paper)
        for one in sorted(KEYS, key=lambda one: one.key not in FIRST):
            if one.short:
                key = (f"{one.key.replace(' … ', '-').partition(',')[0]}", palette.key)
                piece: Cell = (key, (f" {one.short}   ", palette.faint))
                if length(tuple(pieces)) + length(piece) > self.size.width:
                    break
                pieces += piece
        return strip(tuple(pieces), self.size.width, palette.paper)
