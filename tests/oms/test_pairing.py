"""An arbitrage sized, ordered and held back for, or the reason why it is not made."""

from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from domain.candidates import Candidate
from domain.fees import NetWinFee, QuadraticFee
from domain.ids import InstrumentId, MarketId, StrategyName
from domain.intents import PairIntent
from domain.legs import LegTerms, leg_result
from domain.money import MICROS
from domain.orders import Side
from domain.plans import Rung, RungKind
from oms.explained import recompute
from oms.pairing import LegPlace, Paired, pair_up
from oms.routes import Routed, priced
from tests.builders import instrument
from tests.oms.places import place
from tests.oms.test_explained import decided

LADDER = (
    Rung(RungKind.FOLLOW, 500),
    Rung(RungKind.RETRY, 500),
    Rung(RungKind.ACCEPT, 1_000, loss_e9=20_000_000),
)
CONTRACTS = QuadraticFee(taker_ppm=70_000)
TAXED = NetWinFee(rate_ppm=20_000)


def intent(claims: int = 100, **more: Any) -> PairIntent:
    return PairIntent(
        **{
            "strategy": StrategyName("arb"),
            "market": MarketId("match"),
            "outcome": 0,
            "back": InstrumentId("two/m2/yes"),
            "lay": InstrumentId("one/match/home"),
            "back_limit_e9": 520_000_000,
            "lay_limit_e9": 520_000_000,
            "claims_micros": claims * MICROS,
            "profit_min_micros": 1,
            "naked_max_micros": 10**12,
            "carry_max_micros": 10**12,
            "ladder": LADDER,
            "because": "cheap there, dear here",
            **more,
        }
    )


def at(candidate: Candidate, side: Side, *, contracts: bool = False, **more: Any) -> LegPlace:
    where = instrument("two/m2/yes", fee=CONTRACTS, currency="USD") if contracts else instrument()
    return LegPlace(where, priced(replace(candidate, instrument=where.id), side), **more)


def yes(text: str = "0.50c:300", **more: Any) -> LegPlace:
    return at(place(text, CONTRACTS, lot="1"), Side.BACK, contracts=True, **more)


def lay(text: str = "1.90:300", **more: Any) -> LegPlace:
    return at(place(text, TAXED), Side.LAY, **more)


def paired(*places: LegPlace, **more: Any) -> Paired:
    found = pair_up(intent(**more), *places)
    assert isinstance(found, Paired), found
    return found


def test_the_worked_example_comes_out_as_it_is_printed() -> None:
    found = paired(yes(), lay())
    assert found.worst == Fraction("0.3762")
    assert [(leg.side, leg.instrument) for leg in found.legs] == [
        (Side.BACK, "two/m2/yes"),
        (Side.LAY, "one/match/home"),
    ]
    assert (found.lead_price, found.lead_size_micros) == (5_000, 100 * MICROS)
    assert [one.allotted for one in found.candidates] == [((5_000, 100 * MICROS),), ((190, 53_190_000),)]


def test_the_thinner_book_decides_how_much() -> None:
    found = paired(yes(), lay("1.90:20"))
    assert found.lead_size_micros == 37 * MICROS  # 20 at 1.90 hold 37.6 net claims
    assert found.candidates[1].allotted == ((190, 19_680_000),)


def test_a_deeper_level_is_used_while_the_limit_holds_and_judged_at_its_price() -> None:
    found = paired(yes("0.49c:40 0.50c:300"), lay("1.88:10 1.90:300"))
    assert found.lead_price == 5_000
    assert found.worst == Fraction("0.3762")


def test_the_leg_less_sure_to_be_matched_leads() -> None:
    sides = [
        [leg.side for leg in paired(yes(unwind_e9=20), lay(unwind_e9=20, fill_ppm=sure)).legs]
        for sure in (900_000, 10**6)
    ]
    assert sides == [[Side.LAY, Side.BACK], [Side.BACK, Side.LAY]]


def test_in_running_the_longer_bet_delay_leads() -> None:
    found = paired(yes(fill_ppm=500_000, unwind_e9=20), lay(unwind_e9=20, delay_ms=5_000))
    assert found.legs[0].side is Side.LAY


def test_what_the_leading_leg_alone_may_lose_is_bounded() -> None:
    found = paired(yes(), lay(), naked_max_micros=20 * MICROS)
    assert found.lead_size_micros == 38 * MICROS  # 0.5175 each
    assert pair_up(intent(naked_max_micros=1), yes(), lay()) == "one leg has nothing at its limit"
    thin = paired(yes("0.50c:35"), lay(), naked_max_micros=18 * MICROS)  # what is wanted is more than there is
    assert thin.lead_size_micros == 34 * MICROS
    coarse = at(place("0.50c:300", CONTRACTS, lot="50"), Side.BACK, contracts=True)
    assert pair_up(intent(naked_max_micros=20 * MICROS), coarse, lay()) in (
        "the leading leg alone could lose too much",
        "one leg has nothing at its limit",
    )


