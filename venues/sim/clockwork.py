"""World time against the clock, and the order in which everybody in a world acts."""

import heapq
from typing import Protocol

from venues.sim.exchange import Exchange


class Actor(Protocol):
    """Whoever acts of himself: at `due_ns` of world time, None for never again unless woken."""

    @property
    def due_ns(self) -> int | None: ...

    def act(self, at_ns: int, now_ns: int) -> None: ...


class Clockwork:
    """Lets actors act when they are due, each at its own moment, and publishes what it did at its exchange.

    World time begins at 0 at `start_ns` of the clock and runs `speed` times as fast.
    """

    def __init__(self, *, speed: float, start_ns: int) -> None:
        self.speed = speed
        self.start_ns = start_ns
        self._exchanges: list[Exchange] = []
        self._actors: list[tuple[Exchange, Actor]] = []
        self._due: list[tuple[int, int]] = []
        self._stands = False

    def open(self, exchange: Exchange) -> None:
        """Look after an exchange's waiting orders too."""
        self._exchanges.append(exchange)

    def add(self, exchange: Exchange, actor: Actor) -> int:
        """Let somebody act at an exchange; the number wakes him."""
        self._actors.append((exchange, actor))
        self.wake(len(self._actors) - 1)
        return len(self._actors) - 1

    def wake(self, n: int) -> None:
        """Take over when an actor is due now."""
        due_ns = self._actors[n][1].due_ns
        if due_ns is not None and not self._stands:
            heapq.heappush(self._due, (due_ns, n))

    def clock_ns(self, world_ns: int) -> int:
        """The moment of the clock at which world time reads so; nothing happens before the start."""
        return self.start_ns + max(0, int(world_ns / self.speed))

    def world_ns(self, now_ns: int) -> int:
        """World time at a moment of the clock."""
        return int((now_ns - self.start_ns) * self.speed)

    def next_deadline(self) -> int | None:
        """When `on_time` wants to be called, None if nothing will ever happen again."""
        deadlines = [at for exchange in self._exchanges if (at := exchange.next_deadline()) is not None]
        if self._due:
            deadlines.append(self.clock_ns(self._due[0][0]))
        return min(deadlines, default=None)

    def on_time(self, now_ns: int) -> None:
        """Let everything happen that was due until now, each thing at its own moment, and publish it."""
        while self._due:
            at_ns, n = self._due[0]
            due_ns = self.clock_ns(at_ns)
            if due_ns > now_ns:
                break
            heapq.heappop(self._due)
            exchange, actor = self._actors[n]
            if actor.due_ns != at_ns:
                continue
            self._release(due_ns)
            actor.act(at_ns, due_ns)
            exchange.publish(due_ns)
            self.wake(n)
        self._release(now_ns)

    def stop(self, now_ns: int) -> None:
        """Nobody acts any more, exchanges neither; orders that wait still enter their books."""
        self.on_time(now_ns)
        self._stands = True
        self._due.clear()
        for exchange in self._exchanges:
            if exchange.mishaps is not None:
                exchange.mishaps.stop(now_ns)
                exchange.publish(now_ns)

    def _release(self, now_ns: int) -> None:
        """Orders whose in-play delay is over enter their books."""
        while True:
            waiting = [
                (at, n) for n, exchange in enumerate(self._exchanges) if (at := exchange.next_deadline()) is not None
            ]
            due_ns, n = min(waiting, default=(now_ns + 1, 0))
            if due_ns > now_ns:
                return
            self._exchanges[n].on_time(due_ns)
            self._exchanges[n].publish(due_ns)
