"""The adapter against the simulated venue, byte for byte: what both read out of the same documents must agree."""

import random
from typing import Any

import pytest

from domain.ids import OrderRef, SelectionId, VenueMarketId
from domain.markets import MarketStatus, Result
from domain.messages import (
    BalanceReported,
    BooksDoubted,
    CancelOrder,
    Channel,
    ChannelChanged,
    MarketChanged,
    MarketSettled,
    OrderAbsent,
    OrderMissing,
    OrderReported,
    QueryOrder,
    QuerySettlement,
    QueryVenue,
    VenueReported,
)
from domain.orders import OrderState, TimeInForce
from domain.settlement import in_pieces, settled_micros
from oms import order_states
from tests.venues.matchbook.fake_money import settle_on
from tests.venues.matchbook.fake_world import AWAY, DRAW, HOME, MARKET, OVER, TOTAL, UNDER
from tests.venues.matchbook.rig import MS, VENUE, Rig, key
from venues.sim import lifecycle, settling
from venues.sim.faults import PROFILES

TURN = QuerySettlement(VENUE, VenueMarketId(str(MARKET)))


def state(rig: Rig, ref: str = "t-1") -> OrderState:
    return order_states.state_of(rig.orders[OrderRef(ref)])


def up(**options: Any) -> Rig:
    rig = Rig(**options)
    rig.world.crowd("LAY 50 @ 2.5")
    rig.world.crowd("BACK 30 @ 2.56")
    rig.run(3_000)
    return rig


def test_books_come_up_and_are_proven_again_at_every_poll() -> None:
    rig = up()
    book = rig.books[key(HOME)]
    assert [book.ladder.prices[tick] for tick in (book.best_back, book.best_lay)] == [250, 256]
    assert (book.to_back[book.best_back], book.to_lay[book.best_lay]) == (50_000_000, 30_000_000)
    assert rig.now - book.proven_ns < 1_100 * MS
    rig.run(60_000)
    assert rig.now - book.proven_ns < 1_100 * MS
    assert {fact.channel for fact in rig.taken(ChannelChanged) if fact.up} == set(Channel)


def test_a_mirrored_price_counts_at_the_next_ladder_price_that_is_worse() -> None:
    rig = up()
    rig.world.crowd("LAY 20 @ 1.9", runner=OVER, market=TOTAL)
    rig.run(1_500)
    mirror = rig.books[key(UNDER, TOTAL)]
    assert mirror.ladder.prices[mirror.best_lay] == 212


def test_a_resting_offer_is_filled_by_another_and_the_poll_tells() -> None:
    rig = up()
    rig.place("BACK 10 @ 2.54")
    rig.run(300)
    assert state(rig) is OrderState.OPEN
    rig.world.crowd("LAY 4 @ 2.54")
    rig.run(1_500)
    assert state(rig) is OrderState.PARTIALLY_FILLED
    assert rig.orders[OrderRef("t-1")].claims_micros == 10_160_000
    rig.venue.send(CancelOrder(OrderRef("t-1"), "c1"), rig.now)
    rig.run(300)
    assert state(rig) is OrderState.CLOSED_PARTIAL


def test_an_immediate_order_takes_what_is_there_and_its_rest_is_gone() -> None:
    rig = up()
    rig.place("BACK 80 @ 2.5", tif=TimeInForce.IMMEDIATE)
    rig.run(1_000)
    order = rig.orders[OrderRef("t-1")]
    assert (order.matched_micros, order.cancelled_micros) == (50_000_000, 30_000_000)
    assert not any(offer.live for offer in rig.world.fake.books.offers.offers.values())


def test_an_immediate_order_that_is_held_back_in_play_is_taken_out_when_it_rests() -> None:
    rig = up(world={"delay_ms": 5_000})
    rig.world.at_exchange(lifecycle.turn_in_play, lapse=False)
    rig.run(1_500)
    rig.place("BACK 80 @ 2.5", tif=TimeInForce.IMMEDIATE)
    rig.run(1_000)
    assert state(rig) is OrderState.OPEN
    rig.run(8_000)
    order = rig.orders[OrderRef("t-1")]
    assert (order.matched_micros, order.cancelled_micros) == (50_000_000, 30_000_000)


def test_an_offer_that_fails_in_its_delay_is_found_to_have_ended() -> None:
    rig = up(world={"delay_ms": 5_000})
    rig.world.at_exchange(lifecycle.turn_in_play, lapse=False)
    rig.run(1_500)
    rig.place("BACK 20 @ 2.5")
    rig.run(1_000)
    rig.world.at_exchange(lifecycle.suspend)
    rig.run(9_000)
    order = rig.orders[OrderRef("t-1")]
    assert (order.matched_micros, order.lapsed_micros, state(rig)) == (0, 20_000_000, OrderState.LAPSED)


