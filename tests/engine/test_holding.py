"""What follows from orders: what each shard of a venue may still pay for, and which matches are remembered."""

import pytest
from msgspec.structs import replace

from domain.ids import Currency
from domain.markets import Instrument
from domain.messages import BalanceReported, InstrumentsListed
from domain.money import MICROS
from domain.plans import PlanEnded, PlanOrdered, PlanState
from domain.terms import BalanceBasis
from engine import wiring
from engine.simulate.afresh import miscounted
from engine.state import State
from tests.builders import facts, place
from tests.engine.reports.test_limits import LIMITS
from tests.engine.runs import CONTRACTS, ODDS, OPENING, STARTED, TWO, settlement
from tests.engine.streets import Wishes
from tests.oms.planned import made

USD = Currency("USD")
ELSEWHERE = replace(
    CONTRACTS,
    id="two/m3/yes",
    listing=replace(CONTRACTS.listing, venue_market="m3", outcome=1),
    terms=replace(CONTRACTS.terms, shard=3),
)


@pytest.fixture
def state() -> State:
    """Eight hundred dollars, ten of them on shard 3."""
    state = State(STARTED)
    parts = ((0, 790 * MICROS), (3, 10 * MICROS))
    state.apply(InstrumentsListed(TWO, (CONTRACTS, ELSEWHERE)), 0)
    state.apply(BalanceReported(TWO, USD, 800 * MICROS, BalanceBasis.CASH, 0, shards=parts), 0)
    return state


@pytest.mark.parametrize(("on", "dollars"), [(CONTRACTS, 790), (ELSEWHERE, 10)])
def test_a_market_is_paid_for_by_its_own_shard(state: State, on: Instrument, dollars: int) -> None:
    assert state.holding.spendable_micros(on) == dollars * MICROS


def test_an_order_takes_from_the_shard_of_its_market(state: State) -> None:
    state.apply(place("BACK 10 @ 0.50c", on=ELSEWHERE.id), 1)
    assert state.holding.spendable_micros(CONTRACTS) == 790 * MICROS
    assert 4 * MICROS < state.holding.spendable_micros(ELSEWHERE) <= 5 * MICROS


def test_what_is_held_back_is_freed_on_its_own_shard_while_its_order_is_judged(state: State) -> None:
    state.apply(place("BACK 10 @ 0.50c", on=ELSEWHERE.id), 1)
    (kept,) = state.blotter.orders.open_on(ELSEWHERE.id)
    with state.holding.as_if((kept,), ()):
        assert state.holding.spendable_micros(ELSEWHERE) == 10 * MICROS
        assert state.holding.spendable_micros(CONTRACTS) == 790 * MICROS


def test_the_latest_matches_of_a_market_are_forgotten_once_it_is_settled() -> None:
    state = State(STARTED)
    for n, body in enumerate((*OPENING[1:], place("BACK 10 @ 2.00"), *facts("accept v1; fill f1 4"))):
        state.apply(body, n)
    market = ODDS.listing.market
    assert [one.outcome for one in state.holding.matches[market]] == [0]
    state.apply(settlement(4), 99)
    assert market not in state.holding.matches


def test_what_a_plan_holds_back_counts_as_its_strategy_s_in_a_process_that_takes_over_too() -> None:
    state, plan = State(STARTED), made()
    for n, body in enumerate((*OPENING[1:], plan, PlanOrdered(plan.id, 0, plan.id))):
        state.apply(body, n)
    assert [held.size_micros > 0 for held in state.plans.live[plan.id].held] == [True]
    wiring._rollups(LIMITS, state, {}, [Wishes(plan.strategy)])
    assert [*miscounted(state)] == []
    state.apply(PlanEnded(plan.id, PlanState.FLAT, 0, "over"), 99)
    assert [*miscounted(state)] == []
