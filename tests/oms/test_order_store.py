"""Orders that left memory: found by every name, as they were, whatever holds them; a late fact brings them back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domain.ids import InstrumentId, OrderRef, VenueName, VenueOrderId, stranger_ref
from domain.messages import VenueOrder, VenueReported
from domain.orders import Side
from engine.order_shelf import DiskStore
from oms.blotter import Blotter, Change
from oms.order_states import state_of
from oms.order_store import MemoryStore, OrderStore, Stored
from storage.shelf import BATCH
from tests.builders import capabilities, facts, instrument, place
from tests.oms.matrix import STATES, standing

ONE, TWO = VenueName("one"), VenueName("two")
HOME = InstrumentId("one/match/home")
FEW = 3


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OrderStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    disk = DiskStore(tmp_path)
    yield disk
    disk.close()


@pytest.fixture
def blotter(store: OrderStore) -> Blotter:
    """A blotter that keeps few orders at hand."""
    return Blotter({HOME: instrument(HOME)}, {ONE: capabilities()}, store=store, archive_max=FEW)


def tell(blotter: Blotter, ref: str, story: str) -> list[Change]:
    changes: list[Change] = []
    for fact in facts(story, ref):
        found = blotter.apply(fact, 7)
        assert isinstance(found, list)
        changes += found
    return changes


def live_through(blotter: Blotter, count: int) -> None:
    """Place orders a0, a1, ... that the venue names v0, v1, ... and that are cancelled whole."""
    live_through_from(blotter, 0, count)


def live_through_from(blotter: Blotter, first: int, count: int) -> None:
    for n in range(first, first + count):
        blotter.apply(place("BACK 10 @ 2.00", ref=f"a{n}"), 7)
        tell(blotter, f"a{n}", f"accept v{n}; cancelled c{n} 10")


@pytest.mark.parametrize("state", STATES)
def test_an_order_comes_back_exactly_as_it_was_in_every_state(store: OrderStore, state: str) -> None:
    order = standing(state)  # type: ignore[arg-type]  # the parameter is an OrderState
    store.put(Stored(order, ONE, 5))
    assert store.find(order.ref) == Stored(order, ONE, 5)
    assert [*store.every()] == [Stored(order, ONE, 5)]


def test_an_order_is_found_by_either_name_and_by_no_other(store: OrderStore) -> None:
    blotter = Blotter({HOME: instrument(HOME)}, {ONE: capabilities()})
    live_through(blotter, 3)
    for n, order in enumerate(blotter.orders.every()):
        store.put(Stored(order, ONE, n))
    found = store.find_by_venue_id(ONE, VenueOrderId("v1"))
    assert found is not None
    assert (found.order.ref, found.changed_ns) == ("a1", 1)
    assert store.find(OrderRef("a9")) is None
    assert store.find_by_venue_id(TWO, VenueOrderId("v1")) is None


def test_what_is_put_again_replaces_what_stood_there(store: OrderStore) -> None:
    blotter = Blotter({HOME: instrument(HOME)}, {ONE: capabilities()})
    live_through(blotter, 1)
    (order,) = blotter.orders.every()
    store.put(Stored(order, ONE, 1))
    store.put(Stored(order, ONE, 2))
    found = store.find(order.ref)
    assert found is not None
    assert found.changed_ns == 2
    assert len([*store.every()]) == 1


def test_memory_holds_a_bounded_number_and_every_order_is_still_found(blotter: Blotter) -> None:
    many = 2 * BATCH + 50
    live_through(blotter, many)
    orders = blotter.orders
    assert len(orders.archive) == len(orders.changed_ns) == FEW
    assert len([*orders.every()]) == many
    for n in (0, 1, BATCH, many - 1):
        by_ref, by_id = orders.get(OrderRef(f"a{n}")), orders.get_by_venue_id(ONE, VenueOrderId(f"v{n}"))
        assert by_ref is not None
        assert by_ref is by_id
    assert len(orders.archive) == FEW, "looking does not fill memory either"


def test_a_late_fill_finds_an_order_that_left_memory_and_brings_it_back(blotter: Blotter) -> None:
    live_through(blotter, 10)
    (change,) = tell(blotter, "a0", "fill late 4")
    assert change.before is not None
    assert (state_of(change.before), state_of(change.after)) == ("CANCELLED", "CLOSED_PARTIAL")
    assert OrderRef("a0") in blotter.orders.at_stake
    assert tell(blotter, "a0", "fill late 4") == [], "and it remembers what it was told"


def test_a_repetition_about_an_order_that_left_memory_is_still_no_news(blotter: Blotter) -> None:
    live_through(blotter, 10)
    assert tell(blotter, "a0", "accept v0; cancelled c0 10") == []


@pytest.mark.parametrize("strangers_first", [False, True])
def test_a_name_that_two_orders_bear_stays_that_of_the_one_which_changed_last(
    blotter: Blotter, strangers_first: bool
) -> None:
    """The list named no ref of ours, so it was a stranger's until the answer to our placement came."""
    name, stranger = VenueOrderId("v"), stranger_ref(ONE, VenueOrderId("v"))
    blotter.apply(place("BACK 10 @ 2.00", ref="ours"), 7)
    blotter.apply(VenueReported(ONE, 0, (VenueOrder(None, name, HOME, Side.BACK, 200, 10_000_000, None),)), 8)
    for ref in (stranger, "ours") if strangers_first else ("ours", stranger):
        blotter.apply(facts("report 0 cancelled 10 closed", ref)[0], 9)
    blotter.apply(facts("accept v", "ours")[0], 10)
    bearers = [blotter.orders.get_by_venue_id(ONE, name)]
    for n in range(8):  # now the stranger leaves memory, now ours does
        live_through_from(blotter, n, 1)
        for ref in (stranger, OrderRef("ours")) if n % 2 else (stranger,):
            blotter.orders.get(ref)
            bearers.append(blotter.orders.get_by_venue_id(ONE, name))
    assert {None if one is None else one.ref for one in bearers} == {"ours"}


