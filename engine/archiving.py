"""`project RUN --archive N`: a snapshot of the state, and all segments but the last ones into Parquet files."""

import sys
from pathlib import Path

from engine.replay import Fold, NotFound
from engine.snapshot import remembered, take_snapshot
from storage.archive import archive


def archive_run(run: Path, *, keep: int) -> None:
    """The run may be written meanwhile. Raises as `Fold.steps`, NotFound, OSError."""
    found = remembered(run)
    before = found.place
    for step in Fold(run, since=found.place, state=found.state).steps():
        found.take(step)
    if found.state is None:
        raise NotFound(f"{run} holds no records: name the folder of a run")
    if found.place != before:
        take_snapshot(run, found)
    made = archive(run, keep=keep)
    print(f"crossbook: archived {len(made)} segments behind a snapshot at record {found.place.seq}", file=sys.stderr)
