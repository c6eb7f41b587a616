"""A bet on every outcome, sized, ordered and held back for, or the reason why it is not made."""

from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from domain.fees import NetWinFee, QuadraticFee
from domain.ids import InstrumentId, MarketId, StrategyName
from domain.intents import SetIntent, SetLeg
from domain.money import MICROS
from domain.orders import Side
from domain.plans import Rung, RungKind
from oms.pairing import LegPlace, Paired
from oms.routes import priced
from oms.sets import set_up
from tests.builders import instrument
from tests.oms.places import place

LADDER = (Rung(RungKind.FOLLOW, 500), Rung(RungKind.ACCEPT, 1_000, loss_e9=20_000_000))
CONTRACTS = QuadraticFee(taker_ppm=70_000)
TAXED = NetWinFee(rate_ppm=20_000)
OUTCOMES = ("home", "away", "draw")


def intent(side: Side = Side.BACK, claims: int = 100, **more: Any) -> SetIntent:
    limit = 999_000_000 if side is Side.BACK else 1_000_000
    legs = tuple(SetLeg(InstrumentId(f"v/m/{name}"), n, limit) for n, name in enumerate(OUTCOMES))
    return SetIntent(
        **{
            "strategy": StrategyName("arb"),
            "market": MarketId("match"),
            "side": side,
            "legs": legs,
            "claims_micros": claims * MICROS,
            "profit_min_micros": 1,
            "naked_max_micros": 10**12,
            "carry_max_micros": 10**12,
            "ladder": LADDER,
            "because": "all are cheap",
            **more,
        }
    )


def at(n: int, text: str, side: Side = Side.BACK, **more: Any) -> LegPlace:
    contracts = "c:" in text
    fee = CONTRACTS if contracts else TAXED
    where = instrument(f"v/m/{OUTCOMES[n]}", fee=fee, currency="USD", outcome=n)
    seen = place(text, fee, lot="1" if contracts else "0.01")
    return LegPlace(where, priced(replace(seen, instrument=where.id), side), **more)


def backs(*more: dict[str, Any]) -> list[LegPlace]:
    """Net costs of 0.3378, 0.3378 and 0.3047: 0.9804 for a claim of each."""
    texts = ("3.00:200", "3.00:50", "0.29c:300")
    return [at(n, text, **extra) for n, (text, extra) in enumerate(zip(texts, more or ({}, {}, {}), strict=True))]


