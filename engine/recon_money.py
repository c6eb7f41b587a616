"""Money held against the venues' own: balances and statements, and again when our books catch up with a statement."""

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from msgspec.structs import replace

from domain.breaks import BalanceCompared, Comparison
from domain.fees import CENT
from domain.ids import VenueMarketId, VenueName
from domain.messages import BalanceReported, MarketSettled
from domain.money import format_micros
from domain.terms import BalanceBasis
from engine.prices import Prices
from engine.questions import Doubt, Questions
from engine.recon_lines import LineRounds
from engine.recon_notes import Notes
from engine.scribe import Scribe
from engine.treasury import Treasury
from oms.blotter import Change
from oms.order_index import at_hand_in
from recon.balances import comparable, compare_balance
from recon.breaks import Break, BreakKind, only
from recon.settlement import compare_settlement

LOCATED_MAX, LOCATED_AGAIN = 50, 4
"""So many orders of a market are asked about when its statement is not what they come to; again after so many rounds,
and after twice as many each time.
"""

AWAITED_ROUNDS = 6
"""So many rounds in a row may a difference be put down to statements that are still to come; then it is a break."""

STATEMENTS_ASKED, STATEMENTS_EVERY_ROUNDS = 40, 4
"""While a balance differs, so many of a venue's latest statements are asked for again, every so many rounds."""


