"""The judges of demos in bad weather find nothing in a fair run, and each lie that is told of it."""

from collections.abc import Callable
from copy import deepcopy
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from domain.ids import Currency, OrderRef
from domain.messages import DecisionTaken, PlaceOrder
from domain.plans import PlanKind, PlanState
from engine.config import load
from engine.simulate.options import SeedOptions
from engine.simulate.run import BEGIN_NS, Simulation
from engine.story import Story, tell
from storage.journal import read
from tests.demands.trials import VENUES
from tests.demo.judged_plans import Books, Judged, follow, judge_plans, judged_one
from tests.demo.judged_stories import Reader, wrong_stories
from tests.demo.storm import NAKED_MAX, configured
from venues.registry import CONSTRUCTORS

Change = Callable[[dict[str, Any], dict[str, Any]], None]
"""What is changed of an order and of a match of it at the exchange."""


class Ended(Struct, frozen=True):
    """A run that has ended, what the exchanges' books say, and a plan with an order of it that was matched."""

    run: Path
    world: dict[str, Any]
    plans: list[Judged]
    plan: Judged
    ref: str
    sent: PlaceOrder
    reasons: dict[int, DecisionTaken]
    story: Story

    def reader(self, world: dict[str, Any] | None = None) -> Reader:
        return Reader(self.story, books(world or self.world), self.plan)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """Some seconds as lively as a demo's, in virtual time."""
    folder = tmp_path_factory.mktemp("storm")
    loaded = load(configured(folder), {name: settings for name, (_, settings) in CONSTRUCTORS.items()})
    options = SeedOptions(
        3, 1 / 240, "none", speed=30.0, pace=1.0, matches=3, tick_ms=250, recon_s=5, model_ms=70, patience=1
    )
    simulation = Simulation(options, loaded, VENUES, folder / "run")
    simulation.run()
    assert simulation.oracle.violations == []
    run, world = folder / "run", simulation.record.report()
    has, plans = books(world), judged(run, world)
    plan, ref = next(
        (one, ref)
        for one in plans
        if one.plan.made.kind is PlanKind.HEDGE and not one.plan.settled
        for leg in one.plan.legs
        for ref in leg
        if has.matches[ref]
    )
    bodies = [record.body for record, _ in read(run)]
    sent = {body.ref: body for body in bodies if isinstance(body, PlaceOrder)}
    reasons = {body.id: body for body in bodies if isinstance(body, DecisionTaken)}
    return Ended(run, world, plans, plan, ref, sent[OrderRef(ref)], reasons, tell(run, ref))


def books(world: dict[str, Any]) -> Books:
    return Books(world, {Currency("GBP"): 125_000_000, Currency("EUR"): 110_000_000}, start_ns=BEGIN_NS)


def judged(run: Path, world: dict[str, Any]) -> list[Judged]:
    return judge_plans(run, books(world), naked_max=Fraction(NAKED_MAX))


def test_a_fair_run_has_plans_and_nothing_is_wrong_with_them_or_with_any_story(ended: Ended) -> None:
    assert {one.plan.made.kind for one in ended.plans} >= {PlanKind.HEDGE, PlanKind.SPLIT}
    assert [said for one in ended.plans for said in one.wrong] == []
    stories = dict(wrong_stories(ended.run, books(ended.world), ended.plans))
    assert [said for wrong in stories.values() for said in wrong] == []
    assert len(stories) > 20


def lied(world: dict[str, Any], ref: str, change: Change) -> dict[str, Any]:
    """The exchanges' books with one order another than it is."""
    other = deepcopy(world)
    for venue in other["venues"].values():
        for order in venue["order_list"]:
            if order["client_ref"] == ref:
                change(order, next(fill for fill in venue["fill_list"] if fill["order"] == order["number"]))
    return other


def ten_times(order: dict[str, Any], fill: dict[str, Any]) -> None:
    for name in ("size_micros", "claims_micros", "cost_micros"):
        fill[name] *= 10


def test_a_plan_is_judged_by_what_the_exchanges_matched(ended: Ended) -> None:
    wrong = [said for one in judged(ended.run, lied(ended.world, ended.ref, ten_times)) for said in one.wrong]
    assert wrong
    assert all(f"plan {ended.plan.plan.made.id}," in said for said in wrong)


def test_a_plan_that_was_never_ended_or_ended_as_something_else_is_wrong(ended: Ended) -> None:
    (followed,) = [plan for number, plan in follow(ended.run).items() if number == ended.plan.plan.made.id]
    at_ns, end = followed.ends[-1]
    for ends, said in (([], "was never ended"), ([(at_ns, replace(end, state=PlanState.BROKEN))], "is called BROKEN")):
        followed.ends = ends
        found = judged_one(followed, books(ended.world), Fraction(NAKED_MAX))
        assert any(said in text for text in found.wrong)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("matched_micros", "the exchange matched"),
        ("cost_micros", "by the exchange's books it is"),
        ("price", "the exchange has"),
        ("size_micros", "the exchange has"),
    ],
)
def test_a_story_is_held_against_each_figure_of_the_exchange(ended: Ended, name: str, said: str) -> None:
    def change(order: dict[str, Any], _: dict[str, Any]) -> None:
        order[name] = order[name] * 9 // 10

    reader = ended.reader(lied(ended.world, ended.ref, change))
    assert any(said in text for text in reader.wrong(ended.sent, ended.reasons))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  now ", "  now UN"),
        (", because ", ", because not "),
        ("; given ", "; given 0.1 @ 1.01 for "),
        ("the same", "net_price stored (1, 2), follows (1, 3)"),
        ("written down and sent", "sent"),
        ("; given ", "; nothing, "),
        (" claims at ", "1 claims at "),
        ("reported: matched ", "reported: matched 1000"),
        ("its fills together", "its price"),
    ],
)
def test_each_lie_in_words_is_found(ended: Ended, before: str, after: str) -> None:
    reader = ended.reader()
    assert [*reader.wrong(ended.sent, ended.reasons)] == []
    assert any(before in line for line in reader.lines)
    reader.lines = [line.replace(before, after) for line in reader.lines]
    assert [*reader.wrong(ended.sent, ended.reasons)] != []
