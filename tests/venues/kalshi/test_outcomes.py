"""What every answer to a placement or a cancel means: by status, by code, in all four shapes, and by recorded body."""

import json

import msgspec
import pytest

from domain.ids import VenueOrderId
from domain.messages import (
    CancelAccepted,
    CancelRefused,
    CancelUnanswered,
    OrderAccepted,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
    RejectReason,
)
from domain.orders import Evidence, Side, TimeInForce
from tests.venues.kalshi.desk import R1, cancel, created, fault, place
from venues.errors import Failure
from venues.http import HttpFailed
from venues.kalshi.api import Faulted
from venues.kalshi.order_facts import cancel_fact, cancel_failed, create_facts, create_failed
from venues.kalshi.outcomes import Verdict, place_verdict
from venues.kalshi.rest_codec import Cancelled, Created, Said, cancelled_answer, created_answer, error_said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (fault("invalid_price", service="exchange"), Said("invalid_price", "invalid price")),
        (fault("invalid_order", details="post only cross"), Said("invalid_order", "post only cross")),
        (
            {"code": "bad_request", "message": "bad request", "details": "json: cannot"},
            Said("bad_request", "json: cannot"),
        ),
        ({"msg": "Parameter validation failed"}, Said("parameter_validation_failed", "Parameter validation failed")),
        ({"error": "too many requests"}, Said("too_many_requests", "too many requests")),
        (fault("MARKET_INACTIVE"), Said("market_inactive", "MARKET INACTIVE")),
        ({}, Said()),
        ({"error": None}, Said()),
        ([], Said()),
    ],
)
def test_all_four_shapes_of_a_refusal_are_read(body, said: Said) -> None:
    assert error_said(json.dumps(body).encode()) == said


@pytest.mark.parametrize("body", [b"<html>503</html>", b"", b"\xff", b"[" * 100_000])
def test_a_body_that_is_not_the_venues_has_no_word(body: bytes) -> None:
    assert error_said(body) == Said()


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (400, "invalid_price", Verdict.REFUSED),
        (400, "a_new_code", Verdict.REFUSED),
        (401, "authentication_error", Verdict.REFUSED),
        (403, "forbidden", Verdict.REFUSED),
        (404, "not_found", Verdict.REFUSED),
        (409, "trading_is_paused", Verdict.REFUSED),
        (409, "order_already_exists", Verdict.LANDED),
        (409, "a_new_code", Verdict.UNKNOWN),
        (409, "market_inactive", Verdict.REFUSED),
        (410, "deprecated_v1_order_endpoint", Verdict.REFUSED),
        (418, "a_new_code", Verdict.UNKNOWN),
        (429, "too_many_requests", Verdict.REFUSED),
        (400, "", Verdict.UNKNOWN),
        (403, "", Verdict.UNKNOWN),
        (408, "request_timeout", Verdict.UNKNOWN),
        (302, "moved", Verdict.UNKNOWN),
        (500, "internal_error", Verdict.UNKNOWN),
        (503, "exchange_unavailable", Verdict.UNKNOWN),
        (503, "order_already_exists", Verdict.UNKNOWN),
        (504, "", Verdict.UNKNOWN),
    ],
)
def test_where_an_order_is_after_an_answer(status: int, code: str, verdict: Verdict) -> None:
    assert place_verdict(status, code) is verdict


@pytest.mark.parametrize(
    ("status", "code", "detail", "reason"),
    [
        (400, "insufficient_balance", "", RejectReason.INSUFFICIENT_FUNDS),
        (400, "invalid_price", "", RejectReason.INVALID_PRICE),
        (400, "invalid_order", "post only cross", RejectReason.POST_ONLY),
        (400, "invalid_order", "something else", RejectReason.OTHER),
        (409, "trading_is_paused", "", RejectReason.MARKET_SUSPENDED),
        (400, "market_inactive", "", RejectReason.MARKET_CLOSED),
        (429, "too_many_requests", "", RejectReason.RATE_LIMIT),
        (401, "whatever", "", RejectReason.NOT_AUTHORISED),
        (404, "not_found", "", RejectReason.OTHER),
    ],
)
def test_a_refusal_has_our_reason_and_the_venues_words(status, code, detail, reason) -> None:
    fact = create_failed(place(), Faulted(status, code, detail, 0))
    assert isinstance(fact, OrderRejected)
    assert (fact.reason, fact.evidence) == (reason, Evidence.PULL)
    assert code in fact.detail


def test_an_id_that_was_used_means_that_the_order_landed() -> None:
    fact = create_failed(place(), Faulted(409, "order_already_exists", "", 0))
    assert fact == OrderAccepted(R1, None, Evidence.INFERRED)


