"""Placing and cancelling: one order a request, or several where there are no lines for that; all within the budget."""

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

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
from venues.http import HttpFailed, Lane
from venues.kalshi.api import Answered, Api, Faulted
from venues.kalshi.attesting import Attestation
from venues.kalshi.batches import cancelled_each, created_each
from venues.kalshi.budgets import Budgets
from venues.kalshi.connection import Access
from venues.kalshi.groups import Groups, Refusal
from venues.kalshi.markets import Target
from venues.kalshi.order_facts import cancel_answer, cancel_refused_here, create_facts, create_failed, refused_here
from venues.kalshi.orders import Kept, Orders
from venues.kalshi.outcomes import PAUSED_CODES
from venues.kalshi.renewing import Renewing
from venues.kalshi.rest_codec import Cancelled, Created
from venues.kalshi.rest_targets import (
    BATCH,
    Place,
    cancel_target,
    encode_cancels,
    encode_create,
    encode_creates,
    is_ref,
)
from venues.kalshi.rules import LOT_MICROS
from venues.kalshi.side_codec import (
    CancelledEntries,
    CreatedEntries,
    cancelled_entries_answer,
    created_entries_answer,
)

MS = 1_000_000
NOWHERE = RejectReason.NOT_SENT, "it has no group to go into"


class Admitted(msgspec.Struct, frozen=True):
    """An order that may go: where, in which group (empty for none), until which Unix time (0 for ever)."""

    place: Place
    kept: Kept
    group: str
    expires_s: int


class Ready(msgspec.Struct, frozen=True):
    """An order that may go: its body, and what is kept of it."""

    order: PlaceOrder
    kept: Kept
    body: bytes


class Guards(msgspec.Struct, frozen=True):
    """What an order must pass beside its own terms, and what it is given on its way."""

    attestation: Attestation
    groups: Groups
    renewing: Renewing


class Ways(msgspec.Struct, frozen=True):
    """Where to turn: `target` finds an instrument's place at the venue, None if it is not listed; `ask` queries one
    order; `halted` hears that a market refused an order because trading is paused;
    `free` is how many requests could be written at once.
    """

    target: Callable[[InstrumentId], Target | None]
    ask: Callable[[OrderRef, int], None]
    halted: Callable[[str, int], None]
    free: Callable[[], int]


