"""One side of a FIX session as it speaks: every message numbered before it leaves, repeated when asked, or filled."""

import enum
from collections import deque
from collections.abc import Callable
from typing import Protocol

import msgspec

from venues.errors import PeerBroke
from venues.kalshi.fix import tags
from venues.kalshi.fix.clock import sending_time
from venues.kalshi.fix.codec import Field, Message, Unreadable, encode
from venues.kalshi.fix.store import FIRST, Store

SECOND_NS = 1_000_000_000
FRESH_MAX = 1_000
"""Messages of this connection that may be said again."""

Sent = dict[int, tuple[str, list[Field], str]]
"""What was said, by its number: type, fields, and when."""


class Stage(enum.Enum):
    """Where the session stands; see the picture above."""

    IDLE = "idle"
    LOGGING_ON = "logging on"
    UP = "up"
    LEAVING = "leaving"


class SessionSettings(msgspec.Struct, frozen=True):
    """Who speaks to whom, and how.

    `theirs` may name several, for the venue signs its messages with more than one name; the first is written to.
    `resets`: both sides begin at 1 with each logon. `recovers`: gaps are asked for. `repeats`: types that are sent
    again when they are asked for, and `fresh_ms` how long any message of this connection is. `window_ms`: how far the
    peer's clock may be off, 0 for any.
    """

    ours: str
    theirs: tuple[str, ...]
    is_initiator: bool
    heartbeat_s: int = 30
    resets: bool = True
    recovers: bool = False
    repeats: frozenset[str] = frozenset()
    fresh_ms: int = 0
    window_ms: int = 30_000


class Owner(Protocol):
    """Who uses the session. `logon_fields` may sign: it is told the time and number that the logon will carry."""

    def logon_fields(self, sent_at: str, seq: int) -> list[Field]: ...

    def judge_logon(self, logon: Message, now_ns: int) -> str:
        """Why a logon is refused, empty if it is not."""

    def write(self, data: bytes) -> None: ...

    def opened(self, now_ns: int) -> None: ...

    def heard(self, message: Message, seq: int, now_ns: int) -> None:
        """An application message, or a Reject, in order. PeerBroke ends the session."""

    def ended(self, reason: str, now_ns: int) -> None:
        """The session is over, and the connection is to be closed."""


