"""The ladder of one outcome: every venue's sizes at every price side by side, our orders, what a price means to us."""

from bisect import bisect_left
from collections.abc import Iterator

import msgspec

from desk.views import LadderCell, LadderOf, LadderRow, Quote
from domain.book import Book
from domain.claims import claims_and_cost_micros, results
from domain.ids import InstrumentId, MarketId
from domain.markets import Instrument, Market
from domain.money import FX_SCALE
from domain.odds import PriceKind
from domain.orders import Order, Side
from engine.live.grid import quotes
from engine.live.moments import Moments
from engine.live.notation import E9, claim_e9, native_price, price_text
from engine.live.queue import Queue
from engine.prices import Prices
from engine.state import State

DEPTH_MAX = 100
CENTRES_KEPT = 100


Cells = dict[tuple[InstrumentId, int], LadderCell]


class Resting(msgspec.Struct, frozen=True):
    """What an order of ours would bring if its outcome wins, at the price of one claim where it rests."""

    e9: int
    side: Side
    if_win_micros: int


class Ladders:
    """Makes ladders, and holds each one's middle still until the market has moved away from it."""

    def __init__(self, state: State, prices: Prices, queue: Queue, moments: Moments) -> None:
        self._state = state
        self._prices = prices
        self._queue = queue
        self._moments = moments
        self._middles: dict[LadderOf, int] = {}

    def objection(self, of: LadderOf) -> str:
        """Why there is no such ladder, empty if there is one."""
        market = self._state.markets.get(MarketId(of.market))
        if market is None:
            return f"market = {of.market!r}: there is no such market; GET /v1/view/markets lists them"
        if not 0 <= of.outcome < len(market.outcomes):
            return f"outcome = {of.outcome}: {of.market} has outcomes 0 to {len(market.outcomes) - 1}"
        return "" if 1 <= of.depth <= DEPTH_MAX else f"depth = {of.depth}: must lie in 1 to {DEPTH_MAX}"

    def rows(self, of: LadderOf) -> Iterator[LadderRow]:
        """The prices around the middle, shortest odds first. `of` must have no objection."""
        market = self._state.markets[MarketId(of.market)]
        listed = [
            one
            for one in self._state.listed_for(market.id)
            if one.listing.outcome == of.outcome and one.terms.kind is not PriceKind.LINE
        ]
        fair_e9 = self._fair_e9(market, of.outcome)
        middle = self._middle(of, listed, fair_e9)
        ticks = {one.id: dict(_window(self._prices.books[one.id], middle, of.depth)) for one in listed}
        union = sorted({e9 for places in ticks.values() for e9 in places})
        at = bisect_left(union, middle)
        union = union[max(0, at - of.depth) : at + of.depth]
        nearest = min(union, key=lambda e9: abs(e9 - fair_e9), default=0) if fair_e9 else 0
        win, lose = self._results(market, of.outcome)
        resting, cells = [*self._resting(listed)], self._cells(listed, ticks)
        for e9 in reversed(union):
            yield LadderRow(
                id=str(e9),
                probability_micros=e9 // 1_000,
                odds=price_text(PriceKind.ODDS, 100 * E9 // e9),
                cells=tuple(cells.get((one.id, e9)) or LadderCell(one.listing.venue, "") for one in listed),
                if_win_micros=win + sum(one.if_win_micros for one in resting if _matched_at(one, e9)),
                if_closed_micros=lose + (win - lose) * e9 // E9,
                is_fair=e9 == nearest,
            )

    def _fair_e9(self, market: Market, outcome: int) -> int:
        fair = self._prices.fair.get(market.id)
        return 0 if fair is None else round(fair.value.probabilities[outcome] * E9)

    def _middle(self, of: LadderOf, listed: list[Instrument], fair_e9: int) -> int:
        """The price around which the ladder stands: moved only when the market left the middle half of it."""
        now = fair_e9 or next((mid for one in listed if (mid := _mid_e9(self._prices.books[one.id]))), E9 // 2)
        known = self._middles.get(of)
        if known is not None:
            steps = [
                abs(_tick(self._prices.books[one.id], now) - _tick(self._prices.books[one.id], known)) for one in listed
            ]
            if max(steps, default=0) * 4 <= of.depth:
                return known
        if len(self._middles) >= CENTRES_KEPT:
            self._middles.clear()
        self._middles[of] = now
        return now

    def _results(self, market: Market, outcome: int) -> tuple[int, int]:
        """Our matched result if the outcome wins, and at worst if another does."""
        pnl = self._state.exposure.pnl_micros(market.id)
        return pnl[outcome], min(pnl[:outcome] + pnl[outcome + 1 :], default=0)

    def _resting(self, listed: list[Instrument]) -> Iterator[Resting]:
        for one in listed:
            kind, rate_e8 = one.terms.kind, self._state.rate_e8(one)
            for order in self._state.blotter.orders.open_on(one.id):
                claims, cost = claims_and_cost_micros(kind, order.price, order.exposed_micros)
                win, _ = results(order.side, claims=claims, cost=cost)
                yield Resting(claim_e9(kind, order.price), order.side, win * rate_e8 // FX_SCALE)

    def _cells(self, listed: list[Instrument], ticks: dict[InstrumentId, dict[int, int]]) -> Cells:
        """What each venue shows by the price of a claim."""
        cells: Cells = {}
        for one in listed:
            book, venue = self._prices.books[one.id], one.listing.venue
            ours: dict[int, list[Order]] = {}
            for order in self._state.blotter.orders.open_on(one.id):
                ours.setdefault(order.price, []).append(order)
            kind, prices, to_back, to_lay = book.ladder.kind, book.ladder.prices, book.to_back, book.to_lay
            for e9, tick in ticks[one.id].items():
                price = prices[tick]
                here = self._queued(ours[price], one, book) if price in ours else ()
                cells[one.id, e9] = LadderCell(venue, price_text(kind, price), to_back[tick], to_lay[tick], here)
        return cells

    def _queued(self, orders: list[Order], instrument: Instrument, book: Book) -> tuple[Quote, ...]:
        """Our orders at a price, each with what stands before it."""
        now_ns = self._moments.clock.monotonic_ns()
        return tuple(
            msgspec.structs.replace(quote, ahead_micros=self._queue.ahead_micros(order, book, now_ns))
            for quote, order in zip(quotes(orders, instrument), orders, strict=True)
        )


def _matched_at(one: Resting, e9: int) -> bool:
    """Whether an order would have been matched by the time the market is at a price."""
    return one.e9 >= e9 if one.side is Side.BACK else one.e9 <= e9


def _tick(book: Book, e9: int) -> int:
    """The tick of a ladder nearest above a price of a claim."""
    return bisect_left(book.ladder.prices, native_price(book.ladder.kind, e9))


def _window(book: Book, middle: int, depth: int) -> Iterator[tuple[int, int]]:
    """The price of a claim and the tick, `depth` ticks on either side of the middle."""
    ladder, at = book.ladder, _tick(book, middle)
    for tick in range(max(0, at - depth), min(len(ladder), at + depth + 1)):
        yield claim_e9(ladder.kind, ladder.prices[tick]), tick


def _mid_e9(book: Book) -> int:
    """Between the best prices of a book, 0 unless both are there."""
    if book.best_back < 0 or book.best_lay < 0:
        return 0
    kind, prices = book.ladder.kind, book.ladder.prices
    return (claim_e9(kind, prices[book.best_back]) + claim_e9(kind, prices[book.best_lay])) // 2
