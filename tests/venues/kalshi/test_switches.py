"""What takes our orders out without us, and what does it at once: groups, expiries, batches, emptying."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.amending import AmendAccepted, AmendOrder
from domain.messages import (
    CancelAccepted,
    OrderAccepted,
    OrderFilled,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
    QueryOrder,
    RejectReason,
)
from domain.orders import OrderState, Side, TimeInForce
from domain.venue_notes import AttestationTold, FuseState, FuseTold, QueueTold
from oms.order_states import state_of
from tests.venues.kalshi.desk import YES1, Desk, created, settings
from tests.venues.kalshi.fix.test_with_fake import NAMES, line
from tests.venues.kalshi.test_with_fake import BOOK, R1, End, Together, cancel, folded, of, place
from tests.venues.kalshi.venue import EPOCH_MS, HOME
from venues.kalshi.fix.settings import FixSettings
from venues.switches import Switch

DAY_MS = 86_400_000


class Watched(Together):
    """An adapter and its exchange, and every request that went between them: method and path."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.asked: list[tuple[str, str]] = []
        heard = self.asked

        class Ear(End):
            def write(self, data: bytes) -> None:
                lines = (
                    line.decode("latin-1").split(" ") for line in data.split(b"\r\n") if line.endswith(b" HTTP/1.1")
                )
                heard.extend(
                    (method, path.removeprefix("/trade-api/v2").partition("?")[0]) for method, path, _ in lines
                )
                super().write(data)

        super().__init__(*args, ends=Ear, **options)

    def writes(self) -> list[tuple[str, str]]:
        return [one for one in self.asked if one[0] != "GET"]


def opened(*, shard: int = 3, options: dict[str, Any] | None = None, **settings: Any) -> Watched:
    """An adapter with these settings, up, on an exchange of one shard."""
    both = Watched(settings={"queue_every_s": 0} | settings, shard=shard, **(options or {}))
    both.world.crowd("ann ask 50 @ 60")
    both.run(2_000)
    both.asked.clear()
    return both


def opened_by_fix(**changes: Any) -> Watched:
    """The same with orders that go over FIX, and outlive their session."""
    fix = FixSettings(orders=line(), heartbeat_s=4, cancel_on_disconnect=False)
    return opened(options={"fix_key_ids": NAMES}, order_entry="fix", fix=fix, **changes)


def several(both: Watched, commands: list[Any], *, emptying: bool = False, ms: float = 100) -> list[Any]:
    both.venue.send_several(commands, both.now, emptying=emptying)
    return both.run(ms)


def quotes(count: int, **changes: Any) -> list[Any]:
    return [place(f"abc-{n}", price=1_000 + 100 * n, size_micros=1_000_000, **changes) for n in range(1, count + 1)]


def resting(both: Watched) -> list[str]:
    return [own.client_id for own in both.world.books.records.resting()]


# --- groups ---


def test_orders_go_into_a_group_of_their_shard_which_is_made_first() -> None:
    both = Watched(settings={"group_contracts": 20, "queue_every_s": 0}, shard=3)
    assert [fact.state for fact in of(both.run(2_000), FuseTold)] == [FuseState.ARMING, FuseState.ARMED]
    assert of(both.send(place()), OrderAccepted)
    (group,) = both.world.books.groups.by_id.values()
    assert [own.client_id for own in group.orders] == [R1]


@pytest.mark.parametrize("begun", [opened, opened_by_fix])
def test_a_group_that_was_matched_too_fast_takes_everything_out_and_is_armed_again_later(
    begun: Callable[..., Watched],
) -> None:
    both = begun(group_contracts=10, group_reset_s=20)
    both.send(place())
    both.send(place("abc-2", price=3_000))
    both.world.crowd("ann ask 10 @ 47")
    told = both.run(200)
    assert [fact.state for fact in of(told, FuseTold)] == [FuseState.BLOWN]
    lapsed = {fact.ref: fact.lapsed_micros for fact in of(told, OrderReported) if fact.closed}
    assert lapsed["abc-2"] == 10_000_000, "it is not our own will"
    assert not resting(both)
    (no,) = of(both.send(place("abc-3")), OrderRejected)
    assert (no.reason, no.detail.partition(":")[0]) == (RejectReason.MARKET_SUSPENDED, "the order group is blown")
    assert both.venue.tokens(both.now) == 0
    assert [fact.state for fact in of(both.run(21_000), FuseTold)] == [FuseState.ARMED]
    assert of(both.send(place("abc-4")), OrderAccepted)


def test_a_group_blown_while_nobody_listened_is_known_by_the_first_refusal() -> None:
    both = opened(group_contracts=10)
    group = next(iter(both.world.books.groups.by_id.values()))
    group.is_triggered = True
    (no,) = of(both.send(place()), OrderRejected)
    assert no.reason is RejectReason.MARKET_SUSPENDED
    assert both.venue.tokens(both.now) == 0


