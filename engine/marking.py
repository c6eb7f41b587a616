"""Looks at a book when we are matched in it, and 1, 10 and 60 seconds later, so that a report can say what we met.

Nothing is decided by it, and one record tells of many matches: a match costs its look at two prices. What waits for a
mark when a process dies has none.
"""

from collections import deque
from collections.abc import Iterator
from math import floor

import msgspec

from domain.ids import InstrumentId, OrderRef
from domain.markets import MarketStatus
from domain.marks import HORIZONS_S, FairsTaken, FairTaken, FillMark, FillsMarked
from domain.net_price import PROBABILITY_SCALE
from domain.orders import Order
from engine.prices import Prices, why_not_in_open_market
from engine.scribe import Scribe

SECOND_NS = 1_000_000_000
NEVER = 2**63
MATCHES_MAX = 10_000
"""So many matches wait for a mark at most; the oldest is written down early when there are more."""


class _Waiting(msgspec.Struct):
    seq: int
    ref: OrderRef
    instrument: InstrumentId
    at_ns: int
    middles_e9: list[int | None]


class Marks:
    """Matches that wait for their marks."""

    def __init__(self, scribe: Scribe, prices: Prices) -> None:
        self._scribe = scribe
        self._prices = prices
        self._waiting: tuple[deque[_Waiting], ...] = tuple(deque() for _ in HORIZONS_S[1:])
        self._done: list[_Waiting] = []
        self._next_ns = NEVER

    def matched(self, order: Order, now_ns: int) -> None:
        """The record that is being kept tells that more of an order was matched."""
        first = self._middle_e9(order.instrument, now_ns)
        one = _Waiting(self._scribe.state.records, order.ref, order.instrument, now_ns, [first])
        self._waiting[0].append(one)
        self._next_ns = min(self._next_ns, now_ns + HORIZONS_S[1] * SECOND_NS)

    def look(self, now_ns: int) -> None:
        """Take the marks whose time has come, and write down the matches that have all of theirs."""
        if now_ns < self._next_ns:
            return
        for place, (waiting, after_s) in enumerate(self._queues()):
            while waiting and (waiting[0].at_ns + after_s * SECOND_NS <= now_ns or len(waiting) > MATCHES_MAX):
                one = waiting.popleft()
                one.middles_e9.append(self._middle_e9(one.instrument, now_ns))
                (self._waiting[place + 1] if place + 1 < len(self._waiting) else self._done).append(one)
        self._next_ns = min(
            (waiting[0].at_ns + s * SECOND_NS for waiting, s in self._queues() if waiting), default=NEVER
        )
        if self._done:
            self._write()

    def close(self) -> None:
        """The run ends: whatever waits is written down with the marks that it has, and what open bets are worth."""
        for waiting in reversed(self._waiting):
            self._done.extend(waiting)
            waiting.clear()
        if self._done:
            self._write()
        state, known = self._scribe.state, self._prices.fair
        fairs = [
            FairTaken(market, known[market].value.model, tuple(map(_e9, known[market].value.probabilities)))
            for market in state.markets
            if market in known and any(held.bets for _, held in state.positions.in_market(market))
        ]
        if fairs:
            self._scribe.record(FairsTaken(tuple(fairs)))

    def _queues(self) -> Iterator[tuple[deque[_Waiting], int]]:
        """Those that wait for the same mark, and how many seconds behind their match it is taken."""
        return zip(self._waiting, HORIZONS_S[1:], strict=True)

    def _write(self) -> None:
        missing = len(HORIZONS_S)
        marks = [
            FillMark(one.seq, one.ref, (*one.middles_e9, *[None] * (missing - len(one.middles_e9))))
            for one in self._done
        ]
        self._done.clear()
        self._scribe.record(FillsMarked(tuple(marks)))

    def _middle_e9(self, name: InstrumentId, now_ns: int) -> int | None:
        """The chance half way between the best prices, rounded down."""
        instrument = self._scribe.state.instruments[name]
        status = self._prices.statuses.get((instrument.listing.venue, instrument.listing.venue_market))
        book = self._prices.books.get(name)
        if status is None or status.status is not MarketStatus.OPEN or book is None:
            return None
        if why_not_in_open_market(self._prices, instrument, now_ns) or book.best_back < 0 or book.best_lay < 0:
            return None
        both = book.ladder.claim_price(book.best_back) + book.ladder.claim_price(book.best_lay)
        return floor(both * PROBABILITY_SCALE / 2)


def _e9(probability: float) -> int:
    return round(probability * PROBABILITY_SCALE)
