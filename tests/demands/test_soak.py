"""What users of other systems asked for of message budgets: every adapter under more than its venue takes."""

from collections import Counter, deque
from collections.abc import Iterator

import msgspec
import pytest

from domain.ids import OrderRef
from domain.messages import OrderRejected, OrderUnanswered, RejectReason
from domain.orders import Side
from oms.order_states import is_open
from tests.simulation.planted import planted
from tests.venues.conformance.bench import MS, SECOND, Bench, Counted, Seat
from tests.venues.conformance.seats import BETFAIR, KALSHI, KALSHI_FIX, MATCHBOOK

TICK_MS = 10
TOO_MANY = b" 429 ", b"TOO_MANY_REQUESTS"
"""How a venue says that it was asked too often: the status of an answer, and Betfair's own word."""


class Soak(msgspec.Struct, frozen=True):
    """Acts in a second, about three times what the venue takes of them, and for how long."""

    seat: Seat
    per_second: int
    seconds: int


SOAKS = (Soak(BETFAIR, 3_000, 3), Soak(KALSHI, 90, 20), Soak(KALSHI_FIX, 90, 20), Soak(MATCHBOOK, 150, 61))
"""Matchbook counts by the minute, the others by the second."""


class Load:
    """Five placements and a cancel of what rests, again and again, and how long each cancel took to be proven."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.placed: deque[OrderRef] = deque()
        self.asked_ns: dict[OrderRef, int] = {}
        self.waits_ns: list[int] = []
        self.acts = 0

    def act(self) -> None:
        """The next placement or cancel."""
        self.acts += 1
        if self.acts % 6:
            self.placed.append(self.bench.place(f"s{self.acts}", Side.BACK, 2, 0.25))
        elif (ref := self._resting()) is not None:
            self.asked_ns[ref] = self.bench.now
            self.bench.cancel(ref)

    def look(self) -> None:
        """Take the time of every cancel that is proven by now."""
        for ref, asked_ns in [*self.asked_ns.items()]:
            if not is_open(self.bench.order(ref)):
                self.waits_ns.append(self.bench.now - asked_ns)
                del self.asked_ns[ref]

    def _resting(self) -> OrderRef | None:
        """The oldest order that was accepted and that nobody asked to cancel."""
        for _ in range(len(self.placed)):
            order = self.bench.order(self.placed[0])
            if not (order.acked or order.rejected):
                return None
            self.placed.popleft()
            if is_open(order):
                return order.ref
        return None


@pytest.fixture
def refusals() -> Iterator[list[bytes]]:
    """Whatever venues wrote to say that they were asked too often."""
    found: list[bytes] = []

    def reading(received: object) -> object:
        def read(peer: Counted, data: bytes, now_ns: int) -> None:
            if any(word in data for word in TOO_MANY):
                found.append(data)
            received(peer, data, now_ns)  # type: ignore[operator]  # the method itself

        return read

    with planted(Counted, "received", reading):
        yield found


@pytest.mark.parametrize("soak", SOAKS, ids=lambda soak: soak.seat.name)
def test_demand_22_three_times_the_load_is_refused_here_and_never_there(soak: Soak, refusals: list[bytes]) -> None:
    """Demand 22: a soak at three times the load gives no 429 of the venue's, and no cancel waits for 250 ms."""
    bench = Bench(soak.seat)
    load = Load(bench)
    began = bench.now
    while bench.now - began < soak.seconds * SECOND:
        while load.acts < (bench.now - began) * soak.per_second // SECOND:
            load.act()
        bench.run(TICK_MS)
        load.look()
    bench.run(250)
    load.look()
    ends = Counter(fact.reason for fact in bench.desk.told if isinstance(fact, OrderRejected))
    assert refusals == []
    assert not [fact for fact in bench.desk.told if isinstance(fact, OrderUnanswered)]
    ours = ends[RejectReason.RATE_LIMIT] + ends[RejectReason.NOT_SENT]
    assert ours > load.acts / 2, "it was three times the load"
    assert not load.asked_ns, "no cancel waits"
    assert max(load.waits_ns) < 250 * MS
