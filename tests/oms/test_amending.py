"""An order under change: the dearer terms count until the venue's word; both halves of a replacement stand alone."""

from itertools import permutations

import pytest
from msgspec.structs import replace

from domain.ids import OrderRef, VenueName, VenueOrderId, stranger_ref
from domain.markets import Result
from domain.messages import MarketSettled, OrderReported, RunResumed, VenueOrder, VenueReported
from domain.orders import Amend, Order, OrderState
from oms.blotter import MS
from oms.order_states import apply, asks, state_of
from risk.exposure import Exposure, amending_results, open_results
from tests.builders import REF, facts, instrument, place
from tests.oms.books import Books
from tests.oms.matrix import after, sizes
from tests.risk.builders import market

HOME = instrument()
ONE = VenueName("one")
HEIR = OrderRef("r2")


class Desk(Books):
    """Books with an exposure beside them."""

    def __init__(self, bet: str) -> None:
        super().__init__(HOME)
        self.exposure = Exposure([market()])
        self.tell(place(bet), "accept v1")

    def tell(self, *bodies: object, ref: str = REF) -> "Desk":
        """Take texts about an order in, everything that follows counted."""
        for body in bodies:
            for one in facts(body, ref) if isinstance(body, str) else [body]:
                for change in self.records(one):
                    self.exposure.update(change.before, change.after, HOME, 100_000_000)
        return self

    @property
    def loss(self) -> float:
        """Worst loss of the market, whole units; the ledger's reserve must be the same."""
        loss = self.exposure.market_loss_micros(HOME.listing.market)
        assert self.balances().get("reserved", 0) + self.balances().get("position", 0) == loss
        return loss / 1e6

    def order(self, ref: str = REF) -> Order:
        order = self.blotter.orders.get(OrderRef(ref))
        assert order is not None
        return order


def listed(size: int, price: int, *, asked_ms: int) -> VenueReported:
    """What the venue lists: the order with these terms, nothing matched."""
    (report,) = facts("report 0")
    assert isinstance(report, OrderReported)
    terms = VenueOrder(REF, VenueOrderId("v1"), HOME.id, place("BACK 1 @ 2.00").side, price, size * 1_000_000, report)
    return VenueReported(ONE, asked_ms * MS, (terms,))


# ---- in place ----


@pytest.mark.parametrize(
    ("bet", "amend", "before", "under_way", "amended"),
    [
        ("BACK 10 @ 2.00", "12 @ 2.10", 10, 12, 12),
        ("BACK 10 @ 2.00", "4 @ 2.10", 10, 10, 4),
        ("LAY 10 @ 2.00", "10 @ 3.00", 10, 20, 20),
        ("LAY 10 @ 2.00", "4 @ 5.00", 10, 16, 16),
        ("LAY 10 @ 5.00", "20 @ 2.00", 40, 40, 20),
    ],
)
def test_under_change_the_dearer_terms_count_and_not_their_sum(
    bet: str, amend: str, before: int, under_way: int, amended: int
) -> None:
    desk = Desk(bet)
    assert desk.loss == before
    assert desk.tell(f"amend a1 {amend}").loss == under_way
    assert desk.tell("amend_unanswered a1").loss == under_way, "either may hold"
    assert desk.tell(f"amended a1 {amend}").loss == amended


def test_a_refused_amend_leaves_the_old_terms_and_asks() -> None:
    desk = Desk("LAY 10 @ 2.00").tell("amend a1 10 @ 3.00", "amend_refused a1")
    assert (desk.loss, desk.order().amend, desk.order().price) == (10, None, 200)
    order = after("accept; amend a1 10 @ 3.00")
    (refused,) = facts("amend_refused a1")
    assert asks(order, apply(order, refused), refused)


def test_our_own_cancel_and_place_count_as_a_sum_until_the_cancel_is_proven() -> None:
    desk = Desk("LAY 10 @ 2.00").tell("cancel c1", place("LAY 10 @ 3.00", ref="r2"))
    assert desk.loss == 30
    assert desk.tell("unanswered c1").loss == 30
    assert desk.tell("cancelled c1 10").loss == 20


AMENDED = ["amended a1 12 @ 2.10", "amend_unanswered a1", "fill f1 4 at 40", "report 4 at 50", "accept v1"]


