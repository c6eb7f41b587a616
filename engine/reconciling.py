"""Reconciliation rounds: compare, record what is new, do what heals, and stop risk where nothing does."""

from collections.abc import Callable, Iterable

from domain.breaks import BreakHealed, ReconCompleted, RoundCause
from domain.ids import OrderRef, VenueName
from domain.messages import VenueReported
from engine.prices import Prices
from engine.questions import Doubt, Questions
from engine.recon_drift import DRIFT, Drift, Drifted
from engine.recon_money import MoneyRounds
from engine.recon_notes import Notes
from engine.recon_positions import PositionRounds
from engine.scribe import Scribe
from oms.blotter import ORPHANS
from oms.order_states import is_open
from recon.breaks import Break, BreakKind
from recon.orders import compare_orders, holdings, judges
from recon.repair import Act, repair
from risk.drift import DriftRules

Cancel = Callable[[OrderRef], None]


class Reconciling:
    """Holds each report of a venue against our books; `money` does so with balances and statements, `positions` with
    what the venue says that we hold.

    `ahead_ns` is what the wall clock is ahead of the monotonic one.
    """

    def __init__(
        self,
        scribe: Scribe,
        prices: Prices,
        questions: Questions,
        cancel: Cancel,
        drifted: Drifted,
        *,
        ahead_ns: int = 0,
        drift: DriftRules = DRIFT,
    ) -> None:
        self._scribe = scribe
        self._state = scribe.state
        self._prices = prices
        self._questions = questions
        self._cancel = cancel
        self._drift = Drift(self._state, questions, drifted, drift)
        self.notes = Notes(scribe, prices, ahead_ns=ahead_ns, hard_micros=drift.hard_micros)
        self.money = MoneyRounds(scribe, prices, questions, self.notes)
        self.positions = PositionRounds(scribe, prices, questions, self.notes, self.money, drift)

    def compare_orders(self, fact: VenueReported) -> Callable[[], None]:
        """Compare before the report is applied; what is given back acts on it afterwards."""
        ours, capabilities = self._state.blotter.orders, self._prices.capabilities[fact.venue]
        found = compare_orders(ours, fact, self._state.instruments, capabilities)
        judged = judges(ours, fact, capabilities)
        apart = self._drift.judge(fact.venue, holdings(ours, fact, capabilities), self._scribe.now_ns)

        def act() -> None:
            self.notes.compared(found, fact.venue, judged)
            self._heal(found)
            self.notes.stops.halt(fact.venue, apart=apart)

        return act

    def absence_proven(self, ref: OrderRef) -> None:
        """Enough late queries missed an order: it is nowhere for both sides, so that no break of it is left."""
        venue, kind = self._state.venue_of_order(ref), BreakKind.MISSING_AT_VENUE
        self.notes.heal(BreakHealed(venue, ref, kind, "enough late queries missed it"))

    def complete(self, venue: VenueName) -> None:
        """End a round: its open breaks are one round older."""
        cause = self._questions.causes.pop(venue, RoundCause.CONTINUOUS)
        self._scribe.record(ReconCompleted(venue, self._state.breaks.count(venue), cause))
        self.notes.stops.show()

    def _heal(self, found: Iterable[Break]) -> None:
        """Do what each break asks for."""
        for one in found:
            plan = repair(one.kind, rounds=self._state.breaks.rounds(one), foreign=one.foreign)
            ref = OrderRef(one.key)
            if plan.act is Act.QUERY:
                self._questions.doubt(ref, self._scribe.now_ns, Doubt.DIFFERS)
            elif plan.act is Act.CANCEL:
                order = self._state.blotter.orders.get(ref)
                lost = one.kind is BreakKind.UNKNOWN_AT_VENUE  # under a ref of ours; a person's order is left alone
                if order is None or (order.strategy == ORPHANS and not lost):
                    continue
                if is_open(order) or one.resting:
                    self._cancel(ref)
