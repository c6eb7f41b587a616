"""Whether a report is true: its seal, and every figure of it made again from the journal, without any table.

Two kinds of faults are told apart. What is wrong with the journal (a record that was changed, dropped or moved, a tail
that is gone, a history that is not the one that was signed) is told as that. What is wrong with the report (a file that
was changed, a figure that the journal does not give, a signature) is told as that.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec

from desk.reports.agreement_page import agreement_page
from desk.reports.audit_page import audit_page
from desk.reports.books import About, Agreement, EndOfDay, Statement
from desk.reports.eod_page import eod_page
from desk.reports.faults import Forged, Unsealed
from desk.reports.sealing import Manifest, opened
from desk.reports.statement_page import statement_page
from desk.reports.trails import Audit
from engine.replay import NotFound
from engine.reports.agreement import agreement
from engine.reports.day import end_of_day
from engine.reports.packs import FIGURES, Report, tables, write_files
from engine.reports.rows import EVERY_RECORD, WANTED, RunRows
from engine.reports.statements import statements
from engine.reports.told import about_told, day_of
from engine.reports.trail import audit
from storage.columns import NotColumns, read_columns
from storage.journal import JournalDamaged, marked
from storage.queries import Wanted

NAMED_MAX = 5
"""So many wrong figures of one report are named."""


class Proven(msgspec.Struct, frozen=True):
    """What was found to be true of a report."""

    report: str
    run: str
    day: str
    records: int
    head: str
    figures: int
    files: int
    signed_by: str


def page_of(report: Report) -> str:
    """A report as a page."""
    match report:
        case EndOfDay():
            return eod_page(report)
        case Statement():
            return statement_page(report)
        case Audit():
            return audit_page(report)
    return agreement_page(report)


class Read(Protocol):
    """Reads a run's journal as `of_journal` does."""

    def __call__(self, run: Path, *, records: int, wanted: Wanted) -> RunRows:
        """All of it is checked, for the rows up to a record."""


def prove(pack: Path, run: Path, read: Read) -> Proven:
    """Check a report against its run's journal. Raises Unsealed, Forged, NotFound, JournalDamaged, DigestDiffers."""
    manifest = opened(pack)
    report = _read(pack, manifest)
    of = report.about
    if (manifest.report, manifest.run, manifest.records, manifest.head) != (of.report, of.run, of.records, of.head):
        raise Forged(f"{pack / FIGURES}: these are the figures of another report than the seal is of")
    rows = read(run, records=_present(run, of), wanted=EVERY_RECORD if isinstance(report, Audit) else WANTED)
    if rows.run != of.run:
        raise NotFound(f"{run} is run {rows.run}, the report is of {of.run}: name its folder with --run")
    if rows.head != of.head:
        raise JournalDamaged(
            f"{run}: record {of.records} is not the one that the report was signed with: its chain stands at "
            f"{rows.head}, the report says {of.head}"
        )
    again = _again(rows, report)
    wrong = list(_apart(msgspec.to_builtins(report), msgspec.to_builtins(again), ""))
    if wrong:
        more = f", and {len(wrong) - NAMED_MAX} more" if len(wrong) > NAMED_MAX else ""
        raise Forged(f"{pack / FIGURES}: {'; '.join(wrong[:NAMED_MAX])}{more}")
    _check_files(pack, again)
    figures = sum(1 for _ in _leaves(msgspec.to_builtins(again)))
    return Proven(of.report, of.run, of.day, of.records, of.head, figures, len(manifest.files), manifest.public_key)


def _present(run: Path, of: About) -> int:
    """How many records the report needs, if the journal says that it has them."""
    mark = marked(run)
    if mark is not None and mark.seq < of.records:
        raise JournalDamaged(
            f"{run}: the tail is cut: the report is of {of.records} records, the journal has {mark.seq}"
        )
    return of.records


def _read(pack: Path, manifest: Manifest) -> Report:
    kinds: dict[str, type[Any]] = {"eod": EndOfDay, "statement": Statement, "audit": Audit, "recon": Agreement}
    kind = kinds.get(manifest.report)
    if kind is None or FIGURES not in manifest.files:
        raise Unsealed(f"{pack}: {manifest.report!r} is no report of this program")
    try:
        found: Report = msgspec.json.decode((pack / FIGURES).read_bytes(), type=kind)
    except msgspec.MsgspecError as error:
        raise Unsealed(f"{pack / FIGURES}: {error}") from error
    return found


def _again(rows: RunRows, report: Report) -> Report:
    """The same report, made from other rows."""
    day, told = day_of(report.about.day), about_told(report.about)
    match report:
        case EndOfDay():
            return end_of_day(rows, day, told)
        case Audit():
            return audit(rows, day, told)
        case Agreement():
            return agreement(rows, day, told, earlier=[one for one in report.trend if one.run != rows.run])
    of = (report.venue, report.currency)
    for one in statements(rows, day, told, venue=report.venue):
        if (one.venue, one.currency) == of:
            return one
    raise Forged(f"the journal knows no wallet of {report.venue} in {report.currency}")


def _check_files(pack: Path, again: Report) -> None:
    """Every file that people or machines read must say what the figures say."""
    with tempfile.TemporaryDirectory() as name:
        made = Path(name)
        write_files(made, again, page_of(again))
        for path in sorted(made.iterdir()):
            theirs = pack / path.name
            if not theirs.is_file():
                raise Forged(f"{theirs}: the file is missing")
            if path.suffix == ".parquet":
                same = read_columns(path) == _table_of(theirs)
            else:
                same = path.read_bytes() == theirs.read_bytes()
            if not same:
                raise Forged(f"{theirs}: the file does not show what {FIGURES} says")
        for theirs in sorted(pack.iterdir()):
            if theirs.suffix in (".csv", ".parquet", ".html") and not (made / theirs.name).exists():
                raise Forged(f"{theirs}: no such file belongs to a report of this kind ({_names(again)})")


def _table_of(path: Path) -> object:
    try:
        return read_columns(path)
    except NotColumns as error:
        raise Forged(str(error)) from error


def _names(report: Report) -> str:
    return ", ".join(name for name, _, _ in tables(report))


def _apart(theirs: Any, ours: Any, at: str) -> Iterator[str]:  # noqa: ANN401  (plain JSON)
    """Where two values differ, in words."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for name in sorted({*theirs, *ours}):
            yield from _apart(theirs.get(name), ours.get(name), f"{at}.{name}" if at else name)
    elif isinstance(theirs, list | tuple) and isinstance(ours, list | tuple):
        if len(theirs) != len(ours):
            yield f"{at} has {len(theirs)} rows, by the journal {len(ours)}"
            return
        for number, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            yield from _apart(one, other, f"{at}[{number}]")
    elif theirs != ours:
        yield f"{at} is {theirs!r}, by the journal {ours!r}"


def _leaves(value: Any) -> Iterator[Any]:  # noqa: ANN401
    if isinstance(value, dict):
        for one in value.values():
            yield from _leaves(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _leaves(one)
    else:
        yield value
