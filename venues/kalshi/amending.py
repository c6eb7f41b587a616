"""Changing orders that rest, in one request: another price or size by an amend, only a smaller size by a decrease.

An order keeps its id either way. An amend's count is what was filled already and what shall rest, so whatever is filled
while it is on its way comes off what rests; a decrease says by how much, and what it takes away counts as cancelled.
Source: Kalshi OpenAPI 3.31.0, AmendOrderV2 and DecreaseOrderV2.
"""

from collections.abc import Callable

from domain.amending import AmendAccepted, AmendOrder, AmendRefused, AmendUnanswered
from domain.ids import InstrumentId, OrderRef
from domain.messages import CancelAccepted
from domain.orders import Evidence
from venues.base import Emit
from venues.errors import Failure, PeerBroke
from venues.http import HttpFailed
from venues.kalshi.amounts import micros
from venues.kalshi.api import Answered, Api, Faulted
from venues.kalshi.budgets import Budgets
from venues.kalshi.markets import Target
from venues.kalshi.orders import Kept, Orders
from venues.kalshi.outcomes import Verdict, place_verdict
from venues.kalshi.renewing import Renewing
from venues.kalshi.rest_codec import Amended, Decreased
from venues.kalshi.rest_targets import amend_target, decrease_target, encode_amend, encode_decrease
from venues.kalshi.rules import LOT_MICROS

AmendAnswer = AmendAccepted | AmendRefused | AmendUnanswered | CancelAccepted


class Amending:
    """`target` and `ask` as in `Ordering`; `renewing` keeps what it changes alive."""

    def __init__(
        self,
        api: Api,
        budgets: Budgets,
        orders: Orders,
        emit: Emit,
        *,
        subaccount: int,
        renewing: Renewing,
        target: Callable[[InstrumentId], Target | None],
        ask: Callable[[OrderRef, int], None],
    ) -> None:
        self._api = api
        self._budgets = budgets
        self._orders = orders
        self._emit = emit
        self._subaccount = subaccount
        self._renewing = renewing
        self._target = target
        self._ask = ask

    def amend(self, amend: AmendOrder, now_ns: int) -> None:
        """Send a change, or say at once why not; then the old terms hold."""
        kept, target = self._orders.kept(amend.ref), self._target(amend.instrument)
        refusal = refusal_of(amend, kept, target)
        if refusal is None and self._renewing.is_on_its_way(kept):
            refusal = "its expiry is being renewed"
        if refusal is None and not self._budgets.write.take(self._budgets.create_cost, now_ns):
            refusal = "the write budget is used up"
        if refusal is not None or target is None:
            self._emit(refused_here(amend, refusal or "it is not listed"))
        elif amend.cancels:
            self._decrease(amend, kept, target, now_ns)
        else:
            self._amend(amend, kept, target, now_ns)

    # --- leaves ---

    def _amend(self, amend: AmendOrder, kept: Kept, target: Target, now_ns: int) -> None:
        kept.amends(amend)
        order_id, ends_s = kept.order_id, self._renewing.ends_s()

        def hear(answer: Answered[Amended] | Faulted | HttpFailed) -> None:
            fact = amend_fact(amend, order_id, answer.result) if isinstance(answer, Answered) else failed(amend, answer)
            if isinstance(fact, AmendAccepted):
                kept.terms = amend.side, amend.price, amend.matched_micros + amend.new_remaining_micros
                kept.expires_ms = ends_s * 1_000
            self._emit(fact)
            if isinstance(answer, Answered) and _has_more(amend, answer.result):
                self._ask(amend.ref, answer.received_ns)

        body = encode_amend(amend, target.place, expires_s=ends_s)
        self._api.amend(amend_target(order_id, subaccount=self._subaccount), body, hear, now_ns)

    def _decrease(self, amend: AmendOrder, kept: Kept, target: Target, now_ns: int) -> None:
        kept.is_ending, kept.terms = True, None
        order_id = kept.order_id

        def hear(answer: Answered[Decreased] | Faulted | HttpFailed) -> None:
            if isinstance(answer, Answered):
                self._emit(decrease_fact(amend, order_id, answer.result))
            else:
                self._emit(failed(amend, answer))

        body = encode_decrease(amend.old_size_micros - amend.size_micros, target.place)
        self._api.decrease(decrease_target(order_id, subaccount=self._subaccount), body, hear, now_ns)


def refusal_of(amend: AmendOrder, kept: Kept, target: Target | None) -> str | None:
    """Why a change must not be sent, None if it may."""
    if target is None:
        return f"{amend.instrument} is not listed"
    if not kept.order_id or kept.is_closed:
        return "the order is complete" if kept.is_closed else "its order id is unknown"
    if amend.successor is not None:
        return "an order keeps its name here"
    if amend.size_micros % LOT_MICROS or amend.new_remaining_micros <= 0:
        return f"{amend.new_remaining_micros} left is not a whole number of hundredths above zero"
    if target.ladder.tick(amend.price) is None:
        return f"{amend.price} is not on the market's grid"
    return None


def refused_here(amend: AmendOrder, detail: str) -> AmendRefused:
    """Our own no: nothing was sent, the old terms hold."""
    return AmendRefused(amend.ref, amend.request, detail, Evidence.INFERRED)


def accepted(amend: AmendOrder, evidence: Evidence) -> AmendAccepted:
    """The new terms hold."""
    return AmendAccepted(amend.ref, amend.request, amend.price, amend.size_micros, evidence)


def amend_fact(amend: AmendOrder, order_id: str, amended: Amended) -> AmendAnswer:
    """What the answer to an amend says. One that describes another order proves nothing about ours.

    Source: Kalshi changelog of 2026-05-21: answers could describe a different order than the one acted on.
    """
    if amended.order_id != order_id:
        return AmendUnanswered(amend.ref, amend.request, f"the answer is about {amended.order_id}")
    return accepted(amend, Evidence.PULL)


def decrease_fact(amend: AmendOrder, order_id: str, decreased: Decreased) -> AmendAnswer:
    """What the answer to a decrease says: so much was taken out, or as much as was left."""
    if decreased.order_id != order_id:
        return AmendUnanswered(amend.ref, amend.request, f"the answer is about {decreased.order_id}")
    taken_micros = amend.old_size_micros - amend.size_micros
    return CancelAccepted(amend.ref, amend.request, taken_micros, Evidence.PULL)


def failed(amend: AmendOrder, failure: Faulted | HttpFailed) -> AmendAnswer:
    """What an answer that is no success means for a change, or the lack of one."""
    if isinstance(failure, HttpFailed):
        if failure.failure is Failure.NOT_SENT:
            return refused_here(amend, failure.reason)
        return AmendUnanswered(amend.ref, amend.request, failure.reason)
    said = f"{failure.status} {failure.code} {failure.detail}".strip()
    if place_verdict(failure.status, failure.code) is Verdict.REFUSED:
        return AmendRefused(amend.ref, amend.request, said)
    return AmendUnanswered(amend.ref, amend.request, said)


def _has_more(amend: AmendOrder, amended: Amended) -> bool:
    """Whether the answer counts matches that were not known, or misses some of what should rest."""
    try:
        filled, left = micros(amended.fill_count or "0"), micros(amended.remaining_count or "0")
    except PeerBroke:
        return True
    return filled != amend.matched_micros or (
        left != amend.new_remaining_micros and amended.remaining_count is not None
    )
