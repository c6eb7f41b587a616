"""Segments: the files that a journal is made of, as they are written, and as they were archived.

A segment starts with a fixed head (magic, version, the chain's head before its first record); each record is its
length, its bytes, and the chain's head after it. `RUN/archive/index.json` names the segments that stand in Parquet
files instead; their bytes are made again from those.
"""

import hashlib
import os
import struct
from collections.abc import Iterable
from pathlib import Path

import msgspec

from storage.encoding import DIGEST_SIZE, VERSION, decode

MAGIC = b"XBKJ"
RECORD_BYTES_MAX = 16 * 1024 * 1024
SEARCHED_BYTES = 1024 * 1024
"""In so many, the end of a record is looked for whose length cannot be believed; a second's work."""
ARCHIVE = "archive"

HEAD = struct.Struct(f"<4sH{DIGEST_SIZE}s")
LENGTH = struct.Struct("<I")


class JournalDamaged(Exception):
    """The journal cannot be trusted; the message names segment, record and what is wrong with it."""


class OtherVersion(JournalDamaged):
    """Nothing is wrong with the journal, but this program cannot read it; the message says which can."""


class Archived(msgspec.Struct, frozen=True):
    """A segment that was archived: the chain's head before it, its length and hash as it was, its file's hash now."""

    number: int
    before: bytes
    length: int
    hash: bytes
    packed_hash: bytes


def segment_path(folder: Path, number: int) -> Path:
    """Where the records of one segment stand while it is not archived."""
    return folder / f"journal-{number:06d}.seg"


def packed_path(folder: Path, number: int) -> Path:
    """Where they stand when it is."""
    return folder / ARCHIVE / f"journal-{number:06d}.parquet"


def index_path(folder: Path) -> Path:
    """Where the archived segments are named."""
    return folder / ARCHIVE / "index.json"


def archived(folder: Path) -> dict[int, Archived]:
    """The archived segments by number. Raises JournalDamaged."""
    path = index_path(folder)
    try:
        entries = msgspec.json.decode(path.read_bytes(), type=list[Archived]) if path.exists() else []
    except msgspec.MsgspecError as error:
        raise JournalDamaged(f"{path}: {error}") from error
    return {entry.number: entry for entry in entries}


def segments(folder: Path) -> list[tuple[int, Path]]:
    """Numbers and files of a run's journal, archived or not. Raises JournalDamaged where one is missing."""
    found = {number: packed_path(folder, number) for number in archived(folder)}
    found.update((int(path.stem.partition("-")[2]), path) for path in folder.glob("journal-[0-9]*.seg"))
    for expected, number in enumerate(sorted(found), start=1):
        if number != expected:
            raise JournalDamaged(f"{found[number].name}: segment {expected} is missing")
    return sorted(found.items())


def segment_bytes(folder: Path, number: int, begin: int = 0) -> bytes:
    """A segment from a byte on. Raises JournalDamaged where it is not here, or not what was archived."""
    path = segment_path(folder, number)
    if path.exists():
        with path.open("rb") as file:
            file.seek(begin)
            return file.read()
    entry = archived(folder).get(number)
    if entry is None:
        raise JournalDamaged(f"{path.name}: segment {number} is missing")
    packed = packed_path(folder, number)
    if not packed.exists():
        raise JournalDamaged(f"segment {number} was archived: bring {packed.name} back to {packed.parent}")
    from storage.packed import NotPacked, unpack  # noqa: PLC0415  (Arrow loads for a third of a second)

    if hash_of(packed.read_bytes()) != entry.packed_hash:
        raise JournalDamaged(f"{packed.name} is not what was written of segment {number}")
    try:
        data = framed_bytes(entry.before, unpack(packed))
    except NotPacked as error:
        raise JournalDamaged(f"{packed.name}: {error}") from error
    if hash_of(data) != entry.hash:
        raise JournalDamaged(f"{packed.name}: segment {number} is not what was archived")
    return data[begin:]


