"""When a cancel may be sent again: at growing distance, for a venue may say no to each as fast as it is asked."""

from collections.abc import Container

import msgspec

from domain.ids import OrderRef

MS = 1_000_000
CANCEL_AGAIN_NS = 500 * MS
CANCEL_AGAIN_NS_MAX = 8_000 * MS
CANCELS_KEPT = 1_000


class Again(msgspec.Struct, frozen=True):
    """When a cancel may be repeated, and how long was waited for that."""

    due_ns: int
    wait_ns: int


class Repeats:
    """Remembers the cancels of orders that may still be cancelled."""

    def __init__(self) -> None:
        self._orders: dict[OrderRef, Again] = {}

    def due(self, ref: OrderRef, now_ns: int, *, at_stake: Container[OrderRef]) -> bool:
        """Whether an order's cancel may be sent now; if so it counts as sent."""
        again = self._orders.get(ref)
        if again is not None and now_ns < again.due_ns:
            return False
        wait_ns = CANCEL_AGAIN_NS if again is None else min(2 * again.wait_ns, CANCEL_AGAIN_NS_MAX)
        self._orders[ref] = Again(now_ns + wait_ns, wait_ns)
        if len(self._orders) > CANCELS_KEPT:
            self._orders = {kept: again for kept, again in self._orders.items() if kept in at_stake}
        return True
