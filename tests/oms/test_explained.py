"""A decision can be worked out again from its own record, and a record that was touched cannot pass."""

from typing import Any

import msgspec
import pytest

from domain.candidates import Candidate
from domain.fees import NetWinFee, QuadraticFee
from domain.ids import InstrumentId, StrategyName
from domain.intents import QuoteIntent
from domain.messages import DecisionTaken
from domain.orders import Side
from oms.explained import recompute
from oms.routes import Routed, route_quote, route_take
from tests.oms.test_routes import MATCH, UNIT, desk, listed, take


def decided(routed: Routed, *, side: Side = Side.BACK, limit_e9: int = 520_000_000, claims: int = 400) -> DecisionTaken:
    decision = DecisionTaken(
        id=9,
        strategy=StrategyName("s"),
        market=MATCH.id,
        outcome=0,
        side=side,
        probability_e9=550_000_000,
        fair_age_ms=3,
        fair_model="m",
        limit_e9=limit_e9,
        claims_micros=claims * UNIT,
        candidates=routed.candidates,
        worst_before_micros=0,
        cap_micros=10**9,
        because="cheap",
    )
    return msgspec.msgpack.decode(msgspec.msgpack.encode(decision), type=DecisionTaken)


TAKEN = decided(
    route_take(
        take(400),
        desk(
            listed("a", "2.00:100 1.99:200", rate_e8=125_000_000),
            listed("b", "2.10:0.50"),
            listed("k", "0.50c:300", QuadraticFee(taker_ppm=70_000)),
            listed("s", "2.50:10", tradable=False, why_not="book_stale"),
        ),
    )
)
QUOTED = decided(
    route_quote(
        QuoteIntent(StrategyName("s"), InstrumentId("k/m/0"), Side.BACK, 4_800, 30 * UNIT, "edge"),
        desk(listed("k", "0.50c:300", QuadraticFee(taker_ppm=70_000, maker_ppm=17_500)), listed("a", "2.00:100")),
    )
)


def changed(decision: DecisionTaken, n: int, **change: Any) -> DecisionTaken:
    candidates = list(decision.candidates)
    candidates[n] = msgspec.structs.replace(candidates[n], **change)
    return msgspec.structs.replace(decision, candidates=tuple(candidates))


@pytest.mark.parametrize("decision", [TAKEN, QUOTED])
def test_a_decision_follows_from_its_own_record(decision: DecisionTaken) -> None:
    again = recompute(decision)
    assert again.candidates == decision.candidates
    assert again.differences == ()


@pytest.mark.parametrize(
    ("decision", "n", "change"),
    [
        (TAKEN, 0, {"levels": ((200, 100 * UNIT), (198, 200 * UNIT))}),
        (TAKEN, 0, {"levels": ((202, 100 * UNIT), (199, 200 * UNIT))}),
        (TAKEN, 0, {"levels": ((200, 90 * UNIT), (199, 200 * UNIT))}),
        (TAKEN, 0, {"fee": NetWinFee(rate_ppm=20_100)}),
        (TAKEN, 0, {"rate_e8": 126_000_000}),
        (TAKEN, 0, {"win_micros": -UNIT}),
        (TAKEN, 0, {"available_micros": 120 * UNIT}),
        (TAKEN, 0, {"lot_micros": UNIT}),
        (TAKEN, 0, {"refused": "book_stale"}),
        (TAKEN, 0, {"net_price": (1, 2)}),
        (TAKEN, 0, {"score": (1, 2)}),
        (TAKEN, 0, {"fill_ppm": 900_000}),
        (TAKEN, 0, {"delay_e9": 1_000_000}),
        (TAKEN, 0, {"answer_e9": 1_000_000}),
        (TAKEN, 0, {"allotted": ()}),
        (TAKEN, 1, {"levels": ((210, 2 * UNIT),)}),
        (TAKEN, 1, {"size_min_micros": 400_000}),
        (TAKEN, 2, {"levels": ((4_000, 300 * UNIT),)}),
        (TAKEN, 3, {"refused": ""}),
        (QUOTED, 0, {"net_price": (1, 2)}),
        (QUOTED, 0, {"fee": QuadraticFee(taker_ppm=70_000)}),
        (QUOTED, 0, {"allotted": ((4_900, 30 * UNIT),)}),
        (QUOTED, 1, {"levels": ((202, 100 * UNIT),)}),
    ],
)
def test_a_record_that_was_touched_is_found(decision: DecisionTaken, n: int, change: dict[str, Any]) -> None:
    touched = changed(decision, n, **change)
    assert recompute(touched).differences != ()


def test_a_difference_names_place_figure_and_both_values() -> None:
    assert recompute(changed(TAKEN, 0, net_price=(1, 2))).differences == (
        "a/m/0: net_price stored (1, 2), follows (50, 99)",
    )


def test_other_wishes_lead_to_other_shares() -> None:
    assert recompute(msgspec.structs.replace(TAKEN, claims_micros=100 * UNIT)).differences
    assert recompute(msgspec.structs.replace(TAKEN, limit_e9=506_000_000)).differences
    assert recompute(msgspec.structs.replace(TAKEN, side=Side.LAY)).differences


def test_every_figure_of_a_candidate_is_either_an_input_or_an_answer() -> None:
    answers = {"net_price", "score", "allotted", "refused", "maker"}
    inputs = set(Candidate.__struct_fields__) - answers
    assert inputs == {
        "instrument", "kind", "fee", "levels", "lot_micros", "size_min_micros", "payout_min_micros",
        "available_micros", "priority", "rate_e8", "win_micros", "lose_micros",
        "fill_ppm", "delay_e9", "answer_us", "answer_e9", "own_price", "under_way_micros",
        "queue", "rest_ppm",
    }  # fmt: skip
