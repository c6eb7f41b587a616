"""Two makers of one desk never quote through each other, on whichever venues they are."""

from pathlib import Path

from domain.ids import StrategyName
from domain.intents import QuoteIntent
from domain.messages import PlaceOrder, RiskRefused
from domain.money import MICROS
from domain.orders import Side
from strategy.base import Wanted
from tests.engine import answering
from tests.engine.runs import CONTRACTS, ODDS
from tests.engine.streets import CONFIG, Hand, Wishes

TWO_MAKERS = CONFIG + "\n[[strategies]]\nname = 's'\nuses = 'a:B'\n[[strategies]]\nname = 't'\nuses = 'a:B'\n"


def bid(price: int) -> QuoteIntent:
    return QuoteIntent(StrategyName("s"), ODDS.id, Side.BACK, price, 10 * MICROS, "bid")


def ask(cents: int) -> QuoteIntent:
    return QuoteIntent(StrategyName("t"), CONTRACTS.id, Side.LAY, cents * 100, 10 * MICROS, "ask")


def placed(folder: Path, ours: QuoteIntent, theirs: QuoteIntent) -> tuple[list[str], list[str]]:
    """Whose quotes were placed when both wish in the same look, and why others were not."""
    other = Wishes("t")
    hand = Hand(folder, TWO_MAKERS, beside=[other]).opened()
    hand.wishes.wanted, other.wanted = Wanted(quotes=(ours,)), Wanted(quotes=(theirs,))
    hand.tell(answering.shown(CONTRACTS, "54:50 | 47:50"), hand.valued(0.5, sequence=2))
    orders = [body.strategy for body in hand.records() if isinstance(body, PlaceOrder)]
    return [*map(str, orders)], [body.reason for body in hand.records() if isinstance(body, RiskRefused)]


def test_a_bid_of_one_maker_is_not_above_an_ask_of_another_at_another_venue(tmp_path: Path) -> None:
    """Odds of 1.90 cost 52.6 cents a claim, and the ask brings less than 49."""
    assert placed(tmp_path / "through", bid(190), ask(49)) == (["s"], ["quotes_cross"])
    assert placed(tmp_path / "apart", bid(210), ask(53)) == (["s", "t"], [])
