"""Views for strategies: built once per market, refreshed in place before each look."""

from collections.abc import Callable
from typing import NamedTuple

from domain.claims import claims_and_cost_micros, results
from domain.ids import MarketId, StrategyName, VenueMarketId, VenueName
from domain.markets import Instrument, Market
from domain.money import FX_SCALE
from domain.plans import PlanKind
from domain.portfolio import InstrumentView, MarketView
from engine.prices import (
    Prices,
    is_fed,
    why_market_not_tradable,
    why_not_even_reducing,
    why_not_in_open_market,
)
from engine.state import State
from oms.inside import InsideBook
from oms.waiting import NO_JUMPS, Jumps, waiting_cost_e9
from risk.exposure import Exposure

Tokens = Callable[[VenueName, int], int]
"""How many more placements a venue's message budget takes at a monotonic time."""

US_PER_MS = 1_000


class Views:
    """Hands strategies what they may see of a market."""

    def __init__(
        self,
        state: State,
        prices: Prices,
        tokens: Tokens,
        *,
        cap_micros: int,
        claims_max_micros: int | None = None,
        jumps: Jumps = NO_JUMPS,
    ) -> None:
        self._state = state
        self._prices = prices
        self._tokens = tokens
        self._cap_micros = cap_micros
        self._claims_max_micros = claims_max_micros
        self._jumps = jumps
        self._listings: dict[MarketId, tuple[InstrumentView, ...]] = {}
        self._at: dict[MarketId, dict[VenueName, list[InstrumentView]]] = {}
        self._told: dict[tuple[MarketId, VenueName], _Told] = {}

    def listings(self, market: MarketId, now_ns: int) -> tuple[InstrumentView, ...]:
        """Every listing of a market with its state at this moment, listings of one outcome together."""
        instruments = self._state.listed_for(market)
        views = self._listings.get(market)
        if views is None or len(views) != len(instruments):
            views = self._open(market, instruments)
        for venue, ours in self._at[market].items():
            if not self._stands(market, venue, now_ns):
                self._refresh(market, venue, now_ns)
            tokens = self._tokens(venue, now_ns)
            if ours[0].tokens != tokens:
                for view in ours:
                    view.tokens = tokens
        return views

    def has_turned(self, market: MarketId, now_ns: int) -> bool:
        """Whether an instrument may be traded that could not be at the last look, or the reverse."""
        return any(
            view.why_not != self._prices.why_not_tradable(view.instrument, now_ns)
            for venue, ours in self._at.get(market, {}).items()
            if not self._stands(market, venue, now_ns)
            for view in ours
        )

    def _stands(self, market: MarketId, venue: VenueName, now_ns: int) -> bool:
        """Whether nothing but budgets and levels can have changed at a venue since it was looked at."""
        told, prices = self._told.get((market, venue)), self._prices
        return (
            told is not None
            and told.turns == prices.turns
            and told.quarantined == len(prices.quarantined)
            and (now_ns <= told.fresh_until_ns or is_fed(prices, venue, now_ns))
            and told.why_not == prices.why_venue_not_tradable(venue)
        )

    def _refresh(self, market: MarketId, venue: VenueName, now_ns: int) -> None:
        """Take over everything at a venue that is no level of a book: what is tradable and why not, state, terms."""
        known, prices, ours = self._state.instruments, self._prices, self._at[market][venue]
        why_venue = prices.why_venue_not_tradable(venue)
        shared: dict[VenueMarketId, _Shared] = {}
        for view in ours:
            instrument = view.instrument = known[view.instrument.id]
            venue_market = instrument.listing.venue_market
            told = shared.get(venue_market)
            if told is None:
                told = shared[venue_market] = self._shared((venue, venue_market), why_venue)
            view.book = prices.books[instrument.id]
            view.why_not = told.why_not or why_not_in_open_market(prices, instrument, now_ns)
            view.tradable = not view.why_not
            view.reducible = bool(view.why_not) and not why_not_even_reducing(prices, instrument, now_ns)
            view.in_play, view.bet_delay_ms, view.delay_e9 = told.in_play, told.bet_delay_ms, told.delay_e9
        stale_after_ns = prices.capabilities[venue].stale_after_ms * 1_000_000
        fresh_until_ns = min(view.book.proven_ns for view in ours) + stale_after_ns
        self._told[market, venue] = _Told(prices.turns, len(prices.quarantined), why_venue, fresh_until_ns)
        if now_ns > fresh_until_ns and not is_fed(prices, venue, now_ns):  # an old book may be proven at any time
            del self._told[market, venue]

    def view(
        self, market: MarketId, strategy: StrategyName, listings: tuple[InstrumentView, ...], now_ns: int
    ) -> MarketView:
        """What one strategy sees of one market now; `listings` are the market's, of this moment."""
        known = self._state.markets[market]
        fair, exposure = self._prices.fair.get(market), self._state.exposure
        return MarketView(
            market=known,
            strategy=strategy,
            fair=None if fair is None else fair.value,
            fair_ns=0 if fair is None else fair.received_ns,
            state=str(self._prices.epochs[known.event]),
            listings=listings,
            pnl_micros=_pnl_micros(exposure, self._state.holding.inside, strategy, market),
            working=self._state.working(strategy, market),
            budget_micros=max(0, self._cap_micros - exposure.worst_loss_micros(known.event)),
            now_ns=now_ns,
            matches=self._state.holding.matches[market],
            claims_max_micros=self._claims_max_micros,
            chances=self._state.holding.chances.by_venue,
            pnl_none_micros=0 if known.winners == 1 else _pnl_none_micros(self._state, strategy, market),
            coming_micros=_coming_micros(self._state, known) if self._state.plans.live else (),
        )

    def _open(self, market: MarketId, instruments: tuple[Instrument, ...]) -> tuple[InstrumentView, ...]:
        views = self._listings[market] = tuple(self._opened(instrument) for instrument in instruments)
        at: dict[VenueName, list[InstrumentView]] = {}
        for view in views:
            at.setdefault(view.instrument.listing.venue, []).append(view)
        self._at[market] = at
        for venue in at:
            self._told.pop((market, venue), None)
        return views

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
            amends=self._prices.capabilities[instrument.listing.venue].amends,
        )

    def _shared(self, key: tuple[VenueName, VenueMarketId], why_venue: str) -> "_Shared":
        why_not = why_venue or why_market_not_tradable(self._prices, key)
        status = self._prices.statuses.get(key)
        if status is None:
            return _Shared(why_not, False, 0, 0)
        held_back_ms = status.bet_delay_ms if status.in_play else 0
        cost_e9 = waiting_cost_e9(self._jumps, held_back_ms * US_PER_MS)
        return _Shared(why_not, status.in_play, status.bet_delay_ms, cost_e9)


