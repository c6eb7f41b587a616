"""The blotter: orders found by every name, counted while they may be matched, ended only by evidence."""

import pytest
from msgspec.structs import replace

from domain.ids import InstrumentId, OrderRef, StrategyName, VenueMarketId, VenueName, VenueOrderId
from domain.messages import (
    MarketSettled,
    OrderMissing,
    OrderReported,
    PlaceOrder,
    RunResumed,
    VenueOrder,
    VenueReported,
)
from domain.orders import OrderState, Side
from oms.blotter import MS, ORPHANS, Blotter, Change, Stray
from oms.order_states import state_of
from tests.builders import REF, capabilities, facts, instrument, place

ONE, MATCH = VenueName("one"), VenueMarketId("match")
HOME = InstrumentId("one/match/home")
RESUMED = RunResumed("run", "hash")


@pytest.fixture
def blotter() -> Blotter:
    listed = [instrument("one/match/home"), instrument("one/other/home"), instrument("two/match/home")]
    return Blotter({i.id: i for i in listed}, {VenueName(v): capabilities(v) for v in ("one", "two")})


def told(blotter: Blotter, *records: object, now_ms: int = 0) -> list[Change]:
    """Apply texts about r1, commands and facts; every change they made."""
    changes: list[Change] = []
    for record in records:
        for body in facts(record) if isinstance(record, str) else [record]:
            found = blotter.apply(body, now_ms * MS)  # type: ignore[arg-type]  # any record is given to see it work
            assert isinstance(found, list)
            changes += found
    return changes


def settled(venue_market: str = "match") -> MarketSettled:
    return MarketSettled(ONE, VenueMarketId(venue_market), "s1", 0, 0, {})


def listed(*orders: VenueOrder) -> VenueReported:
    return VenueReported(ONE, 0, orders)


def theirs(name: str, report: str | None = None, *, ref: str = "", on: str = HOME) -> VenueOrder:
    said = facts(report)[0] if report else None
    assert said is None or isinstance(said, OrderReported)
    where = InstrumentId(on) if on else None
    return VenueOrder(OrderRef(ref) if ref else None, VenueOrderId(name), where, Side.LAY, 300, 10_000_000, said)


# ---- one order ----


def test_a_placement_makes_an_order_and_a_fact_changes_it(blotter: Blotter) -> None:
    placed, accepted = told(blotter, place("BACK 10 @ 2.00"), "accept v1", now_ms=7)
    assert placed.before is None
    assert accepted == Change(placed.after, replace(placed.after, acked=True, venue_order_id="v1"))
    assert placed.after.intended_ns == 7 * MS
    assert blotter.orders.get(REF) is accepted.after
    assert blotter.orders.get_by_venue_id(ONE, VenueOrderId("v1")) is accepted.after
    assert blotter.orders.get_by_venue_id(VenueName("two"), VenueOrderId("v1")) is None


def test_what_is_no_news_changes_nothing(blotter: Blotter) -> None:
    told(blotter, place("BACK 10 @ 2.00"), "accept v1; fill f1 4")
    assert told(blotter, "accept v1; fill f1 4; timeout; absent 1", now_ms=9) == []
    assert blotter.orders.changed_ns[REF] == 0


def test_a_ref_is_used_once(blotter: Blotter) -> None:
    told(blotter, place("BACK 10 @ 2.00"), "reject")
    with pytest.raises(AssertionError, match="used once"):
        told(blotter, place("BACK 10 @ 2.00"))


def test_a_fact_about_a_stranger_comes_back(blotter: Blotter) -> None:
    for fact in facts("fill f1 4; accept; report 4; absent 1; reject"):
        stray = blotter.apply(fact, 0)
        assert isinstance(stray, Stray)
        assert stray.fact is fact
    with pytest.raises(AssertionError, match="never placed"):
        blotter.apply(facts("cancel c1")[0], 0)


# ---- the indexes ----


