"""Answers to placements and cancels as facts: every instruction's report is read, whatever the request's says."""

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
from domain.orders import Evidence, TimeInForce
from venues.betfair.amounts import claims_micros, money_micros
from venues.betfair.api import Faulted
from venues.betfair.betting_codec import CancelExecutionReport, PlaceExecutionReport, PlaceReport
from venues.betfair.outcomes import Verdict, fault_verdict, place_verdict, reason
from venues.errors import Failure
from venues.http import HttpFailed

PENDING = "PENDING"
"""The venue has the request, and the bet has no id yet: it may still be refused. Source: "placeOrders", async."""
ENDED = frozenset({"EXECUTION_COMPLETE", "EXPIRED"})


def refused_here(ref: OrderRef, why: RejectReason, detail: str) -> OrderRejected:
    """Our own no: the order was never sent."""
    return OrderRejected(ref, why, detail, Evidence.INFERRED)


def place_facts(order: PlaceOrder, report: PlaceExecutionReport) -> list[Fact]:
    """What the answer to a placement of one bet says."""
    ref = order.ref
    found = [one for one in report.instruction_reports or () if one.instruction.customer_order_ref in ("", ref)]
    if not found and report.status == "SUCCESS":
        return [OrderUnanswered(ref, "the answer does not report on the bet")]
    one = found[0] if found else PlaceReport(status=report.status)
    codes = [code for code in (one.error_code, report.error_code) if code]
    verdict = place_verdict(one.status, *codes)
    if verdict is Verdict.ACCEPTED and one.order_status == PENDING:
        return [OrderUnanswered(ref, "PENDING: taken unjudged, and nothing was told of it since")]
    if verdict is Verdict.ACCEPTED:
        accepted = OrderAccepted(ref, VenueOrderId(one.bet_id) if one.bet_id else None, Evidence.PULL)
        return [*_first_report(order, one), accepted]  # what matched on arrival was never seen to rest
    if verdict is Verdict.LANDED:
        return [OrderAccepted(ref, None, Evidence.INFERRED)]
    if verdict is Verdict.UNKNOWN:
        return [OrderUnanswered(ref, " ".join([one.status, *codes]))]
    if one.bet_id and one.order_status in ENDED:  # it became a bet and lapsed at once: the market had changed
        return list(_first_report(order, one))
    return [OrderRejected(ref, _place_reason(order, codes), " ".join(codes) or one.status, Evidence.PULL)]


def is_pending(facts: list[Fact]) -> bool:
    """Whether an answer only says that the bet will be judged."""
    return any(isinstance(fact, OrderUnanswered) and fact.detail.startswith(PENDING) for fact in facts)


def _place_reason(order: PlaceOrder, codes: list[str]) -> RejectReason:
    if "BET_TAKEN_OR_LAPSED" in codes:  # the only cause on a placement is the version that it named
        return RejectReason.MARKET_VERSION if order.market_version else RejectReason.OTHER
    return reason(*codes)


def _first_report(order: PlaceOrder, one: PlaceReport) -> tuple[OrderReported, ...]:
    """Quantities that the answer proves. It says what was matched and, of a bet that ended, that nothing remains:
    the rest of an immediate bet was killed, of a resting one it lapsed.
    """
    matched_micros = money_micros(one.size_matched or 0.0)
    if order.tif is TimeInForce.STARTING_PRICE and not matched_micros and one.status == "SUCCESS":
        return ()  # that nothing of it can be matched now is no end: it waits
    closed = one.order_status in ENDED
    if not matched_micros and not closed:
        return ()
    rest = order.size_micros - matched_micros if closed else 0
    killed = order.tif is TimeInForce.IMMEDIATE
    return (
        OrderReported(
            ref=order.ref,
            venue_order_id=VenueOrderId(one.bet_id) if one.bet_id else None,
            matched_micros=matched_micros,
            claims_micros=claims_micros(one.average_price_matched or order.price / 100, matched_micros),
            cost_micros=matched_micros,
            cancelled_micros=rest if killed else 0,
            lapsed_micros=0 if killed else rest,
            voided_micros=0,
            closed=closed,
            evidence=Evidence.PULL,
        ),
    )


def place_failed(order: PlaceOrder, failure: Faulted | HttpFailed) -> Fact:
    """What the lack of a report means: never sent, turned down as a whole, or unknown."""
    if isinstance(failure, HttpFailed):
        if failure.failure is Failure.NOT_SENT:
            return refused_here(order.ref, RejectReason.NOT_SENT, failure.reason)
        return OrderUnanswered(order.ref, failure.reason)
    if fault_verdict(failure.word) is Verdict.REFUSED:
        return OrderRejected(order.ref, reason(failure.word), failure.word, Evidence.PULL)
    return OrderUnanswered(order.ref, failure.word)


def cancel_fact(cancel: CancelOrder, bet_id: str, report: CancelExecutionReport, *, alone: bool = True) -> Fact:
    """What the answer to a cancel says of one of its bets; a report that names none is of a bet that went `alone`."""
    ids = ("", bet_id) if alone else (bet_id,)
    found = [one for one in report.instruction_reports or () if one.instruction.bet_id in ids]
    status = found[0].status if found else report.status
    codes = [code for code in (found[0].error_code if found else "", report.error_code) if code]
    if found and status == "SUCCESS":
        size_micros = money_micros(found[0].size_cancelled)
        return CancelAccepted(cancel.ref, cancel.request, size_micros, Evidence.PULL)
    if place_verdict(status, *codes) is Verdict.REFUSED:
        return CancelRefused(cancel.ref, cancel.request, reason(*codes), " ".join(codes) or status)
    return CancelUnanswered(cancel.ref, cancel.request, " ".join([status, *codes]))


def cancel_failed(cancel: CancelOrder, failure: Faulted | HttpFailed) -> Fact:
    """What the lack of a report on a cancel means."""
    if isinstance(failure, HttpFailed):
        if failure.failure is Failure.NOT_SENT:
            return CancelRefused(cancel.ref, cancel.request, RejectReason.NOT_SENT, failure.reason, Evidence.INFERRED)
        return CancelUnanswered(cancel.ref, cancel.request, failure.reason)
    if fault_verdict(failure.word) is Verdict.REFUSED:
        return CancelRefused(cancel.ref, cancel.request, reason(failure.word), failure.word)
    return CancelUnanswered(cancel.ref, cancel.request, failure.word)
