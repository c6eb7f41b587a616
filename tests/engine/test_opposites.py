"""Nothing of ours trades straight back against what we traded a moment ago, but for a reason that is proven."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.ids import MarketId, StrategyName
from domain.intents import TakeIntent
from domain.messages import OrderFilled, PlaceOrder, RiskRefused
from domain.money import MICROS
from domain.orders import Evidence, Side
from engine.replay import rebuild
from strategy.base import Wanted
from tests.builders import facts
from tests.engine import answering
from tests.engine.runs import CONTRACTS, ODDS
from tests.engine.streets import CONFIG, Hand, Wishes, quote, shown
from tests.engine.test_planning import CHEAP, DEAR, pair

STRATEGIES = "\n[[strategies]]\nname = 's'\nuses = 'a:B'\n[[strategies]]\nname = 't'\nuses = 'a:B'\n"
BACK_LIMIT, LAY_LIMIT = 520_000_000, 480_000_000


def take(name: str, side: Side, claims: int) -> TakeIntent:
    limit_e9 = BACK_LIMIT if side is Side.BACK else LAY_LIMIT
    return TakeIntent(StrategyName(name), MarketId("match"), 0, side, limit_e9, claims * MICROS, "test")


def desk(folder: Path, more: str = "") -> tuple[Hand, Wishes]:
    """Two strategies; the first has just backed ten claims in pounds at 2.04."""
    other = Wishes("t")
    hand = Hand(folder, CONFIG + more + STRATEGIES, beside=[other]).opened()
    hand.tell(shown("2.00:50 | 2.02:50"))
    hand.wishes.wanted = Wanted(takes=(take("s", Side.BACK, 20),))
    hand.wishes.once = True
    hand.tell(hand.valued(0.5, sequence=2))
    (placed,) = hand.places()
    size = placed.size_micros / MICROS
    hand.tell(*facts(f"accept v1; fill f1 {size} at 1", placed.ref))
    assert hand.state.positions.by_instrument[ODDS.id].claims_micros > 0
    return hand, other


def ask(hand: Hand, other: Wishes, wanted: Wanted, *, sequence: int = 3) -> str:
    """What comes of the second strategy's wish: `sent`, or the reason of the refusal."""
    before = len(hand.places())
    other.once, other.wanted = True, wanted
    hand.tell(hand.valued(0.5, sequence=sequence))
    refused = [body.reason for body in hand.records() if isinstance(body, RiskRefused)]
    return "sent" if len(hand.places()) > before else refused[-1]


def test_another_strategy_does_not_take_straight_back_more_than_is_held(tmp_path: Path) -> None:
    hand, other = desk(tmp_path)
    assert ask(hand, other, Wanted(takes=(take("t", Side.LAY, 60),))) == "opposite_trade"
    (refused,) = [body for body in hand.records() if isinstance(body, RiskRefused)]
    assert refused.order is not None
    assert refused.order.against == (hand.places()[0].ref,)


def test_nor_does_the_same_strategy(tmp_path: Path) -> None:
    hand, _ = desk(tmp_path)
    assert ask(hand, hand.wishes, Wanted(takes=(take("s", Side.LAY, 60),))) == "opposite_trade"


def test_once_the_seconds_are_over_it_may(tmp_path: Path) -> None:
    hand, other = desk(tmp_path, "[compliance]\nopposite_s = 2\n")
    hand.later(2_000)
    hand.tell(shown("2.00:50 | 2.02:50"))
    assert ask(hand, other, Wanted(takes=(take("t", Side.LAY, 60),))) == "sent"


def test_a_desk_without_the_rule_trades_as_it_likes(tmp_path: Path) -> None:
    hand, other = desk(tmp_path, "[compliance]\nopposite_s = 0\n")
    assert ask(hand, other, Wanted(takes=(take("t", Side.LAY, 60),))) == "sent"


@pytest.mark.parametrize("wanted", [take("t", Side.LAY, 10), take("t", Side.BACK, 10)])
def test_what_closes_passes_and_so_does_more_of_the_same(tmp_path: Path, wanted: TakeIntent) -> None:
    hand, other = desk(tmp_path)
    assert ask(hand, other, Wanted(takes=(wanted,))) == "sent"


def test_a_quote_on_the_other_side_is_open_to_everybody_and_passes(tmp_path: Path) -> None:
    hand, _ = desk(tmp_path)
    assert ask(hand, hand.wishes, Wanted(quotes=(quote(200, "30", Side.LAY),))) == "sent"


def test_a_quote_that_would_be_matched_at_once_is_a_take(tmp_path: Path) -> None:
    hand, _ = desk(tmp_path)
    assert ask(hand, hand.wishes, Wanted(quotes=(quote(204, "30", Side.LAY),))) == "opposite_trade"


def test_the_desk_remembers_over_a_restart(tmp_path: Path) -> None:
    hand, _ = desk(tmp_path)
    hand.journal.close()
    state, _ = rebuild(hand.folder)
    market = state.markets[MarketId("match")]
    since_ns = hand.clock.monotonic_ns() - 1
    assert state.traded.against(Side.LAY, ODDS.listing, market, since_ns=since_ns) == hand.places()[0].ref
    assert state.traded.against(Side.BACK, ODDS.listing, market, since_ns=since_ns) is None


def test_the_second_leg_of_an_arbitrage_under_way_goes_out_whatever_was_traded_meanwhile(tmp_path: Path) -> None:
    other = Wishes("t")
    hand = Hand(tmp_path, CONFIG + STRATEGIES, beside=[other]).opened()
    books = shown(DEAR), answering.shown(CONTRACTS, CHEAP)
    hand.tell(*books)
    hand.wishes.once, hand.wishes.wanted = True, Wanted(takes=(take("s", Side.LAY, 60),))
    hand.tell(hand.valued(0.5, sequence=2))
    (short,) = hand.places()
    hand.tell(*facts(f"accept v1; fill f1 {short.size_micros / MICROS} at 1", short.ref))
    hand.later(6_000)
    hand.tell(*books)
    hand.wishes.once, hand.wishes.wanted = True, Wanted(pairs=(pair(),))
    hand.tell(hand.valued(0.5, sequence=3))
    (lead,) = [command for command in hand.two.told if isinstance(command, PlaceOrder)]
    hand.tell(answering.shown(CONTRACTS, "| 47:50"))
    dear = replace(take("t", Side.BACK, 10), limit_e9=600_000_000)
    assert ask(hand, other, Wanted(takes=(dear,)), sequence=4) == "sent"
    back = hand.places()[-1]
    hand.tell(*facts(f"accept v2; fill f2 {back.size_micros / MICROS} at 2", back.ref))
    assert ask(hand, other, Wanted(takes=(take("t", Side.LAY, 60),)), sequence=5) == "opposite_trade"
    hand.tell(
        *facts("accept w1", lead.ref), OrderFilled(lead.ref, answering.fill_of(lead, lead.size_micros), Evidence.PUSH)
    )
    assert (hand.places()[-1].side, hand.places()[-1].strategy) == (Side.LAY, "s")
