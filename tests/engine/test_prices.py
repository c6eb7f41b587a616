"""Why an instrument may not be traded now, and what moves on its own."""

import pytest

from domain.ids import EventId
from domain.markets import MarketStatus
from domain.messages import BooksDoubted, BooksProven, Channel, ChannelChanged
from domain.venue_notes import AttestationTold, FuseState, FuseTold
from engine.prices import Prices
from tests.builders import capabilities
from tests.engine.runs import CONTRACTS, ODDS, ONE, TWO
from tests.engine.streets import shown, status

SECOND = 1_000_000_000


@pytest.fixture
def prices() -> Prices:
    """Two venues, venue one in order at second 1."""
    prices = Prices({ONE: capabilities("one"), TWO: capabilities("two")})
    prices.list_instrument(ODDS)
    prices.list_instrument(CONTRACTS)
    for channel in Channel:
        prices.channel_changed(ChannelChanged(ONE, channel, up=True))
    prices.market_changed(status(), None)
    prices.books_changed(shown("1.98:50 | 2.04:50"), SECOND)
    prices.sessions[ONE].proven = True
    return prices


def quarantine(prices: Prices) -> None:
    prices.quarantined.add((ONE, ODDS.listing.venue_market))


WHYS = [
    ("", lambda p: None),
    ("session_down", lambda p: p.channel_changed(ChannelChanged(ONE, Channel.REQUESTS, up=False))),
    ("session_unproven", lambda p: p.channel_changed(ChannelChanged(ONE, Channel.REQUESTS, up=True))),
    ("session_unproven", lambda p: setattr(p.sessions[ONE], "stopped", True)),
    ("fuse_blown", lambda p: setattr(p.sessions[ONE], "fuse", FuseTold(ONE, FuseState.BLOWN))),
    ("", lambda p: setattr(p.sessions[ONE], "fuse", FuseTold(ONE, FuseState.HELD))),
    ("not_attested", lambda p: setattr(p.sessions[ONE], "attested", AttestationTold(ONE, 1, -1))),
    ("", lambda p: setattr(p.sessions[ONE], "attested", AttestationTold(ONE, 1, 0))),
    ("quarantined", quarantine),
    ("market_not_open", lambda p: p.market_changed(status(MarketStatus.SUSPENDED), None)),
    ("selection_removed", lambda p: p.market_changed(status(removed=(ODDS.listing.selection,)), None)),
    ("book_doubted", lambda p: p.books_doubted(BooksDoubted(ONE, (ODDS.id,), "gap"))),
    ("book_doubted", lambda p: p.books_doubted(BooksDoubted(ONE, (), "everything"))),
    ("book_crossed", lambda p: p.books_changed(shown("2.04:50 | 1.98:50"), SECOND)),
]


@pytest.mark.parametrize(("why", "trouble"), WHYS)
def test_each_trouble_has_its_own_word(prices: Prices, why: str, trouble) -> None:
    trouble(prices)
    assert prices.why_not_tradable(ODDS, SECOND) == why


def test_a_market_nobody_spoke_of_is_not_open(prices: Prices) -> None:
    prices.statuses.clear()
    assert prices.why_not_tradable(ODDS, SECOND) == "market_not_open"


def test_a_book_is_stale_one_nanosecond_after_its_time(prices: Prices) -> None:
    assert prices.why_not_tradable(ODDS, 2 * SECOND) == ""
    assert prices.why_not_tradable(ODDS, 2 * SECOND + 1) == "book_stale"
    prices.books_proven(BooksProven(ONE), 2 * SECOND)
    assert prices.why_not_tradable(ODDS, 3 * SECOND) == ""


def test_a_polled_book_is_fresh_only_by_its_own_poll() -> None:
    polled = capabilities("one")
    prices = Prices({ONE: type(polled)(**{f: getattr(polled, f) for f in polled.__struct_fields__} | {"polled": True})})
    prices.list_instrument(ODDS)
    prices.books_changed(shown("1.98:50 | 2.04:50"), SECOND)
    assert prices.sessions[ONE].feed_ns == 0
    assert prices.proven_ns(ODDS) == SECOND


def test_an_image_heals_a_doubted_and_an_uncrossed_one_a_crossed_book(prices: Prices) -> None:
    prices.books_doubted(BooksDoubted(ONE, (), "gap"))
    prices.books_changed(shown("2.04:50 | 1.98:50"), SECOND)
    prices.books_changed(shown("1.98:50 | 2.04:50"), SECOND)
    assert prices.why_not_tradable(ODDS, SECOND) == ""


def test_an_epoch_passes_with_each_material_change_and_with_nothing_else(prices: Prices) -> None:
    cup = EventId("cup")
    changes = [
        (status(), 0),
        (status(bet_delay_ms=5), 0),
        (status(MarketStatus.SUSPENDED), 1),
        (status(MarketStatus.SUSPENDED), 1),
        (status(), 2),
        (status(version=3), 3),
    ]
    for change, epoch in changes:
        prices.market_changed(change, cup)
        assert prices.epochs[cup] == epoch


def test_a_change_of_the_ladder_starts_a_new_book(prices: Prices) -> None:
    before = prices.books[ODDS.id]
    prices.list_instrument(ODDS)
    assert prices.books[ODDS.id] is before
    assert prices.instruments_of(ONE) == [ODDS.id]


def test_venues_are_reached_one_by_one(prices: Prices) -> None:
    assert prices.reachable_venues() == {ONE}
    assert prices.is_proven(ODDS.listing)
    quarantine(prices)
    assert not prices.is_proven(ODDS.listing)
