"""Answers to replacements and reductions as facts: every half is told by its own report."""

from msgspec.structs import replace

from domain.amending import AmendAccepted, AmendOrder, AmendRefused, AmendUnanswered
from domain.ids import OrderRef, StrategyName
from domain.messages import (
    CancelAccepted,
    CancelOrder,
    CancelRefused,
    CancelUnanswered,
    Fact,
    OrderRejected,
    OrderUnanswered,
    PlaceOrder,
    RejectReason,
)
from domain.orders import Evidence, TimeInForce
from venues.betfair.amounts import money_micros
from venues.betfair.api import Faulted
from venues.betfair.bet_facts import cancel_fact, cancel_failed, place_facts
from venues.betfair.betting_codec import (
    CancelExecutionReport,
    Instruction,
    PlaceExecutionReport,
    ReplaceExecutionReport,
    ReplaceReport,
)
from venues.betfair.outcomes import Verdict, fault_verdict, place_verdict, reason
from venues.errors import Failure
from venues.http import HttpFailed

AmendAnswer = CancelAccepted | AmendRefused | AmendUnanswered


def reduced_facts(amend: AmendOrder, bet_id: str, report: CancelExecutionReport) -> AmendAnswer:
    """What the answer to a reduction says: a part was cancelled, or nothing was, or nobody knows."""
    return _as_amend(cancel_fact(CancelOrder(amend.ref, amend.request), bet_id, report))


def reduction_failed(amend: AmendOrder, failure: Faulted | HttpFailed) -> AmendAnswer:
    """What the lack of a report on a reduction means."""
    return _as_amend(cancel_failed(CancelOrder(amend.ref, amend.request), failure))


def _as_amend(fact: Fact) -> AmendAnswer:
    """The answer to a partial cancel as the answer to the change that it is."""
    if isinstance(fact, CancelRefused):
        return AmendRefused(fact.ref, fact.request, fact.detail, fact.evidence)
    if isinstance(fact, CancelUnanswered):
        return AmendUnanswered(fact.ref, fact.request, fact.detail)
    assert isinstance(fact, CancelAccepted), f"no answer to a cancel: {fact}"
    return fact


def replaced_facts(amend: AmendOrder, successor: OrderRef, bet_id: str, report: ReplaceExecutionReport) -> list[Fact]:
    """What the answer to a replacement says of the bet and of the one that takes its rest over.

    An answer without a report on the bet may still say that the request was turned down before anything was done.
    """
    found = [one for one in report.instruction_reports or () if _is_about(one, bet_id)]
    one = found[0] if found else ReplaceReport(status=report.status)
    codes = [code for code in (one.error_code, report.error_code) if code]
    said = " ".join([one.status, *codes])
    cancelled = one.cancel_instruction_report
    if cancelled is None:
        if place_verdict(one.status, *codes) is Verdict.REFUSED:
            return _refused(amend, successor, reason(*codes), said)
        return _unanswered(amend, successor, said)
    first = cancel_fact(
        CancelOrder(amend.ref, amend.request),
        bet_id,
        CancelExecutionReport(report.status, instruction_reports=[cancelled]),
    )
    if isinstance(first, CancelUnanswered):
        return _unanswered(amend, successor, said)
    if isinstance(first, CancelRefused):
        return [first, OrderRejected(successor, first.reason, said, Evidence.PULL)]
    return [first, *_placed_again(amend, successor, one, report, money_micros(cancelled.size_cancelled))]


def _is_about(one: ReplaceReport, bet_id: str) -> bool:
    cancelled = one.cancel_instruction_report
    return cancelled is None or cancelled.instruction.bet_id in ("", bet_id)


def _placed_again(
    amend: AmendOrder, successor: OrderRef, one: ReplaceReport, report: ReplaceExecutionReport, size_micros: int
) -> list[Fact]:
    """The second half: the size that the first one took out, at the new odds."""
    placed = one.place_instruction_report
    if placed is None:
        said = " ".join(code for code in (one.status, one.error_code, report.error_code) if code)
        if one.error_code == "CANCELLED_NOT_PLACED":
            return [OrderRejected(successor, reason(report.error_code), said, Evidence.PULL)]
        return [OrderUnanswered(successor, said)]
    placed = replace(placed, instruction=Instruction())  # its echo may name the ref of the first bet
    order = PlaceOrder(
        ref=successor,
        instrument=amend.instrument,
        strategy=StrategyName(""),
        side=amend.side,
        price=amend.price,
        size_micros=size_micros,
        tif=TimeInForce.REST,
        decision=amend.decision,
        market_version=amend.market_version,
    )
    facts = place_facts(order, PlaceExecutionReport(report.status, instruction_reports=[placed]))
    if size_micros < amend.new_remaining_micros and not isinstance(facts[0], OrderRejected | OrderUnanswered):
        facts.append(AmendAccepted(successor, amend.request, amend.price, size_micros, Evidence.PULL))
    return facts


def replacement_failed(amend: AmendOrder, successor: OrderRef, failure: Faulted | HttpFailed) -> list[Fact]:
    """What the lack of a report on a replacement means: never sent, turned down as a whole, or unknown."""
    if isinstance(failure, HttpFailed):
        if failure.failure is Failure.NOT_SENT:
            return refused_here(amend, failure.reason)
        return _unanswered(amend, successor, failure.reason)
    if fault_verdict(failure.word) is Verdict.REFUSED:
        return _refused(amend, successor, reason(failure.word), failure.word)
    return _unanswered(amend, successor, failure.word)


def refused_here(amend: AmendOrder, detail: str) -> list[Fact]:
    """Our own no: nothing was sent, the old terms hold."""
    refused = AmendRefused(amend.ref, amend.request, detail, Evidence.INFERRED)
    if amend.successor is None:
        return [refused]
    return [OrderRejected(amend.successor, RejectReason.NOT_SENT, detail, Evidence.INFERRED), refused]


def _refused(amend: AmendOrder, successor: OrderRef, why: RejectReason, said: str) -> list[Fact]:
    """Neither half was done."""
    return [OrderRejected(successor, why, said, Evidence.PULL), AmendRefused(amend.ref, amend.request, said)]


def _unanswered(amend: AmendOrder, successor: OrderRef, said: str) -> list[Fact]:
    """Both halves may have been done, or the first, or none."""
    return [AmendUnanswered(amend.ref, amend.request, said), OrderUnanswered(successor, said)]
