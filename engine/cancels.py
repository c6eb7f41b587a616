"""When a cancel may be sent again: at growing distance, for a venue may say no to each as fast as it is asked.

There is a hard stop too. What a venue has refused so often while its market stood as it stands it will refuse again,
and a program that goes on asking speaks for nobody (a peer once sent 14,000 cancels of one order). After it the order
counts in full as before, a person is told, and cancels begin anew when the market's state changes or a person orders
them.
"""

from collections.abc import Container

import msgspec

from domain.ids import OrderRef

MS = 1_000_000
CANCEL_AGAIN_NS = 500 * MS
CANCEL_AGAIN_NS_MAX = 8_000 * MS
CANCELS_KEPT = 1_000
CANCELS_MAX = 60
"""So many cancels of one order are sent in one state of its market: about eight minutes of saying the same."""


class Again(msgspec.Struct, frozen=True):
    """When a cancel may be repeated, how long was waited for that, and how many were sent in which state."""

    due_ns: int
    wait_ns: int
    sent: int
    epoch: int


class Repeats:
    """Remembers the cancels of orders that may still be cancelled."""

    def __init__(self) -> None:
        self._orders: dict[OrderRef, Again] = {}

    def due(self, ref: OrderRef, now_ns: int, *, epoch: int, at_stake: Container[OrderRef]) -> bool:
        """Whether an order's cancel may be sent now; if so it counts as sent. `epoch` is the state of its market."""
        again = self._orders.get(ref)
        if again is None or again.epoch != epoch:
            again = Again(now_ns, CANCEL_AGAIN_NS // 2, 0, epoch)
        if now_ns < again.due_ns or again.sent >= CANCELS_MAX:
            return False
        wait_ns = min(2 * again.wait_ns, CANCEL_AGAIN_NS_MAX)
        self._orders[ref] = Again(now_ns + wait_ns, wait_ns, again.sent + 1, epoch)
        if len(self._orders) > CANCELS_KEPT:
            self._orders = {kept: again for kept, again in self._orders.items() if kept in at_stake}
        return True

    def spent(self, ref: OrderRef) -> bool:
        """Whether the cancel that was just sent is the last one for now."""
        return self._orders[ref].sent == CANCELS_MAX

    def begin_anew(self) -> None:
        """A person has ordered cancels: none has been sent too often, and each still keeps its distance."""
        self._orders = {ref: msgspec.structs.replace(again, sent=0) for ref, again in self._orders.items()}
