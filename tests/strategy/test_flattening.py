"""Flattening asks for the fewest claims that make results equal, near the fair value, within its budget."""

from typing import Any

import pytest

from domain.ids import EventId, MarketId
from domain.markets import Market
from domain.messages import FairValueReceived
from domain.orders import Side
from domain.portfolio import MarketView
from strategy.flattening import AGAIN_NS, FLATTEN, Flattener
from tests.risk.builders import order

UNIT = 1_000_000
MATCH = Market(MarketId("match"), EventId("cup"), "match_odds", ("home", "draw", "away"))
SECOND = 1_000_000_000
STATED = FairValueReceived(MATCH.id, "m", "1", 1, (0.5, 0.3, 0.2), 0.0004, 2_000, state="1")


def view(pnl: tuple[int, ...] = (0, 0, 0), **more: Any) -> MarketView:
    fair = FairValueReceived(MATCH.id, "m", "1", 1, (0.5, 0.3, 0.2), 0.0004, 2_000)
    given: dict[str, Any] = {
        "market": MATCH,
        "strategy": FLATTEN,
        "fair": fair,
        "fair_ns": 10 * SECOND,
        "state": "",
        "listings": (),
        "pnl_micros": tuple(one * UNIT for one in pnl),
        "working": (),
        "budget_micros": 0,
        "now_ns": 10 * SECOND,
    }
    return MarketView(**given | more)


def legs(pnl: tuple[int, ...], *, budget: int | None = None, **more: Any) -> list[tuple[int, str, int, int]]:
    """Outcome, side, claims and limit in hundredths."""
    flattener = Flattener(slack_e9=50_000_000, budget_micros=lambda: budget)
    takes = flattener.decide(view(pnl, **more)).takes
    return [(one.outcome, one.side.value, one.claims_micros // UNIT, one.limit_e9 // 10_000_000) for one in takes]


@pytest.mark.parametrize(
    ("pnl", "wanted"),
    [
        ((0, 0, 0), []),
        ((7, 7, 7), []),
        ((30, -10, -10), [(0, "lay", 40, 45)]),
        ((-30, 10, 10), [(0, "back", 40, 55)]),
        ((10, 0, -5), [(0, "lay", 15, 45), (1, "lay", 5, 25)]),
    ],
)
def test_the_fewest_claims_that_make_all_results_equal(pnl: tuple[int, ...], wanted: list[Any]) -> None:
    assert legs(pnl) == wanted


def test_results_are_equal_when_everything_asked_for_was_matched() -> None:
    pnl = [12, -31, 4]
    for outcome, side, claims, _ in legs(tuple(pnl)):
        pnl[outcome] += claims if side == Side.BACK else -claims
    assert len(set(pnl)) == 1


@pytest.mark.parametrize(
    "situation",
    [
        {"fair": None},
        {"now_ns": 12 * SECOND + 1},
        {"fair": STATED, "state": "2"},  # the event has turned since
        {"working": (order("LAY 5 @ 2.00", "a/match/0"),)},  # type: ignore[arg-type]
        {"market": Market(MATCH.id, MATCH.event, "place", MATCH.outcomes, winners=2)},
        {"pnl_micros": (UNIT // 2 - 1, 0, 0)},
    ],
)
def test_nothing_is_asked_for_without_a_price_or_while_something_works(situation: dict[str, Any]) -> None:
    assert legs((30, 0, 0), **situation) == []


@pytest.mark.parametrize(
    ("budget", "limit"), [(None, 45), (100 * UNIT, 45), (UNIT, 47), (1, 49), (0, None), (-1, None)]
)
def test_the_budget_moves_the_limit_towards_the_fair_value(budget: int | None, limit: int | None) -> None:
    assert [one[3] for one in legs((40, 0, 0), budget=budget)] == ([] if limit is None else [limit])


def test_a_market_is_tried_again_after_a_while() -> None:
    flattener = Flattener(slack_e9=50_000_000, budget_micros=lambda: None)
    fair = {"fair_ns": 12 * SECOND}
    assert flattener.decide(view((30, 0, 0), **fair, now_ns=12 * SECOND)).takes
    assert not flattener.decide(view((30, 0, 0), **fair, now_ns=12 * SECOND + AGAIN_NS - 1)).takes
    assert flattener.decide(view((30, 0, 0), **fair, now_ns=12 * SECOND + AGAIN_NS)).takes
