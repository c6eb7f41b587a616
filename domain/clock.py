"""Clocks: the time is an argument everywhere; only the engine winds a clock."""

from typing import Protocol


class Clock(Protocol):
    """Two readings: `monotonic_ns` for ages and deadlines, `wall_ns` (Unix) for records and signatures."""

    def monotonic_ns(self) -> int: ...

    def wall_ns(self) -> int: ...


class HandClock:
    """A clock that moves only when told: tests, replay and virtual time."""

    def __init__(self, *, monotonic_ns: int = 0, wall_ns: int = 0) -> None:
        self._monotonic_ns = monotonic_ns
        self._offset_ns = wall_ns - monotonic_ns

    def monotonic_ns(self) -> int:
        return self._monotonic_ns

    def wall_ns(self) -> int:
        return self._monotonic_ns + self._offset_ns

    def advance_to(self, monotonic_ns: int) -> None:
        """Move forward; going back is our own mistake."""
        assert monotonic_ns >= self._monotonic_ns, "a clock never goes back"
        self._monotonic_ns = monotonic_ns
