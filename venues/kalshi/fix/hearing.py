"""What a FIX session hears: messages put into the order of their numbers, and the session's own ones answered."""

from venues.errors import PeerBroke
from venues.kalshi.fix import tags
from venues.kalshi.fix.codec import FieldFault, Message, Unreadable
from venues.kalshi.fix.line import SECOND_NS, Line, Stage, number_of
from venues.kalshi.fix.store import FIRST

KEPT_MAX = 10_000
"""Messages that wait behind a gap."""
GAP_NS = 30 * SECOND_NS
"""How long a gap may stay open: a venue that no longer has what is missing says so behind the gap, unheard."""


class Hearing:
    """The arriving row of a session. See the head of `session` for the theory."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._store = line.store
        self._kept: dict[int, Message | Unreadable] = {}
        self._gap_end = 0
        self.gap_due_ns: int | None = None

    def begin(self) -> None:
        """A new connection: nothing waits."""
        self._kept.clear()
        self._gap_end, self.gap_due_ns = 0, None

    def sort(self, frame: Message | Unreadable, now_ns: int) -> None:
        """By its number: now, later, or never. PeerBroke ends the session."""
        seq = number_of(frame)
        if isinstance(frame, Message):
            if frame.type == tags.LOGON:
                self._hear_logon(frame, seq, now_ns)
                return
            if frame.type == tags.SEQUENCE_RESET and not frame.is_set(tags.GAP_FILL):
                self._hear_reset(frame, now_ns)
                return
        expected = self._store.next_in
        if seq > expected:
            self._hear_early(frame, seq, now_ns)
        elif seq < expected:
            if isinstance(frame, Unreadable) or not frame.is_set(tags.POSS_DUP):
                raise PeerBroke(f"MsgSeqNum too low, expecting {expected} but received {seq}")
        else:
            self._hear_in_order(frame, now_ns)

    # --- by number ---

    def _hear_in_order(self, frame: Message | Unreadable, now_ns: int) -> None:
        """Take a message over, and those that waited for it."""
        self._hear(frame, now_ns)
        while self._kept and self._line.stage is not Stage.IDLE:
            expected = self._store.next_in
            for passed in [number for number in self._kept if number < expected]:
                del self._kept[passed]
            waited = self._kept.pop(expected, None)
            if waited is None:
                break
            self._hear(waited, now_ns)
        if self._store.next_in > self._gap_end:
            self._gap_end, self.gap_due_ns = 0, None

    def _hear_early(self, frame: Message | Unreadable, seq: int, now_ns: int) -> None:
        """A number too high: something is missing."""
        kind = frame.type if isinstance(frame, Message) else ""
        if isinstance(frame, Message) and kind == tags.LOGOUT:
            self._hear_logout(frame, now_ns)
            return
        if not self._line.settings.recovers:
            raise PeerBroke(f"message {seq} came where {self._store.next_in} was due, and nothing is repeated here")
        if len(self._kept) >= KEPT_MAX:
            raise PeerBroke(f"{KEPT_MAX} messages wait behind a gap")
        self._kept[seq] = frame
        if isinstance(frame, Message) and kind == tags.RESEND_REQUEST:
            self._line.repeat(frame, now_ns)
            self._kept[seq] = _counted(frame)
        if not self._gap_end:
            self._line.ask_again(now_ns)
            self.gap_due_ns = now_ns + GAP_NS
        self._gap_end = max(self._gap_end, seq)

    def _hear(self, frame: Message | Unreadable, now_ns: int) -> None:
        seq = number_of(frame)
        if isinstance(frame, Unreadable):
            self._store.save_in(seq + 1)
            self._line.reject(frame, frame.tag, frame.reason, frame.detail, now_ns)
        else:
            self._hear_message(frame, seq, now_ns)

    def _hear_message(self, message: Message, seq: int, now_ns: int) -> None:
        """Answer a message, or hand it on; one that cannot be read is not asked for again."""
        try:
            self._answer(message, seq, now_ns)
        except FieldFault as fault:
            self._line.reject(message, fault.tag, fault.reason, str(fault), now_ns)
        finally:
            if self._store.next_in == seq:
                self._store.save_in(seq + 1)

    # --- by type ---

    def _answer(self, message: Message, seq: int, now_ns: int) -> None:
        line = self._line
        if message.type == tags.SEQUENCE_RESET:
            self._hear_gap_fill(message, seq, now_ns)
        elif message.type == tags.TEST_REQUEST:
            line.say(tags.HEARTBEAT, [(tags.TEST_REQ_ID, message.text(tags.TEST_REQ_ID))], now_ns)
        elif message.type == tags.RESEND_REQUEST:
            self._store.save_in(seq + 1)
            line.repeat(message, now_ns)
        elif message.type == tags.LOGOUT:
            self._store.save_in(seq + 1)
            self._hear_logout(message, now_ns)
        elif message.type != tags.HEARTBEAT:
            line.owner.heard(message, seq, now_ns)

    def _hear_logon(self, logon: Message, seq: int, now_ns: int) -> None:
        """The answer to ours, or the peer's own; one that resets makes both sides begin anew."""
        line, resets = self._line, logon.is_set(tags.RESET_SEQ_NUM)
        was_up = line.stage is Stage.UP
        if line.stage is not Stage.LOGGING_ON and not (was_up and resets):
            raise PeerBroke("a second logon")
        if resets and seq != FIRST:
            raise PeerBroke(f"a logon that resets has number {FIRST}, not {seq}")
        if refusal := line.owner.judge_logon(logon, now_ns):
            raise PeerBroke(refusal)
        answers = was_up or not line.settings.is_initiator
        if resets:
            self._reset(both=answers)
        if seq < self._store.next_in and not logon.is_set(tags.POSS_DUP):
            raise PeerBroke(f"MsgSeqNum too low, expecting {self._store.next_in} but received {seq}")
        if seq > self._store.next_in and not line.settings.recovers:
            raise PeerBroke(f"a logon with number {seq} where {self._store.next_in} was due")
        line.theirs = logon.text(tags.SENDER)
        if answers:
            line.heartbeat_ns = max(1, logon.number(tags.HEART_BT_INT)) * SECOND_NS
            line.log_on(reset=resets, now_ns=now_ns)
        line.stage = Stage.UP
        if not was_up:
            line.owner.opened(now_ns)
        place = self._hear_early if seq > self._store.next_in else self._count
        place(_counted(logon), seq, now_ns)

    def _count(self, frame: Message, seq: int, now_ns: int) -> None:
        self._hear_in_order(frame, now_ns)

    def _reset(self, *, both: bool) -> None:
        self.begin()
        if both:
            self._line.begin_anew()
        self._store.save_in(FIRST)

    def _hear_logout(self, message: Message, now_ns: int) -> None:
        if self._line.stage is Stage.UP:
            self._line.say(tags.LOGOUT, [], now_ns)
        said = message.get(tags.TEXT)
        self._line.end(f"logged out: {said}" if said else "logged out", now_ns)

    def _hear_reset(self, message: Message, now_ns: int) -> None:
        """Go on at a number that the peer names, whatever was lost before it; its own number does not count."""
        try:
            number = message.number(tags.NEW_SEQ_NO)
        except FieldFault as fault:
            self._line.reject(message, fault.tag, fault.reason, str(fault), now_ns)
            return
        if number < self._store.next_in:
            detail = f"{number} was passed already"
            self._line.reject(message, tags.NEW_SEQ_NO, tags.INCORRECT_VALUE, detail, now_ns)
            return
        self.begin()
        self._store.save_in(number)

    def _hear_gap_fill(self, message: Message, seq: int, now_ns: int) -> None:
        """Nothing worth repeating stood between two numbers."""
        number = message.number(tags.NEW_SEQ_NO)
        if number <= seq:
            raise FieldFault(tags.NEW_SEQ_NO, tags.INCORRECT_VALUE, f"{number} does not lead on")
        self._store.save_in(number)


def _counted(message: Message) -> Message:
    """What is left of a message that was answered already: its number."""
    return Message(tags.HEARTBEAT, message.fields)
