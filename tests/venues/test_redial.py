"""Reconnect schedule: jittered, growing, and never more than so many dials a minute."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venues.redial import MINUTE_NS, Redial

S = 1_000_000_000


def test_the_first_attempt_is_free_and_each_failure_waits_within_its_bound() -> None:
    redial = Redial(lambda: 0.999, per_minute=6)
    assert redial.due_ns() == 0
    now, waits = 100 * S, []
    for _ in range(5):
        redial.dialled(now)
        redial.failed(now)
        waits.append(redial.due_ns() - now)
        now = redial.due_ns()
    assert [round(wait / S) for wait in waits] == [1, 4, 8, 8, 20]


def test_jitter_reaches_down_to_no_wait_at_all() -> None:
    redial = Redial(lambda: 0.0, per_minute=6)
    redial.failed(5 * S)
    assert redial.due_ns() == 5 * S


def test_use_makes_the_waits_short_again() -> None:
    redial = Redial(lambda: 0.5, per_minute=6)
    for now in (S, 10 * S, 30 * S):
        redial.failed(now)
    assert redial.is_failing
    redial.proved()
    assert not redial.is_failing
    redial.failed(100 * S)
    assert redial.due_ns() == 100 * S + S // 2


def test_losses_during_a_wait_are_one_trouble() -> None:
    redial = Redial(lambda: 0.5, per_minute=6)
    for _ in range(8):
        redial.failed(10 * S)
    redial.failed(redial.due_ns())
    assert redial.due_ns() == 10 * S + S // 2 + 2 * S


@given(seed=st.integers(0, 1_000), per_minute=st.integers(1, 12), proves=st.booleans())
def test_no_minute_sees_more_dials_than_allowed(seed: int, per_minute: int, proves: bool) -> None:
    chance = random.Random(seed)
    redial = Redial(chance.random, per_minute=per_minute)
    now, dials = 0, []
    for _ in range(4 * per_minute):
        now = max(now, redial.due_ns())
        dials.append(now)
        redial.dialled(now)
        if proves:
            redial.proved()
        now += chance.randrange(S)
        redial.failed(now)
    for first, last in zip(dials, dials[per_minute:], strict=False):
        assert last - first >= MINUTE_NS


@pytest.mark.parametrize(("down_s", "missed_max"), [(0, 0), (1, 0), (3, 20), (5, 60)])
def test_a_line_that_is_back_within_seconds_is_dialled_soon_after_it_is_back(down_s: int, missed_max: int) -> None:
    """A thousand losses: how many were dialled later than eight seconds after a short outage, of ten for all of it."""
    missed = 0
    for seed in range(1_000):
        redial, now, back = Redial(random.Random(seed).random, per_minute=6), 100 * S, (100 + down_s) * S
        redial.dialled(now - 70 * S)
        redial.proved()
        redial.failed(now)
        while (now := max(now, redial.due_ns())) < back:
            redial.dialled(now)
            redial.failed(now)
        missed += now - back > 8 * S
    assert missed <= missed_max
