"""What is kept of journals: each segment, where it stands, of when it is, and until when it has to be kept."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from storage.encoding import decode
from storage.segments import HEAD, JournalDamaged, packed_path, record_at, segment_path, segments

YEARS = 5
"""How long records of orders are kept from the day of the record on (17 CFR 1.31(b)(3))."""

JOURNAL, ARCHIVE, AWAY = "journal", "archive", "carried away"

NS = 1_000_000_000


class Kept(msgspec.Struct, frozen=True):
    """One segment. `first` and `last` are its records, times are UTC; 0 and empty where its file is not here.

    `keep_until` is the day before which nothing of it may be deleted, wherever it is.
    """

    run: str
    segment: int
    where: str
    first: int
    last: int
    begins: str
    ends: str
    bytes: int
    keep_until: str


def kept_in(folder: Path) -> list[Kept]:
    """The segments of a run, or of every run in a folder, the oldest first. Raises JournalDamaged, OSError."""
    runs = [folder] if segments(folder) else sorted(path for path in folder.iterdir() if path.is_dir())
    found = [one for run in runs for one in _of_run(run)]
    return sorted(found, key=lambda one: (one.begins or "0", one.run, one.segment))


def _of_run(run: Path) -> Iterator[Kept]:
    for number, path in segments(run):
        here = segment_path(run, number)
        if here.exists():
            yield _kept(run, number, JOURNAL, here, _ends_of(here))
        elif packed_path(run, number).exists():
            yield _kept(run, number, ARCHIVE, path, _ends_of_packed(path))
        else:
            yield Kept(run.name, number, AWAY, 0, 0, "", "", 0, "")


def _kept(run: Path, number: int, where: str, path: Path, ends: tuple[int, int, int, int]) -> Kept:
    first, last, begins_ns, ends_ns = ends
    if not last:
        return Kept(run.name, number, where, 0, 0, "", "", path.stat().st_size, "")
    until = datetime.fromtimestamp(ends_ns // NS, UTC)
    until = until.replace(year=until.year + YEARS, day=min(until.day, 28) if until.month == 2 else until.day)
    return Kept(
        run=run.name,
        segment=number,
        where=where,
        first=first,
        last=last,
        begins=_told(begins_ns),
        ends=_told(ends_ns),
        bytes=path.stat().st_size,
        keep_until=f"{until:%Y-%m-%d}",
    )


def _ends_of(path: Path) -> tuple[int, int, int, int]:
    """Numbers and times of the first and the last record of a segment, noughts of an empty one."""
    data, at = path.read_bytes(), HEAD.size
    head = tail = b""
    while (found := record_at(data, at)) is not None:
        tail, _, at = found
        head = head or tail
    if not tail:
        return 0, 0, 0, 0
    try:
        first, last = decode(head), decode(tail)
    except msgspec.MsgspecError as error:
        raise JournalDamaged(f"{path}: a record cannot be read: {error}") from error
    return first.seq, last.seq, first.wall_ns, last.wall_ns


def _ends_of_packed(path: Path) -> tuple[int, int, int, int]:
    from storage.packed import NotPacked, ends  # noqa: PLC0415  (Arrow loads for a third of a second)

    try:
        return ends(path)
    except NotPacked as error:
        raise JournalDamaged(f"{path}: {error}") from error


def _told(wall_ns: int) -> str:
    return f"{datetime.fromtimestamp(wall_ns // NS, UTC):%Y-%m-%d %H:%M:%S}"
