"""Groups, expiries and emptying for orders that go over FIX: the same switches as over REST."""

from typing import Any

import pytest

from domain.amending import AmendAccepted, AmendOrder
from domain.messages import OrderAccepted, OrderRejected, OrderReported, RejectReason
from domain.orders import OrderState, Side, TimeInForce
from domain.venue_notes import FuseState, FuseTold
from oms.order_states import state_of
from tests.venues.kalshi.fix.test_with_fake import NAMES, line
from tests.venues.kalshi.test_switches import Watched, opened, quotes, resting, several
from tests.venues.kalshi.test_with_fake import BOOK, R1, cancel, folded, of, place
from tests.venues.kalshi.venue import HOME
from venues.kalshi.fix.settings import FixSettings

ORDERS = "/portfolio/events/orders"


def opened_by_fix(**changes: Any) -> Watched:
    """An adapter whose orders go over FIX and outlive their session, up, on an exchange of one shard."""
    fix = FixSettings(orders=line(), heartbeat_s=4, cancel_on_disconnect=False)
    return opened(options={"fix_key_ids": NAMES}, order_entry="fix", fix=fix, **changes)


def test_an_order_over_fix_goes_into_the_group_of_its_shard() -> None:
    both = opened_by_fix(group_contracts=20)
    assert of(both.send(place()), OrderAccepted)
    (group,) = both.world.books.groups.by_id.values()
    assert [own.client_id for own in group.orders] == [R1]
    assert not [path for method, path in both.asked if path == ORDERS], "none went by request"


def test_a_group_that_was_matched_too_fast_takes_out_what_went_over_fix() -> None:
    both = opened_by_fix(group_contracts=10, group_reset_s=20)
    both.send(place())
    both.send(place("abc-2", price=3_000))
    both.world.crowd("ann ask 10 @ 47")
    told = both.run(200)
    assert [fact.state for fact in of(told, FuseTold)] == [FuseState.BLOWN]
    lapsed = {fact.ref: fact.lapsed_micros for fact in of(told, OrderReported) if fact.closed}
    assert lapsed["abc-2"] == 10_000_000, "it is not our own will"
    assert not resting(both)
    (no,) = of(both.send(place("abc-3")), OrderRejected)
    assert no.reason is RejectReason.MARKET_SUSPENDED
    assert both.venue.tokens(both.now) == 0
    both.run(21_000)
    assert of(both.send(place("abc-4")), OrderAccepted)


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_group_blown_or_gone_while_nobody_listened_is_known_by_the_first_refusal(is_gone: bool) -> None:
    both = opened_by_fix(group_contracts=10)
    groups = both.world.books.groups
    (group,) = groups.by_id.values()
    group.is_triggered = True
    if is_gone:
        groups.by_id.clear()
    told = both.send(place())
    assert of(told, OrderRejected)
    assert [fact.state for fact in of(told, FuseTold)][-1] is (FuseState.ARMED if is_gone else FuseState.BLOWN)
    assert bool(of(both.send(place("abc-2")), OrderAccepted)) is is_gone


def test_what_rests_over_fix_is_kept_alive_in_its_place_and_ends_by_itself_when_we_are_gone() -> None:
    both = opened_by_fix(expires_s=20)
    both.send(place())
    both.world.crowd("bob bid 5 @ 47")
    both.run(60_000)
    assert resting(both) == [R1]
    (own,) = both.world.books.records.by_id.values()
    queue = both.world.exchange.floor.markets[HOME].selections
    assert own.order.number == min(n for one in queue.values() for n in one.books[Side.BACK].queues[4_700].orders)
    assert 4 <= len([path for method, path in both.asked if path.endswith("/amend")]) <= 9
    both.venue.stop(both.now)
    both.world.pass_ms(21_000)
    assert resting(both) == []


def test_a_renewal_that_the_venue_does_not_take_lets_the_order_lapse() -> None:
    both = opened_by_fix(expires_s=20)
    both.send(place())
    both.world.books.trading_active = False
    told = both.run(25_000)
    (last, *_) = [fact for fact in of(told, OrderReported) if fact.closed]
    assert (last.lapsed_micros, last.cancelled_micros) == (10_000_000, 0)
    assert state_of(folded(place(), [*told])) is OrderState.LAPSED


def test_a_change_of_an_order_that_ends_by_itself_goes_by_request_and_keeps_its_expiry() -> None:
    both = opened_by_fix(expires_s=20)
    both.send(place())
    amend = AmendOrder(
        ref=R1, request="a1", price=4_600, size_micros=10_000_000, successor=None, instrument=BOOK, side=Side.BACK,
        old_price=4_700, old_size_micros=10_000_000, remaining_micros=10_000_000, matched_micros=0, cancels=False,
    )  # fmt: skip
    assert of(both.send(amend), AmendAccepted)
    both.run(60_000)
    (own,) = both.world.books.records.resting()
    assert (own.order.price, own.expires_s > 0) == (4_600, True)
    both.send(cancel(R1, "c1"))
    assert resting(both) == []


def test_a_taker_over_fix_has_no_expiry() -> None:
    both = opened_by_fix(expires_s=20)
    taker = place(tif=TimeInForce.IMMEDIATE, price=6_000, size_micros=1_000_000)
    assert {fact.matched_micros for fact in of(both.send(taker), OrderReported) if fact.closed} == {1_000_000}
    assert [own.expires_s for own in both.world.books.records.by_id.values()] == [0]


def test_the_venue_is_emptied_of_what_went_over_fix_by_blowing_the_groups() -> None:
    both = opened_by_fix(group_contracts=50)
    several(both, quotes(6))
    both.run(1_000)
    both.asked.clear()
    (group,) = both.world.books.groups.by_id
    told = several(both, [cancel(one.ref, f"c{n}") for n, one in enumerate(quotes(6))], emptying=True, ms=4_000)
    assert not resting(both)
    assert both.writes() == [("PUT", f"/portfolio/order_groups/{group}/trigger")]
    closed = {fact.ref: fact.cancelled_micros for fact in of(told, OrderReported) if fact.closed}
    assert closed == {one.ref: 1_000_000 for one in quotes(6)}, "each is known to be cancelled by us"
