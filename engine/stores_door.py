"""The verb `project`: a run's journal into tables, a stream, an archive; who does the work is loaded when asked for."""

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from desk.tables import Row, print_table
from engine.projected import Projected
from engine.replay import NotFound, answering
from storage.failures import BrokerFailed, DatabaseFailed, NewerTables, NoBroker, NoDatabase, ProjectionMoved
from storage.kept import Kept, kept_in

GOOD, FAILED, BAD_USAGE = 0, 1, 2

COMPLAINTS: dict[type[Exception], int] = {
    NoDatabase: BAD_USAGE,
    NoBroker: BAD_USAGE,
    NewerTables: BAD_USAGE,
    ProjectionMoved: FAILED,
    DatabaseFailed: FAILED,
    BrokerFailed: FAILED,
}
"""What is told in one line, and the exit code that goes with it."""

BROKERS = ("nats:", "tls:", "kafka:")

URL_HELP = (
    "sqlite:///FILE, postgresql://USER@HOST/NAME, nats://HOST:PORT or kafka://HOST:PORT/TOPIC; "
    "without it a file in the run's folder"
)


def add_verbs(verbs: "argparse._SubParsersAction[Any]") -> None:
    """The verb, with its door."""
    project = verbs.add_parser("project", help="a run's journal into SQL tables or a stream; reads on where it stopped")
    project.add_argument("run", type=Path, metavar="RUN")
    project.add_argument("--url", default="", metavar="U", help=URL_HELP)
    project.add_argument("--follow", action="store_true", help="go on while the run is written, until stopped")
    project.add_argument("--rebuild", action="store_true", help="make every row of the run again")
    project.add_argument("--outbox", action="store_true", help="also a row of `outbox` for each record")
    project.add_argument(
        "--archive",
        type=int,
        metavar="N",
        help="then put all segments but the last N into Parquet; 0 once it ended",
    )
    project.add_argument(
        "--kept", action="store_true", help="instead: what is kept of it, or of each run in it, of when, until when"
    )
    project.add_argument("--json", action="store_true")
    project.set_defaults(door=_project)


def _project(chosen: argparse.Namespace) -> int:
    if not chosen.run.is_dir():
        raise NotFound(f"{chosen.run} is not a folder: name the folder of a run")
    if chosen.kept:
        return answering(lambda: _print_kept(chosen))
    found = _streamed(chosen) if chosen.url.startswith(BROKERS) else _tabled(chosen)
    if chosen.json:
        print(msgspec.json.encode(found).decode())
    else:
        print(f"{found.run}: {found.records} records written, {found.into} stands at record {found.seq}")
    if chosen.archive is not None:
        _archive(chosen)
    return GOOD


def _print_kept(chosen: argparse.Namespace) -> None:
    found = kept_in(chosen.run)
    if chosen.json or not sys.stdout.isatty():
        for one in found:
            print(msgspec.json.encode(one).decode())
    else:
        print_table("kept", [_row(one) for one in found])


def _row(one: Kept) -> Row:
    """One segment in the width of a terminal."""
    return {
        "run": one.run,
        "segment": one.segment,
        "where": one.where,
        "records": f"{one.first}-{one.last}" if one.last else "",
        "from": one.begins[:10],
        "to": one.ends[:10],
        "MB": f"{one.bytes / 1e6:.1f}",
        "keep until": one.keep_until,
    }


def _tabled(chosen: argparse.Namespace) -> Projected:
    from engine.projecting_door import project_run  # noqa: PLC0415  (SQLAlchemy and Alembic load for half a second)

    return project_run(chosen.run, chosen.url, follow=chosen.follow, rebuild=chosen.rebuild, outbox=chosen.outbox)


def _streamed(chosen: argparse.Namespace) -> Projected:
    try:
        from engine.streaming import stream_run  # noqa: PLC0415  (whoever has no broker has no client either)
    except ImportError as error:
        raise NoBroker(f"a stream needs {error.name}: install crossbook[stream]") from error

    return stream_run(chosen.run, chosen.url, follow=chosen.follow)


def _archive(chosen: argparse.Namespace) -> None:
    from engine.archiving import archive_run  # noqa: PLC0415  (Arrow loads for a third of a second)

    archive_run(chosen.run, keep=chosen.archive)
