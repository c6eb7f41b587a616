"""Several cancels in one request: by ids, never bare, and a question about each that the answer does not list."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import OrderRef
from domain.messages import CancelAccepted, CancelOrder, CancelRefused, CancelUnanswered, RejectReason
from oms import order_states
from tests.venues.matchbook.desk import OFFERS, Desk, errors, offer, place
from tests.venues.matchbook.rig import Rig
from venues.base import TakesSeveral
from venues.matchbook.emptying import IDS_MAX
from venues.matchbook.offers_codec import cancels_path


def resting(count: int) -> Desk:
    desk = Desk().trading()
    for n in range(count):
        desk.venue.send(place(f"t-{n}"), desk.now)
        desk.answer(OFFERS, {"offers": [offer(f"t-{n}", id=9000 + n)]}, method="POST")
        desk.wait(500)
    desk.told.clear()
    return desk


def cancel(desk: Desk, *refs: str) -> None:
    cancels = [CancelOrder(OrderRef(ref), f"{ref}-c") for ref in refs]
    assert isinstance(desk.venue, TakesSeveral)
    desk.venue.send_several(cancels, desk.now, emptying=True)


def test_offers_of_known_ids_are_cancelled_in_one_request_in_whatever_order_it_lists_them() -> None:
    desk = resting(3)
    cancel(desk, "t-0", "t-1", "t-2")
    (asked,) = [one for one in desk.read() if one.method == "DELETE"]
    assert (asked.path, asked.query) == (OFFERS, {"offer-ids": "9000,9001,9002"})
    gone = [offer(f"t-{n}", id=9000 + n, status="cancelled") for n in (2, 0, 1)]
    desk.reply(asked, {"offers": gone})
    assert {one.ref for one in desk.told_of(CancelAccepted)} == {"t-0", "t-1", "t-2"}


def test_an_offer_that_the_answer_leaves_out_is_asked_for_by_itself() -> None:
    desk = resting(2)
    cancel(desk, "t-0", "t-1")
    desk.answer(OFFERS, {"offers": [offer("t-0", id=9000, status="cancelled")]}, method="DELETE")
    told = desk.told_of(CancelAccepted, CancelUnanswered)
    assert [(type(one), one.ref) for one in told] == [(CancelAccepted, "t-0"), (CancelUnanswered, "t-1")]
    assert [one.path for one in desk.read() if one.path.endswith("/9001")], "it was matched before, perhaps"


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (errors("no"), 400, CancelUnanswered),
        (errors("down"), 500, CancelUnanswered),
        (b"<html>", 503, CancelUnanswered),
        (errors("too many"), 429, CancelRefused),
        ({"offers": [{"id": 9000, "errors": [{"messages": ["gone"]}]}]}, 400, CancelUnanswered),
    ],
)
def test_an_answer_that_cancels_nothing_refuses_nothing_but_what_was_not_looked_at(
    body: Any, status: int, kind: type
) -> None:
    desk = resting(2)
    cancel(desk, "t-0", "t-1")
    desk.answer(OFFERS, body, status, method="DELETE")
    told = desk.told_of(CancelAccepted, CancelRefused, CancelUnanswered)
    assert [type(one) for one in told] == [kind, kind]
    assert kind is not CancelRefused or {one.reason for one in told} == {RejectReason.RATE_LIMIT}


@given(ids=st.lists(st.integers(1, 10**19).map(str), max_size=5))
def test_a_cancel_of_several_never_means_the_whole_account(ids: list[str]) -> None:
    if not ids:
        with pytest.raises(AssertionError):
            cancels_path(ids)
    else:
        assert cancels_path(ids) == f"{OFFERS}?offer-ids={','.join(ids)}"


def test_a_hundred_offers_are_gone_at_once_within_a_budget_of_ten_requests() -> None:
    rig = Rig()
    rig.run(3_000)
    refs = [f"t-{n}" for n in range(2 * IDS_MAX)]
    for ref in refs:
        rig.place("BACK 1 @ 2.6", ref=ref)
        rig.run(150)
    rig.run(2_000)
    assert sum(one.live for one in rig.world.fake.books.offers.offers.values()) == len(refs)
    rig.venue.send_several([CancelOrder(OrderRef(ref), f"{ref}-c") for ref in refs], rig.now, emptying=True)
    rig.run(100)
    assert not any(one.live for one in rig.world.fake.books.offers.offers.values())
    assert not any(order_states.is_open(order) for order in rig.orders.values())
