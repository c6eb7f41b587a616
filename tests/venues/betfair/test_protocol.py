"""Commands and answers in every order: what the engine is told when replies, streams and failures race."""

from typing import Any

import pytest

from domain.ids import InstrumentId, OrderRef
from domain.messages import (
    CancelAccepted,
    CancelRefused,
    CancelUnanswered,
    Channel,
    ChannelChanged,
    InstrumentsListed,
    OrderAccepted,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
    QueryOrder,
    QueryVenue,
    RejectReason,
    VenueReported,
)
from domain.orders import Evidence
from domain.terms import BalanceBasis
from tests.venues.betfair.desk import (
    B1,
    BETFAIR,
    MARKET,
    MS,
    R1,
    Desk,
    bet,
    cancel,
    definition,
    listing,
    mcm,
    ocm,
    place,
    place_report,
    settings,
)
from tests.venues.betfair.desk import report as answered
from tests.venues.hands import HandNetwork
from venues.betfair.protocol import Betfair


@pytest.fixture
def desk() -> Desk:
    desk = Desk().subscribed()
    desk.taken()
    return desk


def send(desk: Desk, command: Any) -> None:
    desk.venue.send(command, desk.now)


def only(desk: Desk) -> Any:
    (fact,) = desk.taken()
    return fact


def refusal(fact: Any) -> RejectReason:
    assert isinstance(fact, OrderRejected)
    assert fact.evidence is Evidence.INFERRED
    return fact.reason


# --- coming up ---


def test_capabilities_are_the_venues_promises() -> None:
    said = Desk().venue.capabilities
    assert (said.visible_after_ms, said.absences_min, said.balance_basis) == (15_000, 2, BalanceBasis.WALLET)
    assert said.immediate
    assert not said.polled
    assert said.stale_after_ms == 1_000


def test_requests_are_up_with_a_session_and_a_connection() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    desk.log_in()
    assert desk.taken() == [ChannelChanged(BETFAIR, Channel.REQUESTS, True, "")]
    desk = Desk()
    desk.venue.start(desk.now)
    for _ in range(3):
        desk.network.refuse(desk.now, "betting")
    assert only(desk) == ChannelChanged(BETFAIR, Channel.REQUESTS, False, "refused")


def test_the_catalogue_lists_our_runners_once() -> None:
    desk = Desk().subscribed()
    listed = [fact for fact in desk.taken() if isinstance(fact, InstrumentsListed)]
    assert [[one.id for one in fact.instruments] for fact in listed] == [
        [f"betfair/{MARKET}/11", f"betfair/{MARKET}/22"]
    ]


def test_a_catalogue_that_was_not_answered_is_asked_for_again() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    desk.hot = [desk.network.accept(desk.now, "betting") for _ in range(3)]
    desk.log_in()
    wire, _, _ = desk.question()
    desk.answer_on(wire, b"<html>", status=503)
    desk.network.asked.clear()
    desk.wait(4_999)
    assert not any(one.written for one in desk.hot)
    desk.wait(1)
    assert desk.question()[1] == "listMarketCatalogue"


def test_a_mapping_without_markets_or_with_too_many_is_refused() -> None:
    for count in (0, 9 * 200 + 1):
        listings = [listing("11", 0, f"1.{n}") for n in range(count)]
        with pytest.raises(ValueError, match="markets can be followed"):
            Betfair(settings(), listings, HandNetwork(), print, wall_ns=lambda: 0, chance=lambda: 0.5)


# --- placing ---


def test_reply_then_stream_then_fill(desk: Desk) -> None:
    send(desk, place())
    wire, method, params = desk.question()
    assert (method, params["customerRef"]) == ("placeOrders", "r1")
    desk.reply(wire, answered(place_report()))
    assert only(desk) == OrderAccepted(R1, B1, Evidence.PULL)
    desk.say(desk.orders, ocm(2, bet("r1")))
    assert only(desk).matched_micros == 0
    desk.say(desk.orders, ocm(2, bet("r1", sm=10, sr=0, status="EC", avp=2.52)))
    report = only(desk)
    assert (report.matched_micros, report.claims_micros, report.closed) == (10_000_000, 25_200_000, True)


def test_a_fill_on_the_stream_before_the_reply_is_told_at_once(desk: Desk) -> None:
    send(desk, place())
    wire, _, _ = desk.question()
    desk.say(desk.orders, ocm(2, bet("r1", sm=10, sr=0, status="EC", avp=2.5)))
    report = only(desk)
    assert (report.ref, report.venue_order_id, report.closed) == ("r1", "b1", True)
    desk.reply(wire, answered(place_report()))
    assert only(desk) == OrderAccepted(R1, B1, Evidence.PULL)