def test_a_pair_that_brings_too_little_is_not_made() -> None:
    said = "it would bring 376200 at worst, at least 400000 was asked for"
    assert pair_up(intent(profit_min_micros=400_000), yes(), lay()) == said
    assert isinstance(pair_up(intent(profit_min_micros=1), yes("0.51c:300"), lay()), str)


def test_what_may_come_against_a_leg_that_is_held_back_is_taken_off() -> None:
    delayed = lay()
    delayed = replace(delayed, candidate=replace(delayed.candidate, delay_e9=1_000_000), delay_ms=5_000)
    found = paired(yes(), delayed)
    assert found.worst == Fraction("0.3762") - Fraction(found.legs[0].claims_micros, 10**9)
    dear = replace(delayed, candidate=replace(delayed.candidate, delay_e9=4_000_000))
    assert str(pair_up(intent(lay_limit_e9=510_000_000), yes(), dear)).startswith("it would bring")


def test_the_follower_is_held_back_for_at_the_worst_price_of_the_ladder() -> None:
    found = paired(yes(), lay())
    (held,) = found.reserved
    assert (held.instrument, held.price) == ("one/match/home", 198)  # 0.5175 less 0.02 brought, after commission
    at_worst = leg_result(LegTerms(Side.LAY, found.candidates[1].kind, 198, TAXED, 10_000, 10**8), held.size_micros)
    assert Fraction(100) <= at_worst.claims < Fraction(101)


def test_a_back_that_follows_is_held_back_for_too() -> None:
    (held,) = paired(yes(fill_ppm=10**6, unwind_e9=20), lay(fill_ppm=800_000, unwind_e9=20)).reserved
    assert held.instrument == "two/m2/yes"
    assert held.price == 5_200  # what 0.5213 brought and 0.02 more still pay for, fee included
    assert held.size_micros >= 100 * MICROS


def test_what_no_order_can_even_out_is_said_beforehand() -> None:
    stake = place("1.90:300", TAXED, size_min_micros=2 * MICROS)
    found = paired(yes(), at(stake, Side.LAY))
    assert found.residue_micros == 3_759_999  # of a stake of 2, which is more than one contract


@pytest.mark.parametrize("fill_ppm", [1_000_000, 400_000])
def test_the_decision_of_each_leg_follows_from_its_own_record(fill_ppm: int) -> None:
    unsure = lay(fill_ppm=fill_ppm)
    unsure = replace(unsure, candidate=replace(unsure.candidate, fill_ppm=fill_ppm))
    paired = pair_up(intent(), yes(), unsure)
    assert isinstance(paired, Paired)
    for leg, candidate in zip(paired.legs, paired.candidates, strict=True):
        decision = decided(Routed((), (candidate,)), side=leg.side, limit_e9=leg.limit_e9)
        assert recompute(replace(decision, claims_micros=leg.claims_micros)).differences == ()


UNSURE: dict[str, Any] = {"unwind_e9": 20, "fill_ppm": 900_000}


@pytest.mark.parametrize("text", ["1.70:20 1.90:300", "1.70:50 1.90:2", "1.70:50 1.90:300"])
def test_a_leading_lay_over_levels_brings_no_more_at_its_price_than_its_follower_is_planned_for(text: str) -> None:
    found = paired(yes(unwind_e9=20), lay(text, **UNSURE))
    lead, follower = found.legs
    assert lead.side is Side.LAY
    at_worst = LegTerms(Side.LAY, found.candidates[0].kind, found.lead_price, TAXED, 10_000, 10**8)
    most = leg_result(at_worst, found.lead_size_micros).claims * MICROS
    assert lead.claims_micros - 1 < most <= lead.claims_micros
    assert abs(lead.claims_micros - follower.claims_micros) <= found.residue_micros + 1


@pytest.mark.parametrize("more", [{}, UNSURE])
@pytest.mark.parametrize("text", ["1.70:20 1.90:300", "1.70:50 1.90:2", "1.70:50 1.90:300", "1.60:9 1.80:9 1.90:9"])
def test_the_order_of_a_leg_over_levels_follows_from_its_own_record(text: str, more: dict[str, Any]) -> None:
    found = paired(yes(unwind_e9=20), lay(text, **more))
    assert found.legs[0].side is (Side.LAY if more else Side.BACK)
    for leg, candidate in zip(found.legs, found.candidates, strict=True):
        decision = decided(Routed((), (candidate,)), side=leg.side, limit_e9=leg.limit_e9)
        assert recompute(replace(decision, claims_micros=leg.claims_micros)).differences == ()
    assert sum(size for _, size in found.candidates[0].allotted) == found.lead_size_micros
