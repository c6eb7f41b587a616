"""What a bet needs of a venue's balance: the router sends as much as the gate lets pass, and no more."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.money import MICROS
from domain.net_price import PROBABILITY_SCALE
from domain.orders import Side
from oms.allotment import allot
from risk.exposure import Exposure, held_beside_micros
from tests.oms.places import place
from tests.risk.builders import PAR, child, instrument, market, order

HOME = instrument("a", 0)


def exposure_of(*bets: tuple[str, int]) -> Exposure:
    """Bets on an outcome at one venue, matched in full."""
    exposure = Exposure([market()])
    for text, outcome in bets:
        on = instrument("a", outcome)
        exposure.update(None, order(text, on, matched=text.split()[1]), on, PAR)
    return exposure


def test_a_venue_holds_for_a_worse_outcome_what_a_lay_of_another_may_lose() -> None:
    exposure = exposure_of(("LAY 50 @ 3", 1))
    assert held_beside_micros(exposure, HOME.listing, Side.LAY) == 100 * MICROS
    assert held_beside_micros(exposure, instrument("a", 1).listing, Side.LAY) == 0, "it is the worst itself"
    assert held_beside_micros(exposure, HOME.listing, Side.BACK) == 0, "a back loses there too"
    assert held_beside_micros(exposure, instrument("b", 0).listing, Side.LAY) == 0


BETS = st.tuples(st.sampled_from(["BACK", "LAY"]), st.integers(1, 60), st.sampled_from(["1.5", "2", "4"]))


@given(st.lists(st.tuples(BETS, st.integers(0, 2)), max_size=4), st.sampled_from(Side), st.integers(0, 90))
def test_a_share_uses_all_the_money_that_the_venue_would_let_it_use_and_no_more(
    held: list[Any], side: Side, available: int
) -> None:
    exposure = exposure_of(*((f"{way} {size} @ {odds}", outcome) for (way, size, odds), outcome in held))
    win, lose = exposure.venue_pnl(HOME.listing, side)
    money = available * MICROS + held_beside_micros(exposure, HOME.listing, side)
    there = place("2.00:100000", lot="1", available_micros=money, win_micros=win, lose_micros=lose)
    limit_e9 = PROBABILITY_SCALE if side is Side.BACK else 0
    shares, _ = allot([there], side=side, limit_e9=limit_e9, claims_micros=10**12)
    lots = sum(share.size_micros for share in shares) // MICROS
    needs = [exposure.trial(child(f"{side.name} {n} @ 2", HOME), HOME, PAR).need_micros for n in (lots, lots + 1)]
    assert needs[0] <= available * MICROS < needs[1]