def result_if(found: Paired, winner: int) -> Fraction:
    """By hand: what each leg brings at its allotted prices, if one outcome wins."""
    total = Fraction(0)
    for leg, candidate in zip(found.legs, found.candidates, strict=True):
        for price, size in candidate.allotted:
            amount = Fraction(size, MICROS)
            if isinstance(candidate.fee, QuadraticFee):
                p = Fraction(price, 10_000)
                total -= -(-int(Fraction(7, 100) * amount * p * (1 - p) * 100 * 10**9) // 10**9) * Fraction(1, 100)
                won, lost = amount * (1 - p), -amount * p
            else:
                won, lost = amount * (Fraction(price, 100) - 1), -amount
            if leg.side is Side.LAY:
                won, lost = -won, -lost
            if not isinstance(candidate.fee, QuadraticFee):
                won, lost = (one * Fraction(98, 100) if one > 0 else one for one in (won, lost))
            total += won if leg.outcome == winner else lost
    return total


def test_every_outcome_gets_as_many_claims_and_the_set_brings_what_it_says() -> None:
    found = set_up(intent(), backs())
    assert isinstance(found, Paired), found
    claims = [leg.claims_micros for leg in found.legs]
    assert max(claims) - min(claims) <= found.residue_micros
    assert found.pays == 1
    results = [result_if(found, winner) for winner in range(3)]
    assert 0 < found.worst <= min(results)
    assert min(results) - found.worst < Fraction(2, 100), "whole cents of fee are reserved, and no more"


def test_the_thinnest_book_decides_how_much() -> None:
    found = set_up(intent(claims=1_000), backs())
    assert isinstance(found, Paired), found
    assert max(leg.claims_micros for leg in found.legs) <= Fraction("148") * MICROS  # 50 at 3.00 are 148 net claims


def test_lays_of_all_pay_all_but_one() -> None:
    places = [at(n, text, Side.LAY) for n, text in enumerate(("2.80:300", "2.80:300", "2.80:300"))]
    found = set_up(intent(Side.LAY), places)
    assert isinstance(found, Paired), found
    assert found.pays == 2
    assert 0 < found.worst <= min(result_if(found, winner) for winner in range(3))


def test_the_leg_least_sure_to_be_matched_leads_and_a_bet_delay_before_all() -> None:
    unsure = backs({"unwind_e9": 20}, {"unwind_e9": 20, "fill_ppm": 900_000}, {"unwind_e9": 20})
    found = set_up(intent(), unsure)
    assert isinstance(found, Paired), found
    assert found.legs[0].outcome == 1
    delayed = backs({"unwind_e9": 20}, {"unwind_e9": 20, "fill_ppm": 900_000}, {"unwind_e9": 20, "delay_ms": 5_000})
    found = set_up(intent(), delayed)
    assert isinstance(found, Paired), found
    assert [leg.outcome for leg in found.legs][:2] == [2, 1]


def test_what_may_come_against_legs_that_are_held_back_is_taken_off() -> None:
    places = backs()
    free = set_up(intent(), places)
    places[1] = replace(places[1], candidate=replace(places[1].candidate, delay_e9=1_000_000))
    found = set_up(intent(), places)
    assert isinstance(free, Paired), free
    assert isinstance(found, Paired), found
    claims = next(leg.claims_micros for leg in found.legs if leg.outcome == 1)
    assert free.worst - found.worst == Fraction(claims, 10**9)
    places[1] = replace(places[1], candidate=replace(places[1].candidate, delay_e9=20_000_000))
    assert str(set_up(intent(), places)).startswith("it would bring")


def test_each_follower_is_held_back_for_at_the_worst_price_of_the_ladder() -> None:
    found = set_up(intent(), backs())
    assert isinstance(found, Paired), found
    costs = {0: Fraction(1, 296) * 100, 1: Fraction(1, 296) * 100, 2: Fraction("0.29") + Fraction("0.014413")}
    left = 1 - sum(costs.values()) + Fraction(2, 100)
    for leg, kept in zip(found.legs[1:], found.reserved, strict=True):
        most = costs[leg.outcome] + left
        if leg.outcome == 2:
            assert kept.price == 3_200  # 0.3348 with its fee, and the next cent would be more than 0.3444
        else:
            assert Fraction(100, 98 * (kept.price - 100) + 10_000) * 100 <= most < Fraction(1)
        assert kept.size_micros > 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"profit_min_micros": 10 * MICROS}, "it would bring"),
        ({"naked_max_micros": 1}, "one leg has nothing at its limit"),
    ],
)
def test_a_set_that_brings_too_little_or_could_lose_too_much_is_not_made(more: dict[str, Any], said: str) -> None:
    found = set_up(intent(**more), backs())
    assert isinstance(found, str)
    assert found.startswith(said)


def test_what_all_legs_but_one_may_lose_is_bounded() -> None:
    found = set_up(intent(naked_max_micros=20 * MICROS), backs())
    assert isinstance(found, Paired), found
    assert max(leg.claims_micros for leg in found.legs) * Fraction("0.6756") <= 20 * MICROS


def test_nothing_at_its_limit_is_no_set() -> None:
    legs = (SetLeg(InstrumentId("v/m/home"), 0, 100_000_000), *intent().legs[1:])
    assert set_up(intent(legs=legs), backs()) == "one leg has nothing at its limit"


def test_a_leg_that_leaves_a_level_alone_makes_the_others_smaller() -> None:
    """Of 50 at 2.70 and more at 2.90 an order at 2.90 for so few claims would be smaller than one at 2.70 alone."""
    places = [at(n, text, Side.LAY) for n, text in enumerate(("2.70:50 2.90:300", "2.80:48.5", "2.80:300"))]
    found = set_up(intent(Side.LAY, claims=1_000), places)
    assert isinstance(found, Paired), found
    claims = [leg.claims_micros for leg in found.legs]
    assert max(claims) - min(claims) <= found.residue_micros
    assert all(len(one.allotted) == 1 for one in found.candidates)
