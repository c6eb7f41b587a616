"""One real adapter against its simulated exchange, in virtual time, behind words that mean the same at every venue.

Prices are probabilities (0.4 is odds of 2.5 and a contract at 40 cents), sizes are native units. The desk asks about
what it doubts as the engine does: an order without an answer, a cancel refused, a line that came back, a closed market.
"""

import random
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import msgspec

from domain.amending import AmendOrder, successor_ref
from domain.book import Book
from domain.clock import HandClock
from domain.ids import InstrumentId, OrderRef, StrategyName, VenueMarketId, VenueName, VenueOrderId, instrument_id
from domain.looks import OrderLooks
from domain.markets import Instrument, MarketStatus
from domain.messages import (
    BalanceReported,
    BooksChanged,
    BooksDoubted,
    BooksProven,
    CancelOrder,
    CancelRefused,
    CancelUnanswered,
    Channel,
    ChannelChanged,
    Fact,
    InstrumentsListed,
    MarketChanged,
    MarketSettled,
    OrderAbsent,
    OrderAccepted,
    OrderFact,
    OrderReported,
    OrderUnanswered,
    PlaceOrder,
    QueryOrder,
    QuerySettlement,
    QueryVenue,
    VenueReported,
)
from domain.money import MICROS
from domain.odds import PriceKind
from domain.orders import Evidence, Order, OrderState, Side, TimeInForce
from domain.terms import BalanceBasis
from engine.prices import Prices
from engine.simulate.agenda import Agenda
from engine.simulate.pipes import PipeNetwork
from oms import order_states
from oms.addressing import addressed, addressed_list
from oms.blotter import Blotter
from venues.base import Endpoint, Peer, Wire
from venues.sim import lifecycle
from venues.sim.demo import DemoVenue, Staging, Wiring
from venues.sim.faults import PROFILES, Faults, Profile
from venues.sim.football import Match
from venues.sim.images import levels, position_lock_micros
from venues.sim.listing import books, mapping, market_specs
from venues.sim.placements import Placement
from venues.sim.queues import SimOrder
from venues.sim.settling import Payouts, settle, void_matches
from venues.sim.world import DESK, open_exchange

MS = 1_000_000
SECOND = 1_000 * MS
BEGIN_NS = 1_000 * SECOND
EPOCH_NS = 1_790_000_000_000_000_000
KINDS = ("match_odds", "over_under_25")
"""Five outcomes: three of the first question, then two of the second."""
CROWD = "crowd"
TICK_MS, AGAIN_MS, ROUND_MS = 250, 500, 5_000
MATCH = Match(
    0,
    "Ashbourne Town",
    "Kestrel Rovers",
    BEGIN_NS + 3_600 * SECOND,
    BEGIN_NS + 9_000 * SECOND,
    0.01,
    0.01,
    (),
    (),
)


def endpoint(venue: VenueName, role: str) -> Endpoint:
    """Where a port of the exchange is found."""
    return Endpoint(f"{venue}.{role}", 443, tls=True)


class Seat(msgspec.Struct, frozen=True):
    """A venue as the suite meets it: by which name, with which of its settings, and how it is opened."""

    name: str
    demo: Callable[[], DemoVenue]
    settings: dict[str, Any] = {}


