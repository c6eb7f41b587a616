"""Reconciliation rounds: compare, record what is new, do what heals, and stop risk where nothing does."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from domain.breaks import BreakFound, BreakHealed, BreakWord, ReconCompleted, RoundCause
from domain.fees import CENT
from domain.ids import OrderRef, VenueMarketId, VenueName
from domain.messages import BalanceReported, MarketSettled, VenueReported
from domain.money import FxRates
from engine.prices import Prices
from engine.questions import Doubt, Questions
from engine.recon_drift import Drift, Drifted
from engine.recon_stops import Stops
from engine.scribe import Scribe
from engine.treasury import Treasury
from oms.blotter import Change
from oms.order_states import is_open
from recon.balances import comparable, compare_balance
from recon.breaks import OWNERS, Break, BreakKind, Judged, only
from recon.orders import compare_orders, holdings, judges
from recon.repair import Act, repair
from recon.settlement import compare_settlement

Cancel = Callable[[OrderRef], None]
MS = 1_000_000


class Reconciling:
    """Holds each report of a venue against our books, and again when our books catch up with it.

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
    ) -> None:
        self._scribe = scribe
        self._state = scribe.state
        self._prices = prices
        self._questions = questions
        self._cancel = cancel
        self._drift = Drift(self._state, questions, drifted)
        self._ahead_ns = ahead_ns
        started = scribe.state.started
        self._rates = FxRates(started.base, started.rates_e8, 0, "configuration")
        self._told: dict[VenueName, BalanceReported] = {}
        self.stops = Stops(self._state.breaks, prices)
        self.treasury = Treasury(scribe)

    def compare_orders(self, fact: VenueReported) -> Callable[[], None]:
        """Compare before the report is applied; what is given back acts on it afterwards."""
        ours, capabilities = self._state.blotter.orders, self._prices.capabilities[fact.venue]
        found = compare_orders(ours, fact, self._state.instruments, capabilities)
        judged = judges(ours, fact, capabilities)
        apart = self._drift.judge(fact.venue, holdings(ours, fact, capabilities), self._scribe.now_ns)

        def act() -> None:
            self._note(found, fact.venue, judged)
            self._heal(found)
            self.stops.halt(fact.venue, apart=apart)

        return act

    def compare_balance(self, fact: BalanceReported) -> None:
        """A venue's money figure, when nothing moved ours since the question.

        It may be ahead of the statements that we still wait for; then a difference says nothing yet.
        """
        self._told[fact.venue] = fact
        ledger, capabilities = self._state.ledger, self._prices.capabilities[fact.venue]
        if not comparable(ledger.moved_ns.get(fact.venue), fact, capabilities):
            return
        self.treasury.explain(fact)
        found = self._balance_break(fact)
        if found and self._questions.awaits_settlement(fact.venue):
            return
        if not found:
            self.treasury.prove(fact)
        self._note(found, fact.venue, only(BreakKind.BALANCE, fact.currency))

    def compare_settlement(self, statement: MarketSettled) -> None:
        """A statement against what our fills, as they are now, say it should have been.

        A balance that was ahead of it looked like a break: it is none where the statement is all that was missing.
        """
        venue, market = statement.venue, statement.venue_market
        positions = self._state.positions
        expected = positions.expected_profit_micros(venue, market, statement.results, statement.parts)
        found = compare_settlement(
            expected,
            statement,
            rounding_max_micros=CENT * sum(one.bets for one in positions.in_venue_market(venue, market).values()),
            currency=self._prices.capabilities[venue].currency,
        )
        apart = statement.profit_micros - (expected or 0)
        self._note(
            [replace(one, venue_market=market, apart_micros=apart) for one in found],
            venue,
            only(BreakKind.RESULT, market),
        )
        told = self._told.get(venue)
        if told is not None and not self._balance_break(told):
            self._note([], venue, only(BreakKind.BALANCE, told.currency))

    def changed(self, changes: Iterable[Change]) -> None:
        """Orders changed: a match heard of after its market's statement is what the statement was held against."""
        again: dict[tuple[VenueName, VenueMarketId], None] = {}
        for change in changes:
            before, after = change.before, change.after
            if before is not None and (before.claims_micros, before.cost_micros) == (
                after.claims_micros,
                after.cost_micros,
            ):
                continue
            listing = self._state.instruments[after.instrument].listing
            if (listing.venue, listing.venue_market) in self._state.calendar.statements:
                again[listing.venue, listing.venue_market] = None
        for venue, market in again:
            self.compare_settlement(self._statement_of(venue, market))

    def absence_proven(self, ref: OrderRef) -> None:
        """Enough late queries missed an order: it is nowhere for both sides, so that no break of it is left."""
        venue, kind = self._state.venue_of_order(ref), BreakKind.MISSING_AT_VENUE
        self.heal(BreakHealed(venue, ref, kind, "enough late queries missed it"))

    def find(self, found: BreakFound) -> None:
        """Record a break that was seen without a comparison, unless it stands."""
        if (found.venue, found.key, found.kind) not in self._state.breaks.standing:
            owner = OWNERS[BreakKind(found.kind)]
            self._scribe.record(replace(found, owner=owner, found_ms=self.now_ms))
            self.stops.show()

    def heal(self, healed: BreakHealed) -> None:
        """Record the end of a break that was proven without a comparison, if it stands."""
        if (healed.venue, healed.key, healed.kind) in self._state.breaks.standing:
            self._scribe.record(healed)
            self.stops.show()

    def said(self, word: BreakWord) -> None:
        """A person's word about a break that has no objection to it."""
        if not self._state.breaks.objection(word):
            self._scribe.record(word)
            self.stops.show()

    def complete(self, venue: VenueName) -> None:
        """End a round: its open breaks are one round older."""
        cause = self._questions.causes.pop(venue, RoundCause.CONTINUOUS)
        self._scribe.record(ReconCompleted(venue, self._state.breaks.count(venue), cause))
        self.stops.show()

    @property
    def now_ms(self) -> int:
        """Unix milliseconds of our clock."""
        return (self._scribe.now_ns + self._ahead_ns) // MS

    def _statement_of(self, venue: VenueName, market: VenueMarketId) -> MarketSettled:
        """The newest statement of a market that has one."""
        booked = (one.statement for one in reversed(self._state.settled))
        return next(one for one in booked if (one.venue, one.venue_market) == (venue, market))

    def _balance_break(self, told: BalanceReported) -> list[Break]:
        ours = self._state.ledger.equity_micros(told.venue, told.currency, told.basis)
        return [replace(one, apart_micros=told.balance_micros - ours) for one in compare_balance(ours, told)]

    def _note(self, found: Iterable[Break], venue: VenueName, judged: Judged) -> None:
        news = self._state.breaks.news(found, self._rates, venue=venue, judged=judged, now_ms=self.now_ms)
        for one in news:
            self._scribe.record(one)
        if news:
            self.stops.show()

    def _heal(self, found: Iterable[Break]) -> None:
        """Do what each break asks for."""
        for one in found:
            plan = repair(one.kind, rounds=self._state.breaks.rounds(one), foreign=one.foreign)
            ref = OrderRef(one.key)
            if plan.act is Act.QUERY:
                self._questions.doubt(ref, self._scribe.now_ns, Doubt.DIFFERS)
            elif plan.act is Act.CANCEL:
                order = self._state.blotter.orders.get(ref)
                if order is not None and is_open(order):
                    self._cancel(ref)
