"""Placing and cancelling: one bet a request, within the budget, and a cancel that waits for its bet's id."""

from collections.abc import Callable

import msgspec

from domain.ids import InstrumentId, OrderRef
from domain.messages import (
    CancelOrder,
    CancelRefused,
    CancelUnanswered,
    Fact,
    OrderAccepted,
    OrderRejected,
    OrderReported,
    PlaceOrder,
    RejectReason,
)
from domain.orders import Evidence, Side, TimeInForce
from venues.base import Emit
from venues.betfair.api import Answered, Api, Faulted
from venues.betfair.bet_facts import (
    cancel_fact,
    cancel_failed,
    is_pending,
    place_facts,
    place_failed,
    refused_here,
)
from venues.betfair.bets import Bet, Bets
from venues.betfair.betting_codec import (
    CANCEL,
    PLACE,
    BetRequest,
    CancelExecutionReport,
    PlaceExecutionReport,
    cancel_answer,
    encode_cancel,
    encode_place,
    encode_start,
    is_ref,
    place_answer,
    start_liability_micros,
)
from venues.betfair.rules import LOT_MICROS, MINIMUM_STAKES, TransactionCount
from venues.betfair.settings import Settings
from venues.http import HttpFailed, Lane
from venues.throttle import Throttle, TokenBucket

SECOND_NS = 1_000_000_000
AT_START = "a bet at starting price cannot be cancelled"
"""Source: Betfair developer docs, "cancelOrders": limit bets only."""


PlaceAnswer = Answered[PlaceExecutionReport] | Faulted | HttpFailed
CancelAnswer = Answered[CancelExecutionReport] | Faulted | HttpFailed
"""By name: the annotation of a function within a function is worked out whenever that one is called."""


class Target(msgspec.Struct, frozen=True):
    """Where an instrument's bets go, and how long its market holds them back now."""

    bet: BetRequest
    bet_delay_ms: int


