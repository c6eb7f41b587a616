"""Placing and cancelling: one offer a request, within the budget, and what remains of immediate offers taken out."""

from collections.abc import Callable

import msgspec

from domain.ids import InstrumentId, OrderRef
from domain.messages import (
    CancelOrder,
    CancelRefused,
    PlaceOrder,
    RejectReason,
)
from domain.orders import Evidence
from venues.base import Emit
from venues.errors import Failure
from venues.http import HttpFailed, Lane
from venues.matchbook.api import Answered, Api, Faulted, Question
from venues.matchbook.budgets import Group
from venues.matchbook.market_feed import TICK_BY_PRICE
from venues.matchbook.offer_facts import (
    cancel_fact,
    cancel_failed,
    own_among,
    place_failed,
    placed_facts,
    refused_here,
    take,
)
from venues.matchbook.offers import OwnOffer, OwnOffers
from venues.matchbook.offers_codec import (
    OFFERS_PATH,
    Offer,
    OffersAnswer,
    encode_place,
    offer_answer,
    offer_path,
    offers_answer,
)
from venues.matchbook.rules import LOT_MICROS
from venues.matchbook.settings import Settings

MS = 1_000_000
REST_AGAIN_NS = 1_000_000_000
REST_AGAIN_NS_MAX = 60_000_000_000


class Target(msgspec.Struct, frozen=True):
    """Where an instrument's offers go: the venue's market and runner."""

    market_id: str
    runner: int


class _Rest:
    """What remains of an immediate offer: when to cancel it (again), and how long to wait after that."""

    __slots__ = ("due_ns", "wait_ns")

    def __init__(self, due_ns: int) -> None:
        self.due_ns = due_ns
        self.wait_ns = REST_AGAIN_NS


