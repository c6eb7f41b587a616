"""Views for strategies: built once per market, refreshed in place before each look."""

from collections.abc import Callable

from domain.ids import MarketId, StrategyName, VenueName
from domain.markets import Instrument
from domain.portfolio import InstrumentView, MarketView
from engine.prices import Prices
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

    def listings(self, market: MarketId, now_ns: int) -> tuple[InstrumentView, ...]:
        """Every listing of a market with its state at this moment, listings of one outcome together."""
        instruments = self._state.listed_for(market)
        views = self._listings.get(market)
        if views is None or len(views) != len(instruments):
            views = self._listings[market] = tuple(self._opened(instrument) for instrument in instruments)
        venues: dict[VenueName, tuple[str, int]] = {}
        for view in views:
            venue = view.instrument.listing.venue
            if venue not in venues:
                venues[venue] = self._prices.why_venue_not_tradable(venue), self._tokens(venue, now_ns)
            self._refresh(view, *venues[venue], now_ns)
        return views

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

    def _refresh(self, view: InstrumentView, why_venue_not: str, tokens: int, now_ns: int) -> None:
        instrument = view.instrument = self._state.instruments[view.instrument.id]
        listing = instrument.listing
        view.book = self._prices.books[instrument.id]
        view.why_not = why_venue_not or self._prices.why_book_not_tradable(instrument, now_ns)
        view.tradable = not view.why_not
        status = self._prices.statuses.get((listing.venue, listing.venue_market))
        if status is not None:
            view.in_play = status.in_play
            view.bet_delay_ms = status.bet_delay_ms
        view.tokens = tokens
