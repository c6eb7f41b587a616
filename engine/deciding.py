"""From a touched market to orders: strategies want, requote compares, routes make orders, the gate judges."""

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from domain.ids import MarketId, OrderRef, VenueName
from domain.inside import CrossedInside
from domain.intents import (
    AmendIntent,
    CancelIntent,
    Child,
    Intent,
    PairIntent,
    QuoteIntent,
    SetIntent,
    TakeIntent,
    Withheld,
)
from domain.markets import Instrument
from domain.messages import CancelOrder, Command, DecisionTaken, Journalled
from domain.net_price import PROBABILITY_SCALE
from domain.operators import KillLevel
from domain.orders import Order, TimeInForce
from domain.plans import PlanKind
from domain.portfolio import InstrumentView, MarketView, listing_of
from domain.stops import AlertRaised
from engine.cancels import CANCELS_MAX, Repeats
from engine.changing import Changing
from engine.consulting import Consulting, Decides
from engine.judging import Judge, fair_e9
from engine.planning import Notes, Planning
from engine.prices import Fair, Prices
from engine.reducing import reduces
from engine.refusing import Refusals
from engine.state import State
from engine.telemetry import Telemetry
from engine.turns import has_just_turned
from engine.views import Views
from oms.inside import Place as InsidePlace
from oms.inside import cross_inside
from oms.plans import Plan
from oms.router import Router
from oms.routes import Desk, Routed, route_quote, route_take
from oms.waiting import Jumps
from risk.verdicts import Approved, RefusalReason, Refused
from strategy.consensus import MODEL, ConsensusSettings, consensus_value
from strategy.flattening import Flattener
from strategy.requote import RequoteRules, requote
from strategy.uncrossed import crossed_by, is_mirrored

Record = Callable[[Journalled], object]
Send = Callable[[Command], object]

Wish = tuple[Intent, MarketView]
"""What a strategy asks for, and what it saw."""

MS = 1_000_000


class JumpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[deciding.jumps]`: what may come against us while a venue takes its time to answer, or holds a bet back.

    Jumps of `size` (probability) come `rate_per_s` times a second, and with `not_suspended_prob` the venue does not
    suspend in time.
    """

    rate_per_s: float = 0.0005
    size: float = 0.25
    not_suspended_prob: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.rate_per_s < float("inf"):
            raise ValueError(f"rate_per_s must be 0 or more, not {self.rate_per_s}")
        for name in ("size", "not_suspended_prob"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie in [0, 1], not {getattr(self, name)}")

    @property
    def exact(self) -> Jumps:
        """The same in whole numbers, as routes are charged with."""
        loss = self.size * self.not_suspended_prob
        return Jumps(round(self.rate_per_s * PROBABILITY_SCALE), round(loss * PROBABILITY_SCALE))


class DecidingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[deciding]`: the built-in fair value, when quotes move, what waits cost, and who goes first where prices tie.

    `look_again_ms`: how long the clock leaves a market alone of which no book goes stale and no value expires.
    """

    consensus: ConsensusSettings = ConsensusSettings()
    requoting: RequoteRules = RequoteRules()
    jumps: JumpSettings = JumpSettings()
    priorities: dict[VenueName, int] = {}
    look_again_ms: int = 500


class Deciding:
    """Looks at one market at a time, for every strategy, and acts through the two callables it is given."""

    def __init__(
        self,
        *,
        state: State,
        prices: Prices,
        views: Views,
        consulting: Consulting,
        judge: Judge,
        router: Router,
        telemetry: Telemetry,
        settings: DecidingSettings,
    ) -> None:
        self._state = state
        self._prices = prices
        self._views = views
        self._consulting = consulting
        self._judge = judge
        self._flattener = Flattener(slack_e9=judge.slack_e9, budget_micros=judge.flatten_budget_micros)
        self._router = router
        self._settings = settings
        self._jumps = settings.jumps.exact
        self._look_again_ns = settings.look_again_ms * MS
        self._looked_ns: dict[MarketId, int] = {}
        self.refusals = Refusals(state, judge, telemetry)
        self._lately = telemetry.lately
        self.cancels = Repeats()
        self._trigger_ns = 0
        self.planning = Planning(state, self)
        self._changing = Changing(
            state, prices, router, judge.sent, desk=self.desk, explain=self._decision, refusals=self.refusals
        )

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

    def waiting(self, now_ns: int) -> list[MarketId]:
        """Markets to look at again: a wish there waited for a budget that time alone fills, or somebody rests now."""
        return self.refusals.due(now_ns) + self._consulting.to_clear()

    def decide(self, market: MarketId, now_ns: int, record: Record, send: Send) -> None:
        """Ask every strategy what it wants of a market and do what is allowed of it.

        While all orders come out nobody is asked: no wish could be granted, and each would count as refused.
        """
        if not self._consulting.strategies and not self._state.plans.live:
            return
        self._looked_ns[market] = now_ns
        listings = self._views.listings(market, now_ns)
        self._value_by_consensus(market, listings, now_ns)
        if self._state.plans.live:
            self._advance_plans(market, listings, now_ns, record, send)
        if self._state.breakers.level is KillLevel.CANCEL_ALL:
            return
        flattening = self._state.breakers.level is KillLevel.FLATTEN
        desk: Sequence[Decides] = (self._flattener,) if flattening else self._consulting.strategies
        wishes: list[Wish] = []
        for strategy in desk:
            view = self._views.view(market, strategy.name, listings, now_ns)
            wanted = self._flattener.decide(view) if flattening else self._consulting.ask(strategy, view, record)
            self._lately.asked(strategy.name, market, wanted.because_not)
            moves = requote(wanted.quotes, view, self._settings.requoting)
            wishes += [(intent, view) for intent in (*moves, *wanted.takes, *wanted.pairs, *wanted.withheld)]
        if len(desk) > 1 and any(type(intent) is TakeIntent for intent, _ in wishes):
            wishes = _crossed(wishes, listings, record, self._judge, mirrored=is_mirrored(self._state.markets[market]))
        for intent, view in wishes:
            self._act(intent, view, record, send)

    def _advance_plans(
        self, market: MarketId, listings: tuple[InstrumentView, ...], now_ns: int, record: Record, send: Send
    ) -> None:
        """Plans under way go before new wishes."""
        for plan in self._state.plans.live_in(market):
            self.planning.advance(plan, self._views.view(market, plan.made.strategy, listings, now_ns), record, send)

    def cancel(self, ref: OrderRef, now_ns: int, record: Record, send: Send) -> None:
        """Take an order out of the book, unless a cancel is under way or its venue cannot hear one.

        A refused cancel is a question that is asked elsewhere; until it is answered the cancel is not repeated at
        once, but at growing distance, and not without end: a venue that says no to each would otherwise be asked as
        fast as it answers.
        """
        state = self._state
        order = state.blotter.orders.get(ref)
        if order is None or order.cancel_pending or not self._prices.reachable(state.venue_of(order.instrument)):
            return
        if not _is_due(self.cancels, order, state, self._prices, now_ns):
            return
        command = CancelOrder(ref, f"{ref}-c{state.records + 1}")
        record(command)
        send(command)
        if self.cancels.spent(ref):
            record(AlertRaised("cancels_spent", ref, state.venue_of(order.instrument), f"{CANCELS_MAX} were sent"))

    def _act(self, intent: Intent, view: MarketView, record: Record, send: Send) -> None:
        match intent:
            case CancelIntent():
                self.cancel(intent.ref, view.now_ns, record, send)
            case AmendIntent():
                if not self._changing.change(intent, view, self.judge, record, send):
                    self.cancel(intent.ref, view.now_ns, record, send)
            case QuoteIntent() if self.refusals.stands(intent, view.now_ns):
                pass  # not worth a route
            case QuoteIntent():
                self.place(intent, route_quote(intent, self.desk(view)), view, record, send)
            case TakeIntent() if self.planning.is_hedging(intent) or self.refusals.shuts(intent, view):
                pass  # a plan does it already, or it could go nowhere
            case TakeIntent():
                desk = self.desk(view)
                routed = route_take(intent, desk)
                notes = self.planning.notes_for(intent, routed, desk)
                self.place(intent, routed, view, record, send, notes=notes)
                self.refusals.cut(intent, routed, desk.decision, view, record)
            case PairIntent() | SetIntent():
                self.planning.pair(intent, view, record, send)
            case Withheld():
                self.refusals.withhold(intent, view, record)

    def place(
        self,
        intent: QuoteIntent | TakeIntent,
        routed: Routed,
        view: MarketView,
        record: Record,
        send: Send,
        *,
        notes: Notes = (),
        plan: Plan | None = None,
        edge_micros: int | None = None,
    ) -> None:
        """Judge the orders of one intent one by one; the decision is recorded before the first that may be sent.

        Behind it stand the `notes` that say what the orders belong to. Orders of a `plan` are judged in the place of
        what it holds back; `edge_micros` is what they bring where it does not follow from the fair value.
        """
        sent = 0
        for child in routed.children:
            instrument = self._state.instruments[child.instrument]
            if self.refusals.stands(child, view.now_ns):
                continue
            verdict = self.judge(child, instrument, view, plan, intent_orders=sent)
            if isinstance(verdict, Refused):
                self.refusals.note(verdict, view, record, edge_micros=edge_micros)
                continue
            if not sent:
                record(self._decision(intent, routed, child, view))
                for note in notes:
                    record(note)
            sent += 1
            self.refusals.sent(child, view, edge_micros)
            command = self._router.place(verdict, placed=self._state.placed, bet_delay_ms=_delay_ms(view, instrument))
            self._judge.sent(instrument, view.now_ns)
            record(command)
            send(command)

    def judge(
        self,
        child: Child,
        instrument: Instrument,
        view: MarketView,
        plan: Plan | None = None,
        *,
        intent_orders: int = 0,
        instead: Order | None = None,
    ) -> Approved | Refused:
        """What the gate says of an order, and whether it would trade with one of ours through another outcome.

        `instead`: it is what this one that rests shall be.
        """
        met = self._state.resting.met_across(child)
        if met:
            return Refused(child, RefusalReason.SELF_MATCH, f"would match our {' and '.join(met)}", met)
        if plan is None:
            crossed = _traded_through(child, view, self._state)
            return crossed or self._judge.judge(child, instrument, view, intent_orders=intent_orders, instead=instead)
        evens_out = plan.made.kind is PlanKind.ARBITRAGE and plan.made.id in self._state.plans.live
        with self._state.holding.as_if(plan.held, self._state.plans.held_if(plan, child)):
            return self._judge.judge(child, instrument, view, intent_orders=intent_orders, evens_out=evens_out)

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
            limit_e9=intent.limit_e9 if type(intent) is TakeIntent else 0,
            claims_micros=intent.claims_micros if type(intent) is TakeIntent else 0,
            candidates=routed.candidates,
            worst_before_micros=self._state.exposure.worst_loss_micros(view.market.event),
            cap_micros=self._judge.cap_event_micros,
            because=intent.because,
            trigger_ns=self._trigger_ns,
        )

    def desk(self, view: MarketView) -> Desk:
        """What the router may look at beside a view."""
        return Desk(
            view=view,
            decision=self._state.records + 1,
            venue_pnl=self._state.exposure.venue_pnl,
            available_micros=self._state.holding.spendable_on_micros,
            priorities=self._settings.priorities,
            chance=self._state.holding.chances.of,
            jumps=self._jumps,
            reduces=partial(reduces, self._state, self._prices),
            resting=self._state.resting.on,
        )

    def _value_by_consensus(self, market: MarketId, listings: Sequence[InstrumentView], now_ns: int) -> None:
        """Put the venues' own opinion where no model's value is usable."""
        known = self._state.markets[market]
        rules = self._settings.consensus
        if not rules.enabled or has_just_turned(self._prices, known.event, now_ns, within_s=rules.silent_s):
            return
        fair = self._prices.fair.get(market)
        if fair is not None and fair.value.model != MODEL and now_ns - fair.received_ns <= fair.value.ttl_ms * MS:
            return
        value = consensus_value(
            known,
            listings,
            self._state.open_in(market),
            rules,
            state=str(self._prices.epochs[known.event]),
            now_ns=now_ns,
        )
        if value is not None:
            self._prices.fair[market] = Fair(value, now_ns)


def _is_due(cancels: Repeats, order: Order, state: State, prices: Prices, now_ns: int) -> bool:
    """Whether an order's cancel may be sent, with its event and its market as they are."""
    listing = state.instruments[order.instrument].listing
    told = prices.statuses.get((listing.venue, listing.venue_market))
    return cancels.due(
        order.ref,
        now_ns,
        epoch=prices.epochs[state.markets[listing.market].event],
        status=None if told is None else told.status,
        at_stake=state.blotter.orders.at_stake,
    )


