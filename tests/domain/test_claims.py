"""Claims: backs, lays and contracts are one thing, and nobody's liability is understated."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.claims import (
    bet_at_odds,
    bet_on_contracts,
    claims_and_cost_micros,
    green_up,
    hedge_in_contracts,
    liability,
    outcome_results,
    results,
)
from domain.money import MICROS
from domain.odds import PriceKind, claim_ratio
from domain.orders import Side

SIDES = st.sampled_from(Side)
ODDS = st.integers(101, 100_000).map(lambda h: Fraction(h, 100))
STAKES = st.integers(1, 10**9).map(lambda s: Fraction(s, 100))


# --- one thing ---


@given(ODDS, STAKES)
def test_a_back_is_contracts_bought_at_the_inverse_price(odds, stake):
    bet = bet_at_odds(Side.BACK, odds=odds, stake=stake)
    assert bet == bet_on_contracts(yes=True, count=stake * odds, price=1 / odds)
    assert (bet.if_win, bet.if_lose) == (stake * (odds - 1), -stake)


@given(ODDS, STAKES)
def test_a_lay_is_contracts_bought_against_the_claim(odds, stake):
    bet = bet_at_odds(Side.LAY, odds=odds, stake=stake)
    assert bet == bet_on_contracts(yes=False, count=stake * odds, price=1 - 1 / odds)
    assert (bet.if_win, bet.if_lose) == (-stake * (odds - 1), stake)


@given(ODDS, STAKES)
def test_laying_one_of_two_is_backing_the_other(odds, stake):
    lay = bet_at_odds(Side.LAY, odds=odds, stake=stake)
    other = bet_at_odds(Side.BACK, odds=lay.complement_odds, stake=lay.liability)
    assert (other.if_win, other.if_lose) == (lay.if_lose, lay.if_win)


@given(SIDES, ODDS, STAKES)
def test_liability_is_the_worse_result_and_the_lesser_the_smaller_stake(side, odds, stake):
    bet = bet_at_odds(side, odds=odds, stake=stake)
    assert bet.liability == -min(bet.if_win, bet.if_lose)
    assert bet.lesser == min(abs(bet.if_win), abs(bet.if_lose))
    assert bet.odds == 1 / bet.price == odds


@given(SIDES, st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_back_and_a_lay_of_the_same_claims_cancel(side, claims, cost):
    other = Side.LAY if side is Side.BACK else Side.BACK
    ours, theirs = results(side, claims=claims, cost=cost), results(other, claims=claims, cost=cost)
    assert [a + b for a, b in zip(ours, theirs, strict=True)] == [0, 0]


def test_a_result_stands_under_each_outcome():
    bet = bet_at_odds(Side.LAY, odds=Fraction(4), stake=Fraction(50))
    assert outcome_results(3, 1, if_win=bet.if_win, if_lose=bet.if_lose) == (50, -150, 50)


# --- native sizes ---


@pytest.mark.parametrize(
    ("kind", "price", "size", "claims", "cost"),
    [
        (PriceKind.ODDS, 250, 40_000_000, 100_000_000, 40_000_000),
        (PriceKind.ODDS, 101, 10_000, 10_100, 10_000),
        (PriceKind.CONTRACT, 5_200, 1_000_000, 1_000_000, 520_000),
        (PriceKind.CONTRACT, 3_301, 30_000, 30_000, 9_903),
        (PriceKind.LINE, 1_050, 5_000_000, 10_000_000, 5_000_000),
    ],
)
def test_a_native_size_becomes_claims_and_their_cost(kind, price, size, claims, cost):
    assert claims_and_cost_micros(kind, price, size) == (claims, cost)


@given(st.sampled_from(PriceKind), st.integers(101, 9_999), st.integers(1, 10**9))
def test_legal_lots_are_exact(kind, price, hundredths):
    size = hundredths * 10_000
    claims, cost = claims_and_cost_micros(kind, price, size)
    assert Fraction(cost, claims) == Fraction(*claim_ratio(kind, price))
    assert size == (claims if kind is PriceKind.CONTRACT else cost)


@given(st.sampled_from(PriceKind), st.integers(101, 9_999), st.integers(1, 10**12), SIDES)
def test_a_size_finer_than_a_lot_never_understates_liability(kind, price, size, side):
    exact_price = Fraction(*claim_ratio(kind, price))
    exact_claims = Fraction(size) if kind is PriceKind.CONTRACT else size / exact_price
    exact = liability(side, claims=exact_claims, cost=exact_claims * exact_price)
    claims, cost = claims_and_cost_micros(kind, price, size)
    assert exact <= liability(side, claims=claims, cost=cost) < exact + 1


# --- hedges, closing ---


@given(ODDS, STAKES, st.integers(1, 10**10), st.sampled_from([10_000, 1_000_000]))
def test_a_hedge_never_pays_more_than_the_bet_and_leaves_less_than_a_lot(odds, stake, rate_e8, lot):
    bet = bet_at_odds(Side.BACK, odds=odds, stake=stake)
    hedge = hedge_in_contracts(bet, rate=Fraction(rate_e8, 10**8), lot_micros=lot)
    assert 0 <= hedge.residual < Fraction(lot, MICROS)
    assert hedge.contracts + hedge.residual == stake * odds * rate_e8 / 10**8


@given(st.fractions(-1_000, 1_000), st.fractions(-1_000, 1_000), ODDS, st.sampled_from([1, 10_000, 1_000_000]))
def test_greening_up_leaves_results_that_differ_by_less_than_a_lot_at_these_odds(win, lose, odds, lot):
    bet = green_up(if_win=win, if_lose=lose, odds=odds, lot_micros=lot)
    assert bet.cost * MICROS % lot == 0
    assert abs((win + bet.if_win) - (lose + bet.if_lose)) <= odds * lot / MICROS / 2
    assert bet.side is (Side.LAY if win > lose else Side.BACK)
