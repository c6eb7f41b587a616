"""When a lost connection may be tried again: full jitter, and a ceiling on attempts in any minute."""

from collections import deque
from collections.abc import Callable

MINUTE_NS = 60_000_000_000
SECOND_NS = 1_000_000_000
QUICK_S = (1, 4, 8, 8)
"""Bounds of the first waits: a line that is back within seconds shall be reconciled ten seconds after it is back."""

Chance = Callable[[], float]
"""Draws from [0, 1), from a seeded stream that belongs to whoever holds it."""


class Redial:
    """The schedule of one line's attempts.

    After a failure the wait is uniform between nothing and a bound: first the quick ones, then two minutes / attempts,
    which is the most at any time, so that a long outage sees `per_minute` attempts on average. The ceiling holds in
    every minute, and is felt: several losses within seconds use its attempts up, and the line waits for the next one.
    Source: M. Brooker, "Exponential Backoff And Jitter" (full jitter).
    """

    def __init__(self, chance: Chance, *, per_minute: int) -> None:
        assert per_minute > 0, "a line that may never dial is no line"
        self._chance = chance
        self._per_minute = per_minute
        self._dials: deque[int] = deque(maxlen=per_minute)
        self._failures = 0
        self._earliest_ns = 0

    @property
    def is_failing(self) -> bool:
        """The last attempt failed, or what it opened was lost before it was of use."""
        return self._failures > 0

    def due_ns(self) -> int:
        """Monotonic time before which the next attempt must not be made."""
        if len(self._dials) < self._per_minute:
            return self._earliest_ns
        return max(self._earliest_ns, self._dials[0] + MINUTE_NS)

    def dialled(self, now_ns: int) -> None:
        """An attempt was made."""
        self._dials.append(now_ns)

    def failed(self, now_ns: int) -> None:
        """The attempt came to nothing: wait longer. What fails during a wait belongs to the same trouble."""
        if now_ns < self._earliest_ns:
            return
        self._failures += 1
        longest = 2 * MINUTE_NS // self._per_minute
        if self._failures <= len(QUICK_S):
            longest = min(longest, QUICK_S[self._failures - 1] * SECOND_NS)
        self._earliest_ns = now_ns + int(self._chance() * longest)

    def proved(self) -> None:
        """The connection was of use: the next loss starts from the short waits."""
        self._failures = 0
