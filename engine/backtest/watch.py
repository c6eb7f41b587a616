"""What is measured while a lane runs: money over time, and where prices stood some seconds after our fills."""

from collections import deque

import msgspec

from domain.book import Book
from domain.ids import Currency, InstrumentId, MarketId, VenueMarketId
from domain.markets import Instrument, MarketStatus
from domain.money import FX_SCALE
from domain.orders import Side
from engine.backtest.lane import Lane
from oms.positions import Position
from venues.sim.paper_floor import PaperFill

HORIZONS_S = (1, 10, 60)
NEVER = 10**15
"""Later than any message, milliseconds."""
SAMPLE_MS_MIN = 1_000
SAMPLES_MAX = 2_000
"""At most so many points of a series are kept of one file; then every other is dropped."""


class Tally(msgspec.Struct):
    """One horizon's sums, in base; see `desk.reports.results.Markout`."""

    fills: int = 0
    matched_micros: int = 0
    gained_micros: int = 0
    unmeasured: int = 0


class Watch:
    """Looks at one lane between messages; reads, and changes nothing."""

    def __init__(self, lane: Lane, books: dict[InstrumentId, Book], *, every_ms: int) -> None:
        self.lane = lane
        self.equity: list[tuple[int, int]] = []
        self.inventory: list[tuple[int, int]] = []
        self.markouts = {horizon: Tally() for horizon in HORIZONS_S}
        self._books = books
        self._rates_e8 = lane.state.started.rates_e8
        self._statements = [floor.statements for floor in lane.floors.values()]
        self._every_ms = every_ms
        self._next_ms = 0
        self._seen = 0
        self._settled = 0
        self._waiting: dict[int, deque[tuple[int, PaperFill]]] = {horizon: deque() for horizon in HORIZONS_S}
        self.due_ms = NEVER

    def before(self, at_ms: int) -> None:
        """A message after `due_ms` is about to be played: what fell due is measured on the books as they stand."""
        self._measure(at_ms)

    def after(self, at_ms: int) -> None:
        """A message was played."""
        fills = self.lane.fills
        if len(fills) > self._seen:
            for fill in fills[self._seen :]:
                for horizon, waiting in self._waiting.items():
                    waiting.append((fill.at_ms + horizon * 1_000, fill))
            self._seen = len(fills)
            self.due_ms = min(waiting[0][0] for waiting in self._waiting.values() if waiting)
        settled = sum(map(len, self._statements))
        if at_ms >= self._next_ms or settled != self._settled:
            self._settled = settled
            self._next_ms = at_ms + self._every_ms
            if self._seen:
                self._sample(at_ms)

    def end(self, at_ms: int) -> None:
        """The recording is over: what could not be measured is counted, and the last point taken."""
        self.after(at_ms)
        self._measure(at_ms)
        for horizon, waiting in self._waiting.items():
            self.markouts[horizon].unmeasured += len(waiting)
            waiting.clear()
        self._sample(at_ms)

    def _sample(self, at_ms: int) -> None:
        """Net profit so far in base, open positions marked at the middle of the recorded books, before commission; and
        the worst loss over what is matched and not settled.
        """
        net = at_risk = 0
        for venue, floor in self.lane.floors.items():
            paid = sum(one.profit_micros - one.commission_micros for one in floor.statements.values())
            charged = sum(one.fees_micros for one in floor.markets.values())
            net += self._base(paid - charged, self.lane.currencies[venue])
        for market in self.lane.state.markets:
            held = self._held(market)
            if held:
                net += self._mark_micros(held)
                at_risk += max(0, -min(self.lane.state.exposure.pnl_micros(market)))
        self.equity.append((at_ms, net))
        self.inventory.append((at_ms, at_risk))
        if len(self.equity) > SAMPLES_MAX:  # half as fine from here on, and before
            self.equity, self.inventory, self._every_ms = self.equity[::2], self.inventory[::2], 2 * self._every_ms

    def mark_micros(self, market: MarketId, place: VenueMarketId) -> int:
        """What unsettled bets of a market at one of the venue's are worth at the middle prices, in base."""
        return self._mark_micros([one for one in self._held(market) if one[0].listing.venue_market == place])

    def _held(self, market: MarketId) -> list[tuple[Instrument, Position]]:
        """Where we were matched in a market that is not settled."""
        return [(one, held) for one, held in self.lane.state.positions.in_market(market) if held.bets]

    def _mark_micros(self, positions: list[tuple[Instrument, Position]]) -> int:
        worth: dict[Currency, float] = {}
        for instrument, held in positions:
            listing, currency = instrument.listing, instrument.terms.currency
            if listing.venue_market in self.lane.floors[listing.venue].statements:
                continue
            p = middle(self._books[instrument.id])
            if p is not None:
                worth[currency] = worth.get(currency, 0.0) + held.if_win_micros * p + held.if_lose_micros * (1.0 - p)
        return sum(self._base(round(micros), currency) for currency, micros in worth.items())

    def _base(self, micros: int, currency: Currency) -> int:
        return micros * self._rates_e8[currency] // FX_SCALE

    def _measure(self, before_ms: int) -> None:
        for horizon, waiting in self._waiting.items():
            tally = self.markouts[horizon]
            while waiting and waiting[0][0] < before_ms:
                self._add(tally, waiting.popleft()[1])
        self.due_ms = min((waiting[0][0] for waiting in self._waiting.values() if waiting), default=NEVER)

    def _add(self, tally: Tally, fill: PaperFill) -> None:
        instrument: Instrument = self.lane.state.instruments[fill.instrument]
        listing, currency = instrument.listing, instrument.terms.currency
        is_open = self.lane.floors[listing.venue].markets[listing.venue_market].status is MarketStatus.OPEN
        p = middle(self._books[fill.instrument]) if is_open else None
        if p is None:
            tally.unmeasured += 1
            return
        moved = p * fill.claims_micros - fill.cost_micros  # a claim is worth p now
        tally.fills += 1
        tally.matched_micros += self._base(fill.cost_micros, currency)
        tally.gained_micros += self._base(round(moved if fill.side is Side.BACK else -moved), currency)


def middle(book: Book) -> float | None:
    """The chance half way between the best prices, None while a side is empty."""
    if book.best_back < 0 or book.best_lay < 0:
        return None
    prices = book.ladder.prices
    if book.best_back_is_high:
        return 50.0 / prices[book.best_back] + 50.0 / prices[book.best_lay]
    return (prices[book.best_back] + prices[book.best_lay]) / 20_000.0