class Betting:
    """`target` finds an instrument's place at the venue, or says why it has none; `ask` queries one order."""

    def __init__(
        self,
        settings: Settings,
        api: Api,
        bets: Bets,
        emit: Emit,
        *,
        target: Callable[[InstrumentId], Target | str],
        ask: Callable[[OrderRef, int], None],
        wall_ns: Callable[[], int],
    ) -> None:
        self._settings = settings
        self._api = api
        self._bets = bets
        self._emit = emit
        self._target = target
        self._ask = ask
        self._wall_ns = wall_ns
        self._transactions = TransactionCount(per_hour_max=settings.transactions_per_hour)
        per_s = settings.instructions_per_s
        bucket = TokenBucket(refill=per_s, period_ns=SECOND_NS, capacity=per_s)
        self._throttle: Throttle[CancelOrder] = Throttle(bucket, reserve=settings.cancel_reserve)
        self._parked: dict[OrderRef, list[tuple[CancelOrder, int]]] = {}
        self._pending: dict[OrderRef, tuple[int, Fact]] = {}

    def tokens(self, now_ns: int) -> int:
        """How many placements the budgets of this second and this clock hour take now."""
        return min(self._throttle.free(now_ns), self._transactions.left(self._wall_ns()))

    def spend(self, now_ns: int, *, transactions: int = 1) -> str | None:
        """Take an instruction and what it is charged as out of the budgets; which of them is used up, None if none."""
        if transactions > self._transactions.left(self._wall_ns()):
            return "the transactions of this clock hour are used up"
        if not self._throttle.take(1, now_ns):
            return "the instructions of this second are used up"
        for _ in range(transactions):
            self._transactions.count(self._wall_ns())
        return None

    def failed(self) -> None:
        """An instruction that costs nothing when it succeeds did not."""
        self._transactions.count(self._wall_ns())

    def place(self, order: PlaceOrder, now_ns: int) -> None:
        """Send a bet, or say at once why not."""
        target = self._target(order.instrument)
        if isinstance(target, str):
            self._emit(refused_here(order.ref, RejectReason.NOT_SENT, f"{order.instrument} {target}"))
            return
        refusal = self._refusal(order) or self._overspent(now_ns)
        if refusal is not None:
            self._emit(refused_here(order.ref, *refusal))
            return
        bet = self._bets.bet(order.ref)
        bet.is_asking = True
        bet.market_id = target.bet.market_id
        bet.at_start = order.tif is TimeInForce.STARTING_PRICE

        def hear(answer: PlaceAnswer) -> None:
            self._hear_place(order, bet, answer, target.bet_delay_ms)

        encode = encode_start if bet.at_start else encode_place
        at_once = self._settings.place_async
        params = encode(order, target.bet, strategy_ref=self._settings.strategy_ref, at_once=at_once)
        answer_ms = self._settings.answer_ms + target.bet_delay_ms
        self._api.call(PLACE, params, place_answer, hear, now_ns, answer_ms=answer_ms, lane=Lane.ORDINARY)

    def cancel(self, cancel: CancelOrder, now_ns: int) -> None:
        """Send a cancel now, or as soon as its bet's id and the budget allow."""
        bet = self._bets.bet(cancel.ref)
        if bet.is_closed:
            self._emit(
                CancelRefused(
                    cancel.ref, cancel.request, RejectReason.NOT_RESTING, "the bet is complete", Evidence.INFERRED
                )
            )
        elif bet.at_start:
            self._emit(CancelRefused(cancel.ref, cancel.request, RejectReason.OTHER, AT_START, Evidence.INFERRED))
        elif bet.bet_id:
            self._cancel_known(cancel, now_ns)
        else:
            until_ns = now_ns + self._settings.query_ms * 1_000_000
            self._parked.setdefault(cancel.ref, []).append((cancel, until_ns))
            if not bet.is_asking:
                self._ask(cancel.ref, now_ns)

    def learned(self, ref: OrderRef, now_ns: int) -> None:
        """Something about this bet came in: send the cancels that waited for its id."""
        bet = self._bets.bet(ref)
        if bet.bet_id or bet.is_closed:
            if self._pending.pop(ref, None) is not None:
                bet.is_asking = False
            for cancel, _ in self._parked.pop(ref, ()):
                self.cancel(cancel, now_ns)

    def next_deadline(self) -> int | None:
        """When a cancel that waits may go, or must be given up."""
        released_ns = self._throttle.next_deadline()
        times = [until_ns for parked in self._parked.values() for _, until_ns in parked]
        times += [until_ns for until_ns, _ in self._pending.values()]
        return min(times if released_ns is None else [*times, released_ns], default=None)

    def on_time(self, now_ns: int) -> None:
        """Send the cancels whose turn has come; give up those whose bet was not found; doubt what stayed unjudged."""
        for cancel in self._throttle.released(now_ns):
            self._send_cancel(cancel, now_ns)
        for ref in [ref for ref, (until_ns, _) in self._pending.items() if until_ns <= now_ns]:
            self._bets.bet(ref).is_asking = False
            self._emit(self._pending.pop(ref)[1])
        for ref, parked in [(ref, parked) for ref, parked in self._parked.items() if parked[0][1] <= now_ns]:
            self._parked[ref] = [(cancel, until_ns) for cancel, until_ns in parked if until_ns > now_ns]
            if not self._parked[ref]:
                del self._parked[ref]
            for cancel, until_ns in parked:
                if until_ns <= now_ns:
                    self._emit(
                        CancelRefused(
                            ref, cancel.request, RejectReason.NOT_SENT, "its bet id is unknown", Evidence.INFERRED
                        )
                    )

    # --- leaves ---

    def _refusal(self, order: PlaceOrder) -> tuple[RejectReason, str] | None:
        if not is_ref(order.ref):
            return RejectReason.NOT_SENT, "a ref must be 1 to 32 of A-Z a-z 0-9 - . _ + * : ; ~"
        if order.size_micros <= 0 or order.size_micros % LOT_MICROS:
            return RejectReason.INVALID_SIZE, f"{order.size_micros} is not a whole number of hundredths"
        if order.tif is TimeInForce.STARTING_PRICE:
            return self._refusal_at_start(order)
        return None

    def _refusal_at_start(self, order: PlaceOrder) -> tuple[RejectReason, str] | None:
        minimum, wanted = MINIMUM_STAKES[self._settings.currency], start_liability_micros(order)
        what, least = "a back's stake", minimum.size_micros
        if order.side is Side.LAY:
            what, least = "a lay's liability", minimum.start_liability_micros
        if wanted >= least:
            return None
        return RejectReason.INVALID_SIZE, f"{what} at starting price is {wanted} millionths, at least {least}"

    def _overspent(self, now_ns: int) -> tuple[RejectReason, str] | None:
        detail = self.spend(now_ns)
        return None if detail is None else (RejectReason.RATE_LIMIT, detail)

    def _hear_place(
        self,
        order: PlaceOrder,
        bet: Bet,
        answer: PlaceAnswer,
        bet_delay_ms: int,
    ) -> None:
        bet.is_asking = False
        now_ns = answer.failed_ns if isinstance(answer, HttpFailed) else answer.received_ns
        if isinstance(answer, Answered):
            facts = place_facts(order, answer.result)
            for report in answer.result.instruction_reports or ():
                if report.bet_id:
                    self._bets.named(order.ref, market_id=bet.market_id, bet_id=report.bet_id)
        else:
            facts = [place_failed(order, answer)]
        if is_pending(facts):  # the order stream is about to tell, or has told already
            if not (bet.bet_id or bet.is_closed):
                bet.is_asking = True
                until_ns = now_ns + (self._settings.answer_ms + bet_delay_ms) * 1_000_000
                self._pending[order.ref] = until_ns, facts[0]
            return
        for fact in facts:
            if isinstance(fact, OrderRejected) or (isinstance(fact, OrderReported) and fact.closed):
                bet.is_closed = True
            self._emit(fact)
            if isinstance(fact, OrderAccepted) and fact.venue_order_id is None:
                self._ask(order.ref, now_ns)
        self.learned(order.ref, now_ns)

    def _cancel_known(self, cancel: CancelOrder, now_ns: int) -> None:
        goes = self._throttle.may_go(cancel, 1, now_ns)
        if goes is None:
            self._emit(
                CancelRefused(
                    cancel.ref, cancel.request, RejectReason.RATE_LIMIT, "too many cancels wait", Evidence.INFERRED
                )
            )
        elif goes:
            self._send_cancel(cancel, now_ns)

    def _send_cancel(self, cancel: CancelOrder, now_ns: int) -> None:
        bet = self._bets.bet(cancel.ref)
        bet_id = bet.bet_id

        def hear(answer: CancelAnswer) -> None:
            said = (
                cancel_fact(cancel, bet_id, answer.result)
                if isinstance(answer, Answered)
                else cancel_failed(cancel, answer)
            )
            if isinstance(said, CancelRefused | CancelUnanswered):
                self.failed()
            self._emit(said)

        params = encode_cancel(bet.market_id, [bet_id])
        self._api.call(CANCEL, params, cancel_answer, hear, now_ns, answer_ms=self._settings.answer_ms)
