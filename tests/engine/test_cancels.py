"""Cancels that are refused: when the next one goes out."""

from pathlib import Path

from domain.markets import MarketStatus
from domain.messages import CancelOrder, Fact
from strategy.base import NOTHING, Wanted
from tests.builders import facts
from tests.engine.streets import Hand, quote, shown, status


def cancels(hand: Hand) -> list[CancelOrder]:
    return [command for command in hand.one.told if isinstance(command, CancelOrder)]


def refuse_the_last(hand: Hand) -> None:
    last = cancels(hand)[-1]
    hand.tell(*facts(f"refused {last.request}", last.ref))


def refused(folder: Path, news: Fact) -> Hand:
    """A desk whose one quote is not wanted any more as this comes in, and five cancels of which were refused."""
    hand = Hand(folder).opened()
    hand.quoting(quote())
    hand.wishes.wanted = NOTHING
    hand.tell(news)
    for wait_ms in (600, 1_100, 2_100, 4_100):
        refuse_the_last(hand)
        hand.later(wait_ms)
    refuse_the_last(hand)
    hand.later(600)
    assert len(cancels(hand)) == 5, "the next is eight seconds away"
    return hand


def test_a_refused_cancel_is_sent_again_at_once_when_its_market_reopens(tmp_path: Path) -> None:
    """It kept the distance that it had grown to: a quote stood for up to eight seconds in a market that had changed."""
    hand = refused(tmp_path, status(MarketStatus.SUSPENDED))
    hand.tell(status())
    assert len(cancels(hand)) == 6
    refuse_the_last(hand)
    hand.later(7_900)
    hand.tell(shown("1.98:50 | 2.04:50"))
    assert len(cancels(hand)) == 6, "and keeps its distance there"
    hand.later(600)
    assert len(cancels(hand)) == 7


def test_the_distance_between_cancels_is_short_again_for_an_order_that_was_wanted_meanwhile(tmp_path: Path) -> None:
    hand = refused(tmp_path, shown("1.98:50 | 2.04:50"))
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    for _ in range(60):
        hand.tell(shown("1.98:50 | 2.04:50"))
        hand.later(500)
    assert len(cancels(hand)) == 5
    hand.wishes.wanted = NOTHING
    hand.later(600)
    assert len(cancels(hand)) == 6
    refuse_the_last(hand)
    hand.later(600)
    assert len(cancels(hand)) == 7