def test_the_turn_in_play_shows_and_flushes_what_rests() -> None:
    rig = up()
    rig.place("BACK 10 @ 2.54")
    rig.run(1_500)
    rig.taken()
    rig.world.at_exchange(lifecycle.turn_in_play)
    rig.run(1_500)
    (changed,) = rig.taken(MarketChanged)
    assert (changed.status, changed.in_play, changed.bet_delay_ms) == (MarketStatus.OPEN, True, 6_000)
    assert state(rig) is OrderState.LAPSED


def test_a_withdrawn_runner_is_told_and_its_bets_are_annulled() -> None:
    rig = up()
    rig.world.crowd("LAY 10 @ 3.0", runner=AWAY)
    rig.place("BACK 10 @ 3", on=key(AWAY))
    rig.run(1_500)
    assert state(rig) is OrderState.FILLED
    exchange = rig.world.exchange
    lifecycle.remove_selection(
        exchange, VenueMarketId(str(MARKET)), SelectionId(str(AWAY)), rig.now, factor_ppm=250_000
    )
    exchange.publish(rig.now)
    rig.run(1_500)
    assert [fact.removed for fact in rig.taken(MarketChanged)][-1] == (str(AWAY),)
    assert rig.orders[OrderRef("t-1")].voided_micros == 10_000_000


def test_a_market_is_settled_once_its_report_is_there_and_never_twice() -> None:
    rig = up(world={"report_lag_ms": 30_000})
    rig.place("BACK 10 @ 2.5")
    rig.world.crowd("BACK 10 @ 4", runner=DRAW)
    rig.place("LAY 10 @ 4", ref="t-2", on=key(DRAW))
    rig.run(1_500)
    rig.world.at_exchange(lifecycle.close)
    rig.run(1_500)
    assert [fact.status for fact in rig.taken(MarketChanged)][-1] is MarketStatus.CLOSED
    rig.venue.send(TURN, rig.now)
    rig.run(1_000)
    assert rig.taken(MarketSettled) == []
    rig.world.at_exchange(settling.settle, {str(HOME): 1, str(DRAW): 0, str(AWAY): 0})
    rig.run(10_000)
    rig.venue.send(TURN, rig.now)
    rig.run(1_000)
    assert rig.taken(MarketSettled) == []
    rig.run(30_000)
    for _ in range(2):
        rig.venue.send(TURN, rig.now)
        rig.run(2_000)
    first, second = rig.taken(MarketSettled)
    assert first == second
    assert (first.profit_micros, first.commission_micros) == (25_000_000, 500_000)
    assert first.results == {str(HOME): Result.WON, str(DRAW): Result.LOST}


def test_a_round_lists_what_is_open_and_the_wallet() -> None:
    rig = up()
    rig.place("BACK 10 @ 2.54")
    rig.run(1_000)
    rig.venue.send(QueryVenue(VENUE), rig.now)
    rig.run(500)
    (reported,) = rig.taken(VenueReported)
    assert [(one.ref, one.price, one.size_micros) for one in reported.orders] == [("t-1", 254, 10_000_000)]
    rig.venue.send(QueryVenue(VENUE), rig.now)
    rig.run(500)
    assert rig.taken(BalanceReported)[0].balance_micros == 1_000_000_000


def test_a_session_that_dies_is_replaced_without_losing_a_book() -> None:
    rig = up(world={"session_life_ms": 30_000})
    rig.run(120_000)
    ups = [fact for fact in rig.taken(ChannelChanged) if fact.channel is Channel.REQUESTS and fact.up]
    assert len(ups) >= 3
    assert rig.now - rig.books[key(HOME)].proven_ns < 1_100 * MS


def test_silence_lets_the_venue_cancel_and_the_orders_are_read_before_they_count_again() -> None:
    rig = up(heartbeat_s=12)
    rig.place("BACK 10 @ 2.54")
    rig.run(1_000)
    rig.take_down(60_000)
    rig.run(55_000)
    assert state(rig) is OrderState.OPEN
    rig.taken()
    rig.run(60_000)
    told = rig.taken(ChannelChanged, OrderReported)
    (back,) = [n for n, fact in enumerate(told) if isinstance(fact, ChannelChanged) and fact.channel is Channel.ORDERS]
    (over,) = [n for n, fact in enumerate(told) if isinstance(fact, OrderReported)]
    assert over < back
    assert state(rig) is OrderState.CANCELLED


