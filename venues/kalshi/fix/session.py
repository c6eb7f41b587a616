"""One FIX session without a socket or a clock: logon, numbers, heartbeats, gaps, repetitions, rejects, logout.

Theory. Each side numbers its messages. The one number that matters on arrival is the next one expected:

    as expected   take the message over
    too high      something is missing: keep it, and ask for the rest (a ResendRequest); where the venue does not
                  repeat, the session is lost, and the next one begins anew
    too low       marked as a repetition (PossDup) it is known already and is passed by; else the two sides do not
                  agree on what was said, and the session ends

What stands outside of this order: a SequenceReset that fills no gap sets the number whatever its own is; a
ResendRequest is answered first and counted second; a Logon that resets makes both sides begin at 1.

Asked to repeat, we send again what `repeats` names, marked as a repetition and under its own number, which is taken
once; the rest is filled with SequenceResets. Whoever trades repeats no order of an earlier connection: it is stale, and
perhaps it landed. One that was said a moment ago on this connection is repeated, for filling the gap before it would
pass it by as well.

    IDLE --connected--> LOGGING_ON --logon--> UP --logout--> LEAVING --logout, or too late--> IDLE

The initiator speaks first. Either side gives a peer up that is silent: after a heartbeat and a fifth it is asked for a
sign of life, after another heartbeat it is gone.
Source: FIX Trading Community, "FIX Session Layer", with its test cases; Kalshi docs, FIX "Session Management".
"""

from collections.abc import Callable

from venues.errors import PeerBroke
from venues.kalshi.fix import tags
from venues.kalshi.fix.codec import Field, Frame, Framer, Garbled, Message
from venues.kalshi.fix.hearing import Hearing
from venues.kalshi.fix.incoming import Verdict, header_fault
from venues.kalshi.fix.line import SECOND_NS, Line, Owner, Sent, SessionSettings, Stage
from venues.kalshi.fix.store import Store

LOGON_NS = 10 * SECOND_NS
LOGOUT_NS = 2 * SECOND_NS
GARBLED_MAX = 3
"""So many frames in a row that are none, and the session is given up: nothing that follows can be trusted."""