def test_what_is_said_about_an_amend_ends_alike_in_every_order_and_said_twice() -> None:
    order, ends = after("amend a1 12 @ 2.10"), set()
    for arrival in permutations(AMENDED):
        ends.add(after("; ".join((*arrival, *arrival)), order))
    (end,) = ends
    assert (end.size_micros, end.price, end.matched_micros, end.remaining_micros) == (
        12_000_000,
        210,
        4_000_000,
        8_000_000,
    )
    assert (state_of(end), end.suspect, end.amend) == (OrderState.PARTIALLY_FILLED, False, None)


BOTH_ASKED = {
    "amended a1 12 @ 2.10; fill f1 4 at 5; cancelled c1 8": "CLOSED_PARTIAL 4/8/0/0 of 12",
    "amend_refused a1; fill f1 4 at 5; cancelled c1 6": "CLOSED_PARTIAL 4/6/0/0 of 10",
    "amend_unanswered a1; fill f1 4 at 5; report 4 cancelled 6 closed at 9": "CLOSED_PARTIAL 4/6/0/0 of 10",
    "amended a1 12 @ 2.10; refused c1; fill f1 4 at 5; fill f2 8 at 6": "FILLED 12/0/0/0 of 12",
    "amend_refused a1; refused c1; fill f1 4 at 5; lapsed l1 6": "CLOSED_PARTIAL 4/0/6/0 of 10",
    "amended a1 12 @ 2.10; refused c1; fill f1 12 at 5; voided v1 matched 12": "VOIDED 0/0/0/12 of 12",
}
"""What a venue may have done with an order of 10 that we asked it to make 12 of and to cancel, and how that ends."""


@pytest.mark.parametrize("asked", ["accept; amend a1 12 @ 2.10; cancel c1", "accept; cancel c1; amend a1 12 @ 2.10"])
@pytest.mark.parametrize(("said", "end"), BOTH_ASKED.items())
def test_an_amend_and_a_cancel_under_way_together_end_alike_in_every_order_of_their_answers(
    asked: str, said: str, end: str
) -> None:
    order, ends = after(asked), set()
    for arrival in permutations(said.split("; ")):
        once = after("; ".join(arrival), order)
        ends |= {once, after("; ".join((*arrival, *reversed(arrival))), order)}
    (found,) = ends
    assert f"{state_of(found)} {sizes(found)} of {found.size_micros // 1_000_000}" == end
    assert (found.exposed_micros, found.suspect, found.cancel_pending) == (0, False, "report" in said)


def test_an_acceptance_and_a_refusal_of_one_amend_contradict_each_other_in_either_order() -> None:
    pending = after("accept; amend a1 12 @ 2.10")
    said = "amended a1 12 @ 2.10", "amend_refused a1"
    ends = {after("; ".join(arrival), pending) for arrival in permutations(said)}
    (end,) = ends
    assert (end.size_micros, end.suspect) == (12_000_000, True)


def test_more_matched_than_the_old_size_proves_the_new_one() -> None:
    order = after("accept; amend a1 12 @ 2.10; fill f1 11")
    assert (order.size_micros, order.remaining_micros, order.amend, state_of(order)) == (
        12_000_000,
        1_000_000,
        None,
        OrderState.PARTIALLY_FILLED,
    )
    assert state_of(after("accept; amend a1 12 @ 2.10; fill f1 13")) is OrderState.SUSPECT_OVERFILL


def test_a_larger_size_asked_for_counts_until_the_end_of_the_order_is_told() -> None:
    whole = replace(Desk("BACK 10 @ 2.00").order(), matched_micros=10_000_000)
    asked = replace(whole, amend=Amend("a1", 200, 15_000_000))
    assert whole.exposed_micros == 0
    assert asked.exposed_micros == asked.amended_micros == 5_000_000
    over = replace(asked, testimony=replace(asked.testimony, closed=True))
    assert over.exposed_micros == over.amended_micros == 0


def test_an_end_that_is_proven_ends_both_terms() -> None:
    assert Desk("LAY 10 @ 2.00").tell("amend a1 10 @ 3.00", "report 0 closed").loss == 0


