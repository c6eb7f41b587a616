"""What anybody who looks on can ask: why an order stands, what a way out would cost, other markets; and tick off."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from desk.flatten_views import FlattenPlan
from desk.terminal.cursor import refs_at, under
from desk.terminal.dialogues import Reading
from desk.terminal.foot import Foot
from desk.terminal.lines import Cell, cell
from desk.terminal.link import Link
from desk.terminal.paging import Paging
from desk.terminal.palette import Palette
from desk.terminal.picture import Picture
from desk.terminal.telling import flatten_lines, story_lines

Lines = Callable[[bytes], Sequence[Cell]]

TYPING_S = 0.3
"""How long is waited for more letters of a filter."""


class ReadingKeys(Vertical):
    """Wraps the panels. Nothing is sent from here that changes anything."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "explain", show=False),
        Binding("F", "flatten", show=False),
        Binding("a", "acknowledge", show=False),
        Binding("left_square_bracket", "turn(-1)", show=False),
        Binding("right_square_bracket", "turn(1)", show=False),
    ]

    def __init__(self, link: Link, picture: Picture, foot: Foot, *, palette: Palette) -> None:
        super().__init__(id="reading")
        self.palette = palette
        self._link = link
        self._picture = picture
        self._foot = foot
        self._paging = Paging(picture)

    def action_explain(self) -> None:
        """The story of the order under the cursor; in Markets and on the ladder of an order of ours there."""
        refs = refs_at(self._picture, *under(self.screen))
        if not refs:
            self._foot.say(
                "nothing of ours to explain here: put the cursor on an order, or on a row with one of ours", bad=True
            )
            return
        self._gather(f"Order {refs[0]}", f"/v1/explain/{refs[0]}", lambda body: story_lines(body, self.palette))

    def action_flatten(self) -> None:
        """Show what would be traded to be out of everything; nothing is sent."""
        self._gather(
            "What flattening would trade now: a preview, nothing was sent",
            "/v1/flatten",
            lambda body: flatten_lines(msgspec.json.decode(body, type=FlattenPlan), self.palette),
        )

    def action_acknowledge(self) -> None:
        """Mark the alerts that stand as seen."""
        alerts = frozenset(one.id for one in self._picture.rows.alerts)
        fresh = len(alerts - self._picture.acknowledged)
        self._picture.acknowledged = alerts
        self._picture.changes += 1
        self._foot.say(f"{fresh} alerts acknowledged here")

    def action_turn(self, by: int) -> None:
        """Show the next markets, or those before."""
        of = self._paging.turn(by)
        if of is None:
            self._foot.say(f"there are no markets {'after' if by > 0 else 'before'} these: {self._paging.found} in all")
            return
        self.run_worker(self._link.send_markets(of), group="markets", exclusive=True)

    def seek(self) -> None:
        """Ask for markets with the words of the filter, those that are not here too."""
        of = self._paging.seek(self._picture.filter)
        if of is not None:
            self.run_worker(self._link.send_markets(of, after_s=TYPING_S), group="markets", exclusive=True)

    def _gather(self, title: str, path: str, lines: Lines) -> None:
        """Open what is to be read at once: an answer that came up later would be in the way of other keys."""
        reading = Reading(self.palette, title, [cell("gathering it …", self.palette.faint)])
        self.app.push_screen(reading)
        self.run_worker(self._run_gather(reading, path, lines), exclusive=True, group="gather")

    async def _run_gather(self, reading: Reading, path: str, lines: Lines) -> None:
        answer = await self._link.fetch(path)
        if not answer.good:
            reading.fill([cell(answer.error, self.palette.bad)])
            return
        try:
            reading.fill(lines(answer.body))
        except msgspec.MsgspecError as error:
            reading.fill([cell(f"the answer could not be read: {error}", self.palette.bad)])
