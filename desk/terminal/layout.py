"""Where the panels stand, on a small, an ordinary and a large terminal."""

from collections.abc import Iterable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from desk.terminal.accounts import ExposurePanel, ProfitPanel
from desk.terminal.health import AlertsPanel, ReconPanel, VenuesPanel
from desk.terminal.ladder import LadderPanel
from desk.terminal.markets import MarketsPanel
from desk.terminal.orders import OrdersPanel
from desk.terminal.panel import Panel
from desk.terminal.trading import StrategiesPanel

NARROW, ORDINARY, WIDE = (0, "-narrow"), (100, "-ordinary"), (176, "-wide")
SHORT, MIDDLING, TALL = (0, "-short"), (32, "-middling"), (44, "-tall")
"""Widths and heights from which the screen bears a class; the sheet below reads them."""

SHEET = """
Screen { background: $background; color: $foreground; layers: base above; }
#header { height: 2; }
#keys, #reading, #body { height: 1fr; }
#foot { height: 1; }
#filter { height: 1; border: none; padding: 0 1; display: none; background: $surface; }
#filter.asked { display: block; }
Panel { height: 1fr; width: 1fr; }

#top { height: 6; }
#middle { height: 11; }
#bottom { height: 4; }
#panel3, #panel6, #panel7, #panel9 { margin-left: 1; }
#panel6, #panel7 { width: 44; }
#panel3 { width: 47; }
#panel5 { height: 4; }
#panel9 { display: none; }

.-wide #panel3 { width: 87; }
.-wide #panel6 { width: 79; }
.-wide #panel7 { width: 46; }
.-wide #panel9 { display: block; width: 52; }
.-tall #middle { height: 20; }
.-tall #panel5 { height: 9; }
.-tall #bottom { height: 7; }
.-tall #top { height: 7; }

.-narrow #panel6, .-narrow #panel3, .-narrow #panel7 { display: none; }
.-short #top, .-short #bottom, .-short #panel5 { display: none; }
.-short #middle { height: 8; }
.-narrow.-tall #middle { height: 22; }

#body.unlogged #bottom { display: none; }

#body.full .row { display: none; }
#body.full Panel { display: none; }
#body.full #bottom.holds { display: block; height: 1fr; }
#body.full .row.holds { display: block; height: 1fr; }
#body.full Panel.full { display: block; width: 1fr; height: 1fr; margin: 0; }

ModalScreen { align: center middle; background: $background 60%; }
.box { width: auto; max-width: 94%; height: auto; max-height: 94%; padding: 1 2; border: round $accent;
       background: $background; border-title-color: $accent; border-title-style: bold; }
.box Static { width: auto; height: auto; }
.box VerticalScroll { width: auto; height: auto; max-height: 100%; }
.box Input { width: 64; border: none; height: 1; margin-top: 1; background: $surface; padding: 0 1; }
.box #word { margin-top: 1; }
"""


WHEEL_LINES = 3
LOG_ROW = (7, 8, 9)
"""The panels that `l` hides."""


class Body(Vertical):
    """All panels; one of them may fill it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(number), f"panel({number})", show=False) for number in range(1, 10)),
        Binding("0", "all", show=False),
        Binding("z", "fill", show=False),
        Binding("l", "log", show=False),
        Binding("left", "outcome(-1)", show=False),
        Binding("right", "outcome(1)", show=False),
    ]

    PANELS: ClassVar[tuple[type[Panel], ...]] = (
        VenuesPanel,
        MarketsPanel,
        LadderPanel,
        OrdersPanel,
        ExposurePanel,
        ProfitPanel,
        ReconPanel,
        AlertsPanel,
        StrategiesPanel,
    )

    def __init__(self) -> None:
        super().__init__(id="body")
        self.panels: dict[int, Panel] = {kind.NUMBER: kind() for kind in self.PANELS}

    def compose(self) -> ComposeResult:
        panels = self.panels
        with Horizontal(id="top", classes="row"):
            yield panels[1]
            yield panels[6]
        yield panels[2]
        with Horizontal(id="middle", classes="row"):
            with Vertical(id="left", classes="row"):
                yield panels[4]
                yield panels[5]
            yield panels[3]
        with Horizontal(id="bottom", classes="row"):
            yield panels[8]
            yield panels[7]
            yield panels[9]

    @property
    def full(self) -> Panel | None:
        """The panel that fills the body, None when all of them stand."""
        return next((panel for panel in self.panels.values() if panel.has_class("full")), None)

    def fill(self, panel: Panel | None) -> None:
        """Let one panel fill the body, or show all again."""
        self.set_class(panel is not None, "full")
        for one in self.panels.values():
            one.set_class(one is panel, "full")
        holding = set(_above(panel)) if panel is not None else set()
        for row in self.query(".row"):
            row.set_class(row in holding, "holds")

    def action_panel(self, number: int) -> None:
        """Go to a panel; fill the body with it if we are there already or it has no place among the others."""
        panel = self.panels[number]
        if panel.has_focus and self.full is not panel:
            self.fill(panel)
            return
        if self.full is not panel:
            hidden = self.has_class("unlogged") and number in LOG_ROW
            self.fill(panel if hidden or not _has_place(panel) else None)
        panel.focus()

    def action_all(self) -> None:
        """Show all panels."""
        self.fill(None)
        self.screen.refresh(layout=True)

    def action_log(self) -> None:
        """Hide the log with what stands beside it, so that markets have its room, or show it again."""
        self.toggle_class("unlogged")

    def action_fill(self) -> None:
        """Let the panel with the focus fill the body, or show all again."""
        focused = self.screen.focused
        self.fill(focused if self.full is None and isinstance(focused, Panel) else None)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -WHEEL_LINES)

    def _wheel(self, event: events.MouseEvent, by: int) -> None:
        """Move the lines of the panel under the mouse."""
        under, _ = self.screen.get_widget_at(event.screen_x, event.screen_y)
        if isinstance(under, Panel):
            under.shift(by)

    def action_outcome(self, by: int) -> None:
        """The next outcome for the ladder, or the one before."""
        self.panels[MarketsPanel.NUMBER].action_move(by)


def _has_place(panel: Panel) -> bool:
    """Whether a panel is to be seen among the others on a terminal of this size."""
    screen = panel.screen
    if screen.has_class("-short") and panel.NUMBER in (1, 5, 6, 7, 8, 9):
        return False
    if screen.has_class("-narrow") and panel.NUMBER in (3, 6, 7):
        return False
    return panel.NUMBER != StrategiesPanel.NUMBER or screen.has_class("-wide")


def _above(widget: Widget) -> Iterable[Widget]:
    """A widget and all that it stands in."""
    return (node for node in widget.ancestors_with_self if isinstance(node, Widget))
