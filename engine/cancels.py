"""When a cancel may be sent again: at growing distance, for a venue may say no to each as fast as it is asked.

There is a hard stop too. What a venue has refused so often while its market stood as it stands it will refuse again,
and a program that goes on asking speaks for nobody (a peer once sent 14,000 cancels of one order). After it the order
counts in full as before, a person is told, and cancels begin anew when the market's state changes or a person orders
them.
"""

from collections.abc import Container

import msgspec

from domain.ids import OrderRef
from domain.markets import MarketStatus

MS = 1_000_000
CANCEL_AGAIN_NS = 500 * MS
CANCEL_AGAIN_NS_MAX = 8_000 * MS
CANCELS_KEPT = 1_000
CANCELS_MAX = 60
"""So many cancels of one order are sent in one state of its market: about eight minutes of saying the same."""


class Again(msgspec.Struct, frozen=True):
    """When a cancel may be repeated, how long was waited for that, and how many were sent in which epoch of the event.

    `status` is that of the market when the last was sent.
    """

    due_ns: int
    wait_ns: int
    sent: int
    epoch: int
    status: MarketStatus | None


class Repeats:
    """Remembers the cancels of orders that may still be cancelled."""

    def __init__(self) -> None:
        self._orders: dict[OrderRef, Again] = {}

    def due(
        self,
        ref: OrderRef,
        now_ns: int,
        *,
        epoch: int,
        status: MarketStatus | None,
        at_stake: Container[OrderRef],
    ) -> bool:
        """Whether an order's cancel may be sent now; if so it counts as sent.

        `epoch` is that of its event, `status` that of its own market: a venue that reopens it may hear cancels again.
        """
        again = self._orders.get(ref) or Again(now_ns, 0, 0, epoch, status)
        if now_ns - again.due_ns > CANCEL_AGAIN_NS_MAX:  # it was wanted meanwhile
            again = msgspec.structs.replace(again, wait_ns=0)
        sent = again.sent if again.epoch == epoch else 0
        if (now_ns < again.due_ns and status is again.status) or sent >= CANCELS_MAX:
            return False
        wait_ns = min(max(2 * again.wait_ns, CANCEL_AGAIN_NS), CANCEL_AGAIN_NS_MAX)
        self._orders[ref] = Again(now_ns + wait_ns, wait_ns, sent + 1, epoch, status)
        if len(self._orders) > CANCELS_KEPT:
            self._orders = {kept: again for kept, again in self._orders.items() if kept in at_stake}
        return True

    def spent(self, ref: OrderRef) -> bool:
        """Whether the cancel that was just sent is the last one for now."""
        return self._orders[ref].sent == CANCELS_MAX

    def begin_anew(self) -> None:
        """A person has ordered cancels: none has been sent too often, and each still keeps its distance."""
        self._orders = {ref: msgspec.structs.replace(again, sent=0) for ref, again in self._orders.items()}
