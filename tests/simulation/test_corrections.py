"""A day of voids and corrected results at every venue: our cash ends as each exchange's own books have it."""

from collections import defaultdict
from pathlib import Path

from domain.ids import VenueName
from domain.messages import MarketSettled
from domain.treasury import PaymentsProven
from engine.config import load
from engine.doors import main
from engine.reports.day import end_of_day
from engine.reports.rows import of_journal
from engine.simulate.options import SeedOptions
from engine.simulate.run import Simulation
from oms.clearing import ClearingState, cleared
from storage.journal import read
from tests.conftest import ROOT
from tests.demands.trials import VENUES
from tests.engine.reports.days import TOLD
from venues.registry import CONSTRUCTORS
from venues.sim.faults import Danger
from venues.sim.world import DESK


def test_a_day_of_voids_and_corrected_results_ends_with_every_venues_own_cash(tmp_path: Path) -> None:
    loaded = load(ROOT / "config.toml", {name: settings for name, (_, settings) in CONSTRUCTORS.items()})
    options = SeedOptions(1, 0.15, "corrections", speed=30.0, recon_s=10)
    simulation = Simulation(options, loaded, VENUES, tmp_path / "run")
    simulation.run()
    assert simulation.oracle.violations == [], "the oracle holds cash against each exchange's books, to the millionth"
    assert min(simulation.met[Danger.VOIDED], simulation.met[Danger.RESETTLED]) > 0
    for name, exchange in simulation.exchanges.world.exchanges.items():
        paid = [market for market in exchange.floor.markets.values() if DESK in market.statements]
        assert any(market.settled_round > 1 for market in paid), f"{name} corrected no result of ours"
    state = simulation.process.state
    assert state.ledger.suspense.items == {}
    assert not any(state.ledger.settling.unpaid(venue) for venue in VENUES)
    stakes = state.ledger.settling.stakes
    seen = set()
    for order in state.blotter.orders.archive.values():
        listing = state.instruments[order.instrument].listing
        seen |= {one.state for one in cleared(order, stakes.get((listing.venue, listing.venue_market)))}
    assert seen == {ClearingState.PAID, ClearingState.VOIDED}
    kinds = [type(record.body) for record, _ in read(tmp_path / "run")]
    assert kinds.count(MarketSettled) > len(stakes)
    assert PaymentsProven in kinds
    reported(tmp_path / "run", simulation)


def reported(run: Path, simulation: Simulation) -> None:
    """The reports of that day say what each exchange's own books say, and are proven by the journal."""
    [pack] = [end_of_day(rows, day, TOLD) for rows in (of_journal(run),) for day in rows.days()]
    floors = {name: exchange.floor for name, exchange in simulation.exchanges.world.exchanges.items()}
    assert {one.venue: one.closed_micros for one in pack.balances} == {
        name: floor.accounts[DESK].wallet_micros for name, floor in floors.items()
    }
    standing = {
        (one.venue, one.venue_market): (one.profit_micros, one.commission_micros)
        for one in pack.settlements
        if one.stands
    }
    theirs = {
        (name, market.spec.id): (market.statements[DESK].profit_micros, market.statements[DESK].commission_micros)
        for name, floor in floors.items()
        for market in floor.markets.values()
        if DESK in market.statements
    }
    assert standing == theirs
    assert sum(not one.stands for one in pack.settlements) > 0, "no statement took another's place"
    earned: dict[str, int] = defaultdict(int)
    for share in pack.attribution:
        earned[share.venue] += share.total_micros
    assert earned == {
        one.venue: floors[VenueName(one.venue)].accounts[DESK].wallet_micros - one.moved_micros for one in pack.balances
    }
    config = str(ROOT / "config.toml")
    assert main(["eod", str(run), "--config", config]) == 0
    assert main(["verify", str(run), "--config", config]) == 0