def test_a_limit_that_somebody_changed_and_a_group_that_is_gone_are_put_right() -> None:
    both = opened(group_contracts=10)
    groups = both.world.books.groups
    (group,) = groups.by_id.values()
    groups.limit(group, 90_000_000, both.now)
    both.run(200)
    assert group.limit_micros == 10_000_000
    groups.delete(group, both.now)
    both.run(200)
    assert len(groups.by_id) == 1
    assert of(both.send(place()), OrderAccepted)


def test_what_happened_to_a_group_while_the_stream_was_down_is_looked_up() -> None:
    both = opened(group_contracts=10)
    groups = both.world.books.groups
    (group,) = groups.by_id.values()
    both.pipes.cut()
    group.limit_micros = 90_000_000
    both.run(5_000)
    assert group.limit_micros == 10_000_000


# --- expiries ---


@pytest.mark.parametrize("begun", [opened, opened_by_fix])
def test_what_rests_is_kept_alive_in_its_place_and_ends_by_itself_when_we_are_gone(
    begun: Callable[..., Watched],
) -> None:
    both = begun(expires_s=20)
    both.send(place())
    both.world.crowd("bob bid 5 @ 47")
    both.asked.clear()
    both.run(60_000)
    assert resting(both) == [R1]
    amends = [path for method, path in both.asked if method == "POST"]
    assert 4 <= len(amends) <= 9, amends
    own = both.world.books.records.by_id[next(iter(both.world.books.records.by_id))]
    queue = both.world.exchange.floor.markets[HOME].selections
    assert own.order.number == min(n for one in queue.values() for n in one.books[Side.BACK].queues[4_700].orders)
    both.venue.stop(both.now)
    both.world.pass_ms(21_000)
    assert resting(both) == []


@pytest.mark.parametrize("begun", [opened, opened_by_fix])
def test_an_order_that_could_not_be_renewed_lapses(
    begun: Callable[..., Watched],
) -> None:
    both = begun(expires_s=20)
    both.send(place())
    both.world.books.trading_active = False
    told = both.run(25_000)
    ends = {(fact.lapsed_micros, fact.cancelled_micros) for fact in of(told, OrderReported) if fact.closed}
    assert ends == {(10_000_000, 0)}
    assert state_of(folded(place(), [*told])) is OrderState.LAPSED


def test_a_renewal_tells_of_matches_and_never_brings_back_a_size_that_was_matched() -> None:
    both = opened(expires_s=20)
    both.send(place())
    both.world.crowd("ann ask 4 @ 47")
    told = both.run(40_000)
    assert (
        sum(fact.fill.size_micros for fact in {one.fill.id: one for one in of(told, OrderFilled)}.values()) == 4_000_000
    )
    own = both.world.books.records.resting()[0]
    assert (own.order.remaining_micros, own.order.size_micros) == (6_000_000, 10_000_000)


def test_a_change_carries_the_expiry_on_and_waits_for_a_renewal_that_may_still_land() -> None:
    both = opened(expires_s=20)
    both.send(place())
    amend = AmendOrder(
        ref=R1, request="a1", price=4_600, size_micros=10_000_000, successor=None, instrument=BOOK, side=Side.BACK,
        old_price=4_700, old_size_micros=10_000_000, remaining_micros=10_000_000, matched_micros=0, cancels=False,
    )  # fmt: skip
    kept = both.venue._orders.kept(R1)
    kept.renews_until_ms = EPOCH_MS + both.now // 1_000_000 + 500
    assert not of(both.send(amend), AmendAccepted)
    both.run(1_000)
    assert of(both.send(amend), AmendAccepted)
    both.run(60_000)
    (own,) = both.world.books.records.resting()
    assert own.order.price == 4_600, "no renewal puts the old price back"


# --- several at once ---


def test_more_orders_than_lines_go_in_one_request_and_each_has_its_own_answer() -> None:
    both = opened(connections=3)
    both.asked.clear()
    orders = [*quotes(6), place("abc-7", price=4_700, size_micros=99_000_000_000)]
    told = several(both, orders)
    assert [path for _, path in both.asked] == ["/portfolio/events/orders/batched"]
    assert [fact.ref for fact in of(told, OrderAccepted)] == [one.ref for one in orders[:6]]
    (no,) = of(told, OrderRejected)
    assert (no.ref, no.reason) == ("abc-7", RejectReason.INSUFFICIENT_FUNDS)
    assert len(resting(both)) == 6


