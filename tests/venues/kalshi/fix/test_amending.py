"""Orders changed over FIX: each takes the name of its change, and what the session cannot tell is found by asking."""

from typing import Any

import pytest

from domain.amending import AmendAccepted, AmendRefused, AmendUnanswered
from domain.messages import CancelAccepted
from domain.orders import OrderState, Side
from oms.order_states import state_of
from tests.venues.kalshi.fix.test_with_fake import cut_fix, together
from tests.venues.kalshi.test_amending import Desk
from tests.venues.kalshi.test_with_fake import R1, cancel, of, place
from venues.sim import lifecycle
from venues.sim.faults import PROFILES, Dice

STAYS = {"cancel_on_disconnect": False}


def desk(*, fix: dict[str, Any] | None = None, **changes: Any) -> Desk:
    """An order for 10 at 47 cents that was placed over FIX."""
    both = together(is_started=False, fix=fix, words={"expires_s": 0})  # what has an end is changed by request
    return Desk(both=both, **changes)


def test_another_price_is_the_same_order_under_the_name_of_the_change() -> None:
    one = desk()
    told = one.amend(R1, price=4_500)
    assert [(fact.ref, fact.price) for fact in of(told, AmendAccepted)] == [(R1, 4_500)]
    one.end()
    told = one.amend(R1, price=4_600, size_micros=12_000_000)
    assert (len(of(told, AmendAccepted)), one.first.remaining_micros) == (1, 12_000_000)
    one.end()
    assert of(one.send(cancel()), CancelAccepted)[0].size_micros == 12_000_000
    one.end()


def test_a_smaller_size_goes_by_request() -> None:
    one = desk()
    one.amend(R1, size_micros=6_000_000)
    assert one.first.remaining_micros == 6_000_000
    one.amend(R1, price=4_500)
    assert (one.first.price, one.first.remaining_micros) == (4_500, 6_000_000)
    one.end()


def test_a_change_that_crosses_is_matched_at_once() -> None:
    one = desk()
    one.both.world.crowd("ann ask 7 @ 50")
    one.amend(R1, price=5_000)
    assert (one.first.matched_micros, one.first.remaining_micros) == (7_000_000, 3_000_000)
    one.end()


def test_what_is_matched_while_a_change_is_on_its_way_comes_off_what_rests() -> None:
    one = desk()
    one.both.venue.send(one.change(R1, price=4_600), one.both.now)
    one.both.world.crowd("ann ask 4 @ 47")
    one.run(1_000)
    assert (one.first.matched_micros, one.first.remaining_micros) == (4_000_000, 6_000_000)
    one.end()


@pytest.mark.parametrize("change", [{"price": 4_550}, {"price": 9_900, "size_micros": 90_000_000_000}])
def test_a_refused_change_leaves_the_order_as_it_was(change: dict[str, Any]) -> None:
    one = desk()
    assert len(of(one.amend(R1, **change), AmendRefused)) == 1
    one.end()
    assert (one.first.price, one.first.remaining_micros) == (4_700, 10_000_000)
    assert of(one.send(cancel()), CancelAccepted)


def test_an_order_that_is_gone_refuses_its_change() -> None:
    one = desk()
    one.both.venue.send(one.change(R1, price=4_500), one.both.now)
    one.both.world.crowd("ann ask 10 @ 47")
    one.run(1_000)
    one.end()
    assert state_of(one.first) is OrderState.FILLED


def test_a_paused_market_refuses_changes() -> None:
    one = desk()
    one.both.at_exchange(lifecycle.suspend)
    assert len(of(one.amend(R1, price=4_500), AmendRefused)) == 1
    one.end()


@pytest.mark.parametrize("lands", [True, False])
def test_a_change_cut_off_from_its_answer_counts_the_dearer_terms_and_is_found(lands: bool) -> None:
    one = desk(side=Side.LAY, fix=STAYS)
    one.both.venue.send(one.change(R1, price=4_500), one.both.now)
    if lands:
        one.both.pipes.deliver_first()
    cut_fix(one.both)  # what is under way on a connection that breaks arrives nowhere
    told = one.run(3_000)
    assert len(of(told, AmendUnanswered)) == 1
    one.end()
    assert one.first.price == (4_500 if lands else 4_700)
    assert of(one.send(cancel(), 1_000), CancelAccepted)
    one.end()


@pytest.mark.parametrize("seed", range(4))
def test_after_a_storm_of_changes_both_sides_hold_the_same(seed: int) -> None:
    one = Desk(both=together(seed=seed, is_started=False, fix=STAYS if seed % 2 else None))
    dice, floor = Dice(seed, "amends"), one.both.world.exchange.floor
    one.both.world.faults.profile = PROFILES["storm"]
    amended = 0
    for step in range(50):
        side, cents = ("ask", "bid")[dice.below(2)], 42 + dice.below(11)
        one.both.world.crowd(f"ann {side} {1 + dice.below(4)} @ {cents}")
        if dice.below(3) == 0:
            one.send(place(f"s-{step}", side=(Side.BACK, Side.LAY)[dice.below(2)], price=4_200 + 100 * dice.below(11)))
        free = one.changeable()
        if free:
            order, amended = free[dice.below(len(free))], amended + 1
            price, size = 4_200 + 100 * dice.below(11), order.size_micros
            if dice.below(4) and price != order.price:
                one.amend(order.ref, price=price, size_micros=size + 1_000_000 * dice.below(2))
            elif order.remaining_micros > 2_000_000:
                one.amend(order.ref, size_micros=size - 1_000_000)
        one.check(floor.orders, "desk")
        if dice.below(8) == 0:
            cut_fix(one.both)
        one.run(1 + dice.below(1_500))
        one.check(floor.orders, "desk")
    one.both.world.faults.profile = PROFILES["none"]
    one.run(90_000)
    one.doubt_all()
    one.end()
    assert amended > 15
