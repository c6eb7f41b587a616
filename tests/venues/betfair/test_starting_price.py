"""Bets at starting price: how they are written, what they may lose, and what becomes of them at the exchange."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.amending import AmendOrder, AmendRefused
from domain.ids import OrderRef, SelectionId, StrategyName
from domain.messages import (
    CancelRefused,
    InstrumentsListed,
    MarketSettled,
    OrderAbsent,
    OrderAccepted,
    OrderRejected,
    OrderReported,
    PlaceOrder,
    QueryOrder,
    QuerySettlement,
    QueryVenue,
    RejectReason,
    VenueReported,
)
from domain.orders import Order, OrderState, Side, TimeInForce
from domain.starting_price import matched_at_start, starting_price
from oms.order_states import state_of
from tests.venues.betfair.desk import BETFAIR, cancel, place
from tests.venues.betfair.fake.shapes import ApiShapes, StreamShapes
from tests.venues.betfair.fake.world import AWAY, DRAW, HOME, MARKET
from tests.venues.betfair.test_with_fake import INSTRUMENT, Together, bet, of
from venues.betfair.bet_facts import place_facts
from venues.betfair.betting_codec import BetRequest, PlaceExecutionReport, PlaceReport, encode_start
from venues.betfair.fake.starts import CrowdBet
from venues.sim import lifecycle
from venues.sim.settling import Payouts, settle

TARGET = BetRequest("1.2", 11, 0.0, 1_000_000, odds_min=101, odds_max=100_000)
START = TimeInForce.STARTING_PRICE


def written(**changes: Any) -> dict[str, Any]:
    params = json.loads(encode_start(place(tif=START, **changes), TARGET, strategy_ref="s"))
    (instruction,) = params["instructions"]
    assert instruction["customerOrderRef"] == params["customerRef"] == "r1"
    return instruction


# --- the price ---

amounts = st.integers(1, 60).map(Fraction)
limits = st.none() | st.integers(3, 20).map(lambda n: Fraction(n, 2))
wanted = st.lists(st.tuples(amounts, limits), max_size=5)


@given(wanted, wanted)
def test_at_the_starting_price_neither_side_has_more_than_the_other_can_take(backs, lays):
    odds = starting_price(backs, lays)
    grid = [Fraction(n, 20) for n in range(21, 300)] if odds is None else [odds]
    for one in grid:
        backed = [amount for amount, limit in backs if limit is None or limit <= one]
        laid = [amount for amount, limit in lays if limit is None or limit >= one]
        if odds is None:
            assert not (backed and laid), "both are wanted there"
            continue
        surely = [amount for amount, limit in backs if limit is None or limit < one]
        offered = [amount for amount, limit in lays if limit is None or limit > one]
        assert sum(surely) * (odds - 1) <= sum(laid)
        assert sum(offered) <= sum(backed) * (odds - 1)


@given(st.sampled_from(Side), amounts, limits, st.integers(3, 40).map(lambda n: Fraction(n, 2)))
def test_nothing_is_matched_at_odds_that_do_not_suit_and_no_more_is_lost_than_was_named(side, amount, limit, odds):
    stake = matched_at_start(side, (amount, limit), odds)
    suits = limit is None or (odds >= limit if side is Side.BACK else odds <= limit)
    assert (stake > 0) is suits
    assert (stake if side is Side.BACK else stake * (odds - 1)) in (0, amount)


# --- the request ---


@pytest.mark.parametrize(
    ("said", "kind", "field", "terms"),
    [
        ({"price": 250}, "LIMIT_ON_CLOSE", "limitOnCloseOrder", {"liability": 10, "price": 2.5}),
        ({"price": 250, "side": Side.LAY}, "LIMIT_ON_CLOSE", "limitOnCloseOrder", {"liability": 15, "price": 2.5}),
        ({"price": 101}, "MARKET_ON_CLOSE", "marketOnCloseOrder", {"liability": 10}),
        ({"price": 100_000, "side": Side.LAY}, "MARKET_ON_CLOSE", "marketOnCloseOrder", {"liability": 9990}),
        ({"price": 101, "side": Side.LAY}, "LIMIT_ON_CLOSE", "limitOnCloseOrder", {"liability": 0.1, "price": 1.01}),
    ],
)
def test_a_bet_names_what_it_may_lose_and_a_limit_at_the_end_of_the_ladder_is_none(said, kind, field, terms):
    instruction = written(**said)
    assert (instruction["orderType"], instruction[field]) == (kind, terms)
    assert "limitOrder" not in instruction


def test_an_answer_that_calls_it_complete_is_no_end() -> None:
    """Source: reports of users of the venue: such a bet is complete on placement, with all its sizes at 0."""
    order = place(tif=START)
    done = PlaceReport("SUCCESS", order_status="EXECUTION_COMPLETE", bet_id="b1", size_matched=0.0)
    told = place_facts(order, PlaceExecutionReport("SUCCESS", instruction_reports=[done]))
    assert [type(fact) for fact in told] == [OrderAccepted]


# --- at the exchange ---


def race(**said: Any) -> Together:
    both = Together(bsp=True, delay_ms=0, **said)
    (listed,) = of(both.run(2_000), InstrumentsListed)[-1:]
    assert all(one.terms.starting_price for one in listed.instruments)
    return both


def crowd(both: Together, side: Side, amount: int, limit: str = "", runner: int = HOME) -> None:
    wanted = Fraction(amount), Fraction(limit) if limit else None
    both.world.fake.books.starts.crowd.append(CrowdBet(MARKET, SelectionId(str(runner)), side, wanted))


def at_start(ref: str, side: Side, size: int, price: int) -> PlaceOrder:
    return bet(ref, side=side, size_micros=size * 1_000_000, price=price, tif=START)


def test_a_back_and_a_lay_wait_and_are_matched_at_the_starting_price_and_settled():
    both = race()
    crowd(both, Side.BACK, 90)
    crowd(both, Side.LAY, 350)
    told = both.send(at_start("back", Side.BACK, 10, 250)) + both.send(at_start("lay", Side.LAY, 10, 600))
    assert [fact.ref for fact in of(told, OrderAccepted)] == ["back", "lay"]
    assert not any(fact.closed for fact in of(told, OrderReported)), "the venue calls it complete, and it waits"
    both.world.at_exchange(lifecycle.turn_in_play)
    found = {fact.ref: fact for fact in of(both.run(1_000), OrderReported)}
    back, lay = found[OrderRef("back")], found[OrderRef("lay")]
    assert (back.matched_micros, back.claims_micros, back.closed) == (10_000_000, 50_000_000, True), "400 to 100 is 5"
    assert (lay.matched_micros, lay.claims_micros, lay.closed) == (12_500_000, 62_500_000, True), "50 pay for 12.50"
    both.world.at_exchange(lifecycle.close)
    payouts: Payouts = {SelectionId(str(one)): Fraction(one == HOME) for one in (HOME, AWAY, DRAW)}
    both.world.at_exchange(settle, payouts)
    both.run(1_000)
    (settled,) = of(both.send(QuerySettlement(BETFAIR, MARKET), 1_000), MarketSettled)
    assert settled.profit_micros == 40_000_000 - 50_000_000


def test_a_lay_that_was_matched_for_more_than_its_size_is_filled_and_no_overfill():
    order = Order(
        ref=OrderRef("r1"),
        instrument=INSTRUMENT,
        strategy=StrategyName("s"),
        side=Side.LAY,
        price=600,
        size_micros=10_000_000,
        tif=START,
        decision=1,
        intended_ns=0,
        matched_micros=12_500_000,
        acked=True,
    )
    assert state_of(order) is OrderState.FILLED
    assert state_of(replace(order, side=Side.BACK)) is OrderState.SUSPECT_OVERFILL
    assert state_of(replace(order, tif=TimeInForce.REST)) is OrderState.SUSPECT_OVERFILL


def test_a_limit_that_the_price_does_not_suit_lapses():
    both = race()
    crowd(both, Side.BACK, 100)
    crowd(both, Side.LAY, 400)
    both.send(at_start("dear", Side.BACK, 10, 800))
    both.send(at_start("cheap", Side.LAY, 10, 400))
    both.world.at_exchange(lifecycle.turn_in_play)
    found = {fact.ref: fact for fact in of(both.run(1_000), OrderReported)}
    assert {ref: (one.matched_micros, one.closed) for ref, one in found.items()} == {
        "dear": (0, True),
        "cheap": (0, True),
    }


def test_it_is_neither_cancelled_nor_changed_by_our_own_word_and_nothing_is_sent():
    both = race()
    both.send(at_start("r1", Side.BACK, 10, 250))
    (refused,) = of(both.send(cancel("r1")), CancelRefused)
    assert refused.detail == "a bet at starting price cannot be cancelled"
    change = AmendOrder(
        ref=OrderRef("r1"),
        request="a1",
        instrument=INSTRUMENT,
        side=Side.BACK,
        price=240,
        size_micros=10_000_000,
        old_price=250,
        old_size_micros=10_000_000,
        remaining_micros=10_000_000,
        successor=OrderRef("r1-2"),
        decision=1,
    )
    (refused,) = of(both.send(change), AmendRefused)
    assert "starting price" in refused.detail
    assert not of(both.send(QueryOrder(OrderRef("r1"))), OrderReported)[-1].closed


def test_a_restarted_desk_that_cancels_it_hears_the_venues_no_and_finds_it_waiting():
    both = race()
    both.send(at_start("r1", Side.LAY, 10, 600))
    both.begin_again()
    both.run(2_000)
    (listed,) = of(both.send(QueryVenue(BETFAIR), 500), VenueReported)[-1].orders
    assert (listed.ref, listed.price, listed.size_micros) == ("r1", 600, 10_000_000)
    (refused,) = of(both.send(cancel("r1"), 1_000), CancelRefused)
    assert refused.reason is RejectReason.NOT_RESTING
    (found,) = of(both.send(QueryOrder(OrderRef("r1"))), OrderReported | OrderAbsent)
    assert not found.closed


@pytest.mark.parametrize(
    ("side", "size", "price", "why"),
    [(Side.LAY, 3, 400, "a lay's liability"), (Side.LAY, 900, 101, "a lay's liability")],
)
def test_a_liability_below_the_least_is_refused_by_our_own_word(side, size, price, why):
    (refused,) = of(race().send(at_start("r1", side, size, price)), OrderRejected)
    assert refused.reason is RejectReason.INVALID_SIZE
    assert why in refused.detail


def test_once_the_race_is_on_no_bet_waits_and_the_terms_say_so():
    both = race()
    both.world.at_exchange(lifecycle.turn_in_play)
    listed = of(both.run(1_000), InstrumentsListed)[-1]
    assert not any(one.terms.starting_price for one in listed.instruments)
    (refused,) = of(both.send(at_start("r1", Side.BACK, 10, 250)), OrderRejected)
    assert refused.reason is RejectReason.MARKET_SUSPENDED
    assert "BSP" in refused.detail


def test_a_bet_on_who_is_withdrawn_lapses():
    both = race()
    both.send(at_start("r1", Side.BACK, 10, 250))
    both.world.at_exchange(lifecycle.remove_selection, SelectionId(str(HOME)), factor_ppm=250_000)
    (found,) = of(both.run(1_000), OrderReported)[-1:]
    assert (found.matched_micros, found.closed) == (0, True)


@pytest.mark.parametrize("at_once", [False, True])
def test_all_that_is_said_of_such_bets_has_the_shape_that_the_venue_describes(shared: Path, at_once: bool):
    folder = shared / "venues" / "betfair"
    api, stream, wrong, calls = ApiShapes(folder), StreamShapes(folder), [], {}
    heard: set[str] = set()

    def judge(data: bytes) -> bytes:
        _, _, body = data.partition(b"\r\n\r\n")
        if data.startswith(b"POST /exchange") and body:
            call = json.loads(body)
            calls[call["id"]] = operation = call["method"].rpartition("/")[2]
            wrong.extend(api.wrong_request(operation, call["params"]))
            heard.add(operation)
        elif data.startswith(b"HTTP/1.1 200") and b'"jsonrpc"' in body:
            answer = json.loads(body)
            wrong.extend(api.wrong(calls[answer["id"]], answer["result"]))
        elif data.startswith((b'{"op":"ocm"', b'{"op":"mcm"')):
            wrong.extend(found for line in data.splitlines() for found in stream.wrong(json.loads(line)))
            heard.update(word for word in ("LOC", "MOC") if f'"ot":"{word}"'.encode() in data)
        return data

    both = race(said={"cross_check_ms": 0, "place_async": at_once})
    both.pipes.edit = judge
    crowd(both, Side.BACK, 90)
    crowd(both, Side.LAY, 350)
    both.send(at_start("back", Side.BACK, 10, 250))
    both.send(at_start("any", Side.BACK, 10, 101))
    both.send(at_start("lay", Side.LAY, 10, 600))
    both.send(QueryVenue(BETFAIR))
    both.world.at_exchange(lifecycle.turn_in_play)
    both.run(2_000)
    both.send(QueryVenue(BETFAIR), 1_000)
    assert wrong == []
    assert heard >= {"placeOrders", "listCurrentOrders", "LOC", "MOC"}
