"""Answers to placements and cancels: status and code of every level, as a table of facts."""

from typing import Any

import msgspec
import pytest

from domain.messages import (
    CancelAccepted,
    CancelOrder,
    CancelRefused,
    CancelUnanswered,
    OrderAccepted,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
    RejectReason,
)
from domain.orders import Evidence, TimeInForce
from tests.venues.betfair.desk import B1, R1, place, place_report, report
from venues.betfair.api import Faulted
from venues.betfair.bet_facts import cancel_fact, cancel_failed, place_facts, place_failed
from venues.betfair.betting_codec import CancelExecutionReport, PlaceExecutionReport
from venues.betfair.outcomes import (
    FAULTS_REFUSED,
    LANDED_CODES,
    REFUSED_CODES,
    UNKNOWN_CODES,
    fault_verdict,
    place_verdict,
)
from venues.errors import Failure
from venues.http import HttpFailed

CANCEL = CancelOrder(R1, "c1")


def placed(body: dict[str, Any], **order: Any) -> list[Any]:
    return place_facts(place(**order), msgspec.convert(body, PlaceExecutionReport, strict=False))


def cancelled(body: dict[str, Any]) -> Any:
    return cancel_fact(CANCEL, "b1", msgspec.convert(body, CancelExecutionReport, strict=False))


def cancel_report(status: str = "SUCCESS", **changes: Any) -> dict[str, Any]:
    return {"status": status, "instruction": {"betId": "b1"}} | changes


# --- placements ---


def test_a_resting_bet_is_accepted_and_nothing_more() -> None:
    assert placed(report(place_report())) == [OrderAccepted(R1, B1, Evidence.PULL)]


def test_a_bet_matched_at_once_reports_what_was_matched_and_not_what_remains() -> None:
    first, _ = placed(report(place_report(sizeMatched=4.0, averagePriceMatched=2.6)))
    assert isinstance(first, OrderReported)
    assert (first.matched_micros, first.claims_micros, first.closed) == (4_000_000, 10_400_000, False)
    assert (first.cancelled_micros, first.lapsed_micros) == (0, 0)


@pytest.mark.parametrize("status", ["EXECUTION_COMPLETE", "EXPIRED"])
def test_the_rest_of_an_immediate_bet_was_killed(status: str) -> None:
    said = report(place_report(sizeMatched=4.0, averagePriceMatched=2.5, orderStatus=status))
    first, _ = placed(said, tif=TimeInForce.IMMEDIATE)
    assert (first.matched_micros, first.cancelled_micros, first.closed) == (4_000_000, 6_000_000, True)


def test_a_killed_bet_without_a_match_is_accepted_and_over() -> None:
    said = report(place_report(orderStatus="EXPIRED"))
    first, accepted = placed(said, tif=TimeInForce.IMMEDIATE)
    assert isinstance(accepted, OrderAccepted)
    assert (first.matched_micros, first.cancelled_micros, first.closed) == (0, 10_000_000, True)


def test_a_match_told_without_its_average_counts_at_the_limit() -> None:
    first, _ = placed(report(place_report(sizeMatched=4.0, averagePriceMatched=None)))
    assert first.claims_micros == 10_000_000


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (report(status="FAILURE", errorCode="MARKET_SUSPENDED"), RejectReason.MARKET_SUSPENDED),
        (report(status="FAILURE", errorCode="INSUFFICIENT_FUNDS"), RejectReason.INSUFFICIENT_FUNDS),
        (report(place_report("FAILURE", errorCode="INVALID_ODDS"), status="FAILURE"), RejectReason.INVALID_PRICE),
        (report(place_report("FAILURE", errorCode="INVALID_BET_SIZE"), status="SUCCESS"), RejectReason.INVALID_SIZE),
        (report(place_report("FAILURE", errorCode="RUNNER_REMOVED")), RejectReason.SELECTION_REMOVED),
        (report(place_report("FAILURE", errorCode="ERROR_IN_ORDER")), RejectReason.OTHER),
        (report(place_report("FAILURE"), status="FAILURE", errorCode="PERMISSION_DENIED"), RejectReason.NOT_AUTHORISED),
        (
            report(
                place_report("FAILURE", errorCode="ERROR_IN_ORDER"), status="FAILURE", errorCode="INSUFFICIENT_FUNDS"
            ),
            RejectReason.INSUFFICIENT_FUNDS,
        ),
    ],
)
def test_a_bet_that_was_turned_down_is_rejected_with_our_reason(body: dict[str, Any], reason: RejectReason) -> None:
    (rejected,) = placed(body)
    assert isinstance(rejected, OrderRejected)
    assert (rejected.reason, rejected.evidence) == (reason, Evidence.PULL)
    assert rejected.detail


