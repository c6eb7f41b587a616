"""Shares by net price: against every other way to share, across the kink of commission, within money and minimum."""

import itertools
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.candidates import Candidate
from domain.claims import claims_and_cost_micros
from domain.fees import FeeTerms, NetWinFee, ProfitOrLesserFee, QuadraticFee, VolumeFee
from domain.money import FX_SCALE, MICROS
from domain.net_price import PROBABILITY_SCALE, break_even, net_price
from domain.odds import PriceKind, claim_ratio
from domain.orders import Side
from oms.allotment import Allotment, allot
from oms.marginal_price import CLAIMS_SCALE, net_terms
from tests.oms.places import FREE, place

UNIT = MICROS
NO_LIMIT = {Side.BACK: PROBABILITY_SCALE, Side.LAY: 0}


def taxed(percent: int) -> NetWinFee:
    return NetWinFee(rate_ppm=percent * 10_000)


def shared(*places: Candidate, claims: str = "1000000", side: Side = Side.BACK, limit: str | None = None) -> list[str]:
    """Shares as "name size@price" in the order in which they were chosen."""
    limit_e9 = NO_LIMIT[side] if limit is None else int(Fraction(limit) * PROBABILITY_SCALE)
    shares, _ = allot(places, side=side, limit_e9=limit_e9, claims_micros=int(Fraction(claims) * UNIT))
    return [f"{share.candidate.instrument} {share.size_micros / UNIT:g}@{share.price}" for share in shares]


# --- the arithmetic of one claim ---

FEES: list[FeeTerms] = [
    FREE,
    taxed(2),
    NetWinFee(rate_ppm=50_000, discount_ppm=400_000),
    QuadraticFee(taker_ppm=70_000),
    VolumeFee(taker_ppm=15_000),
    ProfitOrLesserFee(rate_ppm=15_000),
]


@given(
    st.sampled_from(FEES),
    st.sampled_from([PriceKind.ODDS, PriceKind.CONTRACT]),
    st.sampled_from(list(Side)),
    st.integers(101, 9_999),
    st.integers(1, 10**9),
)
def test_the_terms_of_a_claim_are_exact(fee: FeeTerms, kind: PriceKind, side: Side, price: int, rate: int) -> None:
    (part, whole), claims_scaled = net_terms(fee, kind, side, price, rate_e8=rate)
    gross_price = Fraction(*claim_ratio(kind, price))
    assert Fraction(part, whole) == net_price(fee, side, gross_price)
    gross_claims = Fraction(1) if kind is PriceKind.CONTRACT else 1 / gross_price
    profit, lesser = 1 - gross_price, min(gross_price, 1 - gross_price)
    winnings = profit if side is Side.BACK else gross_price
    taken = Fraction(0)
    if isinstance(fee, NetWinFee):
        taken = winnings * Fraction(fee.rate_ppm, UNIT) * (1 - Fraction(fee.discount_ppm, UNIT))
    if isinstance(fee, ProfitOrLesserFee):
        taken = (winnings - lesser) * Fraction(fee.rate_ppm, UNIT)
    net_claims = gross_claims * (1 - taken) * Fraction(rate, FX_SCALE)
    assert Fraction(claims_scaled, CLAIMS_SCALE) == net_claims


@given(
    st.integers(0, 10),
    st.sampled_from(list(Side)),
    st.sampled_from([150, 200, 1_000]),
    st.integers(-9, 9).map(lambda n: n * 10 * UNIT),
    st.integers(-9, 9).map(lambda n: n * 10 * UNIT),
)
def test_a_share_of_one_lot_costs_what_breaking_even_says(
    percent: int, side: Side, price: int, win: int, lose: int
) -> None:
    fee = taxed(percent)
    here = place(f"{price / 100:.2f}:0.01", fee, win_micros=win, lose_micros=lose)
    (share,), _ = allot([here], side=side, limit_e9=NO_LIMIT[side], claims_micros=10**12)
    claims, cost = claims_and_cost_micros(here.kind, price, share.size_micros)
    even = break_even(
        fee,
        side,
        claims=Fraction(claims),
        cost=Fraction(cost),
        if_win=Fraction(win),
        if_lose=Fraction(lose),
    )
    assert share.claims * UNIT == even.gain + even.loss


# --- the choice ---


