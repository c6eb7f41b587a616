"""Short seeds on every test run: no law is broken under light faults, and a seed is a complete report."""

import os
import re
import subprocess
import sys
from collections import Counter

import pytest

from engine.config import Loaded, load
from engine.simulate.campaign import run_seed
from engine.simulate.options import SeedOptions
from tests.conftest import ROOT
from venues.registry import CONSTRUCTORS

BLOCKS = [range(first, first + 4) for first in range(1, 21, 4)]
"""Twenty, for a law that is broken anywhere to show at once: `.ci/run` plays the first hundred for an hour each."""
HOURS = 0.03


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load(ROOT / "config.toml", {name: settings for name, (_, settings) in CONSTRUCTORS.items()})


@pytest.mark.parametrize("seeds", BLOCKS, ids=str)
def test_no_law_is_broken_under_light_faults(seeds: range, loaded: Loaded) -> None:
    met: Counter[str] = Counter()
    for seed in seeds:
        report = run_seed(SeedOptions(seed, HOURS, "light", matches=2), loaded)
        assert report.violations == (), f"seed {seed}"
        assert report.facts > 100
        assert report.orders > 0
        met.update(report.dangers)
    assert met["bytes_sliced"] > 0
    assert len(met) >= 3


def digest_of_a_seed(hash_seed: str) -> str:
    """One seed in a process of its own, whose sets come in another order."""
    command = [sys.executable, "run.py", "simulate", "--seeds", "7-7", "--hours", "0.02", "--faults", "storm"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"digest=([0-9a-f]+)", done.stdout)
    assert found is not None, done.stdout
    return found[1]


def test_a_seed_comes_to_the_same_in_every_process() -> None:
    assert digest_of_a_seed("1") == digest_of_a_seed("2")
