"""The journal: what it acknowledged is there after any death, and nothing in it can be changed unseen."""

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.messages import RunEnded
from storage.journal import Journal, JournalDamaged, JournalInUse, OtherVersion, Sync, read
from tests.storage.writers import STORY, append, bodies_of, written

FIRST = "journal-000001.seg"
HEAD = "journal.head"
FRAME = 4 + 16
"""Bytes of a record's length and of the chain's head after it."""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A closed journal of one order's story, five records."""
    return written(tmp_path / "run")


def borders(folder: Path) -> list[int]:
    """Offsets in the first segment at which a record begins, and its end."""
    data = (folder / FIRST).read_bytes()
    found = [22]
    while found[-1] < len(data):
        found.append(found[-1] + FRAME + int.from_bytes(data[found[-1] : found[-1] + 4], "little"))
    return found


def rewrite(folder: Path, change: Callable[[bytes], bytes], name: str = FIRST) -> None:
    path = folder / name
    path.write_bytes(change(path.read_bytes()))


def in_small_segments(folder: Path, records: int = 12) -> Path:
    journal = Journal(folder, segment_bytes_max=400)
    append(journal, [STORY[0]] * records)
    journal.close()
    return folder


# ---- writing and reading ----


def test_what_was_appended_is_read_with_its_number_and_times(run: Path) -> None:
    records = [record for record, _ in read(run)]
    assert [record.body for record in records] == list(STORY)
    assert [record.seq for record in records] == [1, 2, 3, 4, 5]
    assert [record.monotonic_ns for record in records] == [n * 1_000_000_000 for n in (1, 2, 3, 4, 5)]
    assert records[4].wall_ns == 1_700_000_005_000_000_000


def test_a_reopened_journal_goes_on_where_it_stopped(run: Path) -> None:
    *_, (_, head) = read(run)
    journal = Journal(run)
    assert (journal.seq, journal.head) == (5, head)
    append(journal, [RunEnded("stop")])
    journal.close()
    assert bodies_of(run) == [*STORY, RunEnded("stop")]


def test_an_empty_journal_can_be_closed_and_opened(tmp_path: Path) -> None:
    Journal(tmp_path).close()
    assert bodies_of(written(tmp_path)) == list(STORY)


def test_closing_twice_is_harmless(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.close()
    journal.close()
    assert bodies_of(tmp_path) == []


def test_segments_follow_one_another(tmp_path: Path) -> None:
    in_small_segments(tmp_path)
    assert len(list(tmp_path.glob("*.seg"))) > 2
    assert bodies_of(tmp_path) == [STORY[0]] * 12
    written(tmp_path, [RunEnded("stop")])
    assert bodies_of(tmp_path)[12:] == [RunEnded("stop")]


def test_a_journal_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path, segment_bytes_max=400)
    append(journal, STORY)
    records = read(tmp_path)
    next(records)
    append(journal, STORY)
    assert [record.seq for record, _ in records][:4] == [2, 3, 4, 5]
    journal.close()


def test_only_one_process_writes(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with pytest.raises(JournalInUse, match="another process"):
        Journal(tmp_path)
    journal.close()
    Journal(tmp_path).close()


def test_a_journal_that_cannot_be_opened_is_not_kept_locked(run: Path) -> None:
    whole = (run / FIRST).read_bytes()
    rewrite(run, lambda data: data[:-1])
    for _ in range(2):
        with pytest.raises(JournalDamaged):
            Journal(run)
    (run / FIRST).write_bytes(whole)
    Journal(run).close()


# ---- damage ----


def test_any_flipped_byte_is_found(run: Path) -> None:
    whole = (run / FIRST).read_bytes()
    for at in range(len(whole)):
        (run / FIRST).write_bytes(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1 :])
        with pytest.raises(JournalDamaged):
            bodies_of(run)


def test_a_flipped_byte_is_named_by_its_record(run: Path) -> None:
    at = borders(run)[2] + 30
    rewrite(run, lambda data: data[:at] + b"\xff" + data[at + 1 :])
    with pytest.raises(
        JournalDamaged, match=r"record 3 at byte \d+ does not follow from the one before it: its bytes w"
    ):
        bodies_of(run)


@pytest.mark.parametrize("n", range(5))
def test_a_dropped_record_is_found(run: Path, n: int) -> None:
    start, end = borders(run)[n : n + 2]
    rewrite(run, lambda data: data[:start] + data[end:])
    with pytest.raises(JournalDamaged, match=f"record {n + 2} stands in its place" if n < 4 else "the tail is cut"):
        Journal(run)


