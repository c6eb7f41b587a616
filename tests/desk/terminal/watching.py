"""A dashboard without a terminal over an engine's end that listens: what the tests of panels and keys look at."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual import events
from textual.pilot import Pilot

from desk.terminal.app import Dashboard
from desk.terminal.link import LADDER_DEPTH, Door
from desk.terminal.palette import DARK, Palette
from desk.views import LadderOf
from tests.desk.terminal.engine_end import EngineEnd, engine_end

ORDINARY, LARGE = (120, 35), (200, 50)
CHARACTERS = {
    "slash": "/",
    "space": " ",
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}
LADDER = LadderOf("brackley/match_odds", 0, LADDER_DEPTH)


class RealClock:
    """What the dashboard's process winds."""

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    def wall_ns(self) -> int:
        return time.time_ns()


class Watched:
    """A dashboard, the hand at its keys, and the engine's end."""

    def __init__(self, app: Dashboard, pilot: Pilot[None], end: EngineEnd) -> None:
        self.app = app
        self.pilot = pilot
        self.end = end

    def panel(self, number: int) -> str:
        """The text of a panel: its title, and every line of it."""
        return "\n".join(self.app.watching.body.panels[number].sheet.texts())

    def header(self) -> str:
        return "\n".join(self.app.watching.header.shown())

    @property
    def foot(self) -> str:
        """What was said last."""
        return self.app.watching.foot.said

    def screen(self) -> list[str]:
        """Every line as it is drawn."""
        return ["".join(segment.text for segment in line) for line in self.app.screen._compositor.render_strips()]

    async def press(self, *keys: str) -> None:
        """Press keys as a quick hand does; the pilot's own press waits for an idle machine behind each."""
        for key in keys:
            self.app.post_message(events.Key(key, key if len(key) == 1 else CHARACTERS.get(key)))
            for _ in range(3):  # the key, the action that it leads to, and the screen that this may open
                await self.pilot.pause(0)

    async def until_said(self, look: Callable[[], str], text: str) -> None:
        """Wait for a text to be shown."""
        await self.until(lambda: text in look())

    def drawn(self) -> str:
        """All that is drawn."""
        return "\n".join(self.screen())

    async def until(self, true: Callable[[], Any]) -> None:
        """Wait for something to become true, half a minute at most."""
        end = time.monotonic() + 30
        while not true():
            assert time.monotonic() < end, "\n".join((self.foot, *self.screen()))
            await self.pilot.pause(0.02)


@asynccontextmanager
async def watched(
    *,
    size: tuple[int, int] = ORDINARY,
    palette: Palette = DARK,
    door: Door | None = None,
    who: str = "oper",
    **changed: Any,
) -> AsyncIterator[Watched]:
    """A dashboard that has drawn its first frame."""
    async with engine_end() as end:
        end.frame = end.frame if not changed else end.sample(**changed)
        app = Dashboard(
            (lambda: door) if door else end.door,
            RealClock(),
            who=who,
            palette=palette,
            leaving="leave: it goes on",
            frame_s=0.05,
        )
        async with app.run_test(size=size) as pilot:
            seen = Watched(app, pilot, end)
            if door is None:
                await seen.until(lambda: "Brackley" in seen.panel(2) or changed)
                await seen.until(lambda: app.picture.ladder_of == LADDER or changed)
            yield seen
