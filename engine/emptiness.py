"""Proofs that nothing of ours is left at a venue, while every order has to be out: the venue's own list says so."""

from domain.breaks import RoundCause
from domain.ids import VenueName
from domain.messages import VenueReported
from domain.operators import KillLevel
from domain.stops import EmptinessProven
from engine.prices import Prices
from engine.questions import Questions
from engine.scribe import Scribe
from oms.order_states import is_open

ASK_NS = 2_000_000_000
"""A venue where nothing of ours should be left is asked for its list once in so long until it has shown that."""


class Emptiness:
    """What is proven of each venue since the kill level was set."""

    def __init__(self, scribe: Scribe, prices: Prices, questions: Questions) -> None:
        self.proven: dict[VenueName, EmptinessProven] = {}
        self._scribe = scribe
        self._state = scribe.state
        self._prices = prices
        self._questions = questions
        self._closed_ns: dict[VenueName, int] = {}
        self._asked_ns: dict[VenueName, int] = {}

    def begin(self) -> None:
        """The kill level was set: what was proven before says nothing of what comes."""
        self.proven.clear()

    def opened(self, venue: VenueName) -> None:
        """An order may be matched there: what was proven before it came says nothing any more."""
        self.proven.pop(venue, None)

    def closed(self, venue: VenueName, now_ns: int) -> None:
        """An order ended there: a list that was asked for earlier is no proof."""
        self._closed_ns[venue] = now_ns

    def reported(self, fact: VenueReported) -> None:
        """A venue's list, taken over already: it may be the proof."""
        level = self._state.breakers.level
        if level < KillLevel.CANCEL_ALL or fact.venue in self.proven:
            return
        ours = [order for order in fact.orders if order.ref is not None and not (order.report and order.report.closed)]
        if ours or self._works_at(fact.venue) or fact.asked_ns <= self._closed_ns.get(fact.venue, 0):
            return
        proof = EmptinessProven(fact.venue, int(level), fact.asked_ns)
        self.proven[fact.venue] = proof
        self._scribe.record(proof)

    def ask(self, now_ns: int) -> None:
        """Ask each venue that has none of ours left to show that it is so."""
        if self._state.breakers.level < KillLevel.CANCEL_ALL:
            return
        for venue in self._prices.reachable_venues():
            waited = now_ns - self._asked_ns.get(venue, -ASK_NS) >= ASK_NS
            if waited and venue not in self.proven and not self._works_at(venue):
                self._asked_ns[venue] = now_ns
                self._questions.reconcile(venue, now_ns, RoundCause.EMPTINESS)

    def _works_at(self, venue: VenueName) -> bool:
        """Whether anything of ours may still be matched at a venue, or an answer is missing."""
        orders = self._state.blotter.orders
        if any(is_open(order) for order in orders.open_at(venue)):
            return True
        return any(self._state.venue_of(order.instrument) == venue for order in orders.unknown.values())
