"""What is open holds its part of every limit: of turnover, of the accounts together, and once where it only moves."""

from typing import Any

import msgspec
import pytest

from domain.ids import EventId, VenueName
from domain.markets import Event, Instrument
from domain.operators import KillLevel
from domain.orders import Amend, Order
from risk.exposure import Exposure, contract_position
from risk.gate import Gate
from risk.limits import Limits
from risk.rollups import Rollups
from risk.verdicts import Approved, RefusalReason, Refused
from tests.risk.builders import PAR, STRATEGY, child, instrument, market, order
from tests.risk.test_gate import LIMITS, ON, book, context

UNIT = 1_000_000
FIRST, SECOND, THIRD = instrument("a", 0), instrument("a.second", 0), instrument("b", 0)
EVENTS = {EventId("game"): Event(EventId("game"), "A v B", 0)}


class Desk:
    """A gate over an exposure that counts each order from the moment it is approved."""

    def __init__(self, **limits: Any) -> None:
        self.limits: Limits = msgspec.structs.replace(LIMITS, orders_per_second=50, **limits)
        self.exposure = Exposure([market()])
        rollups = Rollups(
            self.limits,
            self.exposure,
            events=EVENTS,
            markets=[market()],
            venues=[VenueName("a")],
            strategies=[STRATEGY],
        )
        self.gate = Gate(self.limits, self.exposure, rollups=rollups)

    def rests(self, text: str, on: Instrument = ON, **more: Any) -> Order:
        placed = order(text, on, **more)
        self.exposure.update(None, placed, on, PAR)
        return placed

    def asks(self, text: str, on: Instrument = ON, *, instead: Order | None = None, **more: Any) -> str:
        resting = () if instead is None else (instead,)
        more = {"instrument": on, "book": book(on=on), "resting": resting, **more}
        verdict = self.gate.judge(child(text, on), context(**more), instead=instead)
        return verdict.reason if isinstance(verdict, Refused) else "approved"

    def places(self, text: str, on: Instrument = ON, **more: Any) -> str:
        said = self.asks(text, on, **more)
        if said == "approved":
            self.rests(text, on)
        return said


# --- turnover ---


def test_orders_that_are_open_together_do_not_pass_the_turnover_together() -> None:
    desk = Desk(turnover_day_micros=25 * UNIT)
    assert [desk.places("BACK 10 @ 2.00") for _ in range(3)] == ["approved", "approved", RefusalReason.TURNOVER]
    assert desk.places("BACK 5 @ 2.00") == "approved"
    assert desk.asks("BACK 5 @ 2.00", turnover_micros=1) == RefusalReason.TURNOVER


def test_turnover_is_free_again_when_an_open_order_ends_and_taken_when_it_is_matched() -> None:
    desk = Desk(turnover_day_micros=15 * UNIT)
    resting = desk.rests("BACK 10 @ 2.00")
    assert desk.exposure.open_cost_micros == 10 * UNIT
    part = msgspec.structs.replace(resting, matched_micros=4 * UNIT, claims_micros=8 * UNIT, cost_micros=4 * UNIT)
    desk.exposure.update(resting, part, ON, PAR)
    assert desk.exposure.open_cost_micros == 6 * UNIT
    gone = msgspec.structs.replace(part, cancelled_micros=6 * UNIT)
    desk.exposure.update(part, gone, ON, PAR)
    assert desk.exposure.open_cost_micros == 0


def test_what_is_open_at_several_venues_is_added_up_in_base() -> None:
    desk = Desk(turnover_day_micros=40 * UNIT)
    desk.rests("LAY 10 @ 2.00")
    placed = order("BACK 10 @ 2.00", THIRD)
    desk.exposure.update(None, placed, THIRD, 2 * PAR)
    assert desk.exposure.open_cost_micros == 30 * UNIT
    desk.exposure.update(placed, placed, THIRD, PAR)
    assert desk.exposure.open_cost_micros == 20 * UNIT


# --- accounts under one control ---