def test_a_failure_says_who_may_have_heard() -> None:
    unsent = create_failed(place(), HttpFailed(Failure.NOT_SENT, "no line", 0))
    assert isinstance(unsent, OrderRejected)
    assert (unsent.reason, unsent.evidence) == (RejectReason.NOT_SENT, Evidence.INFERRED)
    for failure in (
        HttpFailed(Failure.MAYBE_SENT, "cut", 0),
        Faulted(500, "internal_error", "", 0),
        Faulted(400, "", "", 0),
    ):
        assert isinstance(create_failed(place(), failure), OrderUnanswered)


def facts(tif: TimeInForce = TimeInForce.REST, side: Side = Side.BACK, **said: str):
    answer = created_answer.decode(json.dumps(created(**said)).encode())
    assert isinstance(answer, Created)
    first, *rest = create_facts(place(tif=tif, side=side), answer)
    assert first == OrderAccepted(R1, VenueOrderId("v1"), Evidence.PULL)
    return rest


def test_an_order_that_rests_whole_is_only_accepted() -> None:
    assert facts() == []


def test_an_immediate_order_is_over_with_what_it_matched() -> None:
    (said,) = facts(TimeInForce.IMMEDIATE, fill_count="4.00", remaining_count="0.00", average_fill_price="0.4650")
    assert isinstance(said, OrderReported)
    assert (said.matched_micros, said.cost_micros, said.cancelled_micros, said.closed) == (
        4_000_000,
        1_860_000,
        6_000_000,
        True,
    )
    assert said.fee_micros is None, "the average fee is rounded: the matches tell it"


def test_an_order_partly_matched_rests_on() -> None:
    (said,) = facts(fill_count="4.00", remaining_count="6.00", average_fill_price="0.4700")
    assert (said.matched_micros, said.cancelled_micros, said.lapsed_micros, said.closed) == (4_000_000, 0, 0, False)


def test_a_resting_order_stopped_by_our_own_lapsed() -> None:
    (said,) = facts(fill_count="0.00", remaining_count="0.00")
    assert (said.matched_micros, said.lapsed_micros, said.cancelled_micros, said.closed) == (0, 10_000_000, 0, True)


def test_a_match_without_an_average_is_taken_at_the_limit() -> None:
    (said,) = facts(side=Side.LAY, fill_count="10.00", remaining_count="0.00")
    assert said.cost_micros == 4_700_000


@pytest.mark.parametrize("said", [{"fill_count": "x"}, {"fill_count": "11.00"}, {"remaining_count": "-1.00"}])
def test_figures_that_cannot_be_take_nothing_from_the_acceptance(said) -> None:
    assert facts(**said) == []


@pytest.mark.parametrize(
    "body", [b"{}", b'{"error":{"code":"deprecated_v1_order_endpoint"}}', b"<html>", b'{"order":{}}']
)
def test_a_success_without_an_order_id_is_none(body: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        created_answer.decode(body)


def test_a_cancel_tells_what_it_took_out() -> None:
    said = cancelled_answer.decode(b'{"order_id":"v1","reduced_by":"6.00","ts_ms":1}')
    assert cancel_fact(cancel(), "v1", said) == CancelAccepted(R1, "c1", 6_000_000, Evidence.PULL)
    nothing = cancel_fact(cancel(), "v1", Cancelled("v1", "0.00"))
    assert nothing == CancelAccepted(R1, "c1", 0, Evidence.PULL)


@pytest.mark.parametrize("said", [Cancelled("v2", "6.00"), Cancelled("v1", "six"), Cancelled("v1", "-1.00")])
def test_an_answer_about_another_order_answers_nothing(said: Cancelled) -> None:
    assert isinstance(cancel_fact(cancel(), "v1", said), CancelUnanswered)


@pytest.mark.parametrize(
    ("failure", "fact"),
    [
        (
            Faulted(404, "not_found", "not found", 0),
            CancelRefused(R1, "c1", RejectReason.NOT_RESTING, "404 not_found not found"),
        ),
        (
            Faulted(429, "too_many_requests", "", 0),
            CancelRefused(R1, "c1", RejectReason.RATE_LIMIT, "429 too_many_requests"),
        ),
        (Faulted(500, "internal_error", "", 0), CancelUnanswered(R1, "c1", "500 internal_error")),
        (Faulted(404, "", "", 0), CancelUnanswered(R1, "c1", "404")),
        (
            HttpFailed(Failure.NOT_SENT, "no line", 0),
            CancelRefused(R1, "c1", RejectReason.NOT_SENT, "no line", Evidence.INFERRED),
        ),
        (HttpFailed(Failure.MAYBE_SENT, "cut", 0), CancelUnanswered(R1, "c1", "cut")),
    ],
)
def test_a_cancel_that_failed_is_a_question_or_unanswered(failure, fact) -> None:
    assert cancel_failed(cancel(), failure) == fact
