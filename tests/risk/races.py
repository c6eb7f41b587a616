"""Races: intents judged while the answers to earlier ones are under way, doubled, late, lost or in any other order.

    python -m tests.risk.races --intents 1000 --orders 10000 --seed 1

First so many intents race in one run, then runs of a few intents are told in so many random orders of their facts. At
every change of the three simulated exchanges' books the worst loss there is held against the cap; at the end of each
run everything has been told, and what we believe of every order is what its exchange has. The first seed that breaks
either is printed.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import msgspec

from domain.ids import Currency, OrderRef, StrategyName, VenueName, VenueOrderId, instrument_id
from domain.intents import QuoteIntent, TakeIntent
from domain.markets import Event, Instrument, Market, MarketStatus
from domain.messages import (
    BalanceReported,
    BooksChanged,
    CancelAccepted,
    CancelOrder,
    CancelRefused,
    Channel,
    ChannelChanged,
    Command,
    Fact,
    FairValueReceived,
    InstrumentsListed,
    Levels,
    MarketChanged,
    OrderAccepted,
    OrderFilled,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
    PlaceOrder,
    QueryOrder,
    RunStarted,
    VenueReported,
)
from domain.money import FX_SCALE, MICROS
from domain.odds import PriceKind, ladder
from domain.orders import Evidence, Fill, Side, TimeInForce
from domain.portfolio import MarketView
from domain.terms import BalanceBasis, Capabilities
from domain.venue_acts import OrderLapsed
from engine.config import Loaded, load
from engine.scribe import Outcome
from engine.state import State
from engine.telemetry import Telemetry
from engine.wiring import build_core
from strategy.base import Wanted
from tests.venues.sim.test_street import CONTRACTS, EVENT, MARKET, NAMES, ONE, RATES, TWO, Town
from venues.sim import notices
from venues.sim.exchange import Exchange
from venues.sim.placements import Life, Placement, Refusal
from venues.sim.world import DESK

MS = 1_000_000
CAP_MICROS = 120 * MICROS
PRICES = {0: 200, 1: 380, 2: 420}
"""Odds about which the crowd and the desk bet on each outcome; contracts at what they come to in cents."""
BACKLOG = 20
"""Of so many facts under way one comes before anything else happens."""
FAIR = (0.5, 0.26, 0.24)

CONFIG = """
rates_dated = "2026-11-20"
[rates]
GBP = "1.25"
EUR = "1.10"
[limits]
cap_order = "60 USD"
cap_market = "400 USD"
cap_event = "120 USD"
cap_total = "400 USD"
cap_day = "400 USD"
collar_fair = "0.2"
collar_book = "0.2"
orders_per_second = 1000000
open_orders_max = 10000
rejects_in_a_row = 1000000
[breakers]
one_side_fills = 1000000
fills_per_minute = 1000000
slow_ms = 1000000
[deciding.consensus]
enabled = false
[deciding.requoting]
hysteresis_ticks = 1
[venues.one]
[venues.two]
[venues.contracts]
"""


class Nothing(msgspec.Struct, frozen=True):
    """Settings of a venue or strategy that has none."""


class Line:
    """A venue as the engine sees it: what it is told waits on the wire until the race lets it arrive."""

    def __init__(self, capabilities: Capabilities) -> None:
        self.capabilities = capabilities

    def tokens(self, now_ns: int) -> int:
        return 1_000_000

    def start(self, now_ns: int) -> None: ...

    def stop(self, now_ns: int) -> None: ...

    def send(self, command: Command, now_ns: int) -> None: ...

    def next_deadline(self) -> int | None:
        return None

    def on_time(self, now_ns: int) -> None: ...


class Wisher:
    """Wants takes and quotes at random, other ones at each look."""

    Settings: ClassVar[type[msgspec.Struct]] = Nothing

    def __init__(self, name: str, chance: random.Random) -> None:
        self.name = StrategyName(name)
        self.wishes = True
        self._chance = chance

    def decide(self, view: MarketView) -> Wanted:
        """One or two takes, and a handful of quotes in place of the last."""
        if not self.wishes:
            return Wanted()
        chance = self._chance
        places = chance.sample(view.listings, 3)
        quotes = tuple(self._quote(one.instrument) for one in places if chance.random() < 0.7)
        takes = tuple(self._take() for _ in range(chance.choice((0, 1, 1, 2))))
        return Wanted(quotes=quotes, takes=takes)

    def _quote(self, on: Instrument) -> QuoteIntent:
        side, size = self._chance.choice((Side.BACK, Side.LAY)), self._chance.randint(1, 10) * MICROS
        return QuoteIntent(self.name, on.id, side, _price(on, self._chance, side), size, "race")

    def _take(self) -> TakeIntent:
        outcome, side = self._chance.randrange(3), self._chance.choice((Side.BACK, Side.LAY))
        limit = 999_000_000 if side is Side.BACK else 1_000_000
        return TakeIntent(self.name, MARKET, outcome, side, limit, self._chance.randint(2, 25) * MICROS, "race")


class Race:
    """One run under one seed."""

    def __init__(self, seed: int, loaded: Loaded) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.town = Town()
        self.passed: list[str] = []
        self.told = self.reordered = 0
        self.worst = self._batch_ms = 0
        self._now_ns = 1_000 * MS
        self._wire: list[Command] = []
        self._facts: list[Fact] = []
        self._late: list[Fact] = []
        self._requests: dict[OrderRef, str] = {}
        self._numbers: dict[OrderRef, tuple[Exchange, int]] = {}
        self._counted: Counter[str] = Counter()
        self._instruments = {one.id: one for one in _instruments(self.town)}
        self.wishers = [Wisher("a", self.chance), Wisher("b", self.chance)]
        lines = {name: Line(_capabilities(name, exchange)) for name, exchange in self.town.exchanges.items()}
        self.state = State(_started(loaded, lines))
        self.telemetry = Telemetry(self.state.venue_of)
        self.core = build_core(loaded, self.state, lines, self.wishers, self.telemetry)
        self.core.note(self.state.started, self._now_ns)
        for name, exchange in self.town.exchanges.items():
            exchange.listen(partial(self._heard, name, exchange))
        self._open(lines)

    # --- the race ---

    def run(self, intents: int) -> "Race":
        """Let so many intents come before the gate, then tell everything that has not been told."""
        while self.judged < intents:
            self._step()
        for wisher in self.wishers:
            wisher.wishes = False
        self._drain()
        self._hold_against_books()
        return self

    @property
    def judged(self) -> int:
        """Orders that the gate let pass or refused."""
        return self.state.placed + self.telemetry.refusals.total()

    def _step(self) -> None:
        """One thing happens: a look, a command arrives, a fact comes, or the crowd bets."""
        self._now_ns += self.chance.randint(1, 40) * MS
        what = self.chance.random()
        if len(self._facts) > BACKLOG:
            self._tell(self.chance.randrange(len(self._facts)))
        elif what < 0.25:
            self._carry(self.core.look([MARKET], self._now_ns))
        elif what < 0.55 and self._wire:
            self._arrive(self._wire.pop(self.chance.randrange(len(self._wire))))
        elif what < 0.85 and self._facts:
            self._tell(self.chance.randrange(len(self._facts)))
        elif what < 0.88 and self._late:
            self._facts.append(self._late.pop(self.chance.randrange(len(self._late))))
        else:
            self._crowd()

    def _drain(self) -> None:
        """Everything arrives and is told, in any order still; what is open is cancelled, what is unknown answered."""
        for _ in range(50):
            while self._wire or self._facts or self._late:
                self._facts += self._late
                self._late = []
                self._now_ns += MS
                if self._wire and (not self._facts or self.chance.random() < 0.5):
                    self._arrive(self._wire.pop(self.chance.randrange(len(self._wire))))
                elif self._facts:
                    self._tell(self.chance.randrange(len(self._facts)))
            self._now_ns += 10_000 * MS
            self._carry(self.core.look([MARKET], self._now_ns))
            for ref, (exchange, number) in self._numbers.items():
                ours = self.state.blotter.orders.get(ref)
                if ours is not None and (ours.exposed_micros or ours.unknown):
                    self._facts.append(_report(ref, exchange, number, self._clock()))
            if not self._wire and not self._facts:
                return

    def _tell(self, at: int) -> None:
        """A fact comes; some come a second time, at any time after."""
        fact = self._facts.pop(at)
        self.reordered += at > 0
        if self.chance.random() < 0.15:
            self._facts.append(fact)
        self.told += 1
        self._carry(self.core.step(fact, self._now_ns))

    def _carry(self, outcome: Outcome) -> None:
        for command in outcome.commands:
            if isinstance(command, CancelOrder):
                self._requests[command.ref] = command.request
            if isinstance(command, PlaceOrder | CancelOrder):
                self._wire.append(command)
            elif isinstance(command, QueryOrder) and command.ref in self._numbers:
                self._facts.append(_report(command.ref, *self._numbers[command.ref], self._clock()))

    # --- exchanges ---

    def _arrive(self, command: Command) -> None:
        if isinstance(command, PlaceOrder):
            self._place(command)
        elif isinstance(command, CancelOrder):
            self._cancel(command)

    def _place(self, command: PlaceOrder) -> None:
        listing = self._instruments[command.instrument].listing
        exchange = self.town.exchanges[listing.venue]
        life = Life.IMMEDIATE if command.tif is TimeInForce.IMMEDIATE else Life.REST
        wish = Placement(
            DESK, listing.venue_market, listing.selection, command.side, command.price, command.size_micros, life,
            client_ref=command.ref,
        )  # fmt: skip
        placed = exchange.place(wish, self._now_ns)
        if isinstance(placed, Refusal):
            self._facts.append(OrderRejected(command.ref, placed.reason, placed.detail, Evidence.PUSH))
        else:
            self._numbers[command.ref] = exchange, placed.number
        exchange.publish(self._now_ns)

    def _cancel(self, command: CancelOrder) -> None:
        found = self._numbers.get(command.ref)
        if found is None:  # it overtook its order
            self._wire.append(command)
            if not any(isinstance(one, PlaceOrder) and one.ref == command.ref for one in self._wire):
                self._wire.remove(command)
            return
        exchange, number = found
        gone = exchange.cancel(number, account=DESK, now_ns=self._now_ns)
        if isinstance(gone, Refusal):
            self._facts.append(CancelRefused(command.ref, command.request, gone.reason, gone.detail))
        exchange.publish(self._now_ns)

    def _crowd(self) -> None:
        """Somebody bets against whatever stands there: books are never what they were when we decided."""
        on = self.chance.choice([*self._instruments.values()])
        exchange, side = self.town.exchanges[on.listing.venue], self.chance.choice((Side.BACK, Side.LAY))
        size = self.chance.randint(2, 40) * MICROS
        wish = Placement(
            "crowd", on.listing.venue_market, on.listing.selection, side, _price(on, self.chance, side), size
        )
        exchange.place(wish, self._now_ns)
        exchange.publish(self._now_ns)

    def _heard(self, venue: VenueName, exchange: Exchange, batch: list[notices.Notice], now_ns: int) -> None:
        """What the exchange says of our orders becomes facts under way; its books are judged."""
        self._batch_ms = self._clock()
        for notice in batch:
            if isinstance(notice, notices.OrderNotice) and notice.account == DESK:
                order = exchange.floor.orders[notice.order]
                self._facts += self._facts_of(notice, OrderRef(order.client_ref), exchange)
        loss = self.town.record.worst_loss_micros(EVENT)
        self.worst = max(self.worst, loss)
        if loss > CAP_MICROS:
            self.passed.append(f"seed {self.seed}: worst loss {loss} at the exchanges' books, cap {CAP_MICROS}")

    def _facts_of(self, notice: notices.OrderNotice, ref: OrderRef, exchange: Exchange) -> Iterator[Fact]:
        number = notice.order
        match notice:
            case notices.OrderPlaced():
                if self.chance.random() < 0.15:  # the answer is lost, and found much later
                    yield OrderUnanswered(ref, "lost")
                    self._late.append(OrderAccepted(ref, VenueOrderId(str(number)), Evidence.PULL))
                else:
                    yield OrderAccepted(ref, VenueOrderId(str(number)), Evidence.PUSH)
            case notices.OrderMatched():
                fill = Fill(
                    f"{exchange.options.venue}-{notice.match}-{number}",
                    notice.size_micros,
                    notice.claims_micros,
                    notice.cost_micros,
                    fee_micros=notice.fee_micros,
                    venue_ms=self._batch_ms,  # all of a batch has happened before anybody can ask
                )
                where = self._late if self.chance.random() < 0.1 else self._facts
                where.append(OrderFilled(ref, fill, Evidence.PUSH))
            case notices.OrderCancelled():
                yield CancelAccepted(ref, self._requests[ref], notice.size_micros, Evidence.PUSH)
            case notices.OrderLapsed():
                self._counted[ref] += 1
                yield OrderLapsed(ref, f"l{self._counted[ref]}", notice.size_micros, Evidence.PUSH)
        if self.chance.random() < 0.1 and exchange.floor.orders[number].client_ref in self._numbers:
            yield _report(ref, exchange, number, self._clock())

    def _clock(self) -> int:
        """The exchanges' time, a little later each time it is looked at."""
        self._counted["clock"] += 1
        return self._counted["clock"]

    def _hold_against_books(self) -> None:
        """Everything was told: what we believe is what there is."""
        for ref, (exchange, number) in self._numbers.items():
            ours, theirs = self.state.blotter.orders.get(ref), exchange.floor.orders[number]
            assert ours is not None, ref
            known = ours.matched_micros, ours.cost_micros, ours.exposed_micros
            if known != (theirs.matched_micros, theirs.cost_micros, theirs.remaining_micros if theirs.live else 0):
                self.passed.append(f"seed {self.seed}: {ref} is {known} to us, at its exchange {theirs}")

    # --- before it ---

    def _open(self, lines: dict[VenueName, Line]) -> None:
        """The crowd has bet, everything is up, listed, funded, shown, valued and proven."""
        for on in self._instruments.values():
            for side, off in ((Side.LAY, 1), (Side.BACK, -1)):
                exchange = self.town.exchanges[on.listing.venue]
                price = _moved(on, PRICES[on.listing.outcome], off if side is Side.LAY else -1)
                wish = Placement("crowd", on.listing.venue_market, on.listing.selection, side, price, 80 * MICROS)
                exchange.place(wish, self._now_ns)
                exchange.publish(self._now_ns)
        for fact in self._opening(lines):
            self.core.step(fact, self._now_ns)

    def _opening(self, lines: dict[VenueName, Line]) -> Iterator[Fact]:
        for name, line in lines.items():
            listed = tuple(one for one in self._instruments.values() if one.listing.venue == name)
            yield InstrumentsListed(name, listed)
            yield from (ChannelChanged(name, channel, up=True) for channel in Channel)
            basis, currency = line.capabilities.balance_basis, line.capabilities.currency
            yield BalanceReported(name, currency, 100_000 * MICROS, basis, 0)
            for market in dict.fromkeys(one.listing.venue_market for one in listed):
                yield MarketChanged(name, market, MarketStatus.OPEN, in_play=False)
            yield BooksChanged(name, 0, [_shown(one) for one in listed])
            yield VenueReported(name, self._now_ns, ())
        yield FairValueReceived(MARKET, "m", "1", 1, FAIR, 0.0004, 10**9)


