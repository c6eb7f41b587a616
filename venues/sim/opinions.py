"""From an opinion to an order: the price at which a probability is worth trading, and sizes in claims."""

from bisect import bisect_left, bisect_right
from math import ceil, exp, floor, log

from domain.money import MICROS
from domain.odds import Ladder, PriceKind
from domain.orders import Side
from domain.terms import Terms


def worth(kind: PriceKind, price: int) -> float:
    """What one claim costs at a native price."""
    return 100.0 / price if kind is PriceKind.ODDS else price / 10_000.0


def price_of(ladder: Ladder, probability: float, side: Side) -> int | None:
    """Native price of an order that pays (BACK) or takes (LAY) no worse than `probability` for a claim.

    None where the ladder ends before.
    """
    if not 0.0 < probability < 1.0:
        return None
    odds = ladder.kind is PriceKind.ODDS
    native = 100.0 / probability if odds else probability * 10_000.0
    up = odds is (side is Side.BACK)
    if up:
        tick = bisect_left(ladder.prices, ceil(native - 1e-9))
    else:
        tick = bisect_right(ladder.prices, floor(native + 1e-9)) - 1
    return ladder.prices[tick] if 0 <= tick < len(ladder.prices) else None


def native_size_micros(terms: Terms, probability: float, claims: float) -> int:
    """So many claims as the venue counts size, down to the lot, but at least the smallest order."""
    units = claims * probability if terms.kind is PriceKind.ODDS else claims
    lots = int(units * MICROS) // terms.lot_micros
    return max(lots * terms.lot_micros, -(-terms.size_min_micros // terms.lot_micros) * terms.lot_micros)


def shifted(probability: float, logits: float) -> float:
    """A probability moved by so much on the logit scale."""
    p = min(max(probability, 1e-4), 1.0 - 1e-4)
    return 1.0 / (1.0 + exp(-(log(p / (1.0 - p)) + logits)))
