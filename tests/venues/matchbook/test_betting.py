"""Placing and cancelling: what every answer means, within which budget, and what remains of immediate offers."""

from typing import Any

import pytest

from domain.ids import InstrumentId, OrderRef, VenueOrderId
from domain.messages import (
    CancelAccepted,
    CancelRefused,
    CancelUnanswered,
    ChannelChanged,
    OrderAccepted,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
    RejectReason,
)
from domain.orders import Evidence, Side, TimeInForce
from tests.venues.matchbook.desk import (
    AWAY,
    HEARTBEAT,
    HOME,
    OFFERS,
    Desk,
    bet,
    cancel,
    errors,
    listed,
    offer,
    place,
)
from venues.http import HttpClient
from venues.matchbook.settings import PerMinute

ONE = f"{OFFERS}/9001"
Why = RejectReason


def sent(**order: Any) -> Desk:
    """A desk whose one placement waits for its answer."""
    desk = Desk().trading()
    desk.poll_offers()
    desk.venue.send(place(**order), desk.now)
    return desk


def said(body: Any, status: int = 200, **order: Any) -> list[Any]:
    desk = sent(**order)
    desk.answer(OFFERS, body, status, method="POST")
    return [fact for fact in desk.taken() if not isinstance(fact, ChannelChanged)]


def resting(**order: Any) -> Desk:
    desk = sent(**order)
    desk.answer(OFFERS, {"offers": [offer()]}, method="POST")
    desk.poll_offers(offer())
    return desk


def with_bets(*bets: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return offer(**({"matched-bets": list(bets)} | changes))


ACCEPTED = OrderAccepted(OrderRef("t-1"), VenueOrderId("9001"), Evidence.PULL)


def failed(*messages: str, **changes: Any) -> dict[str, Any]:
    row = offer(status="failed", errors=[{"messages": list(messages)}]) | changes
    del row["id"]
    return row


# --- placements ---


def test_a_placement_is_on_the_wire_before_send_returns_and_carries_our_name() -> None:
    asked = sent(side=Side.LAY, price=256, size_micros=10_050_000).asked(OFFERS, "POST")
    (row,) = asked.body["offers"]
    assert row == {
        "runner-id": HOME,
        "side": "lay",
        "odds": 2.56,
        "stake": 10.05,
        "keep-in-play": False,
        "temp-id": "t-1",
    }


@pytest.mark.parametrize("word", ["open", "edited", "delayed"])
def test_an_offer_that_was_taken_is_accepted_also_when_it_is_held_back(word: str) -> None:
    assert said({"offers": [offer(status=word)]}) == [ACCEPTED]


def test_an_offer_matched_at_once_says_so_with_its_odds() -> None:
    row = with_bets(bet(1, 10, 2.62), status="matched", remaining=0)
    accepted, report = said({"offers": [row]})
    assert isinstance(accepted, OrderAccepted)
    assert (report.matched_micros, report.claims_micros, report.closed) == (10_000_000, 26_200_000, True)


def test_ours_is_found_among_others_in_any_order() -> None:
    rows = [offer("x-1", id=1), failed("no") | {"temp-id": "x-2"}, offer()]
    assert said({"offers": rows}, 400)[0] == ACCEPTED


def test_ours_is_known_by_its_looks_where_names_are_not_echoed() -> None:
    rows = [offer("", id=1) | {"runner-id": AWAY}, offer("", id=2, side="lay"), offer("")]
    assert said({"offers": rows})[0] == ACCEPTED
    assert said({"offers": [offer("", stake=9)]})[0] == ACCEPTED


@pytest.mark.parametrize(
    "body",
    [
        {"offers": []},
        {"offers": [offer("x-1"), offer("x-2")]},
        {"offers": [offer(""), offer("", id=2)]},
        {"offers": [{"status": "open", "temp-id": "t-1"}]},
        {"offers": None},
        {"offers": [offer(stake="NaN")]},
        {"offers": [with_bets(bet(1, -4))]},
        {"offers": [with_bets(bet(1, 4, 0.5))]},
        {},
        b"<html>",
    ],
)
def test_an_answer_that_does_not_tell_of_the_offer_leaves_it_unknown(body: Any) -> None:
    assert [type(fact) for fact in said(body)] == [OrderUnanswered]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("-2 is not a valid stake. Stake must be at least EUR0.1.", Why.INVALID_SIZE),
        ("Insufficient funds", Why.INSUFFICIENT_FUNDS),
        ("Market is suspended", Why.MARKET_SUSPENDED),
        ("Market is closed", Why.MARKET_CLOSED),
        ("Invalid odds", Why.INVALID_PRICE),
        ("The runner has been withdrawn", Why.SELECTION_REMOVED),
        ("Something new", Why.OTHER),
    ],
)
def test_an_offer_that_was_turned_down_is_rejected_with_our_reason(message: str, reason: RejectReason) -> None:
    for body in ({"offers": [failed(message)]}, errors(message)):
        (rejected,) = said(body, 400)
        assert (type(rejected), rejected.reason, message in rejected.detail) == (OrderRejected, reason, True)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, errors("no"), OrderRejected),
        (403, errors("no permission"), OrderRejected),
        (404, errors("unknown"), OrderRejected),
        (405, errors("verb"), OrderRejected),
        (429, b"", OrderRejected),
        (429, b"<html>", OrderRejected),
        (302, b"", OrderUnanswered),
        (400, b"<html>", OrderUnanswered),
        (403, b"<html>cloudflare</html>", OrderUnanswered),
        (403, {"something": "else"}, OrderUnanswered),
        (500, errors("Something unexpected happened on the server."), OrderUnanswered),
        (502, b"<html>", OrderUnanswered),
        (409, errors("busy"), OrderUnanswered),
        (503, errors("busy"), OrderUnanswered),
    ],
)
def test_only_what_the_venue_itself_says_below_500_is_a_refusal(status: int, body: Any, kind: type) -> None:
    assert [type(fact) for fact in said(body, status)] == [kind]


