"""Refs: one for each placement, the same on replay, of a form that every venue takes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import InstrumentId, OrderRef, StrategyName
from domain.intents import Child
from domain.messages import PlaceOrder
from domain.orders import Side, TimeInForce
from oms.router import REF_LENGTH_MAX, Router, run_tag
from risk.verdicts import Approved

CHILD = Child(StrategyName("s"), InstrumentId("v/m/1"), Side.LAY, 204, 5_000_000, TimeInForce.IMMEDIATE, decision=7)
APPROVED = Approved(CHILD, market_version=3, event_before_micros=0, event_after_micros=5)


def test_a_command_says_what_was_approved() -> None:
    assert Router("abc").place(APPROVED, placed=41, bet_delay_ms=5_000) == PlaceOrder(
        ref=OrderRef("abc-42"),
        instrument=CHILD.instrument,
        strategy=CHILD.strategy,
        side=Side.LAY,
        price=204,
        size_micros=5_000_000,
        tif=TimeInForce.IMMEDIATE,
        decision=7,
        market_version=3,
        bet_delay_ms=5_000,
    )


@given(st.text(max_size=40), st.integers(0, 10**12), st.integers(0, 10**12))
def test_refs_differ_by_placement_and_fit_every_venue(run: str, one: int, other: int) -> None:
    first, second = (Router(run_tag(run)).place(APPROVED, placed=n).ref for n in (one, other))
    assert (first == second) is (one == other)
    assert re.fullmatch(r"[A-Za-z0-9-]{1,32}", first)
    assert len(first) <= REF_LENGTH_MAX


def test_runs_have_tags_of_their_own() -> None:
    assert len({run_tag(f"run-{n}") for n in range(1_000)}) == 1_000
    assert run_tag("run-1") == run_tag("run-1")


@pytest.mark.parametrize("tag", ["", "a-b", "a" * 17, "ü", "a b"])
def test_a_tag_of_another_form_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match="tag must be 1 to 16 letters or digits"):
        Router(tag)
