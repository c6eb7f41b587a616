"""Places in a picture: round ticks that hold every value, and a clock that cuts out what nobody watched."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.reports.scales import BREAKS_MAX, Clock, round_scale

HOUR_MS = 3_600_000


@given(st.lists(st.floats(-1e9, 1e9).filter(lambda value: value == 0 or abs(value) > 1e-3), max_size=8))
def test_a_scale_holds_every_value_and_zero(values: list[float]) -> None:
    scale = round_scale(values, start=300, end=10)
    assert all(10 <= scale.at(value) <= 300 for value in [*values, 0.0])
    assert 2 <= len(scale.ticks) <= 9
    assert any(abs(tick) < 1e-12 for tick in scale.ticks)


def test_a_gap_nobody_watched_is_cut_and_both_sides_keep_their_proportion() -> None:
    watched = [*range(0, HOUR_MS, 60_000), *range(500 * HOUR_MS, 502 * HOUR_MS, 60_000)]
    clock = Clock(watched, start=0, end=1_000)
    first, second = clock.stretches
    assert second.start - first.end == pytest.approx(14)
    assert (second.end - second.start) / (first.end - first.start) == pytest.approx(1.9, abs=0.15)
    assert clock.at(0) == 0
    assert clock.at(watched[-1]) == 1_000


def test_a_time_inside_a_cut_stands_where_the_cut_begins() -> None:
    clock = Clock([0, HOUR_MS // 60, 500 * HOUR_MS, 500 * HOUR_MS + 60_000], start=0, end=1_000)
    assert clock.at(250 * HOUR_MS) == clock.at(HOUR_MS // 60)


def test_only_the_longest_gaps_are_cut() -> None:
    times = [day * 24 * HOUR_MS + part for day in range(40) for part in (0, HOUR_MS)]
    assert len(Clock(times, start=0, end=1_000).stretches) == BREAKS_MAX + 1


def test_labels_keep_apart_and_name_the_day_where_it_changes() -> None:
    times = [*range(0, HOUR_MS, 60_000), *range(30 * HOUR_MS, 31 * HOUR_MS, 60_000)]
    told = Clock(times, start=0, end=1_000).ticks(apart=136)
    places = [place for place, _ in told]
    assert all(after - before >= 136 for before, after in pairwise(places))
    assert told[0] == (0, "1970-01-01 00:00")
    assert "1970-01-02 06:00" in [label for _, label in told]


def test_one_instant_is_a_clock_too() -> None:
    assert Clock([5], start=0, end=10).at(5) == 0
    assert Clock([], start=0, end=10).ticks(apart=5)
