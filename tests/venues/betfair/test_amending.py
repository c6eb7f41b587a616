"""Bets changed at the simulated exchange: both halves by their own evidence, whatever is lost on the way."""

from typing import Any

import pytest

from domain.amending import AmendRefused
from domain.ids import EventId, MarketId
from domain.markets import Market
from domain.messages import CancelAccepted, InstrumentsListed, OrderAccepted, OrderRejected
from domain.orders import OrderState, Side
from oms.order_states import state_of
from risk.exposure import Exposure
from tests.venues.agreeing import Agreeing
from tests.venues.betfair.desk import cancel
from tests.venues.betfair.test_with_fake import Together, bet, of
from venues.betfair.rules import capabilities
from venues.sim import lifecycle
from venues.sim.faults import MILLION, PROFILES, Danger, Dice, Profile


class Desk(Agreeing):
    """A bet of 10 at 2.50 at rest on both sides."""

    def __init__(self, *, seed: int = 1, **changes: Any) -> None:
        self.both = Together(seed=seed, **changes.pop("world", {}))
        told = self.both.run(1_000)
        (listed,) = of(told, InstrumentsListed)
        markets = Exposure([Market(MarketId("m"), EventId("e"), "kind", ("a", "b", "c"))])
        can = capabilities(listed.venue, listed.instruments[0].terms.currency, heartbeat_ms=5_000)
        super().__init__(self.both, {one.id: one for one in listed.instruments}, can, markets)
        self.send(bet(**changes))

    def under(self, *dangers: Danger, **amend: Any) -> list[Any]:
        """Change the bet while these strike every request."""
        faults = self.both.world.faults
        faults.profile = Profile("now", dict.fromkeys(dangers, MILLION), delay_ms=(3_000, 3_000))
        told = self.amend(**amend)
        faults.profile = PROFILES["none"]
        return told + self.run(8_000)

    def end(self) -> None:
        """Nothing is in doubt, and both sides say the same."""
        self.settle_doubts()
        self.agree(self.both.world.exchange.floor.orders, "desk")

    @property
    def loss(self) -> float:
        return self.exposure.total_loss_micros / 1e6


def test_other_odds_are_a_new_bet_under_the_name_of_the_first() -> None:
    desk = Desk()
    told = desk.amend(price=260)
    assert [fact.ref for fact in of(told, CancelAccepted)] == ["r1"]
    assert {fact.ref for fact in of(told, OrderAccepted)} == {"r1.1"}
    assert (state_of(desk.order()), state_of(desk.order("r1.1"))) == (OrderState.CANCELLED, OrderState.OPEN)
    assert (desk.order("r1.1").price, desk.order("r1.1").parent) == (260, "r1")
    desk.end()


@pytest.mark.parametrize(("side", "worst"), [(Side.BACK, 10), (Side.LAY, 16)])
def test_while_it_is_replaced_the_dearer_of_both_bets_is_counted_and_never_the_sum(side: Side, worst: int) -> None:
    desk = Desk(side=side)
    desk.amend(price=260)
    assert (desk.worst / 1e6, desk.loss) == (worst, worst)


def test_a_bet_is_replaced_again_and_again_and_then_taken_out() -> None:
    desk = Desk()
    for number, price in enumerate((260, 270, 280)):
        desk.amend("r1" if not number else f"r1.{number}", price=price)
    told = desk.send(cancel("r1.3"))
    assert of(told, CancelAccepted)[0].size_micros == 10_000_000
    desk.end()
    assert state_of(desk.order("r1.3")) is OrderState.CANCELLED


def test_a_smaller_size_is_a_part_cancelled_and_the_bet_keeps_its_place() -> None:
    desk = Desk()
    before = [one.number for one in desk.both.world.exchange.floor.orders.values()]
    (answer,) = of(desk.amend(size_micros=6_000_000), CancelAccepted)
    assert (answer.size_micros, desk.order().remaining_micros, desk.order().amend) == (4_000_000, 6_000_000, None)
    assert [one.number for one in desk.both.world.exchange.floor.orders.values()] == before
    desk.end()


def test_what_was_matched_before_the_cancel_came_is_missing_from_the_new_bet() -> None:
    desk = Desk()
    desk.both.world.crowd("LAY", "2.50", "4", publish=False)  # the stream has not told of it
    desk.amend(price=260)
    assert (desk.order().matched_micros, desk.order("r1.1").remaining_micros) == (4_000_000, 6_000_000)
    desk.end()


def test_a_new_bet_that_crosses_is_matched_at_once() -> None:
    desk = Desk()
    desk.both.world.crowd("LAY", "2.40", "7")
    desk.amend(price=240)
    assert desk.order("r1.1").matched_micros == 7_000_000
    desk.end()


def test_the_old_bet_may_be_gone_when_the_replacement_comes() -> None:
    desk = Desk()
    desk.both.world.crowd("LAY", "2.50", "10", publish=False)
    told = desk.amend(price=260)
    assert [fact.ref for fact in of(told, OrderRejected)] == ["r1.1"]
    desk.end()
    assert state_of(desk.order()) is OrderState.FILLED


def test_the_new_bet_may_be_refused_when_the_old_one_is_gone() -> None:
    desk = Desk(side=Side.LAY, size_micros=100_000_000)
    told = desk.amend(price=50_000)  # dearer than the wallet holds
    assert ([fact.ref for fact in of(told, CancelAccepted)], desk.loss) == (["r1"], 0)
    assert [fact.ref for fact in of(told, OrderRejected)] == ["r1.1"]
    desk.end()