class Bench:
    """One adapter, one exchange, one match. `told` holds every fact since the bench was opened."""

    def __init__(self, seat: Seat, profile: Profile = PROFILES["none"], *, seed: int = 1, started: bool = True) -> None:
        self.seat = seat
        demo = seat.demo()
        options = demo.options
        self.name: VenueName = options.venue
        self.terms = options.terms
        self.clock = HandClock(monotonic_ns=BEGIN_NS, wall_ns=EPOCH_NS + BEGIN_NS)
        self.faults = Faults(profile, seed)
        self.agenda = Agenda(self.clock, random.Random(seed))
        self.network = Network(PipeNetwork(self.agenda, random.Random(seed), self.faults))
        self.exchange = open_exchange(options, speed=1.0)
        self.listed = books(MATCH, KINDS, options.naming)
        for spec in market_specs(self.listed):
            self.exchange.list_market(spec)
        self.exchange.open_account(CROWD, deposit_micros=0, crowd=True)
        start_ms = (EPOCH_NS + BEGIN_NS) // MS
        self.ports = demo.open_fake(
            Staging(self.exchange, (MATCH,), KINDS, options.naming, self.faults, EPOCH_NS, seed, 1.0, start_ms)
        )
        for role, server in self.ports.servers.items():
            at = endpoint(self.name, role)
            self.network.pipes.listen((at.host, at.port), server)
        reviewed = mapping((MATCH,), KINDS, {self.name: options.naming}, starts_ms=lambda _: start_ms + 3_600_000)
        self.desk = Desk(self)
        self.venue = demo.open_venue(
            Wiring(
                listings=reviewed.listings,
                ports={role: endpoint(self.name, role) for role in self.ports.servers},
                network=self.network,
                emit=self.desk.hear,
                wall_ns=self.clock.wall_ns,
                chance=random.Random(seed).random,
                settings=seat.settings,
            )
        )
        self.desk.prices = Prices({self.name: self.venue.capabilities})
        self.desk.blotter = Blotter(self.desk.instruments, {self.name: self.venue.capabilities})
        if started:
            self.venue.start(self.now)
            self.run(5_000)

    @property
    def now(self) -> int:
        return self.clock.monotonic_ns()

    # --- the world ---

    def market(self, outcome: int = 0) -> VenueMarketId:
        return self.listed[outcome].market

    def instrument(self, outcome: int = 0) -> InstrumentId:
        listed = self.listed[outcome]
        return instrument_id(self.name, venue_market=listed.market, selection=listed.selection)

    def price(self, chance: float) -> int:
        """A probability as a native price of this venue."""
        exact = Fraction(str(chance))
        return round(100 / exact) if self.terms.kind is PriceKind.ODDS else round(10_000 * exact)

    def crowd(self, side: Side, size: float, chance: float, *, outcome: int = 0, told: bool = True) -> None:
        """Somebody else's order, unless the market is suspended; everybody hears of it now, or with what comes next."""
        placed = self.exchange.place(
            Placement(
                CROWD,
                self.market(outcome),
                self.listed[outcome].selection,
                side,
                self.price(chance),
                round(size * MICROS),
                persist=True,
            ),
            self.now,
        )
        is_open = self.exchange.floor.markets[self.market(outcome)].status is MarketStatus.OPEN
        assert isinstance(placed, SimOrder) or not is_open, placed
        if told:
            self._published()

    def at_exchange(self, act: Callable[..., None], *args: Any, **more: Any) -> None:
        """Do something to every market of the match."""
        for market in dict.fromkeys(book.market for book in self.listed):
            act(self.exchange, market, *args, now_ns=self.now, **more)
        self._published()

    def pay(self, won: int = 0) -> None:
        """Close every market and settle it: this outcome has won."""
        self.at_exchange(lifecycle.close)
        self.run(500)
        payouts: dict[VenueMarketId, Payouts] = {}
        for book in self.listed:
            payouts.setdefault(book.market, {})[book.selection] = Fraction(int(book.outcome == won))
        for market, paid in payouts.items():
            settle(self.exchange, market, paid, self.now)
        self._published()

    def paid(self) -> list[VenueMarketId]:
        """Markets in which the exchange has paid us."""
        return [market for market, state in self.exchange.floor.markets.items() if DESK in state.statements]

    def take_down(self, ms: int) -> None:
        """Every connection breaks, and none can be opened for a while."""
        at = [endpoint(self.name, role) for role in self.ports.servers]
        for _ in range(2):  # the second time those that were dialled again at once
            self.network.pipes.take_down({(one.host, one.port) for one in at}, self.now + ms * MS, self.now)

    def turn_in_play(self) -> None:
        """The match begins, as this venue lets it begin."""
        self.at_exchange(lifecycle.turn_in_play, lapse=not self.exchange.options.flushes_on_reopen)

    def void_first_match(self) -> None:
        """The exchange annuls the first match that it made for us."""
        (market,) = {order.market for order in self.theirs().values()}
        first = self.exchange.floor.markets[market].matches[0].id
        void_matches(self.exchange, market, self.now, chosen=lambda match: match.id == first)
        self._published()

    def foreign(self, side: Side, size: float, chance: float) -> None:
        """Somebody bets on our account past this program."""
        listed = self.listed[0]
        placed = self.exchange.place(
            Placement(DESK, listed.market, listed.selection, side, self.price(chance), round(size * MICROS)), self.now
        )
        assert isinstance(placed, SimOrder), placed
        self._published()

    def lines_of_ports(self) -> dict[str, int]:
        """How many lines the adapter keeps to each port, each with a budget of its own."""
        return {port: self.network.most[port] for port in self.network.most}

    @property
    def dials(self) -> list[tuple[str, int]]:
        """Every dial so far: the port, and when."""
        return self.network.dials

    def theirs(self) -> dict[str, SimOrder]:
        """Our orders as the exchange has them, by our refs."""
        found: dict[str, SimOrder] = {}
        for one in self.exchange.floor.orders.values():
            if one.account == DESK and one.client_ref:
                ref = OrderRef(one.client_ref.partition("-a")[0])  # an amend may rename an order to its request
                while ref in found:  # of what was replaced the rest may go on under the same name
                    assert not found[ref].remaining_micros, f"{ref} is there twice"
                    ref = successor_ref(ref)
                assert ref in self.desk.sent, f"{ref} is there, and nobody sent it"
                found[ref] = one
        return found

    def _published(self) -> None:
        self.exchange.publish(self.now)

    # --- the desk ---

    def place(
        self,
        ref: str,
        side: Side,
        size: float,
        chance: float,
        *,
        outcome: int = 0,
        tif: TimeInForce = TimeInForce.REST,
        ms: int = 0,
    ) -> OrderRef:
        name = OrderRef(ref)
        self.desk.place(name, side, round(size * MICROS), self.price(chance), outcome=outcome, tif=tif)
        self.run(ms)
        return name

    def cancel(self, ref: str, *, ms: int = 0) -> None:
        self.desk.cancel(OrderRef(ref))
        self.run(ms)

    def amend(self, ref: str, size: float, chance: float) -> None:
        self.desk.amend(OrderRef(ref), round(size * MICROS), self.price(chance))

    def order(self, ref: str) -> Order:
        return self.desk.order(OrderRef(ref))

    def state(self, ref: str) -> OrderState:
        return order_states.state_of(self.order(ref))

    # --- time ---

    def run(self, ms: float) -> None:
        """Always do what is due first, until so much time has passed."""
        end = self.now + int(ms * MS)
        servers = list(self.ports.servers.values())
        while True:
            all_parts: tuple[Any, ...] = (self.agenda, *servers, self.venue, self.desk)
            parts = [(part.next_deadline(), part) for part in all_parts]
            waiting = [(due, n) for n, (due, _) in enumerate(parts) if due is not None]
            due, n = min(waiting, default=(end + 1, 0))
            if due > end:
                break
            self.clock.advance_to(max(due, self.now))
            part = parts[n][1]
            if isinstance(part, Agenda):
                part.take()(self.now)
            else:
                part.on_time(self.now)
        self.clock.advance_to(end)

    def run_until(self, done: Callable[[], object], *, within_ms: int) -> int:
        """Let time pass until something holds; how many milliseconds that took."""
        began = self.now
        while not done():
            assert self.now - began <= within_ms * MS, f"not within {within_ms} ms: {self.doubts() or done}"
            self.run(TICK_MS)
        return (self.now - began) // MS

    # --- agreement ---

    def doubts(self) -> str:
        """What ours and theirs do not agree on, or ours do not know; empty when they are one."""
        desk, theirs = self.desk, self.theirs()
        found = [f"{channel} is down" for channel, up in desk.up.items() if not up]
        for ref in desk.sent:
            order = desk.order(ref)
            if order.rejected and ref in theirs:
                found.append(f"{ref} is at the venue, we say it was rejected")
            if order.within or order.amend is not None or order.unknown or order.suspect or order.cancel_pending:
                found.append(f"{ref} is in doubt: {order_states.state_of(order)}")
            if (ours := ours_of(order)) != (said := theirs_of(theirs.get(ref))):
                found.append(f"{ref}: ours {ours}, theirs {said}")
        return "; ".join(found + self.book_doubts())

    def book_doubts(self) -> list[str]:
        """Books that look clean and are not those of the exchange, and those that are not clean."""
        found = []
        for outcome, listed in enumerate(self.listed):
            if self.exchange.floor.markets[listed.market].status is MarketStatus.CLOSED:
                continue
            book = self.desk.books.get(self.instrument(outcome))
            if book is None or not book.clean:
                found.append(f"the book of {listed.selection} is not clean")
            elif (ours := self.book(outcome)) != (said := self.their_book(outcome)):
                found.append(f"the book of {listed.selection}: ours {ours}, theirs {said}")
        return found

    def book(self, outcome: int = 0) -> list[list[tuple[int, int]]]:
        """Best levels that we know, what can be backed and what can be laid, at native prices."""
        book = self.desk.books[self.instrument(outcome)]
        return [
            [(book.ladder.prices[tick], size) for tick, size in book.levels(to_back=to_back, depth=3)]
            for to_back in (True, False)
        ]

    def their_book(self, outcome: int = 0) -> list[list[tuple[int, int]]]:
        listed = self.listed[outcome]
        return [
            levels(self.exchange, listed.market, listed.selection, resting=side, depth=3)
            for side in (Side.LAY, Side.BACK)
        ]

    def money_agrees(self) -> bool:
        """Whether the last balance that the venue told is what its books hold for us."""
        told = [fact for fact in self.desk.told if isinstance(fact, BalanceReported)]
        wallet = self.exchange.floor.accounts[DESK].wallet_micros
        if self.venue.capabilities.balance_basis is BalanceBasis.CASH:
            wallet -= position_lock_micros(self.exchange, DESK)
        return bool(told) and told[-1].balance_micros == wallet


