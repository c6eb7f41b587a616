"""Reconciliation rounds: compare, record what is new, do what heals, and stop risk where nothing does."""

from collections.abc import Callable, Iterable, Mapping

from domain.ids import InstrumentId, OrderRef, VenueMarketId, VenueName
from domain.messages import BalanceReported, BreakHealed, MarketSettled, ReconCompleted, VenueReported
from domain.money import MICROS, FxRates
from engine.prices import Prices
from engine.questions import Doubt, Questions
from engine.scribe import Scribe
from oms.ledger import Settlement
from oms.order_states import is_open
from recon.balances import comparable, compare_balance
from recon.breaks import Break, BreakKind, Judged, only
from recon.orders import Holding, compare_orders, holdings, judges
from recon.repair import Act, Stop, repair
from recon.settlement import compare_settlement
from risk.drift import DriftAction, DriftRules, judge_drift

Cancel = Callable[[OrderRef], None]
Drifted = Callable[[VenueName, VenueMarketId, str], None]
"""Is told of each market in which both sides hold something how far they are apart, empty if they are not."""

MS = 1_000_000

DRIFT = DriftRules(tolerance_micros=10_000, hard_micros=1_000 * MICROS, grace_ms=2_000)
"""A hundredth of a claim is rounding; a thousand claims on one instrument are more than single lost messages."""


class Reconciling:
    """Holds each report of a venue against our books."""

    def __init__(self, scribe: Scribe, prices: Prices, questions: Questions, cancel: Cancel, drifted: Drifted) -> None:
        self._scribe = scribe
        self._state = scribe.state
        self._prices = prices
        self._questions = questions
        self._cancel = cancel
        self._drifted = drifted
        self._apart_ns: dict[InstrumentId, int] = {}
        started = scribe.state.started
        self._rates = FxRates(started.base, started.rates_e8, 0, "configuration")
        self._told: dict[VenueName, BalanceReported] = {}

    def compare_orders(self, fact: VenueReported) -> Callable[[], None]:
        """Compare before the report is applied; what is given back acts on it afterwards."""
        ours, capabilities = self._state.blotter.orders, self._prices.capabilities[fact.venue]
        found = compare_orders(ours, fact, self._state.instruments, capabilities)
        judged = judges(ours, fact, capabilities)
        apart = self._judge_drift(fact.venue, holdings(ours, fact, capabilities))

        def act() -> None:
            self._note(found, fact.venue, judged)
            self._heal(found, fact.venue, stopped=apart)

        return act

    def compare_balance(self, fact: BalanceReported) -> None:
        """A venue's money figure, when nothing moved ours since the question.

        It may be ahead of the statements that we still wait for; then a difference says nothing yet.
        """
        self._told[fact.venue] = fact
        ledger, capabilities = self._state.ledger, self._prices.capabilities[fact.venue]
        if not comparable(ledger.moved_ns.get(fact.venue), fact, capabilities):
            return
        found = self._balance_break(fact)
        if found and self._questions.awaits_settlement(fact.venue):
            return
        self._note(found, fact.venue, only(BreakKind.BALANCE, fact.currency))

    def compare_settlement(self, fact: MarketSettled, settled: Settlement) -> None:
        """A statement against what our fills say it should have been.

        A balance that was ahead of it looked like a break: it is none where the statement is all that was missing.
        """
        found = compare_settlement(
            settled.expected_micros,
            fact,
            rounding_max_micros=settled.rounding_max_micros,
            currency=self._prices.capabilities[fact.venue].currency,
        )
        self._note(found, fact.venue, only(BreakKind.RESULT, fact.venue_market))
        told = self._told.get(fact.venue)
        if told is not None and not self._balance_break(told):
            self._note([], fact.venue, only(BreakKind.BALANCE, told.currency))

    def absence_proven(self, ref: OrderRef) -> None:
        """Enough late queries missed an order: it is nowhere for both sides, so that no break of it is left."""
        venue, kind = self._state.venue_of_order(ref), BreakKind.MISSING_AT_VENUE
        if (venue, str(ref), str(kind)) in self._state.breaks.standing:
            self._scribe.record(BreakHealed(venue, ref, kind, "enough late queries missed it"))

    def complete(self, venue: VenueName) -> None:
        """End a round: its open breaks are one round older."""
        self._scribe.record(ReconCompleted(venue, self._state.breaks.count(venue)))

    def _balance_break(self, told: BalanceReported) -> list[Break]:
        return compare_balance(self._state.ledger.equity_micros(told.venue, told.currency, told.basis), told)

    def _note(self, found: Iterable[Break], venue: VenueName, judged: Judged) -> None:
        for news in self._state.breaks.news(found, self._rates, venue=venue, judged=judged):
            self._scribe.record(news)

    def _judge_drift(self, venue: VenueName, held: Mapping[InstrumentId, Holding]) -> bool:
        """The four answers to a difference of positions; whether one is so large that the venue has to stop.

        A smaller one than that, which orders in flight cannot explain any more, freezes its market and asks again at
        once. The age is that of the difference, not of the question.
        """
        now_ns = self._scribe.now_ns
        stops = False
        places: dict[VenueMarketId, str] = {}
        for name, one in held.items():
            apart = one.ours_micros != one.theirs_micros
            since_ns = self._apart_ns.setdefault(name, now_ns) if apart else self._apart_ns.pop(name, now_ns)
            drift = judge_drift(
                DRIFT,
                ours_micros=one.ours_micros,
                theirs_micros=one.theirs_micros,
                inflight_micros=one.inflight_micros,
                age_ms=(now_ns - since_ns) // MS,
            )
            place = self._state.instruments[name].listing.venue_market
            places.setdefault(place, "")
            if drift.action in (DriftAction.RECONCILE, DriftAction.HALT):
                places[place] = f"{drift.drift_micros} claims of {name} apart"
                self._questions.reconcile(venue, now_ns)
            stops |= drift.action is DriftAction.HALT
        for place, detail in places.items():
            self._drifted(venue, place, detail)
        return stops

    def _heal(self, found: list[Break], venue: VenueName, *, stopped: bool) -> None:
        """Do what each break asks for; a venue that one of them stops, or `stopped` does, stays unproven."""
        for one in found:
            plan = repair(one, rounds=self._state.breaks.rounds(one))
            stopped |= plan.stop is Stop.VENUE
            ref = OrderRef(one.key)
            if plan.act is Act.QUERY:
                self._questions.doubt(ref, self._scribe.now_ns, Doubt.DIFFERS)
            elif plan.act is Act.CANCEL:
                order = self._state.blotter.orders.get(ref)
                if order is not None and is_open(order):
                    self._cancel(ref)
            if plan.stop is Stop.MARKET:
                self._quarantine(ref)
        self._prices.sessions[venue].stopped = stopped

    def _quarantine(self, ref: OrderRef) -> None:
        """No new risk in the venue market of an order that a person has to look at."""
        order = self._state.blotter.orders.get(ref)
        if order is not None:
            listing = self._state.instruments[order.instrument].listing
            self._prices.quarantined.add((listing.venue, listing.venue_market))
