"""What a simulated venue will do at a later time, in order of time."""

import heapq
from collections.abc import Callable


class Agenda:
    """Deeds with their times; deeds of one time are done in order of arrival."""

    def __init__(self) -> None:
        self._due: list[tuple[int, int, Callable[[int], None]]] = []
        self._count = 0

    def at(self, due_ns: int, do: Callable[[int], None]) -> None:
        """Do something when its time has come; it is told the time."""
        self._count += 1
        heapq.heappush(self._due, (due_ns, self._count, do))

    def next_deadline(self) -> int | None:
        return self._due[0][0] if self._due else None

    def on_time(self, now_ns: int) -> None:
        while self._due and self._due[0][0] <= now_ns:
            heapq.heappop(self._due)[2](now_ns)
