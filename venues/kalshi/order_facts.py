"""Answers to placements and cancels as facts."""

from domain.claims import claims_and_cost_micros
from domain.ids import OrderRef, VenueOrderId
from domain.messages import (
    CancelAccepted,
    CancelOrder,
    CancelRefused,
    CancelUnanswered,
    Fact,
    OrderAccepted,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
    PlaceOrder,
    RejectReason,
)
from domain.money import MICROS
from domain.odds import PriceKind
from domain.orders import Evidence, TimeInForce
from venues.errors import Failure, PeerBroke
from venues.http import HttpFailed
from venues.kalshi.amounts import micros
from venues.kalshi.api import Answered, Faulted
from venues.kalshi.outcomes import Verdict, cancel_is_refused, place_verdict, reason
from venues.kalshi.rest_codec import Cancelled, Created


def refused_here(ref: OrderRef, why: RejectReason, detail: str) -> OrderRejected:
    """Our own no: the order was never sent."""
    return OrderRejected(ref, why, detail, Evidence.INFERRED)


def create_facts(order: PlaceOrder, created: Created) -> list[Fact]:
    """What the acceptance of an order says. Amounts that we cannot read take nothing from the acceptance."""
    venue_order_id = VenueOrderId(created.order_id)
    accepted = OrderAccepted(order.ref, venue_order_id, Evidence.PULL)
    try:
        matched, remaining = micros(created.fill_count), micros(created.remaining_count)
        average = micros(created.average_fill_price or "0")
    except PeerBroke:
        return [accepted]
    rest = order.size_micros - matched - remaining
    if matched < 0 or remaining < 0 or rest < 0 or (matched == 0 and remaining > 0):
        return [accepted]
    return [accepted, _first_report(order, venue_order_id, matched, rest, average, closed=remaining == 0)]


def _first_report(
    order: PlaceOrder, venue_order_id: VenueOrderId, matched: int, rest: int, average: int, *, closed: bool
) -> OrderReported:
    """Quantities that the acceptance proves: what is neither matched nor resting was cancelled at once.

    The average price is rounded, and so is the average fee; the cost serves until the matches themselves are told, the
    fee is left to them. Without an average the order's limit is taken: the venue never matches at a worse price.
    """
    _, cost = claims_and_cost_micros(PriceKind.CONTRACT, order.price, matched)
    if 0 < average < MICROS:
        cost = (2 * average * matched + MICROS) // (2 * MICROS)
    by_us = order.tif is TimeInForce.IMMEDIATE
    return OrderReported(
        ref=order.ref,
        venue_order_id=venue_order_id,
        matched_micros=matched,
        claims_micros=matched,
        cost_micros=cost,
        cancelled_micros=rest if by_us else 0,
        lapsed_micros=0 if by_us else rest,
        voided_micros=0,
        closed=closed,
        evidence=Evidence.PULL,
    )


def create_failed(order: PlaceOrder, failure: Faulted | HttpFailed) -> Fact:
    """What an answer that is no acceptance means, or the lack of one."""
    if isinstance(failure, HttpFailed):
        if failure.failure is Failure.NOT_SENT:
            return refused_here(order.ref, RejectReason.NOT_SENT, failure.reason)
        return OrderUnanswered(order.ref, failure.reason)
    said = f"{failure.status} {failure.code} {failure.detail}".strip()
    verdict = place_verdict(failure.status, failure.code)
    if verdict is Verdict.UNKNOWN:
        return OrderUnanswered(order.ref, said)
    if verdict is Verdict.LANDED:
        return OrderAccepted(order.ref, None, Evidence.INFERRED)
    why = reason(failure.status, failure.code, failure.detail)
    return OrderRejected(order.ref, RejectReason.OTHER if why is RejectReason.NOT_RESTING else why, said, Evidence.PULL)


def cancel_refused_here(cancel: CancelOrder, why: RejectReason, detail: str) -> CancelRefused:
    """Our own no: the cancel was never sent."""
    return CancelRefused(cancel.ref, cancel.request, why, detail, Evidence.INFERRED)


def cancel_answer(cancel: CancelOrder, order_id: str, answer: Answered[Cancelled] | Faulted | HttpFailed) -> Fact:
    """What became of a cancel."""
    if isinstance(answer, Answered):
        return cancel_fact(cancel, order_id, answer.result)
    return cancel_failed(cancel, answer)


def cancel_fact(cancel: CancelOrder, order_id: str, cancelled: Cancelled) -> Fact:
    """What the answer to a cancel says. One that describes another order proves nothing about ours.

    Source: Kalshi changelog of 2026-05-21: answers could describe a different order than the one acted on.
    """
    if cancelled.order_id != order_id:
        return CancelUnanswered(cancel.ref, cancel.request, f"the answer is about {cancelled.order_id}")
    try:
        size_micros = micros(cancelled.reduced_by)
    except PeerBroke as error:
        return CancelUnanswered(cancel.ref, cancel.request, str(error))
    if size_micros < 0:
        return CancelUnanswered(cancel.ref, cancel.request, f"reduced by {cancelled.reduced_by}")
    return CancelAccepted(cancel.ref, cancel.request, size_micros, Evidence.PULL)


def cancel_failed(cancel: CancelOrder, failure: Faulted | HttpFailed) -> Fact:
    """What an answer that is no success means for a cancel, or the lack of one."""
    if isinstance(failure, HttpFailed):
        if failure.failure is Failure.NOT_SENT:
            return CancelRefused(cancel.ref, cancel.request, RejectReason.NOT_SENT, failure.reason, Evidence.INFERRED)
        return CancelUnanswered(cancel.ref, cancel.request, failure.reason)
    said = f"{failure.status} {failure.code} {failure.detail}".strip()
    if cancel_is_refused(failure.status, failure.code):
        why = reason(failure.status, failure.code, failure.detail)
        return CancelRefused(cancel.ref, cancel.request, why, said)
    return CancelUnanswered(cancel.ref, cancel.request, said)
