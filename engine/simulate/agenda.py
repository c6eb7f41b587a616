"""Virtual time: a heap of things to do, run in the order of their times, ties drawn from the seed."""

import heapq
import random
from collections.abc import Callable
from typing import Protocol

from domain.clock import HandClock

Action = Callable[[int], None]


class Agenda:
    """Keeps actions for their times; those of one time come in an order that the seed chooses."""

    def __init__(self, clock: HandClock, rng: random.Random) -> None:
        self.clock = clock
        self._rng = rng
        self._heap: list[tuple[int, float, int, Action]] = []
        self._count = 0

    def at(self, when_ns: int, action: Action) -> None:
        """Have `action(now_ns)` run at `when_ns`, or now if that has passed."""
        self._count += 1
        when_ns = max(when_ns, self.clock.monotonic_ns())
        heapq.heappush(self._heap, (when_ns, self._rng.random(), self._count, action))

    def next_deadline(self) -> int | None:
        """When the first action is due, None if nothing is."""
        return self._heap[0][0] if self._heap else None

    def take(self) -> Action:
        """Take the first action off; the clock must have come to its time."""
        return heapq.heappop(self._heap)[3]


class Timed(Protocol):
    """What wants to see the time at its deadlines."""

    def next_deadline(self) -> int | None: ...

    def on_time(self, now_ns: int) -> None: ...


class Part:
    """Something timed, asked for its deadline only after something happened to it."""

    __slots__ = ("due_ns", "moved", "timed")

    def __init__(self, timed: Timed) -> None:
        self.timed = timed
        self.moved = True
        self.due_ns: int | None = None
        """When it wants to see the time, as far as is known while `moved`."""

    def look(self) -> None:
        """Ask for the deadline anew."""
        self.due_ns = self.timed.next_deadline()
        self.moved = False

    def on_time(self, now_ns: int) -> None:
        """Let it see the time."""
        self.moved = True
        self.timed.on_time(now_ns)