def test_a_list_shows_which_terms_hold_and_old_ones_only_when_it_is_late_enough() -> None:
    desk = Desk("LAY 10 @ 2.00").tell("amend a1 10 @ 3.00")
    assert desk.tell(listed(10, 200, asked_ms=500)).order().amend is not None, "the venue may be behind"
    assert desk.tell(listed(10, 200, asked_ms=5_000)).order().amend is None
    assert desk.loss == 10
    desk.tell("amend a2 10 @ 3.00").tell(listed(10, 300, asked_ms=5_001))
    assert (desk.order().price, desk.order().amend, desk.loss) == (300, None, 20)


def test_an_order_that_a_list_has_elsewhere_counts_there_and_is_suspect() -> None:
    """A person moved it at the venue: it went on counting at its old price, at which no cap was passed."""
    desk = Desk("LAY 10 @ 2.00")
    assert desk.tell(listed(10, 500, asked_ms=500)).loss == 10, "so early the list may be another's"
    assert desk.tell(listed(10, 500, asked_ms=5_000)).loss == 40
    assert (desk.order().price, desk.order().suspect) == (500, True)
    assert desk.tell(listed(10, 500, asked_ms=9_000)).loss == 40
    desk.tell("cancelled c1 10")
    assert desk.tell(listed(10, 900, asked_ms=9_001)).order().price == 500, "what is over rests nowhere"


def test_an_order_of_ours_whose_list_has_another_whole_size_counts_as_it_did() -> None:
    """Venues call what was cut from an order its size, or do not."""
    desk = Desk("LAY 10 @ 2.00").tell(listed(12, 200, asked_ms=5_000))
    assert (desk.loss, desk.order().suspect) == (10, False)


def test_somebody_elses_order_counts_as_it_stands_whatever_they_do_to_it() -> None:
    desk = Desk("BACK 1 @ 2.00").tell("cancelled c1 1")
    for size, price, loss in ((10, 300, 10), (40, 300, 40), (40, 900, 40), (5, 900, 5)):
        theirs = listed(size, price, asked_ms=5_000)
        (row,) = theirs.orders
        assert row.report is not None
        name = VenueOrderId("v9")
        report = replace(row.report, ref=stranger_ref(ONE, name), venue_order_id=name)
        desk.tell(replace(theirs, orders=(replace(row, ref=None, venue_order_id=name, report=report),)))
        assert desk.loss == loss
    foreign = desk.order(stranger_ref(ONE, VenueOrderId("v9")))
    assert (foreign.price, foreign.suspect) == (900, False)


def test_the_dearer_terms_are_taken_outcome_by_outcome() -> None:
    order = after("accept; amend a1 4 @ 5.00", apply(Desk("LAY 10 @ 2.00").order(), facts("accept v1")[0]))
    assert order.amend is not None
    old = open_results(order.side, 200, 10_000_000, HOME.terms)
    new = open_results(order.side, 500, 4_000_000, HOME.terms)
    assert amending_results(order, order.amend, HOME.terms) == (*map(min, old[:2], new), *map(max, old[2:], new[2:]))


# ---- with a successor ----


def replacing() -> Desk:
    """A lay of 10 at 2.00 whose rest shall go on at 3.00 under a name of its own."""
    return Desk("LAY 10 @ 2.00").tell("amend a1 10 @ 3.00 as r2")


def test_a_replacement_counts_the_dearer_half_until_either_is_known() -> None:
    desk = replacing()
    assert (desk.loss, desk.order("r2").within, desk.order("r2").parent) == (20, True, REF)
    assert desk.tell("timeout", ref="r2").loss == 20


@pytest.mark.parametrize("arrival", [("old", "new"), ("new", "old")])
def test_a_replacement_whose_halves_both_succeed_ends_in_the_new_order(arrival: tuple[str, str]) -> None:
    desk = replacing()
    said = {"old": ("cancelled a1 10", REF), "new": ("accept v2", "r2")}
    for half in arrival:
        words, ref = said[half]
        desk.tell(words, ref=ref)
    assert (desk.loss, state_of(desk.order()), state_of(desk.order("r2"))) == (20, "CANCELLED", "OPEN")


def test_while_only_the_new_half_is_proven_both_count() -> None:
    assert replacing().tell("accept v2", ref="r2").loss == 30