class Session:
    """The state of one session on the connection that is open now; `store` outlives both, and so does `sent`."""

    def __init__(
        self,
        settings: SessionSettings,
        store: Store,
        owner: Owner,
        *,
        wall_ms: Callable[[], int],
        sent: Sent | None = None,
    ) -> None:
        self._settings = settings
        self._line = Line(settings, store, owner, wall_ms, {} if sent is None else sent)
        self._hearing = Hearing(self._line)
        self._framer = Framer()
        self._garbled = 0
        self._heard_ns = self._due_ns = 0
        self._tests = self._taken = 0
        self._is_asked = False

    @property
    def is_up(self) -> bool:
        return self._line.stage is Stage.UP

    # --- from the network and the clock ---

    def connected(self, now_ns: int) -> None:
        """A connection stands: the initiator logs on."""
        line = self._line
        self._framer, self._garbled = Framer(), 0
        self._hearing.begin()
        line.begin_connection()
        line.stage = Stage.LOGGING_ON
        self._heard_ns, self._is_asked = now_ns, False
        self._due_ns = now_ns + LOGON_NS
        if self._settings.is_initiator:
            resets = self._settings.resets or line.is_spoiled
            if resets:
                line.begin_anew()
            line.log_on(reset=resets, now_ns=now_ns)

    def received(self, data: bytes, now_ns: int) -> bool:
        """Take bytes in; whether a message was among them that the session could take."""
        before = self._taken
        for frame in self._framer.feed(data):
            if self._line.stage is not Stage.IDLE:
                self._take(frame, now_ns)
        return self._taken > before

    def disconnected(self) -> None:
        """The connection is gone; nothing more is said of it."""
        self._line.stage = Stage.IDLE

    def send(self, kind: str, fields: list[Field], now_ns: int) -> int:
        """Say something; its number. The session must be up."""
        assert self.is_up, f"{kind} on a session that is {self._line.stage.value}"
        return self._line.say(kind, fields, now_ns)

    def keep(self, kind: str, fields: list[Field], now_ns: int) -> int:
        """Say something whether or not anybody listens; the peer may ask for it later."""
        return self._line.say(kind, fields, now_ns)

    def ask_for_life(self, now_ns: int) -> None:
        """Have the peer say something."""
        self._tests += 1
        self._line.say(tags.TEST_REQUEST, [(tags.TEST_REQ_ID, f"alive-{self._tests}")], now_ns)

    def log_out(self, reason: str, now_ns: int) -> None:
        """Say goodbye, and wait a little for the answer."""
        line = self._line
        if line.stage is not Stage.UP:
            line.end(reason, now_ns)
            return
        line.say(tags.LOGOUT, [(tags.TEXT, reason)] if reason else [], now_ns)
        line.stage = Stage.LEAVING
        self._due_ns = now_ns + LOGOUT_NS

    def next_deadline(self) -> int | None:
        """When a heartbeat is due, or patience ends."""
        line = self._line
        if line.stage is Stage.IDLE:
            return None
        if line.stage is not Stage.UP:
            return self._due_ns
        gap_ns = self._hearing.gap_due_ns
        due_ns = min(line.said_ns + line.heartbeat_ns, self._silent_ns())
        return due_ns if gap_ns is None else min(gap_ns, due_ns)

    def on_time(self, now_ns: int) -> None:
        """Do what is due."""
        line = self._line
        gap_ns = self._hearing.gap_due_ns
        if line.stage is Stage.UP and gap_ns is not None and gap_ns <= now_ns:
            line.leave_at_once("a gap was not filled", now_ns)
        elif line.stage is Stage.UP:
            self._keep_alive(now_ns)
        elif line.stage is not Stage.IDLE and now_ns >= self._due_ns:
            line.end(f"no answer while {line.stage.value}", now_ns)

    # --- leaves ---

    def _take(self, frame: Frame, now_ns: int) -> None:
        if isinstance(frame, Garbled):
            self._garbled += 1
            if self._garbled >= GARBLED_MAX:
                self._line.end(f"not the peer's language: {frame.reason}", now_ns)
            return
        self._garbled = 0
        try:
            if isinstance(frame, Message):
                counts = self._is_fit(frame, now_ns)
            else:  # one that cannot be read is rejected, but before the logon nothing is answered
                if self._line.stage is Stage.LOGGING_ON:
                    self._line.end(f"a logon was due: {frame.detail}", now_ns)
                counts = self._line.stage in (Stage.UP, Stage.LEAVING)
            if not counts:
                return
            self._heard_ns, self._is_asked = now_ns, False
            self._taken += 1
            self._hearing.sort(frame, now_ns)
        except PeerBroke as error:
            self._line.leave_at_once(str(error), now_ns)

    def _is_fit(self, message: Message, now_ns: int) -> bool:
        """Whether the head lets the message count at all; else it is answered as its fault deserves."""
        line = self._line
        if line.stage is Stage.LOGGING_ON and message.type != tags.LOGON:
            said = (message.get(tags.TEXT) or "no reason") if message.type == tags.LOGOUT else ""
            line.is_spoiled = True
            line.end(f"refused: {said}" if said else f"a logon was due, not {message.type}", now_ns)
            return False
        fault = header_fault(message, self._settings, line.wall_ms())
        if fault is None:
            return True
        seq = message.get(tags.MSG_SEQ_NUM)
        if fault.reason and line.stage is Stage.UP:
            if seq == str(line.store.next_in):
                line.store.save_in(line.store.next_in + 1)
            line.reject(message, fault.tag, fault.reason, fault.detail, now_ns)
        if fault.verdict is Verdict.LOGOUT or line.stage is not Stage.UP:
            line.leave_at_once(fault.detail, now_ns)
        return False

    def _silent_ns(self) -> int:
        """When a peer that says nothing is asked for a sign of life, or given up."""
        patience = self._line.heartbeat_ns * 12 // 10
        return self._heard_ns + patience + (self._line.heartbeat_ns if self._is_asked else 0)

    def _keep_alive(self, now_ns: int) -> None:
        line = self._line
        if now_ns >= self._silent_ns():
            if self._is_asked:
                line.end("silent", now_ns)
                return
            self._is_asked = True
            self.ask_for_life(now_ns)
        elif now_ns >= line.said_ns + line.heartbeat_ns:
            line.say(tags.HEARTBEAT, [], now_ns)
