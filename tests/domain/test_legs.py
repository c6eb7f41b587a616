"""Two legs on two venues: equal on either result, in any currency and fee, and in the better order."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.fees import FeeTerms, NetWinFee, QuadraticFee
from domain.legs import LegTerms, arb_two_leg, leg_order, leg_result, size_for
from domain.money import FX_SCALE, MICROS
from domain.odds import CLASSIC, PriceKind
from domain.orders import Side

FEES: list[FeeTerms] = [NetWinFee(rate_ppm=0), NetWinFee(rate_ppm=20_000), NetWinFee(rate_ppm=50_000)]


def leg(side: Side, price: int, fee: FeeTerms, *, rate_e8: int = FX_SCALE, lot: int = 10_000) -> LegTerms:
    kind = PriceKind.CONTRACT if isinstance(fee, QuadraticFee) else PriceKind.ODDS
    return LegTerms(side, kind, price, fee, lot, rate_e8)


@given(
    st.sampled_from(CLASSIC.prices[20:200]),
    st.sampled_from(CLASSIC.prices[20:200]),
    st.sampled_from(FEES),
    st.sampled_from(FEES),
    st.sampled_from([FX_SCALE, 125_000_000]),
    st.integers(1, 500),
)
def test_both_results_differ_by_less_than_a_lot(
    back: int, lay: int, back_fee: FeeTerms, lay_fee: FeeTerms, rate: int, stake: int
) -> None:
    pair = arb_two_leg(
        leg(Side.BACK, back, back_fee), leg(Side.LAY, lay, lay_fee, rate_e8=rate), back_size_micros=stake * MICROS
    )
    lot_claims = Fraction(lay, 100) * Fraction(rate, FX_SCALE) / 100
    assert abs(pair.if_win - pair.if_lose) <= lot_claims
    assert pair.worst <= max(pair.if_win, pair.if_lose)
    assume(pair.net_price_sum != 1)
    claims = pair.back.claims
    assert (claims * (1 - pair.net_price_sum) > 0) is (pair.net_price_sum < 1)
    assert abs(pair.if_lose - claims * (1 - pair.net_price_sum)) <= lot_claims


@pytest.mark.parametrize("fee", [*FEES, QuadraticFee(taker_ppm=70_000)])
@pytest.mark.parametrize("side", Side)
def test_a_size_for_claims_is_the_largest_that_holds_no_more(fee: FeeTerms, side: Side) -> None:
    terms = leg(side, 5_200 if isinstance(fee, QuadraticFee) else 192, fee)
    size = size_for(terms, Fraction(100))
    assert leg_result(terms, size).claims <= 100 < leg_result(terms, size + terms.lot_micros).claims


def test_a_pair_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="some size"):
        arb_two_leg(leg(Side.BACK, 200, FEES[0]), leg(Side.LAY, 190, FEES[0]), back_size_micros=0)


def test_the_leg_that_is_dearer_to_undo_waits() -> None:
    even = {"edge": Fraction(1, 100), "fill_a": Fraction(9, 10), "fill_b": Fraction(9, 10)}
    assert leg_order(**even, unwind_a=Fraction(1, 50), unwind_b=Fraction(1, 50)).lead == "A"
    assert leg_order(**even, unwind_a=Fraction(1, 20), unwind_b=Fraction(1, 50)).lead == "B"


@given(*(st.integers(0, 100).map(lambda n: Fraction(n, 100)) for _ in range(4)))
def test_the_order_of_the_legs_does_not_hang_on_the_edge(
    fa: Fraction, fb: Fraction, ua: Fraction, ub: Fraction
) -> None:
    """Leading with A is right iff f_A(1 − f_B)u_A <= f_B(1 − f_A)u_B."""
    order = leg_order(edge=Fraction(1, 77), fill_a=fa, fill_b=fb, unwind_a=ua, unwind_b=ub)
    assert (order.lead == "A") is (fa * (1 - fb) * ua <= fb * (1 - fa) * ub)
