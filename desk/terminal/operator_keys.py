"""What an operator can do from the dashboard: ask why, pause, cancel, preview a way out, kill, acknowledge."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from desk.terminal.dialogues import LEVEL_WORDS, Confirm, Dialogue, Kill, Reading
from desk.terminal.figures import money
from desk.terminal.foot import Foot
from desk.terminal.lines import Cell, cell
from desk.terminal.link import Answer, Link
from desk.terminal.palette import Palette
from desk.terminal.panel import Panel
from desk.terminal.picture import Picture
from desk.terminal.telling import flatten_lines, story_lines
from desk.views import FlattenPlan

WHY = "asked for on the dashboard"


class OperatorKeys(Vertical):
    """Wraps the panels. Whatever it sends names who asked and why; what came of it is said in the last line.

    Without a name in `who` nothing can be sent: whoever looks on may ask, not steer.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "explain", show=False),
        Binding("p", "pause", show=False),
        Binding("c", "cancel(True)", show=False),
        Binding("C", "cancel(False)", show=False),
        Binding("F", "flatten", show=False),
        Binding("K", "kill", show=False),
        Binding("a", "acknowledge", show=False),
    ]

    def __init__(self, link: Link, picture: Picture, foot: Foot, *, who: str, palette: Palette) -> None:
        super().__init__(id="keys")
        self.palette = palette
        self._link = link
        self._picture = picture
        self._foot = foot
        self._who = who

    def action_explain(self) -> None:
        """The story of the order under the cursor; in Markets and on the ladder of an order of ours there."""
        refs = _refs(self._picture, *self._cursor())
        if not refs:
            self._foot.say(
                "nothing of ours to explain here: put the cursor on an order, or on a row with one of ours", bad=True
            )
            return
        self._foot.say(f"gathering the story of {refs[0]} from the journal")
        self.run_worker(self._run_explain(refs[0]), exclusive=True, group="explain")

    def action_pause(self) -> None:
        """Let the strategy under the cursor rest, or go on."""
        name = _strategy(self._picture, *self._cursor())
        strategy = next((one for one in self._picture.rows.strategies if one.id == name), None)
        if strategy is None:
            self._foot.say("which strategy? choose it in panel 9, or an order of it in panel 4", bad=True)
            return
        going_on = strategy.paused
        verb = "goes on" if going_on else "rests: its quotes come out"
        path = "/v1/resume" if going_on else "/v1/pause"
        title = f"{'Resume' if going_on else 'Pause'} {name}"
        lines = [cell(f"{name} {verb}. It has {strategy.orders_open} orders open.", self.palette.paper)]
        self._ask(Confirm(self.palette, title, lines), lambda _: self._send(path, {"strategy": name}, f"{name} {verb}"))

    def action_cancel(self, here: bool) -> None:
        """Take every order out: of the venue under the cursor, or of all."""
        venue = _venue(self._picture, *self._cursor()) if here else ""
        if here and not venue:
            self._foot.say(
                "which venue? put the cursor on it in panel 1, or on an order in panel 4; C takes all", bad=True
            )
            return
        orders = [one for one in self._picture.rows.orders if one.is_open and venue in ("", one.venue)]
        where = venue or "all venues"
        risk = money(sum(one.risk_micros for one in orders))
        lines: list[Cell] = [
            cell(f"{len(orders)} open orders at {where}, {risk} at risk, are cancelled once.", self.palette.strong),
            cell("Strategies go on and may quote again: p pauses them, K stops them.", self.palette.faint),
        ]
        body: dict[str, object] = {"venue": venue}
        done = f"told to cancel {len(orders)} orders at {where}"
        title = f"Cancel all at {where}"
        self._ask(Confirm(self.palette, title, lines), lambda _: self._send("/v1/cancel-all", body, done))

    def action_flatten(self) -> None:
        """Show what would be traded to be out of everything; nothing is sent."""
        self.run_worker(self._run_flatten(), exclusive=True, group="explain")

    def action_kill(self) -> None:
        """Choose a kill level; its word must be typed."""
        header = self._picture.rows.header
        level, orders_open = (header.kill_level, header.orders_open) if header else (0, 0)
        self._ask(Kill(self.palette, level, orders_open), self._kill)

    def action_acknowledge(self) -> None:
        """Mark the alerts that stand as seen."""
        alerts = frozenset(one.id for one in self._picture.rows.alerts)
        fresh = len(alerts - self._picture.acknowledged)
        self._picture.acknowledged = alerts
        self._picture.changes += 1
        self._foot.say(f"{fresh} alerts acknowledged here")

    def _kill(self, answer: str) -> None:
        level, _, why = answer.partition(" ")
        done = f"kill level {level}, {LEVEL_WORDS[int(level)]}"
        self._send("/v1/halt", {"level": int(level), "why": why}, done)

    def _ask(self, dialogue: Dialogue, then: Callable[[str], None]) -> None:
        if not self._who:
            self._foot.say("this dashboard only watches: it was started with --watch", bad=True)
            return
        self.app.push_screen(dialogue, lambda answer: then(answer) if answer else None)

    def _send(self, path: str, body: dict[str, object], done: str) -> None:
        whole: dict[str, object] = {"who": self._who, "why": WHY, **body}
        self.run_worker(self._run_send(path, whole, done), group="send")

    async def _run_send(self, path: str, body: dict[str, object], done: str) -> None:
        answer = await self._link.send(path, body)
        self._foot.say(done if answer.good else f"NOT DONE: {answer.error}", bad=not answer.good)

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

    def _cursor(self) -> tuple[int, str]:
        """The panel that has the focus, and what is under its cursor."""
        panel = self.screen.focused
        return (panel.NUMBER, panel.chosen) if isinstance(panel, Panel) else (0, "")


def _strategy(picture: Picture, panel: int, chosen: str) -> str:
    """The strategy under the cursor, itself or by an order of it."""
    order = picture.rows.order(chosen)
    return chosen if panel == 9 else order.strategy if panel == 4 and order is not None else ""


def _venue(picture: Picture, panel: int, chosen: str) -> str:
    """The venue under the cursor, itself or by an order at it."""
    order = picture.rows.order(chosen)
    is_venue = any(one.id == chosen for one in picture.rows.venues)
    return chosen if is_venue and panel in (1, 7) else order.venue if panel == 4 and order is not None else ""


def _refs(picture: Picture, panel: int, chosen: str) -> list[str]:
    """The orders of ours under the cursor."""
    if panel == 4:
        return [chosen] if chosen else []
    if panel == 3:
        ladder = [row for row in picture.rows.ladder if row.id == chosen]
        return [quote.ref for row in ladder for one in row.cells for quote in one.quotes]
    outcome = picture.rows.outcome(chosen) if panel == 2 else None
    return [quote.ref for place in outcome.places for quote in place.quotes] if outcome is not None else []
