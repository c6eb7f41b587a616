"""The places of our orders in their queues, which neither the stream nor FIX tells: asked for again and again.

One order is asked for by its id, several by their markets. It is done only while half of the read budget is free: what
money hangs on is asked first. Source: Kalshi OpenAPI, GetOrderQueuePositions, GetOrderQueuePosition.
"""

from domain.ids import OrderRef, VenueName
from domain.venue_notes import QueueTold
from venues.base import Emit
from venues.errors import PeerBroke
from venues.kalshi import rest_targets as targets
from venues.kalshi.amounts import Amount, micros
from venues.kalshi.api import Answered
from venues.kalshi.asking import Asking
from venues.kalshi.budgets import Budgets
from venues.kalshi.orders import Orders
from venues.kalshi.side_codec import QueueRows, queue_answer, queues_answer
from venues.kalshi.talks import Ask, Steps, batches, one

SECOND_NS = 1_000_000_000
QUEUE = "queue"


class Queueing:
    """Asks every `every_s` seconds, never with 0, and tells what is before each order of ours."""

    def __init__(
        self,
        asking: Asking,
        budgets: Budgets,
        orders: Orders,
        emit: Emit,
        *,
        venue: VenueName,
        subaccount: int,
        every_s: int,
    ) -> None:
        self._asking = asking
        self._budgets = budgets
        self._orders = orders
        self._emit = emit
        self._venue = venue
        self._subaccount = subaccount
        self._every_ns = every_s * SECOND_NS
        self._due_ns: int | None = None

    def begin(self, now_ns: int) -> None:
        """There may be orders from now on."""
        self._due_ns = now_ns + self._every_ns if self._every_ns else None

    def next_deadline(self) -> int | None:
        """When to ask next."""
        return self._due_ns

    def on_time(self, now_ns: int) -> None:
        """Ask, if anything rests and the budget leaves room."""
        self._due_ns = now_ns + self._every_ns
        refs = self._orders.open_ids()
        if not refs or self._budgets.read.free(now_ns) * 2 < self._budgets.read.capacity:
            return

        def tell(found: dict[str, int] | None, _: int) -> None:
            ahead = {ref: found[order_id] for order_id, ref in refs.items() if order_id in found} if found else {}
            if ahead:
                self._emit(QueueTold(self._venue, now_ns, ahead))

        self._asking.errand(QUEUE, lambda: self._talk(refs), tell, now_ns)

    def _talk(self, refs: dict[str, OrderRef]) -> Steps[dict[str, int]]:
        """Contracts before each order, in millionths, by the venue's id; none for one that rests no longer."""
        if len(refs) == 1:
            (order_id,) = refs
            answered = yield Ask(targets.queue_target(order_id), queue_answer, may_be_missing=True)
            return {order_id: _ahead(answered.result.queue_position_fp)} if isinstance(answered, Answered) else {}
        places = (self._orders.kept(ref).place for ref in refs.values())
        found: dict[str, int] = {}
        for some in batches(sorted({place.ticker for place in places if place is not None})):
            rows: QueueRows = yield from one(
                Ask(targets.queues_target(some, subaccount=self._subaccount), queues_answer)
            )
            found |= {row.order_id: _ahead(row.queue_position_fp) for row in rows.queue_positions or ()}
        return found


def _ahead(text: Amount) -> int:
    ahead = micros(text)
    if ahead < 0:
        raise PeerBroke(f"a place of {text} in a queue")
    return ahead
