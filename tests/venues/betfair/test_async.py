"""Placements that are answered before they are judged: the order stream tells, and silence is no answer."""

import pytest

from domain.ids import OrderRef
from domain.messages import (
    CancelAccepted,
    OrderAbsent,
    OrderAccepted,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
    QueryOrder,
)
from tests.venues.betfair.desk import Desk, cancel, ocm, place, place_report, report
from tests.venues.betfair.desk import bet as stream_bet
from tests.venues.betfair.test_with_fake import Together, bet, of
from venues.betfair.outcome_table import outcome_table
from venues.outcome_table import Fate
from venues.sim import lifecycle
from venues.sim.faults import PROFILES

ASYNC = {"place_async": True}
PENDING = place_report(orderStatus="PENDING", betId=None)
OUTCOME = OrderAccepted | OrderRejected | OrderReported | OrderUnanswered


def asked() -> Desk:
    """A desk whose bet was answered as pending."""
    desk = Desk(**ASYNC).subscribed()
    desk.taken()
    desk.venue.send(place(), desk.now)
    wire, method, params = desk.question()
    assert (method, params["async"]) == ("placeOrders", True)
    desk.reply(wire, report(PENDING))
    return desk


def test_pending_says_nothing_and_the_stream_tells_the_bet_and_its_id():
    desk = asked()
    assert of(desk.taken(), OUTCOME) == []
    desk.say(desk.orders, ocm(2, stream_bet("r1")))
    (found,) = of(desk.taken(), OUTCOME)
    assert (found.ref, found.venue_order_id, found.closed) == ("r1", "b1", False)
    desk.wait(60_000)
    assert of(desk.taken(), OrderUnanswered) == [], "the doubt is over"


def test_the_stream_may_be_first_and_the_answer_adds_nothing():
    desk = Desk(**ASYNC).subscribed()
    desk.taken()
    desk.venue.send(place(), desk.now)
    desk.say(desk.orders, ocm(2, stream_bet("r1", status="EC", sm=10, sr=0, avp=2.5)))
    (found,) = of(desk.taken(), OUTCOME)
    assert found.closed
    wire, _, _ = desk.question()
    desk.reply(wire, report(PENDING))
    desk.wait(60_000)
    assert of(desk.taken(), OUTCOME) == []


def test_what_nobody_tells_of_in_time_is_unknown_and_never_sent_again():
    desk = asked()
    desk.wait(desk.settings.answer_ms - 100)
    assert of(desk.taken(), OUTCOME) == []
    desk.wait(200)
    (doubt,) = of(desk.taken(), OUTCOME)
    assert isinstance(doubt, OrderUnanswered)
    assert not any(wire.written for wire in desk.hot)


def test_a_cancel_waits_for_the_id_that_the_stream_brings():
    desk = asked()
    desk.venue.send(cancel(), desk.now)
    assert not any(wire.written for wire in desk.hot), "it asks for nothing that the stream will tell"
    desk.say(desk.orders, ocm(2, stream_bet("r1")))
    _, method, params = desk.question()
    assert (method, params["instructions"]) == ("cancelOrders", [{"betId": "b1"}])


@pytest.mark.parametrize(("delay_ms", "in_play"), [(0, False), (5_000, True)])
def test_at_the_exchange_a_bet_is_there_once_and_taken_out(delay_ms: int, in_play: bool):
    both = Together(said=ASYNC, delay_ms=delay_ms)
    both.run(2_000)
    if in_play:
        both.world.at_exchange(lifecycle.turn_in_play)
        both.run(1_000)
    told = both.send(bet(), 6_000)
    assert [fact.ref for fact in of(told, OrderReported)] == ["r1"]
    assert of(both.send(cancel(), 500), CancelAccepted)
    assert of(both.send(QueryOrder(OrderRef("r1"))), OrderReported)[-1].closed


def test_a_desk_that_died_in_between_finds_its_bet():
    both = Together(said=ASYNC)
    both.run(2_000)
    both.venue.send(bet(), both.now)
    both.pipes.deliver()
    both.begin_again()
    both.run(3_000)
    (found,) = of(both.send(QueryOrder(OrderRef("r1")), 1_000), OrderReported | OrderAbsent)
    assert not found.closed
    assert len([one for one in both.world.exchange.floor.orders.values() if one.account == "desk"]) == 1


@pytest.mark.parametrize("seed", range(3))
def test_under_a_storm_every_bet_is_found_or_known_to_be_nowhere(seed: int):
    both = Together(PROFILES["storm"], seed, said=ASYNC, delay_ms=0)
    refs, told = [f"r{n}" for n in range(40)], both.run(5_000)
    for ref in refs:
        told += both.send(bet(ref), 300)
    both.world.faults.profile = PROFILES["none"]
    told += both.run(60_000)
    theirs = [one.client_ref for one in both.world.exchange.floor.orders.values() if one.account == "desk"]
    assert len(theirs) == len(set(theirs)) > 20
    heard = {fact.ref for fact in of(told, OUTCOME)}
    assert heard == set(refs), "of each one something was told"
    for ref in refs:
        (final,) = of(both.send(QueryOrder(OrderRef(ref)), 1_000), OrderReported | OrderAbsent)
        assert isinstance(final, OrderReported) is (ref in theirs)


def test_the_table_says_that_a_pending_bet_may_be_there():
    (found,) = [one for one in outcome_table() if "PENDING" in one.code]
    assert (found.endpoint, found.status, found.fate) == ("placeOrders", "SUCCESS", Fate.MAY_BE_SENT)
