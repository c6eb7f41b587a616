"""The gate's latest noes: which order is not asked for again at once, which markets wait for a budget, what it cost."""

import msgspec

from domain.ids import InstrumentId, MarketId, StrategyName
from domain.intents import Child, QuoteIntent
from domain.orders import Side
from engine.telemetry import Telemetry
from risk.verdicts import RefusalReason, Refused

MS = 1_000_000
AGAIN_NS = 250 * MS
"""So long the very same order is not asked for again: with each tick that would only be noise."""

LATE_NS = 1_000 * MS
"""A wish that is sent so soon after its first refusal was late and not refused: its edge is there."""

PACES = frozenset({RefusalReason.ORDER_RATE, RefusalReason.MARKET_RATE, RefusalReason.VENUE_BUDGET})
"""Refusals that pass by with time alone: what they held back waits, and is asked for again when they may be over."""

Key = tuple[StrategyName, InstrumentId, Side]
"""Where a wish stands: one strategy on one side of a book."""


class Refusal(msgspec.Struct, frozen=True):
    """The last no to a wish: the order that was asked for, until when the same is not, and since when it is refused."""

    reason: str
    price: int
    size_micros: int
    edge_micros: int
    until_ns: int
    since_ns: int


class Refusals:
    """Remembers them for one process. A wish counts once however often it is refused, under its latest reason."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._last: dict[Key, Refusal] = {}
        self._waiting: dict[MarketId, int] = {}

    def stands(self, wish: Child | QuoteIntent, now_ns: int) -> bool:
        """Whether the very same order was refused a moment ago."""
        last = self._last.get(_key(wish))
        return (
            last is not None
            and now_ns < last.until_ns
            and (wish.price, wish.size_micros) == (last.price, last.size_micros)
        )

    def note(self, refused: Refused, market: MarketId, edge_micros: int, now_ns: int) -> bool:
        """Count a no; whether it is news: a match with ourselves always is, others for another reason than before."""
        child, reason = refused.child, refused.reason.value
        self._telemetry.refused(reason)
        last = self._last.get(_key(child))
        if last is not None:
            self._telemetry.refused_edge(last.reason, -last.edge_micros)
        self._telemetry.refused_edge(reason, edge_micros)
        since_ns = now_ns if last is None else last.since_ns
        until_ns = now_ns + AGAIN_NS
        self._last[_key(child)] = Refusal(reason, child.price, child.size_micros, edge_micros, until_ns, since_ns)
        if refused.reason in PACES:
            self._waiting.setdefault(market, until_ns)
        return last is None or last.reason != reason or refused.reason is RefusalReason.SELF_MATCH

    def sent(self, child: Child, now_ns: int) -> None:
        """The wish was granted after all."""
        last = self._last.pop(_key(child), None)
        if last is not None and now_ns - last.since_ns <= LATE_NS:
            self._telemetry.refused_edge(last.reason, -last.edge_micros)

    def due(self, now_ns: int) -> list[MarketId]:
        """The markets in which something waited long enough for a budget, the longest first; each is told once."""
        markets = [market for market, until_ns in self._waiting.items() if until_ns <= now_ns]
        for market in markets:
            del self._waiting[market]
        return markets


def _key(wish: Child | QuoteIntent) -> Key:
    return wish.strategy, wish.instrument, wish.side
