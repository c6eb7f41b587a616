"""What a strategy is shown is what holds at the moment of the look, however little changed since the last."""

import msgspec
import pytest

from domain.markets import MarketStatus
from domain.messages import BooksChanged, BooksProven, InstrumentsListed, MarketChanged
from engine.prices import Prices
from engine.state import State
from engine.views import Views
from oms.waiting import Jumps
from tests.engine.runs import CONTRACTS, ODDS, ONE, STARTED, TWO
from tests.engine.streets import shown
from tests.engine.test_prices import SECOND, WHYS, prices

__all__ = ["prices"]


@pytest.fixture
def views(prices: Prices) -> Views:
    state = State(STARTED)
    state.apply(InstrumentsListed(ONE, (ODDS,)), 0)
    state.apply(InstrumentsListed(TWO, (CONTRACTS,)), 0)
    return Views(state, prices, lambda _venue, _now_ns: 9, cap_micros=0)


def why_not(views: Views, now_ns: int) -> str:
    """What the view of the one instrument says."""
    listings = views.listings(ODDS.listing.market, now_ns)
    return next(one.why_not for one in listings if one.instrument.id == ODDS.id)


@pytest.mark.parametrize(("why", "trouble"), WHYS)
def test_each_trouble_shows_at_the_next_look(views: Views, prices: Prices, why: str, trouble) -> None:
    prices.sessions[TWO].feed_ns = SECOND
    assert [why_not(views, SECOND) for _ in range(2)] == ["", ""]
    trouble(prices)
    assert why_not(views, SECOND) == why


def test_a_book_that_was_stale_is_shown_fresh_again(views: Views, prices: Prices) -> None:
    prices.sessions[TWO].feed_ns = 10 * SECOND
    assert why_not(views, SECOND) == ""
    assert why_not(views, 2 * SECOND + 1) == "book_stale"
    prices.books_proven(BooksProven(ONE), 2 * SECOND + 1)
    assert why_not(views, 2 * SECOND + 2) == ""


def test_a_bet_delay_is_shown_with_what_it_may_cost_while_the_event_runs(prices: Prices) -> None:
    state = State(STARTED)
    state.apply(InstrumentsListed(ONE, (ODDS,)), 0)
    jumpy = Views(state, prices, lambda _venue, _now_ns: 9, cap_micros=0, jumps=Jumps(500_000, 125_000_000))
    prices.sessions[TWO].feed_ns = SECOND
    costs = []
    for running, delay_ms in ((False, 5_000), (True, 5_000), (True, 0)):
        prices.market_changed(
            MarketChanged(ONE, ODDS.listing.venue_market, MarketStatus.OPEN, in_play=running, bet_delay_ms=delay_ms),
            None,
        )
        (view,) = jumpy.listings(ODDS.listing.market, SECOND)
        costs.append(view.delay_e9)
    assert costs == [0, 312_110, 0]


def test_where_everybody_looks_at_best_prices_only_deeper_changes_are_no_reason_to_look(prices: Prices) -> None:
    prices.best_only = True
    assert prices.books_changed(patched("1.98:40 | 2.04:50"), SECOND) == []
    assert prices.books_changed(patched("1.99:40 | 2.04:50"), SECOND) == [ODDS.id]


def patched(text: str) -> BooksChanged:
    """The same levels as a change of the book, not as a new one."""
    fact = shown(text)
    return msgspec.structs.replace(fact, books=[msgspec.structs.replace(fact.books[0], image=False)])
