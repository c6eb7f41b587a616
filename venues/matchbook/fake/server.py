"""The simulated Matchbook: its port over one exchange, speaking the venue's own bytes, and a port that pushes.

    fake = MatchbookFake(exchange, options, Faults(...))
    fake.rest      a Server: everything there is, told apart by paths
    fake.feed      a Server: the pushed feed of this project's own framing; the venue has none that is public

Whoever else moves the exchange (a world of bettors, a test) calls `exchange.publish`, and offers follow.
"""

from venues.matchbook.fake.agenda import Agenda
from venues.matchbook.fake.books import Books
from venues.matchbook.fake.feed import Hall
from venues.matchbook.fake.forms import SECOND
from venues.matchbook.fake.options import FakeOptions
from venues.matchbook.fake.rest import Rest
from venues.matchbook.fake.sessions import Sessions
from venues.sim.cashier import with_cashier
from venues.sim.exchange import Exchange
from venues.sim.faults import Faults
from venues.sim.http_server import HttpConnection, HttpServer
from venues.sim.mishaps import Mishaps

IDLE_NS = 60 * SECOND


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


class MatchbookFake:
    """One exchange behind this venue's port, for one customer."""

    def __init__(self, exchange: Exchange, options: FakeOptions, faults: Faults) -> None:
        Mishaps(exchange, faults)
        agenda = Agenda()
        self.books = Books(exchange, options, agenda)
        self.sessions = Sessions(options, self.books.currency)
        self.feed = Hall(self.books, self.sessions, faults)
        self.rest = RestPort(Rest(self.books, self.sessions, faults, agenda), self.books, agenda)
