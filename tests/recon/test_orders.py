"""A round against a venue's open orders: what moved near the question is passed over, the rest is judged."""

from typing import Any

import pytest
from msgspec.structs import replace

from domain.ids import InstrumentId, OrderRef, VenueMarketId, VenueName, VenueOrderId
from domain.messages import MarketSettled, OrderFilled, OrderReported, VenueOrder, VenueReported
from domain.orders import Evidence, Side
from oms.blotter import MS, Blotter
from recon.breaks import BreakKind
from recon.orders import ORDER_KINDS, compare_orders, holdings, judges, unjudged
from tests.builders import REF, capabilities, facts, fill, instrument, place

ONE = VenueName("one")
HOME = instrument()
LISTED = {HOME.id: HOME}
VENUE = capabilities()
LATE_MS = 60_000
"""Long after everything that a test tells, given that orders are visible after one second."""


@pytest.fixture
def blotter() -> Blotter:
    return Blotter(LISTED, {ONE: VENUE})


def tell(blotter: Blotter, *records: Any, now_ms: int = 0) -> None:
    for record in records:
        for body in facts(record) if isinstance(record, str) else [record]:
            blotter.apply(body, now_ms * MS)


def theirs(
    report: str | None = None,
    *,
    ref: OrderRef | None = REF,
    name: str = "v1",
    fee: int | None = None,
    on: InstrumentId | None = HOME.id,
    side: Side = Side.BACK,
) -> VenueOrder:
    said = facts(report)[0] if report else None
    if said is not None:
        assert isinstance(said, OrderReported)
        said = replace(said, fee_micros=fee)
    return VenueOrder(ref, VenueOrderId(name), on, side, 300, 10_000_000, said)


def listed(*orders: VenueOrder, asked_ms: int = LATE_MS) -> VenueReported:
    return VenueReported(ONE, asked_ms * MS, orders)


def told(blotter: Blotter, report: VenueReported) -> list[tuple[str, str, str]]:
    found = compare_orders(blotter.orders, report, LISTED, VENUE)
    return [(b.key, b.kind.value, b.severity.value) for b in found]


@pytest.mark.parametrize(
    ("story", "report", "expected"),
    [
        ("accept v1; fill f1 4", "report 4", []),
        ("timeout", "report 0", []),
        ("accept v1; cancel c1", "report 0", []),
        ("accept v1; fill f1 4", "report 6", [(REF, "MISSING_FILL", "HIGH")]),
        ("accept v1; fill f1 4", "report 3", [(REF, "EXTRA_FILL", "CRITICAL")]),
        ("accept v1; cancelled c1 10", "report 0", [(REF, "STATUS", "MEDIUM")]),
        ("accept v1", "report 4 closed", [(REF, "MISSING_FILL", "HIGH"), (REF, "STATUS", "MEDIUM")]),
        ("fill f1 4", None, []),
        ("cancelled c1 10", None, [(REF, "STATUS", "MEDIUM")]),
    ],
)
def test_a_listed_order_is_compared(
    blotter: Blotter, story: str, report: str | None, expected: list[tuple[str, str, str]]
) -> None:
    tell(blotter, place("BACK 10 @ 2.00"), story)
    assert told(blotter, listed(theirs(report))) == expected
    if "v1" in story:
        assert told(blotter, listed(theirs(report, ref=None))) == expected, "recognised by the venue's id"


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ("accept", [(REF, "MISSING_AT_VENUE", "HIGH")]),
        ("timeout", [(REF, "MISSING_AT_VENUE", "HIGH")]),
        ("fill f1 10", []),
        ("reject", []),
    ],
)
def test_an_order_that_we_count_and_they_do_not_list_is_missing(
    blotter: Blotter, story: str, expected: list[tuple[str, str, str]]
) -> None:
    tell(blotter, place("BACK 10 @ 2.00"), story)
    assert told(blotter, listed()) == expected


