"""Prices that no book shows: a claim had through the other outcomes of its market, as exchanges that cross-match make.

Backing one outcome is the same as laying all the others. An exchange that knows this matches bets on different
outcomes with each other, so that an order on one of them stands, unseen, in the books of the rest.
Source: Betfair help, "virtual bets" and cross matching.
"""

from collections.abc import Mapping
from fractions import Fraction

import msgspec

from domain.odds import CLASSIC, NATIVE_SCALE, Ladder
from domain.orders import BACK, OTHER_SIDE, Side


class CrossMatch(msgspec.Struct, frozen=True):
    """A claim on one outcome made of lays of all the others: its odds, the stake of each lay, and what it costs."""

    odds: Fraction
    stakes: dict[str, Fraction]
    cost: Fraction

    def tick_floor(self, ladder: Ladder = CLASSIC) -> Fraction | None:
        """The odds as an exchange shows them: the highest tick that is not above them, None below the ladder."""
        tick = ladder.floor_tick(self.odds)
        return None if tick is None else ladder.value(tick)


def cross_match(others: Mapping[str, Fraction], *, payout: Fraction) -> CrossMatch | None:
    """Back an outcome at 1/(1 − Σ 1/l) by laying every other one at its odds l, each for payout/l.

    None where the other prices leave nothing to pay for it: laying them all would then win whatever happens.
    """
    price = 1 - sum((1 / odds for odds in others.values()), Fraction(0))
    if price <= 0:
        return None
    stakes = {name: payout / odds for name, odds in others.items()}
    return CrossMatch(odds=1 / price, stakes=stakes, cost=payout * price)


def two_runner_virtual(side: Side, price: int, ladder: Ladder = CLASSIC) -> tuple[Side, int] | None:
    """Where an order that rests on one of two outcomes shows on the other: the side that it takes there, and the price.

    `side` is the bet's own and `price` native odds. A back of o is money for whoever backs the other outcome at
    o/(o − 1), so it shows as a lay, rounded down; a lay shows as a back, rounded up: never better than it is.
    None off the ladder.
    """
    odds = Fraction(price, NATIVE_SCALE[ladder.kind])
    mirror = odds / (odds - 1)
    tick = ladder.floor_tick(mirror) if side is BACK else ladder.ceil_tick(mirror)
    return None if tick is None else (OTHER_SIDE[side], ladder.price(tick))
