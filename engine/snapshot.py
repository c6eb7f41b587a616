"""A run's state from its latest snapshot and what its journal says after it; without one, from the journal alone."""

import sys
from functools import cache
from pathlib import Path
from types import FunctionType

import msgspec

from engine.replay import Applied, Fold, NotFound
from engine.state import State
from engine.telemetry import Telemetry
from storage.encoding import digest
from storage.graph import Named, NotKept, freeze, name_of, thaw
from storage.journal import START, Place
from storage.snapshots import Sealed, Snapshot, Unusable, keep, latest, load, sealed_up_to

ROOMS = ("domain", "oms", "risk", "recon", "engine")
"""Whose classes a state and its counters may be made of."""

BUILTINS: tuple[Named, ...] = (int, list, dict, set)


class Remembered(msgspec.Struct):
    """A state and everything that was counted on the way to it, at a place of the journal."""

    place: Place
    state: State | None
    telemetry: Telemetry | None

    def take(self, step: Applied) -> None:
        """Take one applied record over."""
        if self.telemetry is None:
            self.telemetry = Telemetry(step.state.venue_of)
        self.telemetry.took(step.record.body, step.changes, step.state, step.record.monotonic_ns)
        self.telemetry.wrote(step.record.body)
        self.state, self.place = step.state, step.place


def remembered(run: Path, *, seq_max: int | None = None) -> Remembered:
    """What the latest snapshot holds that can be trusted, none behind `seq_max`. Raises JournalDamaged.

    What cannot be trusted is told in a line and left: the journal has everything.
    """
    for path in latest(run, seq_max=seq_max):
        try:
            return _opened(load(run, path, _made_by()))
        except (Unusable, NotKept, msgspec.MsgspecError) as error:
            print(f"crossbook: snapshot left aside: {error}", file=sys.stderr)
    return Remembered(START, None, None)


def resumed(run: Path, found: Remembered | None = None) -> tuple[State, Telemetry, Place]:
    """The state at the end of a run, everything that was counted, and the place. Raises as `engine.replay.steps`.

    `found` is what is remembered already.
    """
    found = found or remembered(run)
    fold = Fold(run, since=found.place, state=found.state)
    for step in fold.steps():
        found.take(step)
    if found.state is None or found.telemetry is None:
        raise NotFound(f"{run} holds no records: name the folder of a run")
    return found.state, found.telemetry, found.place


def take_snapshot(run: Path, found: Remembered, sealed_before: tuple[Sealed, ...] = ()) -> tuple[Sealed, ...]:
    """Keep a snapshot; what it sealed, for the next one. Raises NotKept, OSError."""
    assert found.state is not None, "there is nothing to keep before the first record"
    sealed = sealed_up_to(run, found.place, sealed_before)
    frozen = freeze((found.state, found.telemetry), known_classes())
    keep(run, Snapshot(_made_by(), found.place, found.state.digest(), sealed, frozen))
    return sealed


def _opened(snapshot: Snapshot) -> Remembered:
    state, telemetry = thaw(snapshot.frozen, known_classes())
    if state.digest() != snapshot.digest:
        raise Unusable(f"the state at record {snapshot.place.seq} does not have the digest that was taken of it")
    return Remembered(snapshot.place, state, telemetry)


@cache
def known_classes() -> dict[str, Named]:
    """Every class of the rooms that a state is made of, and the functions that make defaults."""
    found = {name_of(one): one for one in BUILTINS}
    for name, module in sorted(sys.modules.items()):
        if name.partition(".")[0] in ROOMS:
            for one in vars(module).values():
                if isinstance(one, type | FunctionType) and one.__module__ == name:
                    found[name_of(one)] = one
    return found


@cache
def _made_by() -> str:
    """One number for the code of these classes: a snapshot of other code may mean other things by the same names."""
    house = Path(__file__).resolve().parents[1]
    return digest([path.read_bytes() for room in ROOMS for path in sorted((house / room).rglob("*.py"))])
