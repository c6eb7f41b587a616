"""Venues' account statements against our books: what settled markets paid, line by line, and when to ask for them."""

from collections import Counter
from collections.abc import Iterable

from msgspec.structs import replace

from domain.account_lines import AccountLine, LineKind
from domain.ids import OrderRef, VenueMarketId, VenueName, VenueOrderId
from domain.messages import MarketSettled
from domain.money import format_micros
from domain.orders import Order, Side
from domain.settlement import PENNY, in_pieces, settled_micros
from domain.treasury import AccountLinesReported, PaymentsProven
from engine.prices import Prices
from engine.questions import Questions
from engine.recon_notes import Notes
from engine.recon_order_lines import OrderLines
from engine.recon_strays import PATIENCE_ANSWERS, Strays
from engine.scribe import Scribe
from oms.account_lines import OfMarket, running, summed
from oms.order_index import at_hand_in
from oms.order_states import is_open
from recon.statement_lines import compare_lines_of_market, lines_key

MINUTE_MS, DAY_MS = 60_000, 86_400_000
OVERLAP_MS = MINUTE_MS
"""Lines may be booked a little out of order, and are stamped in whole seconds."""
BEFORE_MS = 60 * MINUTE_MS
"""So far back the first question of a run reaches: what it finds was there before us."""
WEEK_MS = 8 * DAY_MS
"""From the day before seven whole ones. Source: MECHANICS 9.2, T+1 to T+7."""
CORRECTED_ANSWERS = 12
"""What was told and is told otherwise now is being corrected: its statement is asked for with each answer, and may take
longer to come than the lines of a first one."""
NAMED_MAX = 3

Place = tuple[VenueName, VenueMarketId]


