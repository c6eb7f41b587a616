"""What was meant: the placements and changes that stand in the journal on disk, and our orders by the venue's name."""

from collections import defaultdict
from pathlib import Path

from domain.amending import AmendOrder, changed_ref, generation
from domain.messages import PlaceOrder
from domain.orders import Order
from engine.state import State
from oms.order_states import is_open
from storage.tail import Tail


class Intents:
    """Reads on, as far as the journal's files go, each time something is looked for that is not known."""

    def __init__(self, journal: Path) -> None:
        self._tail = Tail(journal)
        self._placed: dict[str, PlaceOrder] = {}
        self._changes: defaultdict[str, list[AmendOrder]] = defaultdict(list)

    def find(self, ref: str) -> PlaceOrder | None:
        """The placement of a ref, None if it is not on disk."""
        if ref not in self._placed:
            self._read_on()
        return self._placed.get(ref)

    def orders_of(self, ref: str) -> int:
        """How many orders there may be under this name at a venue: the first, and one for each replacement."""
        self._read_on()
        return 1 + sum(change.successor is not None for change in self._changes[ref])

    def allows(self, ref: str, size_micros: int) -> bool:
        """Whether one order of this name was ever meant to be for so much; so if nothing is known of it."""
        ref = changed_ref(ref)
        first = self.find(ref)
        if first is None or size_micros <= first.size_micros:
            return True
        self._read_on()
        return any(size_micros <= change.size_micros for change in self._changes[ref])

    def _read_on(self) -> None:
        for record in self._tail.new_records():
            if isinstance(record.body, PlaceOrder):
                self._placed[record.body.ref] = record.body
            elif isinstance(record.body, AmendOrder):
                self._changes[generation(record.body.ref)[0]].append(record.body)


def generations(state: State, name: str) -> list[Order]:
    """Our orders that a venue knows by one name: the first, and those that replaced it, in their order."""
    orders = state.blotter.orders
    found: list[Order] = []
    one = orders.get(changed_ref(name))
    while one is not None:
        found.append(one)
        one = None if one.heir is None else orders.get(one.heir)
    return found


def standing(state: State, name: str) -> Order | None:
    """The one of them that may still be matched, else the last."""
    found = generations(state, name)
    return next((order for order in found if is_open(order)), found[-1] if found else None)
