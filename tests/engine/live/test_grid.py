"""The grid and the ladder over a street under the hand: prices, edges, our quotes, and what a price means to us."""

from pathlib import Path

import pytest

from desk.views import LadderOf, LadderRow, MarketsOf, OutcomeRow, Place
from domain.book import Book
from domain.ids import EventId, MarketId
from domain.markets import Event, Market, MarketStatus
from domain.messages import BooksChanged, BooksDoubted, Channel, ChannelChanged, Levels, MarketChanged
from domain.odds import Ladder
from domain.orders import Side
from engine.live.grid import Grid
from engine.live.ladder import Ladders
from engine.live.moments import Moments
from engine.live.queue import Queue
from strategy.base import NOTHING
from tests.builders import book, facts
from tests.engine.runs import CONTRACTS, ODDS, ONE, TWO
from tests.engine.streets import Hand, quote, shown, status

UNIT = 1_000_000


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    return Hand(tmp_path).opened()


def contracts(text: str) -> BooksChanged:
    """A whole new book of venue two."""
    seen: Book = book(text, Ladder(CONTRACTS.terms.kind, CONTRACTS.terms.bands))
    to_back, to_lay = (seen.levels(to_back=side, depth=9) for side in (True, False))
    return BooksChanged(TWO, 0, [Levels(CONTRACTS.id, to_back, to_lay, image=True)])


def rows(hand: Hand) -> list[OutcomeRow]:
    grid = Grid(hand.state, hand.street.core.prices, Moments(hand.clock))
    return [*grid.rows(grid.page().markets, hand.clock.monotonic_ns())]


def home(hand: Hand) -> Place:
    return rows(hand)[0].places[0]


def ladders_of(hand: Hand) -> Ladders:
    prices = hand.street.core.prices
    return Ladders(hand.state, prices, Queue(hand.state, prices), Moments(hand.clock))


def ladder(hand: Hand, depth: int = 10) -> dict[str, LadderRow]:
    """By the first venue's price, or the second's where the first has none."""
    ladders = ladders_of(hand)
    return {row.cells[0].price or row.cells[1].price: row for row in ladders.rows(LadderOf("match", 0, depth))}


# ---- the grid ----


def test_each_venue_stands_beside_the_fair_value_with_its_edge_after_fees(hand: Hand) -> None:
    hand.tell(contracts("48:30 | 46:20"))
    row, *others = rows(hand)
    assert (row.id, row.event_name, row.market_name, row.outcome_name) == (
        "match#0", "Reds v Blues", "match_odds", "Reds",
    )  # fmt: skip
    assert (row.fair_micros, row.fair_model, row.fair_stale, row.status) == (500_000, "m", False, "open")
    assert row.fair_sigma_micros == 5_000  # 0.02 * 0.5 * 0.5
    one, two = row.places
    assert (one.venue, one.to_back, one.to_back_size_micros, one.to_lay) == ("one", "1.98", 50 * UNIT, "2.04")
    assert one.back_probability_micros == 505_050
    assert (one.back_edge_micros, one.lay_edge_micros) == (500_000 - 505_050, 490_196 - 500_000)
    assert (two.venue, two.to_back, two.to_lay, two.to_back_size_micros) == ("two", "48¢", "46¢", 30 * UNIT)
    assert two.back_edge_micros == 500_000 - 497_472  # 0.48 + 0.07 * 0.48 * 0.52
    assert two.lay_edge_micros == 442_612 - 500_000  # 0.46 - 0.07 * 0.46 * 0.54
    assert [other.places for other in others] == [(), ()], "nobody lists the other outcomes"


def test_a_place_that_may_not_be_traded_says_why_and_has_no_edge(hand: Hand) -> None:
    hand.tell(BooksDoubted(ONE, (), "gap"))
    assert (home(hand).why_not, home(hand).back_edge_micros, home(hand).to_back) == ("book_doubted", None, "1.98")
    hand.tell(ChannelChanged(ONE, Channel.ORDERS, up=False))
    assert home(hand).why_not == "session_down"
    hand.tell(status(MarketStatus.SUSPENDED))
    assert [row.status for row in rows(hand)] == ["open"] * 3, "the other venue is open still"


