"""Trouble on a real socket: bytes sliced, single, late or cut off, ends that are gone, dials refused, exchanges down.

What the in-memory network does to its pipes is done here to sockets, so that a demo, or somebody's own program, meets
the same. It stands between a socket and the exchange's diary: what it swallows was never heard.
"""

from collections import deque
from collections.abc import Callable

from venues.sim.faults import MS, Danger, Faults

MINUTE_NS = 60_000_000_000
PIECE_NS = MS
"""How far apart pieces leave, so that they do not come as one."""
SINGLE_BYTES_MAX = 2_000
"""So many bytes leave one by one at most; what is behind them follows whole."""

Later = Callable[[int, Callable[[], None]], None]
"""Has something done after so many nanoseconds."""


class Lines:
    """The network in front of several exchanges: who is down, and what may happen on each line."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.taken_down: Callable[[str], None] = _nobody
        self._venues: dict[str, int] = {}
        self._due_ns: int | None = None

    def watch(self, venue: str, now_ns: int) -> None:
        """Let an exchange meet its chance of dying once in every minute."""
        self._venues[venue] = 0
        self._due_ns = now_ns + MINUTE_NS

    def next_deadline(self) -> int | None:
        return self._due_ns

    def on_time(self, now_ns: int) -> None:
        if self._due_ns is None or now_ns < self._due_ns:
            return
        self._due_ns = now_ns + MINUTE_NS
        for venue in self._venues:
            if self.faults.strikes(Danger.EXCHANGE_DOWN, venue):
                self._venues[venue] = now_ns + self.faults.down_ns(venue)
                self.taken_down(venue)

    def refuses(self, venue: str, port: str, now_ns: int) -> bool:
        """Whether a dial comes to nothing."""
        down = now_ns < self._venues.get(venue, 0)
        return down or self.faults.strikes(Danger.DIAL_REFUSED, f"dial/{venue}.{port}")


class Line:
    """One connection's bytes in trouble. `write` and `abort` are the socket's."""

    def __init__(
        self, faults: Faults, name: str, *, write: Callable[[bytes], None], abort: Callable[[], None], later: Later
    ) -> None:
        self._faults = faults
        self._name = name
        self._write = write
        self._abort = abort
        self._later = later
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._is_gone = False

    def hears(self) -> bool:
        """Whether what just came in is heard: behind an end that is gone nothing is."""
        if not self._is_gone and self._faults.strikes(Danger.HALF_OPEN, f"{self._name}/near"):
            self._is_gone = True
        return not self._is_gone

    def send(self, data: bytes) -> None:
        """Let bytes leave, as they are or in trouble, never before what was sent earlier."""
        faults, name = self._faults, f"{self._name}/far"
        if self._is_gone or not data:
            return
        if faults.strikes(Danger.CONNECTION_CUT, name):
            self._is_gone = True
            self._write(data[: faults.below(len(data), name)])
            self._abort()
        elif faults.strikes(Danger.HALF_OPEN, name):
            self._is_gone = True
        elif faults.strikes(Danger.BYTES_SINGLE, name):
            for at in range(min(len(data), SINGLE_BYTES_MAX)):
                self._put(PIECE_NS, data[at : at + 1])
            self._put(PIECE_NS, data[SINGLE_BYTES_MAX:])
        elif len(data) > 1 and faults.strikes(Danger.BYTES_SLICED, name):
            at = 1 + faults.below(len(data) - 1, name)
            self._put(0, data[:at])
            self._put(PIECE_NS, data[at:])
        elif faults.strikes(Danger.BYTES_DELAYED, name):
            self._put(faults.delay_ns(name), data)
        else:
            self._put(0, data)

    @property
    def waiting_bytes(self) -> int:
        """What has not left yet."""
        return sum(len(data) for _, data in self._waiting)

    def _put(self, wait_ns: int, data: bytes) -> None:
        """Behind what waits, and so long after it; at once if nothing does."""
        if not data:
            return
        if not self._waiting and not wait_ns:
            self._write(data)
            return
        self._waiting.append((wait_ns, data))
        if len(self._waiting) == 1:
            self._later(wait_ns, self._next)

    def _next(self) -> None:
        _, data = self._waiting.popleft()
        if self._is_gone:
            self._waiting.clear()
            return
        self._write(data)
        while self._waiting and not self._waiting[0][0]:
            self._write(self._waiting.popleft()[1])
        if self._waiting:
            self._later(self._waiting[0][0], self._next)


def _nobody(venue: str) -> None:
    """Nobody wants to know."""
