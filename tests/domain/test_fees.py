"""Fee families: each formula, each rounding, and the fast paths against the slow."""

from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fees import (
    CENT,
    FeeTerms,
    NetWinFee,
    ProfitOrLesserFee,
    QuadraticFee,
    VolumeFee,
    commission,
    fee_estimate_micros,
    fee_reserve_micros,
    fill_fee_micros,
    net_result,
    net_result_micros,
    net_win_commission_micros,
    round_fill,
    transaction_charge,
)
from domain.money import MICROS, ceil_to, half_up_to, parse_micros

TAKER_AND_MAKER = QuadraticFee(taker_ppm=70_000, maker_ppm=17_500)
FAMILIES: list[FeeTerms] = [TAKER_AND_MAKER, NetWinFee(20_000), VolumeFee(15_000, 7_500), ProfitOrLesserFee(10_000)]
PRICES = st.integers(1, 9_999)
COUNTS = st.integers(1, 10**6)  # hundredths of a contract
RATES = st.integers(0, 200_000)


def contracts(count: str, price: str) -> dict[str, Any]:
    """Claims and cost of contracts, as the fee functions take them."""
    claims = parse_micros(count)
    return {"claims_micros": claims, "cost_micros": half_up_to(Fraction(claims, MICROS) * Fraction(price))}


# --- at the fill ---


@pytest.mark.parametrize(
    ("count", "price", "maker", "fee"),
    [
        ("1", "0.52", False, "0.0175"),
        ("1", "0.99", False, "0.0007"),
        ("7", "0.33", False, "0.1084"),
        ("10", "0.50", False, "0.175"),
        ("10", "0.50", True, "0.0438"),
        ("0.01", "0.01", False, "0.0001"),
    ],
)
def test_a_quadratic_fee_is_rounded_up_to_a_hundredth_of_a_cent(count, price, maker, fee):
    assert fill_fee_micros(TAKER_AND_MAKER, **contracts(count, price), maker=maker) == parse_micros(fee)


@given(COUNTS, PRICES, RATES, st.sampled_from([500_000, MICROS, 2 * MICROS]))
def test_the_quadratic_fee_is_its_formula(count, price, rate, multiplier):
    c, p = Fraction(count, 100), Fraction(price, 10_000)
    exact = Fraction(rate, MICROS) * Fraction(multiplier, MICROS) * c * p * (1 - p)
    claims, cost = half_up_to(c), half_up_to(c * p)
    fee = QuadraticFee(rate, multiplier_ppm=multiplier)
    assert fill_fee_micros(fee, claims_micros=claims, cost_micros=cost) == ceil_to(exact, 100)
    assert fee_estimate_micros(fee, claims_micros=claims, cost_micros=cost) == ceil_to(exact, CENT)


@given(COUNTS, PRICES)
def test_both_sides_of_a_contract_pay_the_same(count, price):
    claims, cost = count * 10_000, count * price
    here = fill_fee_micros(TAKER_AND_MAKER, claims_micros=claims, cost_micros=cost)
    assert here == fill_fee_micros(TAKER_AND_MAKER, claims_micros=claims, cost_micros=claims - cost)


@given(COUNTS, st.integers(101, 100_000), RATES)
def test_the_volume_fee_is_a_share_of_the_lesser_of_stake_and_profit(stake, odds, rate):
    cost, claims = stake * 10_000, stake * odds * 100
    exact = Fraction(rate, MICROS) * min(Fraction(stake, 100), Fraction(stake, 100) * (Fraction(odds, 100) - 1))
    assert fill_fee_micros(VolumeFee(rate), claims_micros=claims, cost_micros=cost) == ceil_to(exact)
    assert commission(VolumeFee(rate), profit=Fraction(-1), lesser=exact) == exact * Fraction(rate, MICROS)


