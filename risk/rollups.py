"""Worst losses beside the event's: of a league, a sport, a model, a venue, a strategy; kept only where a cap asks.

Leagues, sports and models are sums of their markets' worst losses: an event that ends badly says nothing good of
the next one. A venue's is what our bets there alone could lose, because what another venue pays cannot be spent
there. A strategy's is that of its own orders, as if nobody else traded: its budget is ring-fenced, others' hedges
neither lend to it nor borrow from it.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from domain.ids import EventId, MarketId, StrategyName, VenueName
from domain.intents import Child
from domain.markets import Event, Instrument, Market
from domain.orders import Order
from risk.branches import Tally
from risk.exposure import Exposure, Trial, follow_venue, venue_loss_if
from risk.limits import Limits, cap_of
from risk.verdicts import RefusalReason


class Scope(msgspec.Struct, frozen=True):
    """A cap by name that an order falls under, and the worst loss with the order; base-currency millionths."""

    reason: RefusalReason
    name: str
    loss: int
    cap: int


class Rollups:
    """Judges orders against the caps by name. The exposure keeps the sums, see `risk.branches.Tally`.

    `strategies` and `venues` are those of the desk, `standing` the orders that were there before.
    """

    def __init__(
        self,
        limits: Limits,
        exposure: Exposure,
        *,
        events: Mapping[EventId, Event],
        markets: Iterable[Market],
        venues: Iterable[VenueName],
        strategies: Iterable[StrategyName],
        standing: Iterable[tuple[Order, Instrument, int]] = (),
    ) -> None:
        self._limits = limits
        self._exposure = exposure
        self._of_market: dict[MarketId, tuple[tuple[RefusalReason, Tally, int], ...]] = {}
        self._followed: dict[tuple[RefusalReason, str], tuple[Tally, int]] = {}
        self._models: dict[str, Tally] = {}
        self._model_of: dict[MarketId, str] = {}
        leagues: dict[str, Tally] = {}
        sports: dict[str, Tally] = {}
        asked = tuple(markets)
        for market in asked:
            event = events[market.event]
            self._follow(market.id, RefusalReason.CAP_LEAGUE, leagues, event.league)
            self._follow(market.id, RefusalReason.CAP_SPORT, sports, event.sport)
        for venue in venues:
            if cap_of(limits.cap_venue_micros, venue) is not None:
                follow_venue(exposure, venue)
        capped = [name for name in strategies if cap_of(limits.cap_strategy_micros, name) is not None]
        self._own = {name: exposure.strategies.setdefault(name, Exposure(asked)) for name in capped}
        for order, instrument, rate_e8 in standing:
            if (own := self._own.get(order.strategy)) is not None:
                own.update(None, order, instrument, rate_e8)

    def priced(self, market: MarketId, model: str) -> None:
        """A model prices a market from now on: what the market may lose counts as the model's."""
        before = self._model_of.get(market)
        if before == model or not self._limits.cap_model_micros:
            return
        self._model_of[market] = model
        if before is not None and (tally := self._models.get(before)) is not None:
            self._exposure.tallies[market].remove(tally)
            tally.loss -= self._exposure.market_loss_micros(market)
            self._of_market[market] = tuple(one for one in self._of_market[market] if one[1] is not tally)
        self._follow(market, RefusalReason.CAP_MODEL, self._models, model)

    def scopes(
        self, child: Child, instrument: Instrument, rate_e8: int, trial: Trial, *, instead: Order | None = None
    ) -> Iterator[Scope]:
        """Every cap by name that the order falls under. Nothing is worked out before it is asked for.

        `instead` of it a resting order takes its terms over, see `Exposure.trial`.
        """
        more = trial.event_micros - trial.before_micros
        for reason, tally, cap in self._of_market.get(instrument.listing.market, ()):
            yield Scope(reason, tally.name, tally.loss + more, cap)
        venue = instrument.listing.venue
        at_venue = cap_of(self._limits.cap_venue_micros, venue)
        if at_venue is not None:
            loss = venue_loss_if(self._exposure, child, instrument, rate_e8, instead=instead)
            yield Scope(RefusalReason.CAP_VENUE, venue, loss, at_venue)
        own = self._own.get(child.strategy)
        if own is not None:
            budget = cap_of(self._limits.cap_strategy_micros, child.strategy)
            assert budget is not None, f"{child.strategy} is followed because of its cap"
            loss = own.trial(child, instrument, rate_e8, instead=instead).total_micros
            yield Scope(RefusalReason.CAP_STRATEGY, child.strategy, loss, budget)

    def allows(
        self, strategy: StrategyName, before: Order | None, after: Order | None, instrument: Instrument, rate_e8: int
    ) -> bool:
        """Whether what a strategy holds may become that: its own loss stays within its cap, or rises no further."""
        own = self._own.get(strategy)
        if own is None:
            return True
        was = own.total_loss_micros
        own.update(before, after, instrument, rate_e8)
        loss = own.total_loss_micros
        own.update(after, before, instrument, rate_e8)
        cap = cap_of(self._limits.cap_strategy_micros, strategy)
        return cap is None or loss <= max(was, cap)

    def standing(self) -> Iterator[Scope]:
        """Every cap by name, and what stands now."""
        for (reason, name), (tally, cap) in self._followed.items():
            yield Scope(reason, name, tally.loss, cap)
        for venue, tally in self._exposure.venue_tallies.items():
            if (at_venue := cap_of(self._limits.cap_venue_micros, venue)) is not None:
                yield Scope(RefusalReason.CAP_VENUE, venue, tally.loss, at_venue)
        for strategy, own in self._exposure.strategies.items():
            if (budget := cap_of(self._limits.cap_strategy_micros, strategy)) is not None:
                yield Scope(RefusalReason.CAP_STRATEGY, strategy, own.total_loss_micros, budget)

    def _follow(self, market: MarketId, reason: RefusalReason, tallies: dict[str, Tally], name: str) -> None:
        cap = cap_of(getattr(self._limits, f"{reason}_micros"), name)
        if cap is None or not name:
            return
        tally = tallies.setdefault(name, Tally(name))
        self._exposure.tallies.setdefault(market, []).append(tally)
        tally.loss += self._exposure.market_loss_micros(market)
        self._of_market[market] = (*self._of_market.get(market, ()), (reason, tally, cap))
        self._followed[reason, name] = tally, cap
