"""Where a quote may rest: one instrument's ladder net of its own fee, its lots and its minimum, computed once."""

from bisect import bisect_left, bisect_right
from functools import lru_cache
from math import ceil, floor

import msgspec

from domain.book import Book
from domain.claims import claims_and_cost_micros
from domain.fees import FeeTerms
from domain.markets import Instrument
from domain.money import FX_SCALE
from domain.net_price import PROBABILITY_SCALE, TABLE_TICKS_MAX, net_limit_tick, net_price_ratio
from domain.odds import Ladder, PriceKind, claim_ratio
from domain.orders import Side


class NetLadder(msgspec.Struct, frozen=True):
    """Net price of a claim in 1e-9 at every tick, for a maker without a position, rounded against us.

    Without a position is the dearest a bet can be: closing one, commission only relieves. On a ladder of odds, along
    which net prices fall, they are kept negated, so that both kinds rise and are searched alike.
    """

    back: tuple[int, ...]
    lay: tuple[int, ...]


@lru_cache(maxsize=256)
def net_ladder(fee: FeeTerms, ladder: Ladder) -> NetLadder:
    """The tables of a ladder under a fee, shared by all instruments that have both."""
    ratios = [claim_ratio(ladder.kind, price) for price in ladder.prices]
    costs = [net_price_ratio(fee, Side.BACK, ratio, maker=True) for ratio in ratios]
    gains = [net_price_ratio(fee, Side.LAY, ratio, maker=True) for ratio in ratios]
    sign = -1 if ladder.kind is PriceKind.ODDS else 1
    return NetLadder(
        back=tuple(-(-part * PROBABILITY_SCALE // whole) * sign for part, whole in costs),
        lay=tuple(part * PROBABILITY_SCALE // whole * sign for part, whole in gains),
    )


class Place:
    """One instrument as a place to rest an order; ValueError for a ladder of lines, whose prices cost nothing."""

    __slots__ = ("_at_odds", "_near", "_nets", "instrument", "ladder")

    def __init__(self, instrument: Instrument, ladder: Ladder) -> None:
        if ladder.kind is PriceKind.LINE:
            raise ValueError(f"{instrument.id}: a line has no price to quote, every line is bet at evens")
        self.instrument = instrument
        self.ladder = ladder
        self._at_odds = ladder.kind is PriceKind.ODDS
        self._near = (0.0, (0.0, 0.0))
        self._nets = net_ladder(instrument.terms.fee, ladder) if len(ladder) <= TABLE_TICKS_MAX else None

    def price(self, tick: int) -> int:
        """Native price of a tick."""
        return self.ladder.prices[tick]

    def limit_tick(self, side: Side, limit: float) -> int | None:
        """Tick of the worst price whose net price keeps the limit, a probability; None if the ladder has none.

        A BACK never costs more than the limit in all, a LAY never brings less.
        """
        back = side is Side.BACK
        limit_e9 = floor(limit * PROBABILITY_SCALE) if back else ceil(limit * PROBABILITY_SCALE)
        if self._nets is None:
            return net_limit_tick(self.ladder, self.instrument.terms.fee, side, limit_e9, maker=True)
        nets = self._nets.back if back else self._nets.lay
        if self._at_odds:
            tick = bisect_left(nets, -limit_e9) if back else bisect_right(nets, -limit_e9) - 1
        else:
            tick = bisect_right(nets, limit_e9) - 1 if back else bisect_left(nets, limit_e9)
        return tick if 0 <= tick < len(nets) else None

    def fee_and_tick(self, p: float) -> tuple[float, float]:
        """What a maker pays per claim near a probability, and how far apart the ladder's prices are there."""
        if p != self._near[0]:  # books change far more often than fair values
            self._near = (p, self._fee_and_tick(p))
        return self._near[1]

    def _fee_and_tick(self, p: float) -> tuple[float, float]:
        prices, terms = self.ladder.prices, self.instrument.terms
        upper = bisect_left(prices, 100 / p if self._at_odds else 10_000 * p)
        upper = min(max(upper, 1), len(prices) - 1)
        part, whole = ratio = claim_ratio(terms.kind, prices[upper])
        below_part, below_whole = claim_ratio(terms.kind, prices[upper - 1])
        net_part, net_whole = net_price_ratio(terms.fee, Side.BACK, ratio, maker=True)
        gross = part / whole
        return net_part / net_whole - gross, abs(gross - below_part / below_whole)

    def rests(self, side: Side, tick: int, book: Book) -> bool:
        """Whether an order at this tick would wait in the book instead of meeting what is there."""
        meets = book.best_back if side is Side.BACK else book.best_lay
        if meets < 0:
            return True
        return tick > meets if self._at_odds is (side is Side.BACK) else tick < meets

    def size_micros(self, side: Side, price: int, *, risk_micros: int, rate_e8: int) -> int:
        """Native size that loses at most `risk_micros` of base currency before fees, in whole lots.

        0 when the venue would not take an order that small.
        """
        part, whole = claim_ratio(self.instrument.terms.kind, price)
        claims = risk_micros * FX_SCALE * whole // (rate_e8 * (part if side is Side.BACK else whole - part))
        return self._taken(price, claims)

    def within_micros(self, size_micros: int, price: int, claims_max_micros: int | None) -> int:
        """The native size, or if it is for too many claims the largest that is not; see `MarketView`.

        0 when the venue would not take an order that small.
        """
        if claims_max_micros is None:
            return size_micros
        claims, _ = claims_and_cost_micros(self.instrument.terms.kind, price, size_micros)
        return size_micros if claims <= claims_max_micros else self._taken(price, claims_max_micros)

    def _taken(self, price: int, claims: int) -> int:
        """The native size for at most so many claims, in whole lots; 0 when the venue would not take it."""
        terms = self.instrument.terms
        part, whole = claim_ratio(terms.kind, price)
        size = claims * part // whole if self._at_odds else claims
        size -= size % terms.lot_micros
        if size >= terms.size_min_micros:
            return size
        claims, _ = claims_and_cost_micros(terms.kind, price, size)
        return size if 0 < terms.payout_min_micros <= claims else 0
