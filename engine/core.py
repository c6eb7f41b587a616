"""The heart: one synchronous step that takes a fact in and gives records and commands back. It never awaits."""

from collections.abc import Iterable
from typing import TypeGuard, get_args

from domain.breaks import BreakAssigned, BreakResolved, RoundCause, WriteOffSigned
from domain.calendar import MaintenancePlanned
from domain.ids import EventId, InstrumentId, MarketId, OrderRef
from domain.markets import EventTurned, MarketStatus
from domain.messages import (
    BalanceReported,
    BooksChanged,
    BooksDoubted,
    BooksProven,
    ChannelChanged,
    Fact,
    FairValueReceived,
    InstrumentsListed,
    Journalled,
    MarketChanged,
    MarketSettled,
    OrderFact,
    RunEnded,
    RunResumed,
    TimePassed,
    VenueReported,
)
from domain.operators import (
    EVERY_VENUE,
    CancelsOrdered,
    KillLevel,
    KillLevelSet,
    OperatorFact,
    PauseSet,
    RoundOrdered,
    TradingEnabled,
)
from domain.treasury import AccountLinesReported, TransferDecided, TransferRequested
from domain.venue_notes import AttestationTold, FuseTold, PositionsReported, QueueTold, VenueNote
from domain.vouching import OrderVouched
from engine.answers import Answers
from engine.deciding import Deciding
from engine.guarding import Guard
from engine.ordered_out import open_at
from engine.prices import Fair, Prices
from engine.questions import Questions
from engine.recon_day import Days
from engine.recon_drift import DRIFT
from engine.recon_end import LastRounds
from engine.reconciling import Reconciling
from engine.scribe import Outcome, Scribe
from engine.state import State
from engine.turns import turn
from engine.venue_notes import note_venue
from oms.order_states import is_open
from risk.breakers import objection
from risk.drift import DriftRules
from strategy.flattening import FLATTEN

ORDER_FACTS = frozenset(get_args(OrderFact)) - {OrderVouched}
"""What venues say of orders; a person's word is an operator's, and held against the rules of those first."""


