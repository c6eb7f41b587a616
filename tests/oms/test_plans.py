"""Plans as the journal tells them: uneven legs, what is held back, the rung's clock, and every state on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.fees import NetWinFee, QuadraticFee
from domain.money import MICROS
from domain.orders import Side
from domain.plans import Leg, PlanClimbed, PlanEnded, PlanKind, PlanOrdered, PlanState
from oms.blotter import Change
from oms.plans import at_limits, loss_if_carried, net_claims_micros, next_limit_e9, state_of
from tests.builders import bet
from tests.oms.planned import MS, Told, made

UNIT = MICROS


def state(told: Told) -> PlanState:
    return state_of(told.plan, told.plans.uneven(told.plan))


def leading(filled: str = "") -> Told:
    """The lead of 100 contracts at 0.50 is out; some of it may be matched already."""
    told = Told().order(0, "BACK 100 @ 0.50c", ref="a")
    return told.said("a", f"accept v1; fill f1 {filled}") if filled else told


def test_a_plan_walks_through_its_states() -> None:
    told = Told()
    assert state(told) is PlanState.PLANNED
    told.order(0, "BACK 100 @ 0.50c", ref="a")
    assert state(told) is PlanState.LEG1_WORKING
    told.said("a", "accept v1; fill f1 40")
    assert state(told) is PlanState.LEG1_PARTIAL
    told.order(1, "LAY 21 @ 1.90", ref="b", decision=8)
    assert state(told) is PlanState.LEG2_WORKING
    told.said("b", "accept v2; fill g1 21").said("a", "lapsed l1 60")
    assert state(told) is PlanState.LEG1_DONE
    assert abs(told.plans.uneven(told.plan)) < UNIT
    told.note(PlanEnded(7, PlanState.HEDGED, 0, "even"))
    assert state(told) is PlanState.HEDGED
    assert not told.plans.live


def test_only_fills_are_followed() -> None:
    told = leading()
    assert told.plans.uneven(told.plan) == 0
    told.said("a", "timeout")
    assert told.plans.uneven(told.plan) == 0
    assert told.plan.working
    told.said("a", "fill f1 30")
    assert told.plans.uneven(told.plan) == 30 * UNIT


def test_what_is_on_its_way_counts_until_it_is_over() -> None:
    told = leading("40").order(1, "LAY 10 @ 1.90", ref="b", decision=8)
    assert told.plans.may_become(told.plan, 1) == 18_800_000  # 10 x (0.90 + 0.98)
    told.said("b", "timeout")
    assert told.plans.may_become(told.plan, 1) == 18_800_000
    told.said("b", "missing")
    assert told.plans.may_become(told.plan, 1) == 0


def test_money_and_risk_of_the_second_leg_are_held_back_until_they_are_not_needed() -> None:
    told = Told()
    assert told.held == [50_600_000]
    told.order(0, "BACK 100 @ 0.50c", ref="a").said("a", "accept v1; fill f1 40")
    assert told.held == [50_600_000]
    told.order(1, "LAY 10 @ 1.90", ref="b", decision=8)
    assert told.held[-1] == 41_087_200  # 18.8 of 100 claims are out
    told.said("b", "reject")
    assert told.held[-1] == 50_600_000
    told.said("a", "lapsed l1 60")
    assert told.held[-1] == 20_240_000
    told.note(PlanEnded(7, PlanState.CARRIED, 40 * UNIT, "time is up"))
    assert told.held[-1] == 0


def test_a_lead_that_is_not_matched_needs_nothing_held_back() -> None:
    assert leading().said("a", "accept v1; lapsed l1 100").held[-1] == 0


def test_the_clock_of_the_ladder_starts_with_the_first_naked_fill() -> None:
    told = leading().later(9_000).said("a", "accept v1; fill f1 40")
    assert (told.plan.rung, told.plan.rung_ns) == (0, 9_000 * MS)
    told.later(600).note(PlanClimbed(7, 1)).said("a", "fill f2 10")
    assert (told.plan.rung, told.plan.rung_ns) == (1, 9_600 * MS)  # a second fill buys no more time


@pytest.mark.parametrize(("tried_ms", "on_rung"), [(400, 0), (0, 1)])
def test_the_clock_of_a_rung_stands_while_an_order_is_in_doubt_whatever_else_was_sent(
    tried_ms: int, on_rung: int
) -> None:
    """It ran, for a smaller order had gone out meanwhile: with the doubt the plan's time was over, and it broke."""
    told = leading("40").said("a", "lapsed l1 60").later(400)
    told.order(1, "LAY 15 @ 1.90", ref="b", decision=8).said("b", "timeout").later(200)
    if on_rung:
        told.note(PlanClimbed(7, on_rung)).later(100)
    told.order(1, "LAY 5 @ 1.90", ref="c", decision=9).said("c", "accept v3; lapsed l2 5").later(30_000)
    told.said("b", "missing")
    assert (told.plan.rung, told.plan.rung_ns) == (on_rung, told.now_ns - tried_ms * MS)


def test_a_new_process_times_from_its_own_clock() -> None:
    told = leading("40")
    told.plans.resume(77)
    assert told.plan.rung_ns == 77


def test_the_price_gets_worse_from_rung_to_rung() -> None:
    told = leading("40")
    limits = []
    for rung in range(3):
        if rung:
            told.note(PlanClimbed(7, rung))
        limits.append(next_limit_e9(told.plan, told.plans, 1))
    assert limits == [515_000_000, 500_000_000, 480_000_000]
    assert state(told) is PlanState.UNWINDING


