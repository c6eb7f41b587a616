"""The simulated Betfair: two ports over one exchange, speaking the venue's own bytes.

    fake = BetfairFake(exchange, options, Faults(...))
    fake.rest      a Server: login, betting, account and heartbeat APIs, told apart by their paths
    fake.stream    a Server: the exchange stream

Whoever else moves the exchange (a world of bettors, a test) calls `exchange.publish`, and the stream tells of it.
"""

from venues.betfair.fake.agenda import Agenda
from venues.betfair.fake.books import Books
from venues.betfair.fake.forms import SECOND
from venues.betfair.fake.options import FakeOptions
from venues.betfair.fake.rest import Rest
from venues.betfair.fake.sessions import Sessions
from venues.betfair.fake.stream import Hall
from venues.sim.cashier import with_cashier
from venues.sim.exchange import Exchange
from venues.sim.faults import Faults
from venues.sim.http_server import HttpConnection, HttpServer
from venues.sim.mishaps import Mishaps
from venues.sim.outage import Outage

IDLE_NS = 180 * SECOND
"""Idle connections are closed after three minutes. Source: Betfair developer docs, "Best practice"."""


class RestPort:
    """The requests' port; it keeps the time of the exchange behind it too."""

    def __init__(self, rest: Rest, books: Books, agenda: Agenda) -> None:
        answer = with_cashier(books.exchange, books.options.account, rest.answer)
        self._http = HttpServer(answer, idle_ns=IDLE_NS, epoch_ns=books.options.epoch_ns)
        self._exchange = books.exchange
        self._agenda = agenda

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


class BetfairFake:
    """One exchange under this venue's two ports, for one customer."""

    def __init__(self, exchange: Exchange, options: FakeOptions, faults: Faults) -> None:
        Mishaps(exchange, faults)
        agenda, outage = Agenda(), Outage(faults, exchange.options.venue)
        self.sessions = Sessions(options)
        self.books = Books(exchange, options)
        self.stream = Hall(self.books, self.sessions, faults, outage)
        self.rest = RestPort(Rest(self.books, self.sessions, faults, agenda, outage), self.books, agenda)

    def next_deadline(self) -> int | None:
        """The earliest of both ports."""
        deadlines = (self.rest.next_deadline(), self.stream.next_deadline())
        return min((due for due in deadlines if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        self.rest.on_time(now_ns)
        self.stream.on_time(now_ns)
