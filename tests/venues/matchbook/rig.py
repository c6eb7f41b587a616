"""The adapter and the simulated venue joined by in-memory pipes, on one clock, with a ledger of what was told."""

import random
from typing import Any

from domain.book import Book
from domain.clock import HandClock
from domain.ids import InstrumentId, MarketId, OrderRef, SelectionId, StrategyName, VenueMarketId, VenueName
from domain.markets import Instrument, Listing
from domain.messages import BooksChanged, Fact, InstrumentsListed, OrderFact, PlaceOrder, VenueReported
from domain.money import parse_micros
from domain.odds import Ladder
from domain.orders import Order, Side, TimeInForce
from engine.simulate.agenda import Agenda
from engine.simulate.pipes import PipeNetwork
from oms import order_states
from tests.venues.matchbook.fake_world import AWAY, DRAW, EPOCH_NS, HOME, MARKET, OVER, TOTAL, UNDER, World
from venues.base import Endpoint
from venues.matchbook.protocol import Matchbook
from venues.matchbook.settings import Settings
from venues.secret import Secret
from venues.sim.faults import PROFILES, Profile

MS = 1_000_000
VENUE = VenueName("matchbook")


def listing(runner: int, outcome: int, market: int = MARKET) -> Listing:
    return Listing(VENUE, VenueMarketId(str(market)), SelectionId(str(runner)), MarketId(str(market)), outcome)


LISTINGS = (
    *(listing(runner, outcome) for outcome, runner in enumerate((HOME, DRAW, AWAY))),
    *(listing(runner, outcome, TOTAL) for outcome, runner in enumerate((OVER, UNDER))),
)


def key(runner: int, market: int = MARKET) -> InstrumentId:
    return InstrumentId(f"matchbook/{market}/{runner}")


class Rig:
    """One adapter against one simulated venue; books and orders are kept as the engine would keep them."""

    def __init__(
        self, *, profile: Profile = PROFILES["none"], seed: int = 1, world: dict[str, Any] | None = None, **changes: Any
    ) -> None:
        self.world = World(profile=profile, seed=seed, **(world or {}))
        self.clock = HandClock(monotonic_ns=self.world.now, wall_ns=EPOCH_NS + self.world.now)
        self.agenda = Agenda(self.clock, random.Random(seed))
        self.network = PipeNetwork(self.agenda, random.Random(seed), self.world.faults)
        self.network.listen(("api", 443), self.world.fake.rest)
        self.network.listen(("gateway", 443), self.world.fake.feed)
        self.told: list[Fact] = []
        self.instruments: dict[InstrumentId, Instrument] = {}
        self.books: dict[InstrumentId, Book] = {}
        self.orders: dict[OrderRef, Order] = {}
        self.keeps_orders = True
        base: dict[str, Any] = {"username": Secret("demo"), "password": Secret("demo-password")}
        self.venue = Matchbook(
            Settings(api=Endpoint("api", 443, True), **(base | changes)),
            LISTINGS,
            self.network,
            self.emit,
            wall_ns=self.clock.wall_ns,
            chance=random.Random(seed).random,
        )
        self.venue.start(self.now)

    @property
    def now(self) -> int:
        return self.clock.monotonic_ns()

    def emit(self, fact: Fact) -> None:
        self.told.append(fact)
        if isinstance(fact, InstrumentsListed):
            for one in fact.instruments:
                self.instruments[one.id] = one
                self.books.setdefault(one.id, Book(Ladder(one.terms.kind, one.terms.bands)))
        elif isinstance(fact, BooksChanged):
            for levels in fact.books:
                self.books[levels.instrument].apply(levels, self.now)
        elif isinstance(fact, VenueReported):
            for theirs in fact.orders:
                if theirs.report is not None:
                    self._hear(theirs.report)
        elif isinstance(fact, OrderFact):
            self._hear(fact)

    def _hear(self, fact: OrderFact) -> None:
        if self.keeps_orders:
            self.orders[fact.ref] = order_states.apply(self.orders[fact.ref], fact)

    def taken(self, *kinds: type) -> list[Any]:
        facts, self.told = self.told, []
        return [fact for fact in facts if not kinds or isinstance(fact, kinds)]

    def place(
        self, text: str, *, ref: str = "t-1", on: InstrumentId | None = None, tif: TimeInForce = TimeInForce.REST
    ) -> None:
        """Send an order such as "BACK 10.00 @ 2.04"."""
        side, size, _, price = text.split()
        on = on or key(HOME)
        command = PlaceOrder(
            OrderRef(ref), on, StrategyName("s"), Side[side], round(float(price) * 100), parse_micros(size), tif, 1
        )
        self.orders[command.ref] = Order(
            command.ref, on, command.strategy, command.side, command.price, command.size_micros, tif, 1, self.now
        )
        self.venue.send(command, self.now)

    def take_down(self, ms: int) -> None:
        """The exchange breaks every connection and takes none for a while; its books go on."""
        for _ in range(2):  # the second time those that were dialled again at once
            self.network.take_down({("api", 443)}, self.now + ms * MS, self.now)

    def run(self, ms: int) -> None:
        """Always do what is due first, until so much time has passed."""
        end = self.now + ms * MS
        rest, feed = self.world.fake.rest, self.world.fake.feed
        while True:
            agenda, fake, pushed, ours = (part.next_deadline() for part in (self.agenda, rest, feed, self.venue))
            due = min((one for one in (agenda, fake, pushed, ours) if one is not None), default=end + 1)
            if due > end:
                break
            self.clock.advance_to(max(due, self.now))
            self.world.now = self.now
            if due == fake:
                rest.on_time(self.now)
            elif due == pushed:
                feed.on_time(self.now)
            elif due == agenda:
                self.agenda.take()(self.now)
            else:
                self.venue.on_time(self.now)
        self.clock.advance_to(end)
        self.world.now = end
