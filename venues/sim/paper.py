"""A venue on paper: a recorded market in which our orders wait, queue and are matched, without a wire between.

It speaks to the engine as any venue does: commands in, facts out. What it does not know it guesses as stated in
`PaperOptions` and `venues.sim.queue`, never in our favour by accident:

- A command reaches the venue after a time drawn from a distribution, and is judged on the book of that moment. In
  play a placement waits for the bet delay on top and is looked at anew; a suspension or a new version lapses it.
- What crosses takes what the recording shows, best price first; what we took is gone until the recording shows more.
- What rests stands behind the size displayed at its price; the recorded prints and cancels move it on. Size that is
  displayed where it would have met us is matched with us.
- A suspension, the turn in-play and a removal lapse what rests.
"""

import heapq
from collections.abc import Callable, Iterator
from math import exp

import msgspec

from domain.book import Book
from domain.ids import InstrumentId, VenueOrderId
from domain.markets import MarketStatus
from domain.messages import (
    BalanceReported,
    CancelAccepted,
    CancelOrder,
    CancelRefused,
    Channel,
    ChannelChanged,
    Command,
    Fact,
    Levels,
    OrderAccepted,
    OrderRejected,
    PlaceOrder,
    QueryOrder,
    QuerySettlement,
    QueryVenue,
    RejectReason,
    VenueOrder,
    VenueReported,
)
from domain.money import parse_micros
from domain.orders import Evidence, TimeInForce
from domain.terms import BalanceBasis, Capabilities
from venues.sim.backtest_tape import Moment, Tape
from venues.sim.chance import Stream, normal
from venues.sim.paper_floor import PaperFill, PaperFloor
from venues.sim.paper_orders import PaperOrder
from venues.sim.paper_settling import PaperMarket
from venues.sim.paper_turns import turn_market
from venues.sim.queue import Bound

MS = 1_000_000
NEVER_STALE_MS = 10**12
NEVER_BUSY = 1_000_000
"""A recording says when something changed; that nothing did is no doubt of the feed."""
TOKENS = 1_000
"""The venue's own budget is far above what the limits of a desk let through."""


class PaperOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[backtest]`: what a recording cannot tell.

    `place_ms` and `cancel_ms` are medians of the time from our decision until the venue acts on a command; the time
    itself is log-normal with `latency_sigma`, 0 for always the median. `bank` is the money at the venue, in its
    currency. Source of the medians: the defaults of flumine's simulation.
    """

    place_ms: float = 120.0
    cancel_ms: float = 170.0
    latency_sigma: float = 0.35
    bank: str = "10000"

    def __post_init__(self) -> None:
        for name in ("place_ms", "cancel_ms"):
            if not 0 < getattr(self, name) <= 60_000:
                raise ValueError(f"{name} must lie above 0 and up to 60000, not {getattr(self, name)}")
        if not 0 <= self.latency_sigma <= 2:
            raise ValueError(f"latency_sigma must lie in 0 to 2, not {self.latency_sigma}")
        if parse_micros(self.bank) <= 0:
            raise ValueError(f"bank must be above zero, not {self.bank!r}")


class PaperVenue:
    """One account at the recorded venue under one queue assumption. `books` are the recorded ones, shared, and so are
    `fills` where there are several venues: matches of all of them are told there.
    """

    def __init__(
        self,
        tape: Tape,
        options: PaperOptions,
        emit: Callable[[Fact], None],
        books: dict[InstrumentId, Book],
        *,
        bound: Bound,
        seed: int,
        fills: list[PaperFill] | None = None,
    ) -> None:
        self.capabilities = Capabilities(
            venue=tape.venue,
            currency=tape.currency,
            balance_basis=BalanceBasis.WALLET,
            visible_after_ms=0,
            absences_min=1,
            polled=False,
            immediate=True,
            stale_after_ms=NEVER_STALE_MS,
            questions_per_second=NEVER_BUSY,
        )
        self.floor = PaperFloor(tape.venue, emit, books, bound=bound, fills=fills)
        self._emit = emit
        self._options = options
        self._recorded = books
        self._due: list[tuple[int, int, Command]] = []
        self._sent = 0
        self._placing = Stream(seed, "place")
        self._cancelling = Stream(seed, "cancel")

    # --- the venue's port ---

    def start(self, now_ns: int) -> None:
        """Every line is up from the beginning."""
        for channel in Channel:
            self._emit(ChannelChanged(self.capabilities.venue, channel, up=True))

    def stop(self, now_ns: int) -> None:
        """Nothing follows."""
        self._due.clear()

    def tokens(self, now_ns: int) -> int:
        return TOKENS

    def send(self, command: Command, now_ns: int) -> None:
        """On its way."""
        match command:
            case PlaceOrder():
                delay_ns = latency_ns(self._placing, self._sent, self._options.place_ms, self._options.latency_sigma)
            case CancelOrder():
                delay_ns = latency_ns(
                    self._cancelling, self._sent, self._options.cancel_ms, self._options.latency_sigma
                )
            case _:
                delay_ns = 1
        self._post(now_ns + delay_ns, command)

    def next_deadline(self) -> int | None:
        return self._due[0][0] if self._due else None

    def on_time(self, now_ns: int) -> None:
        """Let the first of what has arrived by now be acted on; the caller comes again for the next."""
        if self._due and self._due[0][0] <= now_ns:
            due_ns, _, command = heapq.heappop(self._due)
            self._act(command, due_ns)

    def play(self, moment: Moment, now_ns: int) -> list[Levels]:
        """Trades of the recording and what its markets became; the levels that changed because of us."""
        if not (moment.prints or moment.turns):
            return []
        books = self.floor.books
        if books:
            for one in moment.prints:
                if (book := books.get(one[0])) is not None and book.orders:
                    self.floor.printed(book, one, now_ns)
        for turn in moment.turns:
            if (market := self.floor.markets.get(turn.market)) is not None:
                turn_market(self.floor, market, turn, now_ns)
        return self.floor.news() if books else []

    # --- commands ---

    def _post(self, due_ns: int, command: Command) -> None:
        self._sent += 1
        heapq.heappush(self._due, (due_ns, self._sent, command))

    def _act(self, command: Command, now_ns: int) -> None:
        match command:
            case PlaceOrder():
                self._place(command, now_ns)
            case CancelOrder():
                self._cancel(command, now_ns)
            case QueryOrder():
                if (paper := self.floor.orders.get(command.ref)) is not None:
                    self._emit(msgspec.structs.replace(paper.report(now_ns // MS), evidence=Evidence.PULL))
            case QuerySettlement():
                if (statement := self.floor.statements.get(command.venue_market)) is not None:
                    self._emit(statement.fact(command.venue))
            case QueryVenue():
                self._report(now_ns)

    def _report(self, now_ns: int) -> None:
        """A round: the wallet, and every order that may still be matched."""
        venue, currency = self.capabilities.venue, self.capabilities.currency
        paid = sum(one.profit_micros - one.commission_micros for one in self.floor.statements.values())
        charged = sum(one.fees_micros for one in self.floor.markets.values())
        balance = parse_micros(self._options.bank) + paid - charged
        self._emit(BalanceReported(venue, currency, balance, BalanceBasis.WALLET, now_ns))
        self._emit(VenueReported(venue, now_ns, tuple(_listed(paper) for paper in _open_orders(self.floor))))

    def _place(self, order: PlaceOrder, now_ns: int) -> None:
        market = self.floor.market_of(order.instrument)
        paper = market.held.pop(order.ref, None)
        if paper is None and order.ref in self.floor.orders:
            return  # it lapsed while it waited for the bet delay
        if paper is not None:
            if paper.held_version != market.version or market.status is not MarketStatus.OPEN:
                self.floor.lapse(paper, now_ns)
            else:
                self._enter(paper, market, now_ns)
            return
        refused = self._refusal(order, market)
        if refused is not None:
            self._emit(OrderRejected(order.ref, refused, market.status.value, Evidence.PULL))
            return
        ladder = self._recorded[order.instrument].ladder
        tick, number = ladder.tick_by_price[order.price], VenueOrderId(str(len(self.floor.orders) + 1))
        paper = PaperOrder(order, number, kind=ladder.kind, tick=tick)
        self.floor.orders[order.ref] = paper
        if market.in_play and market.delay_ms:
            market.held[order.ref] = paper
            paper.held_version = market.version
            self._post(now_ns + market.delay_ms * MS, order)  # the venue answers when the delay is over
        else:
            self._enter(paper, market, now_ns)

    def _refusal(self, order: PlaceOrder, market: PaperMarket) -> RejectReason | None:
        if market.status is not MarketStatus.OPEN:
            closed = market.status is MarketStatus.CLOSED
            return RejectReason.MARKET_CLOSED if closed else RejectReason.MARKET_SUSPENDED
        if self.floor.selection(order.instrument) in market.removed:
            return RejectReason.SELECTION_REMOVED
        if order.market_version and order.market_version < market.version:
            return RejectReason.MARKET_VERSION
        if order.tif is TimeInForce.STARTING_PRICE and (market.in_play or market.reconciled):
            return RejectReason.OTHER
        return None

    def _enter(self, paper: PaperOrder, market: PaperMarket, now_ns: int) -> None:
        """Match what can be matched now; the rest rests, dies, or waits for the starting price."""
        order, floor = paper.order, self.floor
        if order.tif is TimeInForce.STARTING_PRICE:
            market.at_start[order.ref] = paper
            self._emit(OrderAccepted(order.ref, paper.venue_id, Evidence.PULL))
            return
        book = floor.book(order.instrument)
        floor.take(paper, book, now_ns)
        if paper.remaining and order.tif is TimeInForce.IMMEDIATE:
            paper.cancelled = paper.remaining
        elif paper.remaining:
            terms = floor.instruments[order.instrument].terms
            book.join(paper, kind=terms.kind, bound=floor.bound, lot_micros=terms.lot_micros)
        if paper.matched or paper.cancelled:
            self._emit(paper.report(now_ns // MS))
        self._emit(OrderAccepted(order.ref, paper.venue_id, Evidence.PULL))
        floor.show(book, now_ns)

    def _cancel(self, command: CancelOrder, now_ns: int) -> None:
        paper = self.floor.orders.get(command.ref)
        if paper is None or not paper.resting:
            self._emit(CancelRefused(command.ref, command.request, RejectReason.NOT_RESTING, "not in the book"))
            return
        size = paper.remaining
        book = self.floor.books[paper.order.instrument]
        book.leave(paper)
        paper.cancelled += size
        self._emit(CancelAccepted(command.ref, command.request, size, Evidence.PULL))
        self.floor.show(book, now_ns)


def latency_ns(stream: Stream, counter: int, median_ms: float, sigma: float) -> int:
    """How long the command of this number is on its way: log-normal around its median."""
    if not sigma:
        return int(median_ms * MS)
    u = stream.draws(counter)
    return int(median_ms * MS * exp(sigma * normal(u[0], u[1])))


def _open_orders(floor: PaperFloor) -> Iterator[PaperOrder]:
    """Every order that rests, waits for the bet delay, or for the starting price."""
    for book in floor.books.values():
        yield from book.orders.values()
    for market in floor.markets.values():
        yield from market.held.values()
        yield from market.at_start.values()


def _listed(paper: PaperOrder) -> VenueOrder:
    """An order in the venue's list; what became of it the engine has been told already."""
    order = paper.order
    return VenueOrder(
        order.ref, paper.venue_id, order.instrument, order.side, order.price, order.size_micros, report=None
    )