def test_a_value_whose_time_has_run_out_is_marked_and_gives_no_edge(hand: Hand) -> None:
    hand.later(60_001)
    hand.tell(shown("1.98:50 | 2.04:50"))
    assert rows(hand)[0].fair_stale
    assert home(hand).back_edge_micros is None


def test_our_quotes_are_marked_until_they_are_gone(hand: Hand) -> None:
    placed = hand.quoting(quote())
    (seen,) = home(hand).quotes
    assert (seen.ref, seen.side, seen.price, seen.remaining_micros) == (placed.ref, Side.BACK, "2.04", 10 * UNIT)
    hand.tell(*facts("timeout", placed.ref))
    assert home(hand).quotes[0].unknown is False, "it was accepted before"
    hand.wishes.wanted = NOTHING
    hand.tell(*facts("fill f1 10 at 5", placed.ref))
    assert home(hand).quotes == ()
    assert rows(hand)[0].if_win_micros > 0


def test_a_book_that_changed_at_its_best_is_told_anew_and_else_the_same_row(hand: Hand) -> None:
    grid = Grid(hand.state, hand.street.core.prices, Moments(hand.clock))
    before = [*grid.rows(grid.page().markets, hand.clock.monotonic_ns())]
    hand.tell(shown("1.98:50 | 2.04:50 2.06:10"))
    assert [*grid.rows(grid.page().markets, hand.clock.monotonic_ns())] == before
    hand.tell(shown("1.98:49 | 2.04:50"))
    assert [*grid.rows(grid.page().markets, hand.clock.monotonic_ns())] != before


def test_a_market_that_turns_in_play_is_told_at_once(hand: Hand) -> None:
    grid = Grid(hand.state, hand.street.core.prices, Moments(hand.clock))
    told = []
    for in_play in (False, True):
        hand.tell(MarketChanged(ONE, ODDS.listing.venue_market, MarketStatus.OPEN, in_play=in_play))
        row = next(grid.rows(grid.page().markets, hand.clock.monotonic_ns()))
        told.append((row.in_play, row.places[0].in_play))
    assert told == [(False, False), (True, True)]


def test_a_drift_of_the_fair_value_that_nobody_could_see_is_not_told(hand: Hand) -> None:
    grid = Grid(hand.state, hand.street.core.prices, Moments(hand.clock))
    told = []
    for sequence, p in enumerate((0.5, 0.50004, 0.50006, 0.50010), 2):
        hand.tell(hand.valued(p, sequence=sequence))
        told.append(next(grid.rows(grid.page().markets, hand.clock.monotonic_ns())).fair_micros)
    assert told == [500_000, 500_000, 500_060, 500_060]


# ---- pages ----


def many(hand: Hand, count: int = 150) -> Grid:
    """A desk of so many markets, one in each event, the last to start the first by name; and the hand's own."""
    events = tuple(Event(EventId(f"e{n:03d}"), f"Home {n} v Away {n}", count - n) for n in range(count))
    kinds = ("match_odds", "over_under_25")
    markets = tuple(
        Market(MarketId(f"m{n:03d}"), event.id, kinds[n % 2], ("yes", "no")) for n, event in enumerate(events)
    )
    hand.state.events |= {event.id: event for event in events}
    hand.state.markets |= {market.id: market for market in markets}
    return Grid(hand.state, hand.street.core.prices, Moments(hand.clock))


def test_every_market_stands_on_one_page_and_no_other(hand: Hand) -> None:
    grid = many(hand)
    pages = [grid.page(MarketsOf(first=first)) for first in (0, 60, 120, 180)]
    assert [len(page.markets) for page in pages] == [60, 60, 31, 0]
    assert {page.found for page in pages} == {151}
    assert {market.id for page in pages for market in page.markets} == set(hand.state.markets)


