"""One resting quote: every cause to leave, move or pull it, and the ones that outrank the others."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.markets import MarketStatus
from strategy.requote_rule import RequoteAction, requote_decision, worth_placing

HOLD, CANCEL, MOVE = RequoteAction.HOLD, RequoteAction.CANCEL, RequoteAction.CANCEL_REPLACE
RESTING: dict[str, Any] = {
    "current_tick": 110,
    "target_tick": 110,
    "hysteresis_ticks": 2,
    "edge_at_current": 0.01,
    "cancel_edge": 0.004,
    "tokens": 5,
    "market_state": MarketStatus.OPEN,
    "fv_valid": True,
}


@pytest.mark.parametrize(
    ("change", "action"),
    [
        ({}, HOLD),
        ({"target_tick": 111}, HOLD),
        ({"target_tick": 112}, MOVE),
        ({"target_tick": 108}, MOVE),
        ({"target_tick": 112, "tokens": 1}, MOVE),
        ({"target_tick": 112, "tokens": 0.9}, HOLD),
        ({"target_tick": 112, "hysteresis_ticks": 3}, HOLD),
        ({"target_tick": None}, HOLD),
        ({"edge_at_current": 0.004}, HOLD),
        ({"edge_at_current": 0.0039}, MOVE),
        ({"edge_at_current": 0.0039, "target_tick": 111}, MOVE),
        ({"edge_at_current": 0.0039, "tokens": 0}, CANCEL),
        ({"edge_at_current": 0.0039, "target_tick": None}, CANCEL),
        ({"edge_at_current": -0.5, "target_tick": 150, "tokens": 0}, CANCEL),
        ({"market_state": MarketStatus.SUSPENDED}, CANCEL),
        ({"market_state": MarketStatus.CLOSED, "target_tick": 120}, CANCEL),
        ({"market_state": MarketStatus.INACTIVE}, CANCEL),
        ({"fv_valid": False}, CANCEL),
        ({"fv_valid": False, "target_tick": 120, "edge_at_current": 0.001}, CANCEL),
    ],
)
def test_a_resting_quote_is_left_moved_or_pulled(change, action) -> None:
    assert requote_decision(**RESTING | change) is action


@given(
    target=st.none() | st.integers(min_value=100, max_value=120),
    edge=st.floats(min_value=-0.1, max_value=0.1),
    tokens=st.integers(min_value=0, max_value=3),
)
def test_a_quote_that_stays_has_edge_and_one_that_moves_has_a_token(target, edge, tokens) -> None:
    action = requote_decision(**RESTING | {"target_tick": target, "edge_at_current": edge, "tokens": tokens})
    assert action is not HOLD or edge >= 0.004
    assert action is not MOVE or (tokens >= 1 and target is not None)


@given(edge=st.floats(min_value=0.004, max_value=0.1), drift=st.integers(min_value=-1, max_value=1))
def test_inside_both_thresholds_nothing_flickers(edge, drift) -> None:
    assert requote_decision(**RESTING | {"edge_at_current": edge, "target_tick": 110 + drift}) is HOLD


@pytest.mark.parametrize(("edge", "placed"), [(0.0059, False), (0.006, True), (0.1, True), (-0.1, False)])
def test_a_new_quote_needs_more_than_a_resting_one(edge, placed) -> None:
    assert worth_placing(edge, place_edge=0.006, cancel_edge=0.004) is placed


@pytest.mark.parametrize("place_edge", [0.004, 0.003])
def test_thresholds_that_would_flicker_are_refused(place_edge) -> None:
    with pytest.raises(ValueError, match="place_edge must be above cancel_edge"):
        worth_placing(0.01, place_edge=place_edge, cancel_edge=0.004)
