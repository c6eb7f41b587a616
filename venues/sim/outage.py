"""A venue under maintenance: it answers, and does nothing that it is asked for, until it is done."""

from collections.abc import Callable

from venues.sim.faults import Danger, Faults


class Outage:
    """Begins when trouble strikes at a request, and ends by itself. `begun` are told when it begins."""

    def __init__(self, faults: Faults, venue: str) -> None:
        self.begun: list[Callable[[], None]] = []
        self._faults = faults
        self._venue = str(venue)
        self._until_ns = 0

    def is_on(self, now_ns: int) -> bool:
        """Whether the venue is under maintenance now."""
        return now_ns < self._until_ns

    def strikes(self, doing: str, now_ns: int) -> bool:
        """Whether it is, or begins to be with this request."""
        if not self.is_on(now_ns) and self._faults.strikes(Danger.MAINTENANCE, self._venue, doing):
            self._until_ns = now_ns + self._faults.down_ns(self._venue)
            for tell in self.begun:
                tell()
        return self.is_on(now_ns)
