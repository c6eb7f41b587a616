"""Venues by hand that answer, and a street that may die at any record and be taken over with what they hold."""

from collections.abc import Callable
from pathlib import Path
from weakref import finalize

from domain.claims import claims_and_cost_micros
from domain.clock import HandClock
from domain.fees import QuadraticFee, fill_fee_micros
from domain.ids import OrderRef, VenueOrderId
from domain.markets import Instrument, MarketStatus
from domain.messages import (
    BooksChanged,
    Channel,
    ChannelChanged,
    Command,
    Fact,
    InstrumentsListed,
    Journalled,
    Levels,
    MarketChanged,
    OrderAbsent,
    OrderAccepted,
    OrderFilled,
    OrderRejected,
    OrderReported,
    PlaceOrder,
    QueryOrder,
    QueryVenue,
    Record,
    RejectReason,
    RunResumed,
    VenueReported,
)
from domain.odds import Ladder
from domain.orders import Evidence, Fill
from domain.terms import Capabilities
from domain.venue_acts import OrderLapsed
from engine.replay import rebuild
from engine.wiring import build
from storage.journal import Journal, read
from tests.builders import book, instrument
from tests.engine.runs import CONTRACTS, ODDS, ONE, TWO
from tests.engine.streets import Hand, Notebook, Wishes, loaded

MS = 1_000_000
AWAY = instrument("one/match/away", outcome=1)
DRAW = instrument("two/m3/yes", fee=QuadraticFee(taker_ppm=70_000), currency="USD", outcome=2)
"""The other outcomes, for whoever lists them."""
INSTRUMENTS = {one.id: one for one in (ODDS, CONTRACTS, AWAY, DRAW)}
ALL, NOTHING, REJECTED, LOST, NEVER = "all", "nothing", "rejected", "lost", "never"
"""What becomes of an immediate order: all or nothing is matched, or so many percent; the venue refuses it; it is
matched and the answer lost; it never arrives."""

Script = Callable[[PlaceOrder], str]


class Truth:
    """What the venues hold, whoever asks: matched sizes by ref, and how each new order fares."""

    def __init__(self, script: Script = lambda _: ALL) -> None:
        self.script = script
        self.matched: dict[OrderRef, tuple[PlaceOrder, int]] = {}

    def place(self, command: PlaceOrder) -> str:
        """Take an order in; a ref is taken once."""
        assert command.ref not in self.matched, f"{command.ref} came twice"
        fate = self.script(command)
        if fate not in (REJECTED, NEVER):
            share = {ALL: 100, LOST: 100, NOTHING: 0}.get(fate)
            percent = int(fate) if share is None else share
            lot = INSTRUMENTS[command.instrument].terms.lot_micros
            self.matched[command.ref] = command, command.size_micros * percent // 100 // lot * lot
        return fate

    def claims(self, instrument: Instrument) -> int:
        """Gross claims matched on an instrument, a lay's negative, in its currency."""
        total = 0
        for command, size in self.matched.values():
            if command.instrument == instrument.id:
                claims, _ = claims_and_cost_micros(instrument.terms.kind, command.price, size)
                total += claims if command.side.value == "back" else -claims
        return total


class Answering(Notebook):
    """A venue that answers at once, from the truth."""

    def __init__(self, capabilities: Capabilities, truth: Truth, clock: HandClock) -> None:
        super().__init__(capabilities)
        self.truth = truth
        self.emit: Callable[[Fact], object] = lambda _: None
        self.budget = 99
        self.on_send = self._answer
        self._clock = clock

    def _answer(self, command: Command) -> None:
        now_ns = self._clock.monotonic_ns()
        match command:
            case PlaceOrder():
                for fact in _answers(command, self.truth):
                    self.emit(fact)
            case QueryOrder(ref=ref):
                held = self.truth.matched.get(ref)
                self.emit(OrderAbsent(ref, now_ns) if held is None else _report(*held))
            case QueryVenue(venue=venue):
                self.emit(VenueReported(venue, now_ns, ()))


def _answers(command: PlaceOrder, truth: Truth) -> list[Fact]:
    fate = truth.place(command)
    if fate in (LOST, NEVER):
        return []
    if fate == REJECTED:
        return [OrderRejected(command.ref, RejectReason.OTHER, "", Evidence.PUSH)]
    size = truth.matched[command.ref][1]
    said: list[Fact] = [OrderAccepted(command.ref, VenueOrderId(f"v-{command.ref}"), Evidence.PUSH)]
    if size:
        said.append(OrderFilled(command.ref, fill_of(command, size), Evidence.PUSH))
    if size < command.size_micros:
        said.append(OrderLapsed(command.ref, f"l-{command.ref}", command.size_micros - size, Evidence.PUSH))
    return said