@pytest.mark.parametrize(
    "body",
    [
        report(status="TIMEOUT"),
        report(place_report("TIMEOUT")),
        report(place_report("FAILURE", errorCode="BET_IN_PROGRESS")),
        report(status="FAILURE", errorCode="ERROR_IN_MATCHER"),
        report(status="FAILURE", errorCode="SERVICE_UNAVAILABLE"),
        report(place_report("FAILURE", errorCode="ERROR_IN_ORDER"), status="FAILURE", errorCode="ERROR_IN_MATCHER"),
        report(place_report("FAILURE", errorCode="NEVER_HEARD_OF_IT")),
        report(place_report("FAILURE", errorCode="NEVER_HEARD_OF_IT"), status="FAILURE", errorCode="BET_ACTION_ERROR"),
        report(place_report("FAILURE")),
        report(status="PROCESSED_WITH_ERRORS", errorCode="PROCESSED_WITH_ERRORS"),
        report(status="SUCCESS"),
        report(place_report(ref="another")),
        report(status="NEW_STATUS"),
    ],
)
def test_an_answer_that_proves_nothing_leaves_the_bet_unknown(body: dict[str, Any]) -> None:
    (fact,) = placed(body)
    assert isinstance(fact, OrderUnanswered)


def test_of_a_batch_only_the_report_on_our_bet_counts() -> None:
    other = place_report("FAILURE", errorCode="ERROR_IN_ORDER", ref="r2")
    assert placed(report(other, place_report(), status="PROCESSED_WITH_ERRORS", errorCode="PROCESSED_WITH_ERRORS")) == [
        OrderAccepted(R1, B1, Evidence.PULL)
    ]


def test_a_duplicate_means_that_the_bet_has_landed() -> None:
    assert placed(report(status="FAILURE", errorCode="DUPLICATE_TRANSACTION")) == [
        OrderAccepted(R1, None, Evidence.INFERRED)
    ]


def test_a_bet_for_an_older_market_lapses_with_its_id() -> None:
    lapsed = place_report("FAILURE", errorCode="BET_TAKEN_OR_LAPSED", betId="b9", orderStatus="EXECUTION_COMPLETE")
    (fact,) = placed(report(lapsed, status="FAILURE", errorCode="BET_ACTION_ERROR"), market_version=6)
    assert isinstance(fact, OrderReported)
    assert (fact.venue_order_id, fact.lapsed_micros, fact.closed) == ("b9", 10_000_000, True)


@pytest.mark.parametrize(("version", "reason"), [(6, RejectReason.MARKET_VERSION), (0, RejectReason.OTHER)])
def test_a_bet_for_an_older_market_without_an_id_is_rejected(version: int, reason: RejectReason) -> None:
    body = report(place_report("FAILURE", errorCode="BET_TAKEN_OR_LAPSED"), status="FAILURE")
    (fact,) = placed(body, market_version=version)
    assert (type(fact), fact.reason) == (OrderRejected, reason)


def test_failures_of_a_placement_say_who_may_have_it() -> None:
    order = place()
    not_sent: Any = place_failed(order, HttpFailed(Failure.NOT_SENT, "no line", 1))
    assert (type(not_sent), not_sent.reason, not_sent.evidence) == (
        OrderRejected,
        RejectReason.NOT_SENT,
        Evidence.INFERRED,
    )
    assert place_failed(order, HttpFailed(Failure.MAYBE_SENT, "reset", 1)) == OrderUnanswered(R1, "reset")
    refused: Any = place_failed(order, Faulted("INVALID_SESSION_INFORMATION", 1))
    assert (type(refused), refused.reason) == (OrderRejected, RejectReason.NOT_AUTHORISED)
    for word in ("TIMEOUT_ERROR", "UNEXPECTED_ERROR", "SERVICE_BUSY", "DSC-0019", "DSC-9999", "-32603"):
        assert isinstance(place_failed(order, Faulted(word, 1)), OrderUnanswered)


# --- cancels ---


def test_a_cancel_says_how_much_it_took() -> None:
    assert cancelled(report(cancel_report(sizeCancelled=6.5))) == CancelAccepted(R1, "c1", 6_500_000, Evidence.PULL)


