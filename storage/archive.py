"""Old segments of a journal to Parquet: a tenth of the room, columns for analysts, and every byte still provable.

`RUN/archive/index.json` names each archived segment with its length and hash. An archived segment is made again from
its file whenever somebody reads that far back, so replay and verification work as before. Its file may be carried
elsewhere (records of orders are kept for five years, 17 CFR 1.31); then only what lies behind the latest snapshot can
be read here, and who asks for more is told which file is wanted.
"""

import os
from pathlib import Path

import msgspec

from storage.packed import pack, unpack
from storage.segments import (
    ARCHIVE,
    HEAD,
    Archived,
    JournalDamaged,
    archived,
    framed_bytes,
    hash_of,
    head_before,
    index_path,
    packed_path,
    record_at,
    segment_bytes,
    segment_path,
    segments,
    sync_folder,
    write_durably,
)


def archive(folder: Path, *, keep: int) -> list[Path]:
    """Archive all segments but the last `keep`; the files made. With 0 nobody may write the journal meanwhile.

    A segment's own file goes only after what was packed has been unpacked again and is the same, byte for byte.
    Raises JournalDamaged, OSError.
    """
    made = []
    found = segments(folder)
    for number, path in found[: max(0, len(found) - keep)]:
        if path.suffix == ".seg":
            made.append(_archive_one(folder, number))
    return made


def _archive_one(folder: Path, number: int) -> Path:
    data = segment_bytes(folder, number)
    before, at = head_before(data), HEAD.size
    records = []
    while (found := record_at(data, at)) is not None:
        raw, head, at = found
        records.append((raw, head))
    if at != len(data):
        raise JournalDamaged(f"segment {number} ends inside a record: it cannot be archived")
    (folder / ARCHIVE).mkdir(exist_ok=True)
    path = packed_path(folder, number)
    pack(path, records)
    if framed_bytes(before, unpack(path)) != data:
        raise JournalDamaged(f"{path.name} does not give segment {number} back: it stays as it was")
    with path.open("rb") as file:
        os.fsync(file.fileno())
    sync_folder(path.parent)
    entry = Archived(number, before, len(data), hash_of(data), hash_of(path.read_bytes()))
    write_durably(index_path(folder), msgspec.json.encode([*archived(folder).values(), entry]))
    segment_path(folder, number).unlink()
    return path
