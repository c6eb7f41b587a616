"""What a venue has shown of being matched and of answering, learned from our own orders."""

from domain.chances import SURE_PPM, UNTRIED
from domain.ids import VenueName
from domain.orders import Order, TimeInForce
from oms.blotter import Change
from oms.chances import Chances
from oms.order_states import apply
from tests.builders import bet, facts

HERE = VenueName("one")
MS = 1_000_000


def life(
    text: str,
    *,
    tif: TimeInForce = TimeInForce.IMMEDIATE,
    step_ms: int = 10,
    into: Chances | None = None,
    delay_ms: int = 0,
) -> Chances:
    """An order of 10 that is held back for a while, and what was said about it, every ten milliseconds something."""
    chances, order = into or Chances(), bet("BACK 10 @ 2.00")
    order = Order(**{**{name: getattr(order, name) for name in order.__struct_fields__}, "tif": tif})
    chances.placed(order.ref, delay_ms)
    chances.heard(Change(None, order), HERE, 0)
    for n, fact in enumerate(facts(text), 1):
        after = apply(order, fact)
        chances.heard(Change(order, after), HERE, n * step_ms * MS)
        order = after
    return chances


def test_nobody_knows_a_venue_that_was_never_asked() -> None:
    assert Chances().of(HERE) == UNTRIED
    assert UNTRIED.fill_ppm == SURE_PPM


def test_the_share_that_was_matched_moves_the_estimate_by_an_eighth() -> None:
    chances = life("accept v1; fill f1 2; lapsed l1 8")
    assert chances.of(HERE).fill_ppm == 900_000
    assert life("accept v1; fill f1 10", into=chances).of(HERE).fill_ppm == 912_500


def test_an_order_that_rests_says_nothing_of_being_matched_at_once() -> None:
    chances = life("accept v1; cancel c1; cancelled c1 10", tif=TimeInForce.REST)
    assert chances.of(HERE).fill_ppm == SURE_PPM
    assert chances.of(HERE).answer_us == 10_000


def test_what_never_arrived_was_not_a_refusal_of_the_book() -> None:
    assert life("timeout; missing").of(HERE).fill_ppm == SURE_PPM


def test_the_first_answer_is_timed_once() -> None:
    assert life("accept v1; fill f1 10; fill f2 1").of(HERE).answer_us == 10_000
    slow = life("reject", step_ms=90, into=life("accept v1; fill f1 10"))
    assert slow.of(HERE).answer_us == 20_000


def test_each_answer_moves_the_time_by_an_eighth_whether_or_not_an_order_was_to_be_matched_at_once() -> None:
    resting = life("accept v1", tif=TimeInForce.REST, step_ms=90, into=life("accept v1", tif=TimeInForce.REST))
    assert resting.of(HERE).answer_us == 20_000


def test_what_was_found_out_behind_a_lost_answer_times_nothing() -> None:
    assert life("timeout; fill f1 10").of(HERE).answer_us == 0


def test_a_bet_delay_is_none_of_the_time_that_a_venue_takes() -> None:
    assert life("accept v1; fill f1 10", step_ms=5_090, delay_ms=5_000).of(HERE).answer_us == 90_000
    assert life("accept v1; fill f1 10", delay_ms=5_000).of(HERE).answer_us == 10_000, "it was accepted before"
    assert life("reject", step_ms=5_090, into=life("accept v1", delay_ms=5_000)).of(HERE).answer_us == 645_000