def test_a_placement_without_an_answer_is_unknown_and_never_sent_again() -> None:
    desk = sent()
    asked = desk.asked(OFFERS, "POST")
    desk.idle(5_000)
    assert len(desk.told_of(OrderUnanswered)) == 1
    desk.idle(20_000)
    assert not desk.is_asked(OFFERS, "POST")
    desk.reply(asked, {"offers": [offer()]})
    assert desk.told_of(OrderAccepted) == [ACCEPTED]


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"instrument": InstrumentId("matchbook/1/2")}, Why.NOT_SENT),
        ({"price": 251}, Why.INVALID_PRICE),
        ({"size_micros": 10_005_000}, Why.INVALID_SIZE),
        ({"size_micros": 0}, Why.INVALID_SIZE),
    ],
)
def test_what_the_venue_would_bend_or_refuse_is_not_sent(order: dict[str, Any], reason: RejectReason) -> None:
    desk = sent(**order)
    (rejected,) = desk.told_of(OrderRejected)
    assert (rejected.reason, rejected.evidence) == (reason, Evidence.INFERRED)
    assert not desk.is_asked(OFFERS, "POST")


def test_placements_leave_the_reserve_to_cancels() -> None:
    desk = Desk(burst=5, cancel_reserve=2, connections=9, per_minute=PerMinute(writes=60)).trading()
    assert desk.venue.tokens(desk.now) == 3
    for n in range(4):
        desk.venue.send(place(f"t-{n}"), desk.now)
    assert [fact.reason for fact in desk.told_of(OrderRejected)] == [Why.RATE_LIMIT]
    assert desk.venue.tokens(desk.now) == 0
    rows = [one for one in desk.read() if one.method == "POST"]
    desk.reply(rows[0], {"offers": [offer("t-0")]})
    desk.venue.send(cancel("t-0"), desk.now)
    assert desk.is_asked(ONE, "DELETE")