@pytest.mark.parametrize(
    ("story", "working", "unknown", "staked"),
    [
        ("accept", True, False, True),
        ("timeout", True, True, True),
        ("accept; cancel c1", True, False, True),
        ("fill f1 4", True, False, True),
        ("fill f1 10", False, False, True),
        ("cancelled c1 10", False, False, False),
        ("cancelled c1 10; fill f1 4", False, False, True),
        ("reject", False, False, False),
        ("reject; fill f1 4", True, False, True),
        ("timeout; missing", False, False, False),
        ("fill f1 10; voided v1 matched 10", False, False, False),
        ("fill f1 11", False, False, True),
    ],
)
def test_indexes_hold_what_may_still_be_matched(
    blotter: Blotter, story: str, working: bool, unknown: bool, staked: bool
) -> None:
    told(blotter, place("BACK 10 @ 2.00"), place("LAY 1 @ 3.00", ref="r2", on="two/match/home", strategy="t"), story)
    orders = blotter.orders
    order = orders.get(REF)
    for view in (orders.open_at(ONE), orders.open_on(HOME), orders.open_of(StrategyName("s"))):
        assert [*view] == [order] * working
    assert [*orders.unknown.values()] == [order] * unknown
    assert [*orders.at_stake_in(ONE, MATCH)] == [order] * staked
    assert (REF in orders.at_stake, REF in orders.archive) == (staked, not staked)
    (other,) = orders.open_of(StrategyName("t"))
    assert [*orders.open_at(VenueName("two"))] == [other]


def test_a_settled_market_leaves_for_the_archive(blotter: Blotter) -> None:
    told(blotter, place("BACK 10 @ 2.00"), "fill f1 10", place("BACK 5 @ 2.00", ref="r2", on="one/other/home"))
    (change,) = told(blotter, settled())
    assert state_of(change.after) is OrderState.SETTLED
    assert [*blotter.orders.at_stake] == ["r2"]
    assert blotter.orders.get(REF) is change.after
    assert told(blotter, settled()) == [], "a second statement ends nothing again"


def test_a_late_fill_finds_its_order_in_the_archive(blotter: Blotter) -> None:
    told(blotter, place("BACK 10 @ 2.00"), "accept v1", settled())
    (change,) = told(blotter, "fill f1 4")
    assert (change.after.matched_micros, state_of(change.after)) == (4_000_000, OrderState.SETTLED)
    assert not blotter.orders.at_stake


@pytest.mark.parametrize("end", ["cancelled c1 10", "reject"])
@pytest.mark.parametrize("late", ["fill f1 4", "report 4 closed", "fill f1 4; fill f2 5", "report 0"])
def test_what_is_told_of_an_order_that_was_over_when_its_market_was_settled_is_settled_too(
    blotter: Blotter, end: str, late: str
) -> None:
    told(blotter, place("BACK 10 @ 2.00"), end, settled(), late)
    assert not blotter.orders.at_stake
    assert not [*blotter.orders.open_at(ONE)]


def test_where_bets_are_taken_again_behind_a_statement_they_count_until_the_next(blotter: Blotter) -> None:
    told(blotter, settled(), place("BACK 10 @ 2.00"), "accept v1; fill f1 4")
    assert blotter.orders.at_stake[REF].exposed_micros == 6_000_000
    told(blotter, "cancelled c1 6")
    assert state_of(blotter.orders.at_stake[REF]) is OrderState.CLOSED_PARTIAL
    told(blotter, settled())
    assert not blotter.orders.at_stake


def test_the_archive_puts_the_oldest_away_and_its_late_fill_brings_it_back() -> None:
    blotter = Blotter({HOME: instrument(HOME)}, {ONE: capabilities()}, archive_max=2)
    told(blotter, place("BACK 10 @ 2.00"), "accept v1; cancelled c1 10")
    for ref in ("r2", "r3"):
        told(blotter, place("BACK 10 @ 2.00", ref=ref), *facts("reject", ref))
    assert [*blotter.orders.archive] == ["r2", "r3"] == [*blotter.orders.changed_ns]
    assert not blotter.orders._venue_ids, "nothing of it is left in memory"
    (change,) = told(blotter, "fill f1 4")
    assert change.after.matched_micros == 4_000_000
    assert blotter.orders.get_by_venue_id(ONE, VenueOrderId("v1")) is change.after


# ---- absence ----


def test_an_order_is_missing_only_after_enough_late_questions(blotter: Blotter) -> None:
    told(blotter, place("BACK 10 @ 2.00"), "timeout", now_ms=500)
    for asked_ms, proven in ((1_499, False), (1_500, False), (1_500, False), (1_600, True)):
        told(blotter, f"absent {asked_ms}")
        assert (blotter.missing(REF) is not None) is proven, asked_ms
    missing = blotter.missing(REF)
    assert missing == OrderMissing(REF, 2)
    (change,) = told(blotter, missing)
    assert state_of(change.after) is OrderState.CANCELLED
    assert blotter.missing(REF) is None