class Ordering:
    """`echo_until_ns`: until when the venue may take out what comes to rest, since everything was cancelled at once."""

    def __init__(
        self,
        access: Access,
        api: Api,
        budgets: Budgets,
        orders: Orders,
        emit: Emit,
        *,
        guards: Guards,
        ways: Ways,
    ) -> None:
        self.echo_until_ns = 0
        self._access = access
        self._api = api
        self._budgets = budgets
        self._orders = orders
        self._emit = emit
        self.guards = guards
        self._target, self._ask, self._halted, self._free = ways.target, ways.ask, ways.halted, ways.free
        self._parked = Parked(access, emit)

    # --- placing ---

    def place(self, order: PlaceOrder, now_ns: int) -> None:
        """Send an order, or say at once why not."""
        ready = self._ready(order, self._budgets.create_cost, now_ns)
        if ready is not None:
            self._place(ready, now_ns)

    def place_several(self, orders: Sequence[PlaceOrder], now_ns: int) -> None:
        """Send orders, each alone while there are lines for that, else in as few requests as the budget allows."""
        if len(orders) <= max(1, self._free()):
            for order in orders:
                self.place(order, now_ns)
            return
        cost = self._budgets.batch_create_cost
        found = [self._ready(order, cost, now_ns) for order in orders]
        ready = [one for one in found if one is not None]
        most = self._budgets.batch_max(cost)
        for first in range(0, len(ready), most):
            self._place_batch(ready[first : first + most], now_ns)

    def admit(self, order: PlaceOrder, now_ns: int, *, cost: int = 0) -> Admitted | None:
        """An order that may be sent, its tokens taken and its terms kept; None once it is said why it may not."""
        target = self._target(order.instrument)
        if target is None:
            self._emit(refused_here(order.ref, RejectReason.NOT_SENT, f"{order.instrument} is not listed"))
            return None
        rests = order.tif is TimeInForce.REST
        group = self.guards.groups.place(target.place, now_ns, rests=rests)
        no = None if isinstance(group, str) else group
        no = no or _misshapen(order, target) or self.guards.attestation.refusal(self._access.wall_ms())
        if no is None and rests and now_ns < self.echo_until_ns:
            no = RejectReason.NOT_SENT, "everything was cancelled less than a minute ago"
        if no is None and not self._budgets.write.take(cost or self._budgets.create_cost, now_ns):
            no = RejectReason.RATE_LIMIT, "the write budget is used up"
        if no is not None or not isinstance(group, str):
            self._emit(refused_here(order.ref, *(no or NOWHERE)))
            return None
        kept = self._orders.kept(order.ref)
        kept.place, kept.sent_ms, kept.group = target.place, self._access.wall_ms(), group
        kept.is_ending = not rests
        kept.terms = order.side, order.price, order.size_micros
        ends_s = self.guards.renewing.ends_s() if rests else 0
        kept.expires_ms = ends_s * 1_000
        return Admitted(target.place, kept, group, ends_s)

    # --- cancelling ---

    def cancel(self, cancel: CancelOrder, now_ns: int) -> None:
        """Send a cancel now, or as soon as its order's id and the budget allow."""
        kept = self._orders.kept(cancel.ref)
        if kept.is_closed:
            self._emit(cancel_refused_here(cancel, RejectReason.NOT_RESTING, "the order is complete"))
        elif kept.order_id:
            if not self._budgets.write.pass_on(
                lambda at_ns: self._send_cancel(cancel, kept, at_ns), self._budgets.cancel_cost, now_ns
            ):
                self._emit(cancel_refused_here(cancel, RejectReason.RATE_LIMIT, "too many cancels wait"))
        else:
            self._parked.put(cancel, now_ns)
            if not kept.is_asking:
                self._ask(cancel.ref, now_ns)

    def cancel_several(self, cancels: Sequence[CancelOrder], now_ns: int) -> None:
        """Send cancels, each alone while there are lines for that, else in as few requests as the budget allows."""
        if len(cancels) <= max(1, self._free()):
            for cancel in cancels:
                self.cancel(cancel, now_ns)
            return
        known: list[CancelOrder] = []
        for cancel in cancels:
            kept = self._orders.kept(cancel.ref)
            if kept.order_id and not kept.is_closed:
                known.append(cancel)
            else:
                self.cancel(cancel, now_ns)
        cost = self._budgets.batch_cancel_cost
        most = self._budgets.batch_max(cost)
        for first in range(0, len(known), most):
            some = known[first : first + most]
            if not self._budgets.write.pass_on(partial(self._send_cancels, some), cost * len(some), now_ns):
                for cancel in some:
                    self._emit(cancel_refused_here(cancel, RejectReason.RATE_LIMIT, "too many cancels wait"))

    def learned(self, ref: OrderRef, now_ns: int) -> None:
        """Something about this order came in: send the cancels that waited for its id."""
        kept = self._orders.kept(ref)
        if kept.order_id or kept.is_closed:
            for cancel in self._parked.taken(ref):
                self.cancel(cancel, now_ns)

    def next_deadline(self) -> int | None:
        """When a cancel whose order is not found must be given up."""
        return self._parked.next_deadline()

    def on_time(self, now_ns: int) -> None:
        """Give up the cancels whose order was not found."""
        self._parked.on_time(now_ns)

    # --- leaves ---

    def _ready(self, order: PlaceOrder, cost: int, now_ns: int) -> Ready | None:
        """An order with its body, or None once it is said why it does not go."""
        admitted = self.admit(order, now_ns, cost=cost)
        if admitted is None:
            return None
        admitted.kept.is_asking = True
        subaccount, ends_s = self._access.settings.subaccount, admitted.expires_s
        body = encode_create(order, admitted.place, subaccount=subaccount, group=admitted.group, expires_s=ends_s)
        return Ready(order, admitted.kept, body)

    def _place(self, ready: Ready, now_ns: int) -> None:
        def hear(answer: Answered[Created] | Faulted | HttpFailed) -> None:
            self._hear_create(ready.order, ready.kept, answer)

        self._api.create(ready.body, hear, now_ns)

    def _place_batch(self, ready: Sequence[Ready], now_ns: int) -> None:
        def hear(answer: Answered[CreatedEntries] | Faulted | HttpFailed) -> None:
            refs = [one.order.ref for one in ready]
            for one, created in zip(ready, created_each(refs, answer), strict=True):
                self._hear_create(one.order, one.kept, created)

        body = encode_creates([one.body for one in ready])
        self._api.write("POST", BATCH, body, created_entries_answer, hear, now_ns, lane=Lane.ORDINARY)

    def _hear_create(self, order: PlaceOrder, kept: Kept, answer: Answered[Created] | Faulted | HttpFailed) -> None:
        kept.is_asking = False
        now_ns = answer.failed_ns if isinstance(answer, HttpFailed) else answer.received_ns
        if isinstance(answer, Answered):
            self._orders.bind(order.ref, answer.result.order_id)
            kept.is_named = kept.order_id == answer.result.order_id
            facts = create_facts(order, answer.result)
            if kept.expires_ms:
                self.guards.renewing.watch(order.ref, now_ns)
        else:
            facts = [create_failed(order, answer)]
        if isinstance(answer, Faulted) and kept.place is not None:
            self.guards.groups.refused(answer.code, kept.place.shard or 0, now_ns)
            if answer.code in PAUSED_CODES:
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
            self._emit(cancel_answer(cancel, order_id, answer))

        place = kept.place or Place("", None)
        target = cancel_target(order_id, place, subaccount=self._access.settings.subaccount)
        self._api.cancel(target, hear, now_ns)

    def _send_cancels(self, cancels: Sequence[CancelOrder], now_ns: int) -> None:
        places: list[tuple[str, Place]] = []
        for cancel in cancels:
            kept = self._orders.kept(cancel.ref)
            kept.is_ending = True
            places.append((kept.order_id, kept.place or Place("", None)))
        order_ids = [order_id for order_id, _ in places]

        def hear(answer: Answered[CancelledEntries] | Faulted | HttpFailed) -> None:
            each = cancelled_each(order_ids, answer)
            for cancel, order_id, one in zip(cancels, order_ids, each, strict=True):
                self._emit(cancel_answer(cancel, order_id, one))

        body = encode_cancels(places, subaccount=self._access.settings.subaccount)
        self._api.write("DELETE", BATCH, body, cancelled_entries_answer, hear, now_ns)


