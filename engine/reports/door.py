"""The doors `eod`, `statement`, `audit` and `verify`: which reports are written where, and what is said of them."""

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desk.reports.books import Agreement, EndOfDay, Statement
from desk.reports.faults import Unsealed
from desk.reports.sealing import MANIFEST, fingerprint, opened, public_key, signing_key
from engine.config import ReportSettings
from engine.replay import NotFound, Verified
from engine.replay import verify as verify_journal
from engine.reports.agreement import agreement
from engine.reports.day import end_of_day
from engine.reports.packs import Report, about, write_report
from engine.reports.proving import Proven, Read, page_of, prove
from engine.reports.rows import EVERY_RECORD, WANTED, RunRows, of_journal, of_tables
from engine.reports.statements import statements
from engine.reports.told import Told, day_name, day_of
from engine.reports.trail import audit
from engine.reports.trend import earlier
from storage.queries import Wanted

GOOD, BREAKS_OPEN = 0, 5

EVERY_DAY = "all"
REPORTS = "reports"
"""The folder in a run's own where its reports are put unless another is named."""

KEY_NAME = "reports.key"
"""The signing key beside the runs, unless the configuration names another file."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a door was asked for. `day` is a UTC day, `all`, or empty for the run's last; `url` of tables elsewhere."""

    run: Path
    out: Path | None = None
    day: str = ""
    venue: str = ""
    url: str = ""
    as_json: bool = False


class Written(msgspec.Struct, frozen=True):
    """One report that was written."""

    report: str
    day: str
    folder: str
    page: str
    signed_by: str


Make = Callable[[RunRows, int, Told], Sequence[Report]]


def write_eod(asked: Asked, settings: ReportSettings) -> int:
    """The door `eod`: 0, or 5 where breaks stand at the end of a day."""
    return _write(asked, settings, lambda rows, day, told: [end_of_day(rows, day, told)])


def write_statements(asked: Asked, settings: ReportSettings) -> int:
    """The door `statement`. Raises NotFound where the venue has no wallet."""

    def make(rows: RunRows, day: int, told: Told) -> Sequence[Report]:
        found = statements(rows, day, told, venue=asked.venue)
        if not found:
            known = ", ".join(sorted({one.venue for one in rows.started.capabilities}))
            raise NotFound(f"--venue {asked.venue}: the run has no money there; known are {known}")
        return found

    return _write(asked, settings, make)


def write_audit(asked: Asked, settings: ReportSettings) -> int:
    """The door `audit`."""
    return _write(asked, settings, lambda rows, day, told: [audit(rows, day, told)], every_record=True)


def write_agreement(asked: Asked, settings: ReportSettings) -> int:
    """The reconciliation report: 0, or 5 where breaks stand at the end of a day."""

    def make(rows: RunRows, day: int, told: Told) -> Sequence[Report]:
        return [agreement(rows, day, told, earlier=earlier(asked.run, asked.url, rows))]

    return _write(asked, settings, make)


def _write(asked: Asked, settings: ReportSettings, make: Make, *, every_record: bool = False) -> int:
    rows = of_tables(asked.run, asked.url, wanted=EVERY_RECORD if every_record else WANTED)
    told = Told(
        legal_entity=settings.legal_entity,
        owner=settings.owner,
        controller=settings.controller,
        customer_type=settings.customer_type,
        geo_evidence=settings.geo_evidence,
        terms={str(venue): version for venue, version in settings.terms.items()},
    )
    key = signing_key(_key_file(asked.run, settings))
    reports = [one for day in _days(rows, asked.day) for one in make(rows, day, told)]
    written = [_written(asked, key, one) for one in reports]
    _say(written, as_json=asked.as_json)
    return BREAKS_OPEN if any(_stands_open(one) for one in reports) else GOOD


def _written(asked: Asked, key: Ed25519PrivateKey, report: Report) -> Written:
    of = about(report)
    wallet = f"-{report.venue}-{report.currency}" if isinstance(report, Statement) else ""
    out = asked.out or asked.run / REPORTS
    folder = write_report(out, f"{of.report}-{of.day}-{of.run}{wallet}", report, page_of(report), key)
    signed_by = fingerprint(opened(folder).public_key)
    return Written(of.report, of.day, str(folder), str(folder / f"{of.report}.html"), signed_by)