class Core:
    """Takes facts one at a time; nothing else changes the state."""

    def __init__(
        self,
        scribe: Scribe,
        prices: Prices,
        deciding: Deciding,
        questions: Questions,
        guard: Guard,
        *,
        drift: DriftRules = DRIFT,
    ) -> None:
        self.state = scribe.state
        self.prices = prices
        self.questions = questions
        self.stopping = False
        self._scribe = scribe
        self._deciding = deciding
        self.guard = guard
        reconciling = Reconciling(
            scribe, prices, questions, self._cancel, guard.drifted, ahead_ns=guard.ahead_ns, drift=drift
        )
        self._positions = reconciling.positions
        self.last_rounds = LastRounds(scribe, prices, questions, reconciling.notes)
        self._days = Days(scribe, prices, questions, reconciling.money.lines, ahead_ns=guard.ahead_ns)
        self._answers = Answers(scribe, prices, questions, reconciling)

    def step(self, fact: Fact, now_ns: int) -> Outcome:
        """Take one fact in and change what it changes; the outcome names the markets that it touched."""
        outcome = self._scribe.begin(now_ns)
        outcome.touched = self._answers.order_fact(fact) if _is_of_order(fact) else self._take(fact, now_ns)
        return outcome

    def look(self, markets: Iterable[MarketId], now_ns: int, *, trigger_ns: int = 0) -> Outcome:
        """Let strategies look at markets that were touched, each once however many facts touched it.

        `trigger_ns` is when the bytes that brought the facts came in, for whoever asks how long a decision took.
        """
        outcome = self._scribe.begin(now_ns)
        self._deciding.begin(trigger_ns)
        if not self.stopping:
            for market in markets:
                self._deciding.decide(market, now_ns, self._scribe.record, self._scribe.send)
        return outcome

    def note(self, body: Journalled, now_ns: int) -> Outcome:
        """Apply and record what comes from us and not from a venue; a digest stands behind a resumption and an end."""
        outcome = self._scribe.begin(now_ns)
        if isinstance(body, RunEnded):
            self.guard.marks.close()
            self.last_rounds.close()
            self._deciding.planning.close(self._scribe.record)  # what the last polls brought may have taken one up
        changes = self._scribe.record(body)
        if isinstance(body, RunResumed):
            self._answers.resumed(changes)
        if isinstance(body, RunResumed | RunEnded):
            self._scribe.take_digest()
        return outcome

    def wind_down(self, now_ns: int) -> Outcome:
        """Stop deciding and take every order out of the books."""
        outcome = self._scribe.begin(now_ns)
        self.stopping = True
        self.last_rounds.begin()
        self._cancel_each(open_at(self.state.blotter.orders))
        self._deciding.planning.close(self._scribe.record)
        return outcome

    def _take(self, fact: Fact, now_ns: int) -> list[MarketId]:
        """Change what a fact that is of no order changes; returns the markets to look at."""
        match fact:
            case BooksChanged():
                return self._markets_of(self.prices.books_changed(fact, now_ns))
            case BooksProven():
                self.prices.books_proven(fact, now_ns)
                return []
            case BooksDoubted():
                return self._markets_of(self.prices.books_doubted(fact))
            case FairValueReceived() | EventTurned():
                return self._valued_or_turned(fact, now_ns)
            case TimePassed():
                return self._time_passed()
            case (
                ChannelChanged()
                | MaintenancePlanned()
                | FuseTold()
                | AttestationTold()
                | QueueTold()
                | PositionsReported()
            ):
                return self._venue_said(fact, now_ns)
            case MarketChanged():
                return self._market_changed(fact)
            case InstrumentsListed():
                return self._instruments_listed(fact)
            case KillLevelSet() | PauseSet() | CancelsOrdered() | RoundOrdered() | TradingEnabled():
                return self._operator_said(fact)
            case BreakAssigned() | BreakResolved() | WriteOffSigned() | OrderVouched():
                return self._answers.person_said(fact)
            case TransferRequested() | TransferDecided() | AccountLinesReported():
                return self._answers.treasury_told(fact)
            case VenueReported():
                touched = self._answers.venue_reported(fact)
                self.guard.emptiness.reported(fact)
                return touched
            case BalanceReported():
                return self._answers.balance_reported(fact)
            case MarketSettled():
                return self._answers.market_settled(fact)
            case _:
                raise AssertionError(f"{type(fact).__name__} is ours to record, it never comes in")

    def _markets_of(self, instruments: list[InstrumentId]) -> list[MarketId]:
        known = self.state.instruments
        return [known[instrument].listing.market for instrument in instruments if instrument in known]

    def _valued_or_turned(self, fact: FairValueReceived | EventTurned, now_ns: int) -> list[MarketId]:
        """A model's value; one that is older than what we have, or for a market we do not know, changes nothing.

        Or a feed saw an event turn: every market of it is looked at, but for a turn that we have heard of.
        """
        if isinstance(fact, EventTurned):
            markets = _markets_of_event(self.state, fact.event)
            return markets if turn(self.prices, fact, markets, now_ns) else []
        known = self.prices.fair.get(fact.market)
        went_back = known is not None and known.value.model == fact.model and fact.sequence < known.value.sequence
        if fact.market not in self.state.markets or went_back:
            return []
        self.prices.fair[fact.market] = Fair(fact, now_ns)
        return [fact.market]

    def _instruments_listed(self, fact: InstrumentsListed) -> list[MarketId]:
        if any(self.state.instruments.get(instrument.id) != instrument for instrument in fact.instruments):
            self._scribe.record(fact)
        for instrument in fact.instruments:
            self.prices.list_instrument(instrument)
        return []

    def _venue_said(self, fact: ChannelChanged | VenueNote, now_ns: int) -> list[MarketId]:
        """A line came or went; when all are up, a round proves what stands behind them. What else it says is noted."""
        if isinstance(fact, PositionsReported):
            self._positions.reported(fact)
            return []
        if not isinstance(fact, ChannelChanged):
            note_venue(self.prices, fact, self._scribe.record)
            return []
        session = self.prices.sessions[fact.venue]
        touched = self.prices.channel_changed(fact)
        if all(session.up.values()):
            session.asked_ns = now_ns
            began = RoundCause.RECONNECT if session.once_proven else RoundCause.START
            self.questions.reconcile(fact.venue, now_ns, began)
            self._scribe.send_all(self.questions.due(now_ns, reachable=self.prices.reachable_venues()))
        return self._markets_of(touched)

    def _market_changed(self, fact: MarketChanged) -> list[MarketId]:
        """A market's state; a new epoch is one of its whole event, of which every market is looked at."""
        markets = self._markets_of(self.state.listed_in(fact.venue, fact.venue_market))
        event = self.state.markets[markets[0]].event if markets else None
        turned = self.prices.market_changed(fact, event)
        if fact.status is MarketStatus.CLOSED:
            self._answers.market_closed(fact.venue, fact.venue_market)
        return _markets_of_event(self.state, event) if turned and event is not None else markets

    def _time_passed(self) -> list[MarketId]:
        """Ask what is due, and look at markets in which an order of ours works and time is a reason to."""
        self._days.on_time(self._scribe.now_ns)
        self._positions.on_time(self._scribe.now_ns)
        concerned = self.guard.on_time(self._scribe.now_ns)
        if self.stopping:
            self.last_rounds.on_time(self._scribe.now_ns)
        self._scribe.send_all(self.questions.due(self._scribe.now_ns, reachable=self.prices.reachable_venues()))
        if self.stopping:
            self._cancel_each(open_at(self.state.blotter.orders))
            self._deciding.planning.close(self._scribe.record)
            return []
        if self.state.breakers.level >= KillLevel.CANCEL_ALL:
            self._cancel_each(_not_flattening(self.state))  # what was on its way to a venue when the level was set
        if self.state.breakers.level is KillLevel.FLATTEN:
            concerned += [market for market in self.state.markets if self.state.exposure.market_loss_micros(market)]
        self._cancel_each(self.state.ordered_out.standing())
        markets = dict.fromkeys(self._markets_of(self.state.blotter.orders.open_instruments()))
        concerned += [plan.made.market for plan in self.state.plans.live.values()]
        concerned += self._deciding.waiting(self._scribe.now_ns)
        return concerned + [market for market in markets if self._deciding.is_due(market, self._scribe.now_ns)]

    def _operator_said(self, fact: OperatorFact) -> list[MarketId]:
        """Stops and pauses are looked at in every market at once: whoever rests wants nothing there."""
        if isinstance(fact, KillLevelSet) and objection(self.state.breakers.level, fact):
            return []
        self._scribe.record(fact)
        if isinstance(fact, CancelsOrdered | KillLevelSet):
            self._deciding.cancels.begin_anew()
        if isinstance(fact, CancelsOrdered):
            self._cancel_each(self.state.ordered_out.standing())
            return []
        if isinstance(fact, RoundOrdered):
            for venue in self.prices.sessions if fact.venue == EVERY_VENUE else (fact.venue,):
                self.questions.reconcile(venue, self._scribe.now_ns, RoundCause.ORDERED)
            if fact.statements:
                self._days.ask_statements(fact.venue, self._scribe.now_ns)
            self._scribe.send_all(self.questions.due(self._scribe.now_ns, reachable=self.prices.reachable_venues()))
            return []
        if isinstance(fact, KillLevelSet) and fact.level >= KillLevel.CANCEL_ALL:
            self._cancel_each(_not_flattening(self.state))
        return list(self.state.markets)

    def _cancel_each(self, refs: Iterable[OrderRef]) -> None:
        """Cancel what may still be matched and is at its venue; the tick comes back for what is on its way there."""
        for ref in [*refs]:  # a cancel changes what is walked through
            order = self.state.blotter.orders.at_stake.get(ref)
            if order is not None and is_open(order) and order.acked:
                self._cancel(ref)

    def _cancel(self, ref: OrderRef) -> None:
        self._deciding.cancel(ref, self._scribe.now_ns, self._scribe.record, self._scribe.send)


def _is_of_order(fact: Fact) -> TypeGuard[OrderFact]:
    """Told by its class: the most common facts would else pass every pattern of the others, at 0.1 us each."""
    return type(fact) in ORDER_FACTS


def _not_flattening(state: State) -> list[OrderRef]:
    """Every open order but those that even positions out while that is what is asked for."""
    flattening = state.breakers.level is KillLevel.FLATTEN
    orders = state.blotter.orders
    return [ref for ref in open_at(orders) if not (flattening and orders.at_stake[ref].strategy == FLATTEN)]


def _markets_of_event(state: State, event: EventId) -> list[MarketId]:
    return [one.id for one in state.markets.values() if one.event == event]
