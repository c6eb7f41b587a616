"""One number for all orders, kept up by hashing what changed, so that a digest costs the same after a day's trading."""

from domain.ids import OrderRef
from domain.orders import Order
from oms.blotter import Change
from oms.order_index import OrderIndex
from storage.encoding import digest

_WORD = 1 << 128


class OrderHashes:
    """The sum of the hashes of every order's latest state; equal sets of orders give equal sums in any process.

    Orders are hashed when the sum is asked for, each once however often it changed. The hash of an order that is not at
    hand is forgotten, and worked out again from what the order was, should it change after all.
    """

    def __init__(self, orders: OrderIndex) -> None:
        self._orders = orders
        self._hashes: dict[OrderRef, int] = {}
        self._changed: dict[OrderRef, Order] = {}
        self._sum = 0

    def note(self, change: Change) -> None:
        """Take a changed order over."""
        ref, before = change.after.ref, change.before
        if before is not None and ref not in self._hashes and ref not in self._changed:
            self._hashes[ref] = int(digest(before), 16)
        self._changed[ref] = change.after

    def total(self) -> str:
        """The sum, hex."""
        for ref, order in self._changed.items():
            found = int(digest(order), 16)
            self._sum = (self._sum + found - self._hashes.get(ref, 0)) % _WORD
            self._hashes[ref] = found
        self._changed.clear()
        if len(self._hashes) > 2 * self._orders.archive_max:
            self._hashes = {ref: found for ref, found in self._hashes.items() if self._orders.at_hand(ref) is not None}
        return f"{self._sum:032x}"
