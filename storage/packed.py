"""Records of a segment as a Parquet file: columns for people, and the very bytes, which give the segment back."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
from pyarrow import parquet

from storage.encoding import decode

SCHEMA = pa.schema(
    [
        ("seq", pa.int64()),
        ("wall_ns", pa.int64()),
        ("monotonic_ns", pa.int64()),
        ("kind", pa.string()),
        ("ref", pa.string()),
        ("body", pa.string()),
        ("raw", pa.binary()),
        ("head", pa.binary()),
    ]
)
"""`raw` is the record as it stood in the journal, `head` the chain's head after it, `body` the same as JSON."""


class NotPacked(Exception):
    """A file that holds no records; the message says why."""


Framed = tuple[bytes, bytes]
"""A record's bytes and the chain's head after it."""

_json = msgspec.json.Encoder()


def pack(path: Path, records: Sequence[Framed]) -> None:
    """Write records to a new file, whole or not at all. Raises OSError."""
    decoded = [decode(raw) for raw, _ in records]
    columns = [
        [record.seq for record in decoded],
        [record.wall_ns for record in decoded],
        [record.monotonic_ns for record in decoded],
        [type(record.body).__name__ for record in decoded],
        [getattr(record.body, "ref", None) for record in decoded],
        [_json.encode(record.body).decode() for record in decoded],
        [raw for raw, _ in records],
        [head for _, head in records],
    ]
    draft = path.with_suffix(".draft")
    parquet.write_table(pa.table(columns, schema=SCHEMA), draft, compression="zstd")
    draft.replace(path)


def unpack(path: Path) -> list[Framed]:
    """The records again. Raises NotPacked, OSError."""
    try:
        table = parquet.read_table(path, columns=["raw", "head"])
    except pa.ArrowException as error:
        raise NotPacked(f"cannot be read: {error}") from error
    return list(zip(table.column("raw").to_pylist(), table.column("head").to_pylist(), strict=True))


def ends(path: Path) -> tuple[int, int, int, int]:
    """Numbers and times of the first and the last record of a file. Raises NotPacked, OSError."""
    try:
        table = parquet.read_table(path, columns=["seq", "wall_ns"])
    except pa.ArrowException as error:
        raise NotPacked(f"cannot be read: {error}") from error
    if not table.num_rows:
        return 0, 0, 0, 0
    numbers, times = table.column("seq"), table.column("wall_ns")
    return numbers[0].as_py(), numbers[-1].as_py(), times[0].as_py(), times[-1].as_py()