def test_after_a_refusal_for_too_many_writes_placements_rest_and_cancels_and_heartbeats_go_on() -> None:
    desk = Desk(heartbeat_s=30, blocked_s=600).trading()
    desk.answer(HEARTBEAT, b"", 429, method="POST")
    desk.venue.send(place(), desk.now)
    desk.answer(OFFERS, {"offers": [offer()]}, method="POST")
    desk.venue.send(place("t-2"), desk.now)
    desk.answer(OFFERS, b"", 429, method="POST")
    assert desk.told_of(OrderRejected)[0].reason is Why.RATE_LIMIT
    assert desk.venue.tokens(desk.now) == 0
    desk.venue.send(place("t-3"), desk.now)
    assert desk.told_of(OrderRejected)[0].reason is Why.RATE_LIMIT
    desk.venue.send(cancel(), desk.now)
    desk.answer(ONE, offer(status="cancelled"), method="DELETE")
    desk.wait(10_000)
    assert desk.is_asked(HEARTBEAT, "POST")
    desk.idle(600_000)
    assert desk.venue.tokens(desk.now) > 0


def test_a_placement_that_finds_no_connection_was_never_sent() -> None:
    desk = Desk(connections=2).trading()
    desk.venue.send(place(), desk.now)
    desk.venue.send(place("t-2"), desk.now)
    assert [fact.reason for fact in desk.told_of(OrderRejected)] == [Why.NOT_SENT]
    assert isinstance(desk.venue._lines.hot, HttpClient)


# --- cancels ---


def test_a_cancel_names_its_one_offer_and_says_what_it_took_out() -> None:
    desk = resting()
    desk.venue.send(cancel(), desk.now)
    row = with_bets(bet(1, 4, 2.6), status="cancelled", remaining=6)
    asked = desk.answer(ONE, row, method="DELETE")
    assert (asked.query, asked.body) == ({}, "")
    report, accepted = desk.taken()
    assert (report.matched_micros, report.cancelled_micros, report.closed) == (4_000_000, 6_000_000, True)
    assert accepted == CancelAccepted(OrderRef("t-1"), "c1", 6_000_000, Evidence.PULL)
    desk.wait(200)
    assert desk.is_asked(OFFERS)


@pytest.mark.parametrize(
    ("body", "status", "kind", "reason"),
    [
        (errors("The offer is not open"), 400, CancelRefused, Why.NOT_RESTING),
        (errors("unknown"), 404, CancelRefused, Why.NOT_RESTING),
        (errors("no"), 403, CancelRefused, Why.NOT_AUTHORISED),
        (b"", 429, CancelRefused, Why.RATE_LIMIT),
        (b"<html>", 403, CancelUnanswered, None),
        (b"<html>", 400, CancelUnanswered, None),
        (errors("x"), 500, CancelUnanswered, None),
        (b"<html>", 200, CancelUnanswered, None),
        (offer(id=7, status="cancelled"), 200, CancelUnanswered, None),
    ],
)
def test_a_cancel_that_did_not_work_is_a_question(body: Any, status: int, kind: type, reason: Any) -> None:
    desk = resting()
    desk.venue.send(cancel(), desk.now)
    desk.answer(ONE, body, status, method="DELETE")
    (fact,) = desk.taken()
    assert (type(fact), getattr(fact, "reason", None), fact.request) == (kind, reason, "c1")


@pytest.mark.parametrize(("word", "kind"), [("matched", CancelRefused), ("open", CancelUnanswered)])
def test_a_cancel_whose_offer_did_not_end_by_it_is_a_question(word: str, kind: type) -> None:
    desk = resting()
    desk.venue.send(cancel(), desk.now)
    desk.answer(ONE, offer(status=word), method="DELETE")
    report, fact = desk.taken()
    assert (isinstance(report, OrderReported), type(fact)) == (True, kind)


def test_a_cancel_under_a_dead_session_goes_again_under_the_next() -> None:
    desk = resting()
    desk.venue.send(cancel(), desk.now)
    desk.answer(ONE, errors("no session"), 401, method="DELETE")
    desk.log_in("NEXT")
    desk.answer(ONE, offer(status="cancelled"), method="DELETE")
    assert desk.told_of(CancelAccepted)[0].size_micros == 10_000_000


