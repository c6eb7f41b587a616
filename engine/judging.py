"""What the gate looks at, gathered for one order at a time; and what was sent since, which the next one must count."""

from collections import defaultdict, deque
from collections.abc import Sequence

from domain.claims import claims_and_cost_micros
from domain.ids import OrderRef, VenueName
from domain.inside import CrossedInside
from domain.intents import Child
from domain.markets import Instrument, MarketStatus
from domain.messages import MarketChanged
from domain.money import FX_SCALE
from domain.net_price import PROBABILITY_SCALE
from domain.operators import KillLevel
from domain.orders import BACK, Order, TimeInForce
from domain.portfolio import InstrumentView, MarketView, listing_of
from engine.guarding import Guard
from engine.inside_bets import bets_of
from engine.prices import Prices, has_doubts
from engine.state import State
from risk.checks import Context
from risk.compliance import Compliance
from risk.gate import Gate
from risk.rollups import Rollups
from risk.verdicts import Approved, Refused

MS = 1_000_000


class Judge:
    """Puts orders before the gate with everything that is known at this moment.

    `tokens_kept`: so many orders of a venue's message budget are there for those that do not rest.
    """

    def __init__(
        self,
        gate: Gate,
        guard: Guard,
        compliance: Compliance,
        *,
        state: State,
        prices: Prices,
        rollups: Rollups | None = None,
        tokens_kept: int = 0,
    ) -> None:
        self._gate = gate
        self._guard = guard
        self._compliance = compliance
        self._state = state
        self._prices = prices
        self._rollups = rollups
        self._tokens_kept = tokens_kept
        self._sent_ns: deque[int] = deque(maxlen=gate.limits.orders_per_second)
        self._placing: defaultdict[VenueName, int] = defaultdict(int)

    @property
    def cap_event_micros(self) -> int:
        """The most that one event may lose."""
        return self._gate.limits.cap_event_micros

    @property
    def slack_e9(self) -> int:
        """How far from the fair value a flattening may take."""
        return self._gate.limits.collar_fair_e9

    def flatten_budget_micros(self) -> int | None:
        """What flattening may still cost against fair values, in base; None for no such bound."""
        limit = self._gate.limits.flatten_loss_micros
        return None if limit is None else limit - self._guard.losses.flattened_for_micros()

    def begin(self) -> None:
        """A new step: what the last one placed has been written, so that venues' budgets know of it."""
        self._placing.clear()

    def sent(self, instrument: Instrument, now_ns: int) -> None:
        """An approved order goes to its venue."""
        self._sent_ns.append(now_ns)
        self._placing[instrument.listing.venue] += 1

    def judge(
        self,
        child: Child,
        instrument: Instrument,
        view: MarketView,
        *,
        intent_orders: int,
        instead: Order | None = None,
        evens_out: bool = False,
    ) -> Approved | Refused:
        """The gate's verdict; `intent_orders` is how many orders the intent has made before.

        `instead`: the child is what this order that rests shall be. `evens_out`: an arbitrage under way needs it.
        """
        if self._rollups is not None and view.fair is not None:
            self._rollups.priced(instrument.listing.market, view.fair.model)
        context = self._context(instrument, view, intent_orders)
        if child.tif is not TimeInForce.IMMEDIATE:  # each wish was held against all that was left before this step
            context.tokens -= self._tokens_kept
        if self._compliance.opposite_ns and not evens_out:
            context.opposite = self._opposite(child, instrument, view.now_ns)
        return self._gate.judge(child, context, instead=instead)

    def _opposite(self, child: Child, instrument: Instrument, now_ns: int) -> OrderRef | None:
        """The order of ours that traded the other way at the exchange a moment ago."""
        listing, state = instrument.listing, self._state
        since_ns = now_ns - self._compliance.opposite_ns
        return state.traded.against(child.side, listing, state.markets[listing.market], since_ns=since_ns)

    def may_cross(self, crossing: CrossedInside, listings: Sequence[InstrumentView]) -> bool:
        """Whether two strategies may trade with each other: nothing stops the desk, and each stays within its cap."""
        breakers, rollups = self._state.breakers, self._rollups
        if breakers.level is not KillLevel.NONE or not breakers.enabled:
            return False
        if any(self._compliance.forbidden(one.instrument) for one in listings):
            return False
        return rollups is None or all(
            rollups.allows(strategy, before, after, on, FX_SCALE)
            for strategy, (before, after, on) in bets_of(crossing, self._state.holding.inside)
        )

    def edge_micros(self, child: Child, instrument: Instrument, view: MarketView) -> int:
        """What an order matched in full should bring at the fair value before fees, base millionths; 0 if it loses."""
        fair = fair_e9(view, instrument.listing.outcome)
        if fair is None:
            return 0
        claims, cost = claims_and_cost_micros(instrument.terms.kind, child.price, child.size_micros)
        worth = claims * fair // PROBABILITY_SCALE - cost
        edge = worth if child.side is BACK else -worth
        return max(0, edge) * self._state.rate_e8(instrument) // FX_SCALE

    def _context(self, instrument: Instrument, view: MarketView, intent_orders: int) -> Context:
        listing, now_ns = instrument.listing, view.now_ns
        venue = listing.venue
        place = venue, listing.venue_market
        status = self._prices.statuses.get(place)
        shown = listing_of(view, instrument.id)
        state, breakers, orders = self._state, self._state.breakers, self._state.blotter.orders
        return Context(
            instrument=instrument,
            book=shown.book,
            status=_status(status, is_settled=state.ledger.settling.standing(*place) is not None),
            in_play=shown.in_play,
            selection_removed=status is not None and listing.selection in status.removed,
            market_version=0 if status is None else status.version,
            session_proven=self._prices.is_proven(listing),
            breaker_open=breakers.tripped(venue),
            kill=breakers.level,
            proven_ns=self._prices.proven_ns(instrument),
            stale_after_ns=self._prices.capabilities[venue].stale_after_ms * MS,
            rate_e8=shown.rate_e8,
            fair_e9=fair_e9(view, listing.outcome),
            resting=tuple(state.resting.on(instrument.id)),
            available_micros=state.holding.spendable_micros(instrument),
            tokens=shown.tokens - self._placing.get(venue, 0),
            open_orders=orders.open_count,
            sent_ns=self._sent_ns,
            day_loss_micros=state.lost.total(now_ns),
            now_ns=now_ns,
            market_sent_ns=state.paces.sent_ns(listing.market),
            intent_orders=intent_orders,
            turnover_micros=state.turnover.total(now_ns),
            minute_loss_micros=self._guard.losses.minute_micros,
            market_breaker=breakers.open_in(*place),
            order_unproven=has_doubts(self._prices, place),
            forbidden=self._compliance.forbidden(instrument),
            enabled=breakers.enabled,
        )


def _status(shown: MarketChanged | None, *, is_settled: bool) -> MarketStatus:
    """Whether it takes bets. One that its venue settled is over whatever it shows: a bet there counts for nothing."""
    if is_settled:
        return MarketStatus.CLOSED
    return MarketStatus.INACTIVE if shown is None else shown.status


def fair_e9(view: MarketView, outcome: int) -> int | None:
    """The fair probability of an outcome in 1e-9, None if there is none that may still be used.

    Nor does one say anything that was made before the event turned.
    """
    fair = view.fair
    if fair is None or view.now_ns - view.fair_ns > fair.ttl_ms * MS or (fair.state and fair.state != view.state):
        return None
    return round(fair.probabilities[outcome] * PROBABILITY_SCALE)
