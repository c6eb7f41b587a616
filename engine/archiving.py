"""`project RUN --archive N`: a snapshot of the state, and all segments but the last ones into Parquet files."""

import sys
from contextlib import nullcontext
from pathlib import Path

from domain.messages import DigestTaken, RunEnded
from engine.replay import Fold, NotFound
from engine.snapshot import remembered, take_snapshot
from storage.archive import archive
from storage.journal import read, unwritten


class StillGoing(NotFound):
    """A run that has not ended was to be archived whole."""


def archive_run(run: Path, *, keep: int) -> None:
    """The run may be written meanwhile, but with `keep` 0, which asks for a run that has ended.

    Raises as `Fold.steps`, NotFound, StillGoing, JournalInUse, OSError.
    """
    with unwritten(run) if keep == 0 else nullcontext():
        _archive(run, keep)


def _archive(run: Path, keep: int) -> None:
    found = remembered(run)
    before = found.place
    for step in Fold(run, since=found.place, state=found.state).steps():
        found.take(step)
    if found.state is None:
        raise NotFound(f"{run} holds no records: name the folder of a run")
    if keep == 0 and not _has_ended(run):
        raise StillGoing(f"{run}: --archive 0 is for a run that has ended; name 1 or more to keep what is written on")
    if found.place != before:
        take_snapshot(run, found)
    made = archive(run, keep=keep)
    print(f"crossbook: archived {len(made)} segments behind a snapshot at record {found.place.seq}", file=sys.stderr)


def _has_ended(run: Path) -> bool:
    """Whether the run's last word is that it ended."""
    last = None
    for record, _ in read(run):
        if not isinstance(record.body, DigestTaken):  # one stands behind the end too
            last = record.body
    return isinstance(last, RunEnded)
