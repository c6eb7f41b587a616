"""What users of other systems asked for of sockets that look connected and are dead: demand 20, line by line.

The other end is gone and nobody is told; what is written vanishes. Each line is judged in two of the engine's rounds,
from the first bytes that vanished until a new line stands and both sides' books and orders are one again.
"""

import pytest

from domain.orders import Side
from engine.config import ReconSettings
from tests.venues.conformance.bench import MS, SECOND, Bench, Seat
from tests.venues.conformance.seats import SEATS
from tests.venues.conformance.test_troubles import ports_of
from venues.sim.faults import Danger, Profile, Strike

STEP_MS = 50
TWO_ROUNDS_MS = 2 * ReconSettings().every_s * 1_000
ANSWER_MS = {"Kalshi": 10_000, "Matchbook": 10_000}
"""A line for requests has no sign of life but an answer, and a question is given up after `query_ms`: at these venues
that alone takes two rounds, and the new line comes behind it."""
NEW_LINE_MS = 250
"""To dial, and to have the first answer."""


def bound_ms(seat: Seat, port: str) -> int:
    """The longest that a dead line of a seat may stay, until all is well again."""
    answer_ms = ANSWER_MS.get(seat.name.partition(",")[0], 0) if port == "rest" else 0
    return max(TWO_ROUNDS_MS, answer_ms + NEW_LINE_MS if answer_ms else 0)


def recovered_in(bench: Bench, port: str) -> int:
    """Milliseconds from the first bytes that vanish until the line is another and no doubt is left."""
    host, began, struck = f"{bench.name}.{port}", bench.now, 0
    dials = 0
    while bench.now - began < 60 * SECOND:
        dialled = [name for name, _ in bench.dials].count(host)
        if not struck and bench.faults.fired[Danger.HALF_OPEN]:
            struck, dials = bench.now, dialled
        if struck and dialled > dials and not bench.doubts():
            return (bench.now - struck) // MS + STEP_MS
        bench.run(STEP_MS)
    raise AssertionError(f"{host}: {'still in doubt: ' + bench.doubts() if struck else 'nothing was written'}")


@pytest.mark.parametrize("skip", [0, 1, 3, 7])
@pytest.mark.parametrize(("seat", "port"), [(seat, port) for seat in SEATS for port in ports_of(seat)], ids=str)
def test_demand_20_a_line_whose_other_end_is_gone_is_replaced_within_two_rounds(
    seat: Seat, port: str, skip: int
) -> None:
    """Demand 20: the sign of life that each venue gives fails, and a new line stands before two rounds are over."""
    bench = Bench(seat)
    bench.place("a", Side.BACK, 2, 0.25, ms=2_000)
    strike = Strike(Danger.HALF_OPEN, venue=f"{bench.name}.{port}:", skip=skip)
    bench.faults.profile = Profile("half open", planned=(strike,))
    bench.crowd(Side.LAY, 2, 0.2)
    assert recovered_in(bench, port) <= bound_ms(seat, port)