def test_few_orders_go_each_alone() -> None:
    both = opened(connections=8)
    both.asked.clear()
    several(both, quotes(3))
    assert [path for _, path in both.asked] == ["/portfolio/events/orders"] * 3


def test_of_a_batch_whose_answer_is_lost_every_order_is_asked_for() -> None:
    both = opened(connections=3)
    both.venue.send_several(quotes(6), both.now, emptying=False)
    both.pipes.deliver_first()
    both.pipes.cut()
    told = both.run(3_000)
    assert {fact.ref for fact in of(told, OrderUnanswered)} == {one.ref for one in quotes(6)}
    for one in quotes(6):
        both.venue.send(QueryOrder(one.ref), both.now)
    told = both.run(40_000)
    landed = {own.client_id for own in both.world.books.records.by_id.values()}
    assert {fact.ref for fact in of(told, OrderReported)} == landed


def test_many_cancels_go_in_one_request() -> None:
    both = opened(connections=3)
    several(both, quotes(6))
    both.asked.clear()
    told = several(both, [cancel(one.ref, f"c{n}") for n, one in enumerate(quotes(6))])
    assert both.writes() == [("DELETE", "/portfolio/events/orders/batched")]
    assert {fact.ref: fact.size_micros for fact in of(told, CancelAccepted)} == {
        one.ref: 1_000_000 for one in quotes(6)
    }


# --- emptying ---


def emptied(both: Watched, count: int = 6) -> tuple[list[tuple[str, str]], list[Any]]:
    several(both, quotes(count))
    both.run(1_000)
    both.asked.clear()
    told = several(both, [cancel(one.ref, f"c{n}") for n, one in enumerate(quotes(count))], emptying=True, ms=4_000)
    assert not resting(both)
    closed = {fact.ref: fact.cancelled_micros for fact in of(told, OrderReported) if fact.closed}
    closed |= {fact.ref: fact.size_micros for fact in of(told, CancelAccepted)}
    assert closed == {one.ref: 1_000_000 for one in quotes(count)}, "each is known to be cancelled by us"
    return both.writes(), told


def test_the_venue_is_emptied_by_blowing_the_groups() -> None:
    both = opened(group_contracts=50)
    (group,) = both.world.books.groups.by_id
    seen, told = emptied(both)
    assert seen == [("PUT", f"/portfolio/order_groups/{group}/trigger")]
    assert [fact.state for fact in of(told, FuseTold)] == [FuseState.HELD]
    taker = place("abc-50", tif=TimeInForce.IMMEDIATE, side=Side.BACK, price=6_000, size_micros=1_000_000)
    assert of(both.send(taker), OrderAccepted), "evening out goes on beside a group that we hold"
    assert of(both.send(place("abc-51")), OrderRejected)[0].reason is RejectReason.NOT_SENT
    both.run(500)
    assert of(both.send(place("abc-52")), OrderAccepted)


def test_a_group_of_an_earlier_process_is_blown_as_well() -> None:
    both = opened(group_contracts=50)
    several(both, quotes(4))
    (old,) = both.world.books.groups.by_id
    both.begin_again()
    both.run(3_000)
    for one in quotes(4):
        both.venue.send(QueryOrder(one.ref), both.now)
    both.run(2_000)
    both.asked.clear()
    several(both, [cancel(one.ref, f"c{n}") for n, one in enumerate(quotes(4))], emptying=True, ms=4_000)
    assert not resting(both)
    assert ("PUT", f"/portfolio/order_groups/{old}/trigger") in both.asked


def test_an_account_of_our_own_is_emptied_by_one_cancel_and_nothing_rests_for_a_minute() -> None:
    both = opened(owns_account=True, is_direct_member=True)
    seen, _ = emptied(both)
    assert seen == [("DELETE", "/portfolio/events/orders")]
    (no,) = of(both.send(place("abc-50")), OrderRejected)
    assert (no.reason, no.detail) == (RejectReason.NOT_SENT, "everything was cancelled less than a minute ago")
    both.run(61_000)
    assert of(both.send(place("abc-51")), OrderAccepted)
    both.run(2_000)
    assert resting(both) == ["abc-51"]


def test_an_account_that_is_not_ours_alone_is_emptied_order_by_order() -> None:
    both = opened(is_direct_member=True, connections=3)
    seen, _ = emptied(both)
    assert seen == [("DELETE", "/portfolio/events/orders/batched")]


@pytest.mark.parametrize("way", ["group", "account"])
def test_where_the_act_fails_every_order_gets_its_own_cancel(way: str) -> None:
    more = {"group_contracts": 50} if way == "group" else {"owns_account": True, "is_direct_member": True}
    both = opened(connections=3, options={"is_direct_member": False}, **more)
    several(both, quotes(4))
    both.world.books.groups.by_id.clear()
    both.asked.clear()
    several(both, [cancel(one.ref, f"c{n}") for n, one in enumerate(quotes(4))], emptying=True, ms=5_000)
    assert not resting(both)
    act, *rest = both.writes()
    assert act[1].endswith("/trigger" if way == "group" else "/events/orders")
    assert ("DELETE", "/portfolio/events/orders/batched") in rest