def test_news_ends_the_count_of_absences_and_a_cancel_of_ours_does_not(blotter: Blotter) -> None:
    told(blotter, place("BACK 10 @ 2.00"), "timeout; absent 1000; cancel c1; refused c1; absent 1001")
    assert blotter.missing(REF) == OrderMissing(REF, 2)
    told(blotter, "accept; absent 1002")
    assert blotter.missing(REF) is None
    told(blotter, "absent 1003; fill f1 10")
    assert blotter.missing(REF) is None


def test_nothing_is_missing_that_was_never_placed(blotter: Blotter) -> None:
    assert blotter.missing(REF) is None


# ---- another process took over ----


def test_after_a_restart_what_was_not_answered_is_unknown_and_was_sent_at_the_latest_now(blotter: Blotter) -> None:
    for ref in (REF, "r2", "r3"):
        told(blotter, place("BACK 1 @ 2.00", ref=ref), now_ms=90_000)
    told(blotter, *facts("accept", "r2"), *facts("cancelled c1 1", "r3"), "absent 91001")
    changes = told(blotter, RESUMED, now_ms=10)
    assert [(c.after.ref, state_of(c.after)) for c in changes] == [(REF, OrderState.UNKNOWN), ("r2", OrderState.OPEN)]
    told(blotter, "absent 1009; absent 1010")
    assert blotter.missing(REF) is None
    told(blotter, "absent 1011")
    assert blotter.missing(REF) == OrderMissing(REF, 2)


def test_a_cancel_that_another_process_wrote_down_may_be_said_again(blotter: Blotter) -> None:
    *_, before = told(blotter, place("BACK 10 @ 2.00"), "accept v1; cancel c1")
    (resumed,) = told(blotter, RESUMED)
    states = [state_of(one.after) for one in (before, resumed)]
    assert states == [OrderState.PENDING_CANCEL, OrderState.OPEN], "it may have died before it sent what it wrote"


# ---- a venue's list ----


def test_a_venues_list_brings_news_of_orders_by_ref_and_by_the_venues_id(blotter: Blotter) -> None:
    told(blotter, place("BACK 10 @ 2.00"), "accept v1", place("BACK 10 @ 2.00", ref="r2"))
    first, second = told(blotter, listed(theirs("v1", "report 4"), theirs("v2", ref="r2")))
    assert (first.after.ref, first.after.matched_micros) == (REF, 4_000_000)
    assert (second.after.ref, second.after.venue_order_id, second.after.acked) == ("r2", "v2", True)


def test_an_order_that_we_never_placed_is_adopted_once_and_counted(blotter: Blotter) -> None:
    (adopted,) = told(blotter, listed(theirs("v9", "report 4")), now_ms=3)
    orphan = adopted.after
    assert (orphan.ref, orphan.strategy, orphan.side, orphan.price) == ("one/v9", ORPHANS, Side.LAY, 300)
    assert (orphan.matched_micros, orphan.exposed_micros, orphan.intended_ns) == (4_000_000, 6_000_000, 3 * MS)
    assert [*blotter.orders.open_of(ORPHANS)] == [orphan]
    assert told(blotter, listed(theirs("v9", "report 4"))) == []
    (filled,) = told(blotter, listed(theirs("v9", "report 10 closed")))
    assert (filled.before, state_of(filled.after)) == (orphan, OrderState.FILLED)


def test_an_orphan_with_a_ref_of_ours_keeps_it(blotter: Blotter) -> None:
    (adopted,) = told(blotter, listed(theirs("v9", ref="lost")))
    assert (adopted.after.ref, adopted.after.acked) == ("lost", True)


def test_an_order_on_an_instrument_that_is_not_listed_cannot_be_adopted(blotter: Blotter) -> None:
    assert told(blotter, listed(theirs("v9", on=""), theirs("v8", on="one/else/x"))) == []


def test_any_record_order_of_independent_orders_leaves_the_same_books(blotter: Blotter) -> None:
    commands: list[PlaceOrder] = [place("BACK 10 @ 2.00"), place("LAY 5 @ 3.00", ref="r2")]
    told(blotter, *commands, "accept; fill f1 4", *facts("fill g1 5", "r2"))
    twin = Blotter({HOME: instrument(HOME)}, {ONE: capabilities()})
    told(twin, *commands[::-1], *facts("fill g1 5", "r2"), "fill f1 4; accept")
    assert dict(sorted(twin.orders.at_stake.items())) == dict(sorted(blotter.orders.at_stake.items()))
