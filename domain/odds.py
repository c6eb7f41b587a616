"""Legal prices of a market as native integers, counted in ticks, and the claim each one buys."""

import enum
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import pairwise
from math import ceil, floor

import msgspec

from domain.orders import Side


class PriceKind(enum.StrEnum):
    """What a native price counts, and so what it says about the claim.

    ODDS: decimal odds in hundredths; the claim costs 100/h.
    CONTRACT: ten-thousandths of a unit of currency; the claim costs p/10000.
    LINE: a line in hundredths, always bet at evens; the price says which claim it is,
    not what it costs.
    """

    ODDS = "odds"
    CONTRACT = "contract"
    LINE = "line"


ODDS = PriceKind.ODDS
"""Asked for with every price: a member that is looked up in its enum takes as long as four calls."""

NATIVE_SCALE = {PriceKind.ODDS: 100, PriceKind.CONTRACT: 10_000, PriceKind.LINE: 100}
"""Native units in one unit of odds, currency or line."""

Band = tuple[int, int, int]
"""First price, last price and step, both ends included, in native units."""


class LimitMode(enum.StrEnum):
    """How a limit between two ticks is rounded.

    NO_WORSE never pays past the limit (quotes and value takes). AGGRESSIVE crosses it by
    part of a tick (unwinds and hedges, where finishing matters more).
    """

    NO_WORSE = "no_worse"
    AGGRESSIVE = "aggressive"


class Ladder(msgspec.Struct, frozen=True, dict=True):
    """The legal prices of a market in ascending order; tick 0 is the lowest.

    Two ladders of the same bands are equal and share their tables. A ladder is written out
    as its kind and bands only.
    """

    kind: PriceKind
    bands: tuple[Band, ...]

    @cached_property
    def prices(self) -> tuple[int, ...]:
        """Native price of every tick."""
        return _tables(self.bands)[0]

    @cached_property
    def tick_by_price(self) -> dict[int, int]:
        """Tick of every native price; shared, so never to be changed."""
        return _tables(self.bands)[1]

    def __len__(self) -> int:
        return len(self.prices)

    def price(self, tick: int) -> int:
        """Native price of a tick; IndexError outside the ladder."""
        if tick < 0:
            raise IndexError(f"tick {tick} is below the ladder")
        return self.prices[tick]

    def tick(self, price: int) -> int | None:
        """Tick of a native price, None if it is not on the ladder."""
        return self.tick_by_price.get(price)

    def floor_tick(self, value: Fraction) -> int | None:
        """Highest tick not above a value in odds, currency or line; None if there is none."""
        tick = bisect_right(self.prices, floor(value * NATIVE_SCALE[self.kind])) - 1
        return tick if tick >= 0 else None

    def ceil_tick(self, value: Fraction) -> int | None:
        """Lowest tick not below a value in odds, currency or line; None if there is none."""
        tick = bisect_left(self.prices, ceil(value * NATIVE_SCALE[self.kind]))
        return tick if tick < len(self.prices) else None

    def value(self, tick: int) -> Fraction:
        """A tick's price as people write it: decimal odds, units of currency, or the line."""
        return Fraction(self.price(tick), NATIVE_SCALE[self.kind])

    def claim_price(self, tick: int) -> Fraction:
        """What one claim costs at a tick, before fees."""
        return Fraction(*claim_ratio(self.kind, self.price(tick)))


@lru_cache(maxsize=1024)
def _tables(bands: tuple[Band, ...]) -> tuple[tuple[int, ...], dict[int, int]]:
    prices = sorted({p for first, last, step in bands for p in range(first, last + 1, step)})
    return tuple(prices), {price: tick for tick, price in enumerate(prices)}


def claim_ratio(kind: PriceKind, price: int) -> tuple[int, int]:
    """Numerator and denominator of the price of one claim; they may share a factor."""
    if kind is ODDS:
        return 100, price
    if kind is PriceKind.CONTRACT:
        return price, 10_000
    return 1, 2


