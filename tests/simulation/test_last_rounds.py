"""Results corrected at awkward moments: booked soon after their lines were heard, or heard by a run's last round."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from domain.breaks import BreakFound, ReconCompleted, RoundCause
from domain.ids import VenueName
from domain.markets import Result
from domain.messages import Journalled, MarketSettled
from engine.simulate.recovery import unproven
from recon.breaks import BreakKind
from tests.simulation.lies import SETTLING
from tests.simulation.tampering import POLLED, STREAMING, Tampered
from venues.sim.markets import SimMarket
from venues.sim.mishaps import other_result
from venues.sim.settling import settle, unsettle
from venues.sim.world import DESK

BETS, _ = STREAMING
CORRECTING = (BETS, POLLED)
"""Venues that settle bets anew when a result was wrong."""
SECOND_NS = 1_000_000_000


def first_settled(trial: Tampered, venue: VenueName, then: Callable[[SimMarket], None]) -> list[SimMarket]:
    """Have something happen in the moment in which we book a venue's first statement that another result changes."""
    found: list[SimMarket] = []
    before = trial.simulation.process.watch

    def wrote(body: Journalled, now_ns: int) -> None:
        before(body, now_ns)
        if found or not isinstance(body, MarketSettled) or body.venue != venue:
            return
        market = trial.exchange(venue).floor.markets[body.venue_market]
        payouts = other_result(market)
        if any((payouts[one] == 1) != (result is Result.WON) for one, result in body.results.items()):
            found.append(market)
            trial.simulation.agenda.at(now_ns, lambda _: then(market))

    trial.simulation.process.watch = wrote
    return found


def correct(trial: Tampered, venue: VenueName, market: SimMarket, *, after_s: int = 2) -> None:
    """The venue takes a settlement back now, and settles otherwise a little later."""
    payouts = other_result(market)
    unsettle(trial.exchange(venue), market.spec.id)
    trial.publish(venue)
    trial.simulation.agenda.at(
        trial._now_ns() + after_s * SECOND_NS, partial(_settle_anew, trial, venue, market, payouts)
    )


def _settle_anew(trial: Tampered, venue: VenueName, market: SimMarket, payouts: object, now_ns: int) -> None:
    settle(trial.exchange(venue), market.spec.id, payouts, now_ns)  # type: ignore[arg-type]
    trial.publish(venue)


def apart(trial: Tampered) -> dict[VenueName, int]:
    """What each exchange has in our wallet beyond our books."""
    return {
        one.venue: trial.exchange(one.venue).floor.accounts[DESK].wallet_micros
        - trial.state.ledger.equity_micros(one.venue, one.currency, one.balance_basis)
        for one in trial.state.started.capabilities
        if one.venue in CORRECTING
    }


@pytest.mark.parametrize("venue", CORRECTING)
def test_a_result_that_was_corrected_before_it_was_proven_paid_is_asked_for_and_no_break(
    tmp_path: Path, venue: VenueName
) -> None:
    """Seen in two demos: lines of a settlement and of its correction came in one answer, and nobody asked again."""
    trial = Tampered(tmp_path, **SETTLING)
    corrected = first_settled(trial, venue, lambda market: correct(trial, venue, market))
    while not corrected:
        trial.run(1)
    trial.run(40)
    [market] = corrected
    said = [one.body for one in trial.records() if isinstance(one.body, MarketSettled | BreakFound)]
    ours = [one for one in said if isinstance(one, MarketSettled) and one.venue_market == market.spec.id]
    assert [one.profit_micros for one in ours][1:] == [market.statements[DESK].profit_micros]
    found = [one for one in said if isinstance(one, BreakFound) and one.key.startswith(market.spec.id)]
    assert [(one.kind, one.detail) for one in found] == []


@pytest.mark.parametrize("venue", CORRECTING)
def test_a_correction_in_the_last_seconds_is_heard_before_the_run_ends(tmp_path: Path, venue: VenueName) -> None:
    trial = Tampered(tmp_path, recon_s=600, **SETTLING)
    settled = first_settled(trial, venue, lambda _: None)
    while not settled:
        trial.run(1)
    trial.run(30)
    trial.street.wind_down()
    trial.simulation._near.moved = True
    trial.simulation.exchanges.world.stop(trial._now_ns())
    correct(trial, venue, settled[0], after_s=1)
    for _ in range(60):
        trial.run(1)
        if not unproven(trial.street, quiet=True):
            break
    assert apart(trial) == dict.fromkeys(CORRECTING, 0)
    last = [one.body for one in trial.records() if isinstance(one.body, ReconCompleted)][-1]
    assert last.cause is RoundCause.RUN_END
    assert not [kind for _, _, kind in trial.state.breaks.standing if kind == BreakKind.BALANCE]