def test_the_second_half_may_fail_alone() -> None:
    assert replacing().tell("cancelled a1 10").tell("reject", ref="r2").loss == 0
    assert replacing().tell("reject", ref="r2").loss == 10, "the first is still to be proven gone"


def test_the_first_half_may_fail_alone_and_then_the_second_is_refused() -> None:
    desk = replacing().tell("refused a1")
    assert desk.loss == 30, "until the venue says so both may stand"
    assert desk.tell("reject", ref="r2").loss == 10


def test_a_late_fill_of_the_old_half_is_booked_beside_the_new_one() -> None:
    desk = replacing().tell("cancelled a1 10").tell("accept v2", ref="r2").tell("fill f1 4")
    assert (desk.order().matched_micros, state_of(desk.order())) == (4_000_000, "CLOSED_PARTIAL")
    assert desk.order("r2").exposed_micros == 10_000_000


def test_after_a_restart_each_half_counts_for_itself() -> None:
    desk = replacing().tell(RunResumed("run", "hash"))
    assert desk.loss == 30
    assert state_of(desk.order("r2")) is OrderState.UNKNOWN


def test_a_settled_market_ends_both_halves_of_a_replacement_that_nobody_answered() -> None:
    desk = replacing().tell("amend_unanswered a1").tell("timeout", ref="r2")
    desk.tell(MarketSettled(ONE, HOME.listing.venue_market, "s1", 0, 0, {HOME.listing.selection: Result.WON}))
    assert [state_of(desk.order(ref)) for ref in (REF, "r2")] == [OrderState.SETTLED] * 2
    assert (desk.loss, desk.balances(), desk.blotter.orders.unknown) == (0, {}, {})


# ---- what venues do beside ----


def test_what_a_reduction_took_away_is_cancelled_and_its_size_stands() -> None:
    desk = Desk("LAY 10 @ 3.00").tell("amend a1 4 @ 3.00", "cancelled a1 6")
    order = desk.order()
    assert (order.size_micros, order.remaining_micros, order.amend, desk.loss) == (10_000_000, 4_000_000, None, 8)


def test_a_list_never_takes_a_reduction_for_another_size_which_would_count_it_twice() -> None:
    desk = Desk("LAY 10 @ 3.00")
    (amend,) = facts("amend a1 4 @ 3.00")
    desk.tell(replace(amend, cancels=True), "report 0 cancelled 6")
    assert desk.tell(listed(4, 300, asked_ms=500)).order().remaining_micros == 4_000_000
    desk.tell(listed(4, 300, asked_ms=60_000))
    assert (desk.order().amend, desk.order().remaining_micros, desk.loss) == (None, 4_000_000, 8)


def test_a_list_asked_for_before_a_change_was_sent_may_show_terms_of_long_ago() -> None:
    desk = Desk("LAY 10 @ 2.00").tell("amend a1 10 @ 3.00", "amended a1 10 @ 3.00")
    desk.seq = 2_000 * MS
    desk.tell("amend a2 10 @ 2.00")
    assert desk.tell(listed(10, 200, asked_ms=1_000)).loss == 20
    assert desk.tell(listed(10, 200, asked_ms=3_000)).loss == 10


def test_a_successor_that_late_queries_do_not_find_never_was_and_leaves_its_parent_alone() -> None:
    desk = replacing().tell("timeout", ref="r2")
    for asked_ms in (60_000, 61_000, 62_000):
        desk.tell(*facts(f"absent {asked_ms}", "r2"), ref="r2")
    missing = desk.blotter.missing(HEIR)
    assert missing is not None
    assert desk.tell(missing).loss == 10
    assert (desk.order().amend, desk.order("r2").missing) == (None, True)


def test_a_successor_is_for_what_was_left_when_it_took_over() -> None:
    desk = replacing().tell("cancelled a1 6").tell("accept v2", "amended a1 6 @ 3.00", ref="r2").tell("fill f1 4")
    heir = desk.order("r2")
    assert (heir.size_micros, heir.remaining_micros, heir.suspect, heir.cancelled_micros) == (
        6_000_000,
        6_000_000,
        False,
        0,
    )
    assert desk.order().remaining_micros == 0