# --- builders ---


@lru_cache(maxsize=1024)
def ladder(kind: PriceKind, bands: tuple[Band, ...]) -> Ladder:
    """The one ladder of these bands, built once; ValueError if they make no sense."""
    if kind is PriceKind.ODDS:
        return odds_ladder(bands)
    if kind is PriceKind.CONTRACT:
        return contract_ladder(bands)
    return Ladder(kind, _checked(bands))


def odds_ladder(bands: Iterable[Band]) -> Ladder:
    """A ladder of decimal odds in hundredths; ValueError outside 1.01 to 1000."""
    checked = _checked(bands)
    if checked[0][0] < 101 or checked[-1][1] > 100_000:
        raise ValueError(f"odds must lie in 101 to 100000 hundredths, not {checked}")
    return Ladder(PriceKind.ODDS, checked)


def contract_ladder(price_ranges: Iterable[Band]) -> Ladder:
    """A ladder of contract prices in 1e-4 of a unit.

    Ranges often begin at 0 and end at 1: those two are not prices and fall away.
    ValueError outside 0 to 10000.
    """
    checked = _checked(price_ranges)
    if checked[0][0] < 0 or checked[-1][1] > 10_000:
        raise ValueError(f"contract prices must lie in 0 to 10000 ten-thousandths, not {checked}")
    inside = ((first or step, last - step if last == 10_000 else last, step) for first, last, step in checked)
    return Ladder(PriceKind.CONTRACT, tuple(inside))


def line_ladder(*, lowest: int, highest: int, interval: int) -> Ladder:
    """The lines of a line market in hundredths, both ends included."""
    return Ladder(PriceKind.LINE, _checked([(lowest, highest, interval)]))


def _checked(bands: Iterable[Band]) -> tuple[Band, ...]:
    """The bands as they came if each is whole and none overlaps the one before."""
    checked = tuple((first, last, step) for first, last, step in bands)
    if not checked:
        raise ValueError("a ladder needs at least one band of (first, last, step)")
    for first, last, step in checked:
        if step <= 0 or last < first or (last - first) % step:
            raise ValueError(f"band ({first}, {last}, {step}) is not a whole number of steps")
    for (_, last, _), (first, _, _) in pairwise(checked):
        if first < last:
            raise ValueError(f"bands must ascend: one begins at {first}, the last ended at {last}")
    return checked


CLASSIC = odds_ladder(
    [
        (101, 200, 1),
        (200, 300, 2),
        (300, 400, 5),
        (400, 600, 10),
        (600, 1_000, 20),
        (1_000, 2_000, 50),
        (2_000, 3_000, 100),
        (3_000, 5_000, 200),
        (5_000, 10_000, 500),
        (10_000, 100_000, 1_000),
    ]
)
"""The 350 odds of the betting exchanges: tick 0 is 1.01, tick 99 is 2.00, tick 349 is 1000."""

FINEST = odds_ladder([(101, 100_000, 1)])
"""Every hundredth from 1.01 to 1000."""


# --- from a limit probability to a tick ---


def limit_tick(ladder: Ladder, side: Side, p_limit: Fraction, mode: LimitMode = LimitMode.NO_WORSE) -> int | None:
    """Tick of the order that buys (BACK) or sells (LAY) the claim at the limit `p_limit`.

    `p_limit` is the most we pay or the least we take for one claim, fees already inverted.
    None when the ladder has no such price. ValueError on a ladder of lines, whose prices
    say nothing of probability.
    """
    if ladder.kind is PriceKind.LINE:
        raise ValueError("a line has no limit probability: every line is bet at evens")
    on_odds = ladder.kind is PriceKind.ODDS
    upwards = (on_odds == (side is Side.BACK)) == (mode is LimitMode.NO_WORSE)
    if on_odds and p_limit <= 0:
        return None if upwards else len(ladder) - 1
    value = 1 / p_limit if on_odds else p_limit
    return ladder.ceil_tick(value) if upwards else ladder.floor_tick(value)
