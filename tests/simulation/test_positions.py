"""What exchanges say that we hold, tampered with behind them: a true difference is found, and a slow answer is none."""

from pathlib import Path
from typing import Any

import pytest

from domain.breaks import BreakFact, BreakFound, BreakHealed
from domain.ids import OrderRef, VenueName
from domain.orders import Side
from recon.positions import is_position_key
from tests.simulation.tampering import POLLED, SOMEBODY, STREAMING, Tampered
from venues.sim.accounts import Account
from venues.sim.faults import Danger
from venues.sim.floor import match_at
from venues.sim.placements import Placement, new_order, other
from venues.sim.queues import SimOrder
from venues.sim.world import DESK

_, CONTRACTS = STREAMING
TOLD = (CONTRACTS, POLLED)
"""Venues that are asked what is held."""
PATIENCE_S = 70
"""What may still land and be visible, and the three answers that it takes."""


@pytest.fixture
def trial(tmp_path: Path) -> Tampered:
    """Quotes rest at every venue."""
    return Tampered(tmp_path, matches=2).run(24)


def held(trial: Tampered, venue: VenueName) -> SimOrder:
    """An order of which half was matched, as everybody was told; strategies rest, so that nothing more moves."""
    order = trial.resting(venue)
    trial.take(order, trial.half(order))
    trial.publish(venue)
    trial.run(3)
    assert trial.orders()[OrderRef(order.client_ref)].matched_micros == order.matched_micros > 0
    trial.simulation.process.street.wind_down()
    return order


def bet_for_us(trial: Tampered, like: SimOrder) -> None:
    """Somebody with our account bets as much past this program, and is matched at once."""
    exchange, now_ns = trial.exchange(trial._venue_of(like)), trial._now_ns()
    floor, size = exchange.floor, like.matched_micros
    floor.accounts.setdefault(SOMEBODY, Account(SOMEBODY, 0, crowd=True))
    both: dict[Side, SimOrder] = {}
    for account, side in ((DESK, like.side), (SOMEBODY, other(like.side))):
        placement = Placement(account, like.market, like.selection, side, like.price, size)
        both[side] = new_order(placement, number=floor.placed + 1, now_ns=now_ns)
        floor.admit(both[side])
    match_at(floor, both[Side.BACK], both[Side.LAY], price=like.price, size_micros=size, now_ns=now_ns)
    trial.publish(trial._venue_of(like))


def of_positions(trial: Tampered, *kinds: type[BreakFact]) -> list[Any]:
    return [
        one for one in trial.news() if isinstance(one, BreakFact) and type(one) in kinds and is_position_key(one.key)
    ]


@pytest.mark.parametrize("venue", TOLD)
def test_a_bet_that_nobody_here_placed_is_found_by_what_is_held_and_shuts_its_market(
    trial: Tampered, venue: VenueName
) -> None:
    order = held(trial, venue)
    trial.run(PATIENCE_S)
    assert of_positions(trial, BreakFound) == [], "both agree"
    bet_for_us(trial, order)
    trial.run(PATIENCE_S)
    (found,) = of_positions(trial, BreakFound)
    assert (found.venue, found.venue_market, found.kind) == (venue, order.market, "MISSING_FILL")
    assert found.money_micros > 0
    assert (venue, order.market) in trial.street.core.prices.quarantined
    assert not trial.street.core.prices.sessions[venue].stopped


@pytest.mark.parametrize("venue", TOLD)
def test_a_venue_that_says_that_nothing_is_held_is_not_believed_and_no_order_is_lost_over_it(
    trial: Tampered, venue: VenueName
) -> None:
    held(trial, venue)
    trial.strike(Danger.POSITIONS_EMPTY).run(PATIENCE_S)
    assert {one.venue for one in of_positions(trial, BreakFound)} >= {venue}
    assert not any(session.stopped for session in trial.street.core.prices.sessions.values())
    trial.calm().run(20)
    assert of_positions(trial, BreakHealed)
    assert not [key for _, key, _ in trial.state.breaks.standing if is_position_key(key)]
    trial.finish()


@pytest.mark.parametrize(
    ("danger", "chance"), [(Danger.POSITIONS_OLD, 1.0), (Danger.LATE_FILL, 1.0), (Danger.REPLY_DELAYED, 0.3)]
)
def test_answers_that_lag_behind_are_no_break(trial: Tampered, danger: Danger, chance: float) -> None:
    trial.strike(danger, chance=chance)
    for _ in range(6):
        for venue in TOLD:
            order = trial.resting(venue)
            trial.take(order, trial.half(order))
            trial.publish(venue)
        trial.run(PATIENCE_S / 3)
    assert of_positions(trial, BreakFound) == []
    trial.calm().finish()
