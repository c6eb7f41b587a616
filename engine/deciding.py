"""From a touched market to orders: strategies want, requote compares, routes make orders, the gate judges."""

from collections.abc import Callable, Sequence

import msgspec

from domain.ids import InstrumentId, MarketId, OrderRef, StrategyName, VenueName
from domain.intents import CancelIntent, Child, Intent, QuoteIntent, TakeIntent
from domain.markets import Listing
from domain.messages import CancelOrder, Command, DecisionTaken, Journalled, RiskRefused
from domain.orders import Side
from domain.portfolio import InstrumentView, MarketView
from engine.cancels import Repeats
from engine.judging import Judge, fair_e9
from engine.prices import Fair, Prices
from engine.state import State
from engine.telemetry import Telemetry
from engine.views import Views
from oms.router import Router
from oms.routes import Desk, Routed, route_quote, route_take
from risk.verdicts import Refused
from strategy.base import NOTHING, Strategy
from strategy.consensus import MODEL, ConsensusSettings, consensus_value
from strategy.requote import RequoteRules, requote

Record = Callable[[Journalled], object]
Send = Callable[[Command], object]

MS = 1_000_000
REFUSED_FOR_NS = 250 * MS


class DecidingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[deciding]`: the built-in fair value, when quotes move, and which venue goes first where prices tie.

    `look_again_ms`: how long the clock leaves a market alone of which no book goes stale and no value expires.
    """

    consensus: ConsensusSettings = ConsensusSettings()
    requoting: RequoteRules = RequoteRules()
    priorities: dict[VenueName, int] = {}
    look_again_ms: int = 500


class Refusal(msgspec.Struct, frozen=True):
    """The gate's last no to one strategy on one side of a book, and until when the same order is not asked for."""

    reason: str
    price: int
    size_micros: int
    until_ns: int

    def says_no_to(self, child: Child) -> bool:
        """Whether this is the order that was refused."""
        return (child.price, child.size_micros) == (self.price, self.size_micros)


class Deciding:
    """Looks at one market at a time, for every strategy, and acts through the two callables it is given."""

    def __init__(
        self,
        *,
        state: State,
        prices: Prices,
        views: Views,
        strategies: Sequence[Strategy],
        judge: Judge,
        router: Router,
        telemetry: Telemetry,
        settings: DecidingSettings,
    ) -> None:
        self._state = state
        self._prices = prices
        self._views = views
        self._strategies = strategies
        self._judge = judge
        self._router = router
        self._telemetry = telemetry
        self._consensus = settings.consensus
        self._requoting = settings.requoting
        self._priorities = settings.priorities
        self._look_again_ns = settings.look_again_ms * MS
        self._looked_ns: dict[MarketId, int] = {}
        self._refused: dict[tuple[StrategyName, InstrumentId, Side], Refusal] = {}
        self._cancels = Repeats()
        self._trigger_ns = 0

    def begin(self, trigger_ns: int) -> None:
        """A new step, caused by bytes that came in at `trigger_ns`: what the last one placed has been written."""
        self._judge.begin()
        self._trigger_ns = trigger_ns

    def is_due(self, market: MarketId, now_ns: int) -> bool:
        """Whether time is a reason to look at a market: something of it ended with time, or nobody looked for long."""
        looked_ns = self._looked_ns.get(market)
        if looked_ns is None or (now_ns - looked_ns >= self._look_again_ns and not self._prices.best_only):
            return True
        fair = self._prices.fair.get(market)
        if fair is not None and looked_ns <= fair.received_ns + fair.value.ttl_ms * MS < now_ns:
            return True
        return self._views.has_turned(market, now_ns)

    def decide(self, market: MarketId, now_ns: int, record: Record, send: Send) -> None:
        """Ask every strategy what it wants of a market and do what is allowed of it."""
        if not self._strategies:
            return
        self._looked_ns[market] = now_ns
        listings = self._views.listings(market, now_ns)
        self._value_by_consensus(market, listings, now_ns)
        for strategy in self._strategies:
            view = self._views.view(market, strategy.name, listings, now_ns)
            wanted = NOTHING if self._state.breakers.pause_of(strategy.name) else strategy.decide(view)
            for intent in (*requote(wanted.quotes, view, self._requoting), *wanted.takes):
                self._act(intent, view, record, send)

    def cancel(self, ref: OrderRef, now_ns: int, record: Record, send: Send) -> None:
        """Take an order out of the book, unless a cancel is under way or its venue cannot hear one.

        A refused cancel is a question that is asked elsewhere; until it is answered the cancel is not repeated at
        once, but at growing distance: a venue that says no to each would otherwise be asked as fast as it answers.
        """
        order = self._state.blotter.orders.get(ref)
        if order is None or order.cancel_pending or not self._prices.reachable(self._state.venue_of(order.instrument)):
            return
        if not self._cancels.due(ref, now_ns, at_stake=self._state.blotter.orders.at_stake):
            return
        command = CancelOrder(ref, f"{ref}-c{self._state.records + 1}")
        record(command)
        send(command)

    def _act(self, intent: Intent, view: MarketView, record: Record, send: Send) -> None:
        match intent:
            case CancelIntent():
                self.cancel(intent.ref, view.now_ns, record, send)
            case QuoteIntent():
                self._place(intent, route_quote(intent, self._desk(view)), view, record, send)
            case TakeIntent():
                self._place(intent, route_take(intent, self._desk(view)), view, record, send)

    def _place(
        self, intent: QuoteIntent | TakeIntent, routed: Routed, view: MarketView, record: Record, send: Send
    ) -> None:
        """Judge the orders of one intent one by one; the decision is recorded before the first that may be sent."""
        sent = 0
        for child in routed.children:
            instrument = self._state.instruments[child.instrument]
            if self._refused_lately(child, view.now_ns):
                continue
            edge = self._judge.edge_micros(child, instrument, view)
            verdict = self._judge.judge(child, instrument, view, intent_orders=sent)
            if isinstance(verdict, Refused):
                self._refuse(verdict, view.now_ns, record, edge)
                continue
            if not sent:
                record(self._decision(intent, routed, child, view))
            sent += 1
            self._telemetry.edge_placed_micros += edge
            command = self._router.place(verdict, placed=self._state.placed)
            self._judge.sent(instrument, view.now_ns)
            record(command)
            send(command)
            self._refused.pop((child.strategy, child.instrument, child.side), None)

    def _refused_lately(self, child: Child, now_ns: int) -> bool:
        """The very same order was refused a moment ago: asking again with each tick would only be noise."""
        last = self._refused.get((child.strategy, child.instrument, child.side))
        return last is not None and now_ns < last.until_ns and last.says_no_to(child)

    def _refuse(self, refused: Refused, now_ns: int, record: Record, edge: int) -> None:
        """Count a no; write one down when its reason is another than the last for this strategy and book."""
        child, reason = refused.child, refused.reason.value
        self._telemetry.refused(reason)
        key = (child.strategy, child.instrument, child.side)
        last = self._refused.get(key)
        self._refused[key] = Refusal(reason, child.price, child.size_micros, now_ns + REFUSED_FOR_NS)
        if last is None or last.reason != reason:
            self._telemetry.edge_refused_micros[reason] += edge
            record(RiskRefused(child.strategy, child.instrument, reason, child.decision))

    def _decision(
        self, intent: QuoteIntent | TakeIntent, routed: Routed, child: Child, view: MarketView
    ) -> DecisionTaken:
        listing = self._state.instruments[child.instrument].listing
        fair = view.fair
        return DecisionTaken(
            id=child.decision,
            strategy=intent.strategy,
            market=listing.market,
            outcome=listing.outcome,
            side=intent.side,
            probability_e9=fair_e9(view, listing.outcome) or 0,
            fair_age_ms=(view.now_ns - view.fair_ns) // MS if fair is not None else 0,
            fair_model=f"{fair.model} {fair.version}" if fair is not None else "",
            limit_e9=intent.limit_e9 if isinstance(intent, TakeIntent) else 0,
            claims_micros=intent.claims_micros if isinstance(intent, TakeIntent) else 0,
            candidates=routed.candidates,
            worst_before_micros=self._state.exposure.worst_loss_micros(view.market.event),
            cap_micros=self._judge.cap_event_micros,
            because=intent.because,
            trigger_ns=self._trigger_ns,
        )

    def _desk(self, view: MarketView) -> Desk:
        return Desk(
            view=view,
            decision=self._state.records + 1,
            venue_pnl=self._venue_pnl,
            available_micros=self._judge.available_micros,
            priorities=self._priorities,
        )

    def _venue_pnl(self, listing: Listing, side: Side) -> tuple[int, int]:
        return self._state.exposure.venue_pnl(listing, side)

    def _value_by_consensus(self, market: MarketId, listings: Sequence[InstrumentView], now_ns: int) -> None:
        """Put the venues' own opinion where no model's value is usable."""
        if not self._consensus.enabled:
            return
        fair = self._prices.fair.get(market)
        if fair is not None and fair.value.model != MODEL and now_ns - fair.received_ns <= fair.value.ttl_ms * MS:
            return
        known = self._state.markets[market]
        value = consensus_value(
            known,
            listings,
            self._state.open_in(market),
            self._consensus,
            state=str(self._prices.epochs[known.event]),
            now_ns=now_ns,
        )
        if value is not None:
            self._prices.fair[market] = Fair(value, now_ns)
