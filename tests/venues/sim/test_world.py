"""The demo world: the same from the same seed, hard to beat, and settled in time on every exchange."""

import os
import subprocess
import sys
from functools import partial
from hashlib import blake2b
from statistics import mean

import pytest

from domain.ids import VenueName
from domain.markets import MarketStatus, Result
from domain.orders import Side
from tests.venues.sim.builders import NANOS, demo_world, three_venues, wallets
from tests.venues.sim.desks import Fills, gamble_in_world, late_truth, markout, place_of, quote_world
from venues.sim.bettors import Bettors
from venues.sim.exchange import Exchange, ExchangeOptions
from venues.sim.football import SECOND, matches, outcome
from venues.sim.ground import Ground
from venues.sim.images import levels
from venues.sim.listing import books, market_specs
from venues.sim.notices import MarketSettled, MarketTurned, Notice
from venues.sim.opinions import worth
from venues.sim.placements import Placement, Refusal
from venues.sim.queues import SimOrder
from venues.sim.referee import Act, schedule
from venues.sim.views import FootballView
from venues.sim.world import DESK, World

VENUES = three_venues()
BY_NAME = {venue.venue: venue for venue in VENUES}
TERMS = {venue.venue: venue.terms for venue in VENUES}


def history(world: World, until_s: int, *, step_s: int | None = None) -> str:
    """A digest of everything that the exchanges published in so many seconds of the clock."""
    digest = blake2b(digest_size=16)

    def listen(name: VenueName, batch: list[Notice], now_ns: int) -> None:
        digest.update(f"{name} {now_ns} {batch!r}\n".encode())

    for name, exchange in world.exchanges.items():
        exchange.listen(partial(listen, name))
    end_ns = world.start_ns + until_s * NANOS
    if step_s is None:
        world.on_time(end_ns)
    else:
        while (due_ns := world.next_deadline()) is not None and due_ns <= end_ns:
            world.on_time(due_ns)
    return digest.hexdigest()


def test_the_same_seed_gives_the_same_world_however_often_it_is_looked_at():
    assert history(demo_world(3), 10) == history(demo_world(3), 10, step_s=1)
    assert history(demo_world(3), 10) != history(demo_world(4), 10)


def test_the_world_does_not_depend_on_the_hash_seed_of_the_process():
    code = (
        "from tests.venues.sim.builders import demo_world\n"
        "from tests.venues.sim.test_world import history\n"
        "print(history(demo_world(3), 4))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "77")
    }
    assert found == {history(demo_world(3), 4) + "\n"}


class Overheard(Exchange):
    """An exchange that remembers what was sent to it."""

    def __init__(self, options: ExchangeOptions) -> None:
        super().__init__(options)
        self.sent: list[tuple[Placement, int]] = []

    def place(self, placement: Placement, now_ns: int) -> SimOrder | Refusal:
        self.sent.append((placement, now_ns))
        return super().place(placement, now_ns)


def what_bettors_send(*, with_us: bool) -> list[tuple[Placement, int]]:
    """Ten minutes of the bettors on one match, alone or with everything on offer from us."""
    venue = VENUES[0]
    exchange = Overheard(ExchangeOptions(venue.venue, venue.terms, venue.collateral))
    exchange.open_account(DESK, deposit_micros=10**12)
    match = matches(5, count=1)[0]
    listed = books(match, ("match_odds",), venue.naming)
    for spec in market_specs(listed):
        exchange.list_market(spec)
    for book in listed if with_us else ():
        Exchange.place(exchange, Placement(DESK, book.market, book.selection, Side.LAY, 9000, 10**9), 0)
    bettors = Bettors(Ground(5, exchange, match, listed, pace=1.0), FootballView)
    while bettors.due_ns is not None and bettors.due_ns < 600 * SECOND:
        bettors.act(bettors.due_ns, bettors.due_ns)
    assert bool(exchange.floor.matches > 125) is with_us
    return exchange.sent


def test_who_comes_and_what_he_wants_does_not_depend_on_us():
    alone = what_bettors_send(with_us=False)
    assert alone == what_bettors_send(with_us=True)
    assert len(alone) > 100


