"""The journal: append-only segment files with a hash chain, one writer, and a head mark beside them.

A run's folder holds `journal-000001.seg` and on, of the form that `storage.segments` tells.
`journal.head` (`storage.mark`) repeats sequence number and head of the last record, so that a tail cut off at a
record's border is still found.

Two promises: with `process` a record is handed to the kernel before `append` returns and survives a killed
process; with `power` the caller also waits for `commit`, and it survives a power cut. The mark follows the
promise and never runs ahead of it; the journal may be ahead of its mark.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from domain.messages import Journalled, Record
from storage.encoding import DIGEST_SIZE, VERSION, chained, decode, encode
from storage.mark import HeadMark, Position, read_mark
from storage.reserve import Reserve
from storage.segments import (
    HEAD,
    LENGTH,
    MAGIC,
    RECORD_BYTES_MAX,
    JournalDamaged,
    OtherVersion,
    checked_head,
    record_at,
    segment_bytes,
    segment_path,
    segments,
    sync_folder,
    why_broken,
)

__all__ = [
    "START",
    "Journal",
    "JournalDamaged",
    "JournalInUse",
    "OtherVersion",
    "Place",
    "Position",
    "marked",
    "read",
    "read_on",
]

SEGMENT_BYTES_MAX = 64 * 1024 * 1024
GENESIS = bytes(DIGEST_SIZE)

SEGMENT_HEAD_BYTES = HEAD.size

Sync = Literal["process", "power"]


class JournalInUse(Exception):
    """Another process is writing this journal."""


class Place(msgspec.Struct, frozen=True):
    """A position, and where its next record begins: number of the segment and byte in it."""

    seq: int
    head: bytes
    segment: int
    offset: int


START = Place(0, GENESIS, 1, SEGMENT_HEAD_BYTES)
"""Before the first record."""


class Journal:
    """The one writer of a run's journal."""

    def __init__(
        self,
        folder: Path,
        *,
        sync: Sync = "process",
        segment_bytes_max: int = SEGMENT_BYTES_MAX,
        since: Place = START,
        reserve: Reserve | None = None,
    ) -> None:
        """Open for appending, new or behind what is there; what stands before `since` was checked by somebody else.

        A `reserve` is given up when the disk is full, for the record that found it so and those behind it.
        Raises JournalDamaged, JournalInUse, NoRoom, OSError.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._sync = sync
        self._reserve = reserve
        self._segment_bytes_max = segment_bytes_max
        self._fd = -1
        self._lock = _locked(folder)
        with ExitStack() as undo:
            undo.callback(os.close, self._lock)
            _drop_headless(folder)
            end, self._number, self._length = _last(folder, since)
            self.seq, self.head = end.seq, end.head
            self._mark = HeadMark(folder)
            undo.callback(self._mark.release)
            if self._number == 0 or not segment_path(folder, self._number).exists():  # nothing yet, or all archived
                self._new_segment()
            else:
                self._fd = os.open(segment_path(folder, self._number), os.O_WRONLY)
                self._cut()
            if sync == "power":
                os.fdatasync(self._fd)
            self._mark.settle(self.seq, self.head)
            if reserve is not None:
                reserve.hold()
            undo.pop_all()

    def append(self, body: Journalled, *, wall_ns: int, monotonic_ns: int) -> int:
        """Write one record and return its sequence number. Raises OSError when the disk refuses, and has no reserve."""
        seq = self.seq + 1
        data = encode(Record(seq, wall_ns, monotonic_ns, body))
        assert len(data) <= RECORD_BYTES_MAX, f"record {seq} is {len(data)} bytes long"
        head = chained(self.head, data)
        framed = LENGTH.pack(len(data)) + data + head
        try:
            if self._length > self._segment_bytes_max:
                self._new_segment()
            written = os.write(self._fd, framed)
            if written < len(framed):
                _write_all(self._fd, framed[written:])
        except OSError as error:
            self._cut()  # half a record must not stand before the next one
            if self._reserve is None or not self._reserve.makes_room(error):
                raise
            _write_all(self._fd, framed)
        self._length += len(framed)
        self.seq = seq
        self.head = head
        if self._sync == "process":
            self._mark.set(seq, head)
        return seq

    def commit(self) -> None:
        """Wait until what was appended survives a power cut; nothing to do with `process`."""
        if self._sync == "power":
            os.fdatasync(self._fd)
            self._mark.set(self.seq, self.head)

    def close(self) -> None:
        """Flush and release; a second call does nothing."""
        if self._fd >= 0:
            os.fdatasync(self._fd)
            self._mark.settle(self.seq, self.head)
            os.close(self._fd)
            self._fd = -1
            self._mark.flush()
            self._mark.release()
            if self._reserve is not None:
                self._reserve.release()
            os.close(self._lock)

    def let_go(self) -> None:
        """Leave the files as they are and release them, as the death of this process would; nothing is flushed."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            self._mark.release()
            os.close(self._lock)

    def _new_segment(self) -> None:
        """Begin the next file; with `power` the one before is made to last first, for `commit` will not see it."""
        if self._sync == "power" and self._fd >= 0:
            os.fdatasync(self._fd)
        path = segment_path(self._folder, self._number + 1)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with ExitStack() as undo:
            undo.callback(path.unlink)
            undo.callback(os.close, fd)
            _write_all(fd, HEAD.pack(MAGIC, VERSION, self.head))
            sync_folder(self._folder)
            undo.pop_all()
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._number, self._length = fd, self._number + 1, HEAD.size

    def _cut(self) -> None:
        """Forget what stands behind the last whole record."""
        os.ftruncate(self._fd, self._length)
        os.lseek(self._fd, self._length, os.SEEK_SET)


