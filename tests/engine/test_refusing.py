"""What was refused is not asked for again at once, counts once, and comes again when a budget may be there."""

from pathlib import Path

import pytest

from domain.ids import MarketId, StrategyName
from domain.intents import TakeIntent
from domain.markets import MarketStatus
from domain.messages import DecisionTaken, MarketChanged, PlaceOrder, RiskRefused
from domain.orders import Side
from strategy.base import NOTHING, Wanted
from tests.builders import facts
from tests.engine.runs import ODDS, ONE
from tests.engine.streets import CONFIG, Hand, Wishes, quote, shown


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    return Hand(tmp_path).opened()


def slow(folder: Path, other: Wishes) -> Hand:
    """A desk that sends one order within a second, and a second strategy that is asked after the first."""
    text = CONFIG.replace("orders_per_second = 50", "orders_per_second = 1")
    return Hand(folder, text + "\n[[strategies]]\nname = 's'\nuses = 'a:B'\n", beside=[other]).opened()


MS = 1_000_000


def take(claims: int, strategy: str = "s") -> TakeIntent:
    """Home, at the price shown at venue one and no worse."""
    return TakeIntent(StrategyName(strategy), MarketId("match"), 0, Side.BACK, 520_000_000, claims * MS, "test")


def edges(hand: Hand) -> dict[str, int]:
    return dict(hand.street.telemetry.edge_refused_micros)


def test_a_wish_that_is_refused_for_one_reason_and_then_another_counts_once_under_the_latter(tmp_path: Path) -> None:
    other = Wishes("t")
    hand = slow(tmp_path, other)
    other.wanted = Wanted(takes=(take(150, "t"),))  # 62.5 USD of it are offered, and 60 may be lost by one order
    hand.wishes.wanted = Wanted(takes=(take(5),))
    hand.tell(hand.valued(0.52, sequence=2))
    (once,) = edges(hand).values()
    for wanted, reason in ((NOTHING, "order_rate"), (NOTHING, "cap_order"), (hand.wishes.wanted, "order_rate")):
        hand.wishes.wanted = wanted
        hand.tell(shown("1.98:50 | 2.04:50"))
        assert {*edges(hand)} == {reason}
        assert edges(hand)[reason] < 1.1 * once
        hand.clock.advance_to(hand.clock.monotonic_ns() + 1_000 * MS)
    told = [body.reason for body in hand.records() if isinstance(body, RiskRefused)]
    assert told == ["order_rate", "cap_order", "order_rate"]


@pytest.mark.parametrize(("waited_ms", "counted"), [(1_000, False), (1_001, True)])
def test_a_wish_that_was_granted_a_moment_later_was_late_and_one_that_waited_for_long_was_refused(
    tmp_path: Path, waited_ms: int, counted: bool
) -> None:
    other = Wishes("t")
    hand = slow(tmp_path, other)
    hand.wishes.wanted, other.wanted = Wanted(takes=(take(5),)), Wanted(takes=(take(6, "t"),))
    hand.wishes.once = True
    hand.tell(hand.valued(0.52, sequence=2))
    refused = edges(hand)
    assert [*refused] == ["order_rate"]
    hand.clock.advance_to(hand.clock.monotonic_ns() + waited_ms * MS)
    hand.tell(shown("1.98:50 | 2.04:50"))
    assert [one.strategy for one in hand.places()] == ["s", "t"]
    assert edges(hand) == (refused if counted else {})


def test_what_waits_for_a_budget_is_asked_for_again_in_a_market_where_nothing_moves(hand: Hand) -> None:
    hand.one.budget = 1
    hand.wishes.wanted = Wanted(takes=(take(5), take(6)))
    hand.tell(hand.valued(0.52, sequence=2))
    assert len(hand.places()) == 1
    hand.wishes.wanted = NOTHING
    hand.tell(*facts("reject", hand.places()[0].ref))
    hand.one.budget, hand.wishes.wanted, hand.wishes.once = 9, Wanted(takes=(take(6),)), True
    looks = len(hand.wishes.views)
    hand.later(100)
    assert len(hand.wishes.views) == looks, "the very same is not asked for again at once"
    hand.later(200)
    assert len(hand.wishes.views) == looks + 1
    assert len(hand.places()) == 2


def test_what_no_time_heals_is_not_asked_for_by_the_clock(hand: Hand) -> None:
    hand.wishes.wanted = Wanted(quotes=(quote(204, "100"),))
    hand.tell(hand.valued(0.5, sequence=2))
    looks = len(hand.wishes.views)
    for _ in range(20):
        hand.later(100)
    assert len(hand.wishes.views) == looks


def test_an_answer_is_timed_without_the_bet_delay_that_the_order_was_held_back_for(hand: Hand) -> None:
    """The charge for the time is in the candidates of the next decision, for whoever asks why it went there."""
    market = ODDS.listing.venue_market
    hand.tell(MarketChanged(ONE, market, MarketStatus.OPEN, in_play=True, bet_delay_ms=5_000))
    hand.wishes.wanted = Wanted(takes=(take(10),))
    hand.wishes.once = True
    hand.tell(shown("1.98:50 | 2.04:50"), hand.valued(0.5, sequence=2))
    (held_back,) = hand.places()
    assert held_back.bet_delay_ms == 5_000
    for _ in range(53):
        hand.later(100)
    hand.tell(*facts("accept v1; fill f1 1; lapsed l1 " + str(held_back.size_micros / 1e6 - 1), held_back.ref))
    chance = hand.state.holding.chances.of(ONE)
    assert chance.answer_us == 300_000
    hand.wishes.wanted = Wanted(takes=(take(10),))
    hand.tell(shown("1.98:50 | 2.04:50"), hand.valued(0.5, sequence=3))
    last = [body for body in hand.records() if isinstance(body, DecisionTaken)][-1]
    charged = next(one for one in last.candidates if one.instrument == ODDS.id)
    assert (charged.answer_us, charged.answer_e9) == (300_000, 18_749)
    assert len([body for body in hand.records() if isinstance(body, PlaceOrder)]) == 2