def test_bets_of_others_on_the_account_are_not_ours(desk: Desk) -> None:
    desk.say(desk.orders, ocm(2, bet("r9", rfs="another"), bet("", id="b7"), bet("r9", rfs="")))
    assert desk.taken() == []


def test_a_bet_that_a_person_replaced_under_the_same_ref_is_left_to_reconciliation(desk: Desk) -> None:
    desk.say(desk.orders, ocm(2, bet("r1", id="b1")))
    desk.say(desk.orders, ocm(2, bet("r1", id="b1", status="EC", sr=0, sc=10), bet("r1", id="b2", p=3)))
    assert [fact.venue_order_id for fact in desk.taken()] == ["b1", "b1"]


def test_a_reduction_or_a_void_after_the_end_is_told(desk: Desk) -> None:
    desk.say(desk.orders, ocm(2, bet("r1", p=12, s=2, sm=2, sr=0, status="EC", avp=12)))
    desk.say(desk.orders, ocm(2, bet("r1", p=12, s=2, sm=2, sr=0, status="EC", avp=9.47)))
    desk.say(desk.orders, ocm(2, bet("r1", p=12, s=2, sm=0, sv=2, sr=0, status="EC")))
    first, reduced, voided = desk.taken()
    assert (first.claims_micros, reduced.claims_micros) == (24_000_000, 18_940_000)
    assert (voided.matched_micros, voided.voided_micros) == (0, 2_000_000)


def test_a_lost_reply_leaves_the_order_unknown_and_nothing_is_sent_again(desk: Desk) -> None:
    send(desk, place())
    wire, _, _ = desk.question()
    wire.peer.closed("reset", desk.now)
    assert only(desk) == OrderUnanswered(R1, "reset")
    desk.wait(500)
    fresh = desk.network.accept(desk.now, "betting")
    assert not any(one.written for one in (*desk.hot, fresh))


def test_a_late_reply_is_still_applied(desk: Desk) -> None:
    send(desk, place())
    wire, _, _ = desk.question()
    for _ in range(13):
        desk.wait(500)
        desk.say(desk.market, mcm(2, ct="HEARTBEAT"))
        desk.say(desk.orders, ocm(2, ct="HEARTBEAT"))
    assert OrderUnanswered(R1, "no answer in time") in desk.taken()
    desk.reply(wire, answered(place_report()))
    assert only(desk) == OrderAccepted(R1, B1, Evidence.PULL)


def test_a_placement_in_play_is_given_the_bet_delay_to_answer(desk: Desk) -> None:
    desk.say(desk.market, mcm(2, {"id": MARKET, "marketDefinition": definition(inPlay=True, betDelay=5, version=8)}))
    desk.taken()
    send(desk, place())
    desk.question()
    for _ in range(21):
        desk.wait(500)
        desk.say(desk.market, mcm(2, ct="HEARTBEAT"))
        desk.say(desk.orders, ocm(2, ct="HEARTBEAT"))
    assert not any(isinstance(fact, OrderUnanswered) for fact in desk.taken())
    desk.wait(500)
    assert any(isinstance(fact, OrderUnanswered) for fact in desk.taken())


def test_a_page_of_html_leaves_the_order_unknown(desk: Desk) -> None:
    send(desk, place())
    wire, _, _ = desk.question()
    desk.answer_on(wire, b"<html>Service Unavailable</html>", status=503)
    fact = only(desk)
    assert isinstance(fact, OrderUnanswered)
    assert "503" in fact.detail


def test_a_session_that_expired_refuses_the_order_and_is_renewed(desk: Desk) -> None:
    send(desk, place())
    wire, _, _ = desk.question()
    desk.fault(wire, "INVALID_SESSION_INFORMATION")
    down, rejected = desk.taken()
    assert down == ChannelChanged(BETFAIR, Channel.REQUESTS, False, "session expired")
    assert (rejected.reason, rejected.evidence) == (RejectReason.NOT_AUTHORISED, Evidence.PULL)
    send(desk, place("r2"))
    assert refusal(only(desk)) is RejectReason.NOT_SENT
    login = next(wire for wire in desk.network.wires if wire.endpoint.host == "login")
    desk.answer_on(login, {"sessionToken": "TOKEN", "loginStatus": "SUCCESS"})
    assert desk.taken() == [ChannelChanged(BETFAIR, Channel.REQUESTS, True, "")]
    send(desk, place("r3"))
    assert sorted(desk.asked(wire)[0] for wire in desk.hot if wire.written) == ["listMarketCatalogue", "placeOrders"]


