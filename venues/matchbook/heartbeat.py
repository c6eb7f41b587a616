"""The dead-man's switch: while we live it is held down, and the venue cancels everything when we let go."""

from collections.abc import Callable

from venues.http import HttpFailed
from venues.matchbook.amounts import exact
from venues.matchbook.api import Answered, Api, Faulted, Question
from venues.matchbook.budgets import Group
from venues.matchbook.offers_codec import HEARTBEAT_PATH, HeartbeatAnswer, heartbeat_answer
from venues.switches import Switch, SwitchKind

SECOND_NS = 1_000_000_000
MS = 1_000_000
BEAT_NS_MIN = SECOND_NS
HELD = "HEARTBEAT_ACTIVATED"
SWITCH = SwitchKind(key="heartbeat_s", takes="every offer of the account, whoever made it", for_account=True)


class DeadMan:
    """Sends a heartbeat three times within the timeout that the venue really applies; unarmed with a timeout of 0.

    `let_go` is told when the switch has, or may have, been released: the venue says that it cancels, or the time
    between two beats that reached it was longer than the timeout. The switch belongs to the account: another program
    that sends beats on it keeps our offers alive.
    Source: Matchbook API reference, "Heartbeat"; its Java SDK, `ActionPerformed`.
    """

    def __init__(
        self,
        api: Api,
        *,
        timeout_s: int,
        let_go: Callable[[str, int], None],
    ) -> None:
        self._api = api
        self._timeout_s = timeout_s
        self._let_go = let_go
        self._timeout_ns = timeout_s * SECOND_NS
        self._held_ns: int | None = None
        self._due_ns: int | None = None
        self._beats = 0

    def begin(self, now_ns: int) -> None:
        """There is a session: hold the switch down."""
        if self._timeout_s:
            self._due_ns = now_ns
            self.on_time(now_ns)

    def switch(self, now_ns: int) -> Switch:
        """How it stands."""
        if not self._timeout_s:
            return Switch(off=SWITCH.off)
        return Switch(self._timeout_s, None if self._held_ns is None else self._held_ns + self._timeout_ns)

    def next_deadline(self) -> int | None:
        """When the next beat is due."""
        return self._due_ns if self._api.is_ready else None

    def on_time(self, now_ns: int) -> None:
        """Send a beat if it is time to."""
        if not self._api.is_ready or self._due_ns is None or now_ns < self._due_ns:
            return
        self._due_ns = now_ns + self._timeout_ns // 3
        self._beats += 1
        beat = self._beats

        def hear(answer: Answered[HeartbeatAnswer] | Faulted | HttpFailed) -> None:
            if isinstance(answer, Answered) and beat == self._beats:
                self._heard(answer)

        question = Question(
            method="POST",
            path=HEARTBEAT_PATH,
            group=Group.OTHER,
            read=heartbeat_answer,
            answer_ms=self._timeout_ns // 3 // MS,
            body=b'{"timeout":%d}' % self._timeout_s,
        )
        self._api.ask(question, hear, now_ns, always=True)

    def _heard(self, answer: Answered[HeartbeatAnswer]) -> None:
        said = answer.result
        lapsed = self._held_ns is not None and answer.sent_ns > self._held_ns + self._timeout_ns
        self._held_ns = answer.sent_ns
        actual_ns = int(exact(said.actual_timeout) * SECOND_NS)
        if actual_ns > 0:
            self._timeout_ns = actual_ns
            self._due_ns = answer.sent_ns + max(actual_ns // 3, BEAT_NS_MIN)
        if said.action_performed != HELD:
            self._let_go(f"dead-man's switch: {said.action_performed}", answer.received_ns)
        elif lapsed:
            self._let_go("dead-man's switch: no beat in time", answer.received_ns)
