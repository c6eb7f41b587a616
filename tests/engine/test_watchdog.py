"""The deputy cancels what venues show, believes nothing else, and says when they are empty."""

from collections.abc import Sequence

import pytest

from domain.ids import OrderRef, VenueName, VenueOrderId
from domain.messages import (
    CancelOrder,
    Channel,
    ChannelChanged,
    Command,
    OrderReported,
    QueryVenue,
    VenueOrder,
    VenueReported,
)
from domain.orders import Evidence, Side
from engine.watchdog import ASK_AGAIN_NS, Deputy
from tests.builders import capabilities
from tests.engine.streets import Notebook

ONE, TWO = VenueName("one"), VenueName("two")
TAG = "abcdef"
LANDS_NS = (capabilities().lands_within_ms + capabilities().visible_after_ms) * 1_000_000
PULL = Evidence.PULL


class Together(Notebook):
    """A notebook that takes several commands in one request, and notes of each request whether it was to empty it."""

    def __init__(self) -> None:
        super().__init__(capabilities("two"))
        self.requests: list[tuple[list[str], bool]] = []

    def send_several(self, commands: Sequence[Command], now_ns: int, *, emptying: bool) -> None:
        cancels = [command for command in commands if isinstance(command, CancelOrder)]
        self.requests.append(([cancel.ref for cancel in cancels], emptying))
        self.told += cancels


class Watch:
    """A deputy over two venues that write down what they are told; the second takes several at once."""

    def __init__(self) -> None:
        self.together = Together()
        self.books = {ONE: Notebook(capabilities("one")), TWO: self.together}
        self.deputy = Deputy(TAG, self.books, began_ns=5)

    def up(self, venue: VenueName, now_ns: int = 1) -> None:
        self.deputy.hear(ChannelChanged(venue, Channel.REQUESTS, up=True), now_ns)

    def lists(self, venue: VenueName, *refs: str | None, asked_ns: int, now_ns: int | None = None) -> None:
        orders = tuple(
            VenueOrder(None if ref is None else OrderRef(ref), VenueOrderId(f"v{n}"), None, Side.BACK, 200, 10, None)
            for n, ref in enumerate(refs)
        )
        self.deputy.hear(VenueReported(venue, asked_ns, orders), asked_ns if now_ns is None else now_ns)

    def cancelled(self, venue: VenueName) -> list[str]:
        return [command.ref for command in self.books[venue].told if isinstance(command, CancelOrder)]


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_a_venue_is_asked_as_soon_as_it_can_hear_and_again_each_second(watch: Watch) -> None:
    watch.deputy.on_time(5 * ASK_AGAIN_NS)
    assert watch.books[ONE].told == []
    watch.up(ONE)
    assert watch.books[ONE].told == [QueryVenue(ONE)]
    watch.deputy.on_time(ASK_AGAIN_NS)
    assert watch.books[ONE].told == [QueryVenue(ONE)]
    watch.deputy.on_time(1 + ASK_AGAIN_NS)
    assert watch.books[ONE].told == [QueryVenue(ONE)] * 2
    watch.deputy.hear(ChannelChanged(ONE, Channel.REQUESTS, up=False), 2 * ASK_AGAIN_NS)
    watch.deputy.on_time(9 * ASK_AGAIN_NS)
    assert watch.books[ONE].told == [QueryVenue(ONE)] * 2


def test_every_order_of_the_run_is_cancelled_and_nobody_elses(watch: Watch) -> None:
    watch.lists(ONE, f"{TAG}-1", "fedcba-1", None, f"{TAG}-22", f"{TAG}x-3", asked_ns=10)
    assert watch.cancelled(ONE) == [f"{TAG}-1", f"{TAG}-22"]
    assert watch.cancelled(TWO) == []


def test_requests_of_cancels_differ_so_that_a_second_one_is_heard(watch: Watch) -> None:
    watch.lists(ONE, f"{TAG}-1", asked_ns=10)
    watch.lists(ONE, f"{TAG}-1", asked_ns=20)
    requests = [command.request for command in watch.books[ONE].told if isinstance(command, CancelOrder)]
    assert len(set(requests)) == len(requests) == 2


def test_cancels_go_together_where_a_venue_takes_several(watch: Watch) -> None:
    watch.lists(TWO, f"{TAG}-1", f"{TAG}-2", f"{TAG}-3", asked_ns=10)
    assert watch.together.requests == [([f"{TAG}-1", f"{TAG}-2", f"{TAG}-3"], True)]
    assert watch.deputy.venues[TWO].cancels == 3


@pytest.mark.parametrize("stranger", [None, "fedcba-1"])
def test_nothing_that_reaches_all_is_used_where_a_strangers_order_rests(watch: Watch, stranger: str | None) -> None:
    watch.lists(TWO, f"{TAG}-1", stranger, f"{TAG}-2", asked_ns=10)
    assert watch.together.requests == [([f"{TAG}-1", f"{TAG}-2"], False)]


def test_only_a_list_asked_for_after_the_last_cancel_proves_a_venue_empty(watch: Watch) -> None:
    watch.lists(TWO, asked_ns=5)
    watch.lists(ONE, f"{TAG}-1", asked_ns=10, now_ns=12)
    watch.lists(ONE, asked_ns=11, now_ns=13)
    assert not watch.deputy.done
    watch.lists(ONE, "fedcba-1", asked_ns=14)
    assert watch.deputy.done
    assert (watch.deputy.venues[ONE].empty_ns, watch.deputy.venues[TWO].empty_ns) == (14, 5)


def test_an_order_that_lands_late_takes_the_proof_back(watch: Watch) -> None:
    watch.lists(ONE, asked_ns=10)
    watch.lists(TWO, asked_ns=10)
    assert watch.deputy.done
    watch.lists(ONE, f"{TAG}-7", asked_ns=20)
    assert not watch.deputy.done
    assert watch.cancelled(ONE) == [f"{TAG}-7"]


def test_nothing_is_final_before_all_that_was_on_its_way_has_to_be_listed(watch: Watch) -> None:
    """What an engine sent as it died came behind the first list, and rested with nobody left to take it out."""
    shown_ns = 5 + LANDS_NS
    for venue in (ONE, TWO):
        watch.lists(venue, asked_ns=10)
    watch.lists(TWO, asked_ns=shown_ns)
    assert watch.deputy.done
    assert not watch.deputy.final
    watch.lists(ONE, f"{TAG}-1", asked_ns=shown_ns)
    assert not watch.deputy.final
    watch.lists(ONE, asked_ns=shown_ns + 1)
    assert watch.deputy.final
    assert (watch.deputy.venues[ONE].empty_ns, watch.deputy.venues[TWO].empty_ns) == (shown_ns + 1, 10)


def test_what_a_venue_lists_though_it_has_ended_is_left_alone(watch: Watch) -> None:
    ended = OrderReported(OrderRef(f"{TAG}-1"), VenueOrderId("v1"), 10, 20, 10, 0, 0, 0, closed=True, evidence=PULL)
    listed = VenueOrder(ended.ref, VenueOrderId("v1"), None, Side.BACK, 200, 10, ended)
    watch.deputy.hear(VenueReported(ONE, 10, (listed,)), 11)
    assert watch.cancelled(ONE) == []
    assert watch.deputy.venues[ONE].empty_ns == 10
