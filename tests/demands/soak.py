"""A week of the whole program under virtual time, and what it holds in memory at the start, each day and at the end.

    python -m tests.demands.soak --days 7 --seed 1

`engine` is every object that can be reached from the engine, its adapters and their codecs, but not from the simulated
exchanges, which forget nothing and share the process; `process` is what the machine has given to both. What is full
after a busy day stands full from the start, so that it hides nothing: little is kept at hand, the rest goes to disk.
"""

import argparse
import gc
import resource
import sys
import types
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from domain.operators import EVERY_STRATEGY, PauseSet
from engine.order_shelf import move_to_disk
from tests.demands.trials import Trial

HOURS_A_DAY = 24
AT_HAND = 200
"""Orders, and lines of each venue, that memory holds: a real day has a hundred times more of both than this week."""
SPARSE: dict[str, Any] = {
    "kinds": ("match_odds",),
    "pace": 0.0005,
    "tick_ms": 60_000,
    "look_again_ms": 60_000,
    "recon_s": 3_600,
    "model_ms": 600_000,
    "patience": 10,
}
"""As quiet as a world can be in which matches are still played to their end."""
TRADED_H = 0.5
"""So long of each day strategies trade; then they rest until the next."""
FLAT = 1.05
MATCHES_FIRST, MATCHES_APART_MIN, MATCH_MIN = 4, 30, 120
"""A world begins with these; then one follows another at that distance, and takes so long; minutes of the world."""

_OURS = ("engine", "oms", "risk", "recon", "domain", "storage", "strategy", "venues")
_PLAIN = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.CodeType)


class Sample(msgspec.Struct, frozen=True):
    """What was held after so many hours, in bytes, and what had happened by then."""

    hours: float
    engine: int
    process: int
    placed: int
    settled: int
    records: int


def is_theirs(thing: object) -> bool:
    """Whether an object is of the simulated world, of the pipes that lead there, or of these tests."""
    module = type(thing).__module__
    return module.startswith(("venues.sim", "engine.simulate", "tests")) or ".fake" in module


def held(root: object) -> Counter[str]:
    """Bytes of every object of ours that can be reached from one of ours, by the class that they hang on."""
    seen: set[int] = set()
    found: Counter[str] = Counter()
    waiting: list[tuple[object, str]] = [(root, "")]
    while waiting:
        thing, owner = waiting.pop()
        if id(thing) in seen or isinstance(thing, _PLAIN) or is_theirs(thing):
            continue
        seen.add(id(thing))
        if isinstance(thing, types.MethodType):
            waiting.append((thing.__self__, owner))
            continue
        if type(thing).__module__.partition(".")[0] in _OURS:
            owner = type(thing).__name__
        found[owner] += sys.getsizeof(thing)
        waiting += [(other, owner) for other in gc.get_referents(thing)]
    return found


class Soak:
    """The demo's desk over days, its world stretched so that matches are played to the end of the last one."""

    def __init__(self, folder: Path, *, days: float, seed: int, matches: int, at_hand: int = AT_HAND) -> None:
        minutes = MATCHES_APART_MIN * max(0, matches - MATCHES_FIRST) + MATCH_MIN
        speed = minutes / (days * HOURS_A_DAY * 60)
        self.trial = Trial(folder, seed=seed, **SPARSE, speed=speed, matches=matches)
        state = self.trial.state
        move_to_disk(state, folder)
        state.blotter.orders.archive_max = state.ledger.lines.lines_max = at_hand
        self.hours = 0.0

    def run(self, hours: float, *, traded_h: float = TRADED_H) -> Sample:
        """Let so much time pass, trade at its beginning, and look."""
        for paused, span in ((False, traded_h), (True, hours - traded_h)):
            self.trial.street.emit(PauseSet(EVERY_STRATEGY, paused, "ann", "a day's trading"))
            self.trial.run(span * 3_600)
        self.hours += hours
        return self.look()

    def look(self) -> Sample:
        """What is held now."""
        state = self.trial.state
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024
        engine = held(self.trial.street).total()
        return Sample(self.hours, engine, peak, state.placed, len(state.settled), state.records)


def samples(folder: Path, *, days: int, seed: int, matches: int) -> Iterator[Sample]:
    """At the start, after each day, and after an orderly end whose books agree with the exchanges' own."""
    soak = Soak(folder, days=days, seed=seed, matches=matches)
    yield soak.look()
    for _ in range(days):
        yield soak.run(HOURS_A_DAY)
    soak.trial.finish()
    yield soak.look()


def is_flat(found: list[Sample]) -> bool:
    """Whether the last day held no more than a twentieth above the most of the days before its middle."""
    days = [one.engine for one in found[1:-1]]
    return days[-1] <= FLAT * max(days[: (len(days) + 1) // 2])


def main() -> int:
    """Print every sample; 1 if memory grew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--matches", type=int, default=8)
    chosen = parser.parse_args()
    found: list[Sample] = []
    with TemporaryDirectory() as folder:
        for one in samples(Path(folder), days=chosen.days, seed=chosen.seed, matches=chosen.matches):
            found.append(one)
            print(
                f"{one.hours / HOURS_A_DAY:4.1f} days: engine {one.engine / 1e6:6.2f} MB, process at most"
                f" {one.process / 1e6:5.0f} MB, {one.placed} orders, {one.settled} settled, {one.records} records",
                flush=True,
            )
    flat = is_flat(found)
    print("flat within 5 %" if flat else "memory grew by more than 5 %")
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