def test_two_processes_that_keep_different_numbers_at_hand_come_to_the_same_orders(
    blotter: Blotter, refs: Callable[[Blotter], dict[str, str]]
) -> None:
    other = Blotter({HOME: instrument(HOME)}, {ONE: capabilities()})
    for one in (blotter, other):
        live_through(one, 20)
        tell(one, "a3", "fill late 4")
        one.orders.get(OrderRef("a5"))
        tell(one, "a5", "fill late 2; voided v1 matched 2")
    assert refs(blotter) == refs(other)


@pytest.fixture
def refs() -> Callable[[Blotter], dict[str, str]]:
    """Every order of a blotter in words."""
    return lambda blotter: {order.ref: repr(order) for order in blotter.orders.every()}


def test_a_run_that_is_taken_up_moves_to_a_store_of_its_own(store: OrderStore) -> None:
    blotter = Blotter({HOME: instrument(HOME)}, {ONE: capabilities()}, archive_max=FEW)
    live_through(blotter, 10)
    blotter.orders.move_to(store)
    live_through_from(blotter, 10, 10)
    assert len([*blotter.orders.every()]) == 20
    for n in (0, 12):
        found = blotter.orders.get_by_venue_id(ONE, VenueOrderId(f"v{n}"))
        assert found is not None
        assert found.ref == f"a{n}"


def test_a_disk_that_does_not_serve_loses_no_order_that_was_given_to_it(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    blotter = Blotter({HOME: instrument(HOME)}, {ONE: capabilities()}, store=store, archive_max=FEW)
    full = store._shelf._file
    full.execute("PRAGMA max_page_count = 1")
    live_through(blotter, 5 * BATCH)
    assert full.execute("SELECT count(*) FROM shelf").fetchone() == (0,)
    for n in (0, BATCH, 4 * BATCH):
        found = blotter.orders.get_by_venue_id(ONE, VenueOrderId(f"v{n}"))
        assert found is not None, "it waits in memory for a disk that serves"
        assert blotter.orders.get(OrderRef(f"a{n}")) is found
    full.execute("PRAGMA max_page_count = 100000")
    live_through_from(blotter, 5 * BATCH, BATCH)
    assert full.execute("SELECT count(*) FROM shelf").fetchone()[0] > 4 * BATCH
    assert len([*blotter.orders.every()]) == 6 * BATCH
    store.close()
