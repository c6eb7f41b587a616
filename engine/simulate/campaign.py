"""Many seeds in several processes: what each was run with, which dangers struck, and what the oracle found."""

import gc
import os
import sys
import tempfile
import traceback
from collections import Counter
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

import msgspec

from domain.ids import VenueName
from engine.config import Loaded
from engine.simulate.options import SeedOptions, options_of
from engine.simulate.run import Simulation
from venues.registry import DEMOS
from venues.sim.profiles import named


class Campaign(msgspec.Struct, frozen=True):
    """Which seeds to run, how long each, with which faults, on how many processes (0: one per core)."""

    seeds: range
    hours: float
    faults: str
    workers: int


class SeedReport(msgspec.Struct, frozen=True):
    """What one seed came to."""

    options: SeedOptions
    facts: int
    orders: int
    dangers: dict[str, int]
    digest: str
    violations: tuple[str, ...]


def run_seed(options: SeedOptions, loaded: Loaded) -> SeedReport:
    """One seed from start to end, judged after every event."""
    gc.collect()
    with tempfile.TemporaryDirectory() as folder:
        simulation = Simulation(
            options, loaded, tuple(VenueName(name) for name in DEMOS if name in loaded.config.venues), Path(folder)
        )
        simulation.run()
        return SeedReport(
            options=options,
            facts=simulation.process.facts,
            orders=simulation.process.state.placed,
            dangers={str(danger): count for danger, count in simulation.met.items()},
            digest=simulation.digest(),
            violations=tuple(f"{one.law} at {one.at_ms} ms: {one.detail}" for one in simulation.oracle.violations),
        )


def run_campaign(campaign: Campaign, loaded: Loaded) -> int:
    """Run every seed and print what happened, each when it and those before it are done; 1 for any violation."""
    options = [options_of(seed, hours=campaign.hours, faults=campaign.faults) for seed in campaign.seeds]
    met: Counter[str] = Counter({danger.value: 0 for danger in named(campaign.faults, loaded.config.faults).rates})
    facts = bad = 0
    with ProcessPoolExecutor(campaign.workers or os.cpu_count(), initializer=_spare_the_collector) as pool:
        running = [pool.submit(run_seed, one, loaded) for one in options]
        for one, future in zip(options, running, strict=True):
            report = _report(one, future)
            _print_report(report)
            met.update(report.dangers)
            facts, bad = facts + report.facts, bad + len(report.violations)
    for danger, count in sorted(met.items()):
        print(f"danger {danger}: {count}")
    print(f"{len(options)} seeds, {facts} facts, {bad} violations")
    return 1 if bad else 0


def _spare_the_collector() -> None:
    """An hour leaves few rings of objects: they are collected between two seeds, not looked for all the time."""
    gc.collect()
    gc.freeze()
    gc.disable()


def _report(options: SeedOptions, future: "Future[SeedReport]") -> SeedReport:
    """What a seed came to; a program that broke under it has broken a law of its own."""
    error = future.exception()
    if error is None:
        return future.result()
    traceback.print_exception(error)
    return SeedReport(options, 0, 0, {}, "", (f"broke: {type(error).__name__}: {error}",))


def _print_report(report: SeedReport) -> None:
    print(f"{report.options} facts={report.facts} orders={report.orders} digest={report.digest}", flush=True)
    for violation in report.violations:
        print(f"seed {report.options.seed}: VIOLATION {violation}", file=sys.stderr, flush=True)
