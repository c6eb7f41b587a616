"""Cancels that are refused: when the next one goes out."""

from pathlib import Path

from domain.markets import MarketStatus
from domain.messages import CancelOrder
from strategy.base import NOTHING
from tests.builders import facts
from tests.engine.streets import Hand, quote, status


def test_a_refused_cancel_is_sent_again_at_once_when_its_market_reopens(tmp_path: Path) -> None:
    """It kept the distance that it had grown to: a quote stood for up to eight seconds in a market that had changed."""
    hand = Hand(tmp_path).opened()
    placed = hand.quoting(quote())

    def cancels() -> list[CancelOrder]:
        return [command for command in hand.one.told if isinstance(command, CancelOrder)]

    def refuse_the_last() -> None:
        hand.tell(*facts(f"refused {cancels()[-1].request}", placed.ref))

    hand.wishes.wanted = NOTHING
    hand.tell(status(MarketStatus.SUSPENDED))
    for wait_ms in (600, 1_100, 2_100, 4_100):
        refuse_the_last()
        hand.later(wait_ms)
    refuse_the_last()
    hand.later(600)
    assert len(cancels()) == 5, "the next is eight seconds away"
    hand.tell(status())
    assert len(cancels()) == 6
    refuse_the_last()
    hand.later(100)
    assert len(cancels()) == 6, "and keeps its distance there"
    hand.later(600)
    assert len(cancels()) == 7
