"""The market stream against the book behind it, read by an independent client's unmodified cache."""

import logging
import random
from fractions import Fraction

import pytest
from betfairlightweight import StreamListener

from domain.ids import SelectionId
from domain.orders import Side
from tests.venues.betfair.fake.world import AWAY, DRAW, HOME, MARKET, OTHER, Customer, Reader, World, limit
from venues.sim.images import levels
from venues.sim.lifecycle import close, remove_selection, reopen, suspend, turn_in_play
from venues.sim.settling import settle

RUNNERS = (HOME, AWAY, DRAW)
logging.getLogger("betfairlightweight").setLevel(logging.CRITICAL)


class Cache:
    """betfairlightweight's listener and its market books, fed with the lines of one reader."""

    def __init__(self, reader: Reader, operation: str = "marketSubscription", unique_id: int = 2) -> None:
        self.reader = reader
        self.listener = StreamListener(max_latency=None)
        self.listener.register_stream(unique_id, operation)

    def hear(self) -> int:
        """Feed what came; how many lines it was."""
        lines = self.reader.lines()
        for line in lines:
            assert self.listener.on_data(line.decode()) is not False
        return len(lines)

    def book(self, market: str = MARKET):
        (book,) = self.listener.snap([market])
        return book


def watching(fields: list[str] | None = None, **options) -> tuple[World, Cache]:
    world = World(**options)
    reader = Reader(world, Customer(world))
    cache = Cache(reader)
    data = {"fields": fields} if fields else {}
    reader.tell(op="marketSubscription", id=2, marketFilter={}, marketDataFilter=data)
    cache.hear()
    return world, cache


def theirs(book, runner: int, side: str) -> list[tuple[float, float]]:
    (found,) = [one for one in book.runners if one.selection_id == runner]
    return [(one.price, one.size) for one in getattr(found.ex, f"available_to_{side}")]


def ours(world: World, runner: int, resting: Side, depth: int | None = None) -> list[tuple[float, float]]:
    found = levels(world.exchange, MARKET, SelectionId(str(runner)), resting=resting, depth=depth)
    return [(price / 100, size / 1_000_000) for price, size in found]


def stir(world: World, seed: int):
    """Random bets of the crowd and of ours, one at a time, across a suspension and the turn in-play."""
    chance, customer = random.Random(seed), Customer(world)
    for n in range(120):
        if n in (40, 80):
            world.at_exchange(suspend)
            yield
            if n == 80:
                world.at_exchange(turn_in_play)
            world.at_exchange(reopen)
            yield
        side, runner = chance.choice(["BACK", "LAY"]), chance.choice(RUNNERS)
        price = chance.choice(["1.99", "2", "2.02", "2.04", "2.06", "3.5", "12", "1000"])
        if chance.random() < 0.2:
            customer.send("cancelOrders", marketId=MARKET)
        elif chance.random() < 0.3:
            customer.send("placeOrders", marketId=MARKET, instructions=[limit(f"{side} 2.13 @ {price}", runner=runner)])
        else:
            world.crowd(side, price, f"{chance.randint(100, 4_000) / 100:.2f}", runner=runner)
        yield
        world.pass_ms(chance.choice([0, 30, 900]))
        yield


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("fields", [["EX_MARKET_DEF", "EX_ALL_OFFERS"], ["EX_MARKET_DEF", "EX_BEST_OFFERS"]])
def test_an_independent_cache_holds_the_book_after_each_message(seed: int, fields: list[str]):
    world, cache = watching(fields)
    depth = None if "EX_ALL_OFFERS" in fields else 10
    messages = 0
    for _ in stir(world, seed):
        messages += cache.hear()
        book = cache.book()
        for runner in RUNNERS:
            assert theirs(book, runner, "back") == ours(world, runner, Side.LAY, depth)
            assert theirs(book, runner, "lay") == ours(world, runner, Side.BACK, depth)
        state = world.exchange.floor.markets[MARKET]
        assert (book.status, book.inplay) == (state.status.name, state.in_play)
    assert messages > 60


def test_ladder_levels_bound_the_ladders_that_count_levels():
    world = World()
    reader = Reader(world, Customer(world))
    cache = Cache(reader)
    data = {"fields": ["EX_MARKET_DEF", "EX_BEST_OFFERS"], "ladderLevels": 2}
    reader.tell(op="marketSubscription", id=2, marketFilter={}, marketDataFilter=data)
    for price in ("2", "2.02", "2.04"):
        world.crowd("LAY", price, "5")
    cache.hear()
    assert theirs(cache.book(), HOME, "back") == [(2.04, 5), (2.02, 5)]
    world.crowd("BACK", "2.04", "5")
    cache.hear()
    assert theirs(cache.book(), HOME, "back") == [(2.02, 5), (2.0, 5)]


