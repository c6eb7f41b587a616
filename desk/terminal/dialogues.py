"""Dialogues: what must be confirmed, typed or read before the desk goes on."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from desk.terminal.lines import Cell
from desk.terminal.palette import Palette

LEVEL_WORDS = ("resume", "halt", "reduce", "cancel", "flatten")
"""What must be typed to set each kill level: a word of its own, so that fingers cannot mistake one for another."""

LEVEL_MEANINGS = (
    "everything may trade again",
    "no new risk: what stands goes on standing",
    "reduce only: nothing that makes an event's worst loss worse",
    "cancel every order, and prove at each venue that none is left",
    "flatten: trade out of positions within the loss budget",
)

UNSAID = "asked for on the dashboard"
"""The reason of what was done in a hurry. Whoever takes a stop back has to give one of his own."""


def as_text(cells: Sequence[Cell]) -> Text:
    """Lines of cells as one text."""
    text = Text(end="")
    for number, pieces in enumerate(cells):
        if number:
            text.append("\n")
        for part, style in pieces:
            text.append(part, style)
    return text


class Dialogue(ModalScreen[str]):
    """The base: a titled box in the middle. It answers with a text, "" when it was left without one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave", show=False)]

    def __init__(self, palette: Palette, title: str) -> None:
        super().__init__()
        self.palette = palette
        self.title_line = title

    def box(self) -> Vertical:
        """The box that the dialogue's parts stand in."""
        box = Vertical(classes="box")
        box.border_title = self.title_line
        return box

    def action_leave(self) -> None:
        """Close without an answer."""
        self.dismiss("")


class Confirm(Dialogue):
    """Asks whether something shall be done: `y` does it, `w` first takes a reason, all other keys leave it.

    Answers with the reason.
    """

    AUTO_FOCUS = ""  # else a hurried `y` would be typed into the reason
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "agree", show=False),
        Binding("w", "reason", show=False),
        Binding("n,q", "leave", show=False),
    ]

    def __init__(self, palette: Palette, title: str, lines: Sequence[Cell]) -> None:
        super().__init__(palette, title)
        self._lines = lines

    def compose(self) -> ComposeResult:
        palette = self.palette
        keys: Cell = (
            (" y ", palette.stopped),
            (" do it   ", palette.paper),
            ("w", palette.key),
            (" do it and say why   ", palette.paper),
            ("n, Esc", palette.key),
            (" leave it", palette.paper),
        )
        with self.box():
            yield Static(as_text([*self._lines, (), keys]))
            yield Input(placeholder="why, for the journal; Enter does it", id="why", select_on_focus=False)

    def on_mount(self) -> None:
        self.query_one("#why").display = False

    def action_agree(self) -> None:
        """Do it."""
        self.dismiss(UNSAID)

    def action_reason(self) -> None:
        """Do it once a reason is typed."""
        why = self.query_one("#why", Input)
        why.display = True
        why.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value.strip() or UNSAID)


class Kill(Dialogue):
    """Chooses a kill level by its number; the level's own word must be typed. Answers "LEVEL WHY"."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "level(-1)", show=False, priority=True),
        Binding("down", "level(1)", show=False, priority=True),
    ]

    def __init__(self, palette: Palette, level_now: int, orders_open: int) -> None:
        super().__init__(palette, "Kill")
        self._now = level_now
        self._orders_open = orders_open
        self.level = 0 if level_now else 3

    def compose(self) -> ComposeResult:
        with self.box():
            yield Static(id="levels")
            yield Input(placeholder="word", id="word", select_on_focus=False)
            yield Input(placeholder="why, for the journal", id="why", select_on_focus=False)
            yield Static(id="refusal")

    def on_mount(self) -> None:
        self._show()
        self.query_one("#word").focus()

    def action_level(self, by: int) -> None:
        """Choose the next level up or down."""
        self.level = max(0, min(len(LEVEL_WORDS) - 1, self.level + by))
        self._show()

    def _show(self) -> None:
        palette = self.palette
        styles = (palette.calm, palette.caution, palette.reduce, palette.stopped, palette.flatten)
        lines: list[Cell] = []
        for number, (word, meaning) in enumerate(zip(LEVEL_WORDS, LEVEL_MEANINGS, strict=True)):
            at = number == self.level
            lines.append(
                (
                    ("▸ " if at else "  ", palette.key),
                    (f" L{number} {word:<8}", styles[number] if at else palette.strong),
                    (f" {meaning}", palette.paper if at else palette.faint),
                    ("  ← now" if number == self._now else "", palette.key),
                )
            )
        word = LEVEL_WORDS[self.level]
        lines += [
            (),
            (
                (f"{self._orders_open} orders are open. ", palette.faint),
                ("↑ ↓", palette.key),
                (" choose; type ", palette.paper),
                (word, palette.key),
                (" and Enter to set the level, Esc to leave.", palette.paper),
            ),
        ]
        self.query_one("#levels", Static).update(as_text(lines))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        word = self.query_one("#word", Input).value.strip().casefold()
        wanted = LEVEL_WORDS[self.level]
        if word != wanted:
            self._refuse(f"nothing was done: type {wanted} to set level {self.level}, not {word!r}", "#word")
            return
        why = self.query_one("#why", Input).value.strip()
        if self.level < self._now and not why:
            self._refuse("nothing was done: say why the level may go down", "#why")
            return
        self.dismiss(f"{self.level} {why or UNSAID}")

    def _refuse(self, text: str, field: str) -> None:
        self.query_one("#refusal", Static).update(as_text([((text, self.palette.bad),)]))
        self.query_one(field).focus()


class Reading(Dialogue):
    """Something to read, as long as it may be: the help, an order's story, a plan."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,enter,question_mark,space", "leave", show=False),
        Binding("down,j", "turn(1)", show=False),
        Binding("up,k", "turn(-1)", show=False),
        Binding("pagedown", "turn(15)", show=False),
        Binding("pageup", "turn(-15)", show=False),
    ]

    def __init__(self, palette: Palette, title: str, lines: Sequence[Cell]) -> None:
        super().__init__(palette, title)
        self._lines = lines

    def compose(self) -> ComposeResult:
        with self.box():
            yield VerticalScroll(Static(as_text(self._lines), id="read"))

    def fill(self, lines: Sequence[Cell]) -> None:
        """Have this read instead, if it is read still."""
        self._lines = lines
        for read in self.query("#read").results(Static):
            read.update(as_text(lines))

    def on_mount(self) -> None:
        self.fill(self._lines)

    def action_turn(self, by: int) -> None:
        """Move through the text."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
