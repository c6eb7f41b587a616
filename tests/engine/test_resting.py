"""What a venue does with orders that rest is learnt on the street, and known to whoever takes the run over."""

from pathlib import Path

from domain.chances import Queue
from domain.intents import QuoteIntent
from domain.messages import DecisionTaken
from domain.orders import Side
from engine.explain import in_words
from engine.replay import rebuild
from engine.story import tell
from strategy.base import Wanted
from tests.builders import facts
from tests.engine.runs import ODDS, ONE
from tests.engine.streets import Hand, shown

BOOK = "1.98:50 | 2.04:50"


def rested(folder: Path, *, rest_ppm: int = 0) -> Hand:
    """A quote of 10 behind the 50 that wait at its price, accepted after 10 ms and matched after a second."""
    hand = Hand(folder).opened()
    quote = QuoteIntent(hand.wishes.name, ODDS.id, Side.BACK, 204, 10_000_000, "edge", rest_ppm=rest_ppm)
    hand.wishes.once, hand.wishes.wanted = True, Wanted(quotes=(quote,))
    hand.tell(shown(BOOK), hand.valued(0.5, sequence=2))
    (order,) = hand.places()
    for ms, said in ((10, "accept v1"), (1_000, "fill f1 10")):
        hand.later(ms)
        hand.tell(*facts(said, order.ref))
    return hand


def test_what_becomes_of_a_quote_teaches_what_its_venue_does_and_a_replay_comes_to_the_same(tmp_path: Path) -> None:
    hand = rested(tmp_path)
    seen = hand.state.holding.chances.of(ONE)
    assert (seen.rested, seen.rest_ppm(0)) == (1, 62_500), "half of what came was its part"
    assert hand.wishes.views[-1].chances[ONE] == seen
    hand.journal.close()
    again, _ = rebuild(hand.folder)
    assert again.holding.chances.of(ONE) == seen


def test_the_queue_and_the_chance_are_told_with_the_order(tmp_path: Path) -> None:
    hand = rested(tmp_path, rest_ppm=800_000)
    (decision,) = (body for body in hand.records() if isinstance(body, DecisionTaken))
    candidate = next(one for one in decision.candidates if one.maker)
    assert (candidate.queue, candidate.fill_ppm) == (Queue(50_000_000, 50_000_000), 400_000)
    (order,) = hand.places()
    hand.journal.close()
    words = "\n".join(in_words(tell(hand.folder, order.ref)))
    assert (
        "50.00 before it, 50.00 against it; matched within 10 s with chance 0.40, 0.80 with nobody before it" in words
    )
    assert "worked out again from this record: the same" in words