def test_trades_count_both_sides_and_off_ladder_prices_do_not_come_up_here():
    world, cache = watching()
    world.crowd("LAY", "2", "2.96")
    world.crowd("BACK", "2", "1")
    world.crowd("BACK", "2", "1.96")
    cache.hear()
    book = cache.book()
    runner = book.runners[0]
    assert [(one.price, one.size) for one in runner.ex.traded_volume] == [(2, 5.92)]
    assert (runner.last_price_traded, runner.total_matched, book.total_matched) == (2, 5.92, 5.92)


def test_only_what_was_asked_for_is_told():
    world, cache = watching(["EX_LTP"])
    world.crowd("LAY", "2", "5")
    assert cache.hear() == 0, "no ladder was asked for"
    world.crowd("BACK", "2", "5")
    (message,) = cache.reader.messages()
    assert message["mc"] == [{"id": MARKET, "rc": [{"ltp": 2, "id": HOME}]}]


def test_every_change_of_the_market_is_a_whole_definition():
    world, cache = watching()
    expected = [
        (suspend, "SUSPENDED", False, 0),
        (turn_in_play, "SUSPENDED", True, 5),
        (reopen, "OPEN", True, 5),
        (suspend, "SUSPENDED", True, 5),
    ]
    versions = []
    for deed, status, in_play, delay in expected:
        world.at_exchange(deed)
        (message,) = cache.reader.messages()
        definition = message["mc"][0]["marketDefinition"]
        assert (definition["status"], definition["inPlay"], definition["betDelay"]) == (status, in_play, delay)
        versions.append(definition["version"])
    assert versions == list(range(versions[0], versions[0] + 4))


def test_a_removed_runner_is_named_with_its_factor_and_its_money_is_gone():
    world, cache = watching()
    world.crowd("LAY", "3", "5", runner=AWAY)
    world.crowd("LAY", "3", "5", runner=HOME)
    cache.hear()
    remove_selection(world.exchange, MARKET, SelectionId(str(AWAY)), world.now, factor_ppm=300_100)
    world.exchange.publish(world.now)
    cache.hear()
    book = cache.book()
    removed = book.runners[1]
    assert (removed.status, removed.adjustment_factor, book.number_of_active_runners) == ("REMOVED", 30.01, 2)
    assert removed.removal_date is not None
    assert theirs(book, HOME, "back") == theirs(book, AWAY, "back") == []


def test_a_settled_market_shows_its_winner_takes_its_volume_back_and_is_heard_no_more():
    world, cache = watching()
    world.crowd("LAY", "2", "5")
    world.crowd("BACK", "2", "5")
    world.at_exchange(close)
    cache.hear()
    assert cache.book().status == "SUSPENDED"
    home, away, draw = world.fake.books.markets[MARKET].runners
    settle(world.exchange, MARKET, {home: Fraction(0), away: Fraction(1), draw: Fraction(0)}, world.now)
    world.exchange.publish(world.now)
    (message,) = cache.reader.messages()
    (change,) = message["mc"]
    assert (change["rc"], change["tv"]) == ([{"trd": [[2, 0]], "ltp": 2, "tv": 0, "id": HOME}], 0)
    definition = change["marketDefinition"]
    assert (definition["status"], definition["numberOfActiveRunners"]) == ("CLOSED", 0)
    assert [one["status"] for one in definition["runners"]] == ["LOSER", "WINNER", "LOSER"]
    assert definition["settledTime"] == "2026-01-31T12:30:01.000Z"
    _, image = Reader(world, Customer(world)).watch_markets()
    assert [one["id"] for one in image["mc"]] == [OTHER]


def test_money_that_was_there_before_the_venue_opened_is_in_the_first_image():
    world = World()
    world.crowd("LAY", "2", "5")
    world.crowd("BACK", "2", "2")
    late = type(world.fake)(world.exchange, world.options, world.faults)
    runner = late.books.markets[MARKET].runners[SelectionId(str(HOME))]
    assert (runner.to_back.since(0), runner.traded.since(0)) == ([(200, 3_000_000)], [(200, 4_000_000)])
    assert (runner.last_price, runner.traded_micros) == (200, 4_000_000)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"marketIds": [MARKET]}, 1),
        ({"eventTypeIds": ["1"], "marketTypes": ["MATCH_ODDS"], "countryCodes": ["GB"]}, 2),
        ({"eventTypeIds": ["7"]}, 0),
        ({"countryCodes": ["IE"]}, 0),
        ({"bspMarket": True}, 0),
        ({"turnInPlayEnabled": True, "bettingTypes": ["ODDS"]}, 2),
        ({"marketIds": []}, 2),
    ],
)
def test_a_filter_narrows_what_is_watched(wanted, found: int):
    world = World()
    _, image = Reader(world, Customer(world)).watch_markets(marketFilter=wanted)
    assert len(image.get("mc", [])) == found
