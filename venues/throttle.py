"""A venue's message budget: exact token buckets, a share kept for cancels, and a bounded queue for those that wait."""

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class TokenBucket:
    """Holds up to `capacity` tokens and gains `refill` of them every `period_ns`, evenly and without rounding.

    tokens = min(capacity, tokens + refill x elapsed / period). It starts full unless told otherwise, takes the
    time as an argument and never waits; a time before the last one counts as the last one.
    """

    def __init__(
        self, *, refill: int, period_ns: int, capacity: int, start: int | None = None, now_ns: int = 0
    ) -> None:
        if refill <= 0 or period_ns <= 0 or capacity <= 0:
            raise ValueError(
                f"a bucket needs refill, period and capacity above 0, not {refill}, {period_ns}, {capacity}"
            )
        self._refill = refill
        self._period_ns = period_ns
        self._full = capacity * period_ns
        self._level = self._full if start is None else min(self._full, start * period_ns)
        self._as_of_ns = now_ns

    def tokens(self, now_ns: int) -> int:
        """Whole tokens at hand."""
        self._fill(now_ns)
        return self._level // self._period_ns

    def take(self, cost: int, now_ns: int, *, keep: int = 0) -> bool:
        """Take `cost` tokens if at least `keep` stay behind; else none."""
        self._fill(now_ns)
        if self._level < (cost + keep) * self._period_ns:
            return False
        self._level -= cost * self._period_ns
        return True

    def due_ns(self, cost: int) -> int:
        """When `cost` tokens will be, or were, at hand if nobody takes any."""
        missing = max(0, cost * self._period_ns - self._level)
        return self._as_of_ns + -(-missing // self._refill)

    def _fill(self, now_ns: int) -> None:
        if now_ns > self._as_of_ns:
            self._level = min(self._full, self._level + (now_ns - self._as_of_ns) * self._refill)
            self._as_of_ns = now_ns


class Throttle(Generic[T]):
    """A bucket shared by what may be refused (placements) and what must go (cancels).

    The first leave `reserve` tokens behind and are refused at once when they cannot; the others may take all,
    and wait in order when nothing is left.
    """

    def __init__(self, bucket: TokenBucket, *, reserve: int, queue_max: int = 1_000) -> None:
        self._bucket = bucket
        self._reserve = reserve
        self._queue_max = queue_max
        self._queue: deque[tuple[T, int]] = deque()

    def free(self, now_ns: int) -> int:
        """Tokens that may be taken without touching the reserve."""
        return 0 if self._queue else max(0, self._bucket.tokens(now_ns) - self._reserve)

    def take(self, cost: int, now_ns: int) -> bool:
        """Whether something that may be refused goes now."""
        return not self._queue and self._bucket.take(cost, now_ns, keep=self._reserve)

    def may_go(self, item: T, cost: int, now_ns: int) -> bool | None:
        """Whether something that must go goes now; False: it waits in the queue; None: the queue is full."""
        if not self._queue and self._bucket.take(cost, now_ns):
            return True
        if len(self._queue) >= self._queue_max:
            return None
        self._queue.append((item, cost))
        return False

    def released(self, now_ns: int) -> list[T]:
        """What waited and goes now, in order."""
        gone = []
        while self._queue and self._bucket.take(self._queue[0][1], now_ns):
            gone.append(self._queue.popleft()[0])
        return gone

    def next_deadline(self) -> int | None:
        """When the first that waits may go."""
        return self._bucket.due_ns(self._queue[0][1]) if self._queue else None
