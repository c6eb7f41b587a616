"""Matches, probabilities, chance and the quant's model: pure functions of the seed, and sound as probabilities."""

from fractions import Fraction
from itertools import islice, pairwise
from math import factorial
from statistics import fmean, stdev

import pytest

from venues.sim.chance import Drift, Stream, gap, normal
from venues.sim.football import (
    BREAK_OVER,
    HALF_PLAYED,
    KINDS,
    MINUTE,
    SECOND,
    belief,
    matches,
    outcome,
    over_probability,
    result_probabilities,
)
from venues.sim.listing import market_id
from venues.sim.model import ModelOptions, model_values


def test_draws_depend_on_seed_entity_and_counter_only():
    one = Stream(7, "maker/3")
    assert one.draws(5) == Stream(7, "maker/3").draws(5)
    assert len({one.draws(5), one.draws(6), Stream(8, "maker/3").draws(5), Stream(7, "maker/4").draws(5)}) == 4


def test_draws_are_spread_evenly():
    numbers = [u for n in range(1_000) for u in Stream(1, "a").draws(n)]
    assert all(0.0 <= u < 1.0 for u in numbers)
    assert fmean(numbers) == pytest.approx(0.5, abs=0.01)
    assert fmean(gap(u, 3.0) for u in numbers) == pytest.approx(3.0, rel=0.05)
    normals = [normal(u, v) for u, v in zip(numbers[::2], numbers[1::2], strict=True)]
    assert fmean(normals) == pytest.approx(0.0, abs=0.05)
    assert stdev(normals) == pytest.approx(1.0, abs=0.03)


def test_a_drift_is_the_same_whatever_was_asked_before():
    one, other = (Drift(Stream(1, "d"), period_ns=60 * SECOND) for _ in range(2))
    there = [one.at(n * SECOND) for n in range(600)]
    back = [other.at(n * SECOND) for n in reversed(range(600))]
    assert there == back[::-1]
    assert max(abs(a - b) for a, b in pairwise(there)) < 0.2


def exact_poisson(mean: Fraction, k: int) -> float:
    return float(mean**k / factorial(k)) * 2.718281828459045 ** float(-mean)


@pytest.mark.parametrize("lead", [-3, -1, 0, 2])
def test_probabilities_of_a_result_agree_with_adding_up_every_score(lead):
    home, away = Fraction(3, 2), Fraction(6, 5)
    expected = [0.0, 0.0, 0.0]
    for h in range(25):
        for a in range(25):
            ahead = h + lead - a
            expected[0 if ahead > 0 else 1 if ahead == 0 else 2] += exact_poisson(home, h) * exact_poisson(away, a)
    assert result_probabilities(1.5, 1.2, lead) == pytest.approx(expected, abs=1e-6)


def test_totals_are_certain_once_enough_goals_have_been_scored():
    assert over_probability(1.0, 3, 2) == 1.0
    assert over_probability(0.0, 2, 2) == 0.0
    assert over_probability(2.0, 0, 2) == pytest.approx(1 - sum(exact_poisson(Fraction(2), k) for k in range(3)))


def test_a_world_begins_with_three_matches_past_their_eightieth_minute():
    for seed in range(20):
        first, *others = matches(seed, count=6)
        played = (-first.kickoff_ns - BREAK_OVER + HALF_PLAYED) / MINUTE
        assert played == 80
        assert first.whistle_ns < 13 * MINUTE
        assert sum(match.kickoff_ns < 0 for match in others) == 4
        assert sum(match.whistle_ns < 15 * MINUTE for match in others) == 2
        assert len({name for match in (first, *others) for name in (match.home, match.away)}) == 12


def test_goals_come_as_often_as_football_has_them():
    played = [match for seed in range(60) for match in matches(seed, count=6)]
    assert fmean(len(match.goals) for match in played) == pytest.approx(2.75, rel=0.1)
    assert fmean(len(match.alarms) for match in played) == pytest.approx(2.75, rel=0.1)
    for match in played:
        for goal in match.goals:
            assert match.kickoff_ns < goal.at_ns < match.whistle_ns
            assert goal.seen_ns < goal.at_ns


def test_opinions_turn_into_what_happened_at_the_whistle():
    for seed in range(10):
        for match in matches(seed, count=6):
            for kind in KINDS:
                sure = belief(match, match.whistle_ns).probabilities(kind)
                assert sure[outcome(match, kind)] == pytest.approx(1.0)


def test_what_is_believed_likely_happens_about_as_often():
    """Calibration: over many matches, home wins come as often as they were expected at the kick-off."""
    played = [match for seed in range(250) for match in matches(seed, count=6)]
    expected = fmean(belief(match, match.kickoff_ns).probabilities("match_odds")[0] for match in played)
    happened = fmean(outcome(match, "match_odds") == 0 for match in played)
    assert happened == pytest.approx(expected, abs=0.03)


def test_the_model_is_the_same_from_any_moment_on():
    played = matches(3, count=4)
    whole = [value for value in model_values(3, played, ModelOptions()) if value.at_ns >= 600 * SECOND]
    assert whole == list(model_values(3, played, ModelOptions(), from_ns=600 * SECOND))


def test_the_model_learns_of_a_goal_late():
    seed, match, goal = next(
        (seed, match, goal)
        for seed in range(100)
        for match in matches(seed, count=3)
        for goal in match.goals
        if goal.at_ns > 60 * SECOND and not goal.undone_ns
    )
    options = ModelOptions()
    values = [
        value
        for value in model_values(seed, (match,), options, kinds=("match_odds",))
        if goal.at_ns - 4 * SECOND <= value.at_ns <= goal.at_ns + 12 * SECOND
    ]
    unaware = {value.state for value in values if value.at_ns < goal.at_ns + options.goal_lag_ns}
    aware = {value.state for value in values if value.at_ns >= goal.at_ns + options.goal_lag_ns}
    assert len(unaware) == len(aware) == 1
    assert unaware != aware


def test_the_model_is_near_the_truth_but_never_quite_there():
    played = matches(11, count=4)
    by_market = {market_id(match, kind): (match, kind) for match in played for kind in KINDS}
    misses = []
    for value in islice(model_values(11, played, ModelOptions(goal_lag_ns=0)), 2_000):
        match, kind = by_market[value.market]
        assert sum(value.probabilities) == pytest.approx(1.0)
        misses.append(value.probabilities[0] - belief(match, value.at_ns).probabilities(kind)[0])
    assert 0.001 < stdev(misses) < 0.02
