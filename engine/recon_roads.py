"""What only the road tells: matches that the stream never told, prices and fees that accounts of one order state apart.

The journal, the stream (or a drop copy) and the venue's list or statement are three accounts of one order. Where the
list was believed, journal and list agree, and nothing but the road by which a match came says that the stream lost it.
It is booked already, so the break is over as soon as it is found; how many there were says what a stream is worth.

An order that is over is on no list of resting ones. What the venue says of it when it is asked is held against our
books here, as a round holds what rests.
"""

from math import ceil

from domain.breaks import BreakFound, BreakHealed
from domain.claims import liability
from domain.fees import CENT
from domain.ids import OrderRef, VenueName
from domain.messages import OrderFact, OrderFilled, OrderReported
from domain.money import FX_SCALE
from domain.orders import Evidence, Order
from engine.prices import Prices
from engine.questions import Doubt, Questions
from engine.recon_notes import Notes
from engine.scribe import Scribe
from oms.order_states import is_open
from recon.breaks import SEVERITIES, BreakKind
from recon.orders import PRICE_TOLERANCE, claim_price, fee_is_told

LATE_MS = 1_000
"""A match is lost when it is older than what a venue may take to show it, and this: stamps are in whole seconds."""

ASKED_AGAIN = (BreakKind.EXTRA_FILL, BreakKind.PRICE)
"""What of an order that is over heals by nothing but the venue's word about it."""


class Roads:
    """Watches facts about orders behind what they changed, and what repeats them."""

    def __init__(self, scribe: Scribe, prices: Prices, questions: Questions, notes: Notes) -> None:
        self._scribe = scribe
        self._state = scribe.state
        self._prices = prices
        self._questions = questions
        self._notes = notes

    def heard(self, before: Order, after: Order, fact: OrderFact) -> None:
        """One fact led from one figure of an order to another, or to the same."""
        if type(fact) is OrderFilled and fact.evidence > Evidence.PUSH:
            if after.matched_micros > before.matched_micros:
                self._filled(before, after, fact)
            else:
                self._priced(before, after)
        elif type(fact) is OrderReported:
            if fact.evidence > Evidence.PUSH and after.amend is None and not after.within:
                self._answered(before, after, fact)
            if fact.fee_micros is not None and after is not before:
                known = before.matched_micros == fact.matched_micros > 0 and fee_is_told(before)
                if known and abs(fact.fee_micros - before.fee_micros) > CENT:
                    self._charged(before, after, fact.fee_micros)

    def ask_again(self, venue: VenueName) -> None:
        """With each round: what stands about an order that is over is on no list of resting ones."""
        orders = self._state.blotter.orders
        for (place, key, kind), standing in self._state.breaks.standing.items():
            if place != venue or kind not in ASKED_AGAIN or standing.explained:
                continue
            order = orders.get(OrderRef(key))
            if order is not None and not order.settled and not is_open(order):
                self._questions.doubt(order.ref, self._scribe.now_ns, Doubt.DIFFERS)

    def _answered(self, before: Order, after: Order, fact: OrderReported) -> None:
        """The venue's own figures of one order: what it matched less of is over there, or may only be late."""
        if fact.matched_micros == after.matched_micros:
            if not after.disputed:  # that both say the same makes more than was ordered no less of it
                self._heal(after, BreakKind.EXTRA_FILL, "the venue's later figures agree")
            if fact.claims_micros:
                self._priced(before, after, fact)
        elif fact.closed and fact.matched_micros + fact.voided_micros < after.matched_micros:
            lost = liability(after.side, claims=after.claims_micros, cost=after.cost_micros)
            detail = f"ours {after.matched_micros}, theirs {fact.matched_micros} of an order that is over"
            self._find(self._break(after, BreakKind.EXTRA_FILL, lost, detail))

    def _priced(self, before: Order, after: Order, fact: OrderReported | None = None) -> None:
        """What was matched already is told at another price: booked, or left as it was and told."""
        ours = claim_price(after.cost_micros, after.claims_micros)
        theirs = ours if fact is None else claim_price(fact.cost_micros, fact.claims_micros)
        if abs(ours - theirs) > PRICE_TOLERANCE:
            lost = ceil(abs(ours - theirs) * after.claims_micros)
            self._find(self._break(after, BreakKind.PRICE, lost, f"ours {ours}, theirs {theirs}"))
            return
        if fact is not None:
            self._heal(after, BreakKind.PRICE, "the venue's later figures agree")
        known = before.matched_micros == after.matched_micros and before.claims_micros
        apart = abs(claim_price(before.cost_micros, before.claims_micros) - ours) if known else 0
        if apart > PRICE_TOLERANCE:
            detail = f"ours {claim_price(before.cost_micros, before.claims_micros)}, theirs {ours}"
            found = self._break(after, BreakKind.PRICE, ceil(apart * after.claims_micros), detail)
            self._notes.find_and_end(found, "the venue's own figures of the order are booked")

    def _find(self, found: BreakFound) -> None:
        """It stands until a later word agrees, which is asked for."""
        self._notes.find(found)
        self._questions.doubt(OrderRef(found.key), self._scribe.now_ns, Doubt.DIFFERS)

    def _heal(self, order: Order, kind: BreakKind, proof: str) -> None:
        self._notes.heal(BreakHealed(self._state.venue_of(order.instrument), order.ref, kind, proof))

    def _filled(self, before: Order, after: Order, fact: OrderFilled) -> None:
        """A match out of a list; of a polled venue every one is."""
        fill = fact.fill
        capabilities = self._prices.capabilities[self._state.venue_of(after.instrument)]
        age_ms = self._notes.now_ms - fill.venue_ms
        if capabilities.polled or not fill.venue_ms or age_ms < capabilities.visible_after_ms + LATE_MS:
            return
        lost = liability(after.side, claims=fill.claims_micros, cost=fill.cost_micros)
        detail = f"ours {before.matched_micros}, theirs {after.matched_micros}: the stream never told {fill.id}"
        found = self._break(after, BreakKind.MISSING_FILL, lost, detail)
        self._notes.find_and_end(found, "booked from the venue's own list of matches")

    def _charged(self, before: Order, after: Order, fee_micros: int) -> None:
        """The order's own figure of its fee is not what its matches came to."""
        apart = fee_micros - before.fee_micros
        detail = f"ours {before.fee_micros}, theirs {fee_micros}"
        found = self._break(after, BreakKind.FEE, abs(apart), detail, apart)
        if after.fee_micros == fee_micros:
            self._notes.find_and_end(found, "the venue's own figure of the order is booked")
        else:
            self._notes.find(found)

    def _break(self, order: Order, kind: BreakKind, lost_micros: int, detail: str, apart_micros: int = 0) -> BreakFound:
        instrument = self._state.instruments[order.instrument]
        return BreakFound(
            instrument.listing.venue,
            order.ref,
            kind,
            SEVERITIES[kind],
            -(-lost_micros * self._state.rate_e8(instrument) // FX_SCALE),
            detail,
            venue_market=instrument.listing.venue_market,
            apart_micros=apart_micros,
            currency=instrument.terms.currency,
        )