class Parked:
    """Cancels that wait for the ids of their orders."""

    def __init__(self, access: Access, emit: Emit) -> None:
        self._access = access
        self._emit = emit
        self._waiting: dict[OrderRef, list[tuple[CancelOrder, int]]] = {}

    def put(self, cancel: CancelOrder, now_ns: int) -> None:
        """Keep a cancel for as long as a question may take."""
        until_ns = now_ns + self._access.settings.query_ms * MS
        self._waiting.setdefault(cancel.ref, []).append((cancel, until_ns))

    def taken(self, ref: OrderRef) -> list[CancelOrder]:
        """Take out what waited for this order."""
        return [cancel for cancel, _ in self._waiting.pop(ref, ())]

    def next_deadline(self) -> int | None:
        """When the first must be given up."""
        return min((until_ns for parked in self._waiting.values() for _, until_ns in parked), default=None)

    def on_time(self, now_ns: int) -> None:
        """Give up those whose order was not found."""
        for ref, parked in [*self._waiting.items()]:
            waiting = [(cancel, until_ns) for cancel, until_ns in parked if until_ns > now_ns]
            self._waiting[ref] = waiting
            if not waiting:
                del self._waiting[ref]
            for cancel, until_ns in parked:
                if until_ns <= now_ns:
                    why, detail = RejectReason.NOT_SENT, "its order id is unknown"
                    self._emit(CancelRefused(ref, cancel.request, why, detail, Evidence.INFERRED))


def _misshapen(order: PlaceOrder, target: Target) -> Refusal | None:
    """Why an order could never be taken where it goes."""
    if not is_ref(order.ref):
        return RejectReason.NOT_SENT, "a ref must be 1 to 64 of A-Z a-z 0-9 _ -"
    if order.size_micros <= 0 or order.size_micros % LOT_MICROS:
        return RejectReason.INVALID_SIZE, f"{order.size_micros} is not a whole number of hundredths"
    if target.ladder.tick(order.price) is None:
        return RejectReason.INVALID_PRICE, f"{order.price} is not on the market's grid"
    return None
