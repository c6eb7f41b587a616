"""Orders changed at the simulated exchange: the dearer terms until the venue's word, whatever is lost on the way."""

from typing import Any

import pytest

from domain.amending import AmendAccepted, AmendRefused, AmendUnanswered
from domain.ids import EventId, MarketId
from domain.markets import Market
from domain.messages import CancelAccepted, InstrumentsListed
from domain.orders import OrderState, Side
from oms.order_states import state_of
from risk.exposure import Exposure
from tests.venues.agreeing import Agreeing
from tests.venues.kalshi.test_with_fake import R1, Together, cancel, of, place
from venues.kalshi.rules import capabilities
from venues.sim import lifecycle
from venues.sim.faults import MILLION, PROFILES, Danger, Dice, Profile


class Desk(Agreeing):
    """An order for 10 at 47 cents at rest on both sides."""

    def __init__(self, *, seed: int = 1, both: Together | None = None, **changes: Any) -> None:
        self.both = both or Together(seed=seed, **changes.pop("world", {}))
        told = self.both.run(2_000)
        listed = of(told, InstrumentsListed)
        instruments = {one.id: one for fact in listed for one in fact.instruments}
        markets = Exposure([Market(MarketId("m"), EventId("e"), "kind", ("a", "b", "c"))])
        currency = next(iter(instruments.values())).terms.currency
        super().__init__(self.both, instruments, capabilities(listed[0].venue, currency, heartbeat_ms=10_000), markets)
        self.send(place(**changes))

    def under(self, *dangers: Danger, ref: str = R1, **amend: Any) -> list[Any]:
        """Change the order while these strike every request."""
        faults = self.both.world.faults
        faults.profile = Profile("now", dict.fromkeys(dangers, MILLION), delay_ms=(3_000, 3_000))
        told = self.amend(ref, **amend)
        faults.profile = PROFILES["none"]
        return told + self.run(10_000)

    def end(self) -> None:
        """Nothing is in doubt, and both sides say the same."""
        self.settle_doubts()
        self.agree(self.both.world.exchange.floor.orders, "desk")

    @property
    def first(self) -> Any:
        return self.order(R1)


def test_another_price_is_the_same_order() -> None:
    desk = Desk()
    told = desk.amend(R1, price=4_500)
    assert [(fact.price, fact.size_micros) for fact in of(told, AmendAccepted)] == [(4_500, 10_000_000)]
    assert (desk.first.price, state_of(desk.first)) == (4_500, OrderState.OPEN)
    desk.end()


@pytest.mark.parametrize(("side", "price", "worst"), [(Side.BACK, 4_900, 4.9), (Side.LAY, 4_500, 5.5)])
def test_while_it_is_amended_the_dearer_terms_are_counted_and_never_the_sum(
    side: Side, price: int, worst: float
) -> None:
    desk = Desk(side=side)
    desk.amend(R1, price=price)
    assert desk.worst / 1e6 == pytest.approx(worst, abs=0.3)  # and the fees of its matches
    desk.end()


def test_price_and_size_change_in_one_act_and_the_size_may_grow() -> None:
    desk = Desk()
    desk.both.world.crowd("ann ask 3 @ 47")
    desk.run(200)
    desk.amend(R1, price=4_600, size_micros=15_000_000)
    assert (desk.first.size_micros, desk.first.matched_micros, desk.first.remaining_micros) == (
        15_000_000,
        3_000_000,
        12_000_000,
    )
    desk.end()


def test_a_smaller_size_is_a_part_cancelled_and_the_order_keeps_its_place() -> None:
    desk = Desk()
    (answer,) = of(desk.amend(R1, size_micros=6_000_000), CancelAccepted)
    assert (answer.size_micros, desk.first.remaining_micros, desk.first.amend) == (4_000_000, 6_000_000, None)
    desk.end()


def test_what_was_taken_away_before_is_not_asked_for_again() -> None:
    desk = Desk()
    desk.amend(R1, size_micros=6_000_000)
    desk.amend(R1, price=4_500)
    assert desk.first.remaining_micros == 6_000_000
    desk.end()


def test_what_is_matched_while_an_amend_is_on_its_way_comes_off_what_rests() -> None:
    desk = Desk(world={"private_lag_ms": (1_000, 1_000)})
    desk.run(2_000)
    desk.both.world.crowd("ann ask 4 @ 47")  # the stream has not told of it
    desk.amend(R1, price=4_600)
    desk.run(2_000)
    assert (desk.first.matched_micros, desk.first.remaining_micros) == (4_000_000, 6_000_000)
    desk.end()


def test_an_amend_that_crosses_is_matched_at_once() -> None:
    desk = Desk()
    desk.both.world.crowd("ann ask 7 @ 50")
    desk.amend(R1, price=5_000)
    assert desk.first.matched_micros == 7_000_000
    desk.end()