@pytest.mark.parametrize("fee", [NetWinFee(50_000), ProfitOrLesserFee(10_000)])
def test_a_fee_of_settlement_takes_nothing_at_the_fill(fee):
    assert fill_fee_micros(fee, claims_micros=MICROS, cost_micros=MICROS // 2) == 0
    assert fee_estimate_micros(fee, claims_micros=MICROS, cost_micros=MICROS // 2) == 0


def test_makers_pay_their_own_rate():
    assert fill_fee_micros(VolumeFee(15_000, 7_500), **contracts("10", "0.5"), maker=True) == parse_micros("0.0375")
    assert fill_fee_micros(QuadraticFee(70_000), **contracts("10", "0.5"), maker=True) == 0
    assert fee_estimate_micros(TAKER_AND_MAKER, **contracts("10", "0.5"), maker=True) == parse_micros("0.05")


# --- the rounding of balances ---


@given(st.integers(-(10**8), 10**8), st.integers(0, 10**6), st.integers(0, 30_000), st.sampled_from([100, CENT]))
def test_a_fill_leaves_the_balance_in_whole_coins_and_never_pays_a_fee_out(revenue, charged, carried, coin):
    row = round_fill(
        revenue_micros=revenue, trade_fee_micros=charged, accumulator_micros=carried, precision_micros=coin
    )
    assert row.cash_change_micros % coin == 0
    assert row.cash_change_micros == revenue - row.net_fee_micros
    assert row.net_fee_micros == charged + row.rounding_fee_micros - row.rebate_micros >= 0
    assert 0 <= row.rounding_fee_micros < coin
    assert row.rebate_micros % CENT == 0
    assert row.accumulator_micros == carried + row.rounding_fee_micros - row.rebate_micros >= 0


@given(st.lists(st.tuples(st.integers(1, 10**8), st.integers(CENT, 10**6)), min_size=1, max_size=40))
def test_many_fills_cost_what_one_would_but_for_a_cent(fills):
    accumulator = paid = 0
    for cost, charged in fills:
        row = round_fill(revenue_micros=-cost, trade_fee_micros=charged, accumulator_micros=accumulator)
        accumulator = row.accumulator_micros
        paid += row.net_fee_micros
        assert accumulator <= CENT
    assert 0 <= paid - sum(charged for _, charged in fills) <= CENT


def test_a_rebate_waits_until_a_cent_is_exceeded():
    whole = {"revenue_micros": -500_000, "trade_fee_micros": 10_000}
    assert round_fill(**whole, accumulator_micros=CENT).rebate_micros == 0
    assert round_fill(**whole, accumulator_micros=CENT + 1).rebate_micros == CENT


def test_a_rebate_that_would_turn_the_fee_negative_waits():
    row = round_fill(revenue_micros=-333, trade_fee_micros=100, accumulator_micros=9_000)
    assert (row.net_fee_micros, row.rebate_micros, row.accumulator_micros) == (9_667, 0, 18_567)


@given(
    st.lists(st.tuples(st.integers(1, 1_000), st.integers(0, 98)), min_size=1, max_size=20),
    st.integers(1, 99),
    st.sampled_from([CENT, 100]),
)
def test_a_reserve_covers_any_fills_at_the_limit_or_better(fills, limit, coin):
    fee = QuadraticFee(taker_ppm=70_000, precision_micros=coin)
    accumulator = paid = claims = 0
    for count, better in fills:
        amounts = {"claims_micros": count * MICROS, "cost_micros": count * max(1, limit - better) * CENT}
        charged = fill_fee_micros(fee, **amounts)
        row = round_fill(
            revenue_micros=-amounts["cost_micros"],
            trade_fee_micros=charged,
            accumulator_micros=accumulator,
            precision_micros=coin,
        )
        accumulator, claims = row.accumulator_micros, claims + amounts["claims_micros"]
        paid -= row.cash_change_micros
    cost = claims * limit // 100
    assert paid <= cost + fee_reserve_micros(fee, claims_micros=claims, cost_micros=cost, fills_max=len(fills))


def test_a_reserve_of_the_other_families_is_what_they_charge_at_the_fill():
    amounts = contracts("10", "0.5")
    assert fee_reserve_micros(VolumeFee(15_000), **amounts, fills_max=3) == parse_micros("0.075") + 3
    assert fee_reserve_micros(NetWinFee(50_000), **amounts, fills_max=3) == 0


# --- at settlement ---


@given(st.integers(-(10**12), 10**12), RATES, st.integers(0, MICROS), st.sampled_from([1, CENT]))
def test_commission_in_micros_is_the_exact_one_rounded_half_up(profit, rate, discount, step):
    fee = NetWinFee(rate, discount_ppm=discount, step_micros=step)
    exact = commission(fee, profit=Fraction(profit, MICROS))
    assert net_win_commission_micros(fee, profit) == half_up_to(exact, step)
    assert net_result_micros(fee, profit) == profit - half_up_to(exact, step)
    assert net_result(fee, Fraction(profit, MICROS)) == Fraction(profit, MICROS) - exact


@pytest.mark.parametrize(
    ("profit", "rate", "discount", "taken"),
    [
        ("400", "0.05", "0.4", "12"),
        ("400", "0.05", "0", "20"),
        ("-130", "0.05", "0", "0"),
        ("0", "0.05", "0", "0"),
        ("0.10", "0.05", "0", "0.01"),  # half a penny goes up
        ("0.09", "0.05", "0", "0"),
        ("100", "0.05", "1", "0"),
    ],
)
def test_net_win_commission_is_taken_once_on_what_the_market_won(profit, rate, discount, taken):
    fee = NetWinFee(parse_micros(rate), discount_ppm=parse_micros(discount))
    assert net_win_commission_micros(fee, parse_micros(profit)) == parse_micros(taken)


@pytest.mark.parametrize(
    ("fee", "profit", "lesser", "taken"),
    [
        (VolumeFee(10_000), "-1000", "500", "5"),
        (VolumeFee(10_000), "500", "500", "5"),
        (ProfitOrLesserFee(10_000), "27.6", "10", "0.276"),
        (ProfitOrLesserFee(10_000), "-10.3", "10", "0.1"),
        (QuadraticFee(70_000), "50", "50", "0"),
    ],
)
def test_settlement_takes_what_the_family_says(fee, profit, lesser, taken):
    assert commission(fee, profit=Fraction(profit), lesser=Fraction(lesser)) == Fraction(taken)


@pytest.mark.parametrize("fee", [f for f in FAMILIES if not isinstance(f, NetWinFee)])
def test_only_a_net_win_fee_depends_on_the_result_of_the_market(fee):
    assert net_result_micros(fee, 5_000_000) == 5_000_000
    assert net_result(fee, Fraction(5)) == 5


@pytest.mark.parametrize("fee", FAMILIES)
def test_fee_terms_survive_their_written_form(fee):
    assert msgspec.json.decode(msgspec.json.encode(fee), type=FeeTerms) == fee


# --- on the account ---


@pytest.mark.parametrize(
    ("hours", "paid", "raw", "charge"),
    [
        ([], "0", "0", "0"),
        ([5_000], "0", "0", "0"),
        ([5_001], "0", "0.002", "0.002"),
        ([4_000, 6_000], "0", "2", "2"),
        ([6_000] * 2, "100", "4", "0"),
    ],
)
def test_transactions_past_the_free_ones_are_charged_less_the_offset(hours, paid, raw, charge):
    terms: dict[str, Any] = {"free_per_hour": 5_000, "charge_per_excess": Fraction("0.002")}
    losses: dict[str, Any] = {"market_losses": Fraction(0), "implied_rate": Fraction("0.03")}
    day = transaction_charge(hours, **terms, **losses, commission_paid=Fraction(paid))
    assert (day.raw, day.charge) == (Fraction(raw), Fraction(charge))
