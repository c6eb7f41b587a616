"""`replay RUN --at T`: what a run came to at a moment of it, by a record's number or by the clock."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path

from domain.messages import Record
from engine.replay import Fold, NotFound, answering, print_figures, summary
from engine.snapshot import Remembered, remembered
from engine.state import State
from storage.journal import START, read

SECOND_NS = 1_000_000_000


def replay_at(run: Path, at: str, *, as_json: bool) -> int:
    """The door: the figures of the state then. Returns the exit code."""
    return answering(lambda: print_figures(summary(state_at(run, at)), as_json=as_json))


def state_at(run: Path, at: str) -> State:
    """The state behind a record's number, or behind all records up to a UTC time.

    A time is written `2026-11-20T14:03:20.5`, or `14:03:20` on the day on which the run began. Raises NotFound, and as
    `engine.replay.Fold`.
    """
    if not run.is_dir():
        raise NotFound(f"{run} is not a folder: name the folder of a run")
    if at.isdecimal():
        seq = int(at)
        found = remembered(run, seq_max=seq)
        reached = _folded(run, found, lambda record: record.seq > seq)
        if reached is None or reached.records < seq or not seq:
            raise NotFound(f"{run} has no record {at}: its last is {reached.records if reached else 0}")
        return reached
    first = next(read(run), None)
    if first is None:
        raise NotFound(f"{run} holds no records: name the folder of a run")
    until_ns = moment_ns(at, first[0].wall_ns)
    reached = _folded(run, Remembered(START, None, None), lambda record: record.wall_ns > until_ns)
    if reached is None:
        raise NotFound(f"{run} began after {at}: its first record is of {_written(first[0].wall_ns)}")
    return reached


def moment_ns(at: str, began_ns: int) -> int:
    """A UTC time as Unix nanoseconds; without a day it is on that of `began_ns`. Raises NotFound."""
    try:
        if "-" not in at:
            day = datetime.fromtimestamp(began_ns // SECOND_NS, UTC).date()
            found = datetime.combine(day, time.fromisoformat(at), UTC)
        else:
            found = datetime.fromisoformat(at)
    except ValueError as error:
        raise NotFound(f"--at {at}: write a record's number, 14:03:20.5, or 2026-11-20T14:03:20") from error
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    whole = found - datetime.combine(date(1970, 1, 1), time(), UTC)
    return (whole.days * 86_400 + whole.seconds) * SECOND_NS + whole.microseconds * 1_000 + 999


def _folded(run: Path, found: Remembered, stop: Callable[[Record], bool]) -> State | None:
    fold = Fold(run, since=found.place, state=found.state)
    for _ in fold.steps(stop=stop):
        pass
    return fold.state


def _written(wall_ns: int) -> str:
    return f"{datetime.fromtimestamp(wall_ns // SECOND_NS, UTC):%Y-%m-%dT%H:%M:%S}"
