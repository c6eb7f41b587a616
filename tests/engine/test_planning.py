"""Plans on a real street: legs that follow fills, ladders with their times, and a death after every single record."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from domain.ids import MarketId, StrategyName
from domain.intents import PairIntent, TakeIntent
from domain.messages import DecisionTaken, OrderFilled, PlaceOrder
from domain.money import MICROS
from domain.operators import PauseSet
from domain.orders import Evidence, Side
from domain.plans import PlanClimbed, PlanEnded, PlanMade, PlanOrdered, PlanState, Rung, RungKind
from engine.street import is_quiet
from strategy.base import Wanted
from tests.engine.answering import ALL, LOST, NEVER, REJECTED, Answered, Truth, bodies, fill_of, risen, shown
from tests.engine.answering import NOTHING as NONE
from tests.engine.runs import CONTRACTS, ODDS
from tests.engine.streets import CONFIG

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


def want(hand: Answered, *pairs: PairIntent, takes: tuple[TakeIntent, ...] = ()) -> None:
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


def test_one_plan_at_a_time_in_a_market(tmp_path: Path) -> None:
    hand = street(tmp_path, LOST)
    want(hand, pair())
    want(hand, pair())
    assert len(placed(hand)) == 1


def test_a_desk_that_stops_ends_its_plans(tmp_path: Path) -> None:
    hand = street(tmp_path)
    hand.truth.script = lambda order: ALL if order.side is Side.BACK else NONE
    want(hand, pair())
    hand.street.wind_down()
    assert [end.because for end in ends(hand)] == ["the desk stops"]
    assert is_quiet(hand.street.core)


# --- one bet over several venues ---


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


# --- death ---


def fate_after(records: list[Any], *, arrived: bool) -> set[str]:
    """Refs whose placement is the last thing known of them, which need not have arrived."""
    orders: set[str] = {record.body.ref for record in records if isinstance(record.body, PlaceOrder)}
    heard = {
        record.body.ref for record in records if not isinstance(record.body, PlaceOrder) and hasattr(record.body, "ref")
    }
    return set() if arrived else orders - heard


@pytest.mark.parametrize("arrived", [True, False], ids=["after the wire", "before the wire"])
@pytest.mark.parametrize("fates", [(ALL,), ("50", ALL), (ALL, REJECTED, "50", ALL)], ids=str)
def test_a_plan_survives_a_death_after_any_record(tmp_path: Path, fates: tuple[str, ...], *, arrived: bool) -> None:
    """Whatever the journal ends with, the next process evens the plan out or carries it within its limit."""
    whole = street(tmp_path / "whole", *fates)
    want(whole, pair())
    whole.pass_time(500)
    records, matched = whole.written(), whole.truth.matched
    first = next(n for n, record in enumerate(records) if isinstance(record.body, PlanMade))
    for end in range(first + 1, len(records) + 1):
        known = records[:end]
        placed_refs = {record.body.ref for record in known if isinstance(record.body, PlaceOrder)}
        gone = fate_after(known, arrived=arrived)
        truth = Truth()
        truth.matched = {ref: held for ref, held in matched.items() if ref in placed_refs - gone}
        hand = risen(tmp_path / f"{end}", known, truth, books=whole.books, text=TEXT)
        hand.pass_time(15_000)
        told = f"died after record {end}, {type(known[-1].body).__name__}"
        assert not hand.state.plans.live, told
        uneven = truth.claims(CONTRACTS) + truth.claims(ODDS) * 125 // 100
        assert abs(uneven) < 30_000, told
        assert truth.claims(CONTRACTS) <= 40 * MICROS, told
        reserved = hand.state.ledger.balance("reserved", ODDS.listing.venue, ODDS.terms.currency)
        assert reserved == 0, told
        hand.journal.close()


def test_a_death_with_nobody_to_hedge_with_ends_within_the_limit(tmp_path: Path) -> None:
    whole = street(tmp_path / "whole")
    whole.truth.script = lambda order: ALL if order.side is Side.BACK else NEVER
    want(whole, pair())
    records = whole.written()
    truth = Truth(lambda _: NONE)
    truth.matched = whole.truth.matched
    hand = risen(tmp_path / "next", records, truth, books=whole.books, text=TEXT)
    hand.pass_time(9_000)
    assert [end.state for end in ends(hand)] == [PlanState.CARRIED]
    assert hand.state.exposure.worst_loss_micros(hand.state.markets[MarketId("match")].event) <= 30 * MICROS
