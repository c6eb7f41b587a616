"""Settlement: what removals and pennies make of a bet."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.settlement import Parts, asian_handicap, dead_heat, profit_ratio, reduced_odds


@pytest.mark.parametrize(
    ("before", "after"), [("3.2", "2.24"), ("3.25", "2.27"), ("3.75", "2.62"), ("3.8", "2.66"), ("3.85", "2.69")]
)
def test_a_removal_reduces_the_whole_price_as_recorded(before, after):
    assert reduced_odds(Fraction(before), [Fraction("30.01")]).booked == Fraction(after)


@pytest.mark.parametrize(
    ("odds", "factors", "exact", "booked"),
    [
        ("8", ["25"], "6", "6"),
        ("8.6", ["16.2"], "7.2068", "7.21"),
        ("8.6", ["2.49"], "8.6", "8.6"),  # below the threshold of win markets
        ("8.6", ["2.5"], "8.385", "8.39"),
        ("8.6", [], "8.6", "8.6"),
        ("8.6", ["16.2", "1", "10"], "6.48612", "6.49"),
        ("3.33", ["10", "10"], "2.6973", "2.7"),  # 2.997 is booked as 3.00 first
    ],
)
def test_removals_compound_and_each_is_booked_to_two_places(odds, factors, exact, booked):
    reduced = reduced_odds(Fraction(odds), [Fraction(factor) for factor in factors])
    assert (reduced.exact, reduced.booked) == (Fraction(exact), Fraction(booked))


def test_another_market_may_have_another_threshold():
    assert reduced_odds(Fraction(10), [Fraction(1)], at_least_pct=Fraction(0)).exact == Fraction("9.9")


@pytest.mark.parametrize(
    ("odds", "stake", "accepted"),
    [
        ("1.06", "0.13", False),  # a penny for 0.78 of one
        ("1.06", "2", True),
        ("1.65", "0.02", False),  # 1.3 pennies become one
        ("1.04", "0.2", True),  # exactly a quarter up
        ("1.25", "0.05", True),  # exactly a fifth down
        ("1.03", "0.1", False),  # nothing for 0.3 of a penny
    ],
)
def test_a_bet_that_lives_from_rounding_is_not_accepted(odds, stake, accepted):
    assert profit_ratio(odds=Fraction(odds), stake=Fraction(stake)).accepted is accepted


HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("tied", "places", "won"),
    [(1, 1, 1), (2, 1, HALF), (3, 2, Fraction(2, 3)), (2, 3, 1), (4, 1, Fraction(1, 4))],
)
def test_winners_share_the_places_that_there_are(tied: int, places: int, won: Fraction) -> None:
    assert dead_heat(tied=tied, places=places) == Parts(Fraction(won), 1 - Fraction(won))


@pytest.mark.parametrize(("tied", "places"), [(0, 1), (1, 0), (-1, 1)])
def test_a_dead_heat_of_nobody_is_refused(tied: int, places: int) -> None:
    with pytest.raises(ValueError, match=f"not of {tied} for {places}"):
        dead_heat(tied=tied, places=places)


@pytest.mark.parametrize(
    ("line", "diff", "won", "lost"),
    [
        ("-0.5", 0, 0, 1),
        ("-0.5", 1, 1, 0),
        ("0", 0, 0, 0),
        ("-1", 1, 0, 0),
        ("-0.25", 0, 0, HALF),
        ("0.25", 0, HALF, 0),
        ("-0.75", 1, HALF, 0),
        ("-1.25", 1, 0, HALF),
        ("0.75", -1, 0, HALF),
        ("1.25", -1, HALF, 0),
        ("1.25", -2, 0, 1),
        ("-2.75", 3, HALF, 0),
    ],
)
def test_quarter_lines_split_the_stake(line: str, diff: int, won: Fraction, lost: Fraction) -> None:
    assert asian_handicap(line=Fraction(line), goal_diff=Fraction(diff)) == Parts(Fraction(won), Fraction(lost))


@given(st.integers(-20, 20), st.integers(-9, 9))
def test_what_one_side_of_a_handicap_wins_the_other_loses(quarters: int, diff: int) -> None:
    line = Fraction(quarters, 4)
    ours, theirs = (asian_handicap(line=sign * line, goal_diff=Fraction(sign * diff)) for sign in (1, -1))
    assert (ours.won, ours.lost) == (theirs.lost, theirs.won)


def test_a_bet_on_a_line_ends_in_one_of_five_ways() -> None:
    ends = {
        asian_handicap(line=Fraction(quarters, 4), goal_diff=Fraction(diff))
        for quarters in range(-20, 21)
        for diff in range(-9, 10)
    }
    assert ends == {
        Parts(Fraction(won), Fraction(lost)) for won, lost in ((1, 0), (HALF, 0), (0, 0), (0, HALF), (0, 1))
    }


def test_a_line_that_is_no_quarter_is_refused() -> None:
    with pytest.raises(ValueError, match="quarter goals, not 1/3"):
        asian_handicap(line=Fraction(1, 3), goal_diff=Fraction(0))
