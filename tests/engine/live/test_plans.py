"""Plans as the desk is shown them: how far each leg is, and while one lacks, for how long and until when."""

from pathlib import Path

from desk.views import PlanRow
from domain.messages import OrderFilled
from domain.orders import Side
from engine.live.desk import LiveDesk
from tests.engine.answering import ALL, LOST
from tests.engine.test_planning import pair, street, want

UNIT = 1_000_000


def shown(desk: LiveDesk) -> PlanRow:
    (row,) = desk.rows("plans")
    assert isinstance(row, PlanRow)
    return row


def test_a_pair_that_came_whole_is_over_and_even(tmp_path: Path) -> None:
    hand = street(tmp_path)
    desk = LiveDesk(hand.street, hand.clock, run=hand.folder, strategies=[])
    want(hand, pair())
    row = shown(desk)
    assert (row.kind, row.strategy, row.state, row.is_over) == ("arbitrage", "s", "HEDGED", True)
    assert [leg.side for leg in row.legs] == [Side.BACK, Side.LAY]
    assert all(
        abs(micros - 40 * UNIT) < UNIT // 10 for leg in row.legs for micros in (leg.wanted_micros, leg.matched_micros)
    )
    assert (row.naked_since_ms, row.even_by_ms, len(row.refs), row.orders_open) == (0, 0, 2, 0)


def test_a_pair_of_which_the_second_half_is_unanswered_is_naked_since_the_first_came(tmp_path: Path) -> None:
    hand = street(tmp_path, ALL, LOST)
    desk = LiveDesk(hand.street, hand.clock, run=hand.folder, strategies=[])
    want(hand, pair())
    began_ms = desk.now_ms()
    assert any(isinstance(body, OrderFilled) for body in hand.records())
    hand.clock.advance_to(hand.clock.monotonic_ns() + 150 * UNIT)
    row = shown(desk)
    assert (row.is_over, row.rung, row.naked_since_ms) == (False, "follow", began_ms)
    assert row.even_by_ms == began_ms + 1_600, "400 and 400 and 800 ms of its ladder"
    assert row.uneven_micros > 39 * UNIT
    assert 0 < row.loss_if_carried_micros < row.carry_max_micros
