"""From values and times to places in a picture: round ticks, and a clock that skips what nobody watched."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil, floor, log10
from typing import NamedTuple

from desk.reports.figures import moment

BREAKS_MAX = 11
BREAK_SHARE = 0.02
BREAK_MS = 10 * 60_000
"""A gap is cut out of the time axis if it is longer than ten minutes and a fiftieth of all, the longest eleven only."""

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_CLOCK_STEPS_S = (
    1,
    5,
    15,
    30,
    60,
    120,
    300,
    900,
    1_800,
    3_600,
    7_200,
    10_800,
    21_600,
    43_200,
    86_400,
    172_800,
    604_800,
)


class Scale(NamedTuple):
    """A straight line from values to places; `ticks` are round values inside, `step` apart."""

    low: float
    high: float
    start: float
    end: float
    step: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """The place of a value, rounded as a picture needs it."""
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 2)


def round_scale(values: Iterable[float], *, start: float, end: float, ticks: int = 5) -> Scale:
    """A scale that holds all values and zero, its ends on round ticks."""
    low, high = min(0.0, *(known := [0.0, *values])), max(known)
    if low == high:
        high = low + 1.0
    rough = (high - low) / ticks
    power = 10.0 ** floor(log10(rough))
    step = next(power * one for one in _STEPS if power * one >= rough * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return Scale(first * step, last * step, start, end, step, tuple(number * step for number in range(first, last + 1)))


class Stretch(NamedTuple):
    """A piece of time that is drawn without a cut, and the places of its ends."""

    first_ms: int
    last_ms: int
    start: float
    end: float


class Clock:
    """The time axis: stretches that were watched, in proportion, with the gaps between them cut to a sliver."""

    def __init__(self, times_ms: Iterable[int], *, start: float, end: float, sliver: float = 14.0) -> None:
        times = sorted(set(times_ms)) or [0]
        total = times[-1] - times[0]
        wide = [
            (after - before, before, after)
            for before, after in pairwise(times)
            if after - before > max(BREAK_MS, total * BREAK_SHARE)
        ]
        cuts = sorted((before, after) for _, before, after in sorted(wide)[-BREAKS_MAX:])
        firsts = [times[0], *(after for _, after in cuts)]
        lasts = [*(before for before, _ in cuts), times[-1]]
        self.stretches = _places(list(zip(firsts, lasts, strict=True)), start=start, end=end, sliver=sliver)
        self._firsts = firsts

    def at(self, at_ms: int) -> float:
        """The place of a time; one inside a cut stands where the cut begins."""
        stretch = self.stretches[max(0, bisect_right(self._firsts, at_ms) - 1)]
        share = (at_ms - stretch.first_ms) / max(1, stretch.last_ms - stretch.first_ms)
        return round(stretch.start + min(1.0, max(0.0, share)) * (stretch.end - stretch.start), 2)

    def ticks(self, *, apart: float) -> list[tuple[float, str]]:
        """Places and labels, at least `apart` from each other: the begins of stretches first, then round times."""
        chosen: dict[float, int] = {}
        begins = [stretch.first_ms for stretch in self.stretches]
        for at_ms in (*begins, *(at for stretch in self.stretches for at in _round_times(stretch, apart))):
            place = self.at(at_ms)
            if all(abs(place - other) >= apart for other in chosen) and place + apart / 2 < self.stretches[-1].end:
                chosen[place] = at_ms
        found, day = [], ""
        for place, at_ms in sorted(chosen.items()):
            when = moment(at_ms)
            hour = f"{when:%H:%M}" if at_ms // 1000 % 60 == 0 else f"{when:%H:%M:%S}"
            found.append((place, hour if f"{when:%Y-%m-%d}" == day else f"{when:%Y-%m-%d} {hour}"))
            day = f"{when:%Y-%m-%d}"
        return found


def _places(spans: Sequence[tuple[int, int]], *, start: float, end: float, sliver: float) -> list[Stretch]:
    """Each span gets a small share of the width whatever its length, and the rest in proportion to its time."""
    width = end - start - sliver * (len(spans) - 1)
    floor_width = min(36.0, width / len(spans) / 2)
    spare, total = width - floor_width * len(spans), sum(last - first for first, last in spans) or 1
    placed, at = [], start
    for first, last in spans:
        wide = floor_width + spare * (last - first) / total
        placed.append(Stretch(first, last, at, at + wide))
        at += wide + sliver
    return placed


def _round_times(stretch: Stretch, apart: float) -> list[int]:
    """Round times of the clock inside."""
    span_s = (stretch.last_ms - stretch.first_ms) / 1000
    fits = max(1.0, (stretch.end - stretch.start) / apart)
    step_ms = 1000 * next((step for step in _CLOCK_STEPS_S if span_s / step <= fits), _CLOCK_STEPS_S[-1])
    first = -(-stretch.first_ms // step_ms) * step_ms
    return list(range(first, stretch.last_ms + 1, step_ms))
