"""Plans on a real street: legs that follow fills, ladders with their times, and what is left at their end."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from domain.ids import InstrumentId, MarketId, StrategyName, VenueOrderId
from domain.intents import PairIntent, SetIntent, SetLeg, TakeIntent
from domain.messages import DecisionTaken, OrderAccepted, OrderFilled, PlaceOrder, RunEnded
from domain.money import MICROS
from domain.operators import PauseSet
from domain.orders import Evidence, Side
from domain.plans import PlanClimbed, PlanEnded, PlanKind, PlanMade, PlanOrdered, PlanState, Rung, RungKind
from domain.stops import AlertRaised
from engine.planning import intended_drift
from engine.recon_end import is_quiet
from engine.simulate.oracle import plans_gone_wrong
from risk.drift import DriftAction
from strategy.base import Wanted
from tests.engine.answering import (
    ALL,
    AWAY,
    DRAW,
    LOST,
    Answered,
    Truth,
    bodies,
    fill_of,
    shown,
)
from tests.engine.answering import NOTHING as NONE
from tests.engine.runs import CONTRACTS, ODDS
from tests.engine.streets import CONFIG
from tests.oms.planned import Told, made

TEXT = CONFIG + "\n[[strategies]]\nname = 's'\nuses = 'a:B'\n"
LADDER = (Rung(RungKind.FOLLOW, 400), Rung(RungKind.RETRY, 400), Rung(RungKind.ACCEPT, 800, 30_000_000))
CHEAP, DEAR = "48:50 | 47:50", "1.85:50 | 1.90:60"


def pair(claims: int = 40, **more: Any) -> PairIntent:
    return PairIntent(
        **{
            "strategy": StrategyName("s"),
            "market": MarketId("match"),
            "outcome": 0,
            "back": CONTRACTS.id,
            "lay": ODDS.id,
            "back_limit_e9": 505_000_000,
            "lay_limit_e9": 515_000_000,
            "claims_micros": claims * MICROS,
            "profit_min_micros": 1,
            "naked_max_micros": 30 * MICROS,
            "carry_max_micros": 30 * MICROS,
            "ladder": LADDER,
            "because": "cheap there, dear here",
            **more,
        }
    )


def street(folder: Path, *fates: str, **books: str) -> Answered:
    """A street whose orders fare as told, the last fate for all that follow."""
    left = list(fates) or [ALL]
    truth = Truth(lambda _: left.pop(0) if len(left) > 1 else left[0])
    return Answered(folder, truth, odds=books.get("odds", DEAR), contracts=books.get("contracts", CHEAP), text=TEXT)


def want(hand: Answered, *pairs: PairIntent | SetIntent, takes: tuple[TakeIntent, ...] = ()) -> None:
    hand.wishes.once, hand.wishes.wanted = True, Wanted(pairs=pairs, takes=takes)
    hand.tell(hand.valued(0.5, sequence=2))


def placed(hand: Answered) -> list[tuple[str, int]]:
    """Side and size of every order so far, in whole units."""
    orders = [body for body in hand.records() if isinstance(body, PlaceOrder)]
    return [(order.side.value, round(order.size_micros / MICROS)) for order in orders]


def ends(hand: Answered) -> list[PlanEnded]:
    return [body for body in hand.records() if isinstance(body, PlanEnded)]


def test_the_second_leg_follows_the_fill_of_the_first(tmp_path: Path) -> None:
    hand = street(tmp_path)
    want(hand, pair())
    assert placed(hand) == [("back", 40), ("lay", 17)]  # 40 dollars are 32 pounds, at 1.90
    (end,) = ends(hand)
    assert (end.state, abs(end.uneven_micros) < 30_000) == (PlanState.HEDGED, True)
    kinds = [
        type(body) for body in hand.records() if isinstance(body, PlanMade | PlanOrdered | DecisionTaken | PlaceOrder)
    ]
    assert kinds == [DecisionTaken, PlanMade, PlanOrdered, PlaceOrder, DecisionTaken, PlanOrdered, PlaceOrder]
    pnl = hand.state.exposure.pnl_micros(MarketId("match"))
    assert min(pnl) > 0


def test_only_what_the_first_leg_got_is_followed(tmp_path: Path) -> None:
    hand = street(tmp_path, "25", ALL)
    want(hand, pair())
    assert placed(hand) == [("back", 40), ("lay", 4)]
    assert ends(hand)[0].state is PlanState.HEDGED


def test_each_fill_is_followed_by_itself(tmp_path: Path) -> None:
    hand = street(tmp_path, LOST, ALL)
    want(hand, pair())
    lead = next(body for body in hand.records() if isinstance(body, PlaceOrder))
    whole = fill_of(lead, 10 * MICROS)
    for n in range(4):
        hand.tell(OrderFilled(lead.ref, replace(whole, id=f"p{n}"), Evidence.PUSH))
    assert placed(hand) == [("back", 40), *[("lay", 4)] * 4]
    assert ends(hand)[0].state is PlanState.HEDGED


def test_a_first_leg_that_gets_nothing_leaves_everything_as_it_was(tmp_path: Path) -> None:
    hand = street(tmp_path, NONE)
    before = dict(hand.state.ledger.balances)
    want(hand, pair())
    assert ends(hand)[0].state is PlanState.FLAT
    assert hand.state.ledger.balances == before
    assert hand.state.exposure.total_loss_micros == 0


def test_money_and_loss_of_both_legs_are_held_back_before_the_first_answer(tmp_path: Path) -> None:
    hand = street(tmp_path, LOST)
    want(hand, pair())
    reserved = {account: micros for (account, _), micros in hand.state.ledger.balances.items() if "reserved" in account}
    assert reserved["reserved:two"] >= 40 * 480_000
    assert reserved["reserved:one"] >= 15 * 900_000
    worst = hand.state.exposure.worst_by_outcome_micros(MarketId("match"))
    assert worst[0] <= -15 * 900_000 * 125 // 100  # the lay loses if home wins
    assert worst[1] <= -40 * 480_000  # the contracts lose if not


def test_no_plan_is_made_where_the_second_leg_could_not_be_paid(tmp_path: Path) -> None:
    hand = street(tmp_path)
    available = hand.state.ledger.balance("cash", ODDS.listing.venue, ODDS.terms.currency)
    hand.state.ledger.post(
        0, "test", [("cash:one", ODDS.terms.currency, -available), ("bank", ODDS.terms.currency, available)]
    )
    want(hand, pair())
    assert placed(hand) == []


def test_the_price_gets_worse_rung_by_rung_and_in_time(tmp_path: Path) -> None:
    hand = street(tmp_path)
    hand.tell(*hand.books)
    hand.truth.script = lambda order: ALL if order.side is Side.BACK else NONE
    want(hand, pair())
    hand.books = shown(ODDS, "1.85:50 | 2.04:60"), hand.books[1]  # 0.4902 is what a claim brings now
    hand.tell(*hand.books)
    assert [side for side, _ in placed(hand)].count("lay") == 1
    hand.pass_time(1_000)
    climbs = [body.rung for body in hand.records() if isinstance(body, PlanClimbed)]
    assert climbs == [1, 2]
    hand.truth.script = lambda _: ALL
    hand.pass_time(200)
    assert ends(hand)[0].state is PlanState.HEDGED
    assert min(hand.state.exposure.pnl_micros(MarketId("match"))) > -40 * 30_000


def uneven_alerts(hand: Answered) -> list[str]:
    return [body.detail for body in hand.records() if isinstance(body, AlertRaised) and body.about == "plan_uneven"]


def test_what_was_intended_and_is_missing_is_told_once_its_time_is_over_and_when_it_is_carried(tmp_path: Path) -> None:
    hand = street(tmp_path)
    hand.truth.script = lambda order: ALL if order.side is Side.BACK else NONE
    want(hand, pair())
    hand.pass_time(300)
    assert uneven_alerts(hand) == []
    hand.pass_time(300)
    assert [said.split(": ")[1] for said in uneven_alerts(hand)] == ["missing after 400 ms"]
    hand.pass_time(2_000)
    assert [said.split(": ")[1] for said in uneven_alerts(hand)][1:] == ["CARRIED, time is up"]


def test_a_pair_that_is_evened_out_in_time_raises_no_alarm(tmp_path: Path) -> None:
    hand = street(tmp_path)
    want(hand, pair())
    hand.pass_time(2_000)
    assert uneven_alerts(hand) == []


@pytest.mark.parametrize(
    ("lacks", "on_its_way", "late_ms", "carry", "action"),
    [
        ("0", "0", 0, 30, DriftAction.OK),
        ("40", "40", 100, 30, DriftAction.WAIT),
        ("40", "40", 900, 30, DriftAction.RECONCILE),
        ("40", "0", 100, 30, DriftAction.RECONCILE),
        ("40", "0", 900, 5, DriftAction.HALT),
    ],
)
def test_intended_against_actual_has_four_answers(
    lacks: str, on_its_way: str, late_ms: int, carry: int, action: DriftAction
) -> None:
    told = Told(made(carry_max_micros=carry * MICROS)).order(0, "BACK 100 @ 0.50c", ref="a").said("a", "accept v1")
    if lacks != "0":
        told.said("a", f"fill f1 {lacks}")
    if on_its_way != "0":
        told.order(1, "LAY 22 @ 1.90", ref="b", decision=8)
    assert intended_drift(told.plan, told.plans, late_ms * 1_000_000).action is action


@pytest.mark.parametrize(("carry", "end"), [(30, PlanState.CARRIED), (5, PlanState.BROKEN)])
def test_what_cannot_be_evened_out_is_carried_within_its_limit_or_stops_the_strategy(
    tmp_path: Path, carry: int, end: PlanState
) -> None:
    hand = street(tmp_path)
    hand.truth.script = lambda order: ALL if order.side is Side.BACK else NONE
    want(hand, pair(carry_max_micros=carry * MICROS))
    hand.pass_time(2_500)
    assert ends(hand)[0].state is end
    assert bool(bodies(hand.written(), PauseSet)) is (end is PlanState.BROKEN)
    assert hand.state.breakers.pause_of(StrategyName("s")) is not None or end is PlanState.CARRIED


def test_no_more_decisions_are_taken_for_a_plan_than_was_said(tmp_path: Path) -> None:
    hand = street(tmp_path)
    hand.truth.script = lambda order: ALL if order.side is Side.BACK else NONE
    long = (Rung(RungKind.FOLLOW, 600_000),)
    want(hand, pair(ladder=long))
    hand.pass_time(20_000)
    assert len([body for body in hand.records() if isinstance(body, PlanOrdered)]) == 20
    assert ends(hand)[0].because == "enough orders were sent"


def test_a_lead_that_gets_far_more_than_was_ordered_is_followed_as_far_as_a_plan_goes_and_no_further(
    tmp_path: Path,
) -> None:
    hand = street(tmp_path, LOST, ALL)
    want(hand, pair(20))
    (lead,) = [body for body in hand.records() if isinstance(body, PlaceOrder)]
    hand.tell(OrderFilled(lead.ref, fill_of(lead, 3 * lead.size_micros), Evidence.PUSH))
    hand.pass_time(3_000)
    assert placed(hand) == [("back", 20), ("lay", 17)]  # 40 of 60 claims in dollars, twice what was planned
    assert hand.state.plans.over
    assert ends(hand)[0].state is PlanState.CARRIED


def test_what_is_on_its_way_counts_to_how_far_a_plan_goes(tmp_path: Path) -> None:
    hand = street(tmp_path, LOST)
    want(hand, pair(20))
    (lead,) = [body for body in hand.records() if isinstance(body, PlaceOrder)]
    whole = fill_of(lead, lead.size_micros)
    for n in range(3):
        hand.tell(OrderFilled(lead.ref, replace(whole, id=f"p{n}"), Evidence.PUSH))
    laid = [body.size_micros for body in hand.records() if isinstance(body, PlaceOrder) and body.side is Side.LAY]
    assert sum(laid) / MICROS == pytest.approx(16.9, abs=0.1), "twice what was planned: they may be matched yet"


def test_one_plan_at_a_time_in_a_market(tmp_path: Path) -> None:
    hand = street(tmp_path, LOST)
    want(hand, pair())
    want(hand, pair())
    assert len(placed(hand)) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"ladder": ()},
        {"ladder": (Rung(RungKind.FOLLOW, -1),)},
        {"outcome": 2},
        {"market": MarketId("another")},
        {"lay": InstrumentId("nowhere/m/x")},
        {"back": ODDS.id},
    ],
    ids=str,
)
def test_a_pair_without_a_ladder_or_with_a_leg_on_something_else_is_not_begun(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    hand = street(tmp_path)
    want(hand, pair(**more))
    assert placed(hand) == []


def test_a_set_of_one_leg_or_of_none_is_not_begun(tmp_path: Path) -> None:
    hand = street(tmp_path)
    for legs in ((), (SetLeg(ODDS.id, 0, 520_000_000),)):
        alone = SetIntent(
            StrategyName("s"), MarketId("match"), Side.BACK, legs, 10 * MICROS, 1, 10**9, 10**9, LADDER, "nothing to it"
        )
        want(hand, alone)
    assert placed(hand) == []


def test_a_desk_that_stops_ends_its_plans(tmp_path: Path) -> None:
    hand = street(tmp_path)
    hand.truth.script = lambda order: ALL if order.side is Side.BACK else NONE
    want(hand, pair())
    hand.street.wind_down()
    assert [end.because for end in ends(hand)] == ["the desk stops"]
    assert is_quiet(hand.street.core.state)


# --- one bet over several venues ---


def test_a_fill_that_the_last_poll_brought_leaves_no_plan_open_behind_a_run(tmp_path: Path) -> None:
    hand = street(tmp_path, NONE)
    want(hand, pair(20))
    hand.street.wind_down()
    (lead,) = [body for body in hand.records() if isinstance(body, PlaceOrder)]
    hand.tell(OrderFilled(lead.ref, fill_of(lead, lead.size_micros), Evidence.PUSH))
    hand.street.note(RunEnded("stopped in order"))
    assert not hand.street.core.state.plans.live
    assert [end.state for end in ends(hand)] == [PlanState.FLAT, PlanState.CARRIED]


def take(claims: int, *, again_ms: int = 0) -> TakeIntent:
    ladder = (Rung(RungKind.FOLLOW, again_ms),) if again_ms else ()
    return TakeIntent(StrategyName("s"), MarketId("match"), 0, Side.BACK, 510_000_000, claims * MICROS, "cheap", ladder)


def test_a_bet_over_two_venues_is_a_plan_with_a_parent_and_children(tmp_path: Path) -> None:
    hand = street(tmp_path, odds="2.00:8 | 2.04:9", contracts="48:20 | 47:50")
    want(hand, takes=(take(40),))
    assert placed(hand) == [("back", 8), ("back", 20)]
    made, end = (body for body in hand.records() if isinstance(body, PlanMade | PlanEnded))
    assert isinstance(made, PlanMade)
    assert isinstance(end, PlanEnded)
    orders = [body for body in hand.records() if isinstance(body, PlaceOrder)]
    assert {order.decision for order in orders} == {made.id} == {end.id}
    assert end.state is PlanState.FILLED


def test_what_was_not_matched_is_sent_again_while_its_time_lasts(tmp_path: Path) -> None:
    hand = street(tmp_path, NONE, ALL)
    want(hand, takes=(take(30, again_ms=500),))
    assert len(placed(hand)) == 1
    hand.pass_time(200)
    assert placed(hand) == [("back", 30), ("back", 30)]
    assert ends(hand)[0].state is PlanState.FILLED


def test_what_no_place_takes_an_order_for_is_not_asked_for_again_though_another_shows_no_price(tmp_path: Path) -> None:
    hand = street(tmp_path, odds=" | 2.04:9", contracts="48:20 | 47:50")
    some = replace(take(10, again_ms=500), claims_micros=10 * MICROS + 5_000)
    want(hand, takes=(some,))
    (made,) = [body for body in hand.records() if isinstance(body, PlanMade)]
    assert made.residue_micros == 9_999  # a lot is a hundredth of a contract
    assert [end.state for end in ends(hand)] == [PlanState.FILLED]


def test_a_bet_that_got_more_than_it_wanted_is_not_sent_again(tmp_path: Path) -> None:
    """Once such a plan doubled with every order, because it held the surplus for something that was missing."""
    hand = street(tmp_path, LOST, ALL)
    want(hand, takes=(take(10, again_ms=5_000),))
    (order,) = (body for body in hand.records() if isinstance(body, PlaceOrder))
    hand.tell(OrderFilled(order.ref, replace(fill_of(order, 12 * MICROS), id="more"), Evidence.PUSH))
    hand.pass_time(1_000)
    assert len(placed(hand)) == 1
    assert ends(hand)[0].state is PlanState.FILLED


def test_a_bet_that_is_not_sent_again_ends_short(tmp_path: Path) -> None:
    hand = street(tmp_path, NONE, odds="2.00:8 | 2.04:9", contracts="48:20 | 47:50")
    want(hand, takes=(take(40),))
    assert ends(hand)[0].state is PlanState.SHORT
    assert len(placed(hand)) == 2


# --- more than two legs ---

ALL_OF_IT = {"odds": "2.10:50 | 2.14:60", "contracts": "60:50 | 59:50", "away": "4.00:60 | 4.10:60"}
"""Home costs 0.4762, away 0.25, a draw for 20 cents with its fee 0.2112: 0.9374 for one."""


def whole_set(claims: int = 40, **more: Any) -> SetIntent:
    limits = {ODDS: 480_000_000, AWAY: 255_000_000, DRAW: 225_000_000}
    return SetIntent(
        **{
            "strategy": StrategyName("s"),
            "market": MarketId("match"),
            "side": Side.BACK,
            "legs": tuple(SetLeg(one.id, one.listing.outcome, limit) for one, limit in limits.items()),
            "claims_micros": claims * MICROS,
            "profit_min_micros": 1,
            "naked_max_micros": 40 * MICROS,
            "carry_max_micros": 40 * MICROS,
            "ladder": LADDER,
            "because": "all are cheap",
            **more,
        }
    )


def set_street(folder: Path, *fates: str, draw: str = "20:60 | 19:50") -> Answered:
    hand = street(folder, *fates, odds=ALL_OF_IT["odds"], contracts=ALL_OF_IT["contracts"])
    hand.list_all(away=ALL_OF_IT["away"], draw=draw)
    return hand


def claims_by_outcome(truth: Truth) -> tuple[int, ...]:
    """Base claims matched on each outcome."""
    return tuple(
        sum(
            truth.claims(one) * (125 if one.terms.currency == "GBP" else 100) // 100
            for one in (ODDS, CONTRACTS, AWAY, DRAW)
            if one.listing.outcome == outcome
        )
        for outcome in range(3)
    )


def test_every_leg_behind_the_first_follows_its_fill(tmp_path: Path) -> None:
    hand = set_street(tmp_path)
    want(hand, whole_set())
    (end,) = ends(hand)
    assert end.state is PlanState.HEDGED
    had = claims_by_outcome(hand.truth)
    assert min(had) > 39_000_000
    assert max(had) - min(had) < 30_000
    assert min(hand.state.exposure.pnl_micros(MarketId("match"))) > 0
    assert [body.leg for body in hand.records() if isinstance(body, PlanOrdered)] == [0, 1, 2]


def test_money_and_loss_of_all_legs_are_held_back_before_the_first_answer(tmp_path: Path) -> None:
    hand = set_street(tmp_path, LOST)
    want(hand, whole_set())
    (plan,) = hand.state.plans.live.values()
    assert [order.instrument for order in plan.held] == [leg.instrument for leg in plan.made.legs[1:]]
    reserved = {account: micros for (account, _), micros in hand.state.ledger.balances.items() if "reserved" in account}
    assert reserved["reserved:one"] >= (40 * 476_000 + 40 * 250_000) * 100 // 125
    assert reserved["reserved:two"] >= 40 * 200_000
    worst = hand.state.exposure.worst_by_outcome_micros(MarketId("match"))
    assert all(loss < -40 * 400_000 for loss in worst), "whichever outcome happens, all else may be matched and lost"


def test_a_leg_that_cannot_be_had_is_tried_down_to_a_loss_and_carried_within_its_limit(tmp_path: Path) -> None:
    hand = set_street(tmp_path)
    hand.truth.script = lambda order: NONE if order.instrument == DRAW.id else ALL
    want(hand, whole_set())
    hand.pass_time(2_500)
    (end,) = ends(hand)
    assert end.state is PlanState.CARRIED
    limits = {body.limit_e9 for body in hand.records() if isinstance(body, DecisionTaken) and body.outcome == 2}
    assert len(limits) == 3, "as planned, down to nothing, with the loss that was accepted"
    assert max(limits) - sorted(limits)[1] == LADDER[2].loss_e9
    assert hand.state.exposure.worst_loss_micros(hand.state.markets[MarketId("match")].event) <= 40 * MICROS


def test_a_set_of_which_more_could_be_naked_than_may_be_is_not_made(tmp_path: Path) -> None:
    hand = set_street(tmp_path)
    want(hand, whole_set(naked_max_micros=100))
    assert placed(hand) == []


def test_a_set_is_not_begun_where_one_of_its_legs_could_not_be_paid(tmp_path: Path) -> None:
    hand = set_street(tmp_path)
    cash = hand.state.ledger.balance("cash", DRAW.listing.venue, DRAW.terms.currency)
    hand.state.ledger.post(
        0,
        "test",
        [("cash:two", DRAW.terms.currency, 5 * MICROS - cash), ("bank", DRAW.terms.currency, cash - 5 * MICROS)],
    )
    want(hand, whole_set())
    assert placed(hand) == []


def test_legs_at_one_venue_are_judged_with_each_other_held_back(tmp_path: Path) -> None:
    """Home and away stand at the same venue, whose money is enough for either of them and not for both."""
    hand = set_street(tmp_path)
    cash = hand.state.ledger.balance("cash", ODDS.listing.venue, ODDS.terms.currency)
    left = 20 * MICROS
    hand.state.ledger.post(
        0, "test", [("cash:one", ODDS.terms.currency, left - cash), ("bank", ODDS.terms.currency, cash - left)]
    )
    want(hand, whole_set())
    assert placed(hand) == []


# --- inventory closed at worse and worse prices ---


def hedge(claims: int = 20, **more: Any) -> TakeIntent:
    """Give claims away for 0.51, then for 0.48."""
    rungs = (Rung(RungKind.FOLLOW, 400), Rung(RungKind.ACCEPT, 800, 30_000_000))
    return TakeIntent(
        StrategyName("s"), MarketId("match"), 0, Side.LAY, 510_000_000, claims * MICROS, "too long", rungs, **more
    )


def test_a_hedge_that_nothing_pays_for_is_not_begun(tmp_path: Path) -> None:
    hand = street(tmp_path, odds="1.85:50 | 2.00:60", contracts="55:50 | 40:50")  # 0.50 is offered, 0.51 wanted
    want(hand, takes=(hedge(),))
    assert placed(hand) == []
    assert not hand.state.plans.live


def test_a_hedge_gets_worse_prices_in_time_and_ends_when_it_is_done(tmp_path: Path) -> None:
    hand = street(tmp_path, odds="1.85:50 | 1.95:60")
    hand.truth.script = lambda order: ALL if order.price > 195 else NONE if hand.truth.matched else "25"
    want(hand, takes=(hedge(),))
    hand.books = shown(ODDS, "1.85:50 | 2.04:60"), hand.books[1]  # 0.4902 is what a claim brings now
    hand.tell(*hand.books)
    made = next(body for body in hand.records() if isinstance(body, PlanMade))
    assert made.kind is PlanKind.HEDGE
    assert not ends(hand)
    hand.pass_time(600)
    (end,) = ends(hand)
    assert end.state is PlanState.HEDGED
    assert [body.rung for body in hand.records() if isinstance(body, PlanClimbed)] == [1]
    assert {order.price for order in hand.records() if isinstance(order, PlaceOrder)} == {195, 204}


FAR_APART = "1.75:50 | 1.80:5 1.95:60"
"""Of 20 claims of 0.80 pounds 9 pounds are had for 5 at 1.80, 7 for 3.58 at 1.95; all at 1.95 would be 20.9 claims."""


def test_a_hedge_over_levels_that_is_all_matched_at_its_limit_gets_no_more_than_it_wanted(tmp_path: Path) -> None:
    hand = street(tmp_path, odds=FAR_APART)
    want(hand, takes=(hedge(39),))
    (order,) = (body for body in hand.records() if isinstance(body, PlaceOrder))
    assert (order.price, order.size_micros) == (195, 16 * MICROS)
    (end,) = ends(hand)
    assert (end.state, end.uneven_micros) == (PlanState.HEDGED, 0)
    assert [*plans_gone_wrong(hand.state)] == []


def test_what_an_order_over_levels_left_of_a_hedge_is_sent_behind_it_until_it_is_too_small(tmp_path: Path) -> None:
    hand = street(tmp_path, LOST, ALL, odds=FAR_APART)
    want(hand, takes=(hedge(),))
    (order,) = (body for body in hand.records() if isinstance(body, PlaceOrder))
    as_shown = 9 * MICROS + 3_200_000 * 195 // 100
    hand.books = shown(ODDS, "1.75:50 | 1.80:50"), hand.books[1]
    fill = replace(fill_of(order, order.size_micros), claims_micros=as_shown)
    hand.tell(*hand.books, OrderAccepted(order.ref, VenueOrderId("v"), Evidence.PUSH))
    hand.tell(OrderFilled(order.ref, fill, Evidence.PUSH))
    hand.pass_time(1_000)
    sizes = [body.size_micros for body in hand.records() if isinstance(body, PlaceOrder)]
    assert sizes == [8_200_000, 420_000], "0.95 claims were left, and 0.005 are less than a lot"
    (end,) = ends(hand)
    assert (end.state, end.uneven_micros) == (PlanState.HEDGED, 5_000)


def test_a_hedge_that_is_under_way_is_not_begun_a_second_time(tmp_path: Path) -> None:
    hand = street(tmp_path, LOST, odds="1.85:50 | 1.95:60")
    want(hand, takes=(hedge(),))
    want(hand, takes=(hedge(),))
    assert len(placed(hand)) == 1


@pytest.mark.parametrize(("carry", "end"), [(30, PlanState.CARRIED), (5, PlanState.BROKEN)])
def test_what_a_hedge_cannot_close_is_carried_within_its_limit_or_stops_the_strategy(
    tmp_path: Path, carry: int, end: PlanState
) -> None:
    hand = street(tmp_path, NONE, odds="1.85:50 | 1.95:60")
    want(hand, takes=(hedge(carry_max_micros=carry * MICROS),))
    hand.pass_time(2_000)
    assert ends(hand)[0].state is end
    assert (hand.state.breakers.pause_of(StrategyName("s")) is not None) is (end is PlanState.BROKEN)


def held_and_hedging(folder: Path, **more: Any) -> Answered:
    """Of 40 claims that are held 20 are to be closed, and nobody takes any yet."""
    hand = street(folder, odds="2.00:50 | 2.04:9", contracts="53:50 | 52:50")
    want(hand, takes=(take(40),))
    hand.truth.script = lambda _: NONE
    hand.books = shown(ODDS, "1.85:50 | 1.90:60"), hand.books[1]
    hand.tell(*hand.books)
    want(hand, takes=(hedge(**more),))
    hand.truth.script = lambda _: ALL
    return hand


def test_a_hedge_sends_for_no_more_than_others_left_to_close(tmp_path: Path) -> None:
    """It went on for all that it wanted, and opened as much on the other side as others had closed."""
    hand = held_and_hedging(tmp_path)
    want(hand, takes=(replace(hedge(30), ladder=()),))
    hand.pass_time(2_000)
    pnl = hand.state.exposure.pnl_micros(MarketId("match"))
    assert 0 <= pnl[0] - min(pnl) < MICROS
    assert ends(hand)[0].because == "others closed what it was to close"


@pytest.mark.parametrize(("carry", "end"), [(8, PlanState.SHORT), (4, PlanState.BROKEN)])
def test_a_hedge_breaks_over_what_others_have_left_to_close_and_not_over_what_it_lacks(
    tmp_path: Path, carry: int, end: PlanState
) -> None:
    """Of 20 claims that it lacks 10 are left, which may lose 5; for 10 that were closed already its strategy rested."""
    hand = held_and_hedging(tmp_path, carry_max_micros=carry * MICROS)
    hand.truth.script = lambda order: ALL if order.size_micros > 10 * MICROS else NONE
    want(hand, takes=(replace(hedge(30), ladder=()),))
    hand.pass_time(2_000)
    assert [(one.state, one.because) for one in ends(hand)] == [(end, "time is up")]
    assert (hand.state.breakers.pause_of(StrategyName("s")) is not None) is (end is PlanState.BROKEN)
    assert bool([*plans_gone_wrong(hand.state)]) is (end is PlanState.BROKEN)


def test_a_desk_that_stops_breaks_no_hedge_for_its_strategy_would_rest_at_the_next_start(tmp_path: Path) -> None:
    hand = street(tmp_path, NONE, odds="1.85:50 | 1.95:60")
    want(hand, takes=(hedge(carry_max_micros=MICROS),))
    hand.street.wind_down()
    assert [(end.state, end.because) for end in ends(hand)] == [(PlanState.SHORT, "the desk stops")]
    assert [detail.split(": ")[1] for detail in uneven_alerts(hand)] == ["SHORT, the desk stops"]
    assert hand.state.breakers.pause_of(StrategyName("s")) is None
    assert [*plans_gone_wrong(hand.state)] == []
