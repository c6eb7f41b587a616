"""Several market streams, and the check that asks for books beside them: against the exchange, byte for byte."""

import json
from fractions import Fraction
from typing import Any

import pytest

from domain.book import Book
from domain.ids import SelectionId, VenueMarketId
from domain.messages import BooksChanged, BooksDoubted, Channel, ChannelChanged, MarketChanged, OrderAccepted
from domain.odds import CLASSIC
from tests.venues.betfair.fake.world import AWAY, DRAW, HOME, MARKET, MS, OTHER
from tests.venues.betfair.test_with_fake import Together, bet, of
from venues.betfair.cross_check import priced_answer
from venues.betfair.market_codec import MarketChange, RunnerChange
from venues.betfair.rpc import decode_answer
from venues.betfair.rules import MARKETS_PER_PRICED_BOOK, MARKETS_PER_STREAM
from venues.betfair.stream import Step
from venues.betfair.streamed import NEWS_MAX, Streamed
from venues.errors import PeerBroke
from venues.sim import lifecycle
from venues.sim.faults import Danger, Profile, Strike
from venues.sim.settling import Payouts, settle

MANY = tuple(VenueMarketId(f"1.{300_000_000 + n}") for n in range(2 * MARKETS_PER_STREAM + 3))
FIRST, LAST = MANY[0], MANY[-1]
STALE_MS = 1_000
"""Two heartbeats of half a second, after which a book without proof is not traded on."""
PULLED_MS = 250
"""Source: RELIABILITY, numbers under load: feed lost -> quotes pulled."""

DENYING = 3
"""A seed under which the heartbeats of a frozen feed say nothing of it."""


def instrument(market: VenueMarketId) -> str:
    return f"betfair/{market}/{HOME}"


def frozen(ms: int, *, skip: int = 0) -> Profile:
    """The feed of the market stream stands still for so long, and its heartbeats deny it."""
    planned = (Strike(Danger.FEED_FROZEN, doing="books", skip=skip),)
    return Profile("frozen", planned=planned, frozen_ms=(ms, ms))


def shelf(facts: list[Any], market: VenueMarketId = MARKET, known: Book | None = None) -> Book:
    """The book that whoever hears these facts has of the first runner."""
    book = known or Book(CLASSIC)
    for fact in facts:
        for levels in fact.books if isinstance(fact, BooksChanged) else ():
            if levels.instrument == instrument(market):
                book.apply(levels, 0)
        if isinstance(fact, BooksDoubted) and (not fact.instruments or instrument(market) in fact.instruments):
            book.doubt()
    return book


def until_doubted(both: Together, market: VenueMarketId = MARKET, *, most_ms: int = 20_000) -> int:
    """After how many milliseconds the books of a market were doubted."""
    for ms in range(0, most_ms, 10):
        if any(instrument(market) in one.instruments for one in of(both.run(10), BooksDoubted)):
            return ms + 10
    raise AssertionError(f"not doubted within {most_ms} ms")


# --- the check ---


def test_a_feed_that_is_frozen_behind_good_heartbeats_is_doubted_within_the_limit_and_right_again_after_it():
    both = Together(seed=DENYING)
    both.world.crowd("LAY", "2.50", "40")
    facts = both.run(5_000)
    assert shelf(facts).clean
    both.world.faults.profile = frozen(13_000)
    both.world.crowd("LAY", "2.60", "30")
    assert until_doubted(both) <= STALE_MS + PULLED_MS
    assert both.world.faults.fired[Danger.FEED_FROZEN] == 1
    book = shelf(both.run(2_000))
    assert book.clean, "the renewed stream was found to be right"
    assert book.ladder.price(book.best_back) == 260


def test_a_match_that_only_the_other_road_tells_of_is_a_lag_though_the_best_prices_are_the_same():
    both = Together(seed=DENYING)
    both.world.crowd("LAY", "2.50", "40")
    both.run(5_000)
    both.world.faults.profile = frozen(13_000)
    both.world.crowd("BACK", "2.50", "10")
    (doubted,) = [one for one in of(both.run(3_000), BooksDoubted) if one.instruments]
    assert "moved" in doubted.reason


@pytest.mark.parametrize("price", ["NaN", 1e300, -1])
def test_a_price_that_is_none_ends_the_look_that_shows_it_and_no_more(price):
    runner = {"selectionId": 1, "ex": {"availableToLay": [{"price": price}]}}
    body = {"result": [{"marketId": "1", "status": "OPEN", "runners": [runner]}]}
    with pytest.raises(PeerBroke):
        decode_answer(json.dumps(body).encode(), priced_answer)


