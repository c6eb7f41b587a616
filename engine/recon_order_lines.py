"""Lines of single matches in a venue's account statement, held by order against the matches that we booked."""

from collections.abc import Iterator

from domain.account_lines import LineKind
from domain.ids import OrderRef, VenueName
from domain.orders import Order
from domain.treasury import AccountLinesReported
from engine.prices import Prices
from engine.questions import Doubt, Questions
from engine.recon_notes import Notes
from engine.scribe import Scribe
from oms.blotter import ORPHANS
from recon.statement_lines import compare_lines_of_order, lines_key, paid_micros

MS = 1_000_000


class OrderLines:
    """Of venues whose lines are no bookings of their own, but made of matches; the others tell what markets paid.

    Fees are not compared here: whether the fee of a match has the roundings in it that an order's own fee has, Kalshi
    does not say. `recon_roads` holds the order's fee against its matches'.
    """

    def __init__(self, scribe: Scribe, prices: Prices, questions: Questions, notes: Notes) -> None:
        self._scribe = scribe
        self._state = scribe.state
        self._prices = prices
        self._questions = questions
        self._notes = notes
        self._agreed: dict[VenueName, dict[OrderRef, int]] = {}

    def wanted(self, venue: VenueName) -> bool:
        """Whether a match of ours has no line yet, or another than it should."""
        return any(True for _ in self._open(venue))

    def since_ms(self, venue: VenueName, latest_ms: int) -> int:
        """From when on lines are missing, `latest_ms` at the latest."""
        moments = (fill.venue_ms for order in self._open(venue) for fill in order.testimony.fills if fill.venue_ms)
        return min([latest_ms, *moments])

    def weigh(self, fact: AccountLinesReported) -> None:
        """Hold the lines so far against every order that they must show by now."""
        capabilities = self._prices.capabilities[fact.venue]
        changed_ns = self._state.blotter.orders.changed_ns
        agreed = self._agreed[fact.venue] = dict[OrderRef, int]()
        shown_ns = fact.asked_ns - capabilities.visible_after_ms * MS
        for order in [*self._matched(fact.venue)]:
            lines = self._state.ledger.lines.of_order(fact.venue, order.venue_order_id)
            costs = [-line.micros for line in lines if line.kind is LineKind.TRADE]
            if sum(costs) == paid_micros(order):
                agreed[order.ref] = sum(costs)
            elif changed_ns.get(order.ref, 0) >= shown_ns:
                continue
            found = compare_lines_of_order(
                order,
                venue=fact.venue,
                venue_market=self._state.instruments[order.instrument].listing.venue_market,
                currency=capabilities.currency,
                lines=len(costs),
                theirs_micros=sum(costs),
            )
            key = lines_key(order.ref)
            if found and found[0].id not in self._state.breaks.standing:
                self._questions.doubt(order.ref, self._scribe.now_ns, Doubt.DIFFERS)
            self._notes.compared(found, fact.venue, lambda subject, _, key=key: subject == key)  # type: ignore[misc]

    def _open(self, venue: VenueName) -> Iterator[Order]:
        """Orders whose matches no lines have come to yet."""
        agreed = self._agreed.get(venue, {})
        return (order for order in self._matched(venue) if agreed.get(order.ref) != paid_micros(order))

    def _matched(self, venue: VenueName) -> Iterator[Order]:
        """Orders that are not settled, and those of which a break of lines stands.

        What somebody else placed may have matched before the first lines that were asked for.
        """
        capabilities = self._prices.capabilities[venue]
        if not capabilities.tells_lines or capabilities.lines_prove:
            return
        orders = self._state.blotter.orders
        told = {
            OrderRef(key.removesuffix(lines_key(""))) for place, key, _ in self._state.breaks.standing if place == venue
        }
        for ref in told - orders.at_stake.keys():
            order = orders.get(ref)
            if order is not None:
                yield order
        for order in orders.at_stake.values():
            if order.matched_micros and order.strategy != ORPHANS and orders.listing(order).venue == venue:
                yield order
