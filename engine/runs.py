"""Run folders: one for each run, named by its beginning and its seed."""

from datetime import UTC, datetime
from pathlib import Path


class RunsUnusable(Exception):
    """No run can be kept where it was asked for; the message says where and why."""


def new_run(runs: Path, wall_ns: int, seed: int) -> Path:
    """Make the folder of a new run. Raises RunsUnusable."""
    began = datetime.fromtimestamp(wall_ns // 1_000_000_000, UTC)
    folder = runs / f"{began:%Y%m%d-%H%M%S}-{wall_ns // 1_000_000 % 1000:03d}-seed{seed}"
    try:
        folder.mkdir(parents=True)
    except (OSError, ValueError) as error:  # a ValueError is of a name that no folder can have
        said = error.strerror if isinstance(error, OSError) else error
        raise RunsUnusable(f"{folder}: the run's folder cannot be made: {said}; name another with --runs") from error
    return folder.resolve()


def latest_run(runs: Path) -> Path | None:
    """The run that began last, None if there is none."""
    return max((path for path in runs.glob("2*-seed*") if path.is_dir()), default=None)
