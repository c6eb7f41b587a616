"""The simulated Matchbook: its port over one exchange, speaking the venue's own bytes, and a port that pushes.

    fake = MatchbookFake(exchange, options, Faults(...))
    fake.rest      a Server: everything there is, told apart by paths
    fake.feed      a Server: the pushed feed of this project's own framing; the venue has none that is public

Whoever else moves the exchange (a world of bettors, a test) calls `exchange.publish`, and offers follow.
"""

from venues.matchbook.fake.books import Books
from venues.matchbook.fake.feed import Hall
from venues.matchbook.fake.forms import SECOND
from venues.matchbook.fake.options import FakeOptions
from venues.matchbook.fake.rest import Rest
from venues.matchbook.fake.sessions import Sessions
from venues.sim.agenda import Agenda
from venues.sim.exchange import Exchange
from venues.sim.faults import Faults
from venues.sim.mishaps import Mishaps
from venues.sim.request_port import RequestPort

IDLE_NS = 60 * SECOND


class MatchbookFake:
    """One exchange behind this venue's port, for one customer."""

    def __init__(self, exchange: Exchange, options: FakeOptions, faults: Faults) -> None:
        Mishaps(exchange, faults)
        agenda = Agenda()
        self.books = Books(exchange, options, agenda)
        self.sessions = Sessions(options, self.books.currency)
        self.feed = Hall(self.books, self.sessions, faults)
        rest = Rest(self.books, self.sessions, faults, agenda)
        self.rest = RequestPort(
            rest.answer, exchange, options.account, agenda, idle_ns=IDLE_NS, epoch_ns=options.epoch_ns
        )
