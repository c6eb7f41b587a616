"""Following a journal while it is written: every record once, in order, across segments."""

from pathlib import Path

from domain.messages import RunEnded
from storage.journal import Journal
from storage.tail import Tail
from tests.storage.writers import STORY, append, written


def numbers(tail: Tail) -> list[int]:
    return [record.seq for record in tail.new_records()]


def test_each_record_is_given_once_across_segments(tmp_path: Path) -> None:
    tail = Tail(tmp_path)
    assert numbers(tail) == []
    journal = Journal(tmp_path, segment_bytes_max=400)
    assert numbers(tail) == []
    append(journal, STORY)
    assert numbers(tail) == [1, 2, 3, 4, 5]
    assert numbers(tail) == []
    append(journal, STORY)
    assert numbers(tail) == [6, 7, 8, 9, 10]
    journal.close()


def test_a_segment_that_ends_while_it_is_read_loses_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path, segment_bytes_max=400)
    append(journal, STORY[:2])
    tail = Tail(tmp_path)
    records = tail.new_records()
    found = [next(records).seq]
    append(journal, [STORY[0]] * 6)
    found += [record.seq for record in records]
    assert found + numbers(tail) == [1, 2, 3, 4, 5, 6, 7, 8]
    journal.close()


def test_half_a_record_waits_for_its_other_half(tmp_path: Path) -> None:
    segment = written(tmp_path, STORY) / "journal-000001.seg"
    written(tmp_path, [RunEnded("stop")])
    whole = segment.read_bytes()
    segment.write_bytes(whole[:-1])
    tail = Tail(tmp_path)
    assert numbers(tail) == [1, 2, 3, 4, 5]
    segment.write_bytes(whole)
    assert numbers(tail) == [6]
