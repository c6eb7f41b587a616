"""The simulated Betfair: two ports over one exchange, speaking the venue's own bytes.

    fake = BetfairFake(exchange, options, Faults(...))
    fake.rest      a Server: login, betting, account and heartbeat APIs, told apart by their paths
    fake.stream    a Server: the exchange stream

Whoever else moves the exchange (a world of bettors, a test) calls `exchange.publish`, and the stream tells of it.
"""

from venues.betfair.fake.books import Books
from venues.betfair.fake.forms import SECOND
from venues.betfair.fake.options import FakeOptions
from venues.betfair.fake.rest import Rest
from venues.betfair.fake.sessions import Sessions
from venues.betfair.fake.stream import Hall
from venues.sim.agenda import Agenda
from venues.sim.exchange import Exchange
from venues.sim.faults import Faults
from venues.sim.mishaps import Mishaps
from venues.sim.outage import Outage
from venues.sim.request_port import RequestPort

IDLE_NS = 180 * SECOND
"""Idle connections are closed after three minutes. Source: Betfair developer docs, "Best practice"."""


class BetfairFake:
    """One exchange under this venue's two ports, for one customer."""

    def __init__(self, exchange: Exchange, options: FakeOptions, faults: Faults) -> None:
        Mishaps(exchange, faults)
        agenda, outage = Agenda(), Outage(faults, exchange.options.venue)
        self.sessions = Sessions(options)
        self.books = Books(exchange, options)
        self.stream = Hall(self.books, self.sessions, faults, outage)
        rest = Rest(self.books, self.sessions, faults, agenda, outage)
        self.rest = RequestPort(
            rest.answer, exchange, options.account, agenda, idle_ns=IDLE_NS, epoch_ns=options.epoch_ns
        )

    def next_deadline(self) -> int | None:
        """The earliest of both ports."""
        deadlines = (self.rest.next_deadline(), self.stream.next_deadline())
        return min((due for due in deadlines if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        self.rest.on_time(now_ns)
        self.stream.on_time(now_ns)
