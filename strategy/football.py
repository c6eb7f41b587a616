"""Football from goal rates: one matrix of final scores, and every market of the match read off it."""

from collections.abc import Sequence
from fractions import Fraction
from math import exp, sqrt
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from domain.settlement import asian_handicap

Number = Fraction | float
"""Fractions stay exact; floats are for the street."""

RATE_MAX: Final = 50.0
"""More expected goals than any match: a rate above it is a mistake of units."""


# --- the model: goals of the two sides as independent Poisson counts ---


class Match(msgspec.Struct, frozen=True):
    """A match as the model sees it.

    `lambda_home` and `lambda_away` are the goals expected over a whole match; `time_left` the share of the match
    (1 before kick-off, 0 at the end) that is still to be played at those rates; the goals are those scored so far.
    """

    lambda_home: float
    lambda_away: float
    time_left: float = 1.0
    goals_home: int = 0
    goals_away: int = 0


class TotalGoals(msgspec.Struct, frozen=True):
    """Probabilities that the match ends with fewer, and with more goals than a half-goal line."""

    line: float
    under: float
    over: float


class MatchProbs(msgspec.Struct, frozen=True):
    """Probabilities of a match's markets, all from one score matrix, so that no two of them can disagree.

    `home_dnb` is the home side's chance given that somebody wins, None once only the draw is possible;
    `btts` that both teams score.
    """

    home: float
    draw: float
    away: float
    home_dnb: float | None
    btts: float
    totals: tuple[TotalGoals, ...]


def poisson_markets(match: Match, *, lines: Sequence[float] = (2.5,)) -> MatchProbs:
    """Probabilities of match odds, draw no bet, both teams to score and total goals, before or during a match.

    `lines` are half-goal lines (a whole or quarter line can be void in part and is another kind of claim).
    ValueError for a rate outside [0, 50], a time outside [0, 1], negative goals or another line.
    """
    _check_match(match)
    for line in lines:
        if line % 1 != 0.5:
            raise ValueError(f"a total goals line must end in .5, not {line}: other lines are void or split on a push")
    home_goals, away_goals, scores = score_matrix(match)
    home = float(scores[home_goals > away_goals].sum())
    away = float(scores[home_goals < away_goals].sum())
    goals = home_goals + away_goals
    return MatchProbs(
        home=home,
        draw=float(scores[home_goals == away_goals].sum()),
        away=away,
        home_dnb=home / (home + away) if home + away > 0 else None,
        btts=float(scores[(home_goals > 0) & (away_goals > 0)].sum()),
        totals=tuple(
            TotalGoals(line, float(scores[goals < line].sum()), float(scores[goals > line].sum())) for line in lines
        ),
    )


def handicap_ends(match: Match, *, line: float) -> tuple[float, float]:
    """Which part of a stake on the home side, which begins with `line` goals, is expected to be won, and to be lost.

    What is missing of one comes back. ValueError for a line that is no whole number of quarters.
    """
    _check_match(match)
    home_goals, away_goals, scores = score_matrix(match)
    diffs = home_goals - away_goals
    won = lost = 0.0
    for diff in range(int(diffs.min()), int(diffs.max()) + 1):
        parts = asian_handicap(line=Fraction(line), goal_diff=Fraction(diff))
        chance = float(scores[diffs == diff].sum())
        won += float(parts.won) * chance
        lost += float(parts.lost) * chance
    return won, lost


def score_matrix(match: Match) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Final home goals (a column), final away goals (a row) and the probability of each pair."""
    home = _poisson(match.lambda_home * match.time_left)
    away = _poisson(match.lambda_away * match.time_left)
    home_goals = match.goals_home + np.arange(len(home))[:, np.newaxis]
    away_goals = match.goals_away + np.arange(len(away))[np.newaxis, :]
    return home_goals, away_goals, np.outer(home, away)


def _poisson(rate: float) -> NDArray[np.float64]:
    """Chances of 0, 1, 2, ... events, up to where the rest is below anything a float sum can show."""
    last = int(rate + 12 * sqrt(rate)) + 20
    steps = rate / np.arange(1, last + 1)
    return exp(-rate) * np.concatenate(([1.0], np.cumprod(steps)))


def _check_match(match: Match) -> None:
    for name in ("lambda_home", "lambda_away"):
        rate = getattr(match, name)
        if not 0 <= rate <= RATE_MAX:
            raise ValueError(f"{name} must be expected goals in [0, {RATE_MAX:g}], not {rate}")
    if not 0 <= match.time_left <= 1:
        raise ValueError(f"time_left must be a share of the match in [0, 1], not {match.time_left}")
    if match.goals_home < 0 or match.goals_away < 0:
        raise ValueError(f"goals must be 0 or more, not {match.goals_home} and {match.goals_away}")


# --- one claim is not another: what three-way probabilities say about two-way markets ---


class ResultClaims(msgspec.Struct, frozen=True):
    """Values of the different claims that all get called "A wins".

    `a_wins_90` pays on A in regulation time, `a_not_win_90` is its opposite: laying A wins on the draw *and* on B.
    `a_to_advance` counts what follows a draw. `dnb_a` is void on the draw; a binary on the draw itself
    (`draw_no_void`) is not.
    """

    a_wins_90: Number
    a_not_win_90: Number
    a_to_advance: Number
    dnb_a: Number
    draw_no_void: Number
    lay_a_equals_back: tuple[str, ...] = ("draw", "B")


def event_mapping(*, a: Number, draw: Number, b: Number, a_given_draw: Number) -> ResultClaims:
    """Two-way claims from the probabilities of a match that can be drawn (A, draw, B in regulation time).

    `a_given_draw` is A's chance to go through after a draw. ValueError when neither side can win: a draw-no-bet
    market then has no value.
    """
    if not a + b > 0:
        raise ValueError(f"draw no bet needs a chance that somebody wins, not a={a} and b={b}")
    return ResultClaims(
        a_wins_90=a, a_not_win_90=draw + b, a_to_advance=a + draw * a_given_draw, dnb_a=a / (a + b), draw_no_void=draw
    )


class DrawCover(msgspec.Struct, frozen=True):
    """Draw no bet and double chance put together from match odds.

    `stake_draw` gives the whole stake back on the draw and `stake_a` rides on A: together a bet at
    `synthetic_dnb_odds`. `double_chance_a_or_draw` are the odds of splitting a stake so that both pay alike.
    """

    stake_draw: Number
    stake_a: Number
    synthetic_dnb_odds: Number
    double_chance_a_or_draw: Number


def dnb_double_chance(*, odds_a: Number, odds_draw: Number, total_stake: Number) -> DrawCover:
    """How to split a stake over A and the draw, and the odds that this amounts to; odds above 1."""
    if not (odds_a > 1 and odds_draw > 1):
        raise ValueError(f"odds_a and odds_draw must be above 1, not {odds_a} and {odds_draw}")
    stake_draw = total_stake / odds_draw
    return DrawCover(
        stake_draw=stake_draw,
        stake_a=total_stake - stake_draw,
        synthetic_dnb_odds=odds_a * (1 - 1 / odds_draw),
        double_chance_a_or_draw=1 / (1 / odds_a + 1 / odds_draw),
    )
