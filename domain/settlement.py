"""What settlement does to a bet: parts of it won, lost and given back, odds reduced by removals, rounding."""

from collections.abc import Iterable
from fractions import Fraction

import msgspec

from domain.ids import SelectionId
from domain.markets import Result
from domain.money import MICROS, half_up_to

PENNY = 10_000
"""Bets are settled to this many micros where odds are quoted."""

WIN_REDUCTION_MIN_PCT = Fraction(5, 2)
"""In win markets the removal of a runner with a smaller factor reduces nothing."""


class Parts(msgspec.Struct, frozen=True):
    """How a bet on a selection is settled in parts: won, lost, and for the rest given back; each between 0 and 1."""

    won: Fraction
    lost: Fraction

    def profit(self, *, if_win: Fraction, if_lose: Fraction) -> Fraction:
        """Gross result of a bet from its results if all of it wins and if all of it loses."""
        return self.won * if_win + self.lost * if_lose


def dead_heat(*, tied: int, places: int) -> Parts:
    """More winners than places: each is paid for that share of the stake at full odds, and loses the rest.

    `tied` selections share `places`, both at least 1; with no more of them than places nothing is shared.
    """
    if tied < 1 or places < 1:
        raise ValueError(f"a dead heat is of at least one for at least one place, not of {tied} for {places}")
    won = Fraction(min(tied, places), tied)
    return Parts(won, 1 - won)


def in_pieces(parts: Iterable[tuple[SelectionId, int, int, int]]) -> dict[SelectionId, Parts]:
    """The parts of a statement by selection; see `MarketSettled`."""
    return {name: Parts(Fraction(won, whole), Fraction(lost, whole)) for name, won, lost, whole in parts}


def settled_micros(claims: int, cost: int, result: Result | None, parts: Parts | None = None) -> int:
    """Gross result of claims held (given, below zero) that cost so much in sum, micros; half a micro away from zero.

    `parts` go before the result, for bets that did not end in one piece. A void gives the cost back.
    """
    if parts is not None:
        return half_up_to(parts.profit(if_win=Fraction(claims - cost, MICROS), if_lose=Fraction(-cost, MICROS)))
    if result is Result.VOID:
        return 0
    return claims - cost if result is Result.WON else -cost


QUARTER, HALF = Fraction(1, 4), Fraction(1, 2)


def asian_handicap(*, line: Fraction, goal_diff: Fraction) -> Parts:
    """A bet on a side that begins with `line` goals, when it scored `goal_diff` more than the other.

    Half of the stake of a quarter line is on the half line below it, half on the one above; a tie gives back.
    ValueError for a line that is no whole number of quarters.
    """
    if (line / QUARTER).denominator != 1:
        raise ValueError(f"a handicap is a whole number of quarter goals, not {line}")
    halves = (line, line) if (2 * line).denominator == 1 else (line - QUARTER, line + QUARTER)
    ends = [half + goal_diff for half in halves]
    return Parts(Fraction(sum(end > 0 for end in ends), 2), Fraction(sum(end < 0 for end in ends), 2))


class ReducedOdds(msgspec.Struct, frozen=True):
    """Odds after removals: the bare product, and as booked with two places after each removal."""

    exact: Fraction
    booked: Fraction


def reduced_odds(
    odds: Fraction, factors_pct: Iterable[Fraction], *, at_least_pct: Fraction = WIN_REDUCTION_MIN_PCT
) -> ReducedOdds:
    """Decimal odds of a win bet after runners were removed: each factor cuts the whole price.

    Factors below `at_least_pct` change nothing. Source: Betfair non-runner rule; prices in recorded markets
    (3.20 with 30.01 % became 2.24).
    """
    exact = booked = odds
    for factor in factors_pct:
        if factor >= at_least_pct:
            exact *= 1 - factor / 100
            booked = Fraction(half_up_to(booked * (1 - factor / 100), PENNY), MICROS)
    return ReducedOdds(exact=exact, booked=booked)


class ProfitRatio(msgspec.Struct, frozen=True):
    """A bet's profit before and after rounding to the penny."""

    exact: Fraction
    rounded: Fraction

    @property
    def ratio(self) -> Fraction:
        return self.rounded / self.exact

    @property
    def accepted(self) -> bool:
        """Whether rounding changes the profit by no more than a fifth down or a quarter up.

        Source: Betfair developer support, INVALID_PROFIT_RATIO.
        """
        return Fraction(4, 5) <= self.ratio <= Fraction(5, 4)


def profit_ratio(*, odds: Fraction, stake: Fraction) -> ProfitRatio:
    """How far rounding to the penny bends a small bet's profit."""
    exact = stake * (odds - 1)
    return ProfitRatio(exact=exact, rounded=Fraction(half_up_to(exact, PENNY), MICROS))
