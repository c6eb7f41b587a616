"""Orders, cancels and questions on the line, and what becomes of those whose answers never come."""

from collections.abc import Callable, Mapping

import msgspec

from domain.ids import InstrumentId, OrderRef, SelectionId
from domain.markets import Instrument
from domain.messages import (
    BalanceReported,
    CancelAccepted,
    CancelOrder,
    CancelRefused,
    CancelUnanswered,
    Fact,
    MarketSettled,
    OrderAbsent,
    OrderAccepted,
    OrderRejected,
    OrderUnanswered,
    PlaceOrder,
    QueryOrder,
    QuerySettlement,
    QueryVenue,
    RejectReason,
    VenueReported,
)
from domain.orders import Evidence, Side, TimeInForce
from domain.terms import BalanceBasis
from domain.treasury import QueryAccountLines
from venues.base import Emit
from venues.lmsr import rules
from venues.lmsr.book_facts import LADDER, reported, venue_order
from venues.lmsr.codec import Ask, Cancel, Order, Place, Refused, Said, Told
from venues.lmsr.outcomes import reason
from venues.lmsr.settings import Settings
from venues.throttle import Throttle, TokenBucket

MS = 1_000_000
SECOND_NS = 1_000 * MS
DOWN = "the line is down"

Query = QueryOrder | QueryVenue | QuerySettlement | QueryAccountLines


class Asked(msgspec.Struct, frozen=True):
    """A question that was written: what for, when, and by when it must be answered."""

    query: Query
    asked_ns: int
    due_ns: int


