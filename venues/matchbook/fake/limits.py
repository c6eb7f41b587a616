"""Calls by the minute: each group of the interface has its number, and who passes it is shut out for a while.

Source: Matchbook API docs, FAQ and fair usage policy.
"""

from collections import deque

from venues.matchbook.fake.forms import MS, SECOND
from venues.matchbook.fake.options import FakeOptions, Group
from venues.matchbook.fake.replies import Reply, error

MINUTE_NS = 60 * SECOND


class Limits:
    """What every group was asked within the last minute, and which of them are shut."""

    def __init__(self, options: FakeOptions) -> None:
        self._per_minute = dict(options.per_minute)
        self._block_ns = options.block_ms * MS
        self._asked: dict[Group, deque[int]] = {group: deque() for group in Group}
        self._shut_until_ns: dict[Group, int] = {}

    def admit(self, group: Group, now_ns: int) -> bool:
        """Count one call; whether it may pass."""
        if now_ns < self._shut_until_ns.get(group, 0):
            return False
        asked, most = self._asked[group], self._per_minute.get(group, 0)
        while asked and asked[0] <= now_ns - MINUTE_NS:
            asked.popleft()
        if most and len(asked) >= most:
            self._shut_until_ns[group] = now_ns + self._block_ns
            return False
        asked.append(now_ns)
        return True


def throttled(retry_after_seconds: int = 0) -> Reply:
    """The answer to one call too many; how long to wait is said only sometimes."""
    waits = (("Retry-After", str(retry_after_seconds)),) if retry_after_seconds else ()
    return Reply(429, {"errors": [error("Too many requests.")]}, waits)