class Betting:
    """`target` finds an instrument's place at the venue, None if it is not listed; `ask` queries one order; `wrote`
    is called when an answer to a write has come.

    The venue has no offers that die by themselves. So an immediate one is placed like any other, and as soon as an
    answer or a poll shows it resting it is cancelled by us, again and again until it is seen to have ended. One that
    is held back in play, or whose placement was not answered, is cancelled once it is seen.
    """

    def __init__(
        self,
        settings: Settings,
        api: Api,
        offers: OwnOffers,
        emit: Emit,
        *,
        target: Callable[[InstrumentId], Target | None],
        ask: Callable[[OrderRef, int], None],
        wrote: Callable[[int], None],
        wall_ns: Callable[[], int],
    ) -> None:
        self._settings = settings
        self._api = api
        self._writes = api.budgets[Group.WRITES]
        self._offers = offers
        self._emit = emit
        self._target = target
        self._ask = ask
        self._wrote = wrote
        self._wall_ns = wall_ns
        self._parked: dict[OrderRef, list[tuple[CancelOrder, int]]] = {}
        self._rests: dict[OrderRef, _Rest] = {}

    def tokens(self, now_ns: int) -> int:
        """How many placements the budget takes now."""
        return self._writes.free(now_ns)

    def place(self, order: PlaceOrder, now_ns: int) -> None:
        """Send an offer, or say at once why not."""
        target = self._target(order.instrument)
        refusal = self._refusal(order, target, now_ns)
        if target is None or refusal is not None:
            why, detail = refusal or (RejectReason.NOT_SENT, f"{order.instrument} is not listed")
            self._emit(refused_here(order.ref, why, detail))
            return
        own = self._offers.placed(
            order,
            market_id=target.market_id,
            runner=target.runner,
            sent_ns=now_ns,
            sent_ms=self._wall_ns() // MS,
        )
        question = Question(
            method="POST",
            path=OFFERS_PATH,
            group=Group.WRITES,
            read=offers_answer,
            answer_ms=self._settings.answer_ms,
            body=encode_place(order, target.runner),
            lane=Lane.ORDINARY,
            repeats=False,
        )
        self._api.write(question, lambda answer: self._hear_place(order, own, answer), now_ns)

    def cancel(self, cancel: CancelOrder, now_ns: int) -> None:
        """Send a cancel now, or as soon as its offer's id and the budget allow."""
        own = self._offers.offer(cancel.ref)
        if own.is_closed:
            self._emit(
                CancelRefused(
                    cancel.ref, cancel.request, RejectReason.NOT_RESTING, "the offer has ended", Evidence.INFERRED
                )
            )
        elif own.offer_id:
            self._send_cancel(own, cancel, now_ns)
        else:
            until_ns = now_ns + self._settings.query_ms * MS
            self._parked.setdefault(cancel.ref, []).append((cancel, until_ns))
            if not own.is_asking:
                self._ask(cancel.ref, now_ns)

    def learned(self, own: OwnOffer, now_ns: int) -> None:
        """Something about this offer came in: send the cancels that waited for its id, take out what may not rest."""
        if own.offer_id or own.is_closed:
            for cancel, _ in self._parked.pop(own.ref, ()):
                self.cancel(cancel, now_ns)
        if own.is_closed:
            self._rests.pop(own.ref, None)
        elif own.is_immediate and own.is_resting and own.ref not in self._rests:
            self._rests[own.ref] = _Rest(now_ns)
            self._take_out(now_ns)

    def next_deadline(self) -> int | None:
        """When a cancel must be given up, or a rest taken out."""
        times = [until_ns for parked in self._parked.values() for _, until_ns in parked]
        times += [rest.due_ns for rest in self._rests.values()]
        return min(times, default=None)

    def on_time(self, now_ns: int) -> None:
        """Take rests out; give up the cancels whose offer was not found."""
        self._take_out(now_ns)
        for ref, parked in [(ref, parked) for ref, parked in self._parked.items() if parked[0][1] <= now_ns]:
            self._parked[ref] = [(cancel, until_ns) for cancel, until_ns in parked if until_ns > now_ns]
            if not self._parked[ref]:
                del self._parked[ref]
            for cancel, until_ns in parked:
                if until_ns <= now_ns:
                    self._emit(
                        CancelRefused(
                            ref, cancel.request, RejectReason.NOT_SENT, "its offer id is unknown", Evidence.INFERRED
                        )
                    )

    # --- leaves ---

    def _refusal(self, order: PlaceOrder, target: Target | None, now_ns: int) -> tuple[RejectReason, str] | None:
        """Our own no; the last question takes a token."""
        if target is None:
            return RejectReason.NOT_SENT, f"{order.instrument} is not listed"
        if order.price not in TICK_BY_PRICE:
            return RejectReason.INVALID_PRICE, f"{order.price} is off the ladder: the venue would move it"
        if order.size_micros <= 0 or order.size_micros % LOT_MICROS:
            return RejectReason.INVALID_SIZE, f"{order.size_micros} is not a whole number of hundredths"
        if not self._writes.take(now_ns):
            return RejectReason.RATE_LIMIT, "the writes of this moment are used up"
        return None

    def _hear_place(
        self, order: PlaceOrder, own: OwnOffer, answer: Answered[OffersAnswer] | Faulted | HttpFailed
    ) -> None:
        own.is_asking = False
        now_ns = answer.failed_ns if isinstance(answer, HttpFailed) else answer.received_ns
        if isinstance(answer, Answered):
            assert own.print is not None, "a placement remembers what it sent"
            offer = own_among(answer.result.offers, order.ref, own.print)
            facts = placed_facts(order, offer)
            if offer is not None and offer.id:
                self._offers.bind(order.ref, market_id=own.market_id, offer_id=str(offer.id))
                take(own, offer, self._offers, now_ns)
        else:
            facts = [place_failed(order, answer)]
        for fact in facts:
            self._emit(fact)
        self.learned(own, now_ns)
        self._wrote(now_ns)

    def _send_cancel(self, own: OwnOffer, cancel: CancelOrder, now_ns: int) -> None:
        def hear(answer: Answered[Offer] | Faulted | HttpFailed) -> None:
            if isinstance(answer, Answered):
                self._emit(take(own, answer.result, self._offers, answer.received_ns))
                self._emit(cancel_fact(cancel, answer.result))
                self.learned(own, answer.received_ns)
                self._wrote(answer.received_ns)
            else:
                self._emit(cancel_failed(cancel, answer))

        self._delete(own, hear, now_ns)

    def _take_out(self, now_ns: int) -> None:
        """Cancel what remains of immediate offers; what that came to is read in any case."""
        for ref, rest in [(ref, rest) for ref, rest in self._rests.items() if rest.due_ns <= now_ns]:
            rest.due_ns = now_ns + rest.wait_ns
            rest.wait_ns = min(2 * rest.wait_ns, REST_AGAIN_NS_MAX)
            self._send_rest(self._offers.offer(ref), now_ns)

    def _send_rest(self, own: OwnOffer, now_ns: int) -> None:
        def hear(answer: Answered[Offer] | Faulted | HttpFailed) -> None:
            if isinstance(answer, Answered):
                self._emit(take(own, answer.result, self._offers, answer.received_ns))
                self.learned(own, answer.received_ns)
                self._wrote(answer.received_ns)
            else:
                now_ns = answer.failed_ns if isinstance(answer, HttpFailed) else answer.received_ns
                self._ask(own.ref, now_ns)

        self._delete(own, hear, now_ns)

    def _delete(
        self, own: OwnOffer, hear: Callable[[Answered[Offer] | Faulted | HttpFailed], None], now_ns: int
    ) -> None:
        """Cancel one offer; it may be said twice without harm, and goes also while placements rest."""

        def check(answer: Answered[Offer] | Faulted | HttpFailed) -> None:
            if isinstance(answer, Answered) and str(answer.result.id) != own.offer_id:
                answer = HttpFailed(Failure.MAYBE_SENT, "the answer is about another offer", answer.received_ns)
            hear(answer)

        question = Question(
            method="DELETE",
            path=offer_path(own.offer_id),
            group=Group.WRITES,
            read=offer_answer,
            answer_ms=self._settings.answer_ms,
        )
        self._api.ask(question, check, now_ns, always=True)
