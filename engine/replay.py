"""A run made again from its journal: the state after each record, held against every digest that was taken live.

Nothing but `State.apply` runs, with each record's own monotonic time: what strategies, routes and the gate decided
stands in the journal as what they did.
"""

import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from domain.ids import EventId
from domain.messages import DigestTaken, Journalled, Record, RunEnded, RunResumed, RunStarted
from domain.money import format_micros
from domain.operators import KillLevel
from engine.reading import let_nobody_read
from engine.state import State
from oms.blotter import Change
from oms.order_states import state_of
from storage.journal import START, JournalDamaged, OtherVersion, Place, marked, read, read_on

STOPS = (RunResumed, RunEnded)
"""Behind each of them stands a digest, wherever it comes."""

GOOD, BAD_USAGE, DAMAGED = 0, 2, 6
"""Exit codes of the doors that read a run."""


class NotFound(Exception):
    """What was asked for is not there; the message says what to name instead."""


class DigestDiffers(Exception):
    """The replayed state is not the one that the live engine had; the message names the record."""


class Applied(msgspec.Struct):
    """One record, the place behind it, and what it did to the state."""

    record: Record
    place: Place
    state: State
    changes: list[Change]


class Verified(msgspec.Struct, frozen=True):
    """What a journal proves: its length, the end of its chain, the state's digest there, the digests met on the way.

    One stands behind every `digest_every` records; nothing but the chain speaks for those behind the last. `marked` is
    the last record that the head mark names: one before the end where a process died as it wrote, more with `power`.
    """

    records: int
    marked: int
    head: str
    digest: str
    digests_met: int
    digest_every: int


class Summary(msgspec.Struct, frozen=True):
    """The state of a run in a few figures, base-currency millionths; orders are counted by state."""

    run: str
    mode: str
    records: int
    orders: dict[str, int]
    worst_loss_micros: dict[EventId, int]
    day_loss_micros: int
    imbalance_micros: int
    breaks_open: int
    kill_level: str


class Fold:
    """The state that a journal comes to, as far as it was read; it can be read on when more has been written."""

    def __init__(self, run: Path, *, since: Place = START, state: State | None = None) -> None:
        """`state` is what the records up to `since` come to."""
        self.place = since
        self.state = state
        self._run = run
        self._due = False  # of a state that is given nobody knows what its last record was

    def steps(self, *, stop: Callable[[Record], bool] | None = None) -> Iterator[Applied]:
        """Every record that was not read before, applied; none from the first on that `stop` says.

        Raises JournalDamaged, DigestDiffers.
        """
        for record, place in read_on(self._run, self.place):
            if stop is not None and stop(record):
                return
            body, state = record.body, self.state
            if state is None:
                state = self.state = State(_started(record))
            if type(body) is DigestTaken:
                _meet(state, body, record.seq)
            elif self._due and not isinstance(body, RunResumed):  # who died before it took one is resumed
                raise JournalDamaged(f"record {record.seq}: the digest of record {record.seq - 1} is missing here")
            try:
                changes = state.apply(body, record.monotonic_ns)
            except (AssertionError, KeyError) as error:
                name, seq = type(body).__name__, record.seq
                raise JournalDamaged(f"record {seq}, {name}, does not fit what stands before it: {error}") from error
            self.place = place
            self._due = is_digest_due(state, body)
            yield Applied(record, place, state, changes)


def is_digest_due(state: State, body: Journalled) -> bool:
    """Whether the next record must be the digest of this one, which was just applied."""
    if state.records % state.started.digest_every:
        return type(body) in STOPS
    return type(body) is not DigestTaken


def steps(run: Path) -> Iterator[Applied]:
    """Every record of a run, applied. Raises NotFound, JournalDamaged, DigestDiffers."""
    if not run.is_dir():
        raise NotFound(f"{run} is not a folder: name the folder of a run")
    fold = Fold(run)
    yield from fold.steps()
    if fold.state is None:
        raise NotFound(f"{run} holds no records: name the folder of a run")


