"""What follows from a doubt about an order: a question, a shut market, a break for people; and what ends it."""

from collections.abc import Collection

from domain.breaks import BreakFound, BreakHealed
from domain.claims import claims_and_cost_micros, liability
from domain.ids import OrderRef, VenueName, VenueOrderId
from domain.looks import OrderLooks
from domain.messages import OrderAbsent, OrderFact, OrderReported
from domain.money import FX_SCALE
from domain.orders import Evidence, Order
from domain.stops import AlertRaised
from domain.vouching import OrderVouched
from engine.prices import Prices
from engine.questions import Doubt, Questions, Stake
from engine.recon_notes import Notes
from engine.scribe import Scribe
from engine.state import State
from oms.blotter import Change
from oms.order_states import EFFECTS, asks, contradicts, is_open, is_unheard, state_of
from recon.breaks import SEVERITIES, BreakKind

NOWHERE = VenueName("")
"""The venue of an order that nobody placed, until a list names it."""

LEFT_OUT = "the venue's latest figures leave out matches that we know of"

OF_ALL = OrderRef("")
"""In the place of an order: all of them together."""

ENDED_BY_A_WORD = (BreakKind.MISSING_AT_VENUE, BreakKind.STATUS, BreakKind.EXTRA_FILL)
"""Breaks in which only a person can settle what became of an order; of the others a round's figures tell."""

KEPT_PER_ORDER = 20
KEPT_MAX = 10_000
"""Facts written down although they change nothing: of one order, and in all of a process's life."""


def stake_of(state: State, ref: OrderRef) -> Stake:
    """Where an order stands, by which name, and the most that all of it can cost, base-currency millionths."""
    order = state.blotter.orders.get(ref)
    assert order is not None, f"a question about {ref}, which nobody placed"
    instrument = state.instruments[order.instrument]
    listing = instrument.listing
    claims, cost = claims_and_cost_micros(instrument.terms.kind, order.price, order.size_micros)
    lost = liability(order.side, claims=claims, cost=cost)
    return Stake(
        listing.venue,
        lost * state.rate_e8(instrument) // FX_SCALE,
        listing.venue_market,
        order.venue_order_id or VenueOrderId(""),
    )


def looks_of(state: State, ref: OrderRef) -> OrderLooks:
    """What an order without a name at its venue can be found by there, and the names of those that it is not."""
    index = state.blotter.orders
    order = index.get(ref)
    assert order is not None, f"a question about {ref}, which nobody placed"
    others = tuple(
        one.venue_order_id
        for shelf in (index.at_stake, index.archive)
        for one in shelf.values()
        if one.instrument == order.instrument and one.side is order.side and one.venue_order_id is not None
    )
    listing = index.listing(order)
    return OrderLooks(listing.selection, order.side, order.price, order.size_micros, others)


