"""Whose profit it was: every share adds up to the ledger's own accounts, whatever happens to the orders."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.fees import NetWinFee
from domain.ids import EventId, SelectionId, VenueMarketId, VenueName
from domain.markets import Result
from domain.messages import MarketSettled
from domain.money import parse_micros
from oms.attribution import NOBODY, Attribution, shared
from tests.builders import facts, fill, instrument, place
from tests.oms.books import Books, filled

ONE, CUP = VenueName("one"), EventId("cup")
HOME, AWAY = instrument(), instrument("one/match/away", fee=NetWinFee(rate_ppm=50_000), outcome=1)


class Told:
    """Books, and the shares beside them."""

    def __init__(self) -> None:
        self.books = Books(HOME, AWAY)
        self.shares = Attribution()

    def records(self, *bodies: Any) -> None:
        for body in bodies:
            before = len(self.books.settlements)
            for change in self.books.records(body):
                self.shares.apply(change, HOME if change.after.instrument == HOME.id else AWAY, CUP)
            for settlement in self.books.settlements[before:]:
                self.shares.settle(settlement, CUP)

    def bet(self, text: str, ref: str, strategy: str, *, on: str = "one/match/home", fee: str = "0") -> None:
        _, size, _, price = text.split()
        match = filled(fill(f"f{ref}", size, price=price, fee=fee), ref)
        self.records(place(text, on=on, ref=ref, strategy=strategy), match)

    def of(self, strategy: str) -> tuple[int, int]:
        made = self.shares.by_strategy[ONE, strategy]  # type: ignore[index]
        return made.settled_micros, made.fees_micros

    def adds_up(self) -> None:
        """Both lists of shares come to what the ledger holds, to the millionth."""
        books = self.books.balances()
        profit = -books.get("pnl", 0), books.get("fees", 0) + books.get("fee_rounding", 0)
        for made in (self.shares.by_strategy, self.shares.by_event):
            shares = [*made.values()]
            found = sum(one.settled_micros for one in shares), sum(one.fees_micros for one in shares)
            assert found == profit


@pytest.fixture
def told() -> Told:
    return Told()


def statement(name: str, profit: str, commission: str = "0", **results: Result) -> MarketSettled:
    found = {SelectionId(selection): result for selection, result in results.items()}
    return MarketSettled(ONE, VenueMarketId("match"), name, parse_micros(profit), parse_micros(commission), found)


def test_each_has_what_its_own_matches_came_to_and_pays_by_what_it_won(told: Told) -> None:
    told.bet("BACK 10 @ 3.00", "r1", "maker", fee="0.25")
    told.bet("LAY 4 @ 3.00", "r2", "taker")
    told.bet("BACK 5 @ 2.00", "r3", "taker", on="one/match/away")
    told.records(statement("s1", "7", "0.35", home=Result.WON, away=Result.LOST))
    assert told.of("maker") == (20_000_000, 600_000)
    assert told.of("taker") == (-13_000_000, 0), "who lost there caused no commission"
    told.adds_up()


def test_a_commission_that_cannot_be_halved_is_shared_to_the_last_millionth(told: Told) -> None:
    for ref, strategy in (("r1", "a"), ("r2", "b"), ("r3", "c")):
        told.bet("BACK 10 @ 2.00", ref, strategy)
    told.records(statement("s1", "30", "1", home=Result.WON))
    assert [told.of(name)[1] for name in "abc"] == [333_333, 333_333, 333_334]
    told.adds_up()


def test_a_corrected_statement_takes_the_shares_of_the_first_back(told: Told) -> None:
    told.bet("BACK 10 @ 3.00", "r1", "maker")
    told.bet("LAY 4 @ 3.00", "r2", "taker")
    told.records(statement("s1", "12", "0.6", home=Result.WON))
    told.adds_up()
    told.records(statement("s2", "-6", home=Result.LOST))
    assert (told.of("maker"), told.of("taker")) == ((-10_000_000, 0), (4_000_000, 0))
    told.adds_up()


def test_a_late_match_has_its_share_of_the_statement_that_stood_already(told: Told) -> None:
    told.bet("BACK 10 @ 3.00", "a", "maker")
    told.records(statement("s1", "26", "1.30", home=Result.WON))
    told.bet("BACK 3 @ 3.00", "b", "taker")
    told.adds_up()
    assert told.of("taker")[0] == parse_micros("6")


def test_the_fee_of_a_match_whose_void_was_told_first_is_somebodys(told: Told) -> None:
    told.records(place("BACK 10 @ 3.00", ref="r1", strategy="maker"), *facts("voided v1 matched 4", "r1"))
    told.records(filled(fill("f1", "4", price="3.00", fee="0.08"), "r1"))
    told.adds_up()
    told.records(filled(fill("f2", "6", price="3.00", fee="0.12"), "r1"))
    told.adds_up()
    assert told.of("maker") == (0, 200_000)
    told.records(*facts("voided v2 matched 6", "r1"), replace(facts("report 0 voided 10", "r1")[0], fee_micros=0))
    told.adds_up()
    assert told.of("maker") == (0, 0), "the venue gave it back"


def test_a_dead_heat_is_shared_by_what_each_had_of_it(told: Told) -> None:
    told.bet("BACK 10 @ 5.00", "a", "maker")
    told.bet("BACK 4 @ 5.00", "b", "taker")
    told.records(replace(statement("s1", "21"), parts=((SelectionId("home"), 1, 1, 2),)))
    told.adds_up()
    assert (told.of("maker")[0], told.of("taker")[0]) == (parse_micros("15"), parse_micros("6"))


def test_a_penny_that_the_venue_rounded_is_somebodys(told: Told) -> None:
    told.bet("BACK 10 @ 3.00", "r1", "maker")
    told.bet("BACK 10 @ 3.00", "r2", "taker")
    told.records(statement("s1", "40.01", home=Result.WON))
    assert (told.of("maker"), told.of("taker")) == ((20_000_000, -5_000), (20_000_000, -5_000))
    told.adds_up()


def test_what_the_venue_states_without_a_match_of_ours_is_nobodys(told: Told) -> None:
    told.records(statement("s1", "3", home=Result.WON))
    assert told.of(NOBODY)[0] == -told.books.balances().get("pnl", 0)
    told.adds_up()


def test_a_statement_that_leaves_a_result_out_is_shared_out_all_the_same(told: Told) -> None:
    told.bet("BACK 10 @ 3.00", "r1", "maker")
    told.bet("BACK 10 @ 3.00", "r2", "taker", on="one/match/away")
    told.records(statement("s1", "8.5", "0.5", home=Result.WON))
    told.adds_up()


BETS = st.tuples(
    st.sampled_from(["BACK", "LAY"]), st.integers(1, 999), st.sampled_from(["1.50", "2.04", "3.35"]),
    st.sampled_from(["a", "b", "c"]), st.sampled_from([HOME.id, AWAY.id]), st.integers(0, 99),
)  # fmt: skip
RESULTS = st.sampled_from([*Result, None])


@settings(max_examples=60)
@given(
    bets=st.lists(BETS, max_size=6),
    profit=st.integers(-9_999, 9_999),
    commission=st.integers(0, 999),
    ends=st.lists(st.tuples(RESULTS, RESULTS), max_size=3),
)
def test_shares_add_up_whatever_was_matched_and_however_often_it_was_settled(
    bets: list[tuple[str, int, str, str, str, int]], profit: int, commission: int, ends: list[tuple[Any, Any]]
) -> None:
    told = Told()
    for number, (side, size, price, strategy, on, fee) in enumerate(bets):
        told.bet(f"{side} {size / 100:.2f} @ {price}", f"r{number}", strategy, on=on, fee=f"{fee / 100:.2f}")
        told.adds_up()
    for number, (home, away) in enumerate(ends):
        results = {name: result for name, result in (("home", home), ("away", away)) if result is not None}
        told.records(statement(f"s{number}", f"{profit / 100:.2f}", f"{commission / 100:.2f}", **results))
        told.adds_up()


@given(amount=st.integers(-(10**9), 10**9), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
def test_shares_of_an_amount_add_up_to_it_and_none_is_a_millionth_off(amount: int, weights: list[int]) -> None:
    parts = shared(amount, weights)
    assert sum(parts) == amount
    weights = weights if any(weights) else [1] * len(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - amount * weight) <= sum(weights)
