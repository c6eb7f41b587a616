"""Snapshots: a run's state at a place in its journal, so that whoever starts need fold only what came after.

A snapshot stands in `RUN/snapshots`, whole or not at all, under a hash of its own. It names what the journal was up to
its place: the length and hash of every segment, so that whoever trusts it has still looked at every byte. It can
always be thrown away: the journal makes another.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from storage.encoding import DIGEST_SIZE
from storage.journal import JournalDamaged, Place, marked
from storage.segments import archived, hash_of, segment_bytes, segments

FOLDER = "snapshots"
KEPT = 3
_HASH_BYTES = DIGEST_SIZE


class Sealed(msgspec.Struct, frozen=True):
    """The first `length` bytes of one segment, and their hash."""

    number: int
    length: int
    hash: bytes


class Snapshot(msgspec.Struct, frozen=True):
    """What was frozen, where in the journal, with the state's digest there. `made_by` names the code that made it."""

    made_by: str
    place: Place
    digest: str
    sealed: tuple[Sealed, ...]
    frozen: bytes


class Unusable(Exception):
    """A snapshot that must not be trusted; the message says why. The journal still has everything."""


def keep(folder: Path, snapshot: Snapshot) -> Path:
    """Write a snapshot of the run in `folder`, and let the oldest go. Raises OSError."""
    where = folder / FOLDER
    where.mkdir(exist_ok=True)
    data = msgspec.msgpack.encode(snapshot)
    path = where / f"{snapshot.place.seq:012d}.snap"
    draft = path.with_suffix(".draft")
    draft.write_bytes(hash_of(data) + data)
    draft.replace(path)
    for old in sorted(where.glob("*.snap"))[:-KEPT]:
        old.unlink()
    return path


def latest(folder: Path, *, seq_max: int | None = None) -> Iterator[Path]:
    """Snapshots of a run, the latest first, none behind `seq_max`."""
    for path in sorted((folder / FOLDER).glob("*.snap"), reverse=True):
        if seq_max is None or int(path.stem) <= seq_max:
            yield path


def load(folder: Path, path: Path, made_by: str) -> Snapshot:
    """A snapshot that fits this program and this journal. Raises Unusable, OSError."""
    data = path.read_bytes()
    if data[:_HASH_BYTES] != hash_of(data[_HASH_BYTES:]):
        raise Unusable(f"{path.name} is damaged")
    try:
        snapshot = msgspec.msgpack.decode(data[_HASH_BYTES:], type=Snapshot)
    except msgspec.MsgspecError as error:
        raise Unusable(f"{path.name} is of another form: {error}") from error
    if snapshot.made_by != made_by:
        raise Unusable(f"{path.name} was made by another version of the program")
    mark = marked(folder)
    if mark is None or mark.seq < snapshot.place.seq:
        raise Unusable(f"{path.name} is newer than the journal, which ends at record {mark.seq if mark else 0}")
    for one in snapshot.sealed:
        if not _same(folder, one):
            told = f"its first {one.length} bytes are not those that snapshot {path.name} was made of"
            raise JournalDamaged(f"segment {one.number}: {told}")
    return snapshot


def sealed_up_to(folder: Path, place: Place, before: tuple[Sealed, ...] = ()) -> tuple[Sealed, ...]:
    """The journal up to a place, segment by segment; what an earlier snapshot sealed whole is not read again."""
    known = {one.number: one for one in before[:-1]}
    found = []
    for number, _ in segments(folder):
        if number > place.segment:
            break
        if number not in known or number == place.segment:
            data = segment_bytes(folder, number)[: place.offset if number == place.segment else None]
            found.append(Sealed(number, len(data), hash_of(data)))
        else:
            found.append(known[number])
    return tuple(found)


def _same(folder: Path, sealed: Sealed) -> bool:
    """Whether a segment is still what it was; of an archived one its own hash is enough, it may be elsewhere."""
    entry = archived(folder).get(sealed.number)
    if entry is not None and entry.length == sealed.length:
        return entry.hash == sealed.hash
    return hash_of(segment_bytes(folder, sealed.number)[: sealed.length]) == sealed.hash
