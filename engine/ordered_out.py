"""Orders that people ordered out: each is cancelled until it is over, by whoever takes the run up again too."""

from collections.abc import Iterator

from domain.ids import OrderRef, VenueName
from domain.operators import EVERY_ORDER, EVERY_VENUE, CancelsOrdered
from oms.blotter import ORPHANS
from oms.order_index import OrderIndex
from oms.order_states import is_open


class OrderedOut:
    """Part of what the journal rebuilds: open when the word came, or named by it, and not over since."""

    def __init__(self, orders: OrderIndex) -> None:
        self._orders = orders
        self._refs: dict[OrderRef, None] = {}

    def apply(self, fact: CancelsOrdered) -> None:
        """Take a word over, behind every fact that was known when it was said."""
        refs = open_at(self._orders, fact.venue) if fact.ref == EVERY_ORDER else (fact.ref,)
        self._refs.update(dict.fromkeys(refs))

    def standing(self) -> list[OrderRef]:
        """Those in which money is at stake still, in the order in which they were named; the others are forgotten."""
        for ref in [ref for ref in self._refs if ref not in self._orders.at_stake]:
            del self._refs[ref]
        return [*self._refs]


def open_at(orders: OrderIndex, venue: VenueName = EVERY_VENUE) -> Iterator[OrderRef]:
    """Our orders that may still be matched, at a venue or at every one; nobody steers what we never placed."""
    for order in orders.at_stake.values():
        if is_open(order) and order.strategy != ORPHANS and venue in (EVERY_VENUE, orders.listing(order).venue):
            yield order.ref