@pytest.mark.parametrize("seed", [1, 7, 20])
def test_thirty_seconds_settle_a_market_on_every_exchange(seed):
    world = demo_world(seed)
    settled: dict[str, set] = {name: set() for name in world.exchanges}
    in_play: set[str] = set()
    for name, exchange in world.exchanges.items():

        def listen(batch, _, name=name, exchange=exchange):
            settled[name].update(notice.market for notice in batch if isinstance(notice, MarketSettled))
            turned = [notice.market for notice in batch if isinstance(notice, MarketTurned)]
            in_play.update(name for market in turned if exchange.floor.markets[market].in_play)

        exchange.listen(listen)
    world.on_time(world.start_ns + 29 * NANOS)
    assert all(settled.values())
    assert in_play == set(world.exchanges)
    match = world.matches[0]
    for venue in VENUES:
        for outcome_number in range(3):
            market, selection = venue.naming(match, "match_odds", outcome_number)
            result = world.exchanges[venue.venue].floor.markets[market].selections[selection].result
            assert (result is Result.WON) is (outcome_number == outcome(match, "match_odds"))


def test_a_world_that_stands_still_lets_waiting_orders_into_their_books_and_does_nothing_else():
    world = demo_world(7, matches=3)
    world.on_time(world.clock_ns(90 * NANOS))
    exchange = world.exchanges[VENUES[0].venue]
    market = next(market for market in exchange.floor.markets.values() if market.in_play)
    selection = next(iter(market.selections))
    placed = exchange.place(
        Placement(DESK, market.spec.id, selection, Side.BACK, 100_000, 2_000_000), world.clock_ns(90 * NANOS)
    )
    assert isinstance(placed, SimOrder)
    world.stop(world.clock_ns(91 * NANOS))
    assert world.next_deadline() is not None, "somebody waits for the delay"
    heard: list[Notice] = []
    exchange.listen(lambda batch, _: heard.extend(batch))
    world.on_time(world.clock_ns(4_000 * NANOS))
    assert placed.resting
    assert {type(notice).__name__ for notice in heard} <= {"LevelChanged"}
    assert world.next_deadline() is None


def test_money_is_kept_and_no_book_is_ever_crossed():
    world = demo_world(2)
    for name, exchange in world.exchanges.items():
        money = wallets(exchange)

        def listen(batch, _, name=name, exchange=exchange, money=money):
            for book in {(n.market, n.selection) for n in batch if type(n).__name__ == "LevelChanged"}:
                to_back, to_lay = (levels(exchange, *book, resting=side, depth=1) for side in (Side.LAY, Side.BACK))
                if to_back and to_lay:
                    kind = TERMS[name].kind
                    assert worth(kind, to_back[0][0]) > worth(kind, to_lay[0][0])
            assert wallets(exchange) == money

        exchange.listen(listen)
    world.on_time(world.start_ns + 30 * NANOS)


def test_an_hour_of_the_world_has_ten_thousand_changes_of_books():
    world = demo_world(7)
    batches = 0

    def count(batch, _):
        nonlocal batches
        batches += any(type(notice).__name__ == "LevelChanged" for notice in batch)

    for exchange in world.exchanges.values():
        exchange.listen(count)
    world.on_time(world.clock_ns(3_600 * NANOS))
    assert batches >= 10_000


def a_world_with_a_goal() -> tuple[World, int, int]:
    """A seed, number of a match and moment of a goal that stands, early in the world."""
    for seed in range(1, 50):
        for match in matches(seed, count=3):
            for goal in match.goals:
                if 60 * SECOND < goal.at_ns < 300 * SECOND and not goal.undone_ns:
                    return demo_world(seed), match.number, goal.at_ns
    raise AssertionError("no goal found")


def test_two_exchanges_suspend_at_a_goal_and_the_third_never_does():
    world, number, goal_ns = a_world_with_a_goal()
    match = world.matches[number]
    statuses: dict[str, list] = {name: [] for name in world.exchanges}
    for at_ns in (goal_ns - 20 * SECOND, goal_ns + 1 * SECOND, goal_ns + 10 * SECOND, goal_ns + 90 * SECOND):
        world.on_time(world.clock_ns(at_ns))
        for venue in VENUES:
            market, _ = venue.naming(match, "match_odds", 0)
            statuses[venue.venue].append(world.exchanges[venue.venue].floor.markets[market].status)
    before_and_after = [MarketStatus.OPEN, MarketStatus.OPEN, MarketStatus.SUSPENDED, MarketStatus.OPEN]
    assert [statuses[venue.venue] for venue in VENUES] == [before_and_after, before_and_after, [MarketStatus.OPEN] * 4]


