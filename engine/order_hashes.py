"""One number for all orders, kept up by hashing what changed, so that a digest costs the same after a day's trading."""

from domain.ids import OrderRef
from domain.orders import Order
from oms.blotter import Change
from oms.order_index import ARCHIVE_MAX, OrderIndex
from storage.encoding import digest

_WORD = 1 << 128
_KEPT_MAX = 2 * ARCHIVE_MAX


class OrderHashes:
    """The sum of the hashes of every order's latest state; equal sets of orders give equal sums in any process.

    Orders are hashed when the sum is asked for, each once however often it changed. An order that the index forgot
    stays in the sum as it was: nothing can change it any more, and whoever comes under its ref is another order.
    """

    def __init__(self, orders: OrderIndex) -> None:
        self._orders = orders
        self._hashes: dict[OrderRef, int] = {}
        self._changed: dict[OrderRef, Order] = {}
        self._sum = 0

    def note(self, change: Change) -> None:
        """Take a changed order over."""
        if change.before is None:
            self._hashes.pop(change.after.ref, None)
        self._changed[change.after.ref] = change.after

    def total(self) -> str:
        """The sum, hex."""
        for ref, order in self._changed.items():
            found = int(digest(order), 16)
            self._sum = (self._sum + found - self._hashes.get(ref, 0)) % _WORD
            self._hashes[ref] = found
        self._changed.clear()
        if len(self._hashes) > _KEPT_MAX:
            self._hashes = {ref: found for ref, found in self._hashes.items() if self._orders.get(ref) is not None}
        return f"{self._sum:032x}"
