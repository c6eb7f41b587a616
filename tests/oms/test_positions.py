"""Positions: the matched parts of all orders, added up the ways people ask for them."""

import pytest

from domain.ids import MarketId, SelectionId, VenueMarketId, VenueName
from domain.markets import Result
from oms.positions import FLAT
from tests.builders import fill, instrument, place
from tests.oms.books import Books, filled

HOME, AWAY, ABROAD = "one/match/home", "one/match/away", "two/m/h"
ONE, MATCH = VenueName("one"), VenueMarketId("match")
LISTED = [
    instrument(HOME, outcome=0),
    instrument(AWAY, outcome=1),
    instrument(ABROAD, outcome=0, currency="USD"),
    instrument("three/m/h", outcome=0),
]


@pytest.fixture
def books() -> Books:
    return Books(*LISTED)


def test_backs_hold_claims_and_lays_give_them(books: Books) -> None:
    books.bet("BACK 10 @ 3.00")
    books.bet("LAY 10 @ 2.50", ref="r2")
    held = books.held()
    assert (held.claims_micros, held.cost_micros, held.bets) == (5_000_000, 0, 2)
    assert (held.if_win_micros, held.if_lose_micros, held.pairs_micros) == (5_000_000, 0, 25_000_000)


def test_only_matched_size_is_a_position(books: Books) -> None:
    books.records(place("BACK 10 @ 3.00"), "accept; cancelled c1 10")
    assert books.held() == FLAT
    assert books.positions.in_market(MarketId("match")) == []


@pytest.mark.parametrize("side", ["BACK", "LAY"])
def test_a_void_takes_the_bet_out_again(books: Books, side: str) -> None:
    books.bet(f"{side} 10 @ 3.00")
    books.records("voided v1 matched 10")
    assert books.held() == FLAT


def test_a_fee_is_part_of_the_position_and_not_of_its_result(books: Books) -> None:
    books.records(place("BACK 10 @ 3.00"), filled(fill("f", "10", price="3.00", fee="0.20")))
    assert (books.held().fee_micros, books.held().if_lose_micros) == (200_000, -10_000_000)


def test_the_fee_of_a_match_whose_void_was_told_first_counts_too(books: Books) -> None:
    books.records(place("BACK 10 @ 3.00"), "voided v1 matched 4", filled(fill("f1", "4", price="3.00", fee="0.08")))
    assert books.held().fee_micros == 80_000
    books.records(filled(fill("f2", "6", price="3.00", fee="0.12")))
    assert books.held().fee_micros == 200_000


def test_outcomes_add_up_over_venues_but_not_over_currencies(books: Books) -> None:
    books.bet("BACK 10 @ 3.00")
    books.bet("BACK 4 @ 3.00", on="three/m/h", ref="r2")
    books.bet("BACK 7 @ 2.00", on=ABROAD, ref="r3")
    books.bet("LAY 5 @ 2.00", on=AWAY, ref="r4")
    by_outcome = books.positions.by_outcome(MarketId("match"))
    assert {key: (held.claims_micros, held.cost_micros) for key, held in by_outcome.items()} == {
        (0, "GBP"): (42_000_000, 14_000_000),
        (0, "USD"): (14_000_000, 7_000_000),
        (1, "GBP"): (-10_000_000, -5_000_000),
    }


def test_a_settled_venue_market_is_no_longer_at_risk_elsewhere_it_still_is(books: Books) -> None:
    books.bet("BACK 10 @ 3.00")
    books.bet("BACK 7 @ 2.00", on=ABROAD, ref="r2")
    books.positions.settle(ONE, MATCH)
    assert [i.id for i, _ in books.positions.in_market(MarketId("match"))] == [ABROAD]
    assert books.held().bets == 1, "a correction may still need it"


@pytest.mark.parametrize(
    ("home", "away", "profit"),
    [
        (Result.WON, Result.LOST, 20_000_000 + 5_000_000),
        (Result.LOST, Result.WON, -10_000_000 - 10_000_000),
        (Result.VOID, Result.WON, -10_000_000),
        (Result.VOID, Result.VOID, 0),
        (Result.LOST, Result.LOST, -10_000_000 + 5_000_000),
    ],
)
def test_expected_profit_follows_the_results(books: Books, home: Result, away: Result, profit: int) -> None:
    books.bet("BACK 10 @ 3.00")
    books.bet("LAY 5 @ 3.00", on=AWAY, ref="r2")
    results = {SelectionId("home"): home, SelectionId("away"): away}
    assert books.positions.expected_profit_micros(ONE, MATCH, results) == profit


def test_nothing_is_expected_where_a_result_is_missing(books: Books) -> None:
    books.bet("BACK 10 @ 3.00")
    assert books.positions.expected_profit_micros(ONE, MATCH, {SelectionId("away"): Result.WON}) is None
    books.records("voided v1 matched 10")
    assert books.positions.expected_profit_micros(ONE, MATCH, {}) == 0, "nothing is held there any more"
