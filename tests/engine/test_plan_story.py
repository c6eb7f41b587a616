"""`explain` tells the plan that an order belongs to: both legs, what was said beforehand, and each step."""

from pathlib import Path

import msgspec
import pytest

from domain.messages import PlaceOrder
from domain.money import MICROS
from domain.plans import PlanEnded, PlanMade, PlanState
from engine.explain import as_json_text, in_words
from engine.plan_story import PlanStep, PlanStory, plan_in_words
from engine.story import Story, tell
from tests.engine.answering import ALL, Answered
from tests.engine.answering import NOTHING as NONE
from tests.engine.test_planning import pair, street, take, want
from tests.oms.planned import made
from tests.oms.test_explained import TAKEN


def orders(hand: Answered) -> list[PlaceOrder]:
    return [body for body in hand.records() if isinstance(body, PlaceOrder)]


@pytest.fixture
def hand(tmp_path: Path) -> Answered:
    """A pair of which half of the second leg had to be tried again."""
    hand = street(tmp_path, ALL, "50", ALL)
    want(hand, pair())
    hand.pass_time(300)
    hand.journal.close()
    return hand


def test_each_order_of_a_plan_tells_the_same_plan(hand: Answered) -> None:
    plans = [tell(hand.folder, order.ref).plan for order in orders(hand)]
    assert len(plans) == 3
    assert plans[0] is not None
    assert plans[0] == plans[1] == plans[2]
    assert [leg.refs for leg in plans[0].legs] == [(orders(hand)[0].ref,), tuple(one.ref for one in orders(hand)[1:])]


def test_the_plan_is_told_from_its_promise_to_its_end(hand: Answered) -> None:
    plan = tell(hand.folder, orders(hand)[0].ref).plan
    assert plan is not None
    assert isinstance(plan.steps[0].body, PlanMade)
    assert isinstance(plan.steps[-1].body, PlanEnded)
    assert plan.state is PlanState.HEDGED
    assert all(plan.steps[0].reserved_micros)
    assert not any(plan.steps[-1].reserved_micros)
    leads = [step.matched_micros[0] for step in plan.steps]
    assert leads == sorted(leads)
    assert abs(plan.legs[0].matched_micros - plan.legs[1].matched_micros) < 30_000


def test_the_words_say_what_a_desk_wants_to_know(hand: Answered) -> None:
    text = "\n".join(in_words(tell(hand.folder, orders(hand)[1].ref)))
    for said in (
        "Plan 10, arbitrage by s, now HEDGED, because cheap there, dear here",
        "leg 1: back 39.99 claims at two/m2/yes at 0.505 net or better; 39.99 at 0.497474 in",
        "leg 2: lay 39.995 claims at one/match/home at 0.515 net or better",
        "if it stays uneven: follow for 400 ms, then retry for 400 ms, then accept with a loss of 0.03 a claim for 800",
        "then carried if it can lose no more than 30.00",
        "held back",
        "over, HEDGED",
    ):
        assert said in text, said


def test_the_words_say_what_every_leg_was_planned_on(hand: Answered) -> None:
    lead, follower, _ = orders(hand)
    for ref in (lead.ref, follower.ref):
        lines = [*in_words(tell(hand.folder, ref))]
        planned = lines[lines.index("  its legs were planned on") + 1 :]
        assert planned[0].startswith("  two/m2/yes: net 0.497472; given 39.99 @ 0.48")
        assert "showed" in planned[1]
        assert any(line.startswith("  one/match/home: net 0.5") and "; given " in line for line in planned)


@pytest.mark.parametrize(
    ("legs", "uneven", "said"),
    [
        (2, 3, "over, HEDGED, its legs 3.00 apart: done"),
        (2, 0, "over, HEDGED: done"),
        (1, 3, "over, HEDGED, 3.00 missing: done"),
        (1, -5, "over, HEDGED, 5.00 more than wanted: done"),
    ],
)
def test_the_end_says_in_words_what_is_uneven(legs: int, uneven: int, said: str) -> None:
    body = PlanEnded(7, PlanState.HEDGED, uneven * MICROS, "done")
    promise = made() if legs > 1 else made(legs=made().legs[:1], reserved=())
    step = PlanStep(seq=9, after_us=0, body=body, ref=None, matched_micros=(0,) * legs, reserved_micros=())
    story = PlanStory(promise, PlanState.HEDGED, uneven * MICROS, (), (step,))
    assert any(said in line for line in plan_in_words(story))


def test_the_json_comes_back_as_the_story(hand: Answered) -> None:
    story = tell(hand.folder, orders(hand)[0].ref)
    assert msgspec.json.decode(as_json_text(story), type=Story) == story


def test_a_bet_over_two_venues_tells_its_parent(tmp_path: Path) -> None:
    hand = street(tmp_path, NONE, odds="2.00:8 | 2.04:9", contracts="48:20 | 47:50")
    want(hand, takes=(take(40),))
    hand.journal.close()
    text = "\n".join(in_words(tell(hand.folder, orders(hand)[0].ref)))
    assert "split by s, now SHORT" in text
    assert "nothing in 2 orders" in text


def test_an_order_without_a_plan_tells_none(tmp_path: Path) -> None:
    hand = street(tmp_path, odds="2.00:80 | 2.04:9")
    want(hand, takes=(msgspec.structs.replace(take(10), limit_e9=TAKEN.limit_e9 - 10_000_000),))
    hand.journal.close()
    assert [tell(hand.folder, order.ref).plan for order in orders(hand)] == [None]
