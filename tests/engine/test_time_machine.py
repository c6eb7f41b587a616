"""The time machine: a run as it was behind any record, by its number or by the clock, with a snapshot or without."""

import json
from pathlib import Path

import pytest

from engine.replay import Fold, NotFound
from engine.snapshot import Remembered, take_snapshot
from engine.time_machine import moment_ns, replay_at, state_at
from storage.journal import START
from tests.storage.long_runs import written

BEGAN_NS = 1_700_000_000_000_000_000  # 2023-11-14T22:13:20


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record n is known n milliseconds after the beginning."""
    return written(tmp_path_factory.mktemp("long") / "run", orders=20)


def digests(run: Path) -> list[str]:
    return [step.state.digest() for step in Fold(run).steps()]


def test_the_state_behind_every_record_is_the_one_that_stood_then(run: Path) -> None:
    assert [state_at(run, str(seq)).digest() for seq in range(1, 121, 7)] == digests(run)[0:120:7]


def test_a_snapshot_makes_no_difference(run: Path) -> None:
    wanted = state_at(run, "90").digest()
    found = Remembered(START, None, None)
    for step in Fold(run).steps(stop=lambda record: record.seq > 60):
        found.take(step)
    take_snapshot(run, found)
    assert state_at(run, "90").digest() == wanted
    assert state_at(run, "60").digest() == digests(run)[59]
    assert state_at(run, "59").digest() == digests(run)[58]


@pytest.mark.parametrize("at", ["22:13:20.050", "2023-11-14T22:13:20.050", "2023-11-14T23:13:20.050+01:00"])
def test_a_time_means_all_records_up_to_it(run: Path, at: str) -> None:
    assert state_at(run, at).records == 50


def test_after_the_end_it_is_the_end_and_before_the_beginning_nothing(run: Path) -> None:
    assert state_at(run, "23:59:59").records == len(digests(run))
    with pytest.raises(NotFound, match=r"began after 22:13:19: its first record is of 2023-11-14T22:13:20"):
        state_at(run, "22:13:19")


@pytest.mark.parametrize(
    ("at", "told"), [("99999", "has no record 99999: its last is"), ("0", "no record 0"), ("noon", "write a record's")]
)
def test_a_moment_that_is_not_in_the_run_is_told(run: Path, at: str, told: str) -> None:
    with pytest.raises(NotFound, match=told):
        state_at(run, at)


def test_a_moment_is_exact_to_the_microsecond() -> None:
    assert moment_ns("22:13:20", BEGAN_NS) == BEGAN_NS + 999
    assert moment_ns("2023-11-14T22:13:20.000001Z", 0) == BEGAN_NS + 1_999


def test_the_door_prints_the_figures_of_the_moment(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay_at(run, "50", as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["records"] == 50
    assert replay_at(run, "soon", as_json=False) == 2
