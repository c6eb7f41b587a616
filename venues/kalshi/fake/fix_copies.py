"""The record of reports, asked for by their names: request and answer, the last three hours.

Source: Kalshi docs, FIX "Drop Copy Session".
"""

from collections import deque
from collections.abc import Callable

from venues.kalshi.fake.fix_reports import Told
from venues.kalshi.fake.forms import SECOND
from venues.kalshi.fix import tags
from venues.kalshi.fix.codec import Field, Message
from venues.kalshi.fix.reports import exec_moment

LOOKBACK_NS = 3 * 3_600 * SECOND
REPORTS_MAX = 50_000
TOO_SMALL, TOO_LARGE = "3", "4"


class Archive:
    """Every report that has a name, oldest first."""

    def __init__(self) -> None:
        self.lookback_ns = LOOKBACK_NS
        self._reports: deque[Told] = deque(maxlen=REPORTS_MAX)

    def keep(self, told: list[Told]) -> None:
        """These were told now."""
        self._reports.extend(told)

    def answer(
        self, asked: Message, seq: int, spelled: Callable[[Told], list[Field] | None], now_ns: int
    ) -> list[tuple[str, list[Field]]]:
        """The reports between two names, both included, and their number; or why not."""
        about: list[Field] = [(tags.REF_SEQ_NUM, str(seq))]
        begin, end = exec_moment(asked.text(tags.BEGIN_EXEC_ID)), asked.get(tags.END_EXEC_ID)
        recent = [told for told in self._reports if told.at_ns >= now_ns - self.lookback_ns]
        last = exec_moment(end) if end else (exec_moment(recent[-1].exec_id) if recent else begin)
        oldest = exec_moment(recent[0].exec_id) if recent else None
        if begin is None or (oldest is not None and begin < oldest and len(recent) < len(self._reports)):
            return [(tags.EVENT_RESEND_REJECT, [*about, (tags.RESEND_REJECT_REASON, TOO_SMALL)])]
        newest = exec_moment(recent[-1].exec_id) if recent else None
        if last is None or (end and newest is not None and last > newest):
            return [(tags.EVENT_RESEND_REJECT, [*about, (tags.RESEND_REJECT_REASON, TOO_LARGE)])]
        wanted = [told for told in recent if begin <= (exec_moment(told.exec_id) or begin) <= last]
        said = [(tags.EXECUTION_REPORT, fields) for told in wanted if (fields := spelled(told)) is not None]
        return [*said, (tags.EVENT_RESEND_COMPLETE, [*about, (tags.RESENT_COUNT, str(len(said)))])]
