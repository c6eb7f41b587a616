"""Values with their past, for readers that lag behind."""

from collections import deque
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Timeline(Generic[Value]):
    """One value over time; what is older than `keep_ns` before the newest is forgotten."""

    __slots__ = ("_keep_ns", "_past")

    def __init__(self, keep_ns: int) -> None:
        self._keep_ns = keep_ns
        self._past: deque[tuple[int, Value]] = deque()

    def put(self, value: Value, now_ns: int) -> None:
        """From now on the value is this."""
        self._past.append((now_ns, value))
        while len(self._past) > 1 and self._past[1][0] <= now_ns - self._keep_ns:
            self._past.popleft()

    def at(self, then_ns: int) -> Value | None:
        """What it was at a moment that is not older than `keep_ns`; None before there was anything."""
        return next((value for at_ns, value in reversed(self._past) if at_ns <= then_ns), None)
