"""Orders that have to come out: each is cancelled until it is over, by whoever takes the run up again too.

People order them out. Beside those stand immediate orders that a dead process left at a venue which does not kill their
rest itself: to take that out was their adapter's business, and the next one's knows nothing of it.
"""

from collections.abc import Iterator, Mapping

from domain.ids import OrderRef, VenueName
from domain.operators import EVERY_ORDER, EVERY_VENUE, CancelsOrdered
from domain.orders import TimeInForce
from domain.terms import Capabilities
from oms.blotter import ORPHANS
from oms.order_index import OrderIndex
from oms.order_states import is_open


class OrderedOut:
    """Part of what the journal rebuilds: open when the word came, or a process died, or named, and not over since."""

    def __init__(self, orders: OrderIndex, capabilities: Mapping[VenueName, Capabilities]) -> None:
        self._orders = orders
        self._capabilities = capabilities
        self._refs: dict[OrderRef, None] = {}

    def apply(self, fact: CancelsOrdered) -> None:
        """Take a word over, behind every fact that was known when it was said."""
        refs = open_at(self._orders, fact.venue) if fact.ref == EVERY_ORDER else (fact.ref,)
        self._refs.update(dict.fromkeys(refs))

    def resume(self) -> None:
        """Another process took over: nobody takes out any more what rests of the last one's immediate orders."""
        for ref, order in self._orders.at_stake.items():
            rests = order.tif is TimeInForce.IMMEDIATE and is_open(order)
            if rests and not self._capabilities[self._orders.listing(order).venue].immediate:
                self._refs[ref] = None

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
