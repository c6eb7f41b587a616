"""Orders over FIX: adapter and simulated exchange face to face, every byte between them, time by hand."""

from typing import Any

import pytest

from domain.messages import (
    CancelAccepted,
    CancelRefused,
    CancelUnanswered,
    Channel,
    ChannelChanged,
    OrderAbsent,
    OrderAccepted,
    OrderFilled,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
    QueryOrder,
    QueryVenue,
    RejectReason,
    VenueReported,
)
from domain.orders import OrderState, Side, TimeInForce
from oms.order_states import state_of
from tests.venues.kalshi.test_with_fake import Together, cancel, folded, of, place
from tests.venues.kalshi.venue import KEY_ID
from venues.base import Endpoint
from venues.kalshi.fake.fix import FixConnection
from venues.kalshi.fake.options import Tier
from venues.kalshi.fix.settings import FixLine, FixSettings
from venues.secret import Secret
from venues.sim import lifecycle
from venues.sim.faults import Danger, Profile

NAMES = tuple(f"{KEY_ID[:-1]}{n}" for n in range(3))
FIX = Endpoint("fix", 8228, False)


def line(n: int = 0) -> FixLine:
    return FixLine(endpoint=FIX, key_id=Secret(NAMES[n]))


def together(
    *args: Any,
    fix: dict[str, Any] | None = None,
    words: dict[str, Any] | None = None,
    is_started: bool = True,
    **options: Any,
) -> Together:
    base: dict[str, Any] = {"orders": line(), "heartbeat_s": 4}
    settings = {"order_entry": "fix", "fix": FixSettings(**base | (fix or {}))} | (words or {})
    both = Together(*args, settings=settings, fix_key_ids=NAMES, **options)
    if is_started:
        both.run(2_000)
    return both


@pytest.fixture
def both() -> Together:
    return together()


def cut_fix(both: Together) -> None:
    """Every FIX connection breaks, and no other."""
    for end in both.pipes.ends:
        if end.is_open and isinstance(end.to, FixConnection):
            end.is_open = end.other.is_open = False
            end.to.closed("cut", both.world.now_ns)
            end.other.to.closed("cut", both.world.now_ns)


def test_orders_stand_when_stream_and_session_do() -> None:
    both = together(is_started=False)
    ups = [fact for fact in of(both.run(2_000), ChannelChanged) if fact.channel is Channel.ORDERS]
    assert [fact.up for fact in ups][-1] is True
    assert both.venue.tokens(both.world.now_ns) > 0


def test_a_quiet_session_stays_alive(both: Together) -> None:
    assert of(both.run(90_000), ChannelChanged) == []


def test_a_resting_order_is_accepted_filled_in_parts_and_cancelled(both: Together) -> None:
    order = place()
    told = both.send(order)
    assert of(told, OrderAccepted)[0].venue_order_id
    both.world.crowd("ann ask 4 @ 47")
    told += both.run(100)
    both.world.crowd("ann ask 2 @ 47")
    told += both.run(100)
    reports = of(told, OrderReported)
    assert reports[-1].matched_micros == 6_000_000
    assert reports[-1].cost_micros == 2_820_000
    told += both.send(cancel())
    (gone,) = of(told, CancelAccepted)
    assert gone.size_micros == 4_000_000
    known = folded(order, told)
    assert (known.matched_micros, known.cancelled_micros, known.unattributed_micros) == (6_000_000, 4_000_000, 0)
    assert state_of(known) is OrderState.CLOSED_PARTIAL
    assert not known.suspect


def test_a_match_is_counted_once_whichever_way_is_first(both: Together) -> None:
    order = place()
    both.world.crowd("ann ask 10 @ 47")
    told = both.send(order)
    assert {fill.fill.size_micros for fill in of(told, OrderFilled)} == {10_000_000}
    assert of(told, OrderReported)[-1].fee_micros is not None
    for facts in (told, told[::-1], [*told, *told]):
        known = folded(order, facts)
        assert (known.matched_micros, known.cost_micros, state_of(known)) == (10_000_000, 4_700_000, OrderState.FILLED)


def test_an_immediate_order_is_over_at_once(both: Together) -> None:
    both.world.crowd("ann ask 4 @ 47")
    order = place(tif=TimeInForce.IMMEDIATE)
    known = folded(order, both.send(order))
    assert (known.matched_micros, known.cancelled_micros) == (4_000_000, 6_000_000)


def test_a_lay_costs_what_yes_costs(both: Together) -> None:
    both.world.crowd("ann bid 10 @ 60")
    order = place(side=Side.LAY, price=5_500)
    known = folded(order, both.send(order))
    assert (known.claims_micros, known.cost_micros) == (10_000_000, 6_000_000)


def test_a_cancel_may_follow_its_order_before_any_answer(both: Together) -> None:
    both.venue.send(place(), both.world.now_ns)
    told = both.send(cancel())
    assert of(told, CancelAccepted)[0].size_micros == 10_000_000


def test_a_cancel_that_lost_the_race_is_refused(both: Together) -> None:
    order = place()
    told = both.send(order)
    both.venue.send(cancel(), both.world.now_ns)
    both.world.crowd("ann ask 10 @ 47")
    told += both.run(100)
    assert of(told, CancelRefused)[0].reason is RejectReason.NOT_RESTING
    assert state_of(folded(order, told)) is OrderState.FILLED


