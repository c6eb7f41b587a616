"""What settlement does to a bet: odds reduced by removals, and a profit rounded to the penny."""

from collections.abc import Iterable
from fractions import Fraction

import msgspec

from domain.money import MICROS, half_up_to

PENNY = 10_000
"""Bets are settled to this many micros where odds are quoted."""

WIN_REDUCTION_MIN_PCT = Fraction(5, 2)
"""In win markets the removal of a runner with a smaller factor reduces nothing."""


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