def _stands_open(report: Report) -> bool:
    return isinstance(report, EndOfDay | Agreement) and any(one.stands for one in report.breaks)


def _days(rows: RunRows, day: str) -> Iterable[int]:
    days = rows.days()
    if day == EVERY_DAY:
        return days
    if not day:
        return days[-1:]
    try:
        asked = day_of(day)
    except ValueError as error:
        raise NotFound(f"--day {day}: write a day as {day_name(days[-1])}, or `{EVERY_DAY}`") from error
    if asked not in days:
        raise NotFound(
            f"--day {day}: the run has nothing then; it went from {day_name(days[0])} to {day_name(days[-1])}"
        )
    return [asked]


def _key_file(run: Path, settings: ReportSettings) -> Path:
    return Path(settings.key_file) if settings.key_file else run.resolve().parent / KEY_NAME


def verify_door(place: Path, *, run: Path | None, key: Path | None, settings: ReportSettings, as_json: bool) -> int:
    """The door `verify`: a report, or a run with all reports that were put into its folder.

    Raises what is wrong: Unsealed, Forged, NotFound, JournalDamaged, DigestDiffers, KeyUnusable.
    """
    if (place / MANIFEST).is_file():
        _say([_prove(place, run or _run_of(place), key, settings, of_journal)], as_json=as_json)
        return GOOD
    _kept.cache_clear()
    if (place / f"{REPORTS}").is_dir() or (place / "journal.head").is_file():
        found: list[msgspec.Struct] = [verify_journal(place)]
        packs = sorted(path.parent for path in place.glob(f"{REPORTS}/*/{MANIFEST}"))
        found += [_prove(pack, place, key, settings, _read_once) for pack in packs]
        _say(found, as_json=as_json)
        return GOOD
    raise NotFound(f"{place} is neither a report nor a run: name the folder of one, with {MANIFEST} or a journal in it")


def _read_once(run: Path, *, records: int, wanted: Wanted) -> RunRows:
    """Reports of one evening are of the same rows, so the last ones are kept, with every record."""
    assert wanted.keys() <= EVERY_RECORD.keys(), "every report is made of these tables"
    return _kept(run, records)


@lru_cache(1)
def _kept(run: Path, records: int) -> RunRows:
    return of_journal(run, records=records, wanted=EVERY_RECORD)


def _prove(pack: Path, run: Path, key: Path | None, settings: ReportSettings, read: Read) -> Proven:
    expected = _expected(run, key, settings)
    signed = opened(pack).public_key
    if expected and signed != expected:
        raise Unsealed(f"{pack}: signed by another key: {fingerprint(signed)}, expected {fingerprint(expected)}")
    if not expected:
        print(
            f"crossbook: {pack}: signed by {fingerprint(signed)}; no key is known here to hold it against, so compare "
            "it with the fingerprint that you were given",
            file=sys.stderr,
        )
    return prove(pack, run, read)


def _expected(run: Path, key: Path | None, settings: ReportSettings) -> str:
    """The public key that reports of this place are signed with, empty where there is none yet."""
    path = key or _key_file(run, settings)
    return public_key(path) if key is not None or path.exists() else ""


def _run_of(pack: Path) -> Path:
    """The run in whose folder a report lies, or one beside it that bears its name."""
    name = opened(pack).run
    above = pack.resolve().parent
    for place in (above.parent, above, above / name, above.parent / name, Path("runs") / name):
        if (place / "journal.head").is_file():
            return place
    raise NotFound(f"{pack} is a report of run {name}: name the folder of its journal with --run")


def _say(found: Sequence[msgspec.Struct], *, as_json: bool) -> None:
    for one in found:
        if as_json:
            print(msgspec.json.encode(one).decode())
        else:
            print(_line(one))


def _line(one: msgspec.Struct) -> str:
    match one:
        case Written():
            return f"{one.report} of {one.day}: {one.page}, signed by {one.signed_by}"
        case Proven():
            return (
                f"{one.report} of {one.day}: {one.figures:,} figures in {one.files} files are what records 1 to "
                f"{one.records:,} of {one.run} say, signed by {fingerprint(one.signed_by)}"
            )
        case Verified():
            return f"journal: {one.records:,} records, chain whole, {one.digests_met:,} digests met, head {one.head}"
    raise AssertionError(f"nobody knows what to say of {type(one).__name__}")