def test_a_goal_that_is_taken_back_voids_what_was_matched_after_it():
    seed, match = next(
        (seed, match)
        for seed in range(200)
        for match in matches(seed, count=6)
        if any(g.undone_ns for g in match.goals)
    )
    goal = next(goal for goal in match.goals if goal.undone_ns)
    acts = schedule(seed, "pounds", match, suspends=True)
    void = next(act for act in acts if act.act is Act.VOID)
    assert (void.at_ns, void.since_ns) == (goal.undone_ns, goal.at_ns)
    assert any(act.act is Act.SUSPEND and goal.at_ns < act.at_ns < void.at_ns for act in acts)
    assert match.score(goal.undone_ns) != match.score(goal.undone_ns - 1)


@pytest.mark.parametrize("number", range(6))
def test_an_exchange_opens_what_it_closed_in_an_order_that_makes_sense(number):
    for seed in range(30):
        match = matches(seed, count=6)[number]
        acts = schedule(seed, "pounds", match, suspends=True)
        assert [act.at_ns for act in acts] == sorted(act.at_ns for act in acts)
        assert [act.act for act in acts[-3:]] == [Act.SUSPEND, Act.CLOSE, Act.SETTLE]
        open_now = True
        for act in acts[:-3]:
            if act.act is Act.SUSPEND:
                assert open_now
            if act.act in (Act.SUSPEND, Act.REOPEN):
                open_now = act.act is Act.REOPEN


def test_makers_are_picked_off_just_before_goals():
    near: list[float] = []
    claims = 0.0
    for seed in (1, 2, 3, 4):
        world = demo_world(seed, matches=4, pace=0.5)
        goals = sorted(goal.at_ns for match in world.matches for goal in match.goals if goal.at_ns > 0)
        around = (goal + s * SECOND for goal in goals for s in range(-24, 3, 2) if goal < 75 * 60 * SECOND)
        fills = Fills(world)
        quote_world(world, VENUES, late_truth(2 * SECOND), width=0.012, moments_ns=sorted(around))
        for name, fill, now_ns in fills.heard:
            match, _ = place_of(world, BY_NAME[name], world.exchanges[name].floor.orders[fill.order])
            at_ns = world.world_ns(now_ns)
            if fill.maker and any(0 <= goal.at_ns - at_ns <= 5 * SECOND for goal in match.goals):
                near.append(markout(world, BY_NAME[name], fill, now_ns, after_s=10))
                claims += fill.claims_micros / 1_000_000
    assert len(near) >= 10
    assert claims > 10 * len(near)
    assert mean(near) < -0.05


def test_whoever_bets_by_the_toss_of_a_coin_loses_what_the_prices_are_wide():
    worth_later: list[float] = []
    for seed in (1, 2):
        world = demo_world(seed)
        fills = Fills(world)
        gamble_in_world(world, VENUES, minutes=45)
        worth_later += [markout(world, BY_NAME[name], fill, at, after_s=30) for name, fill, at in fills.heard]
        assert sum(fill.fee_micros for _, fill, _ in fills.heard) > 0
    assert len(worth_later) > 300
    assert mean(worth_later) < -0.003


def test_over_seeds_even_a_good_quoter_sometimes_loses():
    results = []
    for seed in (1, 2, 3, 5):
        world = demo_world(seed, matches=3, kinds=("match_odds",))
        moments_ns = range(0, 36 * 60 * NANOS, 10 * NANOS)
        quote_world(world, VENUES, late_truth(2 * SECOND), width=0.015, moments_ns=moments_ns)
        world.on_time(world.clock_ns(100 * 60 * SECOND))
        results.append(sum(e.floor.accounts[DESK].wallet_micros - 20_000_000_000 for e in world.exchanges.values()))
    assert min(results) < 0 < max(results)
