"""The simulated Kalshi: three ports over one exchange, speaking the venue's own bytes.

    fake = KalshiFake(exchange, options, Faults(...))
    fake.rest      a Server: the trade API
    fake.ws        a Server: the WebSocket
    fake.fix       a Server: every FIX session

Whoever else moves the exchange (a world of bettors, a test) calls `exchange.publish`, and the stream tells of it.
"""

from venues.kalshi.fake.agenda import Agenda
from venues.kalshi.fake.auth import Guard
from venues.kalshi.fake.books import Books
from venues.kalshi.fake.fix import FixPort
from venues.kalshi.fake.forms import SECOND
from venues.kalshi.fake.limits import Limits
from venues.kalshi.fake.options import FakeOptions
from venues.kalshi.fake.rest import Rest
from venues.kalshi.fake.stream import Hall
from venues.sim.cashier import with_cashier
from venues.sim.exchange import Exchange
from venues.sim.faults import Faults
from venues.sim.http_server import HttpConnection, HttpServer
from venues.sim.mishaps import Mishaps

IDLE_NS = 60 * SECOND


class RestPort:
    """The requests' port; it keeps the time of the exchange behind it too."""

    def __init__(self, rest: Rest, books: Books) -> None:
        answer = with_cashier(books.exchange, books.options.account, rest.answer)
        self._http = HttpServer(answer, idle_ns=IDLE_NS, epoch_ns=books.options.epoch_ns)
        self._exchange = books.exchange
        self._agenda = books.agenda

    def accept(self) -> HttpConnection:
        return self._http.accept()

    def next_deadline(self) -> int | None:
        deadlines = (self._http.next_deadline(), self._agenda.next_deadline(), self._exchange.next_deadline())
        return min((due for due in deadlines if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        self._exchange.on_time(now_ns)
        self._exchange.publish(now_ns)
        self._agenda.on_time(now_ns)
        self._http.on_time(now_ns)


class KalshiFake:
    """One exchange under this venue's ports, for one customer."""

    def __init__(self, exchange: Exchange, options: FakeOptions, faults: Faults) -> None:
        Mishaps(exchange, faults)
        self.guard = Guard(options)
        self.books = Books(exchange, options, Agenda())
        self.ws = Hall(self.books, self.guard, faults)
        limits = Limits(options.tier)
        self.rest = RestPort(Rest(self.books, self.guard, limits, faults), self.books)
        self.fix = FixPort(self.books, self.guard, limits, faults)

    def next_deadline(self) -> int | None:
        """The earliest of all ports."""
        deadlines = (self.rest.next_deadline(), self.ws.next_deadline(), self.fix.next_deadline())
        return min((due for due in deadlines if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        self.rest.on_time(now_ns)
        self.ws.on_time(now_ns)
        self.fix.on_time(now_ns)
