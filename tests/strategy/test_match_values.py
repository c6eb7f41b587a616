"""All markets of a match from one source: they agree with each other, and with the score."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.settlement import asian_handicap
from strategy.football import Match, score_matrix
from strategy.match_values import synthetic_odds, values_of_rates, values_of_result

rates = st.floats(min_value=0.1, max_value=4)
goals = st.integers(min_value=0, max_value=4)


def test_the_published_example_before_the_match() -> None:
    values = values_of_rates(home_rate=1.5, away_rate=1.1)
    assert values["match_odds"] == pytest.approx((0.464244, 0.257667, 0.278089), abs=1e-6)
    assert values["over_under_25"] == pytest.approx((0.481570, 0.518430), abs=1e-6)
    assert values["draw_no_bet"] == pytest.approx((0.625386, 0.374614), abs=1e-6)
    assert values["both_to_score"] == pytest.approx((0.518272, 0.481728), abs=1e-6)


def test_the_published_example_of_a_tie_that_must_be_decided() -> None:
    values = values_of_result(home=0.45, draw=0.27, away=0.28, home_through_after_draw=0.55)
    assert values["to_advance"] == pytest.approx((0.5985, 0.4015))
    assert values["double_chance"] == pytest.approx((0.72, 0.55, 0.73))


@given(home=rates, away=rates, score=st.tuples(goals, goals), quarters=st.integers(-12, 12), odds=st.floats(1.2, 8))
def test_at_its_fair_odds_a_bet_on_a_line_is_expected_to_bring_nothing(home, away, score, quarters, odds) -> None:
    """By every final score on its own: what is won, lost or given back there, weighed by its chance."""
    line = Fraction(quarters, 4)
    kind = f"asian_handicap_{quarters / 4 + 0.0:g}"
    value = values_of_rates(home_rate=home, away_rate=away, score=score, handicaps=(float(line),))[kind]
    assert sum(value) == pytest.approx(1)
    home_goals, away_goals, chances = score_matrix(Match(home, away, 1.0, *score))
    expected = {1 / value[0]: 0.0, odds: 0.0}
    for row, column in product(range(chances.shape[0]), range(chances.shape[1])):
        diff = int(home_goals[row, 0] - away_goals[0, column])
        parts = asian_handicap(line=line, goal_diff=Fraction(diff))
        for price in expected:
            expected[price] += float(chances[row, column]) * float(parts.won * Fraction(price - 1) - parts.lost)
    assert expected[1 / value[0]] == pytest.approx(0, abs=1e-9)
    if abs(odds * value[0] - 1) > 1e-6:
        assert (expected[odds] > 0) is (odds * value[0] > 1), "better odds are worth taking, worse are not"


def test_lines_agree_with_the_markets_that_they_are() -> None:
    values = values_of_rates(home_rate=1.5, away_rate=1.1, handicaps=(-0.5, -0.0, 0.5))
    assert values["asian_handicap_-0.5"][0] == pytest.approx(values["match_odds"][0])
    assert values["asian_handicap_0"] == pytest.approx(values["draw_no_bet"])
    assert values["asian_handicap_0.5"] == pytest.approx((values["double_chance"][0], values["match_odds"][2]))
    with pytest.raises(ValueError, match="quarter goals"):
        values_of_rates(home_rate=1.5, away_rate=1.1, handicaps=(0.3,))


@given(home=rates, away=rates, score=st.tuples(goals, goals), left=st.floats(min_value=0, max_value=90))
def test_at_any_score_each_market_is_whole_and_all_agree(home, away, score, left) -> None:
    values = values_of_rates(home_rate=home, away_rate=away, score=score, minutes_left=left, lines=(0.5, 2.5, 3.5))
    for kind, probs in values.items():
        assert sum(probs) == pytest.approx(2 if kind == "double_chance" else 1)
        assert all(-1e-12 <= p <= 1 + 1e-12 for p in probs)
    assert values["over_under_05"][0] >= values["over_under_25"][0] >= values["over_under_35"][0]
    assert values["to_advance"][0] >= values["match_odds"][0] - 1e-12
    if "draw_no_bet" in values:
        assert values["draw_no_bet"][0] >= values["match_odds"][0] - 1e-12


def test_at_the_whistle_the_score_is_the_result() -> None:
    values = values_of_rates(home_rate=1.5, away_rate=1.1, score=(2, 1), minutes_left=0)
    assert values["match_odds"] == (1, 0, 0)
    assert values["over_under_25"] == (1, 0)
    assert values["both_to_score"] == (1, 0)
    assert values["draw_no_bet"] == (1, 0)


def test_where_only_the_draw_can_come_a_bet_that_is_void_on_it_has_no_value() -> None:
    values = values_of_rates(home_rate=1.5, away_rate=1.1, minutes_left=0, home_through_after_draw=0.6)
    assert "draw_no_bet" not in values
    assert values["match_odds"] == (0, 1, 0)
    assert values["to_advance"] == pytest.approx((0.6, 0.4))


def test_half_the_time_is_half_the_goals() -> None:
    half = values_of_rates(home_rate=3.0, away_rate=2.2, minutes_left=45)
    assert half["match_odds"] == pytest.approx(values_of_rates(home_rate=1.5, away_rate=1.1)["match_odds"])


@pytest.mark.parametrize("probs", [(0.5, 0.3, 0.3), (0.7, 0.5, -0.2), (0.2, 0.2, 0.2)])
def test_probabilities_that_are_none_are_refused(probs) -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        values_of_result(home=probs[0], draw=probs[1], away=probs[2])


@given(weights=st.tuples(*[st.integers(min_value=1, max_value=50)] * 3))
def test_at_fair_odds_the_synthetic_odds_are_fair_too(weights) -> None:
    home, draw, away = (weight / sum(weights) for weight in weights)
    values = values_of_result(home=home, draw=draw, away=away)
    odds = synthetic_odds(home=1 / home, draw=1 / draw, away=1 / away)
    for kind in ("draw_no_bet", "double_chance"):
        assert [1 / o for o in odds[kind]] == pytest.approx(values[kind])