@pytest.mark.parametrize("n", range(4))
def test_two_swapped_records_are_found(run: Path, n: int) -> None:
    a, b, c = borders(run)[n : n + 3]
    rewrite(run, lambda data: data[:a] + data[b:c] + data[a:b] + data[c:])
    with pytest.raises(
        JournalDamaged, match=rf"record {n + 1} at byte \d+ does not .*: record {n + 2} stands in its place"
    ):
        Journal(run)


def test_a_tail_cut_anywhere_is_found_through_the_head_mark(run: Path) -> None:
    whole = (run / FIRST).read_bytes()
    for length in range(len(whole)):
        (run / FIRST).write_bytes(whole[:length])
        with pytest.raises(JournalDamaged, match="the tail is cut"):
            bodies_of(run)


def test_a_whole_journal_of_another_story_is_found_through_the_head_mark(run: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other", [*STORY[:4], RunEnded("stop")])
    shutil.copy(other / FIRST, run / FIRST)
    with pytest.raises(JournalDamaged, match="record 5 is not the one that the head mark names"):
        bodies_of(run)


def test_a_longer_journal_of_another_story_is_found_too(run: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other", [*STORY[:4], RunEnded("stop"), *STORY])
    shutil.copy(other / FIRST, run / FIRST)
    with pytest.raises(JournalDamaged, match="record 5 is not the one that the head mark names"):
        bodies_of(run)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (None, "head mark journal.head is missing"),
        (lambda data: data[:10], "head mark journal.head is missing"),
        (lambda data: b"\xff" + data[1:24] + b"\xff" * 8 + b"\xfe" + data[33:], "neither half"),
    ],
)
def test_a_lost_head_mark_is_damage(run: Path, change: Callable[[bytes], bytes] | None, said: str) -> None:
    if change is None:
        (run / HEAD).unlink()
    else:
        rewrite(run, change, HEAD)
    with pytest.raises(JournalDamaged, match=said):
        bodies_of(run)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_missing_segment_is_found(tmp_path: Path, number: int) -> None:
    in_small_segments(tmp_path)
    (tmp_path / f"journal-{number:06d}.seg").unlink()
    with pytest.raises(JournalDamaged, match=f"segment {number} is missing"):
        bodies_of(tmp_path)


def test_a_missing_last_segment_is_found(tmp_path: Path) -> None:
    in_small_segments(tmp_path)
    max(tmp_path.glob("*.seg")).unlink()
    with pytest.raises(JournalDamaged, match="the tail is cut"):
        bodies_of(tmp_path)


def test_a_segment_cut_in_the_middle_of_the_journal_is_found(tmp_path: Path) -> None:
    in_small_segments(tmp_path)
    rewrite(tmp_path, lambda data: data[:-1])
    with pytest.raises(JournalDamaged, match=r"record 3 at byte [0-9]+ is cut"):
        bodies_of(tmp_path)


def test_a_segment_of_another_journal_is_found(tmp_path: Path) -> None:
    ours, theirs = in_small_segments(tmp_path / "ours"), Journal(tmp_path / "theirs", segment_bytes_max=400)
    append(theirs, [*STORY[1:2], *[STORY[0]] * 9])
    theirs.close()
    shutil.copy(tmp_path / "theirs" / "journal-000002.seg", ours)
    with pytest.raises(JournalDamaged, match=r"journal-000002\.seg: does not follow from the segment before it"):
        bodies_of(ours)


@pytest.mark.parametrize(
    ("at", "said"),
    [(0, "not a journal segment"), (4, "written by a newer version of the program, in journal format 65")],
)
def test_a_segment_of_another_format_is_refused(run: Path, at: int, said: str) -> None:
    rewrite(run, lambda data: data[:at] + b"A" + data[at + 1 :])
    with pytest.raises(JournalDamaged, match=said):
        Journal(run)


def test_a_journal_of_older_code_is_no_damage_but_told_as_what_it_is(run: Path) -> None:
    rewrite(run, lambda data: data[:4] + b"\x01\x00" + data[6:])
    with pytest.raises(OtherVersion, match=r"journal-000001\.seg: written by an older version of the program, in jou"):
        Journal(run)


# ---- deaths ----