class Line:
    """What a session says, and where it stands. `store` outlives it, and so does `sent`: what is worth repeating.

    `is_spoiled`: the two sides do not agree on the numbers, so that the next logon must begin anew.
    """

    def __init__(
        self, settings: SessionSettings, store: Store, owner: Owner, wall_ms: Callable[[], int], sent: Sent
    ) -> None:
        self.settings = settings
        self.store = store
        self.owner = owner
        self.wall_ms = wall_ms
        self.stage = Stage.IDLE
        self.heartbeat_ns = settings.heartbeat_s * SECOND_NS
        self.said_ns = 0
        self.is_spoiled = False
        self.theirs = settings.theirs[0]
        self._sent = sent
        self._fresh: deque[tuple[int, int, str, list[Field], str]] = deque(maxlen=FRESH_MAX)

    def say(self, kind: str, fields: list[Field], now_ns: int, *, sent_at: str = "") -> int:
        """Write a message with our next number, which is used up before the bytes leave; the number."""
        seq = self.store.next_out
        sent_at = sent_at or sending_time(self.wall_ms())
        self.store.save_out(seq + 1)
        if kind in self.settings.repeats:
            self._sent[seq] = kind, fields, sent_at
        elif kind not in tags.ADMIN and self.settings.fresh_ms:
            self._fresh.append((now_ns + self.settings.fresh_ms * 1_000_000, seq, kind, fields, sent_at))
        self._write(kind, seq, [], fields, sent_at, now_ns)
        return seq

    def log_on(self, *, reset: bool, now_ns: int) -> None:
        """Say who we are."""
        sent_at = sending_time(self.wall_ms())
        fields: list[Field] = [(tags.ENCRYPT_METHOD, "0"), (tags.HEART_BT_INT, str(self.heartbeat_ns // SECOND_NS))]
        if reset:
            fields.append((tags.RESET_SEQ_NUM, "Y"))
        fields += self.owner.logon_fields(sent_at, self.store.next_out)
        self.say(tags.LOGON, [*fields, (tags.DEFAULT_APPL_VER_ID, "9")], now_ns, sent_at=sent_at)

    def reject(self, frame: Message | Unreadable, tag: int, reason: int, detail: str, now_ns: int) -> None:
        """Tell the peer that one of its messages cannot be taken."""
        fields: list[Field] = [(tags.REF_SEQ_NUM, str(number_of(frame)))]
        fields += [(tags.REF_TAG, str(tag))] if tag else []
        fields += [(tags.REF_TYPE, clean(frame.type))] if frame.type else []
        self.say(tags.REJECT, [*fields, (tags.REJECT_REASON, str(reason)), (tags.TEXT, clean(detail))], now_ns)

    def ask_again(self, now_ns: int) -> None:
        """Ask for everything from the next number on."""
        asked: list[Field] = [(tags.BEGIN_SEQ_NO, str(self.store.next_in)), (tags.END_SEQ_NO, "0")]
        self.say(tags.RESEND_REQUEST, asked, now_ns)

    def repeat(self, asked: Message, now_ns: int) -> None:
        """Say again what is worth it, and fill what is not."""
        fill, last = asked.number(tags.BEGIN_SEQ_NO), asked.number(tags.END_SEQ_NO)
        stop = self.store.next_out if last == 0 else min(last + 1, self.store.next_out)
        worth = self._sent | {
            seq: (kind, fields, sent_at) for until_ns, seq, kind, fields, sent_at in self._fresh if now_ns <= until_ns
        }
        for seq in sorted(seq for seq in worth if fill <= seq < stop):
            self._fill(fill, seq, now_ns)
            kind, fields, sent_at = worth[seq]
            marks: list[Field] = [(tags.POSS_DUP, "Y"), (tags.ORIG_SENDING_TIME, sent_at)]
            self._write(kind, seq, marks, fields, sending_time(self.wall_ms()), now_ns)
            fill = seq + 1
        self._fill(fill, stop, now_ns)

    def begin_connection(self) -> None:
        """What was said on the last connection is not fresh any more."""
        self._fresh.clear()

    def begin_anew(self) -> None:
        """Both sides count from 1 again."""
        self.is_spoiled = False
        self._sent.clear()
        self._fresh.clear()
        self.store.save_out(FIRST)
        self.store.save_in(FIRST)

    def leave_at_once(self, reason: str, now_ns: int) -> None:
        """Say why, and end without waiting."""
        self.is_spoiled = True
        if self.stage is not Stage.IDLE:
            self.say(tags.LOGOUT, [(tags.TEXT, clean(reason))], now_ns)
            self.end(reason, now_ns)

    def end(self, reason: str, now_ns: int) -> None:
        """The session is over."""
        if self.stage is not Stage.IDLE:
            self.stage = Stage.IDLE
            self.owner.ended(reason, now_ns)

    # --- leaves ---

    def _fill(self, seq: int, until: int, now_ns: int) -> None:
        if seq < until:
            sent_at = sending_time(self.wall_ms())
            marks: list[Field] = [(tags.POSS_DUP, "Y"), (tags.ORIG_SENDING_TIME, sent_at)]
            fields: list[Field] = [(tags.GAP_FILL, "Y"), (tags.NEW_SEQ_NO, str(until))]
            self._write(tags.SEQUENCE_RESET, seq, marks, fields, sent_at, now_ns)

    def _write(self, kind: str, seq: int, marks: list[Field], fields: list[Field], sent_at: str, now_ns: int) -> None:
        head: list[Field] = [(tags.SENDER, self.settings.ours), (tags.TARGET, self.theirs)]
        head += [(tags.MSG_SEQ_NUM, str(seq)), *marks, (tags.SENDING_TIME, sent_at)]
        self.said_ns = now_ns
        self.owner.write(encode(kind, [*head, *fields]))


def number_of(frame: Message | Unreadable) -> int:
    """The number of a message; PeerBroke for one without."""
    if isinstance(frame, Message):
        return frame.number(tags.MSG_SEQ_NUM)
    if frame.seq is None:
        raise PeerBroke(f"a message without its number: {frame.detail}")
    return frame.seq


def clean(text: str) -> str:
    """A text that any field can hold."""
    return "".join(one if " " <= one <= "~" else "?" for one in text)[:200] or "?"
