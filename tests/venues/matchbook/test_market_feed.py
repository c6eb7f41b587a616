"""Polled events as facts: ticks, mirrors, what is told once and what is proven each time."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.book import Book
from domain.fees import NetWinFee, VolumeFee
from domain.ids import VenueMarketId, VenueName
from domain.markets import MarketStatus
from domain.messages import BooksChanged, BooksDoubted, InstrumentsListed, Levels, MarketChanged
from domain.odds import CLASSIC
from tests.venues.matchbook.desk import (
    AWAY,
    EVENT,
    HOME,
    MARKET,
    OTHER_MARKET,
    event,
    instrument,
    listing,
    market,
    offer,
    page,
    price,
    reply_of,
    runner,
    settings,
)
from venues.matchbook.events_codec import events_answer
from venues.matchbook.market_feed import MarketFeed
from venues.matchbook.offers_codec import offer_answer

VENUE = VenueName("matchbook")


class Feed:
    """A feed over two runners, polled by hand."""

    def __init__(self, **changes: Any) -> None:
        self.feed = MarketFeed(settings(**changes), [listing(HOME, 0), listing(AWAY, 1)])
        self.feed.set_fee(NetWinFee(rate_ppm=20_000))
        self.asked = 0

    def see(self, *events: dict[str, Any], asked: int | None = None, priced: bool = True) -> list[Any]:
        self.asked += 1
        read = events_answer(reply_of(page(*events))).events
        return self.feed.facts(read, self.asked if asked is None else asked, priced=priced)

    def learn(self, **changes: Any) -> None:
        self.feed.learn(offer_answer(reply_of(offer(**changes))))

    def home(self, *prices: dict[str, Any], **changes: Any) -> list[Any]:
        return self.see(event(market(runner(HOME, *prices), runner(AWAY), **changes)))


def books_of(facts: list[Any]) -> list[Levels]:
    return [levels for fact in facts if isinstance(fact, BooksChanged) for levels in fact.books]


def test_the_first_poll_lists_describes_and_pictures_a_market() -> None:
    listed, books, changed = Feed().home(price("back", 2.3, 38.81416), price("lay", 2.34, 5))
    assert isinstance(listed, InstrumentsListed)
    assert [one.id for one in listed.instruments] == [instrument(HOME), instrument(AWAY)]
    terms = listed.instruments[0].terms
    assert (terms.bands, terms.currency, terms.lot_micros, terms.size_min_micros) == (
        CLASSIC.bands,
        "EUR",
        10_000,
        100_000,
    )
    assert books.books == [
        Levels(instrument(HOME), [(114, 38_814_160)], [(116, 5_000_000)], image=True),
        Levels(instrument(AWAY), [], [], image=True),
    ]
    assert changed == MarketChanged(VENUE, VenueMarketId(str(MARKET)), MarketStatus.OPEN, in_play=False)


def test_what_has_not_changed_is_proven_and_not_told_again() -> None:
    feed = Feed()
    feed.home(price("back", 2.3))
    (books,) = feed.home(price("back", 2.3))
    assert books.books == [Levels(instrument(HOME), [], []), Levels(instrument(AWAY), [], [])]


def test_a_proof_makes_a_book_fresh_and_changes_nothing_in_it() -> None:
    feed, book = Feed(), Book(CLASSIC)
    book.apply(books_of(feed.home(price("back", 2.3, 7)))[0], 10)
    book.apply(books_of(feed.home(price("back", 2.3, 7)))[0], 20)
    assert (book.proven_ns, book.best_back, book.to_back[114], book.clean) == (20, 114, 7_000_000, True)


def test_a_changed_book_is_told_whole_and_the_others_are_proven() -> None:
    feed = Feed()
    feed.home(price("back", 2.3))
    changed, proven = books_of(feed.home(price("back", 2.32)))
    assert (changed.image, changed.to_back) == (True, [(115, 20_000_000)])
    assert proven.image is False


def test_an_answer_that_was_overtaken_is_thrown_away() -> None:
    feed = Feed()
    feed.home(price("back", 2.3))
    assert feed.see(event(market(runner(HOME, price("back", 9)))), asked=0) == []
    assert books_of(feed.home(price("back", 2.3)))[0].image is False


@pytest.mark.parametrize(
    ("side", "odds", "tick"),
    [
        ("back", 1.75187, 74),
        ("lay", 1.75187, 75),
        ("back", 2.31, 114),
        ("lay", 2.31, 115),
        ("back", 1000.5, 349),
        ("lay", 1.001, 0),
    ],
)
def test_a_mirrored_level_counts_at_the_next_price_that_is_worse_for_the_taker(
    side: str, odds: float, tick: int
) -> None:
    feed = Feed()
    levels = books_of(feed.home(price(side, odds, 3)))[0]
    assert (levels.to_back if side == "back" else levels.to_lay) == [(tick, 3_000_000)]
    assert (feed.feed.levels_moved, feed.feed.levels_dropped) == (1, 0)


@pytest.mark.parametrize(("side", "odds"), [("back", 1.005), ("lay", 1000.1)])
def test_a_level_beyond_the_ladder_is_left_out_and_counted(side: str, odds: float) -> None:
    feed = Feed()
    levels = books_of(feed.home(price(side, odds)))[0]
    assert (levels.to_back, levels.to_lay, feed.feed.levels_dropped) == ([], [], 1)


def test_levels_that_count_at_one_price_add_up() -> None:
    rows = price("back", 1.75, 2), price("back", 1.75187, 3), price("back", 1.759, 4)
    assert books_of(Feed().home(*rows))[0].to_back == [(74, 9_000_000)]


@given(
    st.lists(st.tuples(st.integers(101_000, 100_000_000), st.integers(0, 10**9)), max_size=8),
    st.lists(st.tuples(st.integers(101_000, 100_000_000), st.integers(0, 10**9)), max_size=8),
)
def test_nobody_can_take_at_a_better_price_or_more_than_is_shown(backs: list[Any], lays: list[Any]) -> None:
    rows = [price("back", odds / 100_000, size / 1_000) for odds, size in backs]
    rows += [price("lay", odds / 100_000, size / 1_000) for odds, size in lays]
    levels = books_of(Feed().home(*rows))[0]
    for tick, size in levels.to_back:
        assert size <= sum(s * 1_000 for odds, s in backs if odds >= CLASSIC.prices[tick] * 1_000)
    for tick, size in levels.to_lay:
        assert size <= sum(s * 1_000 for odds, s in lays if odds <= CLASSIC.prices[tick] * 1_000)


# --- states ---


@pytest.mark.parametrize("word", ["suspended", "closed", "graded", "paid", "frozen"])
def test_news_that_close_a_market_come_before_its_books(word: str) -> None:
    feed = Feed()
    feed.home(price("back", 2.3))
    changed, books = feed.home(price("back", 2.4), status=word)
    assert changed.status is (MarketStatus.CLOSED if word in ("closed", "graded", "paid") else MarketStatus.SUSPENDED)
    assert isinstance(books, BooksChanged)
    assert [type(fact) for fact in feed.home(price("back", 2.5))] == [BooksChanged, MarketChanged]


def test_the_markets_own_flag_says_whether_it_is_in_play() -> None:
    feed = Feed(in_play_delay_ms=7_000)
    feed.home()
    (changed,) = [fact for fact in feed.home(**{"in-running-flag": True}) if isinstance(fact, MarketChanged)]
    assert (changed.in_play, changed.bet_delay_ms) == (True, 7_000)
    feed.learn(delay=3)
    (changed,) = [fact for fact in feed.home(**{"in-running-flag": True}) if isinstance(fact, MarketChanged)]
    assert changed.bet_delay_ms == 3_000


def test_a_withdrawn_runner_is_removed_and_makes_a_new_version() -> None:
    feed = Feed()
    feed.home()
    gone = runner(AWAY, withdrawn=True, status="paid")
    changed = feed.see(event(market(runner(HOME), gone)))[-1]
    assert (changed.removed, changed.version, changed.results) == ((str(AWAY),), 1, {})


def test_a_market_that_is_missing_is_doubted_once_and_pictured_again() -> None:
    feed = Feed()
    feed.home(price("back", 2.3))
    assert feed.feed.followed.missing([EVENT], []) == [(EVENT, MARKET)]
    assert feed.feed.followed.missing([EVENT + 1], []) == []
    assert feed.feed.doubted([MARKET], "why") == [BooksDoubted(VENUE, (instrument(HOME), instrument(AWAY)), "why")]
    assert feed.feed.doubted([MARKET], "why") == []
    assert all(levels.image for levels in books_of(feed.home(price("back", 2.3))))


def test_a_market_that_cannot_be_read_is_doubted_and_the_others_go_on() -> None:
    feed = MarketFeed(settings(), [listing(HOME, 0), listing(7, 0, OTHER_MARKET)])
    feed.set_fee(NetWinFee(rate_ppm=20_000))
    other = market(runner(7), id=OTHER_MARKET)

    def see(odds: Any, asked: int) -> list[Any]:
        seen = event(market(runner(HOME, price("back", odds))), other)
        return feed.facts(events_answer(reply_of(page(seen))).events, asked)

    see(2.3, 1)
    for asked, odds in enumerate(("NaN", "sNaN", "1e999999999", "Infinity", "x", None), 2):
        doubted, books = see(odds, asked)
        assert doubted.instruments == (instrument(HOME),)
        assert [levels.instrument for levels in books.books] == [instrument(7, OTHER_MARKET)]
        assert see(2.3, asked)[-1].books[0].image is True


def test_after_an_outage_every_book_is_told_whole() -> None:
    feed = Feed()
    feed.home(price("back", 2.3))
    feed.feed.forget_books()
    assert [levels.image for levels in books_of(feed.home(price("back", 2.3)))] == [True, True]


# --- terms ---


def test_nothing_is_listed_before_the_accounts_commission_is_known() -> None:
    feed = MarketFeed(settings(), [listing(HOME, 0)])
    seen = events_answer(reply_of(page(event(market(runner(HOME, price("back", 2.3))))))).events
    assert not any(isinstance(fact, InstrumentsListed | BooksChanged) for fact in feed.facts(seen, 1))
    feed.set_fee(NetWinFee(rate_ppm=20_000))
    assert isinstance(feed.facts(seen, 2)[0], InstrumentsListed)


def test_a_commission_that_an_offer_tells_replaces_the_accounts_in_its_market() -> None:
    feed = Feed()
    feed.home()
    fee = VolumeFee(taker_ppm=15_000, maker_ppm=7_500)
    rates = {"originator-commission-rate": 0.0075, "acceptor-commission-rate": 0.015, "commission-type": "VOLUME"}
    feed.learn(**rates)
    feed.learn(**(rates | {"market-id": 1, "acceptor-commission-rate": 1}))
    feed.learn(**(rates | {"commission-type": "NEW"}))
    listed, books = feed.home()
    assert {one.terms.fee for one in listed.instruments} == {fee}
    assert all(levels.image for levels in books.books)


def test_a_quarter_line_is_not_traded() -> None:
    assert not any(isinstance(fact, InstrumentsListed) for fact in Feed().home(handicap=-0.25))
    assert any(isinstance(fact, InstrumentsListed) for fact in Feed().home(handicap=-0.5))


def test_a_listing_whose_runner_is_not_there_is_not_listed() -> None:
    (listed, *_) = Feed().see(event(market(runner(HOME))))
    assert [one.id for one in listed.instruments] == [instrument(HOME)]


def test_a_catalogue_page_describes_and_pictures_nothing() -> None:
    feed = Feed()
    assert feed.feed.followed.unfound() == {MARKET}
    facts = feed.see(event(market(runner(HOME), runner(AWAY))), priced=False)
    assert [type(fact) for fact in facts] == [InstrumentsListed, MarketChanged]
    assert (feed.feed.followed.unfound(), feed.feed.followed.events()) == (set(), ([EVENT], []))


def test_an_event_whose_markets_have_all_closed_is_over() -> None:
    feed = Feed()
    feed.home(status="graded")
    assert feed.feed.followed.events() == ([], [EVENT])
    feed.home()
    assert feed.feed.followed.events() == ([EVENT], [])


def test_a_market_that_becomes_another_is_told_as_other_terms() -> None:
    feed = Feed()
    (first, *_) = feed.home()
    assert first.instruments[0].terms.rules_hash
    (again, *_) = feed.home(name="Half Time Result")
    assert isinstance(again, InstrumentsListed)
    assert again.instruments[0].terms.rules_hash not in ("", first.instruments[0].terms.rules_hash)
