"""What orders and positions are worth, where the doors' own tests do not reach: contracts, fees and dead ends."""

from fractions import Fraction

import pytest
from msgspec.structs import replace

from domain.claims import bet_at_odds
from domain.fees import NetWinFee, QuadraticFee
from domain.orders import Side
from engine.worth import evening_bet, held_bet, held_break_even, in_contracts, order_worth, ordered_bet, units
from oms.positions import Position
from tests.builders import bet, instrument
from tests.engine.runs import CONTRACTS, ODDS, decision

MICROS = 1_000_000


def test_a_fee_of_the_fill_moves_the_break_even_and_the_expectation() -> None:
    worth = order_worth(bet("BACK 27.5 @ 0.50c", on=CONTRACTS.id), decision())
    assert worth is not None
    # 7 % of 27.5 x 0.5 x 0.5 is 0.48125, charged as 0.4813 on top of 13.75
    assert worth.even.p_star == Fraction("14.2313") / Fraction("27.5")
    assert worth.ev is not None
    assert worth.ev.delta == Fraction("0.55") * Fraction("27.5") - Fraction("14.2313")
    assert worth.net == Fraction("0.5175")


def test_a_lay_of_contracts_is_the_other_side_bought() -> None:
    laid = ordered_bet(CONTRACTS.terms.kind, bet("LAY 10 @ 0.55c", on=CONTRACTS.id))
    assert (laid.side, laid.claims, laid.cost) == (Side.LAY, 10, Fraction("5.5"))
    assert in_contracts(laid) == "10.00 no @ 0.45"


def test_an_order_that_its_decision_does_not_know_has_no_worth() -> None:
    assert order_worth(bet("BACK 5 @ 2.00", on="one/other/home"), decision()) is None


def test_without_a_fair_value_nothing_is_expected() -> None:
    worth = order_worth(bet("BACK 5 @ 2.00", on=ODDS.id), replace(decision(), probability_e9=0))
    assert worth is not None
    assert worth.ev is None


@pytest.mark.parametrize(
    "held",
    [
        Position(),
        Position(back_claims_micros=10, back_cost_micros=4, lay_claims_micros=10, lay_cost_micros=5),
        Position(back_claims_micros=10, back_cost_micros=4, lay_claims_micros=8, lay_cost_micros=5),  # wins either way
        Position(back_claims_micros=10, back_cost_micros=6, lay_claims_micros=8, lay_cost_micros=3),  # loses either way
    ],
)
def test_a_position_that_no_price_describes_is_no_bet(held: Position) -> None:
    assert held_bet(held) is None
    assert held_break_even(held, NetWinFee(rate_ppm=0)) is None


def test_commission_and_fees_of_a_position_raise_its_break_even() -> None:
    held = Position(back_claims_micros=10 * MICROS, back_cost_micros=4 * MICROS, fee_micros=MICROS // 2)
    assert held_break_even(held, NetWinFee(rate_ppm=0)) == Fraction("0.45")
    assert held_break_even(held, QuadraticFee(taker_ppm=70_000)) == Fraction("0.45")
    assert held_break_even(replace(held, fee_micros=0), NetWinFee(rate_ppm=50_000)) == Fraction(4) / Fraction("9.7")


def test_contracts_are_evened_out_by_as_many_of_them() -> None:
    held = Position(back_claims_micros=10 * MICROS, back_cost_micros=4 * MICROS)
    even = evening_bet(held, CONTRACTS, 555_000_000)
    assert even is not None
    assert (even.side, units(even.claims), units(even.price)) == (Side.LAY, "10.00", "0.56")


def test_what_is_even_already_needs_no_bet() -> None:
    held = Position(back_claims_micros=10, back_cost_micros=4, lay_claims_micros=10, lay_cost_micros=5)
    assert evening_bet(held, instrument(), 500_000_000) is None


def test_a_fair_value_past_the_ladder_evens_nothing_out() -> None:
    held = Position(back_claims_micros=10 * MICROS, back_cost_micros=4 * MICROS)
    assert evening_bet(held, instrument(), 999_999_999) is None


def test_a_price_is_read_to_the_millionth() -> None:
    assert in_contracts(bet_at_odds(Side.BACK, odds=Fraction(3), stake=Fraction(1))) == "3.00 yes @ 0.333333"
