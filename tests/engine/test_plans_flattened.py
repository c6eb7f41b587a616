"""Kill level 4 while a plan is under way: what the plan evens out is not closed a second time."""

from pathlib import Path

import pytest

from domain.ids import MarketId
from domain.messages import OrderFilled, PlaceOrder
from domain.money import MICROS
from domain.operators import KillLevel, KillLevelSet
from domain.orders import Evidence
from strategy.flattening import FLATTEN
from tests.engine.answering import ALL, LOST, Answered, fill_of, shown
from tests.engine.runs import ODDS
from tests.engine.test_planning import hedge, pair, placed, street, take, want

MATCH = MarketId("match")


def flatten(hand: Answered) -> None:
    hand.tell(KillLevelSet(KillLevel.FLATTEN, "ann", "enough"))


def tell_what_was_matched(hand: Answered) -> None:
    """Every match that the engine has not heard of."""
    for ref, (command, size) in [*hand.truth.matched.items()]:
        order = hand.state.blotter.orders.get(ref)
        if order is not None and order.matched_micros < size:
            hand.tell(OrderFilled(ref, fill_of(command, size), Evidence.PUSH))


def orders(hand: Answered) -> list[tuple[str, int]]:
    """Strategy and size of each order, in whole units."""
    sent = [body for body in hand.records() if isinstance(body, PlaceOrder)]
    return [(order.strategy, round(order.size_micros / MICROS)) for order in sent]


@pytest.mark.parametrize("fates", [(LOST, ALL), (ALL, LOST)], ids=["the first leg", "the second leg"])
def test_legs_of_a_pair_under_way_are_not_closed_beside_it(tmp_path: Path, fates: tuple[str, ...]) -> None:
    """The second leg and a flattening order of its size were both matched: the desk was naked the other way."""
    hand = street(tmp_path, *fates)
    want(hand, pair())
    flatten(hand)
    tell_what_was_matched(hand)
    hand.pass_time(5_000)
    assert placed(hand) == [("back", 40), ("lay", 17)]
    pnl = hand.state.exposure.pnl_micros(MATCH)
    assert max(pnl) - min(pnl) < MICROS // 2


def test_flattening_closes_what_a_hedge_under_way_does_not(tmp_path: Path) -> None:
    """Of 40 claims, 32 in pounds, a hedge closes 20 and its answer is late; the rest is closed beside it."""
    hand = street(tmp_path, ALL, LOST, ALL, odds="2.00:50 | 2.04:9", contracts="53:50 | 52:50")
    want(hand, takes=(take(40),))
    hand.books = shown(ODDS, "1.85:50 | 1.90:60"), hand.books[1]
    hand.tell(*hand.books)
    want(hand, takes=(hedge(),))
    flatten(hand)
    hand.pass_time(1_000)
    tell_what_was_matched(hand)
    hand.pass_time(5_000)
    (half,) = [size for strategy, size in orders(hand) if strategy == FLATTEN]
    assert half == orders(hand)[1][1]
    pnl = hand.state.exposure.pnl_micros(MATCH)
    assert max(pnl) - min(pnl) < MICROS // 2


def test_what_a_pair_leaves_at_its_end_is_closed_then(tmp_path: Path) -> None:
    hand = street(tmp_path, ALL, "0")
    want(hand, pair())
    flatten(hand)
    hand.truth.script = lambda order: ALL if order.strategy == FLATTEN else "0"
    hand.pass_time(1_000)
    assert {strategy for strategy, _ in orders(hand)} == {"s"}
    hand.pass_time(5_000)
    assert orders(hand)[-1][0] == FLATTEN
    pnl = hand.state.exposure.pnl_micros(MATCH)
    assert max(pnl) - min(pnl) < MICROS // 2