# --- attestation, queues, settings ---


def test_an_attestation_is_counted_down_and_no_order_goes_once_it_has_run_out() -> None:
    until_ms = EPOCH_MS + DAY_MS + 60_000
    both = Watched(settings={"queue_every_s": 0}, attested_until_ms=until_ms)
    told = both.run(2_000)
    assert [(fact.until_ms, fact.days_left) for fact in of(told, AttestationTold)] == [(until_ms, 1)]
    assert of(both.send(place()), OrderAccepted)
    assert [fact.days_left for fact in of(both.run(70_000), AttestationTold)] == [0]
    both.world.now_ns = (until_ms - EPOCH_MS - 30_000) * 1_000_000
    assert [fact.days_left for fact in of(both.run(40_000), AttestationTold)] == [-1]
    both.asked.clear()
    (no,) = of(both.send(place("abc-2")), OrderRejected)
    assert (no.reason, "attest" in no.detail) == (RejectReason.NOT_AUTHORISED, True)
    assert not [one for one in both.asked if one[0] == "POST"]


def test_places_in_the_queue_are_asked_for_and_told() -> None:
    both = opened(queue_every_s=5)
    both.world.crowd("bob bid 7 @ 47")
    both.send(place())
    both.asked.clear()
    (told, *_) = of(both.run(6_000), QueueTold)
    assert told.ahead_micros == {R1: 7_000_000}
    assert any(path.endswith("/queue_position") for _, path in both.asked)
    both.send(place("abc-2", price=4_600))
    told = of(both.run(6_000), QueueTold)[-1]
    assert told.ahead_micros == {R1: 7_000_000, "abc-2": 0}
    assert ("GET", "/portfolio/orders/queue_positions") in both.asked


def test_nothing_is_asked_about_queues_while_nothing_rests() -> None:
    both = opened(queue_every_s=5)
    both.asked.clear()
    both.run(20_000)
    assert not [path for _, path in both.asked if "queue" in path]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"expires_s": 5}, "expires_s must be 0 or lie in 10 to 3600, not 5"),
        ({"group_contracts": -1}, "group_contracts must lie in 0 to 1000000, not -1"),
        ({"queue_every_s": -1}, "queue_every_s must lie in 0 to 3600, not -1"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        settings(**wrong)


def test_queues_wait_while_the_read_budget_is_wanted_for_more() -> None:
    desk = Desk(queue_every_s=5).up()
    desk.send(place(instrument=YES1))
    desk.reply(desk.question(), created(client_order_id=R1), status=201)

    def asks_within(ms: int) -> bool:
        desk.wait(ms)
        found = [one.target for one in desk.questions() if "queue" in one.target]
        desk.known |= {target: {"queue_position_fp": "0.00"} for target in found}
        desk.serve()
        return bool(found)

    desk.wait(4_900)
    desk.serve()
    desk.venue._budgets.read.overdrawn(desk.now)
    assert not asks_within(200)
    assert asks_within(5_000)


def test_the_expiry_says_when_the_first_order_would_end_and_why_it_is_off() -> None:
    both = opened(expires_s=30)
    assert both.venue.switch(both.now) == Switch(30), "nothing rests"
    both.send(place())
    until_ns = both.venue.switch(both.now).until_ns
    assert until_ns is not None
    assert 28 <= (until_ns - both.now) / 1_000_000_000 <= 31
    both.run(5_000)
    both.send(place("abc-2", price=3_000))
    assert both.venue.switch(both.now).until_ns == until_ns, "the later one is no matter"
    assert opened(expires_s=0).venue.switch(0) == Switch(off="set expires_s")


def test_an_order_that_we_take_out_ourselves_is_no_matter_to_the_switch() -> None:
    """Where its market has ended it is in nobody's book, and no answer to a cancel says so."""
    both = opened(expires_s=30)
    both.send(place())
    both.venue.send(cancel(), both.now)
    assert both.venue.switch(both.now) == Switch(30)


def test_a_session_that_takes_its_orders_along_is_a_switch_of_its_own() -> None:
    assert opened_by_fix(expires_s=0).venue.switch(0) == Switch(off="set expires_s")
    fix = FixSettings(orders=line(), heartbeat_s=4)
    both = opened(options={"fix_key_ids": NAMES}, order_entry="fix", fix=fix, expires_s=0)
    assert both.venue.switch(both.now) == Switch(by_line=True)