def ours_of(order: Order) -> tuple[int, int, int, int]:
    """What we count of an order: matched, its cost, what may still be matched, voided."""
    resting = order.remaining_micros if order_states.is_open(order) else 0
    return order.matched_micros, order.cost_micros, resting, order.voided_micros


def theirs_of(order: SimOrder | None) -> tuple[int, int, int, int]:
    if order is None:
        return 0, 0, 0, 0
    return order.matched_micros, order.cost_micros, order.remaining_micros, order.voided_micros


class Network:
    """The pipes, and a count of who dials where and how many connections there are."""

    def __init__(self, pipes: PipeNetwork) -> None:
        self.pipes = pipes
        self.dials: list[tuple[str, int]] = []
        self.most: Counter[str] = Counter()
        self._open: Counter[str] = Counter()

    @property
    def connections(self) -> int:
        """How many are open, or being opened, now."""
        return self._open.total()

    def dial(self, to: Endpoint, peer: Peer) -> None:
        self.dials.append((to.host, self.pipes.agenda.clock.monotonic_ns()))
        self.count(to.host, 1)
        self.pipes.dial(to, Counted(peer, to.host, self))

    def count(self, port: str, more: int) -> None:
        self._open[port] += more
        self.most[port] = max(self.most[port], self._open[port])


