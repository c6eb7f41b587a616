"""Seeded trouble: repeatable, independent of who asks when, and counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venues.sim.faults import MILLION, PROFILES, Danger, Dice, Faults, Profile, drawn

HALF = Profile("half", dict.fromkeys(Danger, MILLION // 2), delay_ms=(5, 9), frozen_ms=(10, 10))


def test_every_profile_is_known_by_its_name_and_storm_is_worse_than_light():
    assert set(PROFILES) == {"none", "light", "heavy", "storm"}
    assert PROFILES["none"].rates == {}
    light, heavy, storm = (PROFILES[name].rates for name in ("light", "heavy", "storm"))
    assert light.keys() == storm.keys()
    for danger in light:
        assert 0 < light[danger] < heavy[danger] < storm[danger] < MILLION


def test_a_draw_depends_on_seed_entity_and_counter_alone():
    sample = {drawn(seed, who, n, 10**9) for seed in range(3) for who in ("a", "b") for n in range(50)}
    assert len(sample) == 300
    assert drawn(1, "a", 1, 10**9) == drawn(1, "a", 1, 10**9)


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=60))
def test_whom_else_is_asked_in_between_changes_nothing(order: list[str]):
    alone = {who: Faults(HALF, 7) for who in "abc"}
    together = Faults(HALF, 7)
    for who in order:
        assert together.strikes(Danger.REPLY_LOST, who) == alone[who].strikes(Danger.REPLY_LOST, who)
    assert together.fired.total() == sum(faults.fired.total() for faults in alone.values())


def test_only_what_really_fired_is_counted():
    faults = Faults(HALF, 3)
    fired = sum(faults.strikes(Danger.FEED_CUT, f"connection {n % 5}") for n in range(1_000))
    assert 400 < fired < 600
    assert dict(faults.fired) == {"feed_cut": fired}


def test_calm_is_a_profile_that_can_be_put_on_at_any_time():
    faults = Faults(HALF, 3)
    faults.profile = PROFILES["none"]
    assert not any(faults.strikes(danger, "x") for danger in Danger for _ in range(100))
    assert not faults.fired


@pytest.mark.parametrize("seed", range(20))
def test_delays_and_places_stay_within_their_bounds(seed: int):
    faults = Faults(HALF, seed)
    assert 5_000_000 <= faults.delay_ns("x") <= 9_000_000
    assert faults.frozen_ns("x") == 10_000_000
    assert 0 <= faults.below(3, "x") < 3
    dice = Dice(seed, "x")
    assert {dice.between(2, 4) for _ in range(60)} == {2, 3, 4}
