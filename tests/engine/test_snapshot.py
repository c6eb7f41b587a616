"""Snapshots: from each the state is the one that the whole journal comes to; one that does not fit is left aside."""

from collections import deque
from pathlib import Path
from types import MethodType
from typing import Any

import msgspec
import pytest

from domain.messages import RunEnded
from engine.replay import Fold, rebuild
from engine.snapshot import Remembered, remembered, resumed, take_snapshot
from storage.journal import START, Journal, JournalDamaged, read_on
from storage.snapshots import Unusable, load
from tests.engine.runs import Live, settlement
from tests.storage.long_runs import written


@pytest.fixture(scope="module")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("long") / "run", orders=30)


@pytest.fixture
def run(long_run: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    copy = tmp_path / "run"
    copy.mkdir()
    for path in long_run.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    return copy


def folded(run: Path, *, seq: int | None = None) -> Remembered:
    """The whole journal, or its first records, folded without a snapshot."""
    found = Remembered(START, None, None)
    for step in Fold(run).steps():
        found.take(step)
        if step.place.seq == seq:
            break
    return found


def everything(value: Any, above: tuple[int, ...] = ()) -> Any:
    """Every attribute of an object and of what it holds, as text and numbers: more than the digest covers."""
    if id(value) in above:
        return "a ring"
    above = (*above, id(value))
    if isinstance(value, msgspec.Struct):
        return repr(msgspec.json.encode(value, order="deterministic"))
    if isinstance(value, dict):
        return [(repr(key), everything(one, above)) for key, one in value.items()]
    if isinstance(value, set | frozenset):
        return sorted(map(repr, value))
    if isinstance(value, list | tuple | deque):
        return [everything(one, above) for one in value]
    if isinstance(value, MethodType):
        return value.__name__
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    held = {name: getattr(value, name, None) for name in slots} | getattr(value, "__dict__", {})
    return {name: everything(one, above) for name, one in held.items()} or repr(value)


@pytest.mark.parametrize("seq", [1, 5, 37, 101, 170])
def test_from_a_snapshot_the_state_is_the_one_that_the_whole_journal_comes_to(run: Path, seq: int) -> None:
    take_snapshot(run, folded(run, seq=seq))
    assert remembered(run).place.seq == seq
    state, telemetry, place = resumed(run)
    whole = folded(run)
    assert whole.state is not None
    assert state.digest() == whole.state.digest()
    assert everything((state, telemetry)) == everything((whole.state, whole.telemetry))
    assert place == whole.place


def test_a_run_goes_on_from_a_snapshot_as_from_its_journal(run: Path) -> None:
    take_snapshot(run, folded(run, seq=120))
    live = Live(run, digest_every=50)
    live.state = resumed(run)[0]
    live.record(settlement(6, statement="s3"), RunEnded("again"))
    live.journal.close()
    assert rebuild(run)[0].digest() == live.state.digest()


def test_only_what_follows_a_snapshot_is_read(run: Path) -> None:
    take_snapshot(run, folded(run, seq=150))
    found = remembered(run)
    assert next(read_on(run, found.place))[0].seq == 151


def test_a_journal_is_opened_behind_a_snapshot_without_reading_what_it_sealed(run: Path) -> None:
    take_snapshot(run, folded(run, seq=150))
    journal = Journal(run, since=remembered(run).place)
    whole = Fold(run)
    for _ in whole.steps():
        pass
    assert (journal.seq, journal.head) == (whole.place.seq, whole.place.head)
    journal.close()


# ---- what is not trusted ----


def test_a_changed_byte_before_the_snapshot_is_found(run: Path) -> None:
    take_snapshot(run, folded(run, seq=150))
    path = run / "journal-000001.seg"
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    with pytest.raises(JournalDamaged, match="segment 1: its first"):
        remembered(run)


@pytest.mark.parametrize("spoilt", ["flipped", "cut", "empty"])
def test_a_damaged_snapshot_is_left_aside(run: Path, capsys: pytest.CaptureFixture[str], spoilt: str) -> None:
    take_snapshot(run, folded(run, seq=100))
    take_snapshot(run, folded(run, seq=150))
    path = run / "snapshots" / "000000000150.snap"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes({"flipped": bytes(data), "cut": bytes(data[:-9]), "empty": b""}[spoilt])
    assert remembered(run).place.seq == 100
    assert "000000000150.snap is damaged" in capsys.readouterr().err


def test_a_snapshot_newer_than_the_journal_is_left_aside(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take_snapshot(run, folded(run))
    for path in run.glob("journal*"):
        path.unlink()
    live = Live(run, digest_every=50)
    live.record(settlement(4))
    live.journal.close()
    assert remembered(run).place == START
    assert "newer than the journal" in capsys.readouterr().err


def test_a_snapshot_of_other_code_is_refused(run: Path) -> None:
    take_snapshot(run, folded(run, seq=100))
    path = run / "snapshots" / "000000000100.snap"
    with pytest.raises(Unusable, match="another version of the program"):
        load(run, path, "other code")


def test_the_oldest_snapshots_go(run: Path) -> None:
    for seq in (10, 20, 30, 40, 50):
        take_snapshot(run, folded(run, seq=seq))
    assert sorted(path.stem for path in (run / "snapshots").iterdir()) == [f"{n:012d}" for n in (30, 40, 50)]


def test_a_snapshot_before_a_record_can_be_asked_for(run: Path) -> None:
    for seq in (50, 100, 150):
        take_snapshot(run, folded(run, seq=seq))
    assert remembered(run, seq_max=149).place.seq == 100
    assert remembered(run, seq_max=49).place == START