def test_an_order_that_we_do_not_know_is_critical(blotter: Blotter) -> None:
    ours, foreign, unmapped = compare_orders(
        blotter.orders,
        listed(
            theirs(side=Side.LAY),
            theirs("report 4", ref=None, name="v2", side=Side.LAY),
            theirs(ref=None, name="v3", on=None),
        ),
        LISTED,
        VENUE,
    )
    assert {b.kind for b in (ours, foreign, unmapped)} == {BreakKind.UNKNOWN_AT_VENUE}
    assert [(b.key, b.foreign, b.money_micros) for b in (ours, foreign, unmapped)] == [
        (REF, False, 20_000_000),
        ("v2", True, 20_000_000),
        ("v3", True, 10_000_000),
    ]


def test_fees_and_prices_are_compared_where_the_venue_states_them(blotter: Blotter) -> None:
    tell(blotter, place("BACK 10 @ 2.00"), "accept v1; fill f1 4")
    assert told(blotter, listed(theirs("report 4", fee=10_000))) == []
    assert told(blotter, listed(theirs("report 4", fee=10_001))) == [(REF, "FEE", "LOW")]
    dearer = theirs("report 4")
    assert dearer.report is not None
    dearer = replace(dearer, report=replace(dearer.report, claims_micros=7_990_000))
    assert told(blotter, listed(dearer)) == [(REF, "PRICE", "MEDIUM")]


def test_a_fee_that_the_venue_does_not_state_is_not_held_against_us(blotter: Blotter) -> None:
    tell(blotter, place("BACK 10 @ 2.00"), OrderFilled(REF, fill("f1", "4", fee="0.50"), Evidence.PUSH))
    assert told(blotter, listed(theirs("report 4"))) == []
    assert told(blotter, listed(theirs("report 4", fee=0))) == [(REF, "FEE", "LOW")]


@pytest.mark.parametrize(
    ("report", "fee", "money_micros"),
    [("report 6", None, 2_000_000), ("report 1", None, 3_000_000), ("report 4", 10_001, 10_001)],
)
def test_what_a_break_can_cost_is_the_difference_and_no_more(
    blotter: Blotter, report: str, fee: int | None, money_micros: int
) -> None:
    tell(blotter, place("BACK 10 @ 2.00"), "accept v1; fill f1 4")
    (found,) = compare_orders(blotter.orders, listed(theirs(report, fee=fee)), LISTED, VENUE)
    assert found.money_micros == money_micros


def test_another_price_costs_its_difference_on_what_is_matched(blotter: Blotter) -> None:
    tell(blotter, place("BACK 10 @ 2.00"), "accept v1; fill f1 4")
    dearer = theirs("report 4")
    assert dearer.report is not None
    dearer = replace(dearer, report=replace(dearer.report, claims_micros=7_500_000))
    (found,) = compare_orders(blotter.orders, listed(dearer), LISTED, VENUE)
    assert found.money_micros == 266_667, "8 claims at 8/15 instead of 1/2, rounded up"


# ---- what is too fresh to judge ----


@pytest.mark.parametrize(("asked_ms", "judged"), [(4_000, False), (5_000, False), (6_000, False), (6_001, True)])
def test_an_order_that_moved_near_the_question_is_passed_over(blotter: Blotter, asked_ms: int, judged: bool) -> None:
    tell(blotter, place("BACK 10 @ 2.00"), "accept v1", now_ms=0)
    tell(blotter, "fill f1 4", now_ms=5_000)
    for report in (listed(asked_ms=asked_ms), listed(theirs("report 0"), asked_ms=asked_ms)):
        assert bool(told(blotter, report)) is judged
        assert (REF in unjudged(blotter.orders, report, VENUE)) is not judged


def test_an_order_that_closed_after_the_question_is_passed_over(blotter: Blotter) -> None:
    tell(blotter, place("BACK 10 @ 2.00"), "accept v1", now_ms=0)
    tell(blotter, "cancelled c1 10", now_ms=5_000)
    assert told(blotter, listed(theirs("report 0"), asked_ms=4_000)) == []


# ---- what a round can heal ----


def healed(blotter: Blotter, report: VenueReported, key: str = REF) -> set[str]:
    judged = judges(blotter.orders, report, VENUE)
    return {kind.value for kind in BreakKind if judged(key, kind)}