class Ordering:
    """What waits for its answer: placements by ref, cancels by ref and request, questions by id."""

    def __init__(
        self,
        settings: Settings,
        instruments: Mapping[InstrumentId, Instrument],
        emit: Emit,
        say: Callable[[Said], None],
    ) -> None:
        self._settings = settings
        self._instruments = instruments
        self._emit = emit
        self._say = say
        bucket = TokenBucket(refill=settings.per_second, period_ns=SECOND_NS, capacity=settings.per_second)
        self._throttle: Throttle[CancelOrder] = Throttle(bucket, reserve=settings.reserve)
        self._places: dict[OrderRef, int] = {}
        self._cancels: dict[tuple[OrderRef, str], int] = {}
        self._asked: dict[int, Asked] = {}
        self._questions = 0

    def tokens(self, now_ns: int) -> int:
        """How many placements the budget takes now."""
        return self._throttle.free(now_ns)

    def place(self, order: PlaceOrder, now_ns: int, *, is_up: bool) -> None:
        """Send an order, or say at once why not."""
        refusal = _refusal(order, self._instruments) or (None if is_up else (RejectReason.NOT_SENT, DOWN))
        if refusal is None and not self._throttle.take(1, now_ns):
            refusal = RejectReason.RATE_LIMIT, "the messages of this second are used up"
        if refusal is not None:
            self._emit(OrderRejected(order.ref, *refusal, Evidence.INFERRED))
            return
        self._places[order.ref] = now_ns + self._settings.answer_ms * MS
        listing = self._instruments[order.instrument].listing
        self._say(
            Place(
                order.ref,
                listing.venue_market,
                listing.selection,
                order.side is Side.BACK,
                order.price,
                order.size_micros,
                order.tif is TimeInForce.IMMEDIATE,
            )
        )

    def cancel(self, cancel: CancelOrder, now_ns: int, *, is_up: bool) -> None:
        """Send a cancel, now or as soon as the budget allows."""
        goes = self._throttle.may_go(cancel, 1, now_ns) if is_up else None
        if goes:
            self._write_cancel(cancel, now_ns)
        elif goes is None:
            why, text = (RejectReason.RATE_LIMIT, "too many cancels wait") if is_up else (RejectReason.NOT_SENT, DOWN)
            self._emit(CancelRefused(cancel.ref, cancel.request, why, text, Evidence.INFERRED))

    def ask(self, query: Query, now_ns: int) -> None:
        """Write a question; a round is two: the orders, then the money."""
        if isinstance(query, QueryOrder):
            self._write(query, "order", now_ns, about=query.ref)
        elif isinstance(query, QuerySettlement):
            self._write(query, "statement", now_ns, about=query.venue_market)
        elif isinstance(query, QueryVenue):
            self._write(query, "orders", now_ns)
            self._write(query, "money", now_ns)

    def next_deadline(self) -> int | None:
        """When an answer is overdue, or a cancel that waits may go."""
        times = [*self._places.values(), *self._cancels.values(), *(one.due_ns for one in self._asked.values())]
        released_ns = self._throttle.next_deadline()
        return min([*times, released_ns] if released_ns is not None else times, default=None)

    def overdue(self, now_ns: int) -> str:
        """What was not answered in time, empty if everything was: then the line is worth nothing any more."""
        if any(due_ns <= now_ns for due_ns in (*self._places.values(), *self._cancels.values())):
            return "an order was not answered"
        return "a question was not answered" if any(one.due_ns <= now_ns for one in self._asked.values()) else ""

    def on_time(self, now_ns: int) -> None:
        """Send the cancels whose turn has come."""
        for cancel in self._throttle.released(now_ns):
            self._write_cancel(cancel, now_ns)

    def lost(self, why: str) -> None:
        """Nothing that was asked will be answered any more."""
        places, self._places = self._places, {}
        cancels, self._cancels = self._cancels, {}
        self._asked.clear()
        for ref in places:
            self._emit(OrderUnanswered(ref, why))
        for ref, request in cancels:
            self._emit(CancelUnanswered(ref, request, why))

    def heard(self, message: Order | Refused | Told, now_ns: int) -> None:
        """An order as it is now, a refusal, or the answer to a question."""
        if isinstance(message, Order):
            self._hear_order(message)
        elif isinstance(message, Refused):
            self._hear_refusal(message)
        elif (asked := self._asked.pop(message.id, None)) is not None:
            for fact in self._answers(asked, message):
                self._emit(fact)

    # --- leaves ---

    def _write_cancel(self, cancel: CancelOrder, now_ns: int) -> None:
        self._cancels[cancel.ref, cancel.request] = now_ns + self._settings.answer_ms * MS
        self._say(Cancel(cancel.ref, cancel.request))

    def _write(self, query: Query, what: str, now_ns: int, *, about: str = "") -> None:
        self._questions += 1
        self._asked[self._questions] = Asked(query, now_ns, now_ns + self._settings.answer_ms * MS)
        self._say(Ask(self._questions, what, about))

    def _hear_order(self, message: Order) -> None:
        order = message.order
        ref = OrderRef(order.ref)
        if not ref:
            return  # somebody's own bet on the account: a round tells of it
        report = reported(order, Evidence.PULL if message.answers else Evidence.PUSH)
        if message.answers == "place" and self._places.pop(ref, None) is not None:
            self._emit(OrderAccepted(ref, report.venue_order_id, Evidence.PULL))
        self._emit(report)
        if message.answers == "cancel" and self._cancels.pop((ref, message.request), None) is not None:
            self._emit(CancelAccepted(ref, message.request, message.taken, Evidence.PULL))

    def _hear_refusal(self, message: Refused) -> None:
        ref, why = OrderRef(message.ref), reason(message.why)
        if message.request:
            if self._cancels.pop((ref, message.request), None) is not None:
                self._emit(
                    CancelUnanswered(ref, message.request, message.why)
                    if why is None
                    else CancelRefused(ref, message.request, why, message.why)
                )
        elif self._places.pop(ref, None) is not None:
            self._emit(
                OrderUnanswered(ref, message.why)
                if why is None
                else OrderRejected(ref, why, message.why, Evidence.PULL)
            )

    def _answers(self, asked: Asked, told: Told) -> list[Fact]:
        query, venue = asked.query, self._settings.venue
        if isinstance(query, QueryOrder):
            if told.orders:
                return [reported(one, Evidence.PULL) for one in told.orders]
            return [OrderAbsent(query.ref, asked.asked_ns)]
        if isinstance(query, QueryVenue):
            if told.balance is not None:
                return [BalanceReported(venue, rules.CURRENCY, told.balance, BalanceBasis.WALLET, asked.asked_ns)]
            return [VenueReported(venue, asked.asked_ns, tuple(venue_order(venue, one) for one in told.orders))]
        if not told.statement or not isinstance(query, QuerySettlement):
            return []
        results = {SelectionId(name): result for name, result in told.results.items()}
        annulled = tuple(reported(one, Evidence.STATEMENT) for one in told.orders if one.ref)
        return [MarketSettled(venue, query.venue_market, told.statement, told.profit, 0, results, annulled)]


def _refusal(order: PlaceOrder, instruments: Mapping[InstrumentId, Instrument]) -> tuple[RejectReason, str] | None:
    """What is wrong with an order whatever the venue may say."""
    if order.instrument not in instruments:
        return RejectReason.NOT_SENT, f"{order.instrument} is not listed"
    if LADDER.tick(order.price) is None:
        return RejectReason.INVALID_PRICE, f"{order.price} is no price of this venue"
    if order.size_micros <= 0 or order.size_micros % rules.LOT_MICROS:
        return RejectReason.INVALID_SIZE, f"{order.size_micros} is not a whole number of hundredths"
    if order.tif is TimeInForce.STARTING_PRICE:
        return RejectReason.NOT_SENT, "there is no starting price"
    return None
