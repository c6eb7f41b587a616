"""A report as a folder: figures, tables for machines, a page for people, and the seal over them."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desk.reports.books import About, Agreement, EndOfDay, Row, Statement
from desk.reports.sealing import seal
from desk.reports.trails import Audit
from storage.columns import write_columns

Report = EndOfDay | Statement | Audit | Agreement

FIGURES = "figures.json"

_json = msgspec.json.Encoder(order="deterministic")


def write_report(out: Path, name: str, report: Report, page: str, key: Ed25519PrivateKey) -> Path:
    """Write a report whole or not at all; one of the same name is replaced. Raises OSError."""
    folder, draft = out / name, out / f"{name}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    write_files(draft, report, page)
    of = about(report)
    seal(draft, key, report=of.report, run=of.run, records=of.records, head=of.head)
    shutil.rmtree(folder, ignore_errors=True)
    return draft.rename(folder)


def write_files(folder: Path, report: Report, page: str) -> None:
    """The files of a report without their seal; equal reports give equal files but for what Arrow says of itself."""
    (folder / FIGURES).write_bytes(msgspec.json.format(_json.encode(report), indent=1) + b"\n")
    (folder / f"{about(report).report}.html").write_text(page, encoding="utf-8")
    for name, kind, rows in tables(report):
        write_columns(folder, name, kind, rows)


def tables(report: Report) -> Iterator[tuple[str, type[Row], Sequence[Row]]]:
    """The tables that a report holds, with what their rows are."""
    for field in msgspec.structs.fields(report):
        inner = get_args(field.type)
        if inner and isinstance(inner[0], type) and issubclass(inner[0], Row):
            yield field.name, inner[0], getattr(report, field.name)


def about(report: Report) -> About:
    """What a report is of."""
    return report.about
