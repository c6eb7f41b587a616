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

from storage.encoding import DIGEST_SIZE, VERSION

MAGIC = b"XBKJ"
RECORD_BYTES_MAX = 16 * 1024 * 1024
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


def checked_head(path: Path, data: bytes, head: bytes) -> int:
    """Where the records of a segment begin that must follow from `head`. Raises JournalDamaged."""
    if len(data) < HEAD.size:
        raise JournalDamaged(f"{path.name}: the segment's head is cut")
    magic, version, before = HEAD.unpack_from(data)
    if magic != MAGIC:
        raise JournalDamaged(f"{path.name}: not a journal segment")
    if version != VERSION:
        age = "an older" if version < VERSION else "a newer"
        raise OtherVersion(
            f"{path.name}: written by {age} version of the program, in journal format {version}; this one reads "
            f"format {VERSION}: read the run with the program that wrote it"
        )
    if before != head:
        raise JournalDamaged(f"{path.name}: does not follow from the segment before it")
    return HEAD.size


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
