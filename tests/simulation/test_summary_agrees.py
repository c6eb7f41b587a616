"""What a summary says of each venue is what the venue's own books say, whatever the seed, where the venue tells it."""

from collections import Counter
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from domain.ids import VenueName
from engine.simulate.options import SeedOptions
from engine.simulate.run import Simulation
from engine.street import Street
from engine.summary import summary
from storage.journal import Position
from tests.demo.running import SHARED
from tests.simulation.test_planted import configured
from venues.registry import USUAL

SEEDS = range(2, 5)
HOURS = 0.05
LIVELY = SeedOptions(0, HOURS, "none", speed=8.0, pace=0.1, matches=3, patience=4, recon_s=20)
"""Eight times as fast as life: a match that is in its last quarter of an hour is over and paid."""


class Standing(Simulation):
    """A run whose world stands still, as a demo's does, before our desk winds down."""

    last: Street

    def _run_until_proven(self, since: str, *, quiet: bool = False) -> None:
        self.exchanges.world.stop(self.clock.monotonic_ns())
        self.last = self.process.street
        super()._run_until_proven(since, quiet=quiet)


def ended(seed: int, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The summary of a run, and the exchanges' report of it."""
    run = Standing(replace(LIVELY, seed=seed), configured(), tuple(VenueName(name) for name in USUAL), folder)
    run.run()
    assert run.oracle.violations == []
    state, journal = run.process.state, run.process.journal
    end = Position(journal.seq, journal.head)
    return summary(folder, state, run.last.telemetry, end, mode="simulate", seconds=0.0), run.record.report()


def test_every_figure_that_a_venue_tells_is_the_same_on_both_sides(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:  # until every figure was more than nothing
        ours, theirs = ended(seed, tmp_path / str(seed))
        for venue, books in theirs["venues"].items():
            told = {name: books[name] for name in SHARED if name in books}
            assert {name: ours["venues"][venue][name] for name in told} == told, f"seed {seed}, {venue}"
            assert told.keys() | books["untold"].keys() >= set(SHARED)
            assert ours["ledger"]["cash"][venue] in (books["wallet"], books["cash"])
            seen.update(told)
        assert theirs["worst_loss_max"] <= ours["risk"]["reserved_max"]
        if all(seen[name] > 0 for name in SHARED):
            break
    assert all(seen[name] > 0 for name in SHARED), "what never happened was not compared"