def _report(ref: OrderRef, exchange: Exchange, number: int, at_ms: int) -> OrderReported:
    order = exchange.floor.orders[number]
    return OrderReported(
        ref,
        VenueOrderId(str(number)),
        matched_micros=order.matched_micros,
        claims_micros=order.claims_micros,
        cost_micros=order.cost_micros,
        cancelled_micros=order.cancelled_micros,
        lapsed_micros=order.lapsed_micros,
        voided_micros=order.voided_micros,
        closed=not order.live,
        evidence=Evidence.PULL,
        fee_micros=order.fee_micros,
        as_of_ms=at_ms,
    )


def _instruments(town: Town) -> Iterator[Instrument]:
    for name, exchange in town.exchanges.items():
        for listing in (one for one in town.mapping.listings if one.venue == name):
            key = instrument_id(name, venue_market=listing.venue_market, selection=listing.selection)
            yield Instrument(key, listing, exchange.options.terms)


def _moved(on: Instrument, odds: int, ticks: int) -> int:
    """A price near these odds on the instrument's own ladder, so many ticks cheaper to back."""
    prices = ladder(on.terms.kind, on.terms.bands)
    if on.terms.kind is PriceKind.ODDS:
        tick = prices.tick_by_price[odds] + ticks
    else:
        tick = prices.tick_by_price[10_000 // odds * 100] - ticks
    return prices.price(tick)


def _price(on: Instrument, chance: random.Random, side: Side) -> int:
    """Somewhere about the middle, on either side of it."""
    return _moved(on, PRICES[on.listing.outcome], chance.randint(-4, 4))


def _shown(on: Instrument) -> Levels:
    """A book as it was when the race began: a tick on either side of the middle, and enough of it."""
    prices = ladder(on.terms.kind, on.terms.bands)
    back, lay = (prices.tick_by_price[_moved(on, PRICES[on.listing.outcome], ticks)] for ticks in (-1, 1))
    return Levels(on.id, [(back, 80 * MICROS)], [(lay, 80 * MICROS)], image=True)


def _capabilities(name: VenueName, exchange: Exchange) -> Capabilities:
    return Capabilities(
        venue=name,
        currency=exchange.options.terms.currency,
        balance_basis=BalanceBasis.CASH if name == CONTRACTS else BalanceBasis.WALLET,
        visible_after_ms=1_000,
        absences_min=2,
        polled=False,
        immediate=True,
        stale_after_ms=10**9,
    )


def _started(loaded: Loaded, lines: dict[VenueName, Line]) -> RunStarted:
    rates: dict[Currency, Any] = {**RATES.rates_e8, Currency("USD"): FX_SCALE}
    return RunStarted(
        run="race",
        mode="demo",
        seed=0,
        base=Currency("USD"),
        config_hash=loaded.hash,
        rates_e8=rates,
        cap_micros=loaded.limits.cap_event_micros,
        events=(Event(EVENT, "Home v Away", 0),),
        markets=(Market(MARKET, EVENT, "match_odds", NAMES),),
        capabilities=tuple(line.capabilities for line in lines.values()),
        rejects_in_a_row=loaded.limits.rejects_in_a_row,
    )


def configured(folder: Path) -> Loaded:
    """The desk of the race."""
    path = folder / "races.toml"
    path.write_text(CONFIG + "\n[[strategies]]\nname = 'a'\nuses = 'a:B'\n", encoding="utf-8")
    return load(path, dict.fromkeys((ONE, TWO, CONTRACTS), Nothing))


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.risk.races", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--intents", type=int, default=1_000, help="so many race in the first run")
    parser.add_argument("--orders", type=int, default=10_000, help="random orders of facts that runs are told in")
    parser.add_argument("--few", type=int, default=12, help="intents of each of those runs")
    parser.add_argument("--seed", type=int, default=1, help="of the first run; each later one has the next")
    asked = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        loaded = configured(Path(folder))
    races, told, placed, refused, worst = 0, 0, 0, 0, 0
    for number in range(asked.orders + 1):
        race = Race(asked.seed + number, loaded).run(asked.few if number else asked.intents)
        if race.passed:
            print("\n".join(race.passed[:5]), file=sys.stderr)
            return 1
        races, told, placed = races + 1, told + race.told, placed + race.state.placed
        refused += race.telemetry.refusals["cap_event"]
        worst = max(worst, race.worst)
        if number == 0:
            print(f"{asked.intents} intents: {placed} orders, {refused} refused by cap, {told} facts told, "
                  f"{race.reordered} out of their order, worst {worst} of {CAP_MICROS}")  # fmt: skip
    print(f"{races} runs, {told} facts told, {placed} orders, {refused} refused by cap, worst {worst} of {CAP_MICROS}")
    print("the cap was never passed at the exchanges' books, and every order ended as its exchange has it")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
