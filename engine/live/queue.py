"""How much stands before an order of ours at its price: the most that the books leave possible.

Whoever comes later stands behind us, so what was there when we came is the most that can be before us, and it only
shrinks: each look keeps the least of what the book showed at the price beside our own (MECHANICS §10, without prints,
which no book tells). Nobody looks while nobody watches: then more is told than there is, never less.
"""

from domain.book import Book
from domain.ids import OrderRef
from domain.orders import Order, Side
from engine.state import State

SETTLED_NS = 2_000_000_000
"""A book may show an order of ours a moment after its acceptance: until then a look is not remembered."""
KEPT_MAX = 2_000


class Queue:
    """Remembers the least that was seen before each order of ours."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._least: dict[OrderRef, int] = {}

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
        now = max(0, shown - ours)
        least = min(now, self._least.get(order.ref, now))
        if now_ns - order.intended_ns >= SETTLED_NS:
            self._least[order.ref] = least
            if len(self._least) > KEPT_MAX:
                self._least = {ref: kept for ref, kept in self._least.items() if ref in orders.at_stake}
        return least
