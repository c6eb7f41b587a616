"""What a match cost beyond its fair value, and why."""

from fractions import Fraction

import pytest
from msgspec.structs import replace

from domain.candidates import Candidate
from domain.fees import NetWinFee, QuadraticFee
from domain.ids import InstrumentId, MarketId, StrategyName
from domain.messages import DecisionTaken
from domain.orders import Side
from oms.order_states import apply
from oms.slippage import slippage_of
from tests.builders import bet, facts
from tests.oms.places import place

UNIT = 1_000_000


def decided(*places: Candidate, side: Side = Side.BACK, fair: int = 490_000_000) -> DecisionTaken:
    return DecisionTaken(
        id=1,
        strategy=StrategyName("s"),
        market=MarketId("match"),
        outcome=0,
        side=side,
        probability_e9=fair,
        fair_age_ms=0,
        fair_model="m",
        limit_e9=0,
        claims_micros=0,
        candidates=places,
        worst_before_micros=0,
        cap_micros=0,
        because="",
    )


def given(text: str, *sizes: str, fee: NetWinFee | QuadraticFee | None = None) -> Candidate:
    """A place of which so much of each level was given to the take."""
    here = place(text, fee or NetWinFee(rate_ppm=0), name="one/match/home")
    levels = [(price, int(Fraction(size) * UNIT)) for (price, _), size in zip(here.levels, sizes, strict=False)]
    return replace(here, allotted=tuple(levels))


def test_each_cause_has_its_part_and_they_add_up_to_the_net_price() -> None:
    here = given("2.00:6 1.90:9", "6", "4", fee=NetWinFee(rate_ppm=50_000))
    order = replace(bet("BACK 10 @ 1.90"), matched_micros=10 * UNIT, claims_micros=20 * UNIT, cost_micros=10 * UNIT)
    found = slippage_of(order, decided(here))
    assert found is not None
    assert found.spread == Fraction("0.01"), "2.00 costs a half, and it is worth 0.49"
    planned = Fraction(10) / Fraction("19.6")
    assert found.depth == planned - Fraction(1, 2), "10 at 6 of 2.00 and 4 of 1.90 are 19.6 claims"
    assert found.delay == Fraction(1, 2) - planned, "it was matched at 2.00 all the same"
    assert found.fee == 1 / Fraction("1.95") - Fraction(1, 2)
    assert found.total == 1 / Fraction("1.95") - Fraction("0.49")


def test_a_lay_that_brings_less_costs_more() -> None:
    here = given("2.00:6 2.10:9", "6", "4")
    order = replace(bet("LAY 10 @ 2.10"), matched_micros=10 * UNIT, claims_micros=21 * UNIT, cost_micros=10 * UNIT)
    found = slippage_of(order, decided(here, side=Side.LAY, fair=520_000_000))
    assert found is not None
    assert found.spread == Fraction("0.02")
    planned = Fraction(10) / Fraction("20.4")
    assert (found.depth, found.delay) == (Fraction(1, 2) - planned, planned - Fraction(10, 21))
    assert found.total == Fraction("0.52") - Fraction(10, 21)


def test_of_a_part_only_the_levels_that_it_reaches_count() -> None:
    here = given("2.00:6 1.90:9", "6", "4")
    order = bet("BACK 10 @ 1.90")
    for fact in facts("accept v1; fill f1 5"):
        order = apply(order, fact)
    found = slippage_of(order, decided(here))
    assert found is not None
    assert (found.depth, found.delay, found.fee) == (0, 0, 0)


def test_the_fees_of_fills_are_those_that_were_charged() -> None:
    here = given("0.50c:10", "10", fee=QuadraticFee(taker_ppm=70_000))
    order = replace(
        bet("BACK 10 @ 0.50c"),
        matched_micros=10 * UNIT,
        claims_micros=10 * UNIT,
        cost_micros=5 * UNIT,
        fee_micros=180_000,
    )
    found = slippage_of(order, decided(here))
    assert found is not None
    assert found.fee == Fraction("0.018")
    assert found.total == Fraction("0.028")


@pytest.mark.parametrize("lacks", ["match", "value", "place"])
def test_without_a_match_a_value_or_a_price_there_is_none(lacks: str) -> None:
    order = bet("BACK 10 @ 2.00")
    if lacks != "match":
        order = replace(order, matched_micros=10 * UNIT, claims_micros=20 * UNIT, cost_micros=10 * UNIT)
    here = given("2.00:10", "10")
    if lacks == "place":
        here = replace(here, instrument=InstrumentId("elsewhere"))
    assert slippage_of(order, decided(here, fair=0 if lacks == "value" else 490_000_000)) is None
