"""The market grid: every venue's best prices beside the fair value, the edge after fees, and our quotes."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from math import sqrt
from typing import NamedTuple

from desk.views import EVERY_MARKET, MarketsOf, OutcomeRow, Place, Quote
from domain.book import Book
from domain.ids import EventId, InstrumentId, MarketId, VenueName
from domain.markets import Instrument, Market, MarketStatus
from domain.money import MICROS
from domain.orders import Order, Side
from engine.live.moments import MS, Moments
from engine.live.notation import claim_e9, net_micros, price_micros, price_text
from engine.prices import Fair, Prices
from engine.state import State

STATUSES = (MarketStatus.OPEN, MarketStatus.SUSPENDED, MarketStatus.INACTIVE, MarketStatus.CLOSED)
"""The state of a market is the liveliest of its venues'."""

WHOLE_S_MS = 1_000
"""Freshness is told to the second: to the millisecond each row would be new at each beat."""

FAIR_MOVES_MICROS = 50
"""A fair value is told anew when it has moved so far: models drift a little with every second of a match."""


class Page(NamedTuple):
    """Some markets, and how many there are of their kind."""

    markets: list[Market]
    found: int


Seen = tuple[object, ...]
"""Everything that a place is made of; as long as it is the same, so is the place."""


class Grid:
    """Makes the rows of the markets that are shown."""

    def __init__(self, state: State, prices: Prices, moments: Moments) -> None:
        self._state = state
        self._prices = prices
        self._moments = moments
        self._made: dict[InstrumentId, tuple[Seen, Place]] = {}
        self._fair_told: dict[tuple[MarketId, int], int] = {}
        self._by_start = sorted(state.markets, key=self._start_of)
        self._texts: dict[MarketId, str] = {}

    def page(self, of: MarketsOf = EVERY_MARKET) -> Page:
        """The markets that are shown, events in the order of their start."""
        state, words = self._state, of.words.casefold().split()
        orders = state.blotter.orders.at_stake.values()
        staked = dict.fromkeys(state.instruments[order.instrument].listing.market for order in orders)
        first = sorted(staked, key=self._start_of)
        everyone: Iterable[MarketId] = chain(first, (market for market in self._by_start if market not in staked))
        found = len(self._by_start)
        if words:
            kept = [market for market in everyone if self._has(market, words)]
            everyone, found = kept, len(kept)
        chosen = islice(everyone, of.first, of.first + of.count)
        return Page([state.markets[market] for market in sorted(chosen, key=self._start_of)], found)

    def _has(self, market: MarketId, words: Iterable[str]) -> bool:
        """Whether each word is found in the names of a market or in its status."""
        text = self._texts.get(market)
        if text is None:
            known = self._state.markets[market]
            names = self._state.events[known.event].name, known.id, known.kind, known.kind.replace("_", " ")
            text = self._texts[market] = " ".join((*names, *known.outcomes)).casefold()
        status = ""
        for word in words:
            if word not in text:
                status = status or self._status(self._state.listed_for(market))[0].value.casefold()
                if word not in status:
                    return False
        return True

    def _start_of(self, market: MarketId) -> tuple[int, EventId, MarketId]:
        event = self._state.events[self._state.markets[market].event]
        return event.starts_ms, event.id, market

    def rows(self, markets: Iterable[Market], now_ns: int) -> Iterator[OutcomeRow]:
        """A row for each outcome."""
        why_not = {venue: self._prices.why_venue_not_tradable(venue) for venue in self._prices.sessions}
        for market in markets:
            places: list[list[Place]] = [[] for _ in market.outcomes]
            instruments = self._state.listed_for(market.id)
            fair = self._prices.fair.get(market.id)
            for instrument in instruments:
                outcome = instrument.listing.outcome
                places[outcome].append(self._place(instrument, fair, why_not, now_ns))
            yield from self._of_market(market, instruments, fair, places, now_ns)

    def _of_market(
        self,
        market: Market,
        instruments: Iterable[Instrument],
        fair: Fair | None,
        places: list[list[Place]],
        now_ns: int,
    ) -> Iterator[OutcomeRow]:
        event = self._state.events[market.event]
        status, in_play = self._status(instruments)
        pnl = self._state.exposure.pnl_micros(market.id)
        for outcome, name in enumerate(market.outcomes):
            p_micros = 0 if fair is None else self._fair_micros(fair, outcome)
            yield OutcomeRow(
                id=f"{market.id}#{outcome}",
                event=event.id,
                event_name=event.name,
                starts_ms=event.starts_ms,
                market=market.id,
                market_name=market.kind,
                outcome=outcome,
                outcome_name=name,
                status=status.value,
                in_play=in_play,
                fair_micros=p_micros,
                fair_sigma_micros=0 if fair is None else _sigma_micros(p_micros, fair.value.variance_logit),
                fair_model="" if fair is None else fair.value.model,
                fair_ms=0 if fair is None else self._second(fair.received_ns),
                fair_stale=fair is not None and not _usable(fair, now_ns),
                if_win_micros=pnl[outcome],
                places=tuple(places[outcome]),
            )

    def _status(self, instruments: Iterable[Instrument]) -> tuple[MarketStatus, bool]:
        """The state of a market over its venues, and whether it is in-play."""
        keys = {(one.listing.venue, one.listing.venue_market) for one in instruments}
        told = [known for key in keys if (known := self._prices.statuses.get(key)) is not None]
        status = next((one for one in STATUSES if any(known.status is one for known in told)), MarketStatus.INACTIVE)
        return status, any(known.in_play for known in told)

    def _place(self, instrument: Instrument, fair: Fair | None, why_not: dict[VenueName, str], now_ns: int) -> Place:
        listing = instrument.listing
        book = self._prices.books[instrument.id]
        reason = why_not[listing.venue] or self._prices.why_book_not_tradable(instrument, now_ns)
        p_micros = None
        if fair is not None and not reason and _usable(fair, now_ns):
            p_micros = self._fair_micros(fair, listing.outcome)
        orders = tuple(self._state.blotter.orders.open_on(instrument.id))
        book_ms = self._second(self._prices.proven_ns(instrument))
        status = self._prices.statuses.get((listing.venue, listing.venue_market))
        seen = (instrument, reason, status, p_micros, book_ms, book.best_back, book.best_lay, *_sizes(book), orders)
        known = self._made.get(instrument.id)
        if known is not None and known[0] == seen:
            return known[1]
        place = self._place_of(instrument, book, reason, p_micros, book_ms, orders)
        self._made[instrument.id] = seen, place
        return place

    def _fair_micros(self, fair: Fair, outcome: int) -> int:
        """The value of an outcome as it was told last, unless it has moved since."""
        key, now = (fair.value.market, outcome), round(fair.value.probabilities[outcome] * MICROS)
        told = self._fair_told.get(key)
        if told is None or abs(now - told) >= FAIR_MOVES_MICROS:
            told = self._fair_told[key] = now
        return told

    def _second(self, monotonic_ns: int) -> int:
        """A moment, to the second before it."""
        at_ms = self._moments.at_ms(monotonic_ns)
        return at_ms - at_ms % WHOLE_S_MS

    def _place_of(
        self,
        instrument: Instrument,
        book: Book,
        reason: str,
        p_micros: int | None,
        book_ms: int,
        orders: tuple[Order, ...],
    ) -> Place:
        listing = instrument.listing
        to_back, back_size, back_chance = _best(book, to_back=True)
        to_lay, lay_size, lay_chance = _best(book, to_back=False)
        status = self._prices.statuses.get((listing.venue, listing.venue_market))
        return Place(
            venue=listing.venue,
            instrument=instrument.id,
            currency=instrument.terms.currency,
            why_not=reason,
            in_play=status is not None and status.in_play,
            to_back=to_back,
            to_back_size_micros=back_size,
            back_probability_micros=back_chance,
            back_edge_micros=_edge_micros(instrument, book, Side.BACK, p_micros),
            to_lay=to_lay,
            to_lay_size_micros=lay_size,
            lay_probability_micros=lay_chance,
            lay_edge_micros=_edge_micros(instrument, book, Side.LAY, p_micros),
            book_ms=book_ms,
            quotes=quotes(orders, instrument),
        )


