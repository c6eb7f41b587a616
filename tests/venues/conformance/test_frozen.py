"""How long a feed that stands still behind its heartbeats is traded on: at most what each venue's page says."""

import pytest

from domain.orders import Side
from tests.venues.conformance.bench import Bench, Seat
from tests.venues.conformance.seats import BETFAIR, KALSHI, KALSHI_FIX_BOOKS, MATCHBOOK_PUSHED
from venues.sim.faults import Danger, Profile, Strike

STATED_MS = {BETFAIR.name: 1_300, KALSHI.name: 3_000, KALSHI_FIX_BOOKS.name: 3_000, MATCHBOOK_PUSHED.name: 4_000}
"""Of `docs/betfair.md`, `docs/kalshi.md` and `docs/matchbook_feed.md`."""

FREEZE = Profile(
    "frozen",
    planned=(Strike(Danger.FEED_FROZEN, doing="books"),),
    frozen_ms=(30_000, 30_000),
    delay_ms=(1, 1),
)


def wrong_ms(seat: Seat, phase_ms: int) -> int:
    """How long a book could be traded on that was not the exchange's, where the feed stops at this moment."""
    bench = Bench(seat)
    bench.crowd(Side.BACK, 4, 0.4)
    bench.run(3_000 + phase_ms)
    bench.desk.wrong_ms = 0
    bench.faults.profile = FREEZE
    bench.crowd(Side.BACK, 3, 0.5)
    bench.run(20_000)
    assert bench.faults.fired[Danger.FEED_FROZEN] == 1
    return bench.desk.wrong_ms


@pytest.mark.parametrize("seat", [BETFAIR, KALSHI, KALSHI_FIX_BOOKS, MATCHBOOK_PUSHED], ids=lambda seat: seat.name)
def test_a_feed_that_stands_still_behind_its_heartbeats_is_traded_on_no_longer_than_is_stated(seat: Seat) -> None:
    worst = max(wrong_ms(seat, phase_ms) for phase_ms in (0, 130, 420, 770, 1_900))
    assert 0 < worst <= STATED_MS[seat.name]