@pytest.mark.parametrize(
    ("changes", "prepare", "reason"),
    [
        ({"size_micros": 9_000_000_000}, None, RejectReason.INSUFFICIENT_FUNDS),
        ({}, lifecycle.suspend, RejectReason.MARKET_SUSPENDED),
        ({}, lifecycle.close, RejectReason.MARKET_CLOSED),
    ],
)
def test_a_refusal_has_its_reason(both: Together, changes: dict, prepare: Any, reason: RejectReason) -> None:
    if prepare is not None:
        both.at_exchange(prepare)
    both.venue.send(place(**changes), both.world.now_ns)
    (refused,) = of(both.run(100), OrderRejected)
    assert refused.reason is reason


def test_an_order_of_a_spent_name_is_asked_about(both: Together) -> None:
    order = place()
    both.send(order)
    told = both.send(order)
    assert of(told, OrderRejected) == []
    assert of(told, OrderAccepted)


def test_a_lost_connection_cancels_and_leaves_nothing_unknown(both: Together) -> None:
    order = place()
    told = both.send(order)
    both.pipes.cut()
    told += both.run(5_000)
    downs = [fact.up for fact in of(told, ChannelChanged) if fact.channel is Channel.ORDERS]
    assert downs == [False, True]
    told += both.send(QueryVenue(both.venue.capabilities.venue), 2_000)
    assert of(told, VenueReported)[-1].orders == ()
    assert state_of(folded(order, told)) in (OrderState.LAPSED, OrderState.OPEN)
    assert both.world.books.records.resting() == []


def test_an_order_on_its_way_when_the_line_breaks_is_unknown(both: Together) -> None:
    both.venue.send(place(), both.world.now_ns)
    both.pipes.cut()
    assert of(both.run(10), OrderUnanswered)


def test_a_cancel_on_its_way_when_the_line_breaks_is_unanswered(both: Together) -> None:
    both.send(place())
    both.venue.send(cancel(), both.world.now_ns)
    both.pipes.cut()
    assert of(both.run(10), CancelUnanswered)


def test_without_a_session_orders_are_refused_and_cancels_go_by_request() -> None:
    both = together(fix={"cancel_on_disconnect": False})
    both.send(place())
    cut_fix(both)
    both.pipes.deliver()
    assert both.venue.tokens(both.world.now_ns) == 0
    both.venue.send(place("abc-2"), both.world.now_ns)
    both.venue.send(cancel(), both.world.now_ns)
    told = both.run(100)
    assert of(told, OrderRejected)[0].reason is RejectReason.NOT_SENT
    assert of(told, CancelAccepted)[0].size_micros == 10_000_000


def test_a_budget_that_is_used_up_refuses_orders_and_lets_cancels_wait() -> None:
    both = together(tier=Tier(read_rate=500, read_capacity=500, write_rate=20, write_capacity=100))
    refs = [f"abc-{n}" for n in range(3, 40)]
    for ref in refs:
        both.venue.send(place(ref), both.world.now_ns)
    told = both.run(50)
    refused = [one.ref for one in of(told, OrderRejected)]
    assert {one.reason for one in of(told, OrderRejected)} == {RejectReason.RATE_LIMIT}
    accepted = [ref for ref in refs if ref not in refused]
    for ref in accepted:
        both.venue.send(cancel(ref, f"{ref}-c1"), both.world.now_ns)
    assert len(of(both.run(20_000), CancelAccepted)) == len(accepted)


def profile(danger: Danger, rate: int = 1_000_000) -> Profile:
    return Profile("planted", {danger: rate})


def test_an_order_that_was_taken_as_if_nobody_knew_is_unknown_and_then_found(both: Together) -> None:
    both.world.faults.profile = profile(Danger.DONE_BUT_5XX)
    order = place()
    told = both.send(order)
    assert of(told, OrderUnanswered)
    both.world.faults.profile = Profile("none")
    known = folded(order, told + both.send(cancel()))
    assert (known.cancelled_micros, known.unknown) == (10_000_000, False)


def test_an_order_whose_answer_is_cut_off_is_unknown() -> None:
    both = together()
    both.world.faults.profile = profile(Danger.REPLY_LOST)
    both.venue.send(place(), both.world.now_ns)
    told = both.run(1)
    assert of(told, OrderUnanswered)


def test_a_throttled_order_is_refused_with_that_reason(both: Together) -> None:
    both.world.faults.profile = profile(Danger.THROTTLED)
    both.venue.send(place(), both.world.now_ns)
    assert of(both.run(50), OrderRejected)[0].reason is RejectReason.RATE_LIMIT


def test_an_order_that_comes_late_is_not_called_absent_before_it_can_no_longer_come(both: Together) -> None:
    both.venue.send(place(), both.world.now_ns)
    both.pipes._mail.clear()  # it stays on its way
    told = both.send(QueryOrder(place().ref), 6_000)
    assert of(told, OrderUnanswered)
    assert of(told, OrderAbsent) == []
    both.run(25_000)
    assert of(both.send(QueryOrder(place().ref), 1_000), OrderAbsent) == []
    both.run(5_000)
    assert of(both.send(QueryOrder(place().ref), 1_000), OrderAbsent)
