"""Orders that have to come out behind the death of a process, whoever wanted them."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.ids import MarketId, StrategyName
from domain.intents import TakeIntent
from domain.messages import CancelOrder, Channel, ChannelChanged, RunResumed
from domain.money import MICROS
from domain.orders import Side, TimeInForce
from engine.replay import rebuild
from engine.state import State
from strategy.base import Wanted
from tests.builders import facts
from tests.engine.runs import ONE, STARTED
from tests.engine.streets import Hand

CHEAP = TakeIntent(StrategyName("s"), MarketId("match"), 0, Side.BACK, 510_000_000, 10 * MICROS, "cheap")


@pytest.mark.parametrize("kills_rest", [False, True])
def test_what_rests_of_an_immediate_order_is_taken_out_by_whoever_comes_behind_a_death(
    tmp_path: Path, *, kills_rest: bool
) -> None:
    """It was the dead adapter's to take out: the order rested on at its old price, and its plan waited for it."""
    one, two = STARTED.capabilities
    started = replace(STARTED, capabilities=(replace(one, immediate=kills_rest), two))
    hand = Hand(tmp_path / "first", state=State(started))
    hand.street.note(started)
    hand.opened()
    hand.wishes.once, hand.wishes.wanted = True, Wanted(takes=(CHEAP,))
    hand.tell(hand.valued(0.5, sequence=2))
    (order,) = hand.places()
    assert order.tif is TimeInForce.IMMEDIATE
    hand.tell(*facts("accept v1", order.ref))
    hand.later(200)
    assert cancelled(hand) == [], "its own adapter does so"
    hand.journal.close()
    again = Hand(tmp_path / "again", state=rebuild(hand.folder)[0])
    again.street.note(RunResumed("trial", "c0ffee"))
    again.tell(*(ChannelChanged(ONE, channel, up=True) for channel in Channel))
    again.later(200)
    assert cancelled(again) == ([] if kills_rest else [order.ref])


def cancelled(hand: Hand) -> list[str]:
    return [command.ref for command in hand.one.told if isinstance(command, CancelOrder)]
