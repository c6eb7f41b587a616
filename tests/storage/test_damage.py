"""Every way to damage a small journal, one by one: each is found, and the record or file that was changed is named."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from storage.journal import Journal, JournalDamaged, marked, read
from storage.segments import HEAD, LENGTH
from tests.storage.writers import STORY, append

MARK = "journal.head"
DIGEST = 16
RECORDS = 2 * len(STORY)

Piece = tuple[int, int, int]
"""Number of a record, and where it begins and ends in its segment; 0 is the segment's own head."""


def journal_in(folder: Path, *, killed: bool = False) -> Path:
    """Ten records in a few segments, closed or left as a killed process leaves them."""
    journal = Journal(folder, segment_bytes_max=350)
    append(journal, [*STORY, *STORY])
    if killed:
        journal.let_go()
    else:
        journal.close()
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return journal_in(tmp_path / "run")


def segments(folder: Path) -> list[tuple[Path, list[Piece]]]:
    """Each segment with its pieces."""
    found, seq = [], 0
    for path in sorted(folder.glob("*.seg")):
        data, pieces = path.read_bytes(), [(0, 0, HEAD.size)]
        while (begin := pieces[-1][2]) < len(data):
            seq += 1
            pieces.append((seq, begin, begin + LENGTH.size + LENGTH.unpack_from(data, begin)[0] + DIGEST))
        found.append((path, pieces))
    assert (len(found), seq) == (4, RECORDS)
    return found


def said_of(folder: Path) -> str:
    """What is said of a journal; nothing where it is whole."""
    try:
        for _ in read(folder):
            pass
    except JournalDamaged as error:
        return str(error)
    return ""


def damages(path: Path, changed: Iterator[bytes]) -> Iterator[None]:
    """Write each change in turn, and what was there in the end."""
    whole = path.read_bytes()
    for data in changed:
        path.write_bytes(data)
        yield
    path.write_bytes(whole)


def flips(data: bytes, begin: int, end: int) -> Iterator[bytes]:
    """Every byte of a stretch, with each of its bits turned, and all of them."""
    for at in range(begin, end):
        for change in (*(1 << bit for bit in range(8)), 0xFF):
            yield data[:at] + bytes([data[at] ^ change]) + data[at + 1 :]


def test_an_undamaged_journal_is_whole(run: Path, tmp_path: Path) -> None:
    assert not said_of(run)
    assert not said_of(journal_in(tmp_path / "killed", killed=True))


def test_each_flipped_bit_of_a_record_names_the_record_and_a_length_is_told_as_one(run: Path) -> None:
    for path, pieces in segments(run):
        data = path.read_bytes()
        for seq, begin, end in pieces[1:]:
            for _ in damages(path, flips(data, begin, begin + LENGTH.size)):
                assert said_of(run).startswith(f"{path.name}: record {seq} at byte {begin} was changed in its length")
            for _ in damages(path, flips(data, begin + LENGTH.size, end)):
                assert said_of(run).startswith(f"{path.name}: record {seq} at byte {begin} does not follow")


def test_each_flipped_bit_of_a_segments_head_names_the_segment(run: Path) -> None:
    for path, pieces in segments(run):
        for _ in damages(path, flips(path.read_bytes(), *pieces[0][1:])):
            assert said_of(run).startswith(f"{path.name}: ")


def test_each_flipped_bit_of_the_head_mark_is_told_as_that(run: Path) -> None:
    for _ in damages(run / MARK, flips((run / MARK).read_bytes(), 0, 64)):
        assert said_of(run).startswith(f"{run / MARK}: ")
        with pytest.raises(JournalDamaged):
            Journal(run)


def test_a_flipped_bit_of_a_killed_ones_mark_is_found_or_is_what_a_death_leaves(tmp_path: Path) -> None:
    run = journal_in(tmp_path, killed=True)
    whole = (run / MARK).read_bytes()
    silent = []
    for _ in damages(run / MARK, flips(whole, 0, 64)):
        if not said_of(run):
            silent.append((run / MARK).read_bytes())
            named = marked(run)
            assert named is not None
            assert named.seq == RECORDS - 1  # less is promised than there is, and verification says so
    for data in silent:
        assert sum(one != other for one, other in zip(data, whole, strict=True)) == 1
        (half,) = (data[at : at + 32] for at in (0, 32) if data[at : at + 8] != data[at + 24 : at + 32])
        assert int.from_bytes(half[:8], "little") == RECORDS > int.from_bytes(half[24:], "little")
    assert len(silent) == 2  # of 576: ten ends as eight or as two


def test_each_dropped_record_is_named(run: Path) -> None:
    for path, pieces in segments(run):
        data = path.read_bytes()
        for seq, begin, end in pieces[1:]:
            for _ in damages(path, iter([data[:begin] + data[end:]])):
                said = said_of(run)
                if seq == RECORDS:
                    assert said == f"{run}: the tail is cut: the head mark names record {seq}, the last is {seq - 1}"
                elif (seq, begin, end) == pieces[-1]:
                    assert f"record {seq} is missing here, record {seq + 1} comes next" in said
                else:
                    assert f"record {seq} at byte {begin} does not follow" in said
                    assert f"record {seq + 1} stands in its place" in said


def test_each_pair_of_swapped_neighbours_is_named(run: Path) -> None:
    for path, pieces in segments(run):
        data = path.read_bytes()
        for (seq, begin, middle), (_, _, end) in pairwise(pieces[1:]):
            for _ in damages(path, iter([data[:begin] + data[middle:end] + data[begin:middle] + data[end:]])):
                assert f"record {seq} at byte {begin} does not follow" in said_of(run)
                assert f"record {seq + 1} stands in its place" in said_of(run)


def test_each_cut_is_told_as_one(run: Path) -> None:
    for path, pieces in segments(run):
        data = path.read_bytes()
        for length in range(len(data)):
            cut = max(seq for seq, begin, _ in pieces if begin <= length or seq == 0)
            for _ in damages(path, iter([data[:length]])):
                said = said_of(run)
                if path.name == "journal-000004.seg":
                    assert "the tail is cut: the head mark names record 10, the last is" in said
                else:
                    assert "the segment's head is cut" in said or f"record {cut} " in said
