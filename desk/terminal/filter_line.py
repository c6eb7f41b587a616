"""The line in which a filter is typed: it holds while it is typed, stays with Enter, and goes with Escape."""

from collections.abc import Callable

from textual import events
from textual.widgets import Input

from desk.terminal.foot import Foot
from desk.terminal.picture import Picture


class FilterLine(Input):
    """Writes the filter into the picture; `redraw` shows it, `back` gives the keys back to the panels.

    `seek` asks the engine for what is not here.
    """

    def __init__(
        self,
        picture: Picture,
        foot: Foot,
        *,
        redraw: Callable[[], None],
        seek: Callable[[], None],
        back: Callable[[], None],
    ) -> None:
        super().__init__(
            id="filter",
            placeholder="words that a line must have; Enter keeps them, Esc drops them",
            select_on_focus=False,
        )
        self._picture = picture
        self._foot = foot
        self._redraw = redraw
        self._seek = seek
        self._back = back

    def ask(self) -> None:
        """Take what is typed from now on."""
        self.add_class("asked")
        self.focus()

    def drop(self) -> bool:
        """Take the filter off; whether there was one, or one was being typed."""
        stood = bool(self._picture.filter) or self.has_class("asked")
        if stood:
            self.value = ""
            self._hold("")
            self._close()
        return stood

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._hold(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._close()

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.drop()

    def _hold(self, text: str) -> None:
        self._picture.filter = self._foot.filter = text.strip()
        self._seek()
        self._redraw()

    def _close(self) -> None:
        self.remove_class("asked")
        self._back()
