"""A whole street under the hand: the real engine over two venues that only write down what they are told."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar
from weakref import finalize

import msgspec
from msgspec.structs import replace

from domain.clock import HandClock
from domain.ids import Currency, MarketId, StrategyName, VenueName
from domain.intents import QuoteIntent
from domain.markets import MarketStatus
from domain.messages import (
    BalanceReported,
    BooksChanged,
    CancelOrder,
    Channel,
    ChannelChanged,
    Command,
    Fact,
    FairValueReceived,
    InstrumentsListed,
    Journalled,
    Levels,
    MarketChanged,
    PlaceOrder,
    VenueReported,
)
from domain.money import MICROS
from domain.odds import Ladder
from domain.orders import Side
from domain.portfolio import MarketView
from domain.terms import Amends, BalanceBasis, Capabilities
from engine.config import Loaded, load
from engine.state import State
from engine.street import Street
from engine.wiring import build
from storage.journal import Journal, read
from strategy.base import NOTHING, Wanted
from tests.builders import book, capabilities, facts
from tests.engine.runs import CONTRACTS, ODDS, ONE, STARTED, TWO

SECOND = 1_000_000_000
CONFIG = """
rates_dated = "2026-11-20"
[run]
tick_ms = 100
[rates]
GBP = "1.25"
[limits]
cap_order = "60 USD"
cap_market = "100 USD"
cap_event = "100 USD"
cap_total = "500 USD"
cap_day = "500 USD"
collar_fair = "0.2"
collar_book = "0.2"
orders_per_second = 50
open_orders_max = 20
[deciding.consensus]
enabled = false
[venues.one]
[venues.two]
"""


class VenueSettings(msgspec.Struct, frozen=True):
    """What a venue of the hand is run with."""

    depth: int = 3


VENUES: dict[str, type[Any]] = {"one": VenueSettings, "two": VenueSettings}


def loaded(folder: Path, text: str = CONFIG + "\n[[strategies]]\nname = 's'\nuses = 'a:B'\n") -> Loaded:
    """A configuration from its text."""
    path = folder / "c.toml"
    path.write_text(text)
    return load(path, VENUES)


class Notebook:
    """A venue that notes what it is told; the test speaks for it."""

    def __init__(self, capabilities: Capabilities) -> None:
        self.capabilities = capabilities
        self.told: list[Command] = []
        self.budget = 9
        self.open = False
        self.on_send: Callable[[Command], object] = lambda _: None

    def start(self, now_ns: int) -> None:
        self.open = True

    def send(self, command: Command, now_ns: int) -> None:
        self.told.append(command)
        self.on_send(command)

    def next_deadline(self) -> int | None:
        return None

    def on_time(self, now_ns: int) -> None:
        raise AssertionError("nothing was ever due")

    def tokens(self, now_ns: int) -> int:
        return self.budget

    def stop(self, now_ns: int) -> None:
        self.open = False


class Wishes:
    """A strategy that wants what the test last said, until it says something else or `once` only."""

    Settings: ClassVar[type[msgspec.Struct]] = VenueSettings

    def __init__(self, name: str = "s") -> None:
        self.name = StrategyName(name)
        self.wanted: Wanted = NOTHING
        self.once = False
        self.views: list[MarketView] = []

    def decide(self, view: MarketView) -> Wanted:
        self.views.append(view)
        wanted = self.wanted
        if self.once:
            self.wanted = NOTHING
        return wanted


class Hand:
    """The street, its clock, its two venues and its one strategy."""

    def __init__(
        self,
        folder: Path,
        text: str | None = None,
        *,
        state: State | None = None,
        beside: Sequence["Wishes"] = (),
        amends: Amends | None = None,
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder / "run"
        self.clock = HandClock(monotonic_ns=SECOND, wall_ns=1_700_000_000 * SECOND)
        self.one, self.two = Notebook(replace(capabilities("one"), amends=amends)), Notebook(STARTED.capabilities[1])
        self.wishes = Wishes()
        config = loaded(folder) if text is None else loaded(folder, text)
        self.state = state or State(STARTED)
        self.journal = Journal(self.folder)
        finalize(self, self.journal.let_go)  # a process of many tests may open only so many files
        self.street: Street = build(
            config, self.state, {ONE: self.one, TWO: self.two}, self.journal, self.clock, [self.wishes, *beside]
        )
        if state is None:
            self.street.note(STARTED)

    def tell(self, *facts: Fact | CancelOrder) -> None:
        """Facts, each as bytes of its own."""
        for fact in facts:
            assert not isinstance(fact, CancelOrder), "that is ours to say"
            self.street.emit(fact)

    def later(self, ms: int) -> None:
        """Let time pass, and the engine see it."""
        self.clock.advance_to(self.clock.monotonic_ns() + ms * 1_000_000)
        self.street.on_time(self.clock.monotonic_ns())

    def opened(self, *, pounds: int = 500) -> "Hand":
        """Everything up, listed, funded (the first venue with so many pounds), shown, valued and proven."""
        self.tell(
            InstrumentsListed(ONE, (ODDS,)),
            InstrumentsListed(TWO, (CONTRACTS,)),
            *(ChannelChanged(venue, channel, up=True) for venue in (ONE, TWO) for channel in Channel),
            BalanceReported(ONE, Currency("GBP"), pounds * MICROS, BalanceBasis.WALLET, 0),
            BalanceReported(TWO, Currency("USD"), 800 * MICROS, BalanceBasis.CASH, 0),
            status(),
            MarketChanged(TWO, CONTRACTS.listing.venue_market, MarketStatus.OPEN, in_play=False),
            shown("1.98:50 | 2.04:50"),
            self.valued(0.5),
            *(VenueReported(venue, self.clock.monotonic_ns(), ()) for venue in (ONE, TWO)),
        )
        self.one.told.clear()
        self.two.told.clear()
        return self

    def valued(self, probability: float, *, sequence: int = 1) -> FairValueReceived:
        """A model's value of home, the rest shared by the others."""
        rest = (1 - probability) / 2
        return FairValueReceived(MarketId("match"), "m", "1", sequence, (probability, rest, rest), 0.0004, 60_000)

    def places(self) -> list[PlaceOrder]:
        """Placements that the first venue was told."""
        return [command for command in self.one.told if isinstance(command, PlaceOrder)]

    def quoting(self, *quotes: QuoteIntent) -> PlaceOrder:
        """Want quotes, have the first placed and accepted."""
        self.wishes.wanted = Wanted(quotes=quotes)
        self.tell(self.valued(0.5, sequence=2))
        first = self.places()[0]
        self.tell(*facts("accept v1", first.ref))
        return first

    def records(self) -> list[Journalled]:
        """What stands in the journal."""
        return [record.body for record, _ in read(self.folder)]


def quote(price: int = 204, size: str = "10", side: Side = Side.BACK) -> QuoteIntent:
    """Rest on the odds of venue one."""
    return QuoteIntent(StrategyName("s"), ODDS.id, side, price, int(float(size) * MICROS), "test")


def status(status: MarketStatus = MarketStatus.OPEN, **more: Any) -> MarketChanged:
    """The state of venue one's market."""
    return MarketChanged(ONE, ODDS.listing.venue_market, status, in_play=False, **more)


def shown(text: str) -> BooksChanged:
    """A whole new book of venue one, as `tests.builders.book` writes it."""
    ladder = Ladder(ODDS.terms.kind, ODDS.terms.bands)
    seen = book(text, ladder)
    levels = Levels(ODDS.id, seen.levels(to_back=True, depth=9), seen.levels(to_back=False, depth=9), image=True)
    return BooksChanged(VenueName("one"), 0, [levels])
