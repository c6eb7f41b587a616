"""Kinds of question that take turns: many of one kind must not keep the others waiting."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Each kind says what it wants asked next, or None."""

    def __init__(self, *kinds: Callable[[], T | None]) -> None:
        self._kinds = deque(kinds)

    def next(self) -> T | None:
        """What the first kind wants that wants anything, those first whose turn was longest ago; None if none does."""
        for _ in range(len(self._kinds)):
            self._kinds.rotate(-1)
            if (wanted := self._kinds[-1]()) is not None:
                return wanted
        return None
