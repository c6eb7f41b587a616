"""What the desk does is told as what it looks like, on whichever outcome and by whichever way out it was done."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.ids import MarketId
from domain.markets import Market
from domain.messages import InstrumentsListed, Journalled
from domain.stops import AlertRaised
from engine.state import State
from tests.builders import facts, instrument, place
from tests.engine.runs import ODDS, ONE, STARTED
from tests.engine.streets import Hand, shown

AWAY = instrument("one/match/away", outcome=1)
TWO_WAY = Market(MarketId("match"), STARTED.events[0].id, "match_odds", ("Reds", "Blues"))


def desk(folder: Path, market: Market = STARTED.markets[0]) -> Hand:
    """An open desk with two outcomes of one venue market."""
    hand = Hand(folder, state=State(replace(STARTED, markets=(market,)))).opened()
    hand.tell(InstrumentsListed(ONE, (ODDS, AWAY)))
    return hand


def did(hand: Hand, *bodies: Journalled) -> None:
    """Records as the engine makes them."""
    for body in bodies:
        hand.street.note(body)


def order(hand: Hand, text: str, ref: str, on: str = ODDS.id) -> None:
    did(hand, place(text, on=on, ref=ref), *facts("accept v" + ref, ref))


def pull(hand: Hand, ref: str, said: str) -> None:
    did(hand, *facts(said, ref))


def told(hand: Hand) -> list[str]:
    hand.later(1_100)
    return [body.about for body in hand.records() if isinstance(body, AlertRaised)]


def layers(hand: Hand, on: str = ODDS.id, side: str = "BACK", said: str = "cancel c1; cancelled c1 10") -> None:
    """A match on one side after which three orders of the other go as is said, `{n}` their number."""
    order(hand, "LAY 10 @ 2.00", "m1")
    pull(hand, "m1", "fill f1 10 at 1")
    for n in range(3):
        order(hand, f"{side} 10 @ 2.04", f"l{n}", on)
        pull(hand, f"l{n}", said.format(n=n))


def test_layers_on_one_side_and_a_match_on_the_other_are_told(tmp_path: Path) -> None:
    hand = desk(tmp_path)
    layers(hand)
    assert told(hand) == ["layering"]


def test_so_are_those_of_which_a_crumb_was_met(tmp_path: Path) -> None:
    hand = desk(tmp_path)
    layers(hand, said="fill g{n} 0.01 at 1; cancel c1; cancelled c1 9.99")
    assert told(hand) == ["layering"]


def test_so_are_those_on_the_other_of_two_outcomes(tmp_path: Path) -> None:
    """A lay of the second is a back of the first."""
    hand = desk(tmp_path, TWO_WAY)
    layers(hand, AWAY.id, "LAY")
    assert told(hand) == ["layering"]


def test_two_sides_of_one_book_that_were_pulled_after_most_was_met_are_not(tmp_path: Path) -> None:
    hand = desk(tmp_path)
    layers(hand, said="fill g{n} 6 at 1; cancel c1; cancelled c1 4")
    assert told(hand) == []


@pytest.mark.parametrize(("price", "said"), [("2.50", ["layering"]), ("2.00", [])])
def test_an_order_that_moves_away_from_the_market_in_one_act_is_pulled_too(
    tmp_path: Path, price: str, said: list[str]
) -> None:
    hand = desk(tmp_path)
    layers(hand, said=f"amend a{{n}} 10 @ {price}; amended a{{n}} 10 @ {price}")
    assert told(hand) == said


def creep(hand: Hand, orders: int, *, met: int = 0) -> None:
    """Orders behind the best price become the best, and are cancelled or met there."""
    for n in range(orders):
        hand.tell(shown("1.98:50 | 2.02:50 2.04:50"))
        order(hand, "BACK 10 @ 2.04", f"t{n}")
        hand.tell(shown("1.98:50 | 2.04:50"))
        pull(hand, f"t{n}", f"fill g{n} 10 at 1" if n < met else "cancel c1; cancelled c1 10")


@pytest.mark.parametrize(("orders", "met", "said"), [(50, 0, ["before_touch"]), (49, 0, []), (56, 6, [])])
def test_orders_that_are_cancelled_as_they_become_the_best_are_told(
    tmp_path: Path, orders: int, met: int, said: list[str]
) -> None:
    hand = desk(tmp_path)
    creep(hand, orders, met=met)
    assert [about for about in told(hand) if about == "before_touch"] == said


def test_orders_that_came_as_the_best_or_went_before_they_were_are_not(tmp_path: Path) -> None:
    hand = desk(tmp_path)
    for n in range(60):
        hand.tell(shown("1.98:50 | 2.02:50 2.04:50"))
        order(hand, "BACK 10 @ 2.02", f"a{n}")
        order(hand, "BACK 10 @ 2.04", f"b{n}")
        pull(hand, f"b{n}", "cancel c1; cancelled c1 10")
        pull(hand, f"a{n}", "cancel c1; cancelled c1 10")
    assert "before_touch" not in told(hand)
