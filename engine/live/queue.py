"""How much stands before an order of ours at its price: the most that the books and the venue leave possible.

Whoever comes later stands behind us, so what was there when we came is the most that can be before us, and it only
shrinks: each look keeps the least of what the book showed at the price beside our own (MECHANICS §10, without prints,
which no book tells), and of what the venue told of the place itself. Nobody looks while nobody watches: then more is
told than there is, never less. At another price an order stands in another queue, and all of it begins anew.
"""

from domain.book import Book
from domain.ids import OrderRef
from domain.orders import Order, Side
from engine.prices import Prices
from engine.state import State

SETTLED_NS = 2_000_000_000
"""A book may show an order of ours a moment after its acceptance: until then a look is not remembered."""
KEPT_MAX = 2_000

Terms = tuple[int, int]
"""What an order keeps its place by: its price, and how often it was changed."""


class Queue:
    """Remembers the least that was seen before each order of ours, at the terms that it has."""

    def __init__(self, state: State, prices: Prices) -> None:
        self._state = state
        self._prices = prices
        self._least: dict[OrderRef, tuple[Terms, int, int | None]] = {}

    def ahead_micros(self, order: Order, book: Book, now_ns: int) -> int | None:
        """Native size before an order that rests, as far as the book tells; None where it does not say."""
        tick = book.ladder.tick(order.price)
        if tick is None or not order.acked or order.unknown or not order.exposed_micros:
            return None
        shown = (book.to_lay if order.side is Side.BACK else book.to_back)[tick]
        orders = self._state.blotter.orders
        ours = sum(
            one.exposed_micros
            for one in orders.open_on(order.instrument)
            if one.side is order.side and one.price == order.price and one.acked
        )
        terms = (order.price, len(order.amended))
        began_ns = now_ns if order.amended else order.intended_ns
        known, since_ns, least = self._least.get(order.ref, (terms, began_ns, None))
        if known != terms:
            since_ns, least = now_ns, None
        seen = (max(0, shown - ours), self._told_micros(order, since_ns), least)
        now = min(figure for figure in seen if figure is not None)
        self._least[order.ref] = terms, since_ns, now if now_ns - since_ns >= SETTLED_NS else None
        if len(self._least) > KEPT_MAX:
            self._least = {ref: kept for ref, kept in self._least.items() if ref in orders.at_stake}
        return now

    def _told_micros(self, order: Order, since_ns: int) -> int | None:
        """What the venue told, asked for long enough after the order came to stand where it does."""
        told = self._prices.sessions[self._state.venue_of(order.instrument)].queue
        if told is None or told.asked_ns < since_ns + SETTLED_NS:
            return None
        return told.ahead_micros.get(order.ref)
