"""Our own noes: which order is not asked for again at once, which markets wait for a budget, what the noes cost.

Most are the gate's. Some are known before it is asked: a strategy or the router has no place for what is wanted. Both
count alike, so that the share of edge that was refused is of all that was wanted. Not counted is what is no less for
the no: a quote that stays where it rests as there is no token to move it, a bet that goes elsewhere within its limit,
a take that a plan under way does already. Nor is what nobody wanted: a strategy that rests is not asked, and what is
no more than its settings ask for is its own business.
"""

from collections.abc import Callable, Hashable
from typing import TypeVar

import msgspec

from domain.ids import InstrumentId, MarketId, StrategyName
from domain.intents import Child, QuoteIntent, TakeIntent, Withheld
from domain.messages import Journalled, RiskRefused
from domain.orders import Side, TimeInForce
from domain.portfolio import MarketView
from domain.stops import RefusedOrder
from engine.judging import Judge
from engine.state import State
from engine.telemetry import Telemetry
from oms.allotment import BELOW_MINIMUM
from oms.routes import Routed
from oms.shortfall import NO_MONEY, shortfall
from risk.verdicts import RefusalReason, Refused

MS = 1_000_000
AGAIN_NS = 250 * MS
"""So long the very same order is not asked for again: with each tick that would only be noise."""

LATE_NS = 1_000 * MS
"""A wish that is sent so soon after its first refusal was late and not refused: its edge is there."""

WISHES_KEPT = 4_096
"""Of so many wishes the last no is remembered: a desk has fewer at a time, and matches come and go."""

PACES = frozenset({RefusalReason.ORDER_RATE, RefusalReason.MARKET_RATE, RefusalReason.VENUE_BUDGET})
"""Refusals that pass by with time alone: what they held back waits, and is asked for again when they may be over."""

PLACES: dict[str, RefusalReason] = {reason.value: reason for reason in RefusalReason} | {
    NO_MONEY: RefusalReason.BALANCE,
    BELOW_MINIMUM: RefusalReason.SIZE_BELOW_MINIMUM,
    "session_down": RefusalReason.SESSION_UNPROVEN,
    "quarantined": RefusalReason.SESSION_UNPROVEN,
}
"""What a place's word for giving less is as a refusal; what a venue said itself against our orders is none of ours."""

Key = tuple[StrategyName, InstrumentId, Side]
"""Where a wish stands: one strategy on one side of a book."""

TakeKey = tuple[StrategyName, MarketId, int, Side]
"""What a take is of, wherever it goes: one strategy on one side of an outcome."""