def _delay_ms(view: MarketView, instrument: Instrument) -> int:
    """How long the venue holds a bet there back now."""
    shown = listing_of(view, instrument.id)
    return shown.bet_delay_ms if shown.in_play else 0


def _traded_through(child: Child, view: MarketView, state: State) -> Refused | None:
    """The no to a quote that would trade through another strategy's, wherever that rests: the desk is one maker."""
    if child.tif is not TimeInForce.REST:
        return None
    others = [order for order in state.open_in(view.market.id) if order.strategy != child.strategy]
    if not others:
        return None
    views = {one.instrument.id: one for one in view.listings}
    crossed = crossed_by(child, others, views, mirrored=is_mirrored(view.market))
    if crossed is None:
        return None
    return Refused(child, RefusalReason.QUOTES_CROSS, f"would cross our {crossed} at another place")


def _crossed(
    wishes: list[Wish], listings: Sequence[InstrumentView], record: Record, judge: Judge, *, mirrored: bool
) -> list[Wish]:
    """What strategies want of each other changes hands between them; what is left goes on to the venues."""
    places = {one.instrument.id: InsidePlace(one.instrument, one.rate_e8) for one in listings}

    def crosses(crossing: CrossedInside) -> bool:
        allowed = judge.may_cross(crossing, listings)
        if allowed:
            record(crossing)  # at once, so that the next one is judged behind it
        return allowed

    left, crossed = cross_inside([intent for intent, _ in wishes], places, crosses, mirrored=mirrored)
    if not crossed:
        return wishes
    views = {view.strategy: view for _, view in wishes}
    return [(intent, views[intent.strategy]) for intent in left]