def test_a_suspension_that_the_stream_keeps_back_is_a_lag():
    both = Together(seed=DENYING)
    both.run(5_000)
    both.world.faults.profile = frozen(13_000)
    both.world.at_exchange(lifecycle.suspend)
    facts = both.run(1_500)
    assert "version" in next(one.reason for one in of(facts, BooksDoubted))
    assert [one.status.name for one in of(facts, MarketChanged)] == ["SUSPENDED"], "told by the renewed stream"


def test_a_stream_that_stays_behind_is_not_believed_though_it_sends_images():
    both = Together(seed=DENYING)
    both.world.crowd("LAY", "2.50", "40")
    both.run(5_000)
    book = shelf(both.run(100))
    lies = Lying(both)
    lies.begin()
    both.world.crowd("LAY", "2.60", "30")
    facts = both.run(25_000)
    assert not shelf(facts, known=book).clean, "images that the other road contradicts end no doubt"
    assert len(lies.images) >= 2, "an image was asked for, and another one later"
    lies.end()
    assert shelf(both.run(15_000), known=book).clean
    assert book.ladder.price(book.best_back) == 260


class Lying:
    """A stream whose source is behind: no change of prices comes, and images are of what was once."""

    def __init__(self, both: Together) -> None:
        self.images: list[int] = []
        self._both = both

    def begin(self) -> None:
        self._both.pipes.edit = self._edit

    def end(self) -> None:
        self._both.pipes.edit = lambda data: data

    def _edit(self, data: bytes) -> bytes:
        if b'"op":"mcm"' not in data or b'"mc":' not in data:
            return data
        if b"SUB_IMAGE" not in data:
            return b""
        self.images.append(self._both.now)
        message = json.loads(data)
        for one in message["mc"]:
            one["rc"] = [{"id": HOME, "atb": [], "atl": [[2.5, 40]]}]
        return json.dumps(message).encode() + b"\r\n"


@pytest.mark.parametrize("delay_ms", [1, 150, 399])
def test_a_stream_that_is_a_little_behind_is_not_doubted(delay_ms: int):
    both = Together(order_lag_ms=(0, 0), reply_lag_ms=(delay_ms, delay_ms))
    told = both.run(3_000)
    for n in range(60):
        both.world.crowd("LAY", f"{2.4 + 0.02 * (n % 12):.2f}", "5")
        both.world.crowd("BACK", f"{2.4 + 0.02 * (n * 5 % 12):.2f}", "5")
        told += both.run(20 + 37 * (n % 5))
    assert of(told, BooksDoubted) == []


def test_a_desk_that_was_too_busy_to_read_the_stream_hears_it_before_it_judges():
    both = Together(said={"heartbeat_ms": 5_000})
    both.world.crowd("LAY", "2.50", "40")
    both.run(5_000)
    unread: list[bytes] = []
    asked: list[bytes] = []

    def lie_there(data: bytes) -> bytes:
        asked.extend([data] * (b"EX_BEST_OFFERS" in data))
        is_news = b'"op":"mcm"' in data and b'"mc":' in data
        unread.extend([data] * is_news)
        return b"" if is_news else data

    both.pipes.edit = lie_there
    both.world.crowd("LAY", "2.60", "40")
    while not asked:
        both.run(10)
    both.world.now += 1_000 * MS
    both.venue.on_time(both.now)
    assert of(both.facts, BooksDoubted) == []
    both.pipes.edit = lambda data: data
    both.venue._streams[0].received(b"".join(unread), both.now)
    assert of(both.run(3_000), BooksDoubted) == []


def test_markets_with_bets_are_looked_at_each_time_and_the_others_in_turn():
    both = Together(markets=MANY, mapped=MANY)
    both.run(3_000)
    assert of(both.send(bet(instrument=instrument(LAST))), OrderAccepted)
    asked = looks(both)
    both.run(11 * 500)
    assert all(len(markets) == MARKETS_PER_PRICED_BOOK for markets in asked)
    assert all(LAST in markets for markets in asked)
    assert set().union(*asked) == set(MANY)


def looks(both: Together) -> list[list[str]]:
    """The markets of every look from now on; the weight of each is the venue's to judge."""
    found: list[list[str]] = []

    def read(data: bytes) -> bytes:
        if b"EX_BEST_OFFERS" in data:
            found.append(json.loads(data.partition(b"\r\n\r\n")[2])["params"]["marketIds"])
        return data

    both.pipes.edit = read
    return found


