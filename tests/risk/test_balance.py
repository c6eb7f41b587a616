"""What a bet needs of a venue's balance: the router sends as much as the gate lets pass, and no more."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.ids import SelectionId, VenueMarketId
from domain.money import MICROS
from domain.net_price import PROBABILITY_SCALE
from domain.odds import PriceKind
from domain.orders import Order, Side
from oms.allotment import allot
from oms.ledger import reserve_micros
from risk.collateral import held_beside_micros, spare_micros
from risk.exposure import Exposure
from tests.oms.places import place
from tests.risk.builders import PAR, child, instrument, market, order
from venues.sim.accounts import Position as SimPosition
from venues.sim.accounts import net_lock
from venues.sim.queues import SimOrder

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


@given(
    st.lists(st.tuples(BETS, st.integers(0, 2), st.booleans()), max_size=5),
    st.tuples(BETS, st.integers(0, 2)),
    st.integers(0, 200),
    st.sampled_from((1, 2)),
)
def test_the_gate_asks_for_the_money_that_the_exchange_would_ask_for(
    held: list[Any], wanted: Any, wallet: int, winners: int
) -> None:
    """Cash as the ledger has it: a market's matched bets at their worst together, each open order by itself."""
    exposure, theirs, reserved = Exposure([market(winners=winners)]), SimPosition(3), 0
    resting: list[SimOrder] = []
    for (way, size, odds), outcome, matched in held:
        on, text = instrument("a", outcome), f"{way} {size} @ {odds}"
        bet = order(text, on, matched=str(size) if matched else "0")
        exposure.update(None, bet, on, PAR)
        if matched:
            theirs.add(outcome, bet.side, claims_micros=bet.claims_micros, cost_micros=bet.cost_micros)
        else:
            resting.append(at_exchange(bet))
            reserved += reserve_micros(bet, on.terms)
    cash = wallet * MICROS - locked(theirs, [], winners) - reserved
    (way, size, odds), outcome = wanted
    on, text = instrument("a", outcome), f"{way} {size} @ {odds}"
    after = locked(theirs, [*resting, at_exchange(order(text, on))], winners)
    if cash + reserved < 0:
        return  # more was lost than was there, which no exchange lets happen
    trial = exposure.trial(child(text, on), on, PAR)
    assert (trial.need_micros <= cash + spare_micros(exposure, on)) is (after <= wallet * MICROS)


def at_exchange(bet: Order) -> SimOrder:
    selection = SelectionId(bet.instrument.rpartition("/")[2])
    return SimOrder(0, "us", VenueMarketId("match"), selection, bet.side, bet.price, bet.size_micros, placed_ns=0)


def locked(position: SimPosition, orders: list[SimOrder], winners: int) -> int:
    index = {str(k): k for k in range(3)}
    return net_lock(position, orders, kind=PriceKind.ODDS, index=index, winners=range(winners, winners + 1))