class LineRounds:
    """Holds each line against what our books posted; remembers how many answers something was missing from."""

    def __init__(self, scribe: Scribe, prices: Prices, questions: Questions, notes: Notes) -> None:
        self._scribe = scribe
        self._state = scribe.state
        self._ledger = scribe.state.ledger
        self._lines = scribe.state.ledger.lines
        self._prices = prices
        self._questions = questions
        self._notes = notes
        self._lacking: Counter[Place] = Counter()
        self._booked_ns: dict[Place, int] = {}
        self.strays = Strays(scribe, prices, notes)
        self.orders = OrderLines(scribe, prices, questions, notes)

    def ask(self, venue: VenueName, *, week: bool = False) -> None:
        """Have the lines asked for that are not known yet, or those of the week once more."""
        if not self._prices.capabilities[venue].tells_lines:
            return
        told = self._lines.venues.get(venue)
        if told is None:
            since_ms = self._notes.now_ms - BEFORE_MS
        else:
            latest_ms = (
                self._notes.now_ms - WEEK_MS if week else self.orders.since_ms(venue, told.latest_ms) - OVERLAP_MS
            )
            since_ms = max(told.since_ms, latest_ms)
        self._questions.lines.ask(venue, since_ms)

    def wanted(self, venue: VenueName) -> bool:
        """Whether lines are missing: the first ones, those of a payment or of its correction, or those of matches."""
        if venue not in self._lines.venues or self._ledger.settling.unpaid(venue):
            return True
        if any(place[0] == venue for place in self._lacking):
            return True
        return self.orders.wanted(venue)

    def settled(self, statement: MarketSettled) -> None:
        """A statement was booked: its lines may be there already, or are asked for."""
        place = statement.venue, statement.venue_market
        self._booked_ns[place] = self._scribe.now_ns
        self._lacking.pop(place, None)
        if statement.venue in self._lines.venues:
            self._weigh(place, self._scribe.now_ns)
        self.ask(statement.venue)

    def reported(self, fact: AccountLinesReported) -> None:
        """A venue's answer: take over what is new, and hold against it whatever waits for a line.

        The first may be late, or have been lost and asked for again: what we did meanwhile is in it too.
        """
        if fact.venue not in self._lines.venues:
            before = tuple(line for line in fact.lines if not self._may_be_ours(fact.venue, line))
            self._scribe.record(replace(fact, lines=before, opening=True))
        news = self._lines.news(fact)
        if news:
            self._scribe.record(replace(fact, lines=news))
        self.orders.weigh(fact)
        self.strays.heard(fact, news)
        places = {(fact.venue, line.venue_market) for line in news if line.venue_market}
        places |= {(fact.venue, market) for market, _ in self._ledger.settling.unpaid(fact.venue)}
        places |= {place for place in self._lacking if place[0] == fact.venue}
        for place in sorted(places):
            self._weigh(place, fact.asked_ns)
        self.strays.tell(fact)

    # --- markets ---

    def market_ended(self, place: Place) -> None:
        """A market closed, or was paid, where nobody was there to hear that it closed: its statement is asked for.

        So are orders that may have been matched there unheard: behind the statement only its sum tells of them.
        """
        orders = self._state.blotter.orders.at_stake_in(*place)
        if orders:
            self._questions.market_closed(*place, self._scribe.now_ns)
        for order in orders:
            if is_open(order):
                self._questions.doubt(order.ref, self._scribe.now_ns)

    def _may_be_ours(self, venue: VenueName, line: AccountLine) -> bool:
        """Whether a line is about something of this run's, or about a market of ours and may name an order of ours."""
        if self.strays.is_ours(venue, line, moved=False):
            return True
        there = at_hand_in(self._state.blotter.orders, venue, line.venue_market)
        return any(line.venue_order_id is None or (order.venue_order_id is None and is_open(order)) for order in there)

    def _weigh(self, place: Place, asked_ns: int) -> None:
        """A market's lines against its standing statement; `asked_ns` is when the latest lines were asked for."""
        venue, market = place
        stake = self._ledger.settling.stakes.get(place)
        if stake is None or stake.standing is None:
            if any(line.kind is LineKind.SETTLEMENT for line in self._lines.in_market(*place)):
                self.market_ended(place)
                if stake is None and any(at_hand_in(self._state.blotter.orders, *place)):
                    # all that we know of there ended without a match: the statement tells more
                    self._questions.old_statements.ask(*place, self._scribe.now_ns)
            return
        posted, capabilities = stake.standing, self._prices.capabilities[venue]
        lines = [line for line in self._lines.in_market(venue, market) if self.strays.is_ours(venue, line)]
        theirs = summed(lines)
        same = (theirs.profit_micros, theirs.commission_micros) == (posted.profit_micros, posted.commission_micros)
        if same:
            self._lacking.pop(place, None)
            if capabilities.lines_prove and not stake.paid:
                words = f"{len(lines)} lines of the venue's: {format_micros(posted.profit_micros)} gross"
                self._scribe.record(PaymentsProven(venue, ((market, posted.statement),), words))
        taken_back = not same and (stake.paid or was_told(posted, lines))
        if not same and asked_ns > self._booked_ns.get(place, 0):
            self._lacking[place] += 1
            if taken_back:  # and the statement that says so has not come
                self._questions.old_statements.ask(venue, market, self._scribe.now_ns)
        patience = CORRECTED_ANSWERS if taken_back else PATIENCE_ANSWERS
        if not same and self._lacking[place] < patience:
            return
        crossed = self._crossed(posted, lines)
        found = compare_lines_of_market(
            posted,
            profit_micros=theirs.profit_micros,
            commission_micros=theirs.commission_micros,
            currency=capabilities.currency,
            detail="".join(f", {ref} ours {ours}, theirs {said}" for ref, ours, said in crossed[:NAMED_MAX]),
            crossed_micros=_crossed_micros([said - ours for _, ours, said in crossed]) if same else 0,
        )
        key = lines_key(market)
        self._notes.compared(found, venue, lambda subject, _: subject == key)

    def _crossed(self, posted: MarketSettled, lines: list[AccountLine]) -> list[tuple[OrderRef, int, int]]:
        """The orders whose lines are not what they should have paid: what that is, and what they came to."""
        paid: Counter[VenueOrderId] = Counter()
        for line in lines:
            if line.venue_order_id is not None and line.kind in (LineKind.SETTLEMENT, LineKind.CORRECTION):
                paid[line.venue_order_id] += line.micros
        found = []
        for name, theirs in paid.items():
            order = self.strays.order(posted.venue, name)
            ours = None if order is None else self._should_pay(order, posted)
            if order is not None and ours is not None and ours != theirs:
                found.append((order.ref, ours, theirs))
        return found

    def _should_pay(self, order: Order, posted: MarketSettled) -> int | None:
        selection = self._state.instruments[order.instrument].listing.selection
        if selection not in posted.results:
            return None
        sign = 1 if order.side is Side.BACK else -1
        return settled_micros(
            sign * order.claims_micros,
            sign * order.cost_micros,
            posted.results[selection],
            in_pieces(posted.parts).get(selection),
        )


def was_told(posted: MarketSettled, lines: Iterable[AccountLine]) -> bool:
    """Whether the first of a market's lines came to what is posted: what follows them takes it back.

    A settlement and its correction may come in one answer, before anything was proven to be paid.
    """
    return OfMarket(posted.profit_micros, posted.commission_micros) in running(lines)


def _crossed_micros(apart: list[int]) -> int:
    """What some orders are paid too much and others too little; what all come to is the statement's own difference."""
    if abs(sum(apart)) > PENNY * len(apart):
        return 0
    return sum(abs(one) for one in apart if abs(one) > PENNY)
