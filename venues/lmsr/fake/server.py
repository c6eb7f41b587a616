"""The simulated exchange's one port: lines in and out, orders by name, everything that it says in one numbered row.

    fake = LmsrFake(exchange, options, Faults(...))      a Server

Whoever else moves the exchange (a world of bettors, a test) calls `exchange.publish`, and every line hears of it.
"""

from domain.ids import VenueMarketId
from venues.lmsr.fake.line import Connection
from venues.lmsr.fake.maker import Maker
from venues.lmsr.fake.options import FakeOptions
from venues.lmsr.fake.room import Key, Room
from venues.sim.exchange import Exchange
from venues.sim.faults import Faults
from venues.sim.mishaps import Mishaps
from venues.sim.notices import (
    LevelChanged,
    MarketSettled,
    MarketTurned,
    MarketUnsettled,
    Notice,
    OrderMatched,
    OrderNotice,
    OrderVoided,
)


class LmsrFake:
    """One exchange behind this venue's port, for one customer."""

    def __init__(self, exchange: Exchange, options: FakeOptions, faults: Faults) -> None:
        Mishaps(exchange, faults)
        self.room = Room(exchange, options, faults)
        self.maker = Maker(exchange, options) if options.liquidity else None
        self._exchange = exchange
        self._connections: list[Connection] = []
        self.room.outage.begun.append(self._hang_up)
        exchange.listen(self._hear)

    # --- a server ---

    def accept(self) -> Connection:
        connection = Connection(self.room)
        self._connections = [one for one in self._connections if not one.is_over]
        self._connections.append(connection)
        return connection

    def next_deadline(self) -> int | None:
        times = [self._exchange.next_deadline(), self.room.next_deadline()]
        times += [one.next_deadline() for one in self._connections]
        times += [0] if self.maker is not None and self.maker.is_due else []
        return min((due for due in times if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        self._exchange.on_time(now_ns)
        if self.maker is not None and self.maker.is_due:
            self.maker.quote(now_ns)
        self._exchange.publish(now_ns)
        self.room.on_time(now_ns)
        for connection in tuple(self._connections):
            connection.on_time(now_ns)

    # --- what the exchange tells ---

    def _hear(self, batch: list[Notice], now_ns: int) -> None:
        books: dict[Key, None] = {}
        markets: dict[VenueMarketId, None] = {}
        orders: dict[int, None] = {}
        for notice in batch:
            if isinstance(notice, LevelChanged):
                books[notice.market, notice.selection] = None
            elif isinstance(notice, MarketTurned | MarketSettled | MarketUnsettled):
                markets[notice.market] = None
            elif isinstance(notice, OrderNotice) and notice.account == self.room.options.account:
                orders[notice.order] = None
                self._keep(notice)
        late_ns = 0 if self._exchange.mishaps is None else self._exchange.mishaps.late_until_ns()
        for connection in tuple(self._connections):
            connection.tell(books, markets, now_ns)
        if orders and late_ns > now_ns:
            self.room.at(late_ns, lambda at_ns: self._tell_orders(orders, at_ns))
        elif orders:
            self._tell_orders(orders, now_ns)

    def _keep(self, notice: OrderNotice) -> None:
        if isinstance(notice, OrderMatched):
            self.room.fills.setdefault(notice.order, {})[notice.match] = notice
        elif isinstance(notice, OrderVoided):
            self.room.fills[notice.order].pop(notice.match, None)

    def _tell_orders(self, orders: dict[int, None], now_ns: int) -> None:
        for connection in tuple(self._connections):
            connection.tell_orders(orders, now_ns)

    def _hang_up(self) -> None:
        for connection in tuple(self._connections):
            connection.hang_up()
