"""Execution reports as facts about our orders."""

from collections.abc import Iterable

from domain.ids import OrderRef, VenueOrderId
from domain.messages import (
    CancelAccepted,
    CancelOrder,
    Fact,
    OrderAccepted,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
)
from domain.orders import Evidence
from venues.kalshi.fix.reports import ACCEPTED, CANCELLED, EXPIRED, PENDING, REJECTED, REPLACED, TRADE, Report
from venues.kalshi.fix.tallies import Tallies
from venues.kalshi.fix.verdicts import rejected_verdict
from venues.kalshi.outcomes import Verdict


def facts_of(
    report: Report,
    ref: OrderRef,
    tallies: Tallies,
    *,
    evidence: Evidence,
    by_us: bool,
    cancels: Iterable[CancelOrder] = (),
) -> list[Fact]:
    """What one report says; a pending one says nothing.

    What is gone of an order that we did not end (`by_us`) lapsed by the venue's rules. `cancels` are those of ours that
    wait for an answer: a report of the order's end answers all of them.
    """
    if report.kind in PENDING:
        return []
    if report.kind == REJECTED:
        return [rejected(report, ref, evidence)]
    accepted = OrderAccepted(ref, VenueOrderId(report.order_id), evidence)
    if report.kind == ACCEPTED and not report.matched_micros and not report.is_over:
        return [accepted]
    if report.kind not in (ACCEPTED, TRADE, CANCELLED, REPLACED, EXPIRED):
        return [accepted]
    figures = reported(report, ref, tallies, evidence=evidence, by_us=by_us and report.kind != EXPIRED)
    if report.kind not in (CANCELLED, EXPIRED):
        return [figures]
    gone = figures.cancelled_micros
    return [figures, *(CancelAccepted(ref, one.request, gone, evidence) for one in cancels)]


def reported(report: Report, ref: OrderRef, tallies: Tallies, *, evidence: Evidence, by_us: bool) -> OrderReported:
    """The order's figures. No time is given, for the same reason as on the stream."""
    cost, fees = tallies.take(report)
    gone = report.size_micros - report.matched_micros - report.open_micros
    if report.is_over:
        gone = report.size_micros - report.matched_micros
    return OrderReported(
        ref=ref,
        venue_order_id=VenueOrderId(report.order_id),
        matched_micros=report.matched_micros,
        claims_micros=report.matched_micros,
        cost_micros=cost,
        cancelled_micros=gone if by_us else 0,
        lapsed_micros=0 if by_us else gone,
        voided_micros=0,
        closed=report.is_over,
        evidence=evidence,
        fee_micros=fees,
    )


def rejected(report: Report, ref: OrderRef, evidence: Evidence) -> Fact:
    """A refusal, or what only looks like one."""
    verdict, why = rejected_verdict(report)
    said = f"{report.reason} {report.text}".strip()
    if verdict is Verdict.UNKNOWN:
        return OrderUnanswered(ref, said)
    if verdict is Verdict.LANDED:
        return OrderAccepted(ref, None, Evidence.INFERRED)
    return OrderRejected(ref, why, said, evidence)
