"""One order a place at its worst price: matched there in full it brings no more claims than were wanted."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.candidates import Candidate
from domain.fees import FeeTerms, NetWinFee, QuadraticFee
from domain.money import FX_SCALE, MICROS
from domain.net_price import PROBABILITY_SCALE, break_even
from domain.odds import PriceKind, claim_ratio
from domain.orders import Side
from oms.allotment import BELOW_MINIMUM
from oms.routes import share_out
from tests.oms.places import FREE, place

UNIT = MICROS
NO_LIMIT = {Side.BACK: PROBABILITY_SCALE, Side.LAY: 0}
TAXED = NetWinFee(rate_ppm=50_000)
QUADRATIC = QuadraticFee(taker_ppm=70_000)


def sent(*places: Candidate, claims: str, side: Side = Side.LAY, limit: str | None = None) -> list[list[str]]:
    """What each place is sent, level by level, as "size@price"."""
    limit_e9 = NO_LIMIT[side] if limit is None else int(Fraction(limit) * PROBABILITY_SCALE)
    found = share_out(places, side=side, limit_e9=limit_e9, claims_micros=int(Fraction(claims) * UNIT))
    return [[f"{size / UNIT:g}@{price}" for price, size in one.allotted] for one in found]


def test_a_lay_over_levels_is_for_no_more_claims_than_wanted_though_the_book_moves_and_all_matches_at_its_price() -> (
    None
):
    two = place("2.00:10 2.50:90")
    assert sent(two, claims="45") == [["10@200", "8@250"]], "18 at 2.50 are 45 claims; as shown they are 40"


def test_a_lay_that_takes_all_there_is_keeps_its_size_while_more_is_wanted_than_that_can_come_to() -> None:
    two = place("2.00:10 2.50:10")
    assert sent(two, claims="50") == [["10@200", "10@250"]]
    assert sent(two, claims="47.5") == [["10@200", "9@250"]]


def test_a_last_level_that_would_make_the_order_smaller_is_left_alone() -> None:
    two = place("2.00:10 2.50:10")
    assert sent(two, claims="24") == [["10@200"]], "24 claims at 2.50 are a stake of 9.6"
    assert sent(two, claims="25") == [["10@200"]], "10 at 2.50 are as large, at a worse price"
    assert sent(two, claims="25.1") == [["10@200", "0.04@250"]]


def test_what_is_wanted_beyond_all_shares_makes_good_what_orders_may_bring_more_but_only_once() -> None:
    books = place("2.00:10 2.50:10", name="x"), place("2.00:10 2.50:10", name="y")
    assert sent(*books, claims="100") == [["10@200", "10@250"]] * 2
    assert sent(*books, claims="95") == [["10@200", "10@250"], ["10@200", "8@250"]], "of 90 shown 5 are to spare"


def test_a_share_of_one_level_is_sent_whole_whatever_its_lots_leave_over() -> None:
    assert sent(place("3.00:300", TAXED, rate_e8=125_000_000), claims="100") == [["27.11@300"]]


@pytest.mark.parametrize("side", list(Side))
def test_contracts_are_sent_whole_as_each_is_one_claim_at_any_price(side: Side) -> None:
    best, worst = ("0.48c:40", "0.55c:60") if side is Side.BACK else ("0.55c:40", "0.48c:60")
    assert sent(place(f"{best} {worst}", QUADRATIC, lot="1"), claims="80", side=side) == [
        [f"40@{5_500 if side is Side.LAY else 4_800}", f"40@{4_800 if side is Side.LAY else 5_500}"]
    ]


def test_a_back_at_odds_is_sent_whole_as_worse_odds_hold_fewer_claims() -> None:
    assert sent(place("2.50:10 2.00:90"), claims="45", side=Side.BACK) == [["10@250", "10@200"]]


def test_an_order_needs_no_more_money_at_its_price_than_there_is() -> None:
    """A gate reserves an order at its limit: what money reached for as shown only was refused altogether."""
    contracts = place("0.40c:50 0.80c:50", lot="1", available_micros=40 * UNIT)
    assert sent(contracts, claims="100", side=Side.BACK) == [["50@4000"]], "50 at 0.80 would be as many"
    assert sent(contracts, claims="100", side=Side.BACK, limit="0.5") == [["50@4000"]]
    lay = place("2.00:10 5.00:90", available_micros=60 * UNIT)
    assert sent(lay, claims="1000") == [["10@200", "5@500"]], "15 at 5.00 may lose 60"


def test_a_lay_whose_order_would_be_too_small_at_its_price_goes_elsewhere() -> None:
    thin = place("2.00:1.5 2.50:9", name="x", size_min_micros=2 * UNIT)
    assert sent(thin, claims="4.5") == [[]], "1.8 at 2.50 are 4.5 claims"
    assert sent(thin, claims="5") == [["1.5@200", "0.5@250"]]
    found = share_out((thin, place("2.60:9", name="y")), side=Side.LAY, limit_e9=0, claims_micros=4_500_000)
    assert [one.refused for one in found] == [BELOW_MINIMUM, ""]
    assert found[1].allotted == ((260, 1_730_000),)


def test_a_lay_is_filled_to_its_minimum_only_if_that_is_wanted_at_its_price_too() -> None:
    better, thin = place("1.90:5", name="x"), place("2.00:1 2.50:9", name="y", size_min_micros=2 * UNIT)
    assert sent(better, thin, claims="11.5") == [["3.42@190"], ["1@200", "1@250"]], "5 may come of it, 6.5 are left"
    assert sent(better, replace(thin, size_min_micros=5 * UNIT), claims="12") == [["5@190"], []]


# --- whatever the books, fees, rates and results are ---

ODDS = st.lists(st.integers(102, 900), min_size=1, max_size=4, unique=True)
RESULTS = st.integers(-150, 150).map(lambda n: n * UNIT)


@st.composite
def places(draw: st.DrawFn, side: Side) -> list[Candidate]:
    """One to three venues with levels far apart, of both kinds, with results of ours there, some short of money."""
    found = []
    for n in range(draw(st.integers(1, 3))):
        contracts = draw(st.booleans())
        prices = sorted(draw(ODDS), reverse=contracts is (side is Side.LAY))
        fees: list[FeeTerms] = [FREE, TAXED, *([QUADRATIC] if contracts else [])]
        results: dict[str, Any] = {"win_micros": draw(RESULTS), "lose_micros": draw(RESULTS)}
        found.append(
            place(
                " ".join(
                    f"{price / (1_000 if contracts else 100):.3f}{'c' * contracts}:{draw(st.integers(1, 99))}"
                    for price in prices
                ),
                draw(st.sampled_from(fees)),
                name=f"v{n}",
                lot="1" if contracts else "0.01",
                rate_e8=draw(st.sampled_from([FX_SCALE, 125_000_000])),
                available_micros=draw(st.sampled_from([30, 10**6])) * UNIT,
                size_min_micros=draw(st.sampled_from([0, 2])) * UNIT,
                **results,
            )
        )
    return found


def at_its_price(candidate: Candidate, side: Side) -> Fraction:
    """Net claims in base of what a place is sent, all matched at the worst of its prices, by what it adds and takes."""
    size = sum(size for _, size in candidate.allotted)
    part = Fraction(*claim_ratio(candidate.kind, candidate.allotted[-1][0]))
    claims = Fraction(size) if candidate.kind is PriceKind.CONTRACT else size / part
    fee = FREE if isinstance(candidate.fee, QuadraticFee) else candidate.fee  # costs the same on either result
    win, lose = Fraction(candidate.win_micros), Fraction(candidate.lose_micros)
    even = break_even(fee, side, claims=claims, cost=claims * part, if_win=win, if_lose=lose)
    return (even.gain + even.loss) * Fraction(candidate.rate_e8, FX_SCALE)


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(list(Side)), st.integers(1, 600))
def test_all_orders_of_a_take_matched_at_their_own_prices_bring_no_more_than_it_wanted(
    data: st.DataObject, side: Side, wanted: int
) -> None:
    found = share_out(tuple(data.draw(places(side))), side=side, limit_e9=NO_LIMIT[side], claims_micros=wanted * UNIT)
    orders = [one for one in found if one.allotted]
    kinks = sum(4 * 9 * one.lot_micros for one in orders)  # a lot that a result of ours passes zero in counts as behind
    assert sum(at_its_price(one, side) for one in orders) <= wanted * UNIT + kinks
    for one in orders:
        assert sum(size for _, size in one.allotted) >= one.size_min_micros
        shown = dict(one.levels)
        assert all(size <= shown[price] for price, size in one.allotted)
