"""One number for all orders, kept up by hashing what changed, so that a digest costs the same after a day's trading."""

from domain.ids import OrderRef
from domain.orders import Order
from oms.blotter import Change
from oms.order_index import OrderIndex
from storage.encoding import digest

_WORD = 1 << 128


class OrderHashes:
    """The sum of the hashes of every order's latest state; equal sets of orders give equal sums in any process.

    An order with nothing at stake is hashed at once, for little follows it, and a digest would else hold up the order
    beside it for all that came and went since the last one. The others are `waiting` until the sum is asked for, and
    hashed once however often they changed. The hash of an order that is not at hand is forgotten, and worked out again
    from what the order was, should it change after all.
    """

    def __init__(self, orders: OrderIndex) -> None:
        self._orders = orders
        self._hashes: dict[OrderRef, int] = {}
        self.waiting: dict[OrderRef, Order] = {}
        self._sum = 0

    def note(self, change: Change) -> None:
        """Take a changed order over."""
        ref, before = change.after.ref, change.before
        if ref not in self._hashes:
            self._hashes[ref] = 0 if before is None else int(digest(before), 16)
        if ref in self._orders.at_stake:
            self.waiting[ref] = change.after
        else:
            self.waiting.pop(ref, None)
            self._take(change.after)

    def total(self) -> str:
        """The sum, hex."""
        for order in self.waiting.values():
            self._take(order)
        self.waiting.clear()
        if len(self._hashes) > 2 * self._orders.archive_max:
            self._hashes = {ref: found for ref, found in self._hashes.items() if self._orders.at_hand(ref) is not None}
        return f"{self._sum:032x}"

    def _take(self, order: Order) -> None:
        found = int(digest(order), 16)
        self._sum = (self._sum + found - self._hashes[order.ref]) % _WORD
        self._hashes[order.ref] = found