def _pnl_micros(exposure: Exposure, inside: InsideBook, strategy: StrategyName, market: MarketId) -> tuple[int, ...]:
    """Net result of what the desk has matched if an outcome alone wins, in base, as a strategy has to see it.

    With its own share of what strategies hold of each other: one that was served by another would else want the
    same at its next look.
    """
    desk = exposure.pnl_micros(market)
    if not inside.held:
        return desk
    own = inside.results(strategy, market, len(desk))
    return tuple(all_of_us + ours for all_of_us, ours in zip(desk, own, strict=True))


def _pnl_none_micros(state: State, strategy: StrategyName, market: MarketId) -> int:
    """The same if no outcome wins: what each of several winners adds to."""
    return state.exposure.pnl_none_micros(market) - state.holding.inside.paid_micros(strategy, market)


def _coming_micros(state: State, market: Market) -> tuple[int, ...]:
    """What plans that even something out still have open or held back, as if matched, by outcome in base."""
    plans = [plan for plan in state.plans.live_in(market.id) if plan.made.kind is not PlanKind.SPLIT]
    if not plans or market.winners != 1:
        return ()
    coming = [0] * len(market.outcomes)
    sent = [order for plan in plans for leg in plan.orders for order in leg.values()]
    for order in (*sent, *(order for plan in plans for order in plan.held)):
        instrument = state.instruments[order.instrument]
        claims, cost = claims_and_cost_micros(instrument.terms.kind, order.price, order.exposed_micros)
        win, lose = results(order.side, claims=claims, cost=cost)
        for k in range(len(coming)):
            coming[k] += (win if k == instrument.listing.outcome else lose) * state.rate_e8(instrument) // FX_SCALE
    return tuple(coming)


class _Shared(NamedTuple):
    """What all listings of one venue market have in common at one moment."""

    why_not: str
    in_play: bool
    bet_delay_ms: int
    delay_e9: int


class _Told(NamedTuple):
    """When a venue's part of a market was looked at, and until when its books are fresh without another proof."""

    turns: int
    quarantined: int
    why_not: str
    fresh_until_ns: int
