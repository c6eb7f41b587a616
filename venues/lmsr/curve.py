"""The logarithmic market scoring rule: one number, the cost of all claims sold, from which every price follows.

A market maker sells claims on each outcome of a market; `q` is how many of each it has sold. It keeps
`C(q) = b ln(sum exp(q_k / b))`, and whoever moves it from q to q' pays C(q') - C(q). The price of one more claim is the
derivative, `p_k = exp(q_k / b) / sum exp(q_j / b)`: prices add up to one. It can lose b ln n at most where it began
even, and b ln(1 / p_k) if outcome k wins that was at p_k when it began.
Source: R. Hanson, "Combinatorial Information Market Design" (2003), and "Logarithmic Market Scoring Rules" (2007).

Buying one outcome alone moves the odds of that one against all others: ln(p / (1 - p)) rises by size / b. So the size
between two prices is `b (logit p' - logit p)`, and the curve is a ladder: each tick holds what takes the price there.
A claim is sold at the tick at which its slice ends and bought at the tick at which it ends below: never below the cost.

Decimals in a fixed context, so that every machine has the same digits.
"""

from collections.abc import Sequence
from decimal import Context, Decimal
from functools import cache

import msgspec

from domain.money import MICROS

DIGITS = Context(prec=28)
ONE = Decimal(1)


class Curve(msgspec.Struct, frozen=True):
    """`liquidity` is b, in claims; `sold` is q, in claims, one for each outcome."""

    liquidity: Decimal
    sold: tuple[Decimal, ...]

    def cost(self) -> Decimal:
        """What the maker has taken in for all claims that it sold, up to a constant."""
        most = max(self.sold)  # taken out, so that no power grows too large to be written
        parts = (DIGITS.exp(DIGITS.divide(one - most, self.liquidity)) for one in self.sold)
        return DIGITS.add(most, DIGITS.multiply(self.liquidity, DIGITS.ln(sum(parts, Decimal(0)))))

    def prices(self) -> tuple[Decimal, ...]:
        """The price of the next claim on each outcome; they add up to one but for the last digit."""
        most = max(self.sold)
        parts = [DIGITS.exp(DIGITS.divide(one - most, self.liquidity)) for one in self.sold]
        whole = sum(parts, Decimal(0))
        return tuple(DIGITS.divide(one, whole) for one in parts)

    def logit(self, outcome: int) -> Decimal:
        """ln(p / (1 - p)) of one outcome, exact also where the price itself is one but for what digits can say."""
        others = [DIGITS.divide(one, self.liquidity) for k, one in enumerate(self.sold) if k != outcome]
        most = max(others)
        rest = DIGITS.ln(sum((DIGITS.exp(one - most) for one in others), Decimal(0)))
        return DIGITS.subtract(DIGITS.divide(self.sold[outcome], self.liquidity), DIGITS.add(most, rest))

    def size_micros(self, low: Decimal, high: Decimal) -> int:
        """Claims that take one outcome from one logit to a higher one, millionths, rounded down."""
        return int(DIGITS.multiply(self.liquidity, DIGITS.subtract(high, low)) * MICROS)


def opened_at(liquidity: Decimal, chances: Sequence[Decimal]) -> Curve:
    """A curve whose first prices are these: q_k = b ln p_k."""
    return Curve(liquidity, tuple(DIGITS.multiply(liquidity, DIGITS.ln(chance)) for chance in chances))


def ladder(
    curve: Curve, outcome: int, ticks: Sequence[int], scale: int, *, lot_micros: int, depth: int
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """What the maker sells, best first, and what it buys: `(tick, size_micros)` in whole lots, `depth` ticks of each.

    `ticks` are the legal prices in ascending order, in parts of `scale`.
    """
    rungs = _rungs(tuple(ticks), scale)
    return (
        _side(curve, outcome, rungs, 1, lot_micros, depth),
        _side(curve, outcome, rungs[::-1], -1, lot_micros, depth),
    )


@cache
def _rungs(ticks: tuple[int, ...], scale: int) -> tuple[tuple[int, Decimal], ...]:
    """Each tick with its logit, worked out once."""
    return tuple((tick, _logit(Decimal(tick) / scale)) for tick in ticks)


def _side(
    curve: Curve, outcome: int, ticks: Sequence[tuple[int, Decimal]], sign: int, lot_micros: int, depth: int
) -> list[tuple[int, int]]:
    """What takes the price from tick to tick, upwards for 1; a slice of less than a lot waits for the next tick."""
    found: list[tuple[int, int]] = []
    at = curve.logit(outcome)
    for tick, there in ticks:
        if sign * there <= sign * at:
            continue
        size = _lots(curve.size_micros(min(at, there), max(at, there)), lot_micros)
        if size:
            found.append((tick, size))
            at = there
        if len(found) == depth:
            break
    return found


def _lots(size_micros: int, lot_micros: int) -> int:
    return size_micros // lot_micros * lot_micros


def _logit(price: Decimal) -> Decimal:
    return DIGITS.ln(DIGITS.divide(price, DIGITS.subtract(ONE, price)))
