"""What anybody who looks on can ask: why an order stands, what a way out would cost, other markets; and tick off."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from desk.terminal.cursor import refs_at, under
from desk.terminal.dialogues import Reading
from desk.terminal.foot import Foot
from desk.terminal.lines import Cell
from desk.terminal.link import Answer, Link
from desk.terminal.paging import Paging
from desk.terminal.palette import Palette
from desk.terminal.picture import Picture
from desk.terminal.telling import flatten_lines, story_lines
from desk.views import FlattenPlan

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
        self._foot.say(f"gathering the story of {refs[0]} from the journal")
        self.run_worker(self._run_explain(refs[0]), exclusive=True, group="explain")

    def action_flatten(self) -> None:
        """Show what would be traded to be out of everything; nothing is sent."""
        self.run_worker(self._run_flatten(), exclusive=True, group="explain")

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

    async def _run_explain(self, ref: str) -> None:
        answer = await self._link.fetch(f"/v1/explain/{ref}")
        self._read(f"Order {ref}", answer, lambda body: story_lines(body, self.palette))

    async def _run_flatten(self) -> None:
        answer = await self._link.fetch("/v1/flatten")
        self._read(
            "What flattening would trade now: a preview, nothing was sent",
            answer,
            lambda body: flatten_lines(msgspec.json.decode(body, type=FlattenPlan), self.palette),
        )

    def _read(self, title: str, answer: Answer, lines: Callable[[bytes], Sequence[Cell]]) -> None:
        self._foot.hush()
        if not answer.good:
            self._foot.say(answer.error, bad=True)
            return
        try:
            told = lines(answer.body)
        except msgspec.MsgspecError as error:
            self._foot.say(f"the answer could not be read: {error}", bad=True)
            return
        self.app.push_screen(Reading(self.palette, title, told))