def test_two_accounts_at_one_exchange_have_one_position_limit() -> None:
    """MECHANICS §11: a position limit holds over all accounts under common control."""
    desk = Desk(position_claims_micros=30 * UNIT)
    desk.rests("BACK 10 @ 2.00", FIRST, matched="10")
    assert desk.asks("BACK 10 @ 2.00", SECOND) == RefusalReason.POSITION_LIMIT
    assert desk.asks("BACK 5 @ 2.00", SECOND) == "approved"
    assert desk.asks("BACK 10 @ 2.00", THIRD) == "approved"
    desk.rests("BACK 5 @ 2.00", SECOND)
    assert desk.asks("BACK 1 @ 2.00", FIRST) == RefusalReason.POSITION_LIMIT
    assert contract_position(desk.exposure, SECOND.listing) == contract_position(desk.exposure, FIRST.listing)


# --- other terms of one order ---

TIGHT: list[dict[str, Any]] = [
    {"position_claims_micros": 25 * UNIT},
    {"cap_event_micros": 12 * UNIT},
    {"cap_venue_micros": {"a": 12 * UNIT}},
    {"cap_strategy_micros": {"s": 12 * UNIT}},
    {"turnover_day_micros": 12 * UNIT},
]


@pytest.mark.parametrize("limits", TIGHT, ids=lambda limits: next(iter(limits)))
def test_an_order_that_moves_by_a_tick_counts_once_in_every_limit(limits: dict[str, Any]) -> None:
    desk = Desk(**limits)
    resting = desk.rests("BACK 10 @ 2.00")
    assert desk.asks("BACK 10 @ 2.02", instead=resting) == "approved"
    assert desk.asks("BACK 10 @ 2.02") != "approved"
    assert desk.asks("BACK 13 @ 2.02", instead=resting) != "approved"


@pytest.mark.parametrize("limits", TIGHT, ids=lambda limits: next(iter(limits)))
def test_what_was_approved_as_a_move_is_counted_as_it_was_judged(limits: dict[str, Any]) -> None:
    desk = Desk(**limits)
    resting = desk.rests("BACK 10 @ 2.00")
    trial = desk.exposure.trial(child("BACK 12 @ 2.02", ON), ON, PAR, instead=resting)
    before = contract_position(desk.exposure, ON.listing).open_back_micros, desk.exposure.open_cost_micros
    moving = msgspec.structs.replace(resting, amend=Amend("r", 202, 12 * UNIT))
    desk.exposure.update(resting, moving, ON, PAR)
    assert trial.event_micros == desk.exposure.worst_loss_micros(EventId("game"))
    assert contract_position(desk.exposure, ON.listing).open_back_micros == before[0] + trial.more_claims_micros
    assert desk.exposure.open_cost_micros == before[1] + trial.more_cost_micros


def test_a_move_takes_no_place_among_the_open_orders() -> None:
    desk = Desk(open_orders_max=1)
    resting = desk.rests("BACK 10 @ 2.00")
    assert desk.asks("BACK 10 @ 2.02", open_orders=1) == RefusalReason.OPEN_ORDERS
    assert desk.asks("BACK 10 @ 2.02", open_orders=1, instead=resting) == "approved"


@pytest.mark.parametrize(
    ("text", "said"), [("BACK 9 @ 2.00", RefusalReason.KILL_REDUCE_ONLY), ("LAY 6 @ 2.00", "approved")]
)
def test_a_move_reduces_only_if_its_match_leaves_less_to_lose_than_no_order_at_all(text: str, said: str) -> None:
    desk = Desk()
    desk.rests("BACK 10 @ 2.00", matched="10")
    resting = desk.rests(f"{text.split(maxsplit=1)[0]} 10 @ 2.00")
    assert desk.asks(text, instead=resting, kill=KillLevel.REDUCE_ONLY) == said


def test_an_approval_of_a_move_says_what_the_event_would_lose() -> None:
    desk = Desk()
    resting = desk.rests("BACK 10 @ 2.00")
    verdict = desk.gate.judge(child("BACK 12 @ 2.02", ON), context(resting=(resting,)), instead=resting)
    assert isinstance(verdict, Approved)
    assert (verdict.event_before_micros, verdict.event_after_micros) == (10 * UNIT, 12 * UNIT)
