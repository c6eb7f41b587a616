"""Views for strategies: built once per market, refreshed in place before each look."""

from collections.abc import Callable
from typing import NamedTuple

from domain.ids import MarketId, StrategyName, VenueMarketId, VenueName
from domain.markets import Instrument
from domain.portfolio import InstrumentView, MarketView
from engine.prices import Prices, is_fed, why_market_not_tradable, why_not_in_open_market
from engine.state import State

Tokens = Callable[[VenueName, int], int]
"""How many more placements a venue's message budget takes at a monotonic time."""


class Views:
    """Hands strategies what they may see of a market."""

    def __init__(self, state: State, prices: Prices, tokens: Tokens, *, cap_micros: int) -> None:
        self._state = state
        self._prices = prices
        self._tokens = tokens
        self._cap_micros = cap_micros
        self._listings: dict[MarketId, tuple[InstrumentView, ...]] = {}
        self._venues: dict[MarketId, tuple[VenueName, ...]] = {}
        self._told: dict[MarketId, tuple[int, int, dict[VenueName, tuple[str, int]]]] = {}

    def listings(self, market: MarketId, now_ns: int) -> tuple[InstrumentView, ...]:
        """Every listing of a market with its state at this moment, listings of one outcome together."""
        instruments = self._state.listed_for(market)
        views = self._listings.get(market)
        if views is None or len(views) != len(instruments):
            views = self._listings[market] = tuple(self._opened(instrument) for instrument in instruments)
            self._venues[market] = tuple(dict.fromkeys(view.instrument.listing.venue for view in views))
            self._told.pop(market, None)
        prices = self._prices
        venues = {
            venue: (prices.why_venue_not_tradable(venue), self._tokens(venue, now_ns)) for venue in self._venues[market]
        }
        if not all(is_fed(prices, venue, now_ns) for venue in venues):  # then every book has an age of its own
            self._told.pop(market, None)
            self._refresh(views, venues, now_ns)
            return views
        told = prices.turns, len(prices.quarantined), venues
        if self._told.get(market) != told:
            self._refresh(views, venues, now_ns)
            self._told[market] = told
        return views

    def _refresh(
        self, views: tuple[InstrumentView, ...], venues: dict[VenueName, tuple[str, int]], now_ns: int
    ) -> None:
        """Take over everything that is no level of a book: what is tradable and why not, state, terms, budgets."""
        shared: dict[tuple[VenueName, VenueMarketId], _Shared] = {}
        known, books, prices = self._state.instruments, self._prices.books, self._prices
        for view in views:
            instrument = view.instrument = known[view.instrument.id]
            listing = instrument.listing
            key = listing.venue, listing.venue_market
            told = shared.get(key)
            if told is None:
                told = shared[key] = self._shared(key, venues)
            view.book = books[instrument.id]
            view.why_not = told.why_not or why_not_in_open_market(prices, instrument, now_ns)
            view.tradable = not view.why_not
            view.in_play, view.bet_delay_ms, view.tokens = told.in_play, told.bet_delay_ms, told.tokens

    def has_turned(self, market: MarketId, now_ns: int) -> bool:
        """Whether an instrument may be traded that could not be at the last look, or the reverse."""
        views = self._listings.get(market, ())
        return any(view.why_not != self._prices.why_not_tradable(view.instrument, now_ns) for view in views)

    def view(
        self, market: MarketId, strategy: StrategyName, listings: tuple[InstrumentView, ...], now_ns: int
    ) -> MarketView:
        """What one strategy sees of one market now; `listings` are the market's, of this moment."""
        known = self._state.markets[market]
        fair = self._prices.fair.get(market)
        return MarketView(
            market=known,
            strategy=strategy,
            fair=None if fair is None else fair.value,
            fair_ns=0 if fair is None else fair.received_ns,
            state=str(self._prices.epochs[known.event]),
            listings=listings,
            pnl_micros=self._state.exposure.pnl_micros(market),
            working=self._state.working(strategy, market),
            budget_micros=max(0, self._cap_micros - self._state.exposure.worst_loss_micros(known.event)),
            now_ns=now_ns,
            pnl_none_micros=0 if known.winners == 1 else self._state.exposure.pnl_none_micros(market),
        )

    def _opened(self, instrument: Instrument) -> InstrumentView:
        return InstrumentView(
            instrument=instrument,
            book=self._prices.books[instrument.id],
            tradable=False,
            why_not="",
            in_play=False,
            bet_delay_ms=0,
            tokens=0,
            rate_e8=self._state.rate_e8(instrument),
        )

    def _shared(self, key: tuple[VenueName, VenueMarketId], venues: dict[VenueName, tuple[str, int]]) -> "_Shared":
        why_not, tokens = venues[key[0]]
        why_not = why_not or why_market_not_tradable(self._prices, key)
        status = self._prices.statuses.get(key)
        if status is None:
            return _Shared(why_not, False, 0, tokens)
        return _Shared(why_not, status.in_play, status.bet_delay_ms, tokens)


class _Shared(NamedTuple):
    """What all listings of one venue market have in common at one moment."""

    why_not: str
    in_play: bool
    bet_delay_ms: int
    tokens: int