def test_an_order_that_is_gone_refuses_its_amend() -> None:
    desk = Desk(world={"private_lag_ms": (1_000, 1_000)})
    desk.run(2_000)
    desk.both.world.crowd("ann ask 10 @ 47")
    assert len(of(desk.amend(R1, price=4_500), AmendRefused)) == 1
    desk.run(2_000)
    desk.end()
    assert state_of(desk.first) is OrderState.FILLED


@pytest.mark.parametrize(
    "change", [{"price": 4_550}, {"price": 9_900, "size_micros": 90_000_000_000}, {"size_micros": 0}]
)
def test_a_refused_change_leaves_the_order_as_it_was(change: dict[str, Any]) -> None:
    desk = Desk()
    assert len(of(desk.amend(R1, **change), AmendRefused)) == 1
    desk.end()
    assert (desk.first.price, desk.first.remaining_micros) == (4_700, 10_000_000)


def test_a_paused_market_refuses_changes() -> None:
    desk = Desk()
    desk.both.at_exchange(lifecycle.suspend)
    assert len(of(desk.amend(R1, price=4_500), AmendRefused)) == 1
    desk.end()


LOST = [Danger.REPLY_LOST, Danger.DONE_BUT_5XX, Danger.HTML_INSTEAD, Danger.REPLY_CUT]


@pytest.mark.parametrize("danger", LOST)
@pytest.mark.parametrize("change", [{"price": 4_900}, {"price": 4_500, "size_micros": 12_000_000}])
def test_an_amend_without_an_answer_counts_the_dearer_terms_until_a_list_shows_them(
    danger: Danger, change: dict[str, Any]
) -> None:
    desk = Desk()
    told = desk.under(danger, **change)
    assert len(of(told, AmendUnanswered)) == 1
    desk.end()
    assert desk.first.price == change["price"]
    assert desk.first.remaining_micros == change.get("size_micros", 10_000_000)


@pytest.mark.parametrize("danger", LOST)
def test_a_decrease_without_an_answer_is_found(danger: Danger) -> None:
    desk = Desk()
    desk.under(danger, size_micros=6_000_000)
    desk.end()
    assert desk.first.remaining_micros == 6_000_000


def test_a_throttled_amend_changed_nothing() -> None:
    desk = Desk()
    desk.under(Danger.THROTTLED, price=4_500)
    desk.end()
    assert (desk.first.price, desk.first.remaining_micros) == (4_700, 10_000_000)


def test_an_ask_matched_before_and_after_its_amend_is_booked_at_what_it_brought() -> None:
    desk = Desk(side=Side.LAY)
    desk.both.world.crowd("ann bid 3 @ 47")
    desk.under(Danger.REPLY_LOST, price=5_200)
    desk.both.world.crowd("ann bid 2 @ 52")
    desk.run(500)
    desk.end()
    assert (desk.first.matched_micros, desk.first.cost_micros) == (5_000_000, 2_450_000)


def test_another_process_finds_the_order_with_its_new_terms() -> None:
    desk = Desk()
    desk.amend(R1, price=4_500)
    desk.amend(R1, size_micros=7_000_000)
    desk.both.begin_again()
    desk.run(5_000)
    desk.doubt_all()
    desk.end()
    assert of(desk.send(cancel()), CancelAccepted)[0].size_micros == 7_000_000
    desk.end()


@pytest.mark.parametrize("seed", range(6))
def test_after_a_storm_of_changes_both_sides_hold_the_same(seed: int) -> None:
    desk = Desk(seed=seed)
    dice, floor = Dice(seed, "amends"), desk.both.world.exchange.floor
    desk.both.world.faults.profile = PROFILES["storm"]
    amended = 0
    for step in range(60):
        side, cents = ("ask", "bid")[dice.below(2)], 42 + dice.below(11)
        desk.both.world.crowd(f"ann {side} {1 + dice.below(4)} @ {cents}")
        if dice.below(3) == 0:
            desk.send(place(f"s-{step}", side=(Side.BACK, Side.LAY)[dice.below(2)], price=4_200 + 100 * dice.below(11)))
        free = desk.changeable()
        if free:
            order, amended = free[dice.below(len(free))], amended + 1
            price, size = 4_200 + 100 * dice.below(11), order.size_micros
            if dice.below(4) and price != order.price:
                grown = size + 1_000_000 * dice.below(3) if dice.below(3) == 0 else size
                desk.amend(order.ref, price=price, size_micros=grown)
            elif order.remaining_micros > 2_000_000:
                desk.amend(order.ref, size_micros=size - 1_000_000)
        desk.check(floor.orders, "desk")
        desk.run(1 + dice.below(1_500))
        desk.check(floor.orders, "desk")
    desk.both.world.faults.profile = PROFILES["none"]
    desk.run(60_000)
    desk.doubt_all()
    desk.end()
    assert amended > 20
