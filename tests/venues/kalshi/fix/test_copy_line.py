"""The drop copy: what the session of order entry told is told again out of the venue's own record, and what it lost."""

from typing import Any

import pytest

from domain.messages import OrderFilled, OrderReported
from domain.orders import Evidence, OrderState
from oms.order_states import state_of
from tests.venues.kalshi.fix.test_with_fake import NAMES, cut_fix, line, together
from tests.venues.kalshi.test_with_fake import Together, cancel, folded, of, place
from venues.kalshi.fake.fix import FixConnection
from venues.kalshi.fix.copy_line import CopyLine
from venues.kalshi.fix.reports import exec_moment


def copied(told: list[Any]) -> list[OrderReported]:
    return [fact for fact in of(told, OrderReported) if fact.evidence is Evidence.DROP_COPY]


def with_copy(**fix: Any) -> Together:
    return together(fix={"copy": line(1), "copy_every_s": 5} | fix)


def copy_line(both: Together) -> CopyLine:
    found = both.venue._fix._copy
    assert found is not None
    return found


def test_a_match_and_an_end_are_told_again_as_a_stronger_word() -> None:
    both = with_copy()
    order = place()
    told = both.send(order)
    both.world.crowd("ann ask 4 @ 47")
    told += both.run(100)
    told += both.send(cancel())
    assert copied(told) == []
    later = both.run(6_000)
    assert [(one.matched_micros, one.closed) for one in copied(later)] == [(4_000_000, False), (4_000_000, True)]
    known = folded(order, [*told, *later])
    assert state_of(known) is OrderState.CLOSED_PARTIAL
    assert (known.matched_micros, known.cost_micros, known.unattributed_micros) == (4_000_000, 1_880_000, 0)
    assert not known.suspect


def test_what_was_told_is_asked_for_no_more() -> None:
    both = with_copy()
    both.send(place())
    for _ in range(3):
        both.world.crowd("ann ask 3 @ 47")
    both.run(6_000)
    assert len(copied(both.run(6_000))) <= 1, "only the last report is told again, for it is where the question begins"
    assert copy_line(both).questions_refused == 0


def test_a_match_that_was_lost_with_the_connection_is_found_when_it_stands_again() -> None:
    both = with_copy(cancel_on_disconnect=False, copy_every_s=3_600)
    order = place()
    told = both.send(order)
    cut_fix(both)
    both.world.crowd("ann ask 10 @ 47")
    lost = both.run(1)
    assert [one for one in of(lost, OrderReported) if one.evidence is Evidence.DROP_COPY] == []
    later = both.run(8_000)
    assert copied(later)[-1].matched_micros == 10_000_000
    alone = [fact for fact in (*told, *later) if not isinstance(fact, OrderFilled)]
    assert state_of(folded(order, alone)) is OrderState.FILLED


def test_nothing_is_asked_before_there_is_a_name_to_begin_at() -> None:
    both = with_copy()
    both.run(20_000)
    assert copy_line(both).questions_refused == 0


def test_a_record_that_reaches_not_so_far_back_is_asked_from_the_next_report_on() -> None:
    both = with_copy()
    both.world.fake.fix.room.archive.lookback_ns = 20_000_000_000
    both.send(place())
    both.run(30_000)
    both.send(place("abc-2"))
    both.run(6_000)
    assert copy_line(both).questions_refused >= 1
    both.send(cancel("abc-2"))
    assert copied(both.run(6_000))


def test_a_listener_tells_the_same_at_once() -> None:
    both = together(fix={"listener": line(1)})
    order = place()
    told = both.send(order)
    both.world.crowd("ann ask 4 @ 47")
    told += both.run(100)
    assert [one.matched_micros for one in copied(told)] == [4_000_000]
    told += both.send(cancel())
    known = folded(order, told)
    assert (known.matched_micros, known.cancelled_micros, known.suspect) == (4_000_000, 6_000_000, False)


def test_a_listener_that_is_gone_stops_nothing() -> None:
    both = together(fix={"listener": line(1)})
    for end in both.pipes.ends:
        seat = end.to._seat if end.is_open and isinstance(end.to, FixConnection) else None
        if seat is not None and seat._key == NAMES[1]:
            end.is_open = end.other.is_open = False
            end.other.to.closed("cut", both.world.now_ns)
            end.to.closed("cut", both.world.now_ns)
    assert both.venue.tokens(both.world.now_ns) > 0
    both.run(5_000)
    both.send(place())
    both.world.crowd("ann ask 4 @ 47")
    assert copied(both.run(100))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("4;7", (0, 4, 7)),
        ("4;7;3", (3, 4, 7)),
        ("-1;-1", None),
        ("", None),
        ("4", None),
        ("4;7;3;1", None),
        ("4;x", None),
        ("4; 7", None),
        ("٤;٧", None),
    ],
)
def test_names_of_reports_rise_on_each_shard(text: str, moment: tuple[int, int, int] | None) -> None:
    assert exec_moment(text) == moment