def read(folder: Path) -> Iterator[tuple[Record, bytes]]:
    """Every record in order with the chain's head after it, checked as it goes. Raises JournalDamaged.

    A damaged tail is found when the last record has been handed out. The journal may be written meanwhile.
    """
    for record, place in read_on(folder, START):
        yield record, place.head


def read_on(folder: Path, since: Place) -> Iterator[tuple[Record, Place]]:
    """The records behind a place, each with the place behind itself. Checks and raises as `read`."""
    mark = read_mark(folder)  # first, for a writer may go on meanwhile, and it writes its mark last
    named = {position.seq for position in mark.named} if mark is not None else set[int]()
    heads: dict[int, bytes] = {since.seq: since.head}
    place = since
    for raw, place in _chain(folder, since):
        if place.seq in named:
            heads[place.seq] = place.head
            if mark is not None and place.seq == mark.last.seq:
                mark.check(heads)
        yield _decoded(folder, place.seq, raw), place
    if mark is not None:
        mark.check_end(place.seq)
    elif place.seq:
        raise JournalDamaged(f"{folder}: the head mark journal.head is missing, so nobody knows whether the tail is")


def _chain(folder: Path, since: Place) -> Iterator[tuple[bytes, Place]]:
    """Yield each record's bytes and the place behind it; only whether they follow from each other is checked."""
    head, seq = since.head, since.seq
    wanted = [one for one in segments(folder) if one[0] >= since.segment]
    for number, path in wanted:
        begin = since.offset if number == since.segment and seq else 0
        data = segment_bytes(folder, number, begin)
        latest = number == wanted[-1][0]
        if latest and not begin and len(data) < HEAD.size:
            return  # the process died while it began this segment
        at = 0 if begin else checked_head(path, data, head, seq)
        while at < len(data):
            found = record_at(data, at)
            if found is None or chained(head, found[0]) != found[1]:
                why = why_broken(data, at, head, seq + 1)
                if not why and found is None and latest:
                    return  # the write that was under way when the process died: nothing was promised by it
                raise JournalDamaged(f"{path.name}: record {seq + 1} at byte {begin + at} {why or 'is cut'}")
            raw, head, at = found
            seq += 1
            yield raw, Place(seq, head, number, begin + at)


def _drop_headless(folder: Path) -> None:
    """Remove a last segment that died before its head was written; it holds nothing."""
    found = segments(folder)
    if found and found[-1][1].stat().st_size < HEAD.size:
        found[-1][1].unlink()


def _last(folder: Path, since: Place) -> tuple[Position, int, int]:
    """End of the journal, number of its last segment and the good length of that."""
    end = since
    for _, place in read_on(folder, since):
        end = place
    number = len(segments(folder))
    return Position(end.seq, end.head), number, end.offset if end.segment == number else HEAD.size


def _decoded(folder: Path, seq: int, raw: bytes) -> Record:
    try:
        record = decode(raw)
    except msgspec.MsgspecError as error:
        raise JournalDamaged(f"{folder}: record {seq} cannot be read: {error}") from error
    if record.seq != seq:
        raise JournalDamaged(f"{folder}: record {seq} calls itself {record.seq}")
    return record


def marked(folder: Path) -> Position | None:
    """The record that the head mark names, None if there is no mark. Raises JournalDamaged."""
    mark = read_mark(folder)
    return None if mark is None else mark.last


@contextmanager
def unwritten(folder: Path) -> Iterator[None]:
    """Keep every writer away meanwhile. Raises JournalInUse where one is at work."""
    lock = _locked(folder)
    try:
        yield
    finally:
        os.close(lock)


def _locked(folder: Path) -> int:
    fd = os.open(folder / "journal.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(fd)
        raise JournalInUse(f"{folder}: another process writes this journal") from error
    return fd


def _write_all(fd: int, data: bytes) -> None:
    written = os.write(fd, data)
    while written < len(data):
        written += os.write(fd, data[written:])
