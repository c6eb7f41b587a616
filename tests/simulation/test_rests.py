"""A whole simulated hour holds what it is meant to hold."""

from pathlib import Path

import pytest

from domain.ids import StrategyName, VenueName
from domain.operators import PauseSet
from engine.config import Loaded, load
from engine.simulate.options import options_of
from engine.simulate.rests import WHO
from engine.simulate.run import Simulation
from storage.journal import read
from tests.conftest import ROOT
from venues.registry import CONSTRUCTORS, USUAL

LIVELY = 3
"""A seed that places more orders than its measure when nobody lets the desk rest."""


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load(ROOT / "config.toml", {name: settings for name, (_, settings) in CONSTRUCTORS.items()})


def test_a_lively_hour_rests_once_it_has_its_measure_and_goes_on_when_it_is_behind(
    loaded: Loaded, tmp_path: Path
) -> None:
    options = options_of(LIVELY, hours=1, faults="light")
    simulation = Simulation(options, loaded, tuple(VenueName(name) for name in USUAL), tmp_path)
    simulation.run()
    assert simulation.oracle.violations == []
    assert simulation.process.facts >= 10_000
    assert 345 < simulation.process.state.placed < 600
    pauses = [record.body for record, _ in read(tmp_path) if isinstance(record.body, PauseSet)]
    assert {pause.who for pause in pauses} == {WHO}
    assert {pause.strategy for pause in pauses} == {StrategyName(one.name) for one in loaded.config.strategies}
    of_one = [pause.paused for pause in pauses if pause.strategy == pauses[0].strategy]
    assert of_one == [n % 2 == 0 for n in range(len(of_one))], "a pause is told once, and so is its end"
    assert len(of_one) >= 3