def test_a_cancel_waits_for_the_answer_to_its_placement() -> None:
    desk = sent()
    desk.venue.send(cancel(), desk.now)
    assert not desk.is_asked(ONE, "DELETE")
    desk.answer(OFFERS, {"offers": [offer()]}, method="POST")
    assert desk.is_asked(ONE, "DELETE")


def test_a_cancel_of_an_unknown_order_asks_for_it_and_is_given_up_in_time() -> None:
    desk = Desk(query_ms=10_000).trading()
    desk.venue.send(cancel("old-1"), desk.now)
    assert desk.answer(OFFERS, listed(offer("old-1"))).query.get("interval") is None
    desk.answer(ONE, offer("old-1", status="cancelled"), method="DELETE")
    assert desk.told_of(CancelAccepted)
    desk.venue.send(cancel("old-2"), desk.now)
    desk.answer(OFFERS, listed()) if desk.is_asked(OFFERS) else None
    desk.idle(11_000)
    assert [fact.reason for fact in desk.told_of(CancelRefused)] == [Why.NOT_SENT]


def test_a_cancel_of_an_offer_that_has_ended_is_not_sent() -> None:
    desk = resting()
    desk.poll_offers(offer(status="flushed"))
    desk.venue.send(cancel(), desk.now)
    assert [fact.reason for fact in desk.told_of(CancelRefused)] == [Why.NOT_RESTING]
    assert not desk.is_asked(ONE, "DELETE")


# --- immediate offers ---


def test_the_rest_of_an_immediate_offer_is_cancelled_at_once() -> None:
    desk = sent(tif=TimeInForce.IMMEDIATE)
    desk.answer(OFFERS, {"offers": [with_bets(bet(1, 4), remaining=6)]}, method="POST")
    desk.taken()
    row = with_bets(bet(1, 4), status="cancelled", remaining=6)
    desk.answer(ONE, row, method="DELETE")
    (report,) = desk.told_of(OrderReported)
    assert (report.matched_micros, report.cancelled_micros, report.closed) == (4_000_000, 6_000_000, True)
    desk.idle(10_000)
    assert not desk.is_asked(ONE, "DELETE")


def test_an_immediate_offer_that_is_matched_whole_needs_no_cancel() -> None:
    desk = sent(tif=TimeInForce.IMMEDIATE)
    desk.answer(OFFERS, {"offers": [offer(status="matched", remaining=0)]}, method="POST")
    desk.idle(10_000, offer(status="matched", remaining=0))
    assert not desk.is_asked(ONE, "DELETE")


def test_an_immediate_offer_that_is_held_back_is_cancelled_when_it_rests() -> None:
    desk = sent(tif=TimeInForce.IMMEDIATE)
    desk.answer(OFFERS, {"offers": [offer(status="delayed", delay=6)]}, method="POST")
    desk.idle(3_000)
    assert not desk.is_asked(ONE, "DELETE")
    desk.poll_offers(offer())
    assert desk.is_asked(ONE, "DELETE")


def test_an_immediate_offer_without_an_answer_is_cancelled_when_it_is_found() -> None:
    desk = sent(tif=TimeInForce.IMMEDIATE)
    desk.hang_up(desk.asked(OFFERS, "POST"))
    desk.poll_offers(offer())
    assert desk.is_asked(ONE, "DELETE")


def test_the_cancel_of_a_rest_is_repeated_until_the_offer_has_ended() -> None:
    desk = sent(tif=TimeInForce.IMMEDIATE)
    desk.answer(OFFERS, {"offers": [offer()]}, method="POST")
    desk.answer(ONE, b"<html>", 502, method="DELETE")
    desk.answer(ONE, offer())
    desk.idle(1_000)
    desk.answer(ONE, errors("not open"), 400, method="DELETE")
    desk.answer(ONE, offer(status="matched"))
    assert desk.told_of(OrderReported)[-1].matched_micros == 10_000_000
    desk.idle(60_000)
    assert not desk.is_asked(ONE, "DELETE")
