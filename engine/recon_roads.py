"""What only the road tells: matches that the stream never told, and fees that two accounts of one order state apart.

The journal, the stream (or a drop copy) and the venue's list or statement are three accounts of one order. Where the
list was believed, journal and list agree, and nothing but the road by which a match came says that the stream lost it.
It is booked already, so the break is over as soon as it is found; how many there were says what a stream is worth.
"""

from domain.breaks import BreakFound
from domain.claims import liability
from domain.fees import CENT
from domain.messages import OrderFact, OrderFilled, OrderReported
from domain.money import FX_SCALE
from domain.orders import Evidence, Order
from engine.prices import Prices
from engine.recon_notes import Notes
from engine.state import State
from recon.breaks import SEVERITIES, BreakKind
from recon.orders import fee_is_told

LATE_MS = 1_000
"""A match is lost when it is older than what a venue may take to show it, and this: stamps are in whole seconds."""


class Roads:
    """Watches facts about orders behind what they changed."""

    def __init__(self, state: State, prices: Prices, notes: Notes) -> None:
        self._state = state
        self._prices = prices
        self._notes = notes

    def heard(self, before: Order, after: Order, fact: OrderFact) -> None:
        """One fact led from one figure of an order to another."""
        if isinstance(fact, OrderFilled):
            if fact.evidence > Evidence.PUSH and after.matched_micros > before.matched_micros:
                self._filled(before, after, fact)
        elif isinstance(fact, OrderReported) and fact.fee_micros is not None:
            known = before.matched_micros == fact.matched_micros > 0 and fee_is_told(before)
            if known and abs(fact.fee_micros - before.fee_micros) > CENT:
                self._charged(before, after, fact.fee_micros)

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