def test_a_follower_that_has_too_much_is_undone_from_what_it_brought() -> None:
    told = leading("40").order(1, "LAY 21 @ 1.90", ref="b", decision=8).said("b", "accept v2; fill g1 21")
    told.said("a", "voided x1 matched 40")
    uneven = told.plans.uneven(told.plan)
    assert uneven == -39_480_000
    assert state(told) is PlanState.UNWINDING
    assert next_limit_e9(told.plan, told.plans, 0) == 521_276_595  # 0.98 of 1.88


@pytest.mark.parametrize(
    ("late", "again"),
    [("fill f2 5", True), ("voided x1 matched 40", True), ("fill f2 0.5", False)],
)
def test_what_comes_after_the_end_takes_the_plan_up_again(late: str, again: bool) -> None:
    told = leading("40").order(1, "LAY 21 @ 1.90", ref="b", decision=8).said("b", "accept v2; fill g1 21")
    told.said("a", "lapsed l1 60").note(PlanEnded(7, PlanState.HEDGED, 0, "even")).later(50)
    told.said("a", late)
    assert bool(told.plans.live) is again
    if again:
        assert (told.plan.ended, told.plan.rung, told.plan.rung_ns) == (None, 0, 50 * MS)


def test_nothing_is_evened_out_after_settlement() -> None:
    told = leading("40").note(PlanEnded(7, PlanState.CARRIED, 40 * UNIT, "time is up"))
    told.settled("a")
    assert told.plan.settled
    assert not told.plans.live


def test_what_is_heard_of_an_order_after_settlement_ends_its_plan_anew_and_holds_nothing_back() -> None:
    """The answer to a bet was lost, and its market was settled before anybody found out what had become of it."""
    told = leading("40").order(1, "LAY 20 @ 2.00", ref="b").said("b", "timeout")
    told.settled("a").settled("b").note(PlanEnded(7, PlanState.CARRIED, 40 * UNIT, "settled"))
    told.said("b", "accept v9; fill g1 20")
    assert told.plans.live, "its end said that 40 claims are carried"
    assert told.plan.settled
    assert all(order.size_micros == 0 for order in told.plan.held)


def test_what_is_carried_can_lose_what_it_cost() -> None:
    told = leading("40")
    assert loss_if_carried(told.plan, told.plans) == 20 * UNIT


def test_a_bet_over_several_venues_lacks_what_is_not_matched() -> None:
    wish = made(
        kind=PlanKind.SPLIT, legs=(Leg(0, Side.BACK, 505_000_000, 100 * UNIT),), reserved=(), ladder=made().ladder[:1]
    )
    told = Told(wish).order(0, "BACK 60 @ 0.50c", ref="a").order(0, "BACK 20 @ 2.00", ref="b", decision=7)
    told.said("a", "accept v1; fill f1 50").said("b", "accept v2; fill g1 20")
    assert told.plans.uneven(told.plan) == 100 * UNIT - 50 * UNIT - 39_600_000
    assert told.held == []


def test_better_odds_than_asked_for_are_no_surplus_of_orders() -> None:
    wish = made(
        kind=PlanKind.SPLIT, legs=(Leg(0, Side.BACK, 515_000_000, 20 * UNIT),), reserved=(), ladder=made().ladder[:1]
    )
    told = Told(wish).order(0, "BACK 10 @ 2.00", ref="a").said("a", "accept v1")
    before = told.orders["a"]
    better = replace(before, matched_micros=10 * UNIT, claims_micros=40 * UNIT, cost_micros=10 * UNIT)
    told.plans.heard(Change(before, better), 0)
    assert told.plans.uneven(told.plan) < -10 * UNIT, "at 4.00 the stake holds twice the claims"
    assert at_limits(told.plan, told.plans, 0) == 19_600_000, "of 20 claims, less commission on either result"


def test_a_lay_at_better_odds_than_asked_for_leaves_room_for_another_order() -> None:
    wish = made(
        kind=PlanKind.HEDGE, legs=(Leg(0, Side.LAY, 485_000_000, 20 * UNIT),), reserved=(), ladder=made().ladder[:1]
    )
    told = Told(wish).order(0, "LAY 10 @ 2.00", ref="a").said("a", "accept v1")
    before = told.orders["a"]
    better = replace(before, matched_micros=10 * UNIT, claims_micros=16 * UNIT, cost_micros=10 * UNIT)
    told.plans.heard(Change(before, better), 0)
    assert told.plans.uneven(told.plan) > 4 * UNIT, "at 1.60 the stake holds fewer claims"
    assert at_limits(told.plan, told.plans, 0) == 15_680_000


def test_an_order_of_another_decision_is_none_of_its() -> None:
    told = Told().note(PlanOrdered(7, 0, 7))
    other = bet("BACK 5 @ 2.00", ref="z")
    assert told.plans.heard(Change(None, other), 0) == []
    assert told.plans.find(other.ref) is None


@given(
    st.sampled_from(list(Side)),
    st.integers(0, 50_000),
    st.integers(101, 5_000),
    st.integers(1, 10**9),
)
def test_net_claims_are_the_gain_after_commission_and_the_loss(side: Side, rate: int, price: int, stake: int) -> None:
    claims = stake * price // 100
    gain, loss = (claims - stake, stake) if side is Side.BACK else (stake, claims - stake)
    net = net_claims_micros(side, NetWinFee(rate_ppm=rate), claims=claims, cost=stake)
    assert 0 <= net - (gain * (UNIT - rate) / UNIT + loss) < 1.001
    assert net_claims_micros(side, QuadraticFee(taker_ppm=rate), claims=claims, cost=stake) == claims
