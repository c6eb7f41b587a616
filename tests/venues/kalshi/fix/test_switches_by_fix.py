"""Groups, expiries and emptying for orders that go over FIX, where they are not as over REST."""

import pytest

from domain.amending import AmendAccepted, AmendOrder
from domain.messages import OrderAccepted, OrderRejected, OrderReported
from domain.orders import Side, TimeInForce
from domain.venue_notes import FuseState, FuseTold
from tests.venues.kalshi.test_switches import opened_by_fix, quotes, resting, several
from tests.venues.kalshi.test_with_fake import BOOK, R1, cancel, of, place

ORDERS = "/portfolio/events/orders"


def test_an_order_over_fix_goes_into_the_group_of_its_shard() -> None:
    both = opened_by_fix(group_contracts=20)
    assert of(both.send(place()), OrderAccepted)
    (group,) = both.world.books.groups.by_id.values()
    assert [own.client_id for own in group.orders] == [R1]
    assert not [path for method, path in both.asked if path == ORDERS], "none went by request"


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