def quotes(orders: Iterable[Order], instrument: Instrument) -> tuple[Quote, ...]:
    """Orders of one instrument that may still be matched, as they are marked in a grid or ladder."""
    kind = instrument.terms.kind
    return tuple(
        Quote(
            ref=order.ref,
            side=order.side,
            price=price_text(kind, order.price),
            price_micros=price_micros(kind, order.price),
            remaining_micros=order.exposed_micros,
            unknown=order.unknown,
            cancelling=order.cancel_pending,
        )
        for order in orders
    )


def _usable(fair: Fair, now_ns: int) -> bool:
    return now_ns - fair.received_ns <= fair.value.ttl_ms * MS


def _sigma_micros(p_micros: int, variance_logit: float) -> int:
    """One standard deviation of the chance, from that of its log-odds."""
    return round(sqrt(variance_logit) * p_micros * (1 - p_micros / MICROS))


def _sizes(book: Book) -> tuple[int, int]:
    """What stands at the best prices."""
    back, lay = book.best_back, book.best_lay
    return book.to_back[back] if back >= 0 else 0, book.to_lay[lay] if lay >= 0 else 0


def _best(book: Book, *, to_back: bool) -> tuple[str, int, int]:
    """The best price of a side as text, its size, and the chance it speaks of in millionths."""
    tick = book.best_back if to_back else book.best_lay
    if tick < 0:
        return "", 0, 0
    kind, price = book.ladder.kind, book.ladder.prices[tick]
    return price_text(kind, price), (book.to_back if to_back else book.to_lay)[tick], claim_e9(kind, price) // 1_000


def _edge_micros(instrument: Instrument, book: Book, side: Side, p_micros: int | None) -> int | None:
    tick = book.best_back if side is Side.BACK else book.best_lay
    if p_micros is None or tick < 0:
        return None
    net = net_micros(instrument.terms.fee, side, book.ladder.kind, book.ladder.prices[tick])
    if net is None:
        return None
    return p_micros - net if side is Side.BACK else net - p_micros
