"""What we asked for and have not been answered, by our name of it and by the number of its message."""

from collections import OrderedDict

import msgspec

from domain.amending import AmendOrder
from domain.messages import CancelOrder, PlaceOrder


class Question(msgspec.Struct, frozen=True):
    """One order, change or cancel on its way, and when its answer is overdue."""

    name: str
    what: PlaceOrder | CancelOrder | AmendOrder
    seq: int
    due_ns: int


class Asked:
    """Open questions, in the order in which they were asked, which is that in which they fall due."""

    def __init__(self) -> None:
        self._by_name: OrderedDict[str, Question] = OrderedDict()
        self._by_seq: dict[int, str] = {}

    def put(self, question: Question) -> None:
        """It was sent."""
        self._by_name[question.name] = question
        self._by_seq[question.seq] = question.name

    def take(self, name: str) -> Question | None:
        """It was answered."""
        question = self._by_name.pop(name, None)
        if question is not None:
            self._by_seq.pop(question.seq, None)
        return question

    def take_number(self, seq: int) -> Question | None:
        """It was answered by the number of its message."""
        name = self._by_seq.get(seq)
        return None if name is None else self.take(name)

    def cancels(self, ref: str) -> list[CancelOrder]:
        """The open cancels of one order."""
        asked = (one.what for one in self._by_name.values())
        return [what for what in asked if isinstance(what, CancelOrder) and what.ref == ref]

    def next_deadline(self) -> int | None:
        """When the oldest is overdue."""
        return next((question.due_ns for question in self._by_name.values()), None)

    def overdue(self, now_ns: int) -> list[Question]:
        """Give up what is overdue."""
        return self._taken([name for name, one in self._by_name.items() if one.due_ns <= now_ns])

    def all(self) -> list[Question]:
        """Give up everything."""
        return self._taken([*self._by_name])

    def _taken(self, names: list[str]) -> list[Question]:
        return [question for name in names if (question := self.take(name)) is not None]
