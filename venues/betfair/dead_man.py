"""The dead-man's switch: while we speak, nothing happens; when we fall silent, the venue takes our bets out.

It cancels every unmatched limit bet of the account, whoever placed it, and only as well as it can: it comes beside our
own cancels, never instead of them. Source: Betfair developer docs, "Heartbeat API".
"""

from collections.abc import Callable

import msgspec

from venues.betfair.api import Answered, Api, Faulted
from venues.betfair.rpc import answerer
from venues.betfair.settings import Settings
from venues.http import HttpFailed
from venues.switches import Switch, SwitchKind

HEARTBEAT = "HeartbeatAPING/v1.0/heartbeat"
SWITCH = SwitchKind(
    key="dead_man_s", takes="every unmatched limit bet of the account, whoever placed it", for_account=True
)
SECOND_NS = 1_000_000_000


class HeartbeatReport(msgspec.Struct, rename="camel"):
    """What was done since the last heartbeat, and the timeout that the venue really uses."""

    action_performed: str
    actual_timeout_seconds: int


heartbeat_answer = answerer(HeartbeatReport)


class DeadMan:
    """Speaks twice in every timeout, sooner after a heartbeat that was not heard.

    `on_action` is told what the venue did: our bets may be gone.
    """

    def __init__(self, settings: Settings, api: Api, on_action: Callable[[str], None]) -> None:
        self._settings = settings
        self._api = api
        self._on_action = on_action
        self._due_ns: int | None = None
        self._until_ns: int | None = None

    def begin(self, now_ns: int) -> None:
        """There is a session: register, or renew."""
        if self._settings.dead_man_s:
            self._due_ns = now_ns
            self.on_time(now_ns)

    def switch(self, now_ns: int) -> Switch:
        """How it stands."""
        timeout_s = self._settings.dead_man_s
        return Switch(timeout_s, self._until_ns) if timeout_s else Switch(off=SWITCH.off)

    def next_deadline(self) -> int | None:
        """When to speak next; None while the switch is off."""
        return self._due_ns

    def on_time(self, now_ns: int) -> None:
        """Speak if it is time to."""
        if self._due_ns is None or now_ns < self._due_ns:
            return
        soon_ns = self._settings.dead_man_s * SECOND_NS // 4
        self._due_ns = now_ns + soon_ns
        params = msgspec.json.encode({"preferredTimeoutSeconds": self._settings.dead_man_s})
        self._api.call(HEARTBEAT, params, heartbeat_answer, self._hear, now_ns, answer_ms=soon_ns // 1_000_000)

    def _hear(self, answer: Answered[HeartbeatReport] | Faulted | HttpFailed) -> None:
        if not isinstance(answer, Answered):
            return
        timeout_ns = answer.result.actual_timeout_seconds * SECOND_NS
        self._due_ns = answer.sent_ns + timeout_ns // 2
        self._until_ns = answer.sent_ns + timeout_ns
        if answer.result.action_performed != "NONE":
            self._on_action(answer.result.action_performed)