def lots_of(candidate: Candidate) -> list[list[int]]:
    return [list(range(size // candidate.lot_micros + 1)) for _, size in candidate.levels]


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(150, 250), st.integers(1, 4), st.integers(0, 5)), min_size=1, max_size=2),
    st.lists(st.tuples(st.integers(40, 65), st.integers(1, 4)), min_size=1, max_size=2),
    st.integers(1, 25),
)
def test_no_other_sharing_gets_as_much_for_less(odds: Any, contracts: Any, wanted: int) -> None:
    percent = odds[0][2]
    at_odds = " ".join(f"{price / 100:.2f}:{size}" for price, size, _ in sorted(odds, reverse=True))
    in_contracts = " ".join(f"0.{price}c:{size}" for price, size in sorted(contracts))
    places = [place(at_odds, taxed(percent), lot="1"), place(in_contracts, FREE, name="b", lot="1")]
    shares, _ = allot(places, side=Side.BACK, limit_e9=PROBABILITY_SCALE, claims_micros=wanted * UNIT)
    got, paid = sum(share.claims for share in shares), sum(share.cash(Side.BACK) for share in shares)
    assert got <= wanted
    worths = [
        (
            Allotment(here, price, UNIT, net_terms(here.fee, here.kind, Side.BACK, price, rate_e8=FX_SCALE)[1] * UNIT),
            size,
        )
        for here in places
        for price, size in here.levels
    ]
    dearest_lot = max(worth.cash(Side.BACK) for worth, _ in worths)
    for counts in itertools.product(*(range(size // UNIT + 1) for _, size in worths)):
        claims = sum(n * worth.claims for n, (worth, _) in zip(counts, worths, strict=True))
        cost = sum(n * worth.cash(Side.BACK) for n, (worth, _) in zip(counts, worths, strict=True))
        if got <= claims <= wanted:
            assert paid <= cost + dearest_lot


def test_a_fee_makes_the_better_looking_price_the_worse_one() -> None:
    fee = QuadraticFee(taker_ppm=70_000)
    assert shared(place("0.50c:10", fee, name="k", lot="1"), place("1.95:10", name="x"), claims="5")[0].startswith("x ")


def test_the_limit_stops_a_share_and_the_price_at_the_limit_still_counts() -> None:
    ladder = "2.00:10 1.95:10 1.90:10"
    assert shared(place(ladder), limit="0.52") == ["a 10@200", "a 10@195"]
    assert shared(place("2.00:10"), limit="0.5") == ["a 10@200"]
    assert shared(place("2.00:10"), limit="0.499999999") == []


def test_a_lay_takes_the_dearest_claims_first_and_stops_at_its_limit() -> None:
    books = place("2.00:10 2.10:10 2.30:10", name="x"), place("2.04:10", name="y")
    assert shared(*books, side=Side.LAY, limit="0.45") == ["x 10@200", "y 10@204", "x 10@210"]
    assert shared(*books, side=Side.LAY, claims="30", limit="0.45") == ["x 10@200", "y 4.9@204"]


def test_equal_net_prices_go_by_priority_then_by_name_order() -> None:
    assert shared(place("2.00:5", name="x", priority=2), place("2.00:5", name="y", priority=1)) == [
        "y 5@200",
        "x 5@200",
    ]
    assert shared(place("2.00:5", name="x"), place("2.00:5", name="y")) == ["x 5@200", "y 5@200"]


def test_of_equal_prices_and_priorities_the_first_level_of_a_book_goes_before_another_s_second() -> None:
    deep, best = place("2.10:5 2.00:5", name="x"), place("2.00:5", name="y")
    assert shared(deep, best) == ["x 5@210", "y 5@200", "x 5@200"]


def test_claims_of_another_currency_count_in_base() -> None:
    assert shared(place("2.00:100", rate_e8=125_000_000), claims="25") == ["a 10@200"]


def test_sizes_are_whole_lots_and_what_is_less_than_a_lot_stays_unfilled() -> None:
    assert shared(place("0.50c:10", lot="1"), claims="3.9") == ["a 3@5000"]
    assert shared(place("2.00:0.019"), claims="100") == ["a 0.01@200"]
    assert shared(place("2.00:0.009 1.90:5"), claims="100") == ["a 5@190"]


def test_what_is_too_small_for_one_place_goes_on_to_a_finer_one() -> None:
    coarse, fine = place("0.50c:10", lot="1", name="k"), place("1.90:50", name="x")
    assert shared(coarse, fine, claims="3.9") == ["k 3@5000", "x 0.47@190"]


# --- the kink ---


def test_backing_out_of_a_lay_is_cheap_until_the_result_turns_positive() -> None:
    """Short 100 claims at 2.0 with 10 %: closing is untaxed, what lies behind costs the tax."""
    short = place("2.00:300", taxed(10), name="x", win_micros=-100 * UNIT, lose_micros=100 * UNIT)
    other = place("1.95:300", name="y")
    assert shared(short, other, claims="250") == ["x 100@200", "y 30.76@195"]


def test_a_level_split_at_the_kink_is_one_share() -> None:
    here = place("2.00:300", taxed(10), win_micros=-100 * UNIT, lose_micros=100 * UNIT)
    shares, _ = allot([here], side=Side.BACK, limit_e9=PROBABILITY_SCALE, claims_micros=10**12)
    (share,) = shares
    assert share.size_micros == 300 * UNIT
    even = break_even(
        taxed(10),
        Side.BACK,
        claims=Fraction(600),
        cost=Fraction(300),
        if_win=Fraction(-100),
        if_lose=Fraction(100),
    )
    assert share.claims == even.gain + even.loss


def test_the_relief_of_a_loss_ends_where_the_profit_on_the_other_side_is_used_up() -> None:
    green = place("3.00:300", taxed(10), name="x", win_micros=100 * UNIT, lose_micros=50 * UNIT)
    assert shared(green, limit="0.34") == ["x 50@300"]
    assert shared(green, side=Side.LAY, limit="0.33") == ["x 50@300"]


def test_a_limit_between_the_two_sides_of_a_kink_stops_there() -> None:
    here = place("2.00:300", taxed(10), win_micros=-100 * UNIT, lose_micros=0)
    assert shared(here, limit="0.51") == ["a 100@200"]
    assert shared(here, limit="0.53") == ["a 300@200"]


def test_a_lot_that_would_cross_the_kink_is_priced_behind_it() -> None:
    here = place("2.00:300", taxed(10), win_micros=-15_000, lose_micros=0)
    assert shared(here, limit="0.51") == ["a 0.01@200"]


@settings(max_examples=100)
@given(
    st.integers(1, 20),
    st.sampled_from(list(Side)),
    st.integers(-300, 300).map(lambda n: n * UNIT // 7),
    st.integers(-300, 300).map(lambda n: n * UNIT // 7),
    st.integers(350, 650),
)
def test_every_share_keeps_the_limit_on_the_whole(percent: int, side: Side, win: int, lose: int, limit: int) -> None:
    fee = taxed(percent)
    ladder = "2.10:40 2.00:40 1.90:40" if side is Side.BACK else "1.90:40 2.00:40 2.10:40"
    here = place(ladder, fee, win_micros=win, lose_micros=lose)
    shares, _ = allot([here], side=side, limit_e9=limit * 10**6, claims_micros=150 * UNIT)
    claims = cost = 0
    for share in shares:
        more_claims, more_cost = claims_and_cost_micros(here.kind, share.price, share.size_micros)
        claims, cost = claims + more_claims, cost + more_cost
    if claims:
        even = break_even(
            fee, side, claims=Fraction(claims), cost=Fraction(cost), if_win=Fraction(win), if_lose=Fraction(lose)
        )
        assert (even.p_star <= Fraction(limit, 1000)) if side is Side.BACK else (even.p_star >= Fraction(limit, 1000))
        assert sum(share.claims for share in shares) <= 150
        assert abs(sum(share.claims for share in shares) * UNIT - (even.gain + even.loss)) <= 2 * 40_000


# --- money and minimum ---


@pytest.mark.parametrize(
    ("side", "here", "size"),
    [
        (Side.BACK, place("2.00:300", available_micros=50 * UNIT), "50"),
        (Side.LAY, place("3.00:300", available_micros=50 * UNIT), "25"),
        (Side.LAY, place("3.00:300", available_micros=50 * UNIT, win_micros=30 * UNIT), "40"),
        (Side.BACK, place("2.00:300", available_micros=0, win_micros=-40 * UNIT, lose_micros=40 * UNIT), "80"),
        (Side.BACK, place("2.00:30 1.90:300", available_micros=50 * UNIT), "50"),
    ],
)
def test_no_share_needs_more_money_than_the_venue_lets_us_spend(side: Side, here: Candidate, size: str) -> None:
    shares, _ = allot([here], side=side, limit_e9=NO_LIMIT[side], claims_micros=10**12)
    assert sum(share.size_micros for share in shares) == int(size) * UNIT


def test_money_must_also_reach_for_the_fees_of_the_fills() -> None:
    here = place("0.50c:300", QuadraticFee(taker_ppm=70_000), lot="1", available_micros=50 * UNIT)
    assert shared(here) == ["a 96@5000"]  # 48 and a fee of 1.68, a cent and a hundred steps; 97 would need 50.22


def test_nothing_is_shared_where_there_is_no_money() -> None:
    assert shared(place("2.00:300", available_micros=0)) == []
    assert shared(place("2.00:300", available_micros=-UNIT)) == []


def test_a_share_below_the_minimum_goes_to_the_others() -> None:
    better = place("2.10:1", name="x", size_min_micros=2 * UNIT)
    assert shared(better, place("2.00:50", name="y"), claims="20") == ["y 10@200"]


def test_of_several_shares_that_are_too_small_the_one_is_given_up_that_costs_least() -> None:
    both = place("2.10:5", name="x", size_min_micros=2 * UNIT), place("2.00:5", name="y", size_min_micros=2 * UNIT)
    assert shared(*both, claims="15") == ["x 5@210", "y 2.25@200"]
    assert shared(*both, claims="3") == []
    thin = (
        place("2.10:1", name="x", size_min_micros=2 * UNIT),
        place("2.00:1.5 1.90:9", name="y", size_min_micros=2 * UNIT),
    )
    assert shared(*thin, claims="4") == ["y 1.5@200", "y 0.52@190"]
    deep = (
        place("2.10:1 1.95:50", name="x", size_min_micros=2 * UNIT),
        place("2.00:1", name="y", size_min_micros=2 * UNIT),
    )
    assert shared(*deep, claims="6") == ["x 1@210", "x 2@195"]


def test_the_last_place_is_filled_to_its_minimum_where_that_is_worth_more_than_leaving_it_out() -> None:
    cheap, dear = place("2.10:5", name="x"), place("2.00:5", name="y", size_min_micros=2 * UNIT)
    assert shared(cheap, dear, claims="13") == ["y 2@200", "x 4.28@210"], "left out, it would leave 2.5 of 13 claims"
    assert shared(cheap, dear, claims="13", limit="0.52") == ["y 2@200", "x 4.28@210"]
    assert shared(cheap, dear, claims="13", limit="0.51") == ["x 5@210"], "dearer than the limit, taken together"
    assert shared(cheap, dear, claims="10.5") == ["x 5@210"], "nothing is wanted of it"
    assert shared(cheap, place("2.00:1", name="y", size_min_micros=2 * UNIT), claims="13") == ["x 5@210"]
    assert shared(cheap, replace(dear, available_micros=1_900_000), claims="13") == ["x 5@210"]
    assert shared(cheap, replace(dear, delay_e9=500_000_000), claims="13") == ["x 5@210"], "the wait costs more"
    paying = replace(dear, payout_min_micros=3 * UNIT)
    assert shared(cheap, paying, claims="12") == ["y 1.5@200", "x 4.28@210"], "a payout of 3 is enough"
    deep = place("0.50c:3 0.51c:9", lot="1", name="z", size_min_micros=5 * UNIT)
    assert shared(cheap, deep, claims="12.6") == ["z 3@5000", "z 2@5100", "x 3.61@210"]


def test_a_place_that_our_result_there_makes_cheap_is_filled_to_its_minimum_for_what_it_saves() -> None:
    """Where we lose if it wins, what closes pays no commission: it is worth a minimum that a first bet is not."""
    others = place("1.16:3", name="b"), place("0.865c:20", name="c", lot="1")
    first = place("1.17:2 1.15:10", taxed(10), name="x", size_min_micros=4 * UNIT)
    assert shared(first, *others, claims="10", limit="0.87") == ["b 3@116", "c 6@8650"]
    closing = replace(first, win_micros=-1_000 * UNIT)
    found = shared(closing, *others, claims="10", limit="0.87")
    assert found == ["x 2@117", "x 2@115", "b 3@116", "c 1@8650"]
    only_just = replace(first, win_micros=-340_000)
    assert shared(only_just, *others, claims="10", limit="0.87") == ["b 3@116", "c 6@8650"], "closed by the first two"


def test_a_lay_is_filled_to_its_minimum_too() -> None:
    dear, cheap = place("1.90:5", name="x"), place("2.00:5", name="y", size_min_micros=2 * UNIT)
    assert shared(dear, cheap, claims="11", side=Side.LAY) == ["y 2@200", "x 3.68@190"]
    assert shared(dear, cheap, claims="11", side=Side.LAY, limit="0.49") == ["x 5@190"]


def test_of_equally_large_shares_the_cheaper_one_is_kept() -> None:
    dear = place("0.50c:1 0.52c:5", lot="1", name="x", size_min_micros=2 * UNIT)
    cheap = place("0.49c:1 0.51c:5", lot="1", name="y", size_min_micros=2 * UNIT)
    assert shared(cheap, dear, claims="2") == shared(dear, cheap, claims="2") == ["y 1@4900", "y 1@5100"]
    better = place("0.52c:1 0.50c:5", lot="1", name="x", size_min_micros=2 * UNIT)
    worse = place("0.51c:1 0.49c:5", lot="1", name="y", size_min_micros=2 * UNIT)
    brings_more = ["x 1@5200", "x 1@5000"]
    assert shared(worse, better, claims="2", side=Side.LAY) == brings_more
    assert shared(better, worse, claims="2", side=Side.LAY) == brings_more


def test_a_large_payout_excuses_a_small_stake() -> None:
    long_shot: dict[str, Any] = {"size_min_micros": UNIT, "payout_min_micros": 10 * UNIT}
    assert shared(place("50.00:0.20", **long_shot)) == ["a 0.2@5000"]
    assert shared(place("49.00:0.20", **long_shot)) == []


def test_places_that_were_refused_get_nothing() -> None:
    assert shared(place("2.00:5", refused="book_stale"), place("")) == []
