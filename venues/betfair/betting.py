"""Placing one bet a request, and cancelling those of one market together: within the budget, once an id is known."""

from collections.abc import Callable, Sequence

import msgspec

from domain.ids import InstrumentId, OrderRef
from domain.messages import (
    CancelAccepted,
    CancelOrder,
    CancelRefused,
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
from venues.betfair.rules import CANCELS_MAX, LOT_MICROS, MINIMUM_STAKES, TransactionCount
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
        wall_ns = self._wall_ns()
        if transactions > self._transactions.left(wall_ns):
            return "the transactions of this clock hour are used up"
        if not self._throttle.take(1, now_ns):
            return "the instructions of this second are used up"
        for _ in range(transactions):
            self._transactions.count(wall_ns)
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
        refusal = _refusal(order, self._settings)
        if refusal is None and (overspent := self.spend(now_ns)) is not None:
            refusal = RejectReason.RATE_LIMIT, overspent
        if refusal is not None:
            self._emit(refused_here(order.ref, *refusal))
            return
        bet = self._bets.bet(order.ref)
        bet.is_asking = True
        bet.market_id = target.bet.market_id
        bet.at_start, bet.size_micros = order.tif is TimeInForce.STARTING_PRICE, order.size_micros

        def hear(answer: PlaceAnswer) -> None:
            self._hear_place(order, bet, answer, target.bet_delay_ms)

        encode = encode_start if bet.at_start else encode_place
        at_once = self._settings.place_async
        params = encode(order, target.bet, strategy_ref=self._settings.strategy_ref, at_once=at_once)
        answer_ms = self._settings.answer_ms + target.bet_delay_ms
        self._api.call(PLACE, params, place_answer, hear, now_ns, answer_ms=answer_ms, lane=Lane.ORDINARY)

    def cancel(self, cancels: Sequence[CancelOrder], now_ns: int) -> None:
        """Send cancels now, or as soon as their bets' ids and the budget allow."""
        self._send_cancels([cancel for cancel in cancels if self._goes_now(cancel, now_ns)], now_ns)

    def learned(self, ref: OrderRef, now_ns: int) -> None:
        """Something about this bet came in: send the cancels that waited for its id."""
        bet = self._bets.bet(ref)
        if bet.bet_id or bet.is_closed:
            if self._pending.pop(ref, None) is not None:
                bet.is_asking = False
            self.cancel([cancel for cancel, _ in self._parked.pop(ref, ())], now_ns)

    def next_deadline(self) -> int | None:
        """When a cancel that waits may go, or must be given up."""
        released_ns = self._throttle.next_deadline()
        times = [until_ns for parked in self._parked.values() for _, until_ns in parked]
        times += [until_ns for until_ns, _ in self._pending.values()]
        return min(times if released_ns is None else [*times, released_ns], default=None)

    def on_time(self, now_ns: int) -> None:
        """Send the cancels whose turn has come; give up those whose bet was not found; doubt what stayed unjudged."""
        self._send_cancels(self._throttle.released(now_ns), now_ns)
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

    def _goes_now(self, cancel: CancelOrder, now_ns: int) -> bool:
        """Whether a cancel is to be written now; one that is not waits for its turn or its bet, or is refused."""
        bet = self._bets.bet(cancel.ref)
        no: tuple[RejectReason, str] | None = None
        if bet.is_closed:
            no = RejectReason.NOT_RESTING, "the bet is complete"
        elif bet.at_start:
            no = RejectReason.OTHER, AT_START
        elif bet.bet_id:
            goes = self._throttle.may_go(cancel, 1, now_ns)
            if goes is not None:
                return goes
            no = RejectReason.RATE_LIMIT, "too many cancels wait"
        if no is not None:
            self._emit(CancelRefused(cancel.ref, cancel.request, *no, Evidence.INFERRED))
            return False
        until_ns = now_ns + self._settings.query_ms * 1_000_000
        self._parked.setdefault(cancel.ref, []).append((cancel, until_ns))
        if not bet.is_asking:
            self._ask(cancel.ref, now_ns)
        return False

    def _send_cancels(self, cancels: Sequence[CancelOrder], now_ns: int) -> None:
        """Write cancels of known bets, those of one market in as few requests as that takes.

        A bet is named once in a request: named twice, the whole of it is refused. Source: DUPLICATE_BETIDS.
        """
        requests: dict[str, list[dict[str, CancelOrder]]] = {}
        for cancel in cancels:
            bet = self._bets.bet(cancel.ref)
            ones = requests.setdefault(bet.market_id, [{}])
            if bet.bet_id in ones[-1] or len(ones[-1]) == CANCELS_MAX:
                ones.append({})
            ones[-1][bet.bet_id] = cancel
        for market_id, ones in requests.items():
            for named in ones:
                self._send_request(market_id, named, now_ns)

    def _send_request(self, market_id: str, named: dict[str, CancelOrder], now_ns: int) -> None:
        def hear(answer: CancelAnswer) -> None:
            for bet_id, cancel in named.items():
                said = (
                    cancel_fact(cancel, bet_id, answer.result, alone=len(named) == 1)
                    if isinstance(answer, Answered)
                    else cancel_failed(cancel, answer)
                )
                if type(said) is not CancelAccepted:
                    self.failed()
                self._emit(said)

        params = encode_cancel(market_id, list(named))
        self._api.call(CANCEL, params, cancel_answer, hear, now_ns, answer_ms=self._settings.answer_ms)


def _refusal(order: PlaceOrder, settings: Settings) -> tuple[RejectReason, str] | None:
    """What the venue would refuse an order for."""
    if not is_ref(order.ref):
        return RejectReason.NOT_SENT, "a ref must be 1 to 32 of A-Z a-z 0-9 - . _ + * : ; ~"
    if order.size_micros <= 0 or order.size_micros % LOT_MICROS:
        return RejectReason.INVALID_SIZE, f"{order.size_micros} is not a whole number of hundredths"
    if order.tif is TimeInForce.STARTING_PRICE:
        return _refusal_at_start(order, settings)
    return None


def _refusal_at_start(order: PlaceOrder, settings: Settings) -> tuple[RejectReason, str] | None:
    minimum, wanted = MINIMUM_STAKES[settings.currency], start_liability_micros(order)
    what, least = "a back's stake", minimum.size_micros
    if order.side is Side.LAY:
        what, least = "a lay's liability", minimum.start_liability_micros
    if wanted >= least:
        return None
    return RejectReason.INVALID_SIZE, f"{what} at starting price is {wanted} millionths, at least {least}"
