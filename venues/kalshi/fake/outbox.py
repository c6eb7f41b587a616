"""Messages about the customer on their way out: each late by a lag, in order on its channel but for trouble."""

from collections import deque

import msgspec

from venues.kalshi.fake.bulletins import Private
from venues.kalshi.fake.forms import MS
from venues.kalshi.fake.messages import Message
from venues.sim.faults import Danger, Dice, Faults


class Waiting(msgspec.Struct):
    """One message and when it leaves."""

    due_ns: int
    said: Private


class Outbox:
    """What one connection has still to hear. `lag_ms` bounds each delay, lowest and highest."""

    def __init__(self, faults: Faults, lags: Dice, lag_ms: tuple[int, int], entity: str) -> None:
        self._faults = faults
        self._lags = lags
        self._lag_ms = lag_ms
        self._entity = entity
        self._queues: dict[str, deque[Waiting]] = {}
        self._still_until_ns = 0

    def put(self, said: Private, now_ns: int, *, late_until_ns: int = 0) -> None:
        """After what was said before on its channel; trouble may double it, let it and the one before, which is about
        another order, change places, stop all of them, or lose it: nothing on the wire shows that."""
        if self._faults.strikes(Danger.MESSAGE_LOST, self._entity, "orders"):
            return
        if self._faults.strikes(Danger.FEED_FROZEN, self._entity, "orders"):
            self._still_until_ns = now_ns + self._faults.frozen_ns(self._entity)
        lowest, highest = self._lag_ms
        due_ns = max(late_until_ns, self._still_until_ns, now_ns + self._lags.between(lowest * MS, highest * MS))
        queue = self._queues.setdefault(said.channel, deque())
        last = queue[-1] if queue else None
        entry = Waiting(max(due_ns, last.due_ns) if last else due_ns, said)
        queue.append(entry)
        apart = last is not None and last.said.order_id != said.order_id
        if last is not None and apart and self._faults.strikes(Danger.MESSAGES_SWAPPED, self._entity, "orders"):
            last.said, entry.said = entry.said, last.said
        if self._faults.strikes(Danger.MESSAGE_DOUBLED, self._entity, "orders"):
            queue.append(Waiting(entry.due_ns, entry.said))

    def due(self, now_ns: int) -> list[Message]:
        """Take out whatever leaves now."""
        gone: list[Message] = []
        for queue in self._queues.values():
            while queue and queue[0].due_ns <= now_ns:
                gone.append(queue.popleft().said.message)
        return gone

    def next_deadline(self) -> int | None:
        return min((queue[0].due_ns for queue in self._queues.values() if queue), default=None)

    def clear(self) -> None:
        self._queues.clear()
