"""How things are timed: cases take turns within a round, and only ratios of the same round are compared."""

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

import msgspec

Case = Callable[[], float]
"""Does its work once and returns what one unit of it cost, microseconds."""


class Spread(msgspec.Struct, frozen=True):
    """Middle, lowest and highest of the rounds."""

    median: float
    low: float
    high: float


class Line(msgspec.Struct, frozen=True):
    """One case of a row: its cost, its ratio to the row's first case, and what it must be at most.

    `target` is of the ratio, or of the cost where `target_of` is "us"; with `at_least` it is a floor and not a cap.
    `peer`: measured for comparison only.
    """

    name: str
    us: Spread
    ratio: Spread
    target: float | None = None
    target_of: str = "ratio"
    at_least: bool = False
    peer: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        value = (self.us if self.target_of == "us" else self.ratio).median
        return value >= self.target if self.at_least else value <= self.target


class Row(msgspec.Struct, frozen=True):
    """One line of the table to beat. `unit`: what one cost is the cost of; `missing`: why it was not measured."""

    name: str
    unit: str
    lines: tuple[Line, ...] = ()
    notes: tuple[str, ...] = ()
    missing: str = ""


class Goal(msgspec.Struct, frozen=True):
    """What a case must reach; see `Line`."""

    target: float
    target_of: str = "ratio"
    at_least: bool = False


def spread(values: Sequence[float]) -> Spread:
    """Middle and ends of some values."""
    return Spread(median(values), min(values), max(values))


def take_turns(cases: Mapping[str, Case], rounds: int, *, warm: bool = True) -> dict[str, list[float]]:
    """Cost of each case in each round, with `warm` an unmeasured turn first; garbage is collected before each turn."""
    for case in cases.values() if warm else ():
        case()
    costs: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            gc.collect()
            costs[name].append(case())
    return costs


def lines(
    costs: Mapping[str, Sequence[float]], goals: Mapping[str, Goal] | None = None, *, ours: Sequence[str] = ()
) -> tuple[Line, ...]:
    """Lines against the first case, which is 1.00 by definition; all but the first and `ours` are peers."""
    first, *_ = costs.values()
    found = []
    for number, (name, values) in enumerate(costs.items()):
        goal = (goals or {}).get(name)
        ratios = [value / base for value, base in zip(values, first, strict=True)]
        peer = number > 0 and name not in ours
        line = Line(name, spread(values), spread(ratios), peer=peer)
        if goal is not None:
            line = msgspec.structs.replace(line, target=goal.target, target_of=goal.target_of, at_least=goal.at_least)
        found.append(line)
    return tuple(found)


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all do not exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def now_us() -> float:
    """Microseconds of the wall: for single calls, where what matters is how long somebody waits."""
    return time.perf_counter_ns() / 1000


def cpu_us() -> float:
    """Microseconds that this process has worked: for long loops, so that neighbours on the machine do not count."""
    return time.process_time_ns() / 1000
