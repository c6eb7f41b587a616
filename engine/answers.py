"""What venues answer about orders and money: taken over, and asked about while in doubt."""

from domain.breaks import BreakFound, BreakWord, StatementRepeated
from domain.fees import fill_fee_micros
from domain.ids import MarketId, VenueMarketId, VenueName
from domain.markets import MarketStatus
from domain.messages import (
    BalanceReported,
    MarketSettled,
    OrderAbsent,
    OrderFact,
    VenueReported,
)
from domain.orders import Order
from domain.treasury import AccountLinesReported, TransferWord
from domain.vouching import OrderVouched
from engine.prices import Prices
from engine.questions import Doubt, Questions
from engine.recon_roads import Roads
from engine.reconciling import Reconciling
from engine.scribe import Scribe
from engine.suspicion import NOWHERE, Suspicions
from engine.vouching import objection, with_price
from oms.addressing import addressed, addressed_list
from oms.blotter import Change
from recon.breaks import SEVERITIES, BreakKind
from recon.orders import fee_is_told


class Answers:
    """Follows up on every order fact, report and statement."""

    def __init__(self, scribe: Scribe, prices: Prices, questions: Questions, reconciling: Reconciling) -> None:
        self._scribe = scribe
        self._state = scribe.state
        self._prices = prices
        self._questions = questions
        self._reconciling = reconciling
        self._suspicions = Suspicions(scribe, prices, questions, reconciling.notes)
        self._roads = Roads(scribe, prices, questions, reconciling.notes)
        self._empty_ns: dict[VenueName, int] = {}  # when a venue was asked that answered zero at first

    def order_fact(self, fact: OrderFact) -> list[MarketId]:
        """One fact about one order. An order that nobody placed is a break until a round explains it."""
        before = self._state.blotter.orders.get(fact.ref)
        if before is None:
            self._stray(fact)
            return []
        if before.venue_order_id is not None and (one := addressed(self._state.blotter.orders, fact)) is not fact:
            return self.order_fact(one)
        if type(fact) is OrderAbsent and self._state.blotter.counts(fact):
            changes = self._scribe.record(fact)  # it changes nothing yet; enough of them are the proof of an end
        else:
            changes = self._scribe.record_news(fact)
        self._follow_up(changes)
        after = changes[-1].after if changes else before
        self._suspicions.heard(before, after, fact)
        if after.ref == before.ref:
            self._roads.heard(before, after, fact)
        if type(fact) is OrderAbsent and (missing := self._state.blotter.missing(fact.ref)) is not None:
            changes = self._scribe.record(missing)
            self._follow_up(changes)
            for change in changes:
                self._suspicions.changed(change)
            self._reconciling.absence_proven(fact.ref)
        return [self._state.instruments[before.instrument].listing.market] if changes else []

    def market_settled(self, fact: MarketSettled) -> list[MarketId]:
        """A venue's statement of one market, booked once and held against our own fills."""
        asked_again = self._questions.old_statements.holds(fact.venue, fact.venue_market)
        self._questions.market_settled(fact.venue, fact.venue_market)
        if not self._state.ledger.has_booked(fact):
            for change in self._scribe.record(fact):
                self._suspicions.changed(change)
            self._reconciling.money.compare_settlement(fact)
            self._reconciling.positions.settled(fact)
        elif asked_again:
            day = self._state.calendar.day
            self._scribe.record(StatementRepeated(fact.venue, fact.venue_market, fact.statement, day))
        return []

    def resumed(self, changes: list[Change]) -> None:
        """Another process took over: what no round asks about it has to ask itself.

        So it has to of matches that were told without their fee, and whose own messages only the last process heard.
        """
        for change in changes:
            self._suspicions.changed(change)
        for order in self._state.blotter.orders.at_stake.values():
            if not fee_is_told(order) and self._is_charged(order):
                self._questions.doubt(order.ref, self._scribe.now_ns, Doubt.DIFFERS)

    def person_said(self, word: BreakWord | OrderVouched) -> list[MarketId]:
        """A person's word about a break or an order; it may let markets go on."""
        if isinstance(word, OrderVouched):
            return self._vouched(word)
        self._reconciling.notes.said(word)
        return []

    def treasury_told(self, fact: TransferWord | AccountLinesReported) -> list[MarketId]:
        """A person's word about a transfer between our wallets, or the lines of a venue's account statement."""
        if isinstance(fact, AccountLinesReported):
            self._reconciling.money.lines.reported(fact)
        else:
            self._reconciling.money.treasury.said(fact)
        return []

    def market_closed(self, venue: VenueName, venue_market: VenueMarketId) -> None:
        """A venue market ended: its statement is asked for while money of ours is in it."""
        self._reconciling.money.lines.market_ended((venue, venue_market))

    def venue_reported(self, fact: VenueReported) -> list[MarketId]:
        """A round's answer: compare, take its news over, do what heals, and prove the session."""
        fact = addressed_list(self._state.blotter.orders, fact)
        session = self._prices.sessions[fact.venue]
        before = session.proven, session.stopped
        act = self._reconciling.compare_orders(fact)
        changes = self._scribe.record_news(self._state.blotter.news_in(fact))
        self._follow_up(changes)
        for change in changes:
            self._suspicions.changed(change)
        act()
        if all(session.up.values()) and fact.asked_ns >= session.asked_ns:
            if not session.proven:
                self._suspicions.proven(fact.venue)
            session.proven = session.once_proven = True
            self._questions.reconciled(fact.venue, self._scribe.now_ns)
        self._reconciling.complete(fact.venue)
        self._roads.ask_again(fact.venue)
        if not changes and before == (session.proven, session.stopped):
            return []
        known = self._state.instruments
        return [known[one].listing.market for one in self._prices.instruments_of(fact.venue)]

    def balance_reported(self, fact: BalanceReported) -> list[MarketId]:
        """The first figure of a venue opens its books; later ones are held against them.

        Venues answer zero in passing, and books that were opened with nothing would never agree again: an account
        without money is believed when it has said so twice.
        """
        if self._state.ledger.is_open(fact):
            self._reconciling.money.compare_balance(fact)
        elif fact.balance_micros or self._empty_ns.get(fact.venue, fact.asked_ns) < fact.asked_ns:
            self._scribe.record(fact)
            self._reconciling.money.lines.ask(fact.venue)
        else:
            self._empty_ns[fact.venue] = fact.asked_ns
        return []

    def _follow_up(self, changes: list[Change]) -> None:
        """A fill in a closed market wants its statement; where nothing of ours was matched none will come.

        One that is heard of behind its statement is held against that.
        """
        if self._state.calendar.statements:
            self._reconciling.money.changed(changes)
        for change in changes:
            order = change.after
            if self._questions.awaiting_settlement:
                listing = self._state.instruments[order.instrument].listing
                if not self._state.blotter.orders.at_stake_in(listing.venue, listing.venue_market):
                    self._questions.market_settled(listing.venue, listing.venue_market)
            if order.matched_micros and not order.settled and self._is_closed(order):
                listing = self._state.instruments[order.instrument].listing
                self._questions.market_closed(listing.venue, listing.venue_market, self._scribe.now_ns)

    def _vouched(self, fact: OrderVouched) -> list[MarketId]:
        """A person's word about one order; the first of two that are needed changes nothing yet."""
        before = self._state.blotter.orders.get(fact.ref)
        if before is None or objection(fact, self._state):
            return []
        changes = self._scribe.record(with_price(fact, self._state))
        if not changes:
            return []
        self._follow_up(changes)
        self._suspicions.vouched(before, [one.after for one in changes if one.after.ref == fact.ref][-1], fact)
        return [self._state.instruments[before.instrument].listing.market]

    def _stray(self, fact: OrderFact) -> None:
        """Written down whole: it is the only word that we have of an order at a venue."""
        self._suspicions.keep(fact)
        kind = BreakKind.UNKNOWN_AT_VENUE
        self._reconciling.notes.find(BreakFound(NOWHERE, fact.ref, kind, SEVERITIES[kind], 0, type(fact).__name__))

    def _is_charged(self, order: Order) -> bool:
        """Whether its venue takes a fee of each match, whatever the result."""
        fee = self._state.instruments[order.instrument].terms.fee
        return fill_fee_micros(fee, claims_micros=order.claims_micros, cost_micros=order.cost_micros) > 0

    def _is_closed(self, order: Order) -> bool:
        listing = self._state.instruments[order.instrument].listing
        status = self._prices.statuses.get((listing.venue, listing.venue_market))
        return status is not None and status.status is MarketStatus.CLOSED
