"""Whose a fact is where a venue calls an order and those that replaced it by one name: by the venue's id."""

from msgspec.structs import replace

from domain.ids import OrderRef, VenueName, VenueOrderId
from domain.messages import OrderReported, VenueOrder, VenueReported
from oms.addressing import addressed, addressed_list
from tests.builders import REF, facts, instrument, place
from tests.oms.books import Books

HOME = instrument()
ONE = VenueName("one")
ROOT, FIRST, SECOND = OrderRef("t-7"), OrderRef("t-7.1"), OrderRef("t-7.2")


def replaced(*, ids: tuple[str, ...] = ("v1", "v2")) -> Books:
    """An order that was replaced twice; of its three generations the venue has named as many as there are ids."""
    books = Books(HOME)
    books.records(place("BACK 10 @ 2.00", ref=ROOT))
    for one, heir, number in ((ROOT, FIRST, 1), (FIRST, SECOND, 2)):
        _name(books, one, ids, number - 1)
        books.records(*facts(f"amend {one}-a{number} 10 @ 2.{number}0 as {heir}", one))
    _name(books, SECOND, ids, 2)
    return books


def _name(books: Books, ref: OrderRef, ids: tuple[str, ...], place_: int) -> None:
    if place_ < len(ids):
        books.records(*facts(f"accept {ids[place_]}", ref))


def report(venue_id: str, ref: OrderRef = ROOT) -> OrderReported:
    """What a venue says of one of them under the name of the first."""
    (said,) = facts("report 0", ref)
    assert isinstance(said, OrderReported)
    return replace(said, venue_order_id=VenueOrderId(venue_id))


def test_an_id_that_is_known_names_its_order() -> None:
    orders = replaced().blotter.orders
    assert [addressed(orders, report(one)).ref for one in ("v1", "v2")] == [ROOT, FIRST]


def test_an_id_that_nobody_bears_is_that_of_the_heir_without_one() -> None:
    assert addressed(replaced().blotter.orders, report("v9")).ref == SECOND


def test_a_second_name_of_an_order_that_was_never_replaced_stays_a_contradiction() -> None:
    books = Books(HOME)
    books.records(place("BACK 10 @ 2.00"), "accept v1")
    assert addressed(books.blotter.orders, report("v9", REF)).ref == REF


def test_the_id_of_another_order_altogether_is_not_taken_for_an_heirs() -> None:
    books = replaced(ids=("v1", "v2", "v3"))
    books.records(place("BACK 1 @ 3.00", ref="t-8"), *facts("accept w1", "t-8"))
    assert addressed(books.blotter.orders, report("w1")).ref == ROOT


def line(venue_id: str, ref: OrderRef | None) -> VenueOrder:
    """One line of a venue's list."""
    said = None if ref is None else report(venue_id, ref)
    return VenueOrder(ref, VenueOrderId(venue_id), HOME.id, place("BACK 10 @ 2.00").side, 200, 10_000_000, said)


def test_a_list_is_read_the_same_way_and_what_bears_our_name_in_vain_is_somebody_elses() -> None:
    books = replaced(ids=("v1", "v2", "v3"))
    listed = VenueReported(ONE, 5, (line("v2", ROOT), line("v3", ROOT), line("x", ROOT), line("y", None)))
    found = addressed_list(books.blotter.orders, listed)
    assert [(one.ref, one.report and one.report.ref) for one in found.orders] == [
        (FIRST, FIRST),
        (SECOND, SECOND),
        (None, None),
        (None, None),
    ]