def test_a_listed_order_is_judged_whole(blotter: Blotter) -> None:
    tell(blotter, place("BACK 10 @ 2.00"), "accept v1")
    assert healed(blotter, listed(theirs("report 0"))) == {kind.value for kind in ORDER_KINDS}
    assert healed(blotter, listed(theirs("report 0"), asked_ms=500)) == set()


def test_an_order_that_went_missing_heals_nothing(blotter: Blotter) -> None:
    tell(blotter, place("BACK 10 @ 2.00"), "accept v1")
    assert healed(blotter, listed()) == set()


def test_an_order_that_is_over_for_both_heals_all_but_what_we_booked_too_much_or_at_another_price(
    blotter: Blotter,
) -> None:
    tell(blotter, place("BACK 10 @ 2.00"), "fill f1 10")
    over = healed(blotter, listed())
    assert over == {kind.value for kind in ORDER_KINDS} - {"EXTRA_FILL", "PRICE"}
    tell(blotter, MarketSettled(ONE, VenueMarketId("match"), "s1", 0, 0, {}))
    blotter.orders.changed_ns[REF] = 0
    assert healed(blotter, listed()) == over | {"EXTRA_FILL", "PRICE"}


def test_a_stranger_that_is_gone_is_healed(blotter: Blotter) -> None:
    assert "UNKNOWN_AT_VENUE" in healed(blotter, listed(), "v9")


@pytest.mark.parametrize(("asked_ms", "moving"), [(LATE_MS, False), (500, True)])
def test_positions_of_both_sides_are_told_with_what_may_be_under_way(blotter, asked_ms: int, moving: bool) -> None:
    tell(blotter, place("LAY 10 @ 3.00"), "accept v1; fill f1 4")
    said = facts("report 7")[0]
    assert isinstance(said, OrderReported)
    (held,) = holdings(blotter.orders, listed(theirs("report 7"), asked_ms=asked_ms), VENUE).values()
    ours = fill("f1", "4").claims_micros
    missing = said.claims_micros - ours
    assert (held.ours_micros, held.theirs_micros) == (-ours, -said.claims_micros)
    assert held.inflight_micros == (missing if moving else 0)


def test_orders_that_one_side_does_not_know_say_nothing_of_positions(blotter) -> None:
    report = listed(theirs("report 7", ref=None, name="v9"), theirs())
    tell(blotter, place("LAY 10 @ 3.00"), "accept v1")
    assert holdings(blotter.orders, report, VENUE) == {}


def test_what_is_no_order_is_no_business_of_a_list_of_orders(blotter: Blotter) -> None:
    """Fees of a market's statement are filed under the market: a round without it must not call them settled."""
    assert healed(blotter, listed(), "1.234567") == {"UNKNOWN_AT_VENUE"}


def test_a_list_longer_than_what_memory_holds_is_judged_line_by_line() -> None:
    """Fetched back from the store for a later line, an order pushed an earlier one out again: the round broke off."""
    small = Blotter(LISTED, {ONE: VENUE}, archive_max=2)
    lines = []
    for n in range(6):
        ref = OrderRef(f"r{n}")
        for body in (place("BACK 10 @ 2.00", ref=ref), *facts(f"accept v{n}; cancelled c{n} 10", ref=ref)):
            small.apply(body, n)
        lines.append(theirs("report 0 cancelled 10 closed", ref=ref, name=f"v{n}"))
    assert unjudged(small.orders, listed(*lines), VENUE) == set()
    assert compare_orders(small.orders, listed(*lines), LISTED, VENUE) == []


@pytest.mark.parametrize("report", [None, "report 4", "report 0 cancelled 6 closed"])
def test_an_order_that_its_venue_has_the_other_way_round_differs_whatever_else_is_told(
    blotter: Blotter, report: str | None
) -> None:
    tell(blotter, place("LAY 10 @ 3.00"), "accept v1" if report is None else "accept v1; fill f1 4")
    found = compare_orders(blotter.orders, listed(theirs(report)), LISTED, VENUE)
    assert [one.detail for one in found if one.kind is BreakKind.STATUS] == ["ours lay, theirs back"]
