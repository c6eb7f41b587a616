"""A bug for every law: the oracle names the law that was broken, and says nothing where nothing was planted."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.ids import VenueName
from engine.config import Loaded, load
from engine.simulate.options import SeedOptions
from engine.simulate.run import Simulation
from tests.conftest import ROOT
from tests.simulation.planted import BUGS
from venues.registry import CONSTRUCTORS, DEMOS

SEEDS_MAX = 20
CAP_EVENT_MICROS = 60_000_000
"""So small that what the strategies want meets it."""
HOURS = 0.02


def configured() -> Loaded:
    """The demo's desk with a cap that is felt."""
    loaded = load(ROOT / "config.toml", {name: settings for name, (_, settings) in CONSTRUCTORS.items()})
    return replace(loaded, limits=replace(loaded.limits, cap_event_micros=CAP_EVENT_MICROS))


def laws_broken(seed: int, folder: Path, *, faults: str) -> set[str]:
    """Run one short seed and give back the laws that the oracle found broken."""
    options = SeedOptions(seed, HOURS, faults, matches=2, recon_s=10)
    simulation = Simulation(options, configured(), tuple(VenueName(name) for name in DEMOS), folder)
    simulation.run()
    return {violation.law for violation in simulation.oracle.violations}


FAULTS = {law: "storm" if law in ("I4", "I20") else "none" for law in BUGS}
"""Silence and doubt need trouble; the other bugs show on a quiet day."""


def seed_that_shows(law: str, folder: Path) -> int | None:
    """The first seed whose run breaks the law while its bug is in force."""
    for seed in range(1, SEEDS_MAX + 1):
        with BUGS[law]():
            if law in laws_broken(seed, folder / f"{seed}", faults=FAULTS[law]):
                return seed
    return None


@pytest.mark.parametrize("law", BUGS)
def test_a_planted_bug_is_named_and_without_it_the_oracle_is_silent(law: str, tmp_path: Path) -> None:
    seed = seed_that_shows(law, tmp_path)
    assert seed is not None, f"{SEEDS_MAX} seeds, and nobody saw that {law} is broken"
    assert laws_broken(seed, tmp_path / "without", faults=FAULTS[law]) == set()
