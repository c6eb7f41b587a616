"""The verbs of tables, archive and streams; what does their work is loaded only when it is asked for."""

import argparse
from pathlib import Path
from typing import Any

from storage.failures import DatabaseFailed, NewerTables, NoDatabase, ProjectionMoved

GOOD, FAILED, BAD_USAGE = 0, 1, 2

COMPLAINTS: dict[type[Exception], int] = {
    NoDatabase: BAD_USAGE,
    NewerTables: BAD_USAGE,
    ProjectionMoved: FAILED,
    DatabaseFailed: FAILED,
}
"""What is told in one line, and the exit code that goes with it."""


def add_verbs(verbs: "argparse._SubParsersAction[Any]") -> None:
    """The verbs, each with its door."""
    project = verbs.add_parser("project", help="a run's journal into SQL tables; reads on where it stopped last")
    project.add_argument("run", type=Path, metavar="RUN")
    project.add_argument(
        "--url", default="", help="sqlite:///FILE or postgresql://USER@HOST/NAME; without it a file in the run's folder"
    )
    project.add_argument("--follow", action="store_true", help="go on while the run is written, until stopped")
    project.add_argument("--rebuild", action="store_true", help="make every row of the run again")
    project.add_argument(
        "--archive", type=int, metavar="N", help="then put all segments but the last N into Parquet files"
    )
    project.add_argument("--json", action="store_true")
    project.set_defaults(door=_project)


def _project(chosen: argparse.Namespace) -> int:
    from engine.archiving import archive_run  # noqa: PLC0415  (Arrow loads for a third of a second)
    from engine.projecting_door import project_run  # noqa: PLC0415  (SQLAlchemy and Alembic for half of one)

    code = project_run(chosen.run, chosen.url, follow=chosen.follow, rebuild=chosen.rebuild, as_json=chosen.json)
    if code == GOOD and chosen.archive is not None:
        archive_run(chosen.run, keep=chosen.archive)
    return code
