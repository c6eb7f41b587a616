"""A day's sums over a resumption: what a day has lost and matched is neither forgotten nor kept for ever.

The next process may run on a machine that has just been started, or on one that has run for a year: its monotonic
clock says nothing of the last one's. Both say how far the wall clock is ahead of it, and that tells how much time
lies in between.
"""

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.ids import OrderRef, SelectionId
from domain.markets import Result
from domain.messages import MarketSettled, RunResumed
from domain.orders import Side
from engine.replay import rebuild
from engine.state import State
from risk.windows import Rolling
from strategy.base import Wanted
from tests.builders import facts, place
from tests.engine.runs import ODDS, ONE, OPENING, STARTED, settlement
from tests.engine.streets import CONFIG, Hand, quote

SECOND = 1_000_000_000
HOUR = 3_600 * SECOND
EPOCH = 1_700_000_000 * SECOND


BOTH = 6_250_000, 6_250_000
"""Five pounds at 1.25 dollars: lost, and matched."""


def settled(statement: str) -> MarketSettled:
    return replace(settlement(-5, statement=statement), commission_micros=0, results={SelectionId("home"): Result.LOST})


class Lived:
    """A run whose machine has been up for so long; five pounds were matched there, and lost."""

    def __init__(self, up_h: float) -> None:
        self.now_ns = round(up_h * HOUR)
        self.wall_ns = EPOCH
        self.started = replace(STARTED, ahead_ns=self.wall_ns - self.now_ns)
        self.state = State(self.started)
        for body in (self.started, *OPENING[1:], place("BACK 5 @ 2.00", ref="t-1")):
            self.state.apply(body, self.now_ns)
        for body in (*facts("accept v1; fill f1 5 at 100", ref="t-1"), settled("s1")):
            self.state.apply(body, self.now_ns)
        assert self.sums() == BOTH

    def sums(self) -> tuple[int, int]:
        return self.state.lost.total(self.now_ns), self.state.turnover.total(self.now_ns)

    def later(self, hours: float) -> "Lived":
        self.now_ns += round(hours * HOUR)
        self.wall_ns += round(hours * HOUR)
        return self

    def resumed(self, up_h: float, gap_h: float) -> "Lived":
        """Another process takes over so much later, by the wall clock, where the monotonic one says this."""
        self.now_ns = round(up_h * HOUR)
        self.wall_ns += round(gap_h * HOUR)
        resumed = RunResumed(STARTED.run, STARTED.config_hash, ahead_ns=self.wall_ns - self.now_ns)
        self.state.apply(resumed, self.now_ns)
        return self


@pytest.mark.parametrize("after_h", [0.001, 9_000, 20_000])
def test_what_moved_before_a_resumption_moved_as_long_ago_by_the_new_clock(after_h: float) -> None:
    """Times that lie in the future would hold up the way back, and every look at a balance or an order, for months."""
    lived = Lived(9_000).later(1)
    for body in (place("BACK 5 @ 2.00", ref="t-2"), *facts("accept v2; fill f2 5 at 100", ref="t-2")):
        lived.state.apply(body, lived.now_ns)
    state = lived.resumed(after_h, gap_h=0.01).state
    moved_ns = lived.now_ns - 36 * SECOND
    listing = state.instruments[ODDS.id].listing
    against = partial(state.traded.against, Side.LAY, listing, state.markets[listing.market])
    assert against(since_ns=moved_ns - SECOND) == "t-2"
    assert against(since_ns=moved_ns + SECOND) is None
    assert abs(state.ledger.moved_ns[ONE] - moved_ns) < SECOND
    assert abs(state.blotter.orders.changed_ns[OrderRef("t-2")] - moved_ns) < SECOND


@pytest.mark.parametrize(("gap_s", "sent"), [(1, 0), (58, 0), (60, 1)])
@pytest.mark.parametrize("up_s", [1, 9_000 * 3_600])
def test_the_orders_of_a_minute_count_for_who_resumes_within_it(
    tmp_path: Path, up_s: int, gap_s: int, sent: int
) -> None:
    """A desk that ended and began again in a loop sent as many in each of its lives."""
    config = CONFIG.replace("[deciding", "market_orders_per_minute = 1\n[deciding", 1)
    config += "\n[[strategies]]\nname = 's'\nuses = 'a:B'\n"
    hand = Hand(tmp_path / "a", config).opened()
    hand.tell(*facts("report 0 lapsed 10 closed", hand.quoting(quote(202)).ref))
    again = Hand(tmp_path / "b", config, state=rebuild(hand.folder)[0])
    later_ns = round((up_s - 1) * SECOND) - gap_s * SECOND
    again.clock.advance_to(up_s * SECOND)
    again.street.note(RunResumed("trial", "c0ffee", ahead_ns=-later_ns))
    again.opened()
    again.wishes.wanted = Wanted(quotes=(quote(202),))
    again.tell(again.valued(0.5, sequence=3))
    assert len(again.places()) == sent


@pytest.mark.parametrize("before_h", [0.01, 30, 9_000])
@pytest.mark.parametrize("after_h", [0.001, 30.5, 9_000.5, 20_000])
def test_what_a_day_lost_and_matched_stands_after_a_resumption_for_the_rest_of_the_day(
    before_h: float, after_h: float
) -> None:
    lived = Lived(before_h).later(3).resumed(after_h, gap_h=0.5)
    assert lived.sums() == BOTH
    assert lived.later(20).sums() == BOTH
    assert lived.later(3).sums() == (0, 0)


@pytest.mark.parametrize("after_h", [0.001, 9_000, 20_000])
def test_what_is_a_day_old_is_not_held_against_who_resumes(after_h: float) -> None:
    assert Lived(9_000).resumed(after_h, gap_h=25.5).sums() == (0, 0)


@pytest.mark.parametrize("gap_h", [-0.2, -9_000])
def test_a_wall_clock_that_was_set_back_keeps_it_for_a_day_and_no_longer(gap_h: float) -> None:
    lived = Lived(9_000).resumed(0.001, gap_h=gap_h)
    assert lived.sums() == BOTH
    assert lived.later(23.9).sums() == BOTH
    assert lived.later(1.2).sums() == (0, 0)


def test_what_is_lost_after_a_resumption_adds_to_what_was_lost_before() -> None:
    lived = Lived(9_000).later(2).resumed(0.001, gap_h=0.1)
    for body in (place("BACK 2 @ 2.00", ref="t-2"), *facts("accept v2; fill f2 2 at 100", ref="t-2")):
        lived.state.apply(body, lived.now_ns)
    assert lived.sums()[1] == 8_750_000
    assert Lived(9_000).resumed(0.001, gap_h=0.1).resumed(40, gap_h=0.1).sums() == BOTH
    assert lived.later(23.9).sums()[1] == 2_500_000


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(-100, 100)), max_size=30), st.integers(-500, 500))
def test_a_sum_on_another_clock_leaves_when_it_would_have_left_or_a_part_later(
    steps: list[tuple[int, int]], by: int
) -> None:
    here, there, now = Rolling(240, parts=24), Rolling(240, parts=24), 1_000
    for wait, amount in steps:
        now += wait
        here.add(amount, now)
        there.add(amount, now)
    there.moved(by, now + by)
    assert there.total(now + by) == here.total(now)
    for later in range(0, 260, 10):
        there_then = there.total(now + by + later + 10)
        assert there_then in (here.total(now + later), here.total(now + later + 10))
