"""The drop copy: the venue's own record of our reports, asked for from where we know it, and told as stronger words.

The record is asked for by the names of reports, which rise on each shard. So what was read last is where the next
question begins, that report included, for a question can only begin at a report that there is. It is asked when the
session of order entry stands anew, for something may have been lost, and again on schedule.
Source: Kalshi docs, FIX "Drop Copy Session".
"""

from collections.abc import Callable

from venues.kalshi.fix import tags
from venues.kalshi.fix.codec import Message
from venues.kalshi.fix.link import Link
from venues.kalshi.fix.reports import Report, decode_report, exec_moment

SECOND_NS = 1_000_000_000
TOO_SMALL = 3
"""Code of field 21004: the record does not reach back so far."""


class CopyLine:
    """Asks for the record; `told` takes each report out of it."""

    def __init__(self, every_s: int, *, told: Callable[[Report, int], None]) -> None:
        self.link: Link
        self.questions_refused = 0
        self._every_ns = every_s * SECOND_NS
        self._told = told
        self._known: dict[int, tuple[tuple[int, int, int], str]] = {}
        self._asked: dict[int, int] = {}
        self._due_ns: int | None = None

    def seen(self, exec_id: str) -> None:
        """A report came over the session of order entry: from the first one on, a shard's record can be asked for."""
        moment = exec_moment(exec_id)
        if moment is not None and moment[0] not in self._known:
            self._known[moment[0]] = moment, exec_id

    def ask(self, now_ns: int) -> None:
        """Ask for what is new on every shard that is not being asked about."""
        self._due_ns = now_ns + self._every_ns
        if not self.link.is_up:
            return
        for shard, (_, exec_id) in self._known.items():
            if shard not in self._asked.values():
                seq = self.link.send(tags.EVENT_RESEND, [(tags.BEGIN_EXEC_ID, exec_id)], now_ns)
                self._asked[seq] = shard

    def next_deadline(self) -> int | None:
        """When the connection wants attention, or the record is to be asked for again."""
        times = (self.link.next_deadline(), self._due_ns if self.link.is_up else None)
        return min((due for due in times if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        """Do what is due."""
        due_ns = self.link.next_deadline()
        if due_ns is not None and due_ns <= now_ns:
            self.link.on_time(now_ns)
        if self.link.is_up and self._due_ns is not None and self._due_ns <= now_ns:
            self.ask(now_ns)

    # --- what the link says ---

    def opened(self, now_ns: int) -> None:
        self.ask(now_ns)

    def heard(self, message: Message, seq: int, now_ns: int) -> None:
        if message.type == tags.EXECUTION_REPORT:
            report = decode_report(message)
            moment = exec_moment(report.exec_id)
            if moment is not None and moment > self._known.get(moment[0], (moment[:1], ""))[0]:
                self._known[moment[0]] = moment, report.exec_id
            self._told(report, now_ns)
        elif message.type == tags.EVENT_RESEND_COMPLETE:
            self._asked.pop(message.number(tags.REF_SEQ_NUM), None)
        elif message.type in (tags.EVENT_RESEND_REJECT, tags.REJECT, tags.BUSINESS_REJECT):
            self._refused(message)

    def alive(self, now_ns: int) -> None:
        """The record is as new as its last answer, whatever else comes."""

    def lost(self, reason: str, now_ns: int) -> None:
        self._asked.clear()

    # --- leaves ---

    def _refused(self, message: Message) -> None:
        """No answer now; a record that does not reach back so far is asked for from the next report that comes."""
        self.questions_refused += 1
        shard = self._asked.pop(message.number(tags.REF_SEQ_NUM), None)
        if shard is not None and message.get(tags.RESEND_REJECT_REASON) == str(TOO_SMALL):
            self._known.pop(shard, None)


class ListenerLine:
    """A second session of orders that only hears: the same reports as they are made, told as the record's are.

    Source: Kalshi docs, FIX "Listener Sessions".
    """

    def __init__(self, *, told: Callable[[Report, int], None]) -> None:
        self.link: Link
        self._told = told

    def next_deadline(self) -> int | None:
        """When the connection wants attention."""
        return self.link.next_deadline()

    def on_time(self, now_ns: int) -> None:
        """Do what is due."""
        self.link.on_time(now_ns)

    def opened(self, now_ns: int) -> None:
        """What was before is in the record."""

    def heard(self, message: Message, seq: int, now_ns: int) -> None:
        if message.type == tags.EXECUTION_REPORT:
            self._told(decode_report(message), now_ns)

    def alive(self, now_ns: int) -> None:
        """Nothing is proven by silence."""

    def lost(self, reason: str, now_ns: int) -> None:
        """The orders stand on their own session; this one comes back by itself."""