@pytest.mark.parametrize(("odds", "paid"), [("2.54", 2_700_000), ("2", 0), ("1.5", -2_500_000)])
def test_a_dead_heat_is_explained_by_the_report_to_the_cent(odds: str, paid: int) -> None:
    rig = up()
    rig.place(f"BACK 10 @ {odds}", on=key(DRAW))
    rig.world.crowd(f"LAY 10 @ {odds}", runner=DRAW)
    rig.run(1_500)
    settle_on(rig.world, HOME, DRAW)
    rig.venue.send(TURN, rig.now)
    rig.run(1_500)
    (settled,) = rig.taken(MarketSettled)
    order = rig.orders[OrderRef("t-1")]
    pieces = in_pieces(settled.parts).get(SelectionId(str(DRAW)))
    result = settled.results.get(SelectionId(str(DRAW)))
    assert settled.profit_micros == paid == settled_micros(order.claims_micros, order.cost_micros, result, pieces)
    assert (pieces is None) is (paid == 0), "a bet that got its stake back says no more"


def test_an_exchange_that_is_gone_takes_its_channels_down_and_comes_back() -> None:
    rig = up()
    rig.take_down(30_000)
    rig.run(29_000)
    assert {fact.channel for fact in rig.taken(ChannelChanged) if not fact.up} == set(Channel)
    rig.run(60_000)
    assert {fact.channel for fact in rig.taken(ChannelChanged) if fact.up} == set(Channel)
    assert rig.books[key(HOME)].clean
    assert not rig.taken(BooksDoubted)


# --- trouble ---


class Trader:
    """Places, cancels and asks at random, and keeps the engine's rule about absent orders."""

    def __init__(self, rig: Rig, seed: int) -> None:
        self._rig = rig
        self._rng = random.Random(seed)
        self._placed = 0
        self._absent: dict[OrderRef, int] = {}

    def act(self, *, places: bool) -> None:
        rig, rng = self._rig, self._rng
        odds = "2.4", "2.44", "2.5", "2.56", "2.6"
        if places:
            rig.world.crowd(f"{rng.choice(['LAY', 'BACK'])} {rng.randint(1, 30)} @ {rng.choice(odds)}")
            if rig.venue.tokens(rig.now):
                self._placed += 1
                text = f"{rng.choice(['LAY', 'BACK'])} {rng.randint(1, 20)} @ {rng.choice(odds)}"
                rig.place(text, ref=f"t-{self._placed}", tif=rng.choice(list(TimeInForce)))
        self._count_absences()
        for order in [one for one in rig.orders.values() if order_states.is_open(one)]:
            if order.acked and not order.cancel_pending and rng.random() < 0.2:
                cancel = CancelOrder(order.ref, f"{order.ref}-{rig.now}")
                rig.orders[order.ref] = order_states.apply(order, cancel)
                rig.venue.send(cancel, rig.now)
            if rng.random() < 0.5:
                rig.venue.send(QueryOrder(order.ref), rig.now)

    def _count_absences(self) -> None:
        rig = self._rig
        for fact in rig.taken(OrderAbsent):
            order = rig.orders[fact.ref]
            if fact.asked_ns >= order.intended_ns + rig.venue.capabilities.visible_after_ms * MS:
                self._absent[fact.ref] = self._absent.get(fact.ref, 0) + 1
            if self._absent.get(fact.ref, 0) >= rig.venue.capabilities.absences_min and order_states.is_open(order):
                rig.orders[fact.ref] = order_states.apply(order, OrderMissing(fact.ref, 3))


@pytest.mark.parametrize(("profile", "seed"), [("none", 1), ("light", 2), ("storm", 3), ("storm", 4)])
def test_after_any_trouble_our_orders_are_the_venues_offers(profile: str, seed: int) -> None:
    rig = Rig(profile=PROFILES[profile], seed=seed)
    trader = Trader(rig, seed)
    for _ in range(60):
        trader.act(places=True)
        rig.run(1_000)
    rig.world.faults.profile = PROFILES["none"]
    for _ in range(60):
        trader.act(places=False)
        rig.run(1_000)
    theirs: dict[str, list[Any]] = {}
    for offer in rig.world.fake.books.offers.offers.values():
        theirs.setdefault(offer.order.client_ref, []).append(offer)
    assert max(map(len, theirs.values())) == 1
    assert len(rig.orders) >= 30
    for ref, order in rig.orders.items():
        matched = sum(bet.size_micros for offer in theirs.get(ref, []) for bet in offer.bets.values())
        assert (order.matched_micros, order_states.is_open(order), order.unknown) == (matched, False, False)
        assert not any(offer.live for offer in theirs.get(ref, []))
