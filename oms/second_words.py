"""Words about orders that count once a second person has said the same; the first of each order waits."""

from msgspec.structs import replace

from domain.ids import OrderRef
from domain.people import person
from domain.vouching import OrderVouched

WAITING_MAX = 1_000
"""Words that wait; people say few. Past it the oldest is forgotten, and has to be said again."""


class SecondWords:
    """Part of what the journal rebuilds: each order's last word that is still one person's.

    `people_min`: so many different people say the same before it counts, one or two.
    """

    def __init__(self, people_min: int) -> None:
        self.waiting: dict[OrderRef, OrderVouched] = {}
        self.needs_two = people_min > 1

    def counts(self, fact: OrderVouched) -> bool:
        """Take a word over; whether enough people have said it."""
        first = self.waiting.pop(fact.ref, None)
        if not self.needs_two or (first is not None and _alike(first, fact) and not _one_person(first, fact)):
            return True
        self.waiting[fact.ref] = fact
        if len(self.waiting) > WAITING_MAX:
            del self.waiting[next(iter(self.waiting))]
        return False

    def waits(self, ref: str) -> bool:
        """Whether one person's word about an order stands, and a second one's is needed."""
        return OrderRef(ref) in self.waiting

    def objection(self, fact: OrderVouched) -> str:
        """Why the word would change nothing, empty if it may."""
        first = self.waiting.get(fact.ref)
        if first is None or not _alike(first, fact) or not _one_person(first, fact):
            return ""
        return f"who = {fact.who!r}: has said so already; a different person has to be the second"


def _alike(first: OrderVouched, second: OrderVouched) -> bool:
    return replace(first, who=second.who, why=second.why) == second


def _one_person(first: OrderVouched, second: OrderVouched) -> bool:
    return person(first.who) == person(second.who)
