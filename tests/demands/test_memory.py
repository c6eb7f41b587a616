"""What users of other systems asked for of a process that runs for days."""

import gc
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.ids import Currency, EventId, MarketId, VenueMarketId
from domain.markets import Event, Instrument, Market, MarketStatus, Result
from domain.messages import (
    BalanceReported,
    BooksChanged,
    Channel,
    ChannelChanged,
    InstrumentsListed,
    MarketChanged,
    MarketSettled,
    VenueReported,
)
from domain.terms import BalanceBasis
from engine.order_shelf import DiskStore
from engine.state import State
from engine.telemetry import LATENCIES_KEPT
from strategy.base import NOTHING, Wanted
from tests.builders import facts, instrument
from tests.conftest import ROOT
from tests.demands.soak import Soak
from tests.engine.runs import ONE, STARTED
from tests.engine.streets import Hand, quote, shown

DAY_MS = 24 * 3_600 * 1_000
ORDERS_PER_DAY = 240
PER_MATCH_MAX = 6_000
"""Bytes that a settled match of one bet may leave: position, statement, shares, cells; a venue may correct it."""
ENDS = "accept {0}; cancelled {0} 1", "reject", "accept {0}; lapsed l{0} 1"


def fixture(n: int) -> Instrument:
    """What venue one lists of the nth match of a week."""
    return instrument(f"one/m{n}/home", outcome=0)


class Week:
    """The engine itself over a week of matches, whose quotes are matched, cancelled or refused, and settled."""

    def __init__(self, folder: Path, *, matches: int = 7, orders: int = ORDERS_PER_DAY) -> None:
        folder.mkdir(exist_ok=True)
        self.orders = orders
        markets = tuple(
            Market(MarketId(f"m{n}"), EventId(f"e{n}"), "match_odds", ("Reds", "Blues", "draw")) for n in range(matches)
        )
        started = replace(
            STARTED,
            markets=markets,
            events=tuple(Event(one.event, "Reds v Blues", 0) for one in markets),
        )
        listed = [fixture(n) for n in range(matches)]
        self.state = State(started)
        self.state.blotter.orders.move_to(DiskStore(folder))
        self.state.blotter.orders.archive_max = 250  # a real week has so many times more orders than this one
        self.hand = Hand(folder, state=self.state)
        self.hand.street.note(started)
        self.hand.street.telemetry.latencies_ns.extend([0] * LATENCIES_KEPT)  # as full as it gets
        self.hand.tell(
            InstrumentsListed(
                ONE,
                tuple(
                    replace(one, listing=replace(one.listing, market=m.id))
                    for one, m in zip(listed, markets, strict=True)
                ),
            ),
            *(ChannelChanged(ONE, channel, up=True) for channel in Channel),
            BalanceReported(ONE, Currency("GBP"), 50_000 * 1_000_000, BalanceBasis.WALLET, 0),
            VenueReported(ONE, self.hand.clock.monotonic_ns(), ()),
        )

    def live_through(self, day: int) -> None:
        """Its match, and the rest of the day without one."""
        self._play(day)
        self.hand.later(DAY_MS - self.orders * 1_100)

    def _play(self, n: int) -> None:
        hand, on, market = self.hand, fixture(n).id, VenueMarketId(f"m{n}")
        hand.tell(MarketChanged(ONE, market, MarketStatus.OPEN, in_play=False))
        for k in range(self.orders):
            hand.later(1_100)
            hand.tell(BooksChanged(ONE, 0, [replace(shown("1.98:50 | 2.04:50").books[0], instrument=on)]))
            hand.wishes.wanted = Wanted(quotes=(replace(quote(size="1"), instrument=on),))
            hand.tell(replace(hand.valued(0.5, sequence=k + 1), market=MarketId(f"m{n}")))
            hand.wishes.wanted = NOTHING
            (placed,) = hand.places()
            said = "accept {0}; fill {0} 1" if k % 10 == 0 else ENDS[k % len(ENDS)]
            hand.tell(*facts(said.format(placed.ref), placed.ref))
            hand.one.told.clear()
            hand.wishes.views.clear()
        hand.tell(MarketChanged(ONE, market, MarketStatus.CLOSED, in_play=False))
        paid = {fixture(n).listing.selection: Result.LOST}
        profit = -sum(order.cost_micros for order in self.state.blotter.orders.at_stake.values())
        hand.tell(MarketSettled(ONE, market, f"s{n}", profit, 0, paid))


def held_bytes() -> int:
    """What the interpreter has handed out and not taken back."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@pytest.fixture
def traced() -> Iterator[None]:
    """Memory is counted while the test runs."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced")
def test_demand_24_memory_does_not_grow_with_the_days_of_a_week(tmp_path: Path) -> None:
    """Demand 24: seven days through the engine, and after the last it holds no more than in the middle of the week."""
    began = held_bytes()
    week = Week(tmp_path)
    full = held_bytes() - began
    held: list[int] = []
    for day in range(7):
        week.live_through(day)
        held.append(held_bytes() - full)  # what is full from the start must hide nothing
    assert len(week.state.settled) == 7
    assert not week.state.blotter.orders.at_stake
    assert held[-1] <= 1.05 * max(held[2:5]), held


@pytest.mark.usefixtures("traced")
def test_demand_24_a_match_that_is_settled_leaves_only_what_a_correction_of_it_needs(tmp_path: Path) -> None:
    """Demand 24: as many orders in six times as many matches leave little more behind."""
    left = []
    for matches in (8, 48):
        week = Week(tmp_path / str(matches), matches=matches, orders=480 // matches)
        before = held_bytes()
        for day in range(matches):
            week.live_through(day)
        left.append(held_bytes() - before)
        assert len(week.state.settled) == matches
    assert left[1] - left[0] < 40 * PER_MATCH_MAX, left


def test_demand_24_the_whole_program_holds_few_orders_at_hand_and_finds_every_one(tmp_path: Path) -> None:
    """Demand 24: half an hour of the soak, which over seven simulated days is `python -m tests.demands.soak`."""
    soak = Soak(tmp_path, days=0.125, seed=1, matches=3, at_hand=20)
    sample = soak.run(0.5, traded_h=0.4)
    orders, lines = soak.trial.state.blotter.orders, soak.trial.state.ledger.lines
    assert sample.placed > 3 * 20, "there was more trading than memory holds orders of"
    assert len(orders.archive) <= 20
    assert all(len(told.lines) <= 20 for told in lines.venues.values())
    assert len({order.ref for order in orders.every()}) == sample.placed
    assert 0 < sample.engine < sample.process


def test_demand_24_the_dashboard_is_in_another_process() -> None:
    """Demand 24: the process that trades has not even loaded what draws."""
    loaded = "import engine.demo, engine.street, sys; print('textual' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
