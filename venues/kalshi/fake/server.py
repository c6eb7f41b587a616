"""The simulated Kalshi: three ports over one exchange, speaking the venue's own bytes.

    fake = KalshiFake(exchange, options, Faults(...))
    fake.rest      a Server: the trade API
    fake.ws        a Server: the WebSocket
    fake.fix       a Server: every FIX session

Whoever else moves the exchange (a world of bettors, a test) calls `exchange.publish`, and the stream tells of it.
"""

from venues.kalshi.fake.auth import Guard
from venues.kalshi.fake.books import Books
from venues.kalshi.fake.fix import FixPort
from venues.kalshi.fake.forms import SECOND
from venues.kalshi.fake.limits import Limits
from venues.kalshi.fake.options import FakeOptions
from venues.kalshi.fake.rest import Rest
from venues.kalshi.fake.stream import Hall
from venues.sim.agenda import Agenda
from venues.sim.exchange import Exchange
from venues.sim.faults import Faults
from venues.sim.mishaps import Mishaps
from venues.sim.request_port import RequestPort

IDLE_NS = 60 * SECOND


class KalshiFake:
    """One exchange under this venue's ports, for one customer."""

    def __init__(self, exchange: Exchange, options: FakeOptions, faults: Faults) -> None:
        Mishaps(exchange, faults)
        self.guard = Guard(options)
        self.books = Books(exchange, options, Agenda())
        self.ws = Hall(self.books, self.guard, faults)
        limits = Limits(options.tier)
        rest = Rest(self.books, self.guard, limits, faults)
        self.rest = RequestPort(
            rest.answer, exchange, options.account, self.books.agenda, idle_ns=IDLE_NS, epoch_ns=options.epoch_ns
        )
        self.fix = FixPort(self.books, self.guard, limits, faults)

    def next_deadline(self) -> int | None:
        """The earliest of all ports."""
        deadlines = (self.rest.next_deadline(), self.ws.next_deadline(), self.fix.next_deadline())
        return min((due for due in deadlines if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        self.rest.on_time(now_ns)
        self.ws.on_time(now_ns)
        self.fix.on_time(now_ns)
