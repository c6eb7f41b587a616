"""The most that each league, sport, model, venue, strategy, the day and the desk can still lose, beside its cap if any.

Leagues, sports and models are sums of their markets' worst losses; a venue's and a strategy's are what its own bets
lose by themselves, see `risk.rollups`. The gate keeps these sums only where a cap stands; here they are told of every
name, from an exposure of their own, because the state's must stay as replay makes it.
"""

from collections import Counter
from collections.abc import Iterator

import msgspec

from domain.ids import MarketId, OrderRef, StrategyName
from domain.markets import Instrument
from domain.money import FX_SCALE
from domain.orders import Order
from engine.inside_bets import standing
from engine.state import State
from risk.exposure import Exposure, alike, follow_venue
from risk.limits import cap_of, limits_of


class ScopeLoss(msgspec.Struct, frozen=True):
    """What one scope can still lose and its cap, base-currency millionths; a cap of 0 is none.

    `scope` is `total`, `day`, `league`, `sport`, `model`, `venue` or `strategy`; `name` is empty for the first two.
    """

    scope: str
    name: str
    worst_loss_micros: int
    cap_micros: int

    @property
    def used_ppm(self) -> int:
        """The share of the cap in millionths, 0 without one."""
        return self.worst_loss_micros * 1_000_000 // self.cap_micros if self.cap_micros else 0


class ScopeLosses:
    """Follows the orders with money at stake, what plans hold back, and what strategies hold of each other.

    Told anew, only what changed in between is counted again.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._exposure = Exposure(state.started.markets)
        self._counted: dict[OrderRef, Order] = {}
        self._inside: dict[OrderRef, tuple[Order, Instrument]] = {}
        self._over: set[MarketId] = set()
        self._settlements = 0
        for one in state.started.capabilities:
            follow_venue(self._exposure, one.venue)

    def rows(self, now_ns: int) -> Iterator[ScopeLoss]:
        """Every scope at a monotonic time; those of one kind by their name."""
        self._follow()
        state = self._state
        total = state.exposure.total_loss_micros
        yield self._row("total", "", total)
        yield self._row("day", "", max(0, state.lost.total(now_ns)) + total)
        for scope, losses in self._by_market():
            for name in sorted(losses):
                yield self._row(scope, name, losses[name])
        for venue, tally in sorted(self._exposure.venue_tallies.items()):
            yield self._row("venue", venue, tally.loss)
        for strategy, own in sorted(self._exposure.strategies.items()):
            judged = state.exposure.strategies.get(strategy, own)  # where a cap stands, as the gate counts it
            yield self._row("strategy", strategy, judged.total_loss_micros)

    # ---- within ----

    def _row(self, scope: str, name: str, loss: int) -> ScopeLoss:
        caps = limits_of(self._state.limits).get(f"cap_{scope}_micros", 0)
        cap = caps if isinstance(caps, int) else cap_of(caps, name)
        return ScopeLoss(scope, name, loss, cap or 0)

    def _by_market(self) -> Iterator[tuple[str, Counter[str]]]:
        """Sums over markets; a league, sport or model without a name is none."""
        state = self._state
        leagues, sports, models = Counter[str](), Counter[str](), Counter[str]()
        for market in state.markets.values():
            event, loss = state.events[market.event], state.exposure.market_loss_micros(market.id)
            model, _, _ = state.fair_models.get(market.id, "").rpartition(" ")  # its version stands behind it
            for losses, name in ((leagues, event.league), (sports, event.sport), (models, model)):
                if name:
                    losses[name] += loss
        yield from (("league", leagues), ("sport", sports), ("model", models))

    def _follow(self) -> None:
        """Count every order as it stands now; one without money at stake any more is gone."""
        held = {order.ref: order for plan in self._state.plans.live.values() for order in plan.held}
        at_stake = self._state.blotter.orders.at_stake
        for ref in [ref for ref in self._counted if ref not in at_stake and ref not in held]:
            self._count(self._counted.pop(ref), None)
        for ref, order in (*at_stake.items(), *held.items()):
            before = self._counted.get(ref)
            if before is not order:
                self._count(before, order)
                self._counted[ref] = order
        self._follow_inside()

    def _follow_inside(self) -> None:
        """What strategies hold of each other in markets that nobody has paid out; the desk's own sums know nothing."""
        state = self._state
        for settlement in state.settled[self._settlements :]:
            said = settlement.statement
            self._over |= {
                state.instruments[one].listing.market for one in state.listed_in(said.venue, said.venue_market)
            }
        self._settlements = len(state.settled)
        now = {bet.ref: (bet, on) for bet, on in standing(state.holding.inside) if on.listing.market not in self._over}
        for ref in dict.fromkeys((*self._inside, *now)):
            before, after = self._inside.get(ref), now.get(ref)
            one = after or before
            if one is not None and before != after:
                was, then = before and before[0], after and after[0]
                self._own(one[0].strategy).update(was, then, one[1], FX_SCALE)
        self._inside = now

    def _own(self, strategy: StrategyName) -> Exposure:
        """What a strategy can lose by itself."""
        own = self._exposure.strategies.get(strategy)
        if own is None:
            own = self._exposure.strategies[strategy] = Exposure(self._state.started.markets)
        return own

    def _count(self, before: Order | None, after: Order | None) -> None:
        one = after or before
        assert one is not None, "a change is of an order that was or is there"
        self._own(one.strategy)
        if before is None or after is None or not alike(before, after):
            instrument = self._state.instruments[one.instrument]
            self._exposure.update(before, after, instrument, self._state.rate_e8(instrument))