class Suspicions:
    """Follows every fact about an order to the questions, gates and breaks that it opens or closes.

    An order whose word contradicts itself, of which more was matched than ordered, or more behind its end, keeps its
    venue market shut to added risk until the venue's own figures settle it. One that is merely unanswered does not, for
    it is counted in full; but if it is still open when a round proves a venue again after a lost line, then it does.
    """

    def __init__(self, scribe: Scribe, prices: Prices, questions: Questions, notes: Notes) -> None:
        self._scribe = scribe
        self._state = scribe.state
        self._prices = prices
        self._questions = questions
        self._notes = notes
        self._kept: dict[OrderRef, set[OrderFact]] = {}
        self._kept_count = 0
        self._full: set[OrderRef] = set()

    def heard(self, before: Order, after: Order, fact: OrderFact) -> None:
        """One fact about one order led from `before` to `after`."""
        if after is before and before.suspect and contradicts(before, fact):
            self.keep(fact)
        elif after.suspect and not before.suspect:
            self._kept.setdefault(fact.ref, set()).add(fact)  # it was news, so it is written down already
        self._tell_break(before, after)
        if asks(before, after, fact):
            self._questions.doubt(after.ref, self._scribe.now_ns, _doubt(after, fact))
            if is_contradicted(after):
                self._shut(after)
        elif type(fact) is OrderReported and fact.evidence >= Evidence.PULL:
            self._answered(after)
        elif type(fact) is OrderAbsent and not is_open(after) and not is_unheard(after):
            self._answered(after)  # it is over for both
        elif after is not before and not is_open(after) and not _in_doubt(after) and not before.settled:
            self._end(after.ref)  # of a settled one is only asked what its statement does not explain
        if self._tell_late(before, after) and not (type(fact) is OrderReported and fact.evidence >= Evidence.PULL):
            self._questions.doubt(after.ref, self._scribe.now_ns, Doubt.CONTRADICTED)
            self._shut(after)

    def vouched(self, before: Order, after: Order, word: OrderVouched) -> None:
        """A person was told what became of an order: nothing is asked about it any more, and no break of it stands."""
        self._tell_late(before, after)
        self._end(after.ref)
        for kind in ENDED_BY_A_WORD:
            self._heal(after, kind, f"{word.who} was told by the venue: {word.why}")

    def changed(self, change: Change) -> None:
        """A round's list, a statement or a resumption changed an order.

        One that was never answered is asked about behind its market's statement too, which may have left it out.
        """
        before, after = change.before, change.after
        if before is None:
            self._heal_stray(after)
        else:
            self._tell_break(before, after)
            self._tell_late(before, after)
            if is_contradicted(after) and not is_contradicted(before):
                self._questions.doubt(after.ref, self._scribe.now_ns, Doubt.CONTRADICTED)
                self._shut(after)
        if is_unheard(after):
            if after.settled:
                self._questions.doubt(after.ref, self._scribe.now_ns)
        elif after.settled or not (is_open(after) or _in_doubt(after)):
            self._end(after.ref)

    def proven(self, venue: VenueName) -> None:
        """A round has proven a venue again: what it left open keeps its own market shut."""
        for ref in self._questions.orders:
            order = self._state.blotter.orders.get(ref)
            if order is not None and self._state.venue_of(order.instrument) == venue:
                self._shut(order)

    def keep(self, fact: OrderFact) -> bool:
        """Write down, whole and once, what fits nothing that we know; whether it is news. Bounded by the constants.

        That more came than is kept is told: once of an order, and once of all of them.
        """
        kept: Collection[OrderFact] = self._kept.get(fact.ref, ())
        if fact in kept:
            return False
        if self._kept_count >= KEPT_MAX:
            return self._tell_full(OF_ALL)
        if len(kept) >= KEPT_PER_ORDER:
            return self._tell_full(fact.ref)
        self._kept.setdefault(fact.ref, set()).add(fact)
        self._kept_count += 1
        self._scribe.record(fact)
        return True

    def _tell_full(self, ref: OrderRef) -> bool:
        """Say once that no more is written down; no, for whoever asks whether it was."""
        if ref not in self._full:
            self._full.add(ref)
            self._scribe.record(AlertRaised("facts_not_kept", ref, NOWHERE, "more of them came than are written down"))
        return False

    def _answered(self, order: Order) -> None:
        """The venue answered a question about the order; it ends what the answer does not leave open."""
        if order.unknown or order.disputed:
            return
        self._end(order.ref)
        self._heal(order, BreakKind.STATUS, "the venue's own figures of the order")

    def _end(self, ref: OrderRef) -> None:
        self._questions.answered(ref)
        if self._prices.gates.proven(ref):
            self._prices.turns += 1

    def _shut(self, order: Order) -> None:
        listing = self._state.instruments[order.instrument].listing
        if self._prices.gates.shut((listing.venue, listing.venue_market), order.ref):
            self._prices.turns += 1

    def _tell_break(self, before: Order, after: Order) -> None:
        if after.suspect and not before.suspect:
            self._find(after, BreakKind.STATUS, "what was said about it contradicts itself")
        if after.disputed and not before.disputed:
            over = after.matched_micros > after.size_micros
            detail = "more was matched than was ordered" if over else LEFT_OUT
            self._find(after, BreakKind.EXTRA_FILL, detail)
        elif before.disputed and not after.disputed:
            self._heal(after, BreakKind.EXTRA_FILL, "the venue's later figures agree")

    def _tell_late(self, before: Order, after: Order) -> bool:
        """Raise an alert if more was matched of an order behind its end; whether it was."""
        late = after.matched_micros > before.matched_micros and not (is_open(before) or before.within)
        if late:
            more = after.matched_micros - before.matched_micros
            detail = f"{more} matched when it was {state_of(before)}"
            self._scribe.record(AlertRaised("late_match", after.ref, self._state.venue_of(after.instrument), detail))
        return late

    def _find(self, order: Order, kind: BreakKind, detail: str) -> None:
        stake = stake_of(self._state, order.ref)
        instrument = self._state.instruments[order.instrument]
        market, currency = instrument.listing.venue_market, instrument.terms.currency
        found = BreakFound(
            stake.venue, order.ref, kind, SEVERITIES[kind], stake.money_micros, detail, market, currency=currency
        )
        self._notes.find(found)

    def _heal(self, order: Order, kind: BreakKind, proof: str) -> None:
        self._notes.heal(BreakHealed(self._state.venue_of(order.instrument), order.ref, kind, proof))

    def _heal_stray(self, order: Order) -> None:
        """Words about it came before the venue's list named it: what nobody placed is counted from now on."""
        self._notes.heal(BreakHealed(NOWHERE, order.ref, BreakKind.UNKNOWN_AT_VENUE, "it was adopted"))


def is_contradicted(order: Order) -> bool:
    """Two things were said about the order that cannot both be true."""
    return order.suspect or order.disputed


def _doubt(order: Order, fact: OrderFact) -> Doubt:
    """How much doubt is behind the question about an order that a fact leaves open."""
    if is_contradicted(order):
        return Doubt.CONTRADICTED
    return Doubt.CANCEL_REFUSED if EFFECTS[type(fact)].answers else Doubt.UNANSWERED


def _in_doubt(order: Order) -> bool:
    return order.unknown or is_contradicted(order)
