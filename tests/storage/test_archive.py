"""The archive: Parquet that analysts read, and of which every byte of the journal comes back."""

import json
from pathlib import Path

import pytest
from pyarrow import parquet

from engine.doors import main
from engine.replay import Fold, rebuild
from engine.snapshot import Remembered, resumed, take_snapshot
from storage.archive import archive
from storage.journal import START, Journal, JournalDamaged, read
from tests.engine.runs import Live, settlement
from tests.storage.long_runs import bodies, written


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run in some ten small segments."""
    live = Live(tmp_path / "run", digest_every=50)
    live.journal.close()
    for path in (tmp_path / "run").iterdir():
        path.unlink()
    live.journal = Journal(tmp_path / "run", segment_bytes_max=8_000)
    live.record(*bodies(30))
    live.journal.close()
    assert len(list((tmp_path / "run").glob("*.seg"))) > 5
    return tmp_path / "run"


def everything(run: Path) -> list[object]:
    return [*read(run)]


def test_an_archived_journal_says_what_it_said(run: Path) -> None:
    before, digest = everything(run), rebuild(run)[0].digest()
    made = archive(run, keep=2)
    assert len(list(run.glob("*.seg"))) == 2
    assert everything(run) == before
    assert rebuild(run)[0].digest() == digest
    assert archive(run, keep=2) == []
    assert made[0].name == "journal-000001.parquet"


def test_analysts_read_it_as_columns(run: Path) -> None:
    first = archive(run, keep=1)[0]
    table = parquet.read_table(first)
    assert table.column("seq").to_pylist()[:2] == [1, 2]
    assert table.column("kind")[0].as_py() == "RunStarted"
    assert '"run":"trial"' in table.column("body")[0].as_py()


def test_an_archived_journal_is_written_on(run: Path) -> None:
    archive(run, keep=1)
    live = Live.__new__(Live)
    live.state = rebuild(run)[0]
    live.journal = Journal(run, segment_bytes_max=8_000)
    live.record(settlement(6, statement="s3"))
    live.journal.close()
    assert rebuild(run)[0].digest() == live.state.digest()


@pytest.mark.parametrize("spoilt", ["flipped", "another segment", "no Parquet"])
def test_a_changed_archive_is_found(run: Path, spoilt: str) -> None:
    first, second, *_ = archive(run, keep=1)
    data = bytearray(first.read_bytes())
    data[200] ^= 1
    first.write_bytes({"flipped": bytes(data), "another segment": second.read_bytes(), "no Parquet": b"PAR1"}[spoilt])
    with pytest.raises(JournalDamaged, match=r"journal-000001\.parquet"):
        everything(run)


def test_an_archive_that_was_carried_away_is_asked_for_and_not_needed_behind_a_snapshot(run: Path) -> None:
    whole = Remembered(START, None, None)
    for step in Fold(run).steps():
        whole.take(step)
    take_snapshot(run, whole)
    for path in archive(run, keep=1):
        path.unlink()
    with pytest.raises(JournalDamaged, match=r"segment 1 was archived: bring journal-000001\.parquet back"):
        everything(run)
    assert whole.state is not None
    assert resumed(run)[0].digest() == whole.state.digest()
    Journal(run, since=whole.place).close()


def test_a_segment_that_is_neither_here_nor_archived_is_missing(run: Path) -> None:
    archive(run, keep=3)
    (run / "archive" / "index.json").write_text("[]")
    with pytest.raises(JournalDamaged, match="segment 1 is missing"):
        everything(run)


def test_what_was_not_packed_whole_is_archived_again(run: Path) -> None:
    (run / "archive").mkdir()
    (run / "archive" / "journal-000001.parquet").write_bytes(b"half")
    before = everything(run)
    archive(run, keep=1)
    assert everything(run) == before


def test_a_run_that_ended_is_archived_whole_and_can_be_resumed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, digest = everything(run), rebuild(run)[0].digest()
    assert main(["project", str(run), "--archive", "0"]) == 0
    assert "behind a snapshot at record" in capsys.readouterr().err
    assert list(run.glob("*.seg")) == []
    assert everything(run) == before
    assert rebuild(run)[0].digest() == digest
    live = Live.__new__(Live)
    live.state = rebuild(run)[0]
    live.journal = Journal(run, segment_bytes_max=8_000)
    assert main(["project", str(run), "--archive", "0"]) == 2
    assert "another process writes this journal" in capsys.readouterr().err
    live.record(settlement(6, statement="s3"))
    live.journal.close()
    assert rebuild(run)[0].digest() == live.state.digest()
    assert main(["project", str(run), "--archive", "0"]) == 2
    assert "is for a run that has ended; name 1 or more" in capsys.readouterr().err


def test_a_run_of_one_segment_is_archived_once_it_ended(tmp_path: Path) -> None:
    written(tmp_path / "run", orders=2)
    assert main(["project", str(tmp_path / "run"), "--archive", "0"]) == 0
    assert [path.name for path in (tmp_path / "run").glob("archive/*.parquet")] == ["journal-000001.parquet"]
    assert main(["replay", str(tmp_path / "run"), "--verify"]) == 0


def test_what_is_kept_is_listed_by_age_with_the_day_until_which_it_has_to_be(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    count = len(list(run.glob("*.seg")))
    archived = archive(run, keep=2)
    archived[1].rename(tmp_path / "carried.parquet")
    assert main(["project", str(tmp_path), "--kept", "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["segment"] for one in found if one["where"] == "carried away"] == [2]
    here = [one for one in found if one["where"] != "carried away"]
    assert [one["segment"] for one in here] == [1, *range(3, count + 1)]
    assert [one["where"] for one in here] == ["archive"] * (count - 3) + ["journal"] * 2
    assert here[0]["first"] == 1
    assert here[-1]["last"] == records_once_back(archived[1], tmp_path / "carried.parquet", run)
    assert all(one["run"] == "run" and one["first"] <= one["last"] and one["bytes"] for one in here)
    assert all(int(one["keep_until"][:4]) == int(one["ends"][:4]) + 5 for one in here)
    assert main(["project", str(run), "--kept"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == count


def records_once_back(packed: Path, carried: Path, run: Path) -> int:
    """Records of the run once what was carried away is back."""
    carried.rename(packed)
    return len(everything(run))
