"""A panel: a title, headings, and lines to choose from; it draws only the lines that changed."""

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from desk.terminal.lines import Cell, Column, Laid, Line, lay_out, row
from desk.terminal.palette import Palette
from desk.terminal.picture import Picture
from desk.terminal.sheet import Sheet


class Panel(Widget, can_focus=True):
    """The base of all panels: `draw` makes lines of the picture, `put` shows them."""

    NUMBER: ClassVar[int] = 0
    TITLE: ClassVar[str] = ""
    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "move(-100000)", show=False),
        Binding("end", "move(100000)", show=False),
    ]

    class Moved(Message):
        """The cursor of a panel stands on another thing."""

        def __init__(self, panel: "Panel") -> None:
            super().__init__()
            self.panel = panel

    class Resized(Message):
        """A panel has another size than it was drawn for."""

        def __init__(self, panel: "Panel") -> None:
            super().__init__()
            self.panel = panel

    def __init__(self) -> None:
        super().__init__(id=f"panel{self.NUMBER}")
        self.sheet = Sheet(f"{self.NUMBER} {self.TITLE}")

    @property
    def palette(self) -> Palette:
        """The colours it is drawn in."""
        return self.sheet.palette

    @property
    def chosen(self) -> str:
        """The thing under the cursor, "" if there is none."""
        return self.sheet.scroll.chosen

    def draw(self, picture: Picture) -> None:
        """Make this panel's lines of what is known and `put` them."""
        raise AssertionError(f"{type(self).__name__} draws nothing")

    def laid(self) -> tuple[Laid, ...]:
        """The columns as wide as they are now; one place at the left is the cursor's, one at the right stays free."""
        return lay_out(self.COLUMNS, max(0, self.size.width - 2))

    def line(self, name: str, laid: Sequence[Laid], cells: dict[str, Cell]) -> Line:
        """A line of cells by column key."""
        return Line(name, row(laid, cells, self.palette.paper))

    def put(self, lines: Sequence[Line], *, laid: Sequence[Laid] | None = None, info: Cell = ()) -> None:
        """Show these lines below the headings of `laid`, and `info` at the right of the title."""
        regions = self.sheet.put(lines, self.size.width, self.size.height, laid=laid, info=info)
        if regions is None:
            self.refresh()
        elif regions:
            self.refresh(*regions)

    def choose(self, name: str) -> None:
        """Put the cursor on a thing."""
        if self.sheet.scroll.choose(name):
            self.refresh()
            self.post_message(self.Moved(self))

    def render_line(self, y: int) -> Strip:
        """One line as the terminal draws it."""
        return self.sheet.render(y, self.size.width, focused=self.has_focus)

    def on_resize(self) -> None:
        self.post_message(self.Resized(self))

    def action_move(self, by: int) -> None:
        """Move the cursor over the things there are; without any, move the lines."""
        name = self.sheet.scroll.step(by)
        if name:
            self.choose(name)
        else:
            self.shift(by)

    def action_page(self, by: int) -> None:
        """Move by as many lines as there is room for."""
        self.action_move(by * max(1, self.sheet.scroll.room - 1))

    def on_click(self, event: events.Click) -> None:
        self.choose(self.sheet.at(event.y))

    def shift(self, by: int) -> None:
        """Move the lines, not the cursor."""
        self.sheet.scroll.shift(by)
        self.refresh()


def toned(micros: int, palette: Palette) -> Style:
    """The style of a profit or a loss."""
    return palette.good if micros > 0 else palette.bad if micros < 0 else palette.faint
