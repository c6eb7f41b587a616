"""A part of the races on every test run, and the same with a bug in the gate; `python -m tests.risk.races` runs all."""

import pytest

from engine.config import Loaded
from risk.exposure import Exposure
from tests.risk.races import CAP_MICROS, Race, configured
from tests.simulation.planted import forgets_what_stands, planted

SEEDS = 40


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return configured(tmp_path_factory.mktemp("races"))


def test_a_thousand_racing_intents_never_pass_the_cap_at_the_exchanges_books(loaded: Loaded) -> None:
    race = Race(1, loaded).run(1_000)
    assert race.passed == []
    assert race.telemetry.refusals["cap_event"] > 0
    assert race.worst > CAP_MICROS * 3 // 5, "the cap is not so timid that capital sleeps"


def test_facts_in_any_order_pass_no_cap_and_end_as_the_exchanges_have_them(loaded: Loaded) -> None:
    told = 0
    for seed in range(2, 2 + SEEDS):
        race = Race(seed, loaded).run(12)
        assert race.passed == []
        told += race.reordered
    assert told > 10 * SEEDS


def test_a_gate_that_forgets_what_stands_is_seen_at_the_exchanges_books(loaded: Loaded) -> None:
    with planted(Exposure, "trial", forgets_what_stands):
        assert any("worst loss" in said for seed in range(8) for said in Race(seed, loaded).run(150).passed)