def first_of(run: Path) -> RunStarted | None:
    """What a run began with, None while nothing is written. Raises JournalDamaged."""
    first = next(read(run), None)
    return None if first is None else _started(first[0])


def rebuild(run: Path) -> tuple[State, Verified]:
    """The state at the end of a run, and what its journal proves. Raises as `steps`."""
    met = 0
    step: Applied | None = None
    with uncollected():
        for step in steps(run):
            met += type(step.record.body) is DigestTaken
    assert step is not None, "steps ended without a record and without saying why"
    if isinstance(step.record.body, RunEnded):
        raise JournalDamaged(f"record {step.record.seq}: the run ended, and the digest of its end is missing")
    mark = marked(run)
    assert mark is not None, "the journal was read to its end without a mark"
    return step.state, Verified(
        records=step.record.seq,
        marked=min(mark.seq, step.record.seq),  # of a run that goes on meanwhile
        head=step.place.head.hex(),
        digest=step.state.digest(),
        digests_met=met,
        digest_every=step.state.started.digest_every,
    )


def verify(run: Path) -> Verified:
    """Check the chain, the head mark and every digest of a run. Raises as `steps`."""
    return rebuild(run)[1]


def replay_run(run: Path, *, verify: bool, as_json: bool) -> int:
    """The door `replay RUN [--verify]`: print what the run comes to, or what its journal proves."""
    return answering(lambda: _print_replay(run, verify=verify, as_json=as_json))


def answering(answer: Callable[[], None]) -> int:
    """Run what reads a run, and turn what is wrong with the run into one line and an exit code.

    A reader that has seen enough, such as `head`, ends the answer and is no fault.
    """
    try:
        answer()
        sys.stdout.flush()
    except BrokenPipeError:
        let_nobody_read()
    except (NotFound, OtherVersion) as error:
        return _complained(error, BAD_USAGE)
    except (JournalDamaged, DigestDiffers) as error:
        return _complained(error, DAMAGED)
    return GOOD


def summary(state: State) -> Summary:
    """The figures of a state that fit on a few lines."""
    return Summary(
        run=state.started.run,
        mode=state.started.mode,
        records=state.records,
        orders=dict(sorted(Counter(state_of(order).value for order in state.blotter.orders.every()).items())),
        worst_loss_micros={event: state.exposure.worst_loss_micros(event) for event in state.events},
        day_loss_micros=state.day_loss_micros(),
        imbalance_micros=state.ledger.imbalance(),
        breaks_open=len(state.breaks.standing),
        kill_level=KillLevel(state.breakers.level).name,
    )


def _print_replay(run: Path, *, verify: bool, as_json: bool) -> None:
    state, verified = rebuild(run)
    print_figures(verified if verify else summary(state), as_json=as_json)


def print_figures(found: msgspec.Struct, *, as_json: bool) -> None:
    """A few figures, one to a line, or as JSON; amounts with their point."""
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    for name, value in msgspec.structs.asdict(found).items():
        print(f"{name.removesuffix('_micros').replace('_', ' ')}: {_shown(name, value)}")


def _shown(name: str, value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(name, one)}" for key, one in value.items()) or "none"
    return format_micros(value) if name.endswith("_micros") and isinstance(value, int) else str(value)


def _complained(error: Exception, code: int) -> int:
    print(error, file=sys.stderr)
    return code


@contextmanager
def uncollected() -> Iterator[None]:
    """Without looking for garbage in rings: a state that only grows has none, and the search is a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _started(record: Record) -> RunStarted:
    if not isinstance(record.body, RunStarted):
        raise JournalDamaged(f"record {record.seq} is {type(record.body).__name__}: a run begins with RunStarted")
    return record.body


def _meet(state: State, taken: DigestTaken, seq: int) -> None:
    if taken.seq != state.records:
        raise DigestDiffers(f"record {seq}: a digest of record {taken.seq} stands behind record {state.records}")
    if (found := state.digest()) != taken.digest:
        raise DigestDiffers(
            f"record {seq}: the state after record {taken.seq} was {taken.digest}, replay comes to {found}"
        )
