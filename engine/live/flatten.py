"""A preview of flattening: for each outcome that we hold more of than of another, who would take it from us now."""

from desk.flatten_views import FlattenLeft, FlattenOrder, FlattenPlan
from domain.claims import claims_and_cost_micros
from domain.intents import TakeIntent
from domain.markets import Listing, Market
from domain.money import FX_SCALE, MICROS
from domain.net_price import net_price_ratio
from domain.odds import claim_ratio
from domain.orders import Side
from engine.live.moments import Moments
from engine.live.notation import price_text
from engine.prices import Prices
from engine.state import State
from engine.views import Tokens, Views
from oms.allotment import Allotment, allot
from oms.routes import Desk, route_take
from strategy.flattening import FLATTEN

ANY_PRICE_E9 = 1
"""A flattening takes what it gets: the least it asks of a claim is next to nothing."""

DUST_MICROS = 10_000
"""A hundredth of a claim is not worth an order."""

CRUMBS = 200
"""Nor is a two-hundredth of what was held: sizes come in lots."""


class Flatten:
    """Routes what would have to be laid over the venues as a take would be, without a word to anybody.

    The matched result of a market by outcome, less its minimum, is what we hold of each: laying that much of every
    outcome makes all results equal.
    """

    def __init__(self, state: State, prices: Prices, tokens: Tokens, moments: Moments) -> None:
        self._state = state
        self._prices = prices
        self._moments = moments
        self._views = Views(state, prices, tokens, cap_micros=state.started.cap_micros)

    def plan(self) -> FlattenPlan:
        """What would be sent now."""
        orders: list[FlattenOrder] = []
        left: list[FlattenLeft] = []
        for market in self._state.markets.values():
            pnl = self._state.exposure.pnl_micros(market.id)
            if not self._state.positions.in_market(market.id):
                continue
            for outcome, result in enumerate(pnl):
                held = result - min(pnl)
                if held >= DUST_MICROS:
                    found, rest = self._outcome(market, outcome, held)
                    orders += found
                    left += rest
        return FlattenPlan(
            base=self._state.started.base,
            wall_ms=self._moments.now_ms(),
            orders=tuple(orders),
            left=tuple(left),
            cost_micros=sum(order.cost_micros or 0 for order in orders),
        )

    def _outcome(self, market: Market, outcome: int, held: int) -> tuple[list[FlattenOrder], list[FlattenLeft]]:
        now_ns = self._moments.clock.monotonic_ns()
        listings = self._views.listings(market.id, now_ns)
        desk = Desk(
            view=self._views.view(market.id, FLATTEN, listings, now_ns),
            decision=0,
            venue_pnl=self._venue_pnl,
            available_micros=self._state.holding.spendable_on_micros,
        )
        intent = TakeIntent(FLATTEN, market.id, outcome, Side.LAY, ANY_PRICE_E9, held, "flatten")
        candidates = route_take(intent, desk).candidates
        shares, _ = allot(candidates, side=Side.LAY, limit_e9=ANY_PRICE_E9, claims_micros=held)
        orders = [self._order(market, outcome, share) for share in shares]
        rest = held - sum(order.claims_micros for order in orders)
        if rest < max(DUST_MICROS, held // CRUMBS):
            return orders, []
        why = tuple(f"{one.instrument}: {one.refused or 'what it shows does not suffice'}" for one in candidates)
        name = self._state.events[market.event].name
        return orders, [FlattenLeft(market.id, name, outcome, market.outcomes[outcome], rest, why)]

    def _order(self, market: Market, outcome: int, share: Allotment) -> FlattenOrder:
        """One level's part: what its first order would leave of it goes out behind that one, at the same price."""
        candidate, fair = share.candidate, self._prices.fair.get(market.id)
        p_micros = None if fair is None else round(fair.value.probabilities[outcome] * MICROS)
        instrument = self._state.instruments[candidate.instrument]
        claims, _ = claims_and_cost_micros(candidate.kind, share.price, share.size_micros)
        claims = claims * candidate.rate_e8 // FX_SCALE
        part, whole = net_price_ratio(
            candidate.fee,
            Side.LAY,
            claim_ratio(candidate.kind, share.price),
            win_micros=candidate.win_micros,
            lose_micros=candidate.lose_micros,
        )
        net = part * MICROS // whole
        return FlattenOrder(
            market=market.id,
            event_name=self._state.events[market.event].name,
            outcome=outcome,
            outcome_name=market.outcomes[outcome],
            venue=instrument.listing.venue,
            instrument=instrument.id,
            side=Side.LAY,
            price=price_text(candidate.kind, share.price),
            size_micros=share.size_micros,
            currency=instrument.terms.currency,
            claims_micros=claims,
            net_micros=net,
            fair_micros=p_micros or 0,
            cost_micros=None if p_micros is None else claims * (p_micros - net) // MICROS,
        )

    def _venue_pnl(self, listing: Listing, side: Side) -> tuple[int, int]:
        return self._state.exposure.venue_pnl(listing, side)