def record_at(data: bytes, offset: int) -> tuple[bytes, bytes, int] | None:
    """Raw bytes, head and next offset of the record at `offset`; None if the file ends inside it."""
    start = offset + LENGTH.size
    if start > len(data):
        return None
    (length,) = LENGTH.unpack_from(data, offset)
    end = start + length
    if length > RECORD_BYTES_MAX or end + DIGEST_SIZE > len(data):
        return None
    return data[start:end], data[end : end + DIGEST_SIZE], end + DIGEST_SIZE


def why_broken(data: bytes, offset: int, head: bytes, seq: int) -> str:
    """What is wrong at `offset`, where record `seq` should follow from `head`; empty where the file is just cut."""
    if (told := _length_at(data, offset)) is None:
        return ""
    if (length := _true_length(data, offset, head)) is not None:
        return f"was changed in its length: it says {told} bytes, and by the chain it is {length} bytes long"
    if told > RECORD_BYTES_MAX:
        return f"was changed in its length: {told} bytes are more than any record has"
    found = record_at(data, offset)
    if found is None:
        return ""
    there = _seq_of(found[0])
    why = "its bytes were changed" if there in (None, seq) else f"record {there} stands in its place"
    return f"does not follow from the one before it: {why}"


def _seq_of(raw: bytes) -> int | None:
    try:
        return decode(raw).seq
    except msgspec.MsgspecError:
        return None


def _length_at(data: bytes, offset: int) -> int | None:
    length: int | None = LENGTH.unpack_from(data, offset)[0] if offset + LENGTH.size <= len(data) else None
    return length


def _true_length(data: bytes, offset: int, head: bytes) -> int | None:
    """How long the record at `offset` is, whatever its length says, by where the chain's head behind it stands."""
    start = offset + LENGTH.size
    chain = hashlib.blake2b(head, digest_size=DIGEST_SIZE)
    for end in range(start, min(len(data) - DIGEST_SIZE, start + SEARCHED_BYTES) + 1):
        if data[end : end + DIGEST_SIZE] == chain.copy().digest():
            return end - start
        chain.update(data[end : end + 1])
    return None


def checked_head(path: Path, data: bytes, head: bytes, seq: int) -> int:
    """Where the records of a segment begin that must follow from `head`, that of record `seq`. Raises JournalDamaged.

    A journal has one version, so another in the middle of it was written by nobody.
    """
    if len(data) < HEAD.size:
        raise JournalDamaged(f"{path.name}: the segment's head is cut")
    magic, version, before = HEAD.unpack_from(data)
    if magic != MAGIC:
        raise JournalDamaged(f"{path.name}: not a journal segment")
    if version != VERSION and seq:
        raise JournalDamaged(f"{path.name}: its head was changed: it names journal format {version}")
    if version != VERSION:
        age = "an older" if version < VERSION else "a newer"
        raise OtherVersion(
            f"{path.name}: written by {age} version of the program, in journal format {version}; this one reads "
            f"format {VERSION}: read the run with the program that wrote it"
        )
    if before != head:
        raise JournalDamaged(f"{path.name}: does not follow from the segment before it: {_why_apart(data, seq + 1)}")
    return HEAD.size


def _why_apart(data: bytes, seq: int) -> str:
    """What is wrong with a segment that should begin with record `seq`, by what it begins with."""
    found = record_at(data, HEAD.size)
    there = None if found is None else _seq_of(found[0])
    return (
        "its head was changed" if there in (None, seq) else f"record {seq} is missing here, record {there} comes next"
    )


def head_before(data: bytes) -> bytes:
    """The chain's head that a segment names at its beginning."""
    before: bytes = HEAD.unpack_from(data)[2]
    return before


def framed_bytes(before: bytes, records: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A segment of these records, each with the chain's head after it."""
    frames = [LENGTH.pack(len(raw)) + raw + head for raw, head in records]
    return b"".join([HEAD.pack(MAGIC, VERSION, before), *frames])


def hash_of(data: bytes) -> bytes:
    """The hash by which a stretch of a journal is known."""
    return hashlib.blake2b(data, digest_size=DIGEST_SIZE).digest()


def write_durably(path: Path, data: bytes) -> None:
    """A file that appears whole or not at all, and survives a power cut."""
    draft = path.with_name(path.name + ".draft")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make what was created or renamed in a folder last."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