def test_a_duplicate_landed_and_its_quantities_are_asked_for(desk: Desk) -> None:
    send(desk, place())
    wire, _, _ = desk.question()
    desk.reply(wire, answered(status="FAILURE", errorCode="DUPLICATE_TRANSACTION"))
    assert only(desk) == OrderAccepted(R1, None, Evidence.INFERRED)
    _, method, params = desk.question()
    assert (method, params["customerOrderRefs"]) == ("listCurrentOrders", ["r1"])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"instrument": InstrumentId("betfair/1.9/9")}, RejectReason.NOT_SENT),
        ({"ref": OrderRef('x"y')}, RejectReason.NOT_SENT),
        ({"ref": OrderRef("x" * 33)}, RejectReason.NOT_SENT),
        ({"size_micros": 1_005_000}, RejectReason.INVALID_SIZE),
        ({"size_micros": 0}, RejectReason.INVALID_SIZE),
    ],
)
def test_what_the_venue_could_not_take_is_refused_here(desk: Desk, changes: Any, reason: RejectReason) -> None:
    send(desk, place(**changes))
    assert refusal(only(desk)) is reason
    assert not any(wire.written for wire in desk.hot)


def test_an_order_that_finds_no_free_connection_is_refused_and_a_cancel_still_goes(desk: Desk) -> None:
    desk.say(desk.orders, ocm(2, bet("r0")))
    desk.taken()
    assert desk.venue.tokens(desk.now) == 2
    for ref in ("r1", "r2", "r3"):
        send(desk, place(ref))
    assert refusal(only(desk)) is RejectReason.NOT_SENT
    assert desk.venue.tokens(desk.now) == 0
    send(desk, cancel("r0"))
    assert sorted(desk.asked(wire)[0] for wire in desk.hot) == ["cancelOrders", "placeOrders", "placeOrders"]


def test_the_budget_of_a_second_refuses_orders_and_keeps_a_share_for_cancels() -> None:
    desk = Desk(instructions_per_s=3, cancel_reserve=2).subscribed()
    desk.say(desk.orders, ocm(2, bet("r0")))
    desk.taken()
    assert desk.venue.tokens(desk.now) == 1
    send(desk, place("r1"))
    desk.reply(desk.question()[0], answered(place_report()))
    desk.taken()
    send(desk, place("r2"))
    assert refusal(only(desk)) is RejectReason.RATE_LIMIT
    for n in range(3):
        send(desk, cancel("r0", f"c{n}"))
    asking = [wire for wire in desk.hot if wire.written]
    assert len(asking) == 2, "the third waits for its token"
    for wire in asking:
        desk.asked(wire)
        desk.reply(wire, answered({"status": "SUCCESS", "instruction": {"betId": "b1"}, "sizeCancelled": 0}))
    desk.taken()
    desk.wait(400)
    assert desk.question()[1] == "cancelOrders"


def test_the_transactions_of_a_clock_hour_are_counted() -> None:
    desk = Desk(transactions_per_hour=2).subscribed()
    desk.taken()
    for ref in ("r1", "r2"):
        send(desk, place(ref))
    assert desk.taken() == []
    assert desk.venue.tokens(desk.now) == 0
    send(desk, place("r3"))
    assert refusal(only(desk)) is RejectReason.RATE_LIMIT


# --- cancelling ---


def resting(desk: Desk) -> None:
    desk.say(desk.orders, ocm(2, bet("r1")))
    desk.taken()


def cancel_answer(desk: Desk, **said: Any) -> None:
    wire, method, params = desk.question()
    assert (method, params) == ("cancelOrders", {"marketId": MARKET, "instructions": [{"betId": "b1"}]})
    desk.reply(wire, answered({"status": "SUCCESS", "instruction": {"betId": "b1"}} | said))


def test_a_cancel_names_the_one_bet_and_tells_what_it_took(desk: Desk) -> None:
    resting(desk)
    send(desk, cancel())
    cancel_answer(desk, sizeCancelled=10.0)
    assert only(desk) == CancelAccepted(R1, "c1", 10_000_000, Evidence.PULL)


def test_a_cancel_that_lost_the_race_is_refused_while_the_stream_tells_the_fill(desk: Desk) -> None:
    resting(desk)
    send(desk, cancel())
    desk.say(desk.orders, ocm(2, bet("r1", sm=10, sr=0, status="EC", avp=2.5)))
    cancel_answer(desk, status="FAILURE", errorCode="BET_TAKEN_OR_LAPSED")
    filled, refused = desk.taken()
    assert filled.closed
    assert refused == CancelRefused(R1, "c1", RejectReason.NOT_RESTING, "BET_TAKEN_OR_LAPSED")


