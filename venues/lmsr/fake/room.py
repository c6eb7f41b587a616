"""What every line of the simulated exchange shares: the exchange, its trouble, its agenda, and what it shows of all."""

import heapq
from collections.abc import Callable

from domain.ids import SelectionId, VenueMarketId
from domain.markets import MarketStatus
from domain.orders import Side
from venues.lmsr.codec import Book, Level, Market, OrderState
from venues.lmsr.fake.options import FakeOptions
from venues.sim.exchange import Exchange
from venues.sim.faults import Faults
from venues.sim.images import levels
from venues.sim.notices import OrderMatched
from venues.sim.outage import Outage
from venues.sim.queues import SimOrder

MS = 1_000_000

Act = Callable[[int], None]
Key = tuple[VenueMarketId, SelectionId]


class Room:
    """One exchange for one customer. `fills` are his matches by order and match."""

    def __init__(self, exchange: Exchange, options: FakeOptions, faults: Faults) -> None:
        self.exchange = exchange
        self.options = options
        self.faults = faults
        self.venue = str(exchange.options.venue)
        self.outage = Outage(faults, exchange.options.venue)
        self.fills: dict[int, dict[int, OrderMatched]] = {}
        self.orders: dict[str, SimOrder] = {}
        self._agenda: list[tuple[int, int, Act]] = []
        self._count = 0

    def at(self, when_ns: int, act: Act) -> None:
        """Have something done at a time."""
        self._count += 1
        heapq.heappush(self._agenda, (when_ns, self._count, act))

    def next_deadline(self) -> int | None:
        return self._agenda[0][0] if self._agenda else None

    def on_time(self, now_ns: int) -> None:
        while self._agenda and self._agenda[0][0] <= now_ns:
            heapq.heappop(self._agenda)[2](now_ns)

    def keys(self) -> list[Key]:
        """Every selection of every market."""
        return [(market, name) for market, state in self.exchange.floor.markets.items() for name in state.selections]

    def ladder(self, key: Key) -> tuple[list[Level], list[Level]]:
        """What can be bought and what can be sold; nothing while the market is not open."""
        if self.exchange.floor.markets[key[0]].status is MarketStatus.CLOSED:
            return [], []
        return levels(self.exchange, *key, resting=Side.LAY), levels(self.exchange, *key, resting=Side.BACK)

    def book(self, key: Key, now_ns: int) -> Book:
        """One selection's whole ladder, without its number."""
        return Book(0, key[0], key[1], *self.ladder(key), (self.options.epoch_ns + now_ns) // MS)

    def market(self, market: VenueMarketId, seq: int) -> Market:
        """A market's state."""
        state = self.exchange.floor.markets[market]
        results = {str(name): one.result for name, one in state.selections.items() if one.result is not None}
        return Market(seq, market, state.status, state.in_play, state.version, list(state.selections), results)

    def order(self, order: SimOrder, now_ns: int) -> OrderState:
        """An order, whole, but for a match that is told late."""
        mishaps = self.exchange.mishaps
        late = 0
        if mishaps is not None and now_ns < mishaps.late_until_ns(order.number):
            late = mishaps.late_match(order.number)
        fills = [one for one in self.fills.get(order.number, {}).values() if one.match != late]
        hidden = self.fills.get(order.number, {}).get(late)
        back = (0, 0, 0) if hidden is None else (hidden.size_micros, hidden.claims_micros, hidden.cost_micros)
        return OrderState(
            order.client_ref,
            order.number,
            order.market,
            order.selection,
            order.side is Side.BACK,
            order.price,
            order.size_micros,
            order.matched_micros - back[0],
            order.claims_micros - back[1],
            order.cost_micros - back[2],
            order.cancelled_micros + (back[0] if order.remaining_micros == 0 else 0),
            order.lapsed_micros,
            order.voided_micros,
            [(one.match, one.size_micros, one.claims_micros, one.cost_micros) for one in fills],
        )
