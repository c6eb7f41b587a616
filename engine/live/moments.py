"""Moments for people: the engine's monotonic time told in Unix milliseconds, by one offset for a whole run."""

from domain.clock import Clock

MS = 1_000_000


class Moments:
    """Takes both clocks once, so that a moment reads the same whenever told; a wall clock set later is not seen."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._offset_ns = clock.wall_ns() - clock.monotonic_ns()

    def now_ms(self) -> int:
        """This moment."""
        return self.at_ms(self.clock.monotonic_ns())

    def at_ms(self, monotonic_ns: int) -> int:
        """A moment of ours, 0 for one that never was."""
        return (monotonic_ns + self._offset_ns) // MS if monotonic_ns else 0
