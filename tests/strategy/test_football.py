"""The goals model against other formulas of the same chances, and claims that look alike told apart."""

from fractions import Fraction
from itertools import product
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson, skellam

from strategy.football import Match, dnb_double_chance, event_mapping, poisson_markets

rates = st.floats(min_value=0.05, max_value=6)
HALVES = (0.5, 1.5, 2.5, 3.5, 4.5, 5.5)


@given(home=rates, away=rates)
def test_match_odds_are_those_of_the_difference_of_two_poisson_counts(home, away) -> None:
    probs = poisson_markets(Match(home, away))
    difference = skellam(home, away)
    assert probs.home == pytest.approx(difference.sf(0), abs=1e-9)
    assert probs.draw == pytest.approx(difference.pmf(0), abs=1e-9)
    assert probs.away == pytest.approx(difference.cdf(-1), abs=1e-9)


@given(home=rates, away=rates)
def test_totals_are_those_of_one_poisson_count(home, away) -> None:
    for total in poisson_markets(Match(home, away), lines=HALVES).totals:
        assert total.under == pytest.approx(poisson(home + away).cdf(int(total.line)), abs=1e-12)
        assert total.under + total.over == pytest.approx(1, abs=1e-12)


@given(home=rates, away=rates)
def test_both_teams_score_with_the_product_of_their_chances(home, away) -> None:
    assert poisson_markets(Match(home, away)).btts == pytest.approx((1 - exp(-home)) * (1 - exp(-away)), abs=1e-12)


@given(home=rates, away=rates)
def test_sides_swapped_swap_the_markets(home, away) -> None:
    here, there = poisson_markets(Match(home, away)), poisson_markets(Match(away, home))
    assert (here.home, here.draw) == pytest.approx((there.away, there.draw), abs=1e-14)
    assert here.home_dnb == pytest.approx(here.home / (1 - here.draw), abs=1e-12)
    assert here.home + here.draw + here.away == pytest.approx(1, abs=1e-12)


@given(home=rates, away=rates, more=st.floats(min_value=0.01, max_value=1))
def test_more_home_goals_help_the_home_side_and_the_overs(home, away, more) -> None:
    before, after = poisson_markets(Match(home, away)), poisson_markets(Match(home + more, away))
    assert after.home > before.home
    assert after.away < before.away
    assert after.totals[0].over > before.totals[0].over


@pytest.mark.parametrize(("home", "away", "time_left"), [(1.5, 1.1, 0.5), (0.4, 2.9, 0.1), (3.0, 0.2, 0.9)])
def test_values_in_running_average_to_the_value_before_the_match(home, away, time_left) -> None:
    """Over every score that the played part may have brought, each weighed by its chance."""

    def values(match: Match) -> list[float]:
        probs = poisson_markets(match)
        return [probs.home, probs.draw, probs.btts, probs.totals[0].over]

    played = [poisson(rate * (1 - time_left)) for rate in (home, away)]
    averages = [0.0] * 4
    for goals_home, goals_away in product(range(25), range(25)):
        weight = played[0].pmf(goals_home) * played[1].pmf(goals_away)
        now = values(Match(home, away, time_left, goals_home, goals_away))
        averages = [total + weight * value for total, value in zip(averages, now, strict=True)]
    assert averages == pytest.approx(values(Match(home, away)), abs=1e-12)


def test_in_running_the_score_and_the_time_left_count() -> None:
    probs = poisson_markets(Match(1.5, 1.1, time_left=0.25, goals_home=1, goals_away=0), lines=(0.5, 1.5))
    left = skellam(1.5 * 0.25, 1.1 * 0.25)
    assert probs.home == pytest.approx(left.sf(-1), abs=1e-12)
    assert probs.draw == pytest.approx(left.pmf(-1), abs=1e-12)
    assert probs.btts == pytest.approx(1 - exp(-1.1 * 0.25), abs=1e-12)
    assert probs.totals[0].over == pytest.approx(1, abs=1e-15)
    assert probs.totals[1].under == pytest.approx(exp(-2.6 * 0.25), abs=1e-12)


