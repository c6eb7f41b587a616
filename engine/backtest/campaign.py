"""A backtest from the command line: files and grid cells over processes, then tables, summary and tear sheet."""

import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import msgspec

from desk.progress import with_bar
from domain.money import format_micros
from engine.backtest.grid import Axis, cells
from engine.backtest.playing import open_tapes, play
from engine.backtest.report import Report, write_report
from engine.backtest.results import file_played
from engine.backtest.rows import FilePlayed
from engine.config import ConfigError, Instead, Loaded, load
from engine.recordings import RecordingError, left_out
from engine.wiring import strategies
from venues.registry import CONSTRUCTORS
from venues.sim.queue import Bound

ASSUMPTIONS = (Bound.PESSIMISTIC, Bound.CENTRAL, Bound.OPTIMISTIC)
GOOD, BAD_FILE = 0, 2


class BacktestOptions(msgspec.Struct, frozen=True):
    """What the command line asks for. `workers` 0 is one process per core."""

    files: tuple[Path, ...]
    config: Path
    out: Path
    seed: int = 1
    workers: int = 0
    axes: tuple[Axis, ...] = ()
    summary: Path | None = None


class Job(msgspec.Struct, frozen=True):
    """One file under one configuration. `cell` counts the grid's; -1 is the configuration as it stands."""

    path: Path
    config: Path
    instead: tuple[Instead, ...]
    bounds: tuple[Bound, ...]
    seed: int
    out: str
    cell: int = -1


class Done(msgspec.Struct, frozen=True):
    """A job's result, or the line that says why there is none."""

    job: Job
    played: FilePlayed | None
    complaint: str = ""


def load_config(path: Path, instead: Sequence[Instead] = ()) -> Loaded:
    """The configuration with some values replaced. Raises ConfigError."""
    return load(path, {name: settings for name, (_, settings) in CONSTRUCTORS.items()}, instead)


def run_job(job: Job) -> Done:
    """One file, from its bytes to rows."""
    loaded = load_config(job.config, job.instead)
    try:
        tape, *beside = open_tapes(job.path, loaded)
        played = play(tape, loaded, job.bounds, seed=job.seed, beside=tuple(beside))
    except RecordingError as error:
        return Done(job, None, str(error))
    return Done(job, file_played(job.path, played, out=job.out))


def run_backtest(options: BacktestOptions) -> int:
    """Everything; 2 if a file could not be read, after all others were. Raises ConfigError before anything is run."""
    loaded = load_config(options.config)
    grid = cells(options.axes)
    for instead in ((), *grid):
        strategies(load_config(options.config, instead).config.strategies)
    _check_files(options.files)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--out {options.out}: {error.strerror}; name a folder that can be made") from error
    jobs = [_job(options, path, (), ASSUMPTIONS) for path in options.files]
    jobs += [
        _job(options, path, instead, (Bound.CENTRAL,), cell=n)
        for n, instead in enumerate(grid)
        for path in options.files
    ]
    done = sorted(
        with_bar(_run_all(jobs, options.workers), total=len(jobs), title="backtest"),
        key=lambda one: (one.job.cell, options.files.index(one.job.path)),
    )
    for one in done:
        if one.job.cell < 0:
            _complain(one)
    base = [one.played for one in done if one.job.cell < 0 and one.played is not None]
    if not base:
        return BAD_FILE
    net = [_net(done, cell) for cell in range(len(grid))]
    report = Report(loaded, options.config, options.out, options.seed, options.axes, tuple(net), tuple(base))
    write_report(report, options.summary)
    _tell(report)
    return BAD_FILE if any(one.played is None for one in done) else GOOD


def _job(
    options: BacktestOptions, path: Path, instead: tuple[Instead, ...], bounds: tuple[Bound, ...], *, cell: int = -1
) -> Job:
    return Job(path, options.config, instead, bounds, options.seed, str(options.out), cell)


def _check_files(files: Sequence[Path]) -> None:
    for path in files:
        if not path.exists():
            raise RecordingError(f"{path}: there is no such file; name recordings, as `backtest FILE... --out DIR`")
    names = [path.name for path in files]
    for name in names:
        if names.count(name) > 1:
            raise RecordingError(f"{name}: two files have this name, and tables tell files by their names; rename one")


def _run_all(jobs: Sequence[Job], workers: int) -> Iterator[Done]:
    """Each job as it ends; a single one, or one worker, stays in this process."""
    count = min(len(jobs), workers or os.cpu_count() or 1)
    if count == 1:
        yield from map(run_job, jobs)
        return
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        running: list[Future[Done]] = [pool.submit(run_job, job) for job in jobs]
        for future in as_completed(running):
            yield future.result()


def _complain(one: Done) -> None:
    """What is wrong with a file, one line each: it could not be read, or lines of it, or prices are missing."""
    if one.played is None:
        print(f"crossbook: {one.complaint}", file=sys.stderr)
        return
    for line in left_out(one.job.path, one.played.skipped):
        print(f"crossbook: {line}", file=sys.stderr)
    if one.played.file.note:
        print(f"crossbook: {one.job.path}: {one.played.file.note}", file=sys.stderr)
    if one.played.crossed:
        count = one.played.crossed
        said = f"books crossed after {count} messages: some are missing in it; do not trust its fills"
        print(f"crossbook: {one.job.path}: {said}", file=sys.stderr)


def _tell(report: Report) -> None:
    """What came out of it in a line, and where the page is."""
    found: dict[str, int] = {}
    for lane in (lane for file in report.files for lane in file.lanes):
        found[lane.assumption] = found.get(lane.assumption, 0) + sum(row.net_micros for row in lane.results)
    nets = ", ".join(f"{name} {format_micros(net)}" for name, net in found.items())
    print(f"net {report.loaded.config.run.base}: {nets}; the page is {report.out / 'tear_sheet.html'}")


def _net(done: Sequence[Done], cell: int) -> int | None:
    """Net profit of one cell over all files, None if one of them could not be played."""
    mine = [one.played for one in done if one.job.cell == cell]
    found = [played for played in mine if played is not None]
    if len(found) < len(mine):
        return None
    return sum(row.net_micros for played in found for lane in played.lanes for row in lane.results)