class MoneyRounds:
    """Remembers the last figure that each venue told."""

    def __init__(self, scribe: Scribe, prices: Prices, questions: Questions, notes: Notes) -> None:
        self._scribe = scribe
        self._state = scribe.state
        self._prices = prices
        self._questions = questions
        self._notes = notes
        self._told: dict[VenueName, BalanceReported] = {}
        self._awaited: Counter[VenueName] = Counter()
        self.treasury = Treasury(scribe)
        self.lines = LineRounds(scribe, prices, questions, notes)

    def compare_balance(self, fact: BalanceReported) -> None:
        """A venue's money figure, when nothing moved ours since the question.

        It may be ahead of the statements that we still wait for; then a difference says nothing yet, for a while.
        What came of it is written down each time: a wallet that was not compared is not one that agrees.
        """
        self._told[fact.venue] = fact
        self._locate_again(fact.venue)
        if self.lines.wanted(fact.venue):
            self.lines.ask(fact.venue)
        ledger, capabilities = self._state.ledger, self._prices.capabilities[fact.venue]
        if not comparable(ledger.moved_ns.get(fact.venue), fact, capabilities):
            self._overtaken(fact)
            return
        self.treasury.explain(fact)
        self.lines.strays.explain(fact)
        found = self._balance_break(fact)
        if found:
            self.lines.ask(fact.venue)
        if found and self._may_be_awaited(fact.venue):
            self._note(fact, Comparison.AWAITING)
            return
        self._note(fact, Comparison.APART if found else Comparison.AGREED)
        if not found:
            del self._awaited[fact.venue]
            if not capabilities.lines_prove:
                self.treasury.prove(fact)
        self._notes.compared(found, fact.venue, only(BreakKind.BALANCE, fact.currency))
        standing = self._state.breaks.standing.get((fact.venue, str(fact.currency), str(BreakKind.BALANCE)))
        if standing is not None and standing.rounds % STATEMENTS_EVERY_ROUNDS == 0:
            self._ask_statements(fact.venue)
        self._notes.aside.settle(fact, self._apart_micros(fact), rounds=standing.rounds if standing else 0)

    def compare_settlement(self, statement: MarketSettled) -> None:
        """A statement against what our fills, as they are now, say it should have been.

        Where it is not, the venue is asked what became of each of our orders there: a match that we never heard of, or
        one that is gone, is the third account that says which of the two is wrong.
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
        known = (venue, str(market), str(BreakKind.RESULT)) in self._state.breaks.standing
        self._notes.compared(
            [replace(one, venue_market=market, apart_micros=apart) for one in found],
            venue,
            only(BreakKind.RESULT, market),
        )
        if found and not known:
            self.locate(venue, market)
        self.lines.settled(statement)
        told = self._told.get(venue)
        if told is not None and not self._balance_break(told):
            self._notes.compared([], venue, only(BreakKind.BALANCE, told.currency))
            self._agree_after_all(told)

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

    def locate(self, venue: VenueName, market: VenueMarketId) -> None:
        """Have the venue asked what became of each of our orders in a market."""
        for order in [*islice(at_hand_in(self._state.blotter.orders, venue, market), LOCATED_MAX)]:
            self._questions.doubt(order.ref, self._scribe.now_ns, Doubt.DIFFERS)

    def _locate_again(self, venue: VenueName) -> None:
        """Orders in markets whose results still differ: an answer may have been lost, or have held only half of it."""
        for (where, _, kind), standing in self._state.breaks.standing.items():
            market, rounds = standing.fact.venue_market, standing.rounds
            if where == venue and kind == BreakKind.RESULT and rounds >= LOCATED_AGAIN and not rounds & (rounds - 1):
                self.locate(venue, market)

    def _overtaken(self, fact: BalanceReported) -> None:
        """Both may have the same nevertheless. What moves a wallet stands in its lines: they may say why not."""
        apart = self._balance_break(fact)
        if apart and fact.basis is BalanceBasis.WALLET:
            self.lines.ask(fact.venue)
        self._note(fact, Comparison.OVERTAKEN if apart else Comparison.AGREED)

    def _may_be_awaited(self, venue: VenueName) -> bool:
        """Whether statements that are still to come may explain a difference, and have not failed to for too long."""
        if not self._questions.awaits_settlement(venue):
            return False
        self._awaited[venue] += 1
        return self._awaited[venue] <= AWAITED_ROUNDS

    def _note(self, told: BalanceReported, how: Comparison) -> None:
        """Write down what came of holding a figure against our books."""
        as_of_ms, apart = self._notes.ms_of(told.asked_ns), self._apart_micros(told)
        self._scribe.record(BalanceCompared(told.venue, told.currency, how, as_of_ms, apart))

    def _agree_after_all(self, told: BalanceReported) -> None:
        """The statement that a figure was ahead of has come, and nothing else was missing."""
        proof = self._state.wallets.proofs.get((told.venue, told.currency))
        if proof is not None and proof.last.how in (Comparison.AWAITING, Comparison.APART):
            self._note(told, Comparison.AGREED)

    def _ask_statements(self, venue: VenueName) -> None:
        """Money moved that we know nothing of: the venue may have settled one of its markets anew."""
        booked = [place for place in self._state.calendar.statements if place[0] == venue]
        for place in booked[-STATEMENTS_ASKED:]:
            self._questions.old_statements.ask(*place, self._scribe.now_ns)

    def _statement_of(self, venue: VenueName, market: VenueMarketId) -> MarketSettled:
        """The newest statement of a market that has one."""
        booked = (one.statement for one in reversed(self._state.settled))
        return next(one for one in booked if (one.venue, one.venue_market) == (venue, market))

    def _apart_micros(self, told: BalanceReported) -> int:
        """What a venue's figure has beyond ours."""
        return told.balance_micros - self._state.ledger.equity_micros(told.venue, told.currency, told.basis)

    def _balance_break(self, told: BalanceReported) -> list[Break]:
        """What the two figures differ by, and what was set aside of it before; told without what both have."""
        held = self._notes.aside.held_micros(told)
        apart = self._apart_micros(told) + held
        aside = f", {format_micros(held)} of it set aside" if held else ""
        less = "less" if apart < 0 else "more"
        detail = f"the venue has {format_micros(abs(apart))} {told.currency} {less} than our books{aside}"
        found = compare_balance(told.balance_micros - apart, told)
        return [replace(one, apart_micros=apart, detail=detail) for one in found]
