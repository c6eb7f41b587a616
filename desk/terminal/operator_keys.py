"""What an operator can do from the dashboard: pause, resume, cancel, reconcile, kill. Each names who and why."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical

from desk.terminal.cursor import refs_at, strategy_at, under, venue_at
from desk.terminal.dialogues import LEVEL_WORDS, UNSAID, Confirm, Dialogue, Kill
from desk.terminal.figures import money, size
from desk.terminal.foot import Foot
from desk.terminal.lines import Cell, cell
from desk.terminal.link import Link
from desk.terminal.palette import Palette
from desk.terminal.picture import Picture
from desk.terminal.resuming import Resume, ways_back
from desk.views import OrderRow

GO_ON = "Strategies go on and may quote again: p pauses them, K stops them."


class OperatorKeys(Vertical):
    """Wraps the panels. Whatever it sends names who asked and why; what came of it is said in the last line.

    Without a name in `who` nothing can be sent: whoever looks on may ask, not steer.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", show=False),
        Binding("c", "cancel", show=False),
        Binding("C", "cancel_all('')", show=False),
        Binding("K", "kill", show=False),
        Binding("R", "resume('')", show=False),
        Binding("r", "reconcile", show=False),
    ]

    def __init__(self, link: Link, picture: Picture, foot: Foot, *, who: str, palette: Palette) -> None:
        super().__init__(id="keys")
        self.palette = palette
        self._link = link
        self._picture = picture
        self._foot = foot
        self._who = who

    def action_pause(self) -> None:
        """Let the strategy under the cursor rest; one that rests may be resumed."""
        name = strategy_at(self._picture, *under(self.screen))
        strategy = next((one for one in self._picture.rows.strategies if one.id == name), None)
        if strategy is None:
            self._foot.say("which strategy? choose it in panel 9, or an order of it in panel 4", bad=True)
            return
        if strategy.paused:
            self.action_resume(name)
            return
        done = f"{name} rests: its quotes come out"
        lines = [cell(f"{done}. It has {strategy.orders_open} orders open.", self.palette.paper)]
        self._confirm(f"Pause {name}", lines, "/v1/pause", {"strategy": name}, done)

    def action_cancel(self) -> None:
        """Take the order under the cursor out, or in a panel of venues every order of the venue there."""
        panel, chosen = under(self.screen)
        if venue := venue_at(self._picture, panel, chosen):
            self.action_cancel_all(venue)
            return
        refs = refs_at(self._picture, panel, chosen)
        orders = [order for ref in refs if (order := self._picture.rows.order(ref)) is not None and order.is_open]
        if not orders:
            self._foot.say("what? put the cursor on an open order, or in panel 1 on a venue; C takes all", bad=True)
            return
        order = orders[0]
        lines: list[Cell] = [self._told(order), cell(GO_ON, self.palette.faint)]
        if len(orders) > 1:
            others = f"{len(orders) - 1} more of ours stand here: choose among them in panel 4."
            lines.insert(1, cell(others, self.palette.warn))
        done = f"told to cancel {order.id}"
        self._confirm(f"Cancel order {order.id}", lines, "/v1/cancel", {"order": order.id}, done)

    def action_cancel_all(self, venue: str) -> None:
        """Take every order out: of a venue, or of all."""
        orders = [one for one in self._picture.rows.orders if one.is_open and venue in ("", one.venue)]
        where = venue or "all venues"
        risk = money(sum(one.risk_micros for one in orders))
        lines: list[Cell] = [
            cell(f"{len(orders)} open orders at {where}, {risk} at risk, are cancelled once.", self.palette.strong),
            cell(GO_ON, self.palette.faint),
        ]
        done = f"told to cancel {len(orders)} orders at {where}"
        self._confirm(f"Cancel all at {where}", lines, "/v1/cancel-all", {"venue": venue}, done)

    def action_kill(self) -> None:
        """Choose a kill level; its word must be typed."""
        header = self._picture.rows.header
        level, orders_open = (header.kill_level, header.orders_open) if header else (0, 0)
        self._ask(Kill(self.palette, level, orders_open), self._kill)

    def action_resume(self, name: str) -> None:
        """Choose what is taken back, with a reason; `name` is a strategy that is offered first."""
        ways = ways_back(self._picture)
        if not ways:
            self._foot.say("nothing is stopped and nobody rests: there is nothing to resume")
            return
        chosen = next((number for number, way in enumerate(ways) if name and way.name == name), 0)

        def send(answer: str) -> None:
            number, _, why = answer.partition(" ")
            way = ways[int(number)]
            self._send(way.path, {**way.body, "why": why}, f"resumed: {way.name}, {way.says}")

        header = self._picture.rows.header
        self._ask(Resume(self.palette, header, ways, who=self._who, chosen=chosen), send)

    def action_reconcile(self) -> None:
        """Have our books held against the venue's under the cursor, or against all, now."""
        if not self._may():
            return
        venue = venue_at(self._picture, *under(self.screen))
        self._send("/v1/reconcile", {"venue": venue}, f"a round was asked for with {venue or 'every venue'}")

    def _told(self, order: OrderRow) -> Cell:
        said = f"{order.side.upper()} {size(order.remaining_micros) or '0'} at {order.price} on {order.outcome_name}"
        return (
            (said, self.palette.strong),
            (f", {order.event_name}, at {order.venue} for {order.strategy}.", self.palette.paper),
        )

    def _kill(self, answer: str) -> None:
        level, _, why = answer.partition(" ")
        done = f"kill level {level}, {LEVEL_WORDS[int(level)]}"
        self._send("/v1/halt", {"level": int(level), "why": why}, done)

    def _confirm(self, title: str, lines: Sequence[Cell], path: str, body: dict[str, object], done: str) -> None:
        self._ask(Confirm(self.palette, title, lines), lambda why: self._send(path, {**body, "why": why}, done))

    def _ask(self, dialogue: Dialogue, then: Callable[[str], None]) -> None:
        if self._may():
            self.app.push_screen(dialogue, lambda answer: then(answer) if answer else None)

    def _may(self) -> bool:
        if not self._who:
            self._foot.say("this dashboard only watches: it was started with --watch", bad=True)
        return bool(self._who)

    def _send(self, path: str, body: dict[str, object], done: str) -> None:
        whole: dict[str, object] = {"who": self._who, "why": UNSAID, **body}
        self.run_worker(self._run_send(path, whole, done), group="send")

    async def _run_send(self, path: str, body: dict[str, object], done: str) -> None:
        answer = await self._link.send(path, body)
        self._foot.say(done if answer.good else f"NOT DONE: {answer.error}", bad=not answer.good)
