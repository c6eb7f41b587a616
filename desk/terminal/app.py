"""The dashboard: a process of its own that shows a running engine and hands it what people decide."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from desk.terminal.dialogues import Reading
from desk.terminal.key_help import help_lines
from desk.terminal.layout import MIDDLING, NARROW, ORDINARY, SHEET, SHORT, TALL, WIDE
from desk.terminal.link import Door, Link
from desk.terminal.palette import DARK, LIGHT, PALETTES, Palette, theme
from desk.terminal.picture import Picture
from desk.terminal.watching import Watching
from domain.clock import Clock

FRAME_S = 0.2
"""How often what changed is drawn: what comes in between is shown together."""
WANTED_S = 0.5


class Dashboard(App[None]):
    """Shows one engine. `who` is named with whatever is sent; `leaving` says in the help what `q` does here.

    `wanted` is asked now and then; once it says no the dashboard closes.
    """

    CSS = SHEET
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "turn_colours", show=False),
        Binding("question_mark", "help", show=False),
        Binding("q,ctrl+c,ctrl+q", "leave", show=False),
    ]

    def __init__(
        self,
        door: Callable[[], Door],
        clock: Clock,
        *,
        who: str,
        palette: Palette = DARK,
        leaving: str = "leave",
        wanted: Callable[[], bool] = lambda: True,
        frame_s: float = FRAME_S,
    ) -> None:
        super().__init__(ansi_color=not palette.own_paper)
        self.HORIZONTAL_BREAKPOINTS = [NARROW, ORDINARY, WIDE]
        self.VERTICAL_BREAKPOINTS = [SHORT, MIDDLING, TALL]
        self.palette = palette
        self.picture = Picture()
        self.link = Link(door, self.picture, clock)
        self.watching = Watching(self.link, self.picture, clock, who=who, palette=palette, frame_s=frame_s)
        self._leaving = leaving
        self._wanted = wanted
        for one in PALETTES.values():
            self.register_theme(theme(one))
        self.theme = palette.name

    def on_mount(self) -> None:
        self.push_screen(self.watching)
        self.run_worker(self.link.run(), name="link")
        self.set_interval(WANTED_S, self._leave_unwanted)

    def action_turn_colours(self) -> None:
        """Dark or light; a terminal with few colours keeps its own."""
        if not self.palette.own_paper:
            self.watching.foot.say("this terminal's own colours are used: turn them there")
            return
        self.turn(LIGHT if self.palette is DARK else DARK)

    def turn(self, palette: Palette) -> None:
        """Use these colours from now on."""
        self.palette = palette
        self.theme = palette.name
        self.watching.wear(palette)

    def action_help(self) -> None:
        """Every key, and what the signs mean."""
        self.push_screen(Reading(self.palette, "Keys and signs", help_lines(self.palette, self._leaving)))

    def _leave_unwanted(self) -> None:
        if not self._wanted():
            self.exit()

    def action_leave(self) -> None:
        """Close the dashboard. What that means for the engine is its own affair."""
        self.exit()