@pytest.mark.parametrize(
    ("score", "expected"), [((2, 1), (1, 0, 0, 1.0, 1)), ((0, 0), (0, 1, 0, None, 0)), ((0, 3), (0, 0, 1, 0.0, 0))]
)
def test_a_finished_match_is_decided(score, expected) -> None:
    probs = poisson_markets(Match(1.4, 1.2, 0.0, *score))
    assert (probs.home, probs.draw, probs.away, probs.home_dnb, probs.btts) == expected
    assert probs.totals[0].over == (sum(score) > 2)


@pytest.mark.parametrize(
    ("match", "lines", "said"),
    [
        (Match(-0.1, 1), (), r"lambda_home must be expected goals in \[0, 50\], not -0.1"),
        (Match(1, 90), (), "lambda_away must be"),
        (Match(1, float("nan")), (), "lambda_away must be"),
        (Match(1, 1, 1.5), (), "time_left must be a share of the match"),
        (Match(1, 1, 0.5, -1, 0), (), "goals must be 0 or more"),
        (Match(1, 1), (2.5, 3.0), r"must end in \.5, not 3\.0"),
        (Match(1, 1), (2.25,), r"must end in \.5, not 2\.25"),
    ],
)
def test_bad_input_is_refused_with_the_reason(match, lines, said) -> None:
    with pytest.raises(ValueError, match=said):
        poisson_markets(match, lines=lines)


def test_the_highest_rate_still_sums_to_one() -> None:
    probs = poisson_markets(Match(50, 50))
    assert probs.home + probs.draw + probs.away == pytest.approx(1, abs=1e-12)


# --- claims that look alike ---

three_way = st.tuples(*[st.integers(min_value=1, max_value=1000)] * 3).map(
    lambda parts: [Fraction(part, sum(parts)) for part in parts]
)
shares = st.fractions(min_value=0, max_value=1)


@given(probs=three_way, level=shares)
def test_the_three_claims_called_a_wins_stand_in_order(probs, level) -> None:
    a, draw, b = probs
    claims = event_mapping(a=a, draw=draw, b=b, a_given_draw=level)
    assert claims.a_wins_90 + claims.a_not_win_90 == 1
    assert claims.a_wins_90 <= claims.a_to_advance <= a + draw
    assert claims.dnb_a * (1 - claims.draw_no_void) == a
    assert claims.lay_a_equals_back == ("draw", "B")


@given(probs=three_way)
def test_advancing_after_a_draw_by_merit_is_draw_no_bet(probs) -> None:
    a, draw, b = probs
    claims = event_mapping(a=a, draw=draw, b=b, a_given_draw=a / (a + b))
    assert claims.a_to_advance == claims.dnb_a


def test_draw_no_bet_of_a_certain_draw_has_no_value() -> None:
    with pytest.raises(ValueError, match="a chance that somebody wins"):
        event_mapping(a=Fraction(0), draw=Fraction(1), b=Fraction(0), a_given_draw=Fraction(1, 2))


odds = st.builds(Fraction, st.integers(min_value=101, max_value=5000), st.just(100))


@given(odds_a=odds, odds_draw=odds, stake=st.builds(Fraction, st.integers(min_value=1, max_value=10**6)))
def test_a_covered_draw_gives_the_stake_back_and_pays_the_synthetic_odds(odds_a, odds_draw, stake) -> None:
    cover = dnb_double_chance(odds_a=odds_a, odds_draw=odds_draw, total_stake=stake)
    assert cover.stake_draw * odds_draw == stake
    assert cover.stake_a * odds_a == stake * cover.synthetic_dnb_odds
    assert cover.stake_a + cover.stake_draw == stake
    on_a = stake * cover.double_chance_a_or_draw / odds_a
    on_draw = stake * cover.double_chance_a_or_draw / odds_draw
    assert on_a + on_draw == stake


def test_odds_of_a_cover_must_be_odds() -> None:
    with pytest.raises(ValueError, match="must be above 1, not 2 and 1"):
        dnb_double_chance(odds_a=Fraction(2), odds_draw=Fraction(1), total_stake=Fraction(10))