def fill_of(command: PlaceOrder, size: int) -> Fill:
    """One match of an order at its limit."""
    terms = INSTRUMENTS[command.instrument].terms
    claims, cost = claims_and_cost_micros(terms.kind, command.price, size)
    fee = fill_fee_micros(terms.fee, claims_micros=claims, cost_micros=cost)
    return Fill(f"f-{command.ref}", size, claims, cost, fee_micros=fee)


def _report(command: PlaceOrder, size: int) -> OrderReported:
    fill = fill_of(command, size)
    return OrderReported(
        command.ref,
        VenueOrderId(f"v-{command.ref}"),
        matched_micros=size,
        claims_micros=fill.claims_micros if size else 0,
        cost_micros=fill.cost_micros if size else 0,
        cancelled_micros=0,
        lapsed_micros=command.size_micros - size,
        voided_micros=0,
        closed=True,
        evidence=Evidence.PULL,
        fee_micros=fill.fee_micros if size else 0,
        fills=(fill,) if size else (),
    )


def shown(instrument: Instrument, text: str) -> BooksChanged:
    """A whole new book, as `tests.builders.book` writes it."""
    ladder = Ladder(instrument.terms.kind, instrument.terms.bands)
    seen = book(text, ladder)
    levels = Levels(instrument.id, seen.levels(to_back=True, depth=9), seen.levels(to_back=False, depth=9), image=True)
    return BooksChanged(instrument.listing.venue, 0, [levels])


class Answered(Hand):
    """The street of `Hand` over venues that answer; `odds` and `contracts` are what their books show."""

    def __init__(self, folder: Path, truth: Truth, *, odds: str, contracts: str, text: str | None = None) -> None:
        super().__init__(folder, text)
        self.books: tuple[BooksChanged, ...] = (shown(ODDS, odds), shown(CONTRACTS, contracts))
        self._answer_from(truth)
        self.opened()
        self.tell(*self.books)

    def _answer_from(self, truth: Truth) -> None:
        self.truth = truth
        for venue, notebook in ((ONE, self.one), (TWO, self.two)):
            answering = Answering(notebook.capabilities, truth, self.clock)
            answering.emit = self.street.emit
            self.street.venues = {**self.street.venues, venue: answering}
        self.one, self.two = self.street.venues[ONE], self.street.venues[TWO]  # type: ignore[assignment]

    def list_all(self, **books: str) -> None:
        """List the other outcomes too, with these books."""
        self.tell(InstrumentsListed(ONE, (ODDS, AWAY)), InstrumentsListed(TWO, (CONTRACTS, DRAW)))
        self.tell(MarketChanged(TWO, DRAW.listing.venue_market, MarketStatus.OPEN, in_play=False))
        self.books += shown(AWAY, books["away"]), shown(DRAW, books["draw"])
        self.tell(*self.books)

    def pass_time(self, ms: int, *, step_ms: int = 100) -> None:
        """Let time pass in small steps, books staying fresh."""
        for n in range(ms // step_ms):
            if n % 5 == 0:
                self.tell(*self.books)
            self.later(step_ms)

    def written(self) -> list[Record]:
        """The journal with its times."""
        return [record for record, _ in read(self.folder)]


def risen(folder: Path, records: list[Record], truth: Truth, *, books: tuple[BooksChanged, ...], text: str) -> Answered:
    """Another process over a journal that ends after these records, and over what the venues hold."""
    folder.mkdir(parents=True)
    run = folder / "run"
    journal = Journal(run)
    for record in records:
        journal.append(record.body, wall_ns=record.wall_ns, monotonic_ns=record.monotonic_ns)
    journal.close()
    state, _ = rebuild(run)
    hand = Answered.__new__(Answered)
    hand.folder, hand.state, hand.books = run, state, books
    hand.clock = HandClock(monotonic_ns=77, wall_ns=records[-1].wall_ns + 1_000 * MS)  # its clock begins anew
    hand.wishes = Wishes()
    hand.one, hand.two = Notebook(state.started.capabilities[0]), Notebook(state.started.capabilities[1])
    hand.journal = Journal(run)
    finalize(hand, hand.journal.let_go)
    hand.street = build(
        loaded(folder, text), state, {ONE: hand.one, TWO: hand.two}, hand.journal, hand.clock, [hand.wishes]
    )
    hand._answer_from(truth)
    hand.street.note(RunResumed(state.started.run, "c0ffee"))
    up: list[Fact] = [ChannelChanged(venue, channel, up=True) for venue in (ONE, TWO) for channel in Channel]
    open_ = [
        MarketChanged(one.listing.venue, one.listing.venue_market, MarketStatus.OPEN, in_play=False)
        for one in state.instruments.values()
    ]
    hand.tell(*up, *open_, *books, hand.valued(0.5, sequence=99))
    return hand


def bodies(records: list[Record], *kinds: type) -> list[Journalled]:
    """What of some kinds was written."""
    return [record.body for record in records if isinstance(record.body, kinds)]