def test_a_torn_last_write_is_cut_off(run: Path) -> None:
    whole = (run / FIRST).read_bytes()
    start, end = borders(run)[-2:]
    for torn in range(1, end - start):
        (run / FIRST).write_bytes(whole + whole[start : start + torn])
        assert bodies_of(run) == list(STORY)
    written(run, [RunEnded("stop")])
    assert bodies_of(run) == [*STORY, RunEnded("stop")]


def test_a_death_between_record_and_mark_loses_nothing(run: Path) -> None:
    mark = (run / HEAD).read_bytes()
    written(run, [RunEnded("stop")])
    (run / HEAD).write_bytes(mark)
    assert bodies_of(run) == [*STORY, RunEnded("stop")]


@pytest.mark.parametrize("torn", range(32))
@pytest.mark.parametrize("records", [1, 2, 3])
def test_a_death_while_the_mark_is_written_loses_nothing(run: Path, records: int, torn: int) -> None:
    journal = Journal(run)
    append(journal, [RunEnded("stop")] * (records - 1))
    before = (run / HEAD).read_bytes()
    append(journal, [RunEnded("stop")])
    after = (run / HEAD).read_bytes()
    journal.let_go()
    half = 0 if before[:32] != after[:32] else 32
    (run / HEAD).write_bytes(after[: half + torn] + before[half + torn : half + 32] + after[half + 32 :])
    assert bodies_of(run) == [*STORY, *[RunEnded("stop")] * records]
    written(run, STORY[:1])
    assert (run / HEAD).read_bytes()[:32] == (run / HEAD).read_bytes()[32:]


@pytest.mark.parametrize("length", [0, 10])
def test_a_segment_that_died_before_its_head_was_whole_is_begun_again(tmp_path: Path, length: int) -> None:
    segments = len(list(in_small_segments(tmp_path).glob("*.seg")))
    (tmp_path / f"journal-{segments + 1:06d}.seg").write_bytes(bytes(length))
    assert len(bodies_of(tmp_path)) == 12
    written(tmp_path, [RunEnded("stop")])
    assert bodies_of(tmp_path)[12:] == [RunEnded("stop")]


@pytest.mark.parametrize("sync", ["process", "power"])
def test_a_killed_process_loses_nothing_that_was_acknowledged(root: Path, tmp_path: Path, sync: Sync) -> None:
    for lines in (1, 20, 100):
        command = [sys.executable, "-m", "tests.storage.writers", str(tmp_path), sync]
        with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            told = [child.stdout.readline() for _ in range(lines)]
            child.send_signal(signal.SIGKILL)
            told += child.stdout.readlines()
        acknowledged = max(int(line) for line in told if line.endswith(b"\n"))
        assert len(bodies_of(tmp_path)) >= acknowledged >= lines
    written(tmp_path, [RunEnded("stop")])
    assert bodies_of(tmp_path)[-1] == RunEnded("stop")


def test_a_full_disk_leaves_no_half_record_behind(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.storage.writers", str(tmp_path), "full"]
    told = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    acknowledged = int(told.split()[0])
    assert "File too large" in told
    assert bodies_of(tmp_path) == [*STORY, *[STORY[0]] * (acknowledged - 5), *STORY]


def test_a_reserve_is_given_up_once_and_takes_the_record_that_found_the_disk_full(root: Path, tmp_path: Path) -> None:
    own_disk = ["unshare", "--map-root-user", "--mount"]
    disk = ["mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]
    if not shutil.which("unshare") or subprocess.run([*own_disk, *disk], capture_output=True, check=False).returncode:
        pytest.skip("no disk of one's own may be mounted here")
    command = [*own_disk, sys.executable, "-m", "tests.storage.writers", str(tmp_path), "reserve"]
    told = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    given_up, last, kept = (int(figure) for figure in re.findall(r"\d+", told))
    assert "No space left on device" in told
    assert kept == last, "no half record stands behind the last, and none is missing"
    assert last > 5 * given_up, "all of the reserve was there for what came behind"


def test_with_power_the_mark_waits_for_the_commit(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run", sync="power")
    append(journal, STORY)
    lost = shutil.copytree(tmp_path / "run", tmp_path / "lost")
    rewrite(lost, lambda data: data[:22])
    assert bodies_of(lost) == []
    journal.commit()
    shutil.copy(tmp_path / "run" / HEAD, lost)
    with pytest.raises(JournalDamaged, match="the tail is cut"):
        bodies_of(lost)
    journal.close()
    assert bodies_of(tmp_path / "run") == list(STORY)