def test_reports_of_a_cancel_are_found_by_bet_id() -> None:
    other = cancel_report("FAILURE", errorCode="ERROR_IN_ORDER", instruction={"betId": "b2"})
    assert isinstance(cancelled(report(other, cancel_report(sizeCancelled=1))), CancelAccepted)
    assert isinstance(cancelled(report(other, cancel_report("FAILURE", errorCode="INVALID_BET_ID"))), CancelRefused)


def test_a_report_that_names_no_bet_is_of_a_bet_that_was_cancelled_alone() -> None:
    said = msgspec.convert(
        report(cancel_report(instruction={}, sizeCancelled=6.5)), CancelExecutionReport, strict=False
    )
    assert isinstance(cancel_fact(CANCEL, "b1", said), CancelAccepted)
    assert isinstance(cancel_fact(CANCEL, "b1", said, alone=False), CancelUnanswered), "it may be of another's"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (report(cancel_report("FAILURE", errorCode="BET_TAKEN_OR_LAPSED")), RejectReason.NOT_RESTING),
        (report(status="FAILURE", errorCode="MARKET_SUSPENDED"), RejectReason.MARKET_SUSPENDED),
        (report(cancel_report("FAILURE", errorCode="ERROR_IN_ORDER")), RejectReason.OTHER),
    ],
)
def test_a_cancel_that_failed_is_a_question(body: dict[str, Any], reason: RejectReason) -> None:
    fact = cancelled(body)
    assert isinstance(fact, CancelRefused)
    assert fact.reason is reason


@pytest.mark.parametrize(
    "body",
    [
        report(status="TIMEOUT"),
        report(status="SUCCESS"),
        report(cancel_report("TIMEOUT")),
        report(cancel_report("FAILURE", errorCode="BET_IN_PROGRESS")),
        report(status="FAILURE", errorCode="ERROR_IN_MATCHER"),
    ],
)
def test_a_cancel_without_a_verdict_is_unanswered(body: dict[str, Any]) -> None:
    assert isinstance(cancelled(body), CancelUnanswered)


def test_failures_of_a_cancel_say_who_may_have_it() -> None:
    not_sent: Any = cancel_failed(CANCEL, HttpFailed(Failure.NOT_SENT, "x", 1))
    assert not_sent.reason is RejectReason.NOT_SENT
    assert isinstance(cancel_failed(CANCEL, HttpFailed(Failure.MAYBE_SENT, "x", 1)), CancelUnanswered)
    assert isinstance(cancel_failed(CANCEL, Faulted("NO_SESSION", 1)), CancelRefused)
    assert isinstance(cancel_failed(CANCEL, Faulted("TIMEOUT_ERROR", 1)), CancelUnanswered)


# --- the tables ---


def test_no_code_stands_on_two_sides() -> None:
    assert not UNKNOWN_CODES & LANDED_CODES
    assert not (UNKNOWN_CODES | LANDED_CODES) & REFUSED_CODES


def test_only_an_explicit_no_frees_an_order() -> None:
    """Of everything that may be said, a refusal needs FAILURE and a code that we have heard of, or a listed fault."""
    words = [*REFUSED_CODES, *UNKNOWN_CODES, *LANDED_CODES, "", "X"]
    refusing = {(s, w) for s in ("SUCCESS", "TIMEOUT", "PROCESSED_WITH_ERRORS", "") for w in words}
    assert all(place_verdict(status, word).value != "refused" for status, word in refusing)
    assert {word for word in words if place_verdict("FAILURE", word).value == "refused"} == REFUSED_CODES
    assert {word for word in FAULTS_REFUSED if fault_verdict(word).value != "refused"} == set()
    assert not FAULTS_REFUSED.keys() & {"TIMEOUT_ERROR", "UNEXPECTED_ERROR", "SERVICE_BUSY", "DSC-0019"}


def test_every_code_of_the_interface_definition_is_provided_for(shared) -> None:
    text = (shared / "venues" / "betfair" / "SportsAPING.xml").read_text(encoding="utf-8")
    for name in ("ExecutionReportErrorCode", "InstructionReportErrorCode"):
        block = text[text.index(f'name="{name}"') :]
        block = block[: block.index("</simpleType>")]
        codes = {part.split('"')[0] for part in block.split('name="')[1:]} - {name}
        assert len(codes) > 15
        assert codes <= REFUSED_CODES | UNKNOWN_CODES | LANDED_CODES