class Counted:
    """One connection of ours, told apart by when it is over."""

    def __init__(self, peer: Peer, port: str, network: Network) -> None:
        self._peer = peer
        self._port = port
        self._network = network
        self._wire: Wire | None = None

    def connected(self, wire: Wire, now_ns: int) -> None:
        self._wire = wire
        self._peer.connected(self, now_ns)

    def received(self, data: bytes, now_ns: int) -> None:
        self._peer.received(data, now_ns)

    def closed(self, reason: str, now_ns: int) -> None:
        self._over()
        self._peer.closed(reason, now_ns)

    def write(self, data: bytes) -> None:
        assert self._wire is not None, "nothing is written before there is a wire"
        self._wire.write(data)

    def close(self) -> None:
        assert self._wire is not None, "nothing is closed before there is a wire"
        self._over()
        self._wire.close()

    def _over(self) -> None:
        port, self._port = self._port, ""
        if port:
            self._network.count(port, -1)


class Desk:
    """Our side as the engine has it: the real blotter and real books, and a question for every doubt."""

    def __init__(self, bench: Bench) -> None:
        self.told: list[Fact] = []
        self.instruments: dict[InstrumentId, Instrument] = {}
        self.markets: dict[VenueMarketId, MarketChanged] = {}
        self.statements: dict[VenueMarketId, MarketSettled] = {}
        self.sent: dict[OrderRef, None] = {}
        self.blotter: Blotter
        self.prices: Prices
        self.wrong_ms = 0
        self._wrong_since: dict[InstrumentId, int] = {}
        self._bench = bench
        self._doubts: dict[OrderRef, int] = {}
        self._unsettled: dict[VenueMarketId, int] = {}
        self._round_ns = 0
        self._requests = 0
        self._tick_ns = bench.now

    def order(self, ref: OrderRef) -> Order:
        """The order as we know it."""
        found = self.blotter.orders.get(ref)
        assert found is not None, f"no order {ref}"
        return found

    @property
    def up(self) -> dict[Channel, bool]:
        """Which lines stand."""
        return self.prices.sessions[self._bench.name].up

    @property
    def books(self) -> dict[InstrumentId, Book]:
        return self.prices.books

    # --- commands ---

    def place(self, ref: OrderRef, side: Side, size: int, price: int, *, outcome: int, tif: TimeInForce) -> None:
        bench = self._bench
        instrument = bench.instrument(outcome)
        if instrument not in self.instruments:  # the engine would never; the adapter must cope all the same
            self.instruments[instrument] = next(iter(self.instruments.values()))
        self._send(PlaceOrder(ref, instrument, StrategyName("s"), side, price, size, tif, 1))
        self.sent[ref] = None

    def pretend(self, ref: OrderRef) -> None:
        """Believe in an order that was never sent."""
        bench = self._bench
        command = PlaceOrder(
            ref, bench.instrument(), StrategyName("s"), Side.BACK, bench.price(0.25), MICROS, TimeInForce.REST, 1
        )
        self.blotter.apply(command, bench.now)
        self.sent[ref] = None

    def ask(self, ref: OrderRef) -> None:
        """What became of an order, with all that the engine tells an adapter of it."""
        order = self.order(ref)
        listing = self.blotter.orders.listing(order)
        name = order.venue_order_id or VenueOrderId("")
        looks = None if name else OrderLooks(listing.selection, order.side, order.price, order.size_micros)
        self._bench.venue.send(QueryOrder(ref, listing.venue_market, name, looks), self._bench.now)

    def cancel(self, ref: OrderRef) -> None:
        self._requests += 1
        self._send(CancelOrder(ref, f"{ref}-c{self._requests}"))

    def amend(self, ref: OrderRef, size: int, price: int) -> None:
        """Ask for other terms; where the venue ends the order for that, its rest gets a ref of its own."""
        self._requests += 1
        order, how = self.order(ref), self._bench.venue.capabilities.amends
        heir = successor_ref(ref) if how is not None and how.renames and price != order.price else None
        if heir is not None:
            self.sent[heir] = None
        self._send(
            AmendOrder(
                ref,
                f"{ref}-a{self._requests}",
                price,
                size,
                successor=heir,
                instrument=order.instrument,
                side=order.side,
                old_price=order.price,
                old_size_micros=order.size_micros,
                remaining_micros=order.remaining_micros,
            )
        )

    def ask_for_statements(self) -> None:
        """Ask once more for what was settled: the venue may have changed its mind."""
        for market in self.statements:
            self._bench.venue.send(QuerySettlement(self._bench.name, market), self._bench.now)

    def _send(self, command: PlaceOrder | CancelOrder | AmendOrder) -> None:
        self.blotter.apply(command, self._bench.now)
        self._bench.venue.send(command, self._bench.now)

    # --- time ---

    def next_deadline(self) -> int:
        return self._tick_ns

    def on_time(self, now_ns: int) -> None:
        """Ask what is due, if requests get through."""
        self._tick_ns = now_ns + TICK_MS * MS
        self._look_at_books(now_ns)
        if not self.up[Channel.REQUESTS]:
            return
        venue = self._bench.venue
        if now_ns >= self._round_ns:
            self._round_ns = now_ns + ROUND_MS * MS
            venue.send(QueryVenue(self._bench.name), now_ns)
        for ref in [ref for ref, due_ns in self._doubts.items() if now_ns >= due_ns]:
            self._doubts[ref] = now_ns + AGAIN_MS * MS
            self.ask(ref)
        for market in [market for market, due_ns in self._unsettled.items() if now_ns >= due_ns]:
            self._unsettled[market] = now_ns + 2 * AGAIN_MS * MS
            venue.send(QuerySettlement(self._bench.name, market), now_ns)

    def _look_at_books(self, now_ns: int) -> None:
        """How long a book has been traded on, or could have been, that was not the exchange's: `wrong_ms` at worst."""
        bench = self._bench
        for outcome, listed in enumerate(bench.listed):
            one = self.instruments.get(bench.instrument(outcome))
            if one is None or listed.market not in bench.exchange.floor.markets or not all(self.up.values()):
                self._wrong_since.clear()
                continue
            is_open = bench.exchange.floor.markets[listed.market].status is MarketStatus.OPEN
            tradable = not self.prices.why_book_not_tradable(one, now_ns)
            if tradable and not (is_open and bench.book(outcome) == bench.their_book(outcome)):
                since_ns = self._wrong_since.setdefault(one.id, now_ns)
                self.wrong_ms = max(self.wrong_ms, (now_ns - since_ns) // MS)
            else:
                self._wrong_since.pop(one.id, None)

    # --- facts ---

    def hear(self, fact: Fact) -> None:
        self.told.append(fact)
        match fact:
            case InstrumentsListed():
                for one in fact.instruments:
                    self.instruments[one.id] = one
                    self.prices.list_instrument(one)
            case BooksChanged():
                self.prices.books_changed(fact, self._bench.now)
            case BooksProven():
                self.prices.books_proven(fact, self._bench.now)
            case BooksDoubted():
                self.prices.books_doubted(fact)
            case ChannelChanged():
                self.prices.channel_changed(fact)
                if all(self.up.values()):
                    self._round_ns = self._bench.now
            case MarketChanged():
                self.markets[fact.venue_market] = fact
                self.prices.market_changed(fact, None)
                if fact.status is MarketStatus.CLOSED and fact.venue_market not in self.statements:
                    self._unsettled.setdefault(fact.venue_market, self._bench.now)
            case MarketSettled():
                self.statements[fact.venue_market] = fact
                self._unsettled.pop(fact.venue_market, None)
                self.blotter.annul(fact, self._bench.now)
            case VenueReported():
                self._compare(addressed_list(self.blotter.orders, fact))
            case _ if isinstance(fact, OrderFact):
                self._take(fact)

    def _take(self, fact: OrderFact) -> None:
        """Apply a fact; doubt what it leaves open, and end a doubt that it ends."""
        before = self.blotter.orders.get(fact.ref)
        assert before is not None, f"told of an order that nobody placed: {fact}"
        if before.venue_order_id is not None:
            fact = addressed(self.blotter.orders, fact)
        self.blotter.apply(fact, self._bench.now)
        order, ref = self.order(fact.ref), fact.ref
        if isinstance(fact, OrderAbsent) and (missing := self.blotter.missing(ref)) is not None:
            self.blotter.apply(missing, self._bench.now)
            self._doubts.pop(ref, None)
        elif order.suspect or isinstance(fact, OrderUnanswered | CancelRefused | CancelUnanswered) or is_nameless(fact):
            self._doubts.setdefault(ref, self._bench.now)
        elif isinstance(fact, OrderReported) and fact.evidence >= Evidence.PULL and not order.unknown:
            self._doubts.pop(ref, None)

    def _compare(self, fact: VenueReported) -> None:
        """A round: what it lists is news, what it does not list and is open to us is doubted."""
        self.blotter.apply(fact, self._bench.now)
        listed = {one.ref for one in fact.orders}
        late_ns = self._bench.venue.capabilities.visible_after_ms * MS
        for order in [*self.blotter.orders.open_at(self._bench.name)]:
            if order.ref not in listed and fact.asked_ns > order.intended_ns + late_ns:
                self._doubts.setdefault(order.ref, self._bench.now)


def is_nameless(fact: OrderFact) -> bool:
    """The venue says that it has an order, and not as which."""
    return isinstance(fact, OrderAccepted) and fact.venue_order_id is None