def test_markets_with_money_of_ours_stand_on_the_first_page_whenever_they_start(hand: Hand) -> None:
    many(hand)
    hand.state.events[EventId("cup")] = Event(EventId("cup"), "Reds v Blues", 9_999)
    grid = Grid(hand.state, hand.street.core.prices, Moments(hand.clock))
    first, last = MarketsOf(), MarketsOf(first=120)
    assert "match" in {market.id for market in grid.page(last).markets}
    hand.quoting(quote())
    assert "match" in {market.id for market in grid.page(first).markets}
    assert "match" not in {market.id for market in grid.page(last).markets}


@pytest.mark.parametrize(
    ("words", "found"),
    [("away 77", 1), ("HOME 14", 12), ("match odds", 76), ("yes 8 over", 5), ("reds open", 1), ("suspended", 0)],
)
def test_words_are_looked_for_in_all_markets_there_are(hand: Hand, words: str, found: int) -> None:
    page = many(hand).page(MarketsOf(words, count=5))
    assert (page.found, len(page.markets)) == (found, min(found, 5))


# ---- the ladder ----


def test_a_ladder_holds_every_venues_prices_side_by_side(hand: Hand) -> None:
    hand.tell(contracts("50:30 | 49:20"))
    seen = ladder(hand)
    both = seen["2.00"]
    assert [(cell.venue, cell.price) for cell in both.cells] == [("one", "2.00"), ("two", "50¢")]
    assert both.is_fair
    assert (both.cells[1].to_back_size_micros, both.cells[0].to_back_size_micros) == (30 * UNIT, 0)
    assert (seen["1.98"].cells[0].to_back_size_micros, seen["1.98"].cells[1].price) == (50 * UNIT, "")
    assert (seen["2.04"].cells[0].to_lay_size_micros, seen["2.04"].probability_micros) == (50 * UNIT, 490_196)
    chances = [row.probability_micros for row in seen.values()]
    assert chances == sorted(chances, reverse=True), "the shortest odds come first"
    assert len(chances) == 20


def test_a_price_says_what_we_would_have_once_our_orders_up_to_it_are_matched(hand: Hand) -> None:
    hand.quoting(quote(204, "10"))
    seen = ladder(hand)
    assert seen["2.04"].cells[0].quotes[0].price == "2.04"
    assert seen["2.02"].if_win_micros == 0
    assert seen["2.04"].if_win_micros == 13 * UNIT  # 10 GBP at 1.25 to win 1.04 times as much
    assert seen["2.06"].if_win_micros == 13 * UNIT


def test_a_price_says_what_is_left_if_we_closed_there(hand: Hand) -> None:
    placed = hand.quoting(quote(204, "10"))
    hand.wishes.wanted = NOTHING
    hand.tell(*facts("fill f1 10 at 5", placed.ref))  # at 2.00: 12.50 USD to win as much
    seen = ladder(hand)
    assert seen["2.00"].if_closed_micros == 0
    assert seen["1.98"].if_closed_micros == -12_500_000 + 25 * 505_050_505 // 1_000
    assert seen["2.04"].if_closed_micros < 0


def test_the_middle_of_a_ladder_stays_until_the_market_has_left_it(hand: Hand) -> None:
    ladders = ladders_of(hand)
    of = LadderOf("match", 0, 10)
    before = [row.id for row in ladders.rows(of)]
    hand.tell(hand.valued(0.495, sequence=5))
    assert [row.id for row in ladders.rows(of)] == before
    hand.tell(hand.valued(0.40, sequence=6))
    moved = list(ladders.rows(of))
    assert [row.id for row in moved] != before
    assert [row.odds for row in moved if row.is_fair] == ["2.50"]


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (LadderOf("x"), "market = 'x'"),
        (LadderOf("match", 3), "outcome = 3: match has outcomes 0 to 2"),
        (LadderOf("match", 0, 101), "depth = 101: must lie in 1 to 100"),
        (LadderOf("match", 2, 1), ""),
    ],
)
def test_a_ladder_that_there_is_not_is_named(hand: Hand, of: LadderOf, said: str) -> None:
    ladders = ladders_of(hand)
    assert said in ladders.objection(of)
    assert bool(ladders.objection(of)) is bool(said)
    if not said:
        assert [*ladders.rows(of)] == [], "nobody lists it"
