"""The screen on which the desk is watched: header, panels, filter and last line, drawn at a steady beat."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from desk.terminal.filter_line import FilterLine
from desk.terminal.foot import Foot
from desk.terminal.header import HeaderBar
from desk.terminal.layout import Body
from desk.terminal.link import Link
from desk.terminal.markets import MarketsPanel
from desk.terminal.operator_keys import OperatorKeys
from desk.terminal.palette import Palette
from desk.terminal.panel import Panel
from desk.terminal.picture import Picture
from desk.terminal.reading_keys import ReadingKeys
from domain.clock import Clock

SAID_NS = 6_000_000_000
"""How long a message stands in the last line."""


class Watching(Screen[None]):
    """Draws the picture. While it is frozen frames are taken in all the same, and shown when it runs again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", show=False),
        Binding("space", "freeze", show=False),
        Binding("escape", "back", show=False),
    ]

    def __init__(
        self, link: Link, picture: Picture, clock: Clock, *, who: str, palette: Palette, frame_s: float
    ) -> None:
        super().__init__()
        self.palette = palette
        self.header = HeaderBar()
        self.foot = Foot()
        self.body = Body()
        self.keys = OperatorKeys(link, picture, self.foot, who=who, palette=palette)
        self.reading = ReadingKeys(link, picture, self.foot, palette=palette)
        self.filter = FilterLine(
            picture, self.foot, redraw=self.draw_all, seek=self.reading.seek, back=self._focus_back
        )
        self._link = link
        self._picture = picture
        self._clock = clock
        self._frame_s = frame_s
        self._drawn = (-1, 0)
        self._ladder = ""
        self._said = ("", 0)

    def compose(self) -> ComposeResult:
        yield self.header
        with self.keys, self.reading:
            yield self.body
        yield self.filter
        yield self.foot

    def on_mount(self) -> None:
        self.wear(self.palette)
        self.body.panels[MarketsPanel.NUMBER].focus()
        self.set_interval(self._frame_s, self.draw_changes)

    def wear(self, palette: Palette) -> None:
        """Use these colours from now on."""
        self.palette = self.keys.palette = self.reading.palette = palette
        self.header.palette = self.foot.palette = palette
        for panel in self.body.panels.values():
            panel.sheet.palette = palette
        self.draw_all()

    def draw_changes(self) -> None:
        """Draw what came in, and once a second the ages of what did not."""
        picture = self._picture
        now_ns = picture.now_ns = self._clock.monotonic_ns()
        self.header.draw(picture)
        said, since_ns = self._said
        if self.foot.said != said:
            self._said = (self.foot.said, now_ns)
        elif said and now_ns - since_ns > SAID_NS:
            self.foot.hush()
        drawn = (picture.changes, now_ns // 1_000_000_000)
        if not self.header.frozen_ns and drawn != self._drawn:
            self._drawn = drawn
            self._draw_panels()
            self._follow()

    def draw_all(self) -> None:
        """Draw everything anew."""
        self._picture.now_ns = self._clock.monotonic_ns()
        self.header.draw(self._picture)
        self._draw_panels()
        for one in (self.header, self.foot, *self.body.panels.values()):
            one.refresh()

    def on_resize(self) -> None:
        self.call_after_refresh(self.header.draw, self._picture)

    def on_panel_resized(self, event: Panel.Resized) -> None:
        if event.panel.size.area:
            event.panel.draw(self._picture)

    def on_panel_moved(self, event: Panel.Moved) -> None:
        if isinstance(event.panel, MarketsPanel):
            self._follow()

    def action_freeze(self) -> None:
        """Let the view stand still, or run again."""
        self.header.frozen_ns = 0 if self.header.frozen_ns else self._clock.monotonic_ns()
        self._drawn = (-1, 0)
        self.draw_changes()

    def action_filter(self) -> None:
        """Ask for the words that lines must have."""
        self.filter.ask()

    def action_back(self) -> None:
        """Take the filter off; without one, show all panels again."""
        if not self.filter.drop():
            self.body.fill(None)

    def _focus_back(self) -> None:
        (self.body.full or self.body.panels[MarketsPanel.NUMBER]).focus()

    def _draw_panels(self) -> None:
        for panel in self.body.panels.values():
            if panel.size.area:
                panel.draw(self._picture)

    def _follow(self) -> None:
        """Have the ladder show the outcome under the cursor of the markets."""
        chosen = self.body.panels[MarketsPanel.NUMBER].chosen
        outcome = self._picture.rows.outcome(chosen)
        if outcome is not None and chosen != self._ladder:
            self._ladder = chosen
            self.run_worker(self._link.send_ladder(outcome.market, outcome.outcome), group="ladder", exclusive=True)
