"""Two strategies of one desk that want the opposite: what they can do for each other no venue hears of."""

from pathlib import Path

from domain.ids import MarketId, StrategyName
from domain.inside import CrossedInside
from domain.intents import TakeIntent
from domain.messages import PlaceOrder
from domain.money import MICROS
from domain.orders import Side
from engine.replay import rebuild
from strategy.base import Wanted
from tests.engine.streets import Hand, Wishes, quote

MATCH = MarketId("match")


def take(name: str, side: Side, limit_e9: int, claims: int) -> TakeIntent:
    return TakeIntent(StrategyName(name), MATCH, 0, side, limit_e9, claims * MICROS, "test")


def desk(folder: Path, ours: Wanted, others: Wanted) -> Hand:
    """A desk of two strategies, each asking once."""
    other = Wishes("t")
    hand = Hand(folder, beside=[other]).opened()
    for wishes, wanted in ((hand.wishes, ours), (other, others)):
        wishes.once, wishes.wanted = True, wanted
    hand.tell(hand.valued(0.5, sequence=2))
    return hand


def placed(hand: Hand) -> list[tuple[str, int]]:
    return [(one.strategy, round(one.size_micros / MICROS)) for one in hand.records() if isinstance(one, PlaceOrder)]


def test_only_what_is_left_of_opposite_takes_becomes_an_order(tmp_path: Path) -> None:
    ours = Wanted(takes=(take("s", Side.BACK, 520_000_000, 50),))
    others = Wanted(takes=(take("t", Side.LAY, 500_000_000, 30),))
    hand = desk(tmp_path, ours, others)
    (crossed,) = (body for body in hand.records() if isinstance(body, CrossedInside))
    assert (crossed.buyer, crossed.seller, crossed.claims_micros) == ("s", "t", 30 * MICROS)
    assert placed(hand) == [("s", 8)]  # 20 claims in base at 1.98 are 8.08 pounds
    assert hand.state.holding.inside.held[StrategyName("t"), MATCH, 0] == (-30 * MICROS, -15_300_000)


def test_a_take_meets_the_quote_that_another_was_about_to_rest(tmp_path: Path) -> None:
    ours = Wanted(quotes=(quote(200, "10", Side.LAY),))
    hand = desk(tmp_path, ours, Wanted(takes=(take("t", Side.BACK, 520_000_000, 25),)))
    assert len([body for body in hand.records() if isinstance(body, CrossedInside)]) == 1
    assert placed(hand) == []


def test_replay_knows_what_strategies_owe_each_other(tmp_path: Path) -> None:
    ours = Wanted(takes=(take("s", Side.BACK, 520_000_000, 50),))
    hand = desk(tmp_path, ours, Wanted(takes=(take("t", Side.LAY, 500_000_000, 30),)))
    hand.journal.close()
    state, _ = rebuild(hand.folder)
    assert state.holding.inside.held == hand.state.holding.inside.held
    assert state.digest() == hand.state.digest()