Record = Callable[[Journalled], object]
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


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

    def __init__(self, state: State, judge: Judge, telemetry: Telemetry) -> None:
        self._state = state
        self._judge = judge
        self._telemetry = telemetry
        self._last: dict[Key, Refusal] = {}
        self._shut_ns: dict[TakeKey, int] = {}
        self._waiting: dict[MarketId, int] = {}

    def stands(self, wish: Child | QuoteIntent | Withheld, now_ns: int) -> bool:
        """Whether the very same order was refused a moment ago."""
        last = self._last.get(_key(wish))
        return (
            last is not None
            and now_ns < last.until_ns
            and (wish.price, wish.size_micros) == (last.price, last.size_micros)
        )

    def shuts(self, take: TakeIntent, view: MarketView) -> bool:
        """Whether no place is open to a take, as none was a moment ago when it was asked for and counted.

        That is all that can be known of one before it is routed. While a place is open, the next look may find another
        price there, or more of it: a take that was refused is routed again, and the orders that it becomes are told
        from those that were refused by their own prices and sizes.
        """
        until_ns = self._shut_ns.get(_take_key(take))
        return until_ns is not None and view.now_ns < until_ns and not _is_open(take, view)

    def note(
        self,
        refused: Refused,
        view: MarketView,
        record: Record,
        *,
        edge_micros: int | None = None,
        again_ns: int = AGAIN_NS,
    ) -> None:
        """Count a no, and write it down if it is news: a match with ourselves always is, others for another reason.

        `edge_micros` is what the wish should have brought in base, where that does not follow from the fair value;
        `again_ns` for how long the same order is not asked for.
        """
        child, reason = refused.child, refused.reason.value
        instrument, now_ns = self._state.instruments[child.instrument], view.now_ns
        if edge_micros is None:
            edge_micros = self._judge.edge_micros(child, instrument, view)
        self._telemetry.refused(reason)
        last = self._last.get(_key(child))
        if last is not None:
            self._telemetry.refused_edge(last.reason, -last.edge_micros)
        self._telemetry.refused_edge(reason, edge_micros)
        since_ns, until_ns = now_ns if last is None else last.since_ns, now_ns + again_ns
        _remember(
            self._last,
            _key(child),
            Refusal(reason, child.price, child.size_micros, edge_micros, until_ns, since_ns),
        )
        if refused.reason in PACES:
            self._waiting[instrument.listing.market] = now_ns + AGAIN_NS  # by then the last of them may be asked for
        if last is None or last.reason != reason or refused.reason is RefusalReason.SELF_MATCH:
            record(_written(refused))

    def withhold(self, wish: Withheld, view: MarketView, record: Record) -> None:
        """Count what a strategy does not even ask for, as it knows what would be said."""
        if self.stands(wish, view.now_ns):
            return
        decision = self._state.records + 1
        child = Child(
            wish.strategy, wish.instrument, wish.side, wish.price, wish.size_micros, TimeInForce.REST, decision
        )
        refused = Refused(child, RefusalReason(wish.lack.value), "not asked for")
        self.note(refused, view, record, edge_micros=wish.edge_micros)

    def cut(self, take: TakeIntent, routed: Routed, decision: int, view: MarketView, record: Record) -> None:
        """Count what of a take its route had no place for, though it is offered within the limit."""
        if not _is_open(take, view):
            _remember(self._shut_ns, _take_key(take), view.now_ns + AGAIN_NS)
        for missed in shortfall(take, routed.candidates):
            child = Child(
                take.strategy,
                missed.instrument,
                take.side,
                missed.price,
                missed.size_micros,
                TimeInForce.IMMEDIATE,
                decision,
            )
            self.left_out(child, missed.why, view, record)

    def left_out(
        self, child: Child, why: str, view: MarketView, record: Record, *, edge_micros: int | None = None
    ) -> None:
        """Count an order that its place is against, by that place's word for it; see `note` for the edge."""
        if (reason := PLACES.get(why)) is not None and not self.stands(child, view.now_ns):
            self.note(Refused(child, reason, "the route left it out"), view, record, edge_micros=edge_micros)

    def sent(self, child: Child, view: MarketView, edge_micros: int | None = None) -> None:
        """The wish was granted, if after a while; see `note` for the edge."""
        if edge_micros is None:
            edge_micros = self._judge.edge_micros(child, self._state.instruments[child.instrument], view)
        self._telemetry.edge_placed_micros += edge_micros
        last = self._last.pop(_key(child), None)
        if last is not None and view.now_ns - last.since_ns <= LATE_NS:
            self._telemetry.refused_edge(last.reason, -last.edge_micros)

    def due(self, now_ns: int) -> list[MarketId]:
        """The markets in which something waited long enough for a budget, the longest first; each is told once."""
        markets = [market for market, until_ns in self._waiting.items() if until_ns <= now_ns]
        for market in markets:
            del self._waiting[market]
        return markets


def _is_open(take: TakeIntent, view: MarketView) -> bool:
    """Whether any place may take an order of a take, be it only one that reduces."""
    return any(
        (one.tradable or one.reducible) and one.tokens > 0
        for one in view.listings
        if one.instrument.listing.outcome == take.outcome
    )


def _remember(held: dict[K, V], key: K, value: V) -> None:
    """Put it last, and forget the oldest of too many."""
    held.pop(key, None)
    held[key] = value
    if len(held) > WISHES_KEPT:
        del held[next(iter(held))]


def _key(wish: Child | QuoteIntent | Withheld) -> Key:
    return wish.strategy, wish.instrument, wish.side


def _take_key(take: TakeIntent) -> TakeKey:
    return take.strategy, take.market, take.outcome, take.side


def _written(refused: Refused) -> RiskRefused:
    child = refused.child
    order = RefusedOrder(child.side, child.price, child.size_micros, refused.against)
    return RiskRefused(child.strategy, child.instrument, refused.reason.value, child.decision, order)
