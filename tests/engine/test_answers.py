"""What a process asks about orders that the one before it left half explained."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.ids import StrategyName
from domain.intents import TakeIntent
from domain.messages import Channel, ChannelChanged, OrderReported, PlaceOrder, QueryOrder, RunResumed
from domain.money import MICROS
from domain.orders import Side
from engine.replay import rebuild
from strategy.base import Wanted
from tests.builders import facts
from tests.engine.answering import fill_of, shown
from tests.engine.runs import CONTRACTS, ODDS, TWO
from tests.engine.streets import Hand

CHEAP = TakeIntent(StrategyName("s"), ODDS.listing.market, 0, Side.BACK, 510_000_000, 10 * MICROS, "cheap")


@pytest.mark.parametrize("told", ["without its fee", "with its fee", "with its match"])
def test_a_match_told_without_its_fee_is_asked_about_by_whoever_takes_a_run_over(tmp_path: Path, told: str) -> None:
    """Its own message went to the dead: the venue's cash was less than ours by the fee until the market was settled."""
    hand = Hand(tmp_path / "first").opened()
    hand.tell(shown(CONTRACTS, "48:50 | 47:50"))
    hand.wishes.once, hand.wishes.wanted = True, Wanted(takes=(CHEAP,))
    hand.tell(hand.valued(0.5, sequence=2))
    (order,) = [command for command in hand.two.told if isinstance(command, PlaceOrder)]
    match = fill_of(order, order.size_micros)
    (report,) = facts("report 0 closed", order.ref)
    assert isinstance(report, OrderReported)
    sizes = {
        "matched_micros": match.size_micros,
        "claims_micros": match.claims_micros,
        "cost_micros": match.cost_micros,
    }
    fee = None if told == "without its fee" else match.fee_micros
    fills = (match,) if told == "with its match" else ()
    hand.tell(*facts("accept v1", order.ref), replace(report, **sizes, fee_micros=fee, fills=fills))
    hand.journal.close()
    again = Hand(tmp_path / "again", state=rebuild(hand.folder)[0])
    again.street.note(RunResumed("trial", "c0ffee"))
    again.tell(*(ChannelChanged(TWO, channel, up=True) for channel in Channel))
    again.later(200)
    asked = [command.ref for command in again.two.told if isinstance(command, QueryOrder)]
    assert asked == ([order.ref] if told == "without its fee" else [])
