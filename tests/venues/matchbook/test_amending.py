"""Offers edited at the simulated venue: the dearer terms until its word, whatever is lost on the way."""

from typing import Any

import pytest

from domain.amending import AmendAccepted, AmendRefused, AmendUnanswered
from domain.ids import EventId, MarketId, OrderRef, StrategyName
from domain.markets import Market
from domain.messages import CancelAccepted, CancelOrder, PlaceOrder
from domain.orders import OrderState, Side, TimeInForce
from oms.order_states import state_of
from risk.exposure import Exposure
from tests.venues.agreeing import Agreeing
from tests.venues.matchbook.fake_world import HOME, MARKET, TOTAL
from tests.venues.matchbook.rig import VENUE, Rig, key
from venues.matchbook.rules import capabilities
from venues.sim import lifecycle
from venues.sim.faults import MILLION, PROFILES, Danger, Dice, Profile

T1 = "t-1"


class Pair:
    """The rig as a pair: what was told is taken by whoever keeps the orders."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        rig.keeps_orders = False

    @property
    def now(self) -> int:
        return self.rig.now

    def run(self, ms: int) -> list[Any]:
        self.rig.run(ms)
        return self.rig.taken()

    def send(self, command: Any, ms: int = 100) -> list[Any]:
        self.rig.venue.send(command, self.rig.now)
        return self.run(ms)


def place(ref: str = T1, **changes: Any) -> PlaceOrder:
    base: dict[str, Any] = {
        "ref": OrderRef(ref),
        "instrument": key(HOME),
        "strategy": StrategyName("s"),
        "side": Side.BACK,
        "price": 250,
        "size_micros": 10_000_000,
        "tif": TimeInForce.REST,
        "decision": 1,
    }
    return PlaceOrder(**(base | changes))


class Desk(Agreeing):
    """An offer of 10 at 2.50 at rest on both sides."""

    def __init__(self, *, seed: int = 1, **changes: Any) -> None:
        self.rig = Rig(seed=seed, world=changes.pop("world", {}))
        pair = Pair(self.rig)
        pair.run(3_000)
        markets = Exposure([Market(MarketId(str(m)), EventId("e"), "kind", ("a", "b", "c")) for m in (MARKET, TOTAL)])
        instruments = self.rig.instruments
        currency = next(iter(instruments.values())).terms.currency
        can = capabilities(VENUE, currency, stale_after_ms=5_000)
        super().__init__(pair, instruments, can, markets)
        self.send(place(**changes), 500)

    def under(self, *dangers: Danger, ref: str = T1, **amend: Any) -> list[Any]:
        """Edit the offer while these strike every request."""
        faults = self.rig.world.faults
        faults.profile = Profile("now", dict.fromkeys(dangers, MILLION), delay_ms=(3_000, 3_000))
        told = self.amend(ref, **amend, ms=50)
        faults.profile = PROFILES["none"]
        return told + self.run(10_000)

    def end(self) -> None:
        """Nothing is in doubt, and both sides say the same."""
        self.settle_doubts()
        self.agree(self.rig.world.exchange.floor.orders, "desk")

    @property
    def first(self) -> Any:
        return self.order(T1)


def of(told: list[Any], kind: Any) -> list[Any]:
    return [fact for fact in told if isinstance(fact, kind)]


def test_other_odds_are_the_same_offer() -> None:
    desk = Desk()
    told = desk.amend(T1, price=260)
    assert [(fact.price, fact.size_micros) for fact in of(told, AmendAccepted)] == [(260, 10_000_000)]
    assert (desk.first.price, state_of(desk.first)) == (260, OrderState.OPEN)
    desk.end()


@pytest.mark.parametrize(("side", "worst"), [(Side.BACK, 10), (Side.LAY, 16)])
def test_while_it_is_edited_the_dearer_terms_are_counted_and_never_the_sum(side: Side, worst: int) -> None:
    desk = Desk(side=side)
    desk.amend(T1, price=260)
    assert desk.worst / 1e6 == worst
    desk.end()


@pytest.mark.parametrize("size", [4_000_000, 15_000_000])
@pytest.mark.parametrize("price", [250, 240])
def test_odds_and_size_change_in_one_act_either_way(price: int, size: int) -> None:
    desk = Desk()
    desk.rig.world.crowd("LAY 3 @ 2.5")
    desk.run(2_000)
    desk.amend(T1, price=price, size_micros=size)
    assert (desk.first.price, desk.first.size_micros, desk.first.matched_micros) == (price, size, 3_000_000)
    desk.end()


def test_a_match_that_overtakes_an_edit_refuses_it() -> None:
    desk = Desk()
    desk.rig.world.crowd("LAY 4 @ 2.5")  # no poll has told of it
    assert len(of(desk.amend(T1, price=260, ms=100), AmendRefused)) == 1
    desk.end()
    assert (desk.first.price, desk.first.remaining_micros) == (250, 6_000_000)


def test_an_edit_that_crosses_is_matched_at_once() -> None:
    desk = Desk()
    desk.rig.world.crowd("LAY 7 @ 2.4")
    desk.amend(T1, price=240)
    assert desk.first.matched_micros == 7_000_000
    desk.end()


def test_an_offer_that_is_gone_refuses_its_edit() -> None:
    desk = Desk()
    desk.rig.world.crowd("LAY 10 @ 2.5")
    assert len(of(desk.amend(T1, price=260, ms=100), AmendRefused)) == 1
    desk.end()
    assert state_of(desk.first) is OrderState.FILLED


@pytest.mark.parametrize("change", [{"price": 251}, {"price": 900, "size_micros": 90_000_000_000}, {"size_micros": 0}])
def test_a_refused_change_leaves_the_offer_as_it_was(change: dict[str, Any]) -> None:
    desk = Desk(side=Side.LAY)
    assert len(of(desk.amend(T1, **change), AmendRefused)) == 1
    desk.end()
    assert (desk.first.price, desk.first.remaining_micros) == (250, 10_000_000)


def test_a_suspended_market_refuses_edits() -> None:
    desk = Desk()
    desk.rig.world.at_exchange(lifecycle.suspend)
    assert len(of(desk.amend(T1, price=260, ms=50), AmendRefused)) == 1
    desk.run(2_000)
    desk.end()


LOST = [Danger.REPLY_LOST, Danger.DONE_BUT_5XX, Danger.HTML_INSTEAD, Danger.REPLY_CUT]


@pytest.mark.parametrize("danger", LOST)
@pytest.mark.parametrize(
    "change", [{"price": 260}, {"size_micros": 6_000_000}, {"price": 240, "size_micros": 12_000_000}]
)
def test_an_edit_without_an_answer_counts_the_dearer_terms_until_they_are_shown(
    danger: Danger, change: dict[str, Any]
) -> None:
    desk = Desk()
    told = desk.under(danger, **change)
    assert len(of(told, AmendUnanswered)) == 1
    desk.end()
    assert desk.first.price == change.get("price", 250)
    assert desk.first.remaining_micros == change.get("size_micros", 10_000_000)


def test_a_throttled_edit_changed_nothing() -> None:
    desk = Desk()
    desk.under(Danger.THROTTLED, price=260)
    desk.end()
    assert (desk.first.price, desk.first.remaining_micros) == (250, 10_000_000)


def test_in_play_an_edit_that_would_match_is_held_back_and_either_terms_may_hold() -> None:
    desk = Desk(world={"delay_ms": 5_000})
    desk.rig.world.at_exchange(lifecycle.turn_in_play, lapse=False)
    desk.run(1_500)
    desk.rig.world.crowd("LAY 7 @ 2.4")
    told = desk.amend(T1, price=240, ms=1_000)
    assert (len(of(told, AmendUnanswered)), desk.first.matched_micros) == (1, 0)
    desk.run(8_000)
    desk.end()
    assert (desk.first.price, desk.first.matched_micros) == (240, 7_000_000)


def test_an_edited_offer_is_cancelled_whole() -> None:
    desk = Desk()
    desk.amend(T1, price=260, size_micros=14_000_000)
    assert of(desk.send(CancelOrder(OrderRef(T1), "c1")), CancelAccepted)[0].size_micros == 14_000_000
    desk.end()


@pytest.mark.parametrize("seed", range(4))
def test_after_a_storm_of_edits_both_sides_hold_the_same(seed: int) -> None:
    desk = Desk(seed=seed)
    dice, floor = Dice(seed, "amends"), desk.rig.world.exchange.floor
    desk.rig.world.faults.profile = PROFILES["storm"]
    amended = 0
    for step in range(50):
        side, odds = ("LAY", "BACK")[dice.below(2)], 240 + 2 * dice.below(11)
        desk.rig.world.crowd(f"{side} {1 + dice.below(4)} @ {odds / 100:.2f}")
        if dice.below(3) == 0:
            desk.send(place(f"s-{step}", side=(Side.BACK, Side.LAY)[dice.below(2)], price=240 + 2 * dice.below(11)))
        free = desk.changeable()
        if free:
            order, amended = free[dice.below(len(free))], amended + 1
            resized = order.size_micros + 1_000_000 * (dice.below(4) - 1)
            price = 240 + 2 * dice.below(11)
            if (price, resized) != (order.price, order.size_micros):
                desk.amend(order.ref, price=price, size_micros=resized)
        desk.check(floor.orders, "desk")
        desk.run(1 + dice.below(1_500))
        desk.check(floor.orders, "desk")
    desk.rig.world.faults.profile = PROFILES["none"]
    desk.run(60_000)
    desk.doubt_all()
    desk.end()
    assert amended > 15