def test_cancels_of_one_market_go_together_and_each_bet_has_its_own_answer(desk: Desk) -> None:
    desk.say(desk.orders, ocm(2, bet("r1"), bet("r2", id="b2"), bet("r3", id="b3")))
    desk.taken()
    cancels = [cancel(), cancel("r2", "c2"), cancel("r3", "c3")]
    desk.venue.send_several(cancels, desk.now, emptying=True)
    wire, method, params = desk.question()
    named = [{"betId": "b1"}, {"betId": "b2"}, {"betId": "b3"}]
    assert (method, params) == ("cancelOrders", {"marketId": MARKET, "instructions": named})
    gone = {"status": "SUCCESS", "instruction": {"betId": "b2"}, "sizeCancelled": 10.0}
    taken = {"status": "FAILURE", "errorCode": "BET_TAKEN_OR_LAPSED", "instruction": {"betId": "b1"}}
    desk.reply(wire, answered(gone, taken, status="PROCESSED_WITH_ERRORS"))
    refused, accepted, unanswered = desk.taken()
    assert refused == CancelRefused(R1, "c1", RejectReason.NOT_RESTING, "BET_TAKEN_OR_LAPSED")
    assert accepted == CancelAccepted(OrderRef("r2"), "c2", 10_000_000, Evidence.PULL)
    assert isinstance(unanswered, CancelUnanswered), "the answer does not say a word of it"


def test_no_request_names_more_bets_than_the_venue_takes_nor_one_twice(desk: Desk) -> None:
    refs = [f"r{n}" for n in range(61)]
    desk.say(desk.orders, ocm(2, *(bet(ref, id=f"b-{ref}") for ref in refs)))
    desk.venue.send_several(
        [*(cancel(ref, f"c-{ref}") for ref in refs), cancel("r60", "again")], desk.now, emptying=True
    )
    asked = [desk.asked(wire)[1]["instructions"] for wire in desk.hot if wire.written]
    assert sorted(len(one) for one in asked) == [1, 1, 60]


def test_a_bet_that_is_complete_is_not_cancelled_again(desk: Desk) -> None:
    desk.say(desk.orders, ocm(2, bet("r1", sm=10, sr=0, status="EC", avp=2.5)))
    desk.taken()
    send(desk, cancel())
    assert only(desk).reason is RejectReason.NOT_RESTING
    assert not any(wire.written for wire in desk.hot)


def test_a_cancel_during_its_placement_goes_out_with_the_reply(desk: Desk) -> None:
    send(desk, place())
    wire, _, _ = desk.question()
    send(desk, cancel())
    assert not any(wire.written for wire in desk.hot)
    desk.reply(wire, answered(place_report()))
    assert isinstance(only(desk), OrderAccepted)
    cancel_answer(desk, sizeCancelled=10.0)


def test_a_cancel_during_its_placement_goes_out_with_the_stream_if_that_is_faster(desk: Desk) -> None:
    send(desk, place())
    desk.question()
    send(desk, cancel())
    resting(desk)
    cancel_answer(desk, sizeCancelled=10.0)


def test_a_cancel_during_a_placement_that_is_rejected_has_nothing_to_cancel(desk: Desk) -> None:
    send(desk, place())
    wire, _, _ = desk.question()
    send(desk, cancel())
    desk.reply(wire, answered(status="FAILURE", errorCode="MARKET_SUSPENDED"))
    rejected, refused = desk.taken()
    assert isinstance(rejected, OrderRejected)
    assert isinstance(refused, CancelRefused)
    assert refused.reason is RejectReason.NOT_RESTING


def current(ref: str, **changes: Any) -> dict[str, Any]:
    base = {"betId": "b1", "marketId": MARKET, "selectionId": 11, "side": "BACK", "status": "EXECUTABLE"}
    sizes = {"priceSize": {"price": 2.5, "size": 10.0}, "sizeRemaining": 10.0}
    return base | sizes | {"customerOrderRef": ref, "customerStrategyRef": "crossbook"} | changes


def test_a_cancel_of_a_bet_that_an_earlier_process_placed_looks_for_it_first(desk: Desk) -> None:
    send(desk, cancel())
    wire, method, params = desk.question()
    assert (method, params["customerOrderRefs"]) == ("listCurrentOrders", ["r1"])
    desk.reply(wire, {"currentOrders": [current("r1")], "moreAvailable": False})
    assert isinstance(only(desk), OrderReported)
    cancel_answer(desk, sizeCancelled=10.0)


