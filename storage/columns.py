"""Rows as tables on disk: one CSV file for people and one Parquet file for notebooks, of the same columns."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from pyarrow import parquet


class NotColumns(Exception):
    """The file holds no table; the message says why."""


TYPES = {int: pa.int64(), str: pa.string(), bool: pa.bool_(), float: pa.float64()}
"""A column's type by that of the field; a field that may be None has the type of what else it may be."""


def write_columns(folder: Path, name: str, kind: type[msgspec.Struct], rows: Sequence[msgspec.Struct]) -> None:
    """Write rows of one struct as `name.csv` and `name.parquet`; without rows both have their columns still."""
    fields = msgspec.structs.fields(kind)
    schema = pa.schema([(field.name, TYPES[_plain(field.type)]) for field in fields])
    columns = [[getattr(row, field.name) for row in rows] for field in fields]
    parquet.write_table(pa.table(columns, schema=schema), folder / f"{name}.parquet")
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields])
        writer.writerows(zip(*columns, strict=True))


def read_columns(path: Path) -> object:
    """A Parquet file's table; two are equal if names, types and values are. Raises NotColumns."""
    try:
        return parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise NotColumns(f"{path}: {error}") from error


def _plain(kind: Any) -> type[Any]:  # noqa: ANN401  (an annotation is any object)
    found: type[Any] = next((one for one in getattr(kind, "__args__", ()) if one is not type(None)), kind)
    return found