def test_books_are_written_in_late_and_come_out_as_they_were_told_whatever_their_number():
    told = Streamed()
    for n in range(NEWS_MAX + 10):
        back, gone = (2.0 + n % 50 / 100, 5.0 + n), (2.0 + (n + 25) % 50 / 100, 0.0)
        row = RunnerChange(id=HOME, atb=[back, gone], atl=[(float("inf"), 1.0), (3.0, 4.0)])
        told.heard([MarketChange(id=MARKET, rc=[row])], n, n, image=False, absent=())
    assert told.blurred_ns > 0, "too many came to keep them apart"
    (image,) = told.images([MARKET, OTHER])
    rows = image.rc or []
    assert [len(one.atb or []) for one in rows] == [25]
    assert [one.atl for one in rows] == [[(3.0, 4.0)]]
    told.heard([], 1, 1, image=True, absent=[MARKET])
    assert told.images([MARKET]) == []


def test_nobody_keeps_books_that_nobody_asks_for():
    told = Streamed(keeps=False)
    told.heard([MarketChange(id=MARKET, rc=[])], 1, 1, image=False, absent=())
    assert told.images([MARKET]) == []


def test_without_the_check_nothing_is_asked():
    both = Together(said={"cross_check_ms": 0})
    both.run(2_000)
    asked = looks(both)
    both.run(5_000)
    assert asked == []


# --- several streams ---


def opened(**said: Any) -> tuple[Together, dict[str, Book]]:
    both = Together(markets=MANY, mapped=MANY, said=said)
    for market in (FIRST, LAST):
        both.world.crowd("LAY", "2.50", "40", market=market)
    told = both.run(3_000)
    return both, {market: shelf(told, market) for market in (FIRST, LAST)}


def test_more_markets_than_a_stream_takes_are_spread_over_several():
    both, books = opened()
    assert [stream._step for stream in both.venue._streams] == [Step.FOLLOWING] * 4, "three of markets, one of orders"
    assert all(book.clean for book in books.values())
    assert of(both.send(bet(instrument=instrument(LAST))), OrderAccepted)


def test_of_several_streams_the_one_that_breaks_has_its_own_markets_doubted_and_goes_on_where_it_was():
    both, books = opened(cross_check_ms=0)
    first, _, _, last = both.venue._streams
    clocks = [stream._thread.clocks for stream in (first, last)]
    assert all(clocks)
    assert clocks[0] != clocks[1], "each has clocks of its own"
    last.lose("broken", both.now)
    told = both.run(0)
    assert of(told, ChannelChanged) == [], "the feed is up: other streams carry it"
    assert not shelf(told, LAST, books[LAST]).clean
    assert shelf(told, FIRST, books[FIRST]).clean
    both.world.crowd("LAY", "2.60", "10", market=LAST)
    told = both.run(3_000)
    assert last._step is Step.FOLLOWING
    assert last._is_patched, "it went on from its clocks"
    back = shelf(told, LAST, books[LAST])
    assert back.clean, "what the patch left right is told anew"
    assert back.ladder.price(back.best_back) == 260


def test_the_feed_is_down_once_all_of_several_streams_are():
    both, books = opened()
    for stream in both.venue._streams:
        stream.lose("broken", both.now)
    (down,) = [one for one in of(both.run(0), ChannelChanged) if one.channel is Channel.MARKET_DATA]
    assert not down.up
    told = both.run(5_000)
    assert all(shelf(told, market, books[market]).clean for market in (FIRST, LAST))


def test_with_too_few_connections_our_orders_come_first_and_the_rest_stays_doubted():
    both = Together(markets=MANY, mapped=MANY, connections_max=2)
    both.world.crowd("LAY", "2.50", "40", market=FIRST)
    both.world.crowd("LAY", "2.50", "40", market=LAST)
    told = both.run(5_000)
    assert [stream._step is Step.FOLLOWING for stream in both.venue._streams] == [True, True, False, False]
    assert shelf(told, FIRST).clean
    assert not shelf(told, LAST).clean


def test_a_market_that_closed_while_its_stream_was_away_is_asked_for_and_no_other():
    both, _ = opened(cross_check_ms=0)
    last = both.venue._streams[-1]
    last.renew()
    lifecycle.close(both.world.exchange, LAST, both.now)
    payouts: Payouts = {SelectionId(str(one)): Fraction(one == DRAW) for one in (HOME, AWAY, DRAW)}
    settle(both.world.exchange, LAST, payouts, both.now)
    both.world.exchange.publish(both.now)
    told = both.run(3_000)
    assert [one.venue_market for one in of(told, MarketChanged)] == [LAST]
    doubted = {one for fact in of(told, BooksDoubted) for one in fact.instruments}
    assert doubted == {f"betfair/{LAST}/{runner}" for runner in (HOME, AWAY, DRAW)}
