"""The starting price: the odds at which stakes backed and liabilities laid meet when a race begins.

Who backs names a stake and perhaps the least odds that suit, who lays a liability and perhaps the greatest. At odds `o`
those who back want `S(o)(o - 1)` to be paid, and those who lay offer `L(o)`. The first rises with `o` and the second
falls, so they meet once: within an interval between two limits, or at a limit, where only a part of what waits there is
matched.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from domain.orders import Side

Wanted = tuple[Fraction, Fraction | None]
"""An amount, and the limit of its odds if it has one."""


def starting_price(backs: Sequence[Wanted], lays: Sequence[Wanted]) -> Fraction | None:
    """The decimal odds of the reconciliation, None where one of the sides is empty at every odds."""
    limits = sorted({limit for _, limit in (*backs, *lays) if limit is not None})
    edges = [Fraction(1), *limits, None]
    for low, high in pairwise(edges):
        assert low is not None, "only the last edge is open"
        stakes, liabilities = _between(backs, lays, low)
        if stakes and liabilities:
            met = 1 + liabilities / stakes
            if met <= low:  # at the limit below more was backed than just above it is laid: it is met with a part
                return low if low > 1 else None
            if high is None or met <= high:
                return met
        elif stakes and low > 1:
            return low if _offered(lays, low) else None
    return None


def _between(backs: Sequence[Wanted], lays: Sequence[Wanted], low: Fraction) -> tuple[Fraction, Fraction]:
    """What is backed and laid at odds just above `low`, below the next limit."""
    stakes = sum((amount for amount, limit in backs if limit is None or limit <= low), Fraction(0))
    liabilities = sum((amount for amount, limit in lays if limit is None or limit > low), Fraction(0))
    return stakes, liabilities


def _offered(lays: Sequence[Wanted], odds: Fraction) -> bool:
    return any(limit is None or limit >= odds for _, limit in lays)


def matched_at_start(side: Side, wanted: Wanted, odds: Fraction) -> Fraction:
    """The backer's stake for which such a bet is matched at the starting price; nothing where it does not suit.

    At exactly its limit it may be matched in part: this is then the most that it may be.
    """
    amount, limit = wanted
    if limit is not None and (odds < limit if side is Side.BACK else odds > limit):
        return Fraction(0)
    return amount if side is Side.BACK else amount / (odds - 1)