@pytest.mark.parametrize("change", [{"price": 261}, {"price": 250, "size_micros": 12_000_000}, {"size_micros": 0}])
def test_a_refused_change_leaves_the_bet_as_it_was(change: dict[str, Any]) -> None:
    desk = Desk()
    told = desk.amend(**change)
    assert len(of(told, AmendRefused)) == 1
    desk.end()
    assert (desk.order().price, desk.order().remaining_micros) == (250, 10_000_000)


def test_a_suspended_market_refuses_changes() -> None:
    desk = Desk()
    desk.both.world.at_exchange(lifecycle.suspend)
    assert len(of(desk.amend(price=260), AmendRefused)) == 1
    desk.run(100)
    desk.end()


LOST = [Danger.REPLY_LOST, Danger.DONE_BUT_5XX, Danger.HTML_INSTEAD, Danger.REPLY_CUT]


@pytest.mark.parametrize("danger", LOST)
def test_a_replacement_without_an_answer_counts_its_dearer_half_until_it_is_found(danger: Danger) -> None:
    desk = Desk(side=Side.LAY)
    desk.under(danger, price=260)
    assert desk.worst == 16_000_000
    desk.end()
    assert (state_of(desk.order()), desk.order("r1.1").remaining_micros) == (OrderState.CANCELLED, 10_000_000)


@pytest.mark.parametrize("danger", LOST)
def test_a_reduction_without_an_answer_is_found(danger: Danger) -> None:
    desk = Desk()
    desk.under(danger, size_micros=6_000_000)
    desk.end()
    assert desk.order().remaining_micros == 6_000_000


def test_a_replacement_that_never_arrived_leaves_the_old_bet_and_no_new_one() -> None:
    desk = Desk(side=Side.LAY)
    desk.both.pipes.is_down = True
    desk.both.pipes.cut()
    told = desk.amend(price=260)
    assert (len(of(told, OrderRejected)), desk.loss) == (1, 15)
    desk.both.pipes.is_down = False
    desk.run(20_000)
    desk.end()


def test_a_throttled_replacement_is_found_not_to_have_been_done() -> None:
    desk = Desk()
    desk.under(Danger.THROTTLED, price=260)
    desk.end()
    assert desk.order().remaining_micros == 10_000_000


def test_matches_while_the_answer_is_lost_are_booked_on_the_bet_that_had_them() -> None:
    desk = Desk()
    desk.both.world.crowd("LAY", "2.50", "3", publish=False)
    faults = desk.both.world.faults
    faults.profile = Profile("now", {Danger.REPLY_LOST: MILLION})
    desk.amend(price=260, ms=10)
    desk.both.world.crowd("LAY", "2.60", "2")
    faults.profile = PROFILES["none"]
    desk.run(8_000)
    desk.end()
    assert (desk.order().matched_micros, desk.order("r1.1").matched_micros) == (3_000_000, 2_000_000)
    assert desk.order("r1.1").remaining_micros == 5_000_000


def test_in_play_the_new_bet_waits_and_the_old_one_is_gone() -> None:
    desk = Desk()
    desk.both.world.at_exchange(lifecycle.turn_in_play)
    desk.run(300)
    desk.send(bet("r2"), 8_000)
    desk.amend("r2", price=260, ms=1_000)
    assert state_of(desk.order("r2")) is OrderState.CANCELLED
    assert desk.order("r2.1").exposed_micros == 10_000_000
    desk.run(6_000)
    assert state_of(desk.order("r2.1")) is OrderState.OPEN
    desk.end()


def test_another_process_finds_its_bets_in_the_order_in_which_they_were_replaced() -> None:
    desk = Desk()
    desk.amend(price=260)
    desk.under(Danger.REPLY_LOST, ref="r1.1", price=270)
    desk.both.begin_again()
    desk.run(5_000)
    told = desk.send(cancel("r1.2"), 5_000)
    assert [fact.ref for fact in of(told, CancelAccepted)] == ["r1.2"]
    desk.end()


@pytest.mark.parametrize("seed", range(6))
def test_after_a_storm_of_changes_both_sides_hold_the_same(seed: int) -> None:
    desk = Desk(seed=seed, world={"delay_ms": 0})
    dice, floor = Dice(seed, "amends"), desk.both.world.exchange.floor
    desk.both.world.faults.profile = PROFILES["storm"]
    for step in range(60):
        side, odds = ("LAY", "BACK")[dice.below(2)], 240 + 2 * dice.below(11)
        desk.both.world.crowd(side, f"{odds / 100:.2f}", str(1 + dice.below(4)), publish=bool(dice.below(2)))
        if dice.below(3) == 0:
            desk.send(bet(f"s{step}", side=(Side.BACK, Side.LAY)[dice.below(2)], price=240 + 2 * dice.below(11)))
        free = desk.changeable()
        if free:
            order = free[dice.below(len(free))]
            price = 240 + 2 * dice.below(11)
            if dice.below(4) and price != order.price:
                desk.amend(order.ref, price=price)
            elif order.remaining_micros > 2_000_000:
                desk.amend(order.ref, size_micros=order.size_micros - 1_000_000)
        desk.check(floor.orders, "desk")
        desk.run(1 + dice.below(1_500))
        desk.check(floor.orders, "desk")
    desk.both.world.faults.profile = PROFILES["none"]
    desk.run(60_000)
    desk.doubt_all()
    desk.end()
    assert len([order for order in desk.blotter.orders.every() if order.parent]) > 10