def test_a_cancel_of_a_bet_that_cannot_be_found_is_a_question_again(desk: Desk) -> None:
    send(desk, cancel())
    desk.question()
    desk.network.asked.clear()
    for _ in range(21):
        desk.wait(500)
        desk.say(desk.market, mcm(2, ct="HEARTBEAT"))
        desk.say(desk.orders, ocm(2, ct="HEARTBEAT"))
    refused = [fact for fact in desk.taken() if isinstance(fact, CancelRefused)]
    assert [(fact.request, fact.reason) for fact in refused] == [("c1", RejectReason.NOT_SENT)]


def test_a_cancel_whose_answer_is_lost_may_have_landed(desk: Desk) -> None:
    resting(desk)
    send(desk, cancel())
    wire, _, _ = desk.question()
    wire.peer.closed("reset", desk.now)
    assert only(desk) == CancelUnanswered(R1, "c1", "reset")


# --- reconnecting and asking ---


def test_a_round_after_a_drop_finds_what_ended_meanwhile(desk: Desk) -> None:
    resting(desk)
    send(desk, QueryVenue(BETFAIR))
    wire, _, _ = desk.question()
    done = current("r1", status="EXECUTION_COMPLETE", sizeMatched=10.0, sizeRemaining=0.0, averagePriceMatched=2.5)
    foreign = current("", betId="b8", side="LAY", customerStrategyRef="")
    gone = current("", betId="b9", status="EXECUTION_COMPLETE", customerStrategyRef="")
    desk.reply(wire, {"currentOrders": [done, foreign, gone], "moreAvailable": False})
    wire, method, _ = desk.question()
    assert method == "getAccountFunds"
    desk.reply(wire, {"availableToBetBalance": 975.5, "exposure": -20.0, "retainedCommission": 0.5})
    round_, _, balance = desk.taken()
    assert isinstance(round_, VenueReported)
    ours, theirs = round_.orders
    assert ours.report is not None
    assert (ours.ref, ours.report.closed, ours.report.evidence) == ("r1", True, Evidence.PULL)
    assert (theirs.ref, theirs.venue_order_id, theirs.side) == (None, "b8", "lay")
    assert theirs.report is not None
    assert (theirs.report.closed, theirs.report.matched_micros) == (False, 0)
    assert (theirs.instrument, theirs.price, theirs.size_micros) == (f"betfair/{MARKET}/11", 250, 10_000_000)
    assert balance.balance_micros == 996_000_000
    send(desk, cancel())
    assert only(desk).reason is RejectReason.NOT_RESTING


def test_questions_before_the_login_wait_for_it() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    desk.hot = [desk.network.accept(desk.now, "betting") for _ in range(3)]
    desk.venue.send(QueryOrder(OrderRef("r1")), desk.now)
    assert not any(wire.written for wire in desk.hot)
    desk.log_in()
    methods = [desk.asked(wire)[0] for wire in desk.hot if wire.written]
    assert sorted(methods) == ["listCurrentOrders", "listMarketCatalogue"]


def test_as_of_is_our_wall_clock_before_the_question(desk: Desk) -> None:
    send(desk, QueryOrder(OrderRef("r1")))
    wire, _, _ = desk.question()
    asked_ms = desk.clock.wall_ns() // MS
    desk.clock.advance_to(desk.now + 700 * MS)
    desk.reply(wire, {"currentOrders": [current("r1")], "moreAvailable": False})
    assert only(desk).as_of_ms == asked_ms


def test_after_stop_nothing_is_told_and_everything_is_closed(desk: Desk) -> None:
    send(desk, place())
    desk.venue.stop(desk.now)
    assert desk.taken() == []
    assert all(wire.is_closed for wire in desk.network.wires)
    assert desk.venue.next_deadline() is None
    desk.venue.on_time(desk.now + 10**12)
    send(desk, place("r2"))
    assert desk.taken() == []


def test_a_bet_on_a_market_that_is_not_traded_is_refused_by_the_reason() -> None:
    desk = Desk().subscribed(image={"id": MARKET, "img": True, "marketDefinition": definition("OPEN"), "rc": []})
    desk.say(desk.market, mcm(2, {"id": MARKET, "marketDefinition": definition("OPEN", marketType="EACH_WAY")}))
    desk.taken()
    desk.venue.send(place(instrument=InstrumentId(f"betfair/{MARKET}/33")), desk.now)
    (refused,) = desk.taken()
    assert "an each-way bet is two bets" in refused.detail
