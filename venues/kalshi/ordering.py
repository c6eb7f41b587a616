"""Placing and cancelling: one order a request, within the budget, and a cancel that waits for its order's id."""

from collections.abc import Callable

from domain.ids import InstrumentId, OrderRef
from domain.messages import (
    CancelOrder,
    CancelRefused,
    OrderAccepted,
    OrderRejected,
    OrderReported,
    PlaceOrder,
    RejectReason,
)
from domain.orders import Evidence, TimeInForce
from venues.base import Emit
from venues.http import HttpFailed
from venues.kalshi.api import Answered, Api, Faulted
from venues.kalshi.budgets import Budgets
from venues.kalshi.connection import Access
from venues.kalshi.markets import Target
from venues.kalshi.order_facts import cancel_fact, cancel_failed, create_facts, create_failed, refused_here
from venues.kalshi.orders import Kept, Orders
from venues.kalshi.outcomes import PAUSED_CODES
from venues.kalshi.rest_codec import Cancelled, Created
from venues.kalshi.rest_targets import Place, cancel_target, encode_create, is_ref
from venues.kalshi.rules import LOT_MICROS

MS = 1_000_000


class Ordering:
    """`target` finds an instrument's place at the venue, None if it is not listed; `ask` queries one order; `halted`
    hears that a market refused an order because trading is paused.
    """

    def __init__(
        self,
        access: Access,
        api: Api,
        budgets: Budgets,
        orders: Orders,
        emit: Emit,
        *,
        target: Callable[[InstrumentId], Target | None],
        ask: Callable[[OrderRef, int], None],
        halted: Callable[[str, int], None],
    ) -> None:
        self._access = access
        self._api = api
        self._budgets = budgets
        self._orders = orders
        self._emit = emit
        self._target = target
        self._ask = ask
        self._halted = halted
        self._parked: dict[OrderRef, list[tuple[CancelOrder, int]]] = {}

    def place(self, order: PlaceOrder, now_ns: int) -> None:
        """Send an order, or say at once why not."""
        target = self._target(order.instrument)
        if target is None:
            self._emit(refused_here(order.ref, RejectReason.NOT_SENT, f"{order.instrument} is not listed"))
            return
        refusal = self.refusal(order, target, now_ns)
        if refusal is not None:
            self._emit(refused_here(order.ref, *refusal))
            return
        kept = self._orders.kept(order.ref)
        kept.place, kept.sent_ms = target.place, self._access.wall_ms()
        kept.is_asking, kept.is_ending = True, order.tif is TimeInForce.IMMEDIATE

        def hear(answer: Answered[Created] | Faulted | HttpFailed) -> None:
            self._hear_create(order, kept, answer)

        body = encode_create(order, target.place, subaccount=self._access.settings.subaccount)
        self._api.create(body, hear, now_ns)

    def cancel(self, cancel: CancelOrder, now_ns: int) -> None:
        """Send a cancel now, or as soon as its order's id and the budget allow."""
        kept = self._orders.kept(cancel.ref)
        if kept.is_closed:
            self._emit(
                CancelRefused(
                    cancel.ref, cancel.request, RejectReason.NOT_RESTING, "the order is complete", Evidence.INFERRED
                )
            )
        elif kept.order_id:
            if not self._budgets.write.pass_on(
                lambda at_ns: self._send_cancel(cancel, kept, at_ns), self._budgets.cancel_cost, now_ns
            ):
                self._emit(
                    CancelRefused(
                        cancel.ref, cancel.request, RejectReason.RATE_LIMIT, "too many cancels wait", Evidence.INFERRED
                    )
                )
        else:
            until_ns = now_ns + self._access.settings.query_ms * MS
            self._parked.setdefault(cancel.ref, []).append((cancel, until_ns))
            if not kept.is_asking:
                self._ask(cancel.ref, now_ns)

    def learned(self, ref: OrderRef, now_ns: int) -> None:
        """Something about this order came in: send the cancels that waited for its id."""
        kept = self._orders.kept(ref)
        if kept.order_id or kept.is_closed:
            for cancel, _ in self._parked.pop(ref, ()):
                self.cancel(cancel, now_ns)

    def refusal(self, order: PlaceOrder, target: Target, now_ns: int) -> tuple[RejectReason, str] | None:
        """Why an order must not be sent, None if it may; then its tokens are gone."""
        if not is_ref(order.ref):
            return RejectReason.NOT_SENT, "a ref must be 1 to 64 of A-Z a-z 0-9 _ -"
        if order.size_micros <= 0 or order.size_micros % LOT_MICROS:
            return RejectReason.INVALID_SIZE, f"{order.size_micros} is not a whole number of hundredths"
        if target.ladder.tick(order.price) is None:
            return RejectReason.INVALID_PRICE, f"{order.price} is not on the market's grid"
        if not self._budgets.write.take(self._budgets.create_cost, now_ns):
            return RejectReason.RATE_LIMIT, "the write budget is used up"
        return None

    def next_deadline(self) -> int | None:
        """When a cancel whose order is not found must be given up."""
        return min((until_ns for parked in self._parked.values() for _, until_ns in parked), default=None)

    def on_time(self, now_ns: int) -> None:
        """Give up the cancels whose order was not found."""
        for ref, parked in [*self._parked.items()]:
            waiting = [(cancel, until_ns) for cancel, until_ns in parked if until_ns > now_ns]
            self._parked[ref] = waiting
            if not waiting:
                del self._parked[ref]
            for cancel, until_ns in parked:
                if until_ns <= now_ns:
                    self._emit(
                        CancelRefused(
                            ref, cancel.request, RejectReason.NOT_SENT, "its order id is unknown", Evidence.INFERRED
                        )
                    )

    # --- leaves ---

    def _hear_create(self, order: PlaceOrder, kept: Kept, answer: Answered[Created] | Faulted | HttpFailed) -> None:
        kept.is_asking = False
        now_ns = answer.failed_ns if isinstance(answer, HttpFailed) else answer.received_ns
        if isinstance(answer, Answered):
            self._orders.bind(order.ref, answer.result.order_id)
            facts = create_facts(order, answer.result)
        else:
            facts = [create_failed(order, answer)]
        if isinstance(answer, Faulted) and answer.code in PAUSED_CODES and kept.place is not None:
            self._halted(kept.place.ticker, now_ns)  # told first: the refusal makes the engine look at the market
        for fact in facts:
            if isinstance(fact, OrderRejected | OrderReported):
                self._orders.note(fact)
            self._emit(fact)
            if isinstance(fact, OrderAccepted) and fact.venue_order_id is None:
                self._ask(order.ref, now_ns)
        self.learned(order.ref, now_ns)

    def _send_cancel(self, cancel: CancelOrder, kept: Kept, now_ns: int) -> None:
        order_id = kept.order_id
        kept.is_ending = True

        def hear(answer: Answered[Cancelled] | Faulted | HttpFailed) -> None:
            if isinstance(answer, Answered):
                self._emit(cancel_fact(cancel, order_id, answer.result))
            else:
                self._emit(cancel_failed(cancel, answer))

        place = kept.place or Place("", None)
        target = cancel_target(order_id, place, subaccount=self._access.settings.subaccount)
        self._api.cancel(target, hear, now_ns)
