"""Chance as a pure function of (seed, entity, counter): no draw depends on which draws came before it."""

from hashlib import blake2b
from math import cos, log, pi, sqrt
from struct import unpack

_SCALE = 2.0**-53


class Stream:
    """Draws of one entity of the world. Two entities, or two counters, have nothing to do with each other.

    Each counter yields eight numbers, named by `slot`, so that one event can decide several things.
    """

    __slots__ = ("_prefix",)

    def __init__(self, seed: int, entity: str) -> None:
        self._prefix = blake2b(f"{seed}/{entity}/".encode(), digest_size=64)

    def draws(self, counter: int) -> tuple[float, ...]:
        """Eight numbers, each uniform in [0, 1)."""
        state = self._prefix.copy()
        state.update(b"%d" % counter)
        return tuple((word >> 11) * _SCALE for word in unpack("<8Q", state.digest()))

    def uniform(self, counter: int, low: float, high: float, *, slot: int = 0) -> float:
        """A number between two bounds."""
        return low + (high - low) * self.draws(counter)[slot]


class Drift:
    """A quantity that wanders around nought with a standard deviation near one: straight lines between draws."""

    __slots__ = ("_knots", "_period_ns", "_stream")

    def __init__(self, stream: Stream, *, period_ns: int) -> None:
        self._stream = stream
        self._period_ns = period_ns
        self._knots: dict[int, float] = {}

    def at(self, now_ns: int) -> float:
        """Its value at one moment, the same whatever was asked before."""
        knot, past_ns = divmod(now_ns, self._period_ns)
        share = past_ns / self._period_ns
        return (1.0 - share) * self._knot(knot) + share * self._knot(knot + 1)

    def _knot(self, n: int) -> float:
        found = self._knots.get(n)
        if found is None:
            u = self._stream.draws(n)
            found = self._knots[n] = normal(u[0], u[1])
        return found


def gap(u: float, mean: float) -> float:
    """A uniform number as an exponential waiting time."""
    return -mean * log(1.0 - u)


def normal(u: float, v: float) -> float:
    """Two uniform numbers as one standard normal number. Source: Box and Muller 1958."""
    return sqrt(-2.0 * log(1.0 - u)) * cos(2.0 * pi * v)
