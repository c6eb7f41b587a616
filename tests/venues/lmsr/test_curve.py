"""The cost function: prices that add up, a loss that is bounded, and a ladder that never sells below the cost."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import MICROS
from venues.lmsr.curve import DIGITS, Curve, ladder, opened_at

TICKS = range(100, 10_000, 100)
LOT = 10_000
NEARLY = Decimal("1e-20")
"""Of twenty-eight digits the last few are rounding."""

sold = st.lists(st.integers(-15, 15), min_size=2, max_size=5)
curves = st.builds(
    lambda liquidity, parts: Curve(Decimal(liquidity), tuple(Decimal(liquidity * part) for part in parts)),
    st.integers(10, 2_000),
    sold,
)


@given(curves)
def test_prices_are_chances_that_add_up_to_one(curve: Curve) -> None:
    assert abs(sum(curve.prices(), Decimal(0)) - 1) < NEARLY
    assert min(curve.prices()) > 0


def test_an_even_market_is_worth_the_same_on_every_outcome_and_its_cost_is_b_ln_n() -> None:
    curve = Curve(Decimal(100), (Decimal(0),) * 4)
    assert curve.prices() == (Decimal("0.25"),) * 4
    assert abs(curve.cost() - 100 * DIGITS.ln(Decimal(4))) < NEARLY


@pytest.mark.parametrize("chances", [("0.5", "0.3", "0.2"), ("0.98", "0.01", "0.01"), ("0.5", "0.5")])
def test_a_curve_can_be_opened_at_any_prices(chances: tuple[str, ...]) -> None:
    wanted = tuple(map(Decimal, chances))
    for price, want in zip(opened_at(Decimal(250), wanted).prices(), wanted, strict=True):
        assert abs(price - want) < NEARLY


@given(curves, st.integers(0, 4), st.integers(1, 500))
def test_buying_raises_that_price_and_lowers_the_others_and_costs_between_the_two(
    curve: Curve, outcome: int, claims: int
) -> None:
    outcome %= len(curve.sold)
    moved = bought(curve, outcome, Decimal(claims))
    before, after = curve.prices(), moved.prices()
    assert after[outcome] > before[outcome]
    assert all(after[k] < before[k] for k in range(len(before)) if k != outcome)
    paid = moved.cost() - curve.cost()
    assert before[outcome] * claims < paid < after[outcome] * claims


def bought(curve: Curve, outcome: int, claims: Decimal) -> Curve:
    return Curve(curve.liquidity, tuple(q + claims * (k == outcome) for k, q in enumerate(curve.sold)))


@given(curves, st.integers(0, 4))
def test_the_maker_can_never_lose_more_than_it_said(curve: Curve, outcome: int) -> None:
    """From an even start: what it took in less what it pays for the winner is above -b ln n."""
    outcome %= len(curve.sold)
    even = Curve(curve.liquidity, (Decimal(0),) * len(curve.sold))
    result = curve.cost() - even.cost() - curve.sold[outcome]
    assert result >= -curve.liquidity * DIGITS.ln(Decimal(len(curve.sold))) - NEARLY * 1_000


@given(curves, st.integers(0, 4), st.integers(1, 12))
def test_the_ladder_never_sells_below_the_cost_nor_buys_above_it(curve: Curve, outcome: int, depth: int) -> None:
    outcome %= len(curve.sold)
    sells, buys = ladder(curve, outcome, TICKS, 10_000, lot_micros=LOT, depth=depth)
    price = curve.prices()[outcome]
    assert [tick for tick, _ in sells] == sorted(tick for tick, _ in sells)
    assert [tick for tick, _ in buys] == sorted((tick for tick, _ in buys), reverse=True)
    at, taken, got = curve, Decimal(0), Decimal(0)
    for tick, size in sells:
        assert Decimal(tick) / 10_000 > price
        assert size % LOT == 0
        at = bought(at, outcome, Decimal(size) / MICROS)
        taken += Decimal(size) / MICROS * tick / 10_000
        assert taken >= at.cost() - curve.cost()
    at = curve
    for tick, size in buys:
        assert Decimal(tick) / 10_000 < price
        at = bought(at, outcome, -Decimal(size) / MICROS)
        got += Decimal(size) / MICROS * tick / 10_000
        assert got <= curve.cost() - at.cost()


def test_all_that_a_tick_holds_takes_the_price_to_it() -> None:
    curve = opened_at(Decimal(1_000), (Decimal("0.4"), Decimal("0.6")))
    sells, _ = ladder(curve, 0, TICKS, 10_000, lot_micros=LOT, depth=3)
    assert [tick for tick, _ in sells] == [4_100, 4_200, 4_300]
    at = curve
    for tick, size in sells:
        at = bought(at, 0, Decimal(size) / MICROS)
        assert abs(at.prices()[0] - Decimal(tick) / 10_000) < Decimal("0.0001")
