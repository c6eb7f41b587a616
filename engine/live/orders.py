"""Orders as a desk sees them: those that may still be matched, and those that ended a moment ago."""

from collections.abc import Iterator

from desk.views import OrderRow, order_key
from domain.ids import OrderRef
from domain.money import FX_SCALE
from domain.orders import Evidence, Order
from engine.lately import Lately
from engine.live.moments import MS, Moments
from engine.live.notation import price_micros, price_text
from engine.live.queue import Queue
from engine.prices import Prices
from engine.state import State
from oms.order_states import is_open, state_of
from risk.exposure import open_results

MATCHED_MS = 60_000
UNMATCHED_MS = 3_000
"""How long an order is shown after its end, with a match and without: quotes come and go."""

ORDERS_MAX = 300


class OrderRows:
    """Makes rows, each again only when its order changed."""

    def __init__(self, state: State, prices: Prices, lately: Lately, moments: Moments, queue: Queue) -> None:
        self._state = state
        self._prices = prices
        self._queue = queue
        self._lately = lately
        self._moments = moments
        self._made: dict[OrderRef, tuple[Order, OrderRow]] = {}
        self._now_ns = 0

    def rows(self, now_ns: int) -> list[OrderRow]:
        """UNKNOWN first; at most `ORDERS_MAX`."""
        self._now_ns = now_ns
        made = {order.ref: self._row(order) for order in self._shown(now_ns)}
        self._made = made
        return sorted((row for _, row in made.values()), key=order_key)[:ORDERS_MAX]

    def _shown(self, now_ns: int) -> Iterator[Order]:
        orders = self._state.blotter.orders
        yield from orders.unknown.values()
        for capabilities in self._state.started.capabilities:
            yield from orders.open_at(capabilities.venue)
        for ref in dict.fromkeys(self._lately.moved):
            order = orders.get(ref)
            if order is None:
                continue
            shown_ms = MATCHED_MS if order.matched_micros or order.unknown else UNMATCHED_MS
            if now_ns - orders.changed_ns[ref] <= shown_ms * MS:
                yield order

    def risk_micros(self, order: Order) -> int:
        """The most that what remains of an order can take from us, base currency, fees reserved."""
        known = self._made.get(order.ref)
        return known[1].risk_micros if known is not None and known[0] is order else risk_micros(order, self._state)

    def _row(self, order: Order) -> tuple[Order, OrderRow]:
        known = self._made.get(order.ref)
        ahead = self._queue.ahead_micros(order, self._prices.books[order.instrument], self._now_ns)
        if known is not None and known[0] is order and known[1].ahead_micros == ahead:
            return known
        return order, self._made_of(order, ahead)

    def _made_of(self, order: Order, ahead: int | None) -> OrderRow:
        state = self._state
        instrument = state.instruments[order.instrument]
        listing, terms = instrument.listing, instrument.terms
        market = state.markets[listing.market]
        return OrderRow(
            id=order.ref,
            venue=listing.venue,
            venue_order_id=order.venue_order_id or "",
            strategy=order.strategy,
            event_name=state.events[market.event].name,
            market=market.id,
            outcome=listing.outcome,
            outcome_name=market.outcomes[listing.outcome],
            side=order.side,
            price=price_text(terms.kind, order.price),
            price_micros=price_micros(terms.kind, order.price),
            size_micros=order.size_micros,
            matched_micros=order.matched_micros,
            remaining_micros=order.exposed_micros,
            currency=terms.currency,
            risk_micros=risk_micros(order, state),
            state=state_of(order),
            is_open=is_open(order),
            placed_ms=self._moments.at_ms(order.intended_ns),
            changed_ms=self._moments.at_ms(state.blotter.orders.changed_ns[order.ref]),
            evidence=evidence_of(order),
            ahead_micros=ahead,
        )


def evidence_of(order: Order) -> str:
    """How we know what we say of an order, in a word or two: the strongest of what was said."""
    if order.unknown:
        return "no answer"
    said = order.testimony
    words = [fill.evidence for fill in said.fills]
    if said.closed or said.reported_by is not Evidence.INFERRED:
        words.append(said.reported_by)
    if said.vouched is not None:
        words.append(Evidence.OPERATOR)
    if words:
        return max(words).name.replace("_", " ").lower()
    return "answered" if order.acked or order.rejected else "sent"


def risk_micros(order: Order, state: State) -> int:
    """The most that what remains of an order can take from us, base currency, fees reserved."""
    if not order.exposed_micros:
        return 0
    instrument = state.instruments[order.instrument]
    win, lose, *_ = open_results(order.side, order.price, order.exposed_micros, instrument.terms)
    return -(min(win, lose) * state.rate_e8(instrument) // FX_SCALE)
