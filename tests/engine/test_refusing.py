"""What was refused is not asked for again at once, counts once, and comes again when a budget may be there."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.ids import MarketId, StrategyName
from domain.intents import Child, Lack, QuoteIntent, TakeIntent, Withheld
from domain.markets import MarketStatus
from domain.messages import BooksProven, Channel, ChannelChanged, DecisionTaken, MarketChanged, PlaceOrder, RiskRefused
from domain.orders import Side, TimeInForce
from engine.refusing import WISHES_KEPT
from risk.verdicts import RefusalReason, Refused
from strategy.base import NOTHING, Wanted
from tests.builders import facts
from tests.engine import answering
from tests.engine.runs import CONTRACTS, ODDS, ONE
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
        hand.tell(shown("1.98:53 | 2.04:50"))  # beside what the first strategy's take will use of it
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


def shares(hand: Hand) -> dict[str, int]:
    return hand.street.telemetry.refused_ppm()


def quotes(*sides: Side, price: int = 210) -> tuple[QuoteIntent, ...]:
    """Of 10 at 2.10: a bid is worth 0.625 USD at a half, an ask that much less than nothing."""
    return tuple(quote(price, side=side) for side in sides)


BUDGET = "venue_budget"
OTHER = QuoteIntent(StrategyName("s"), CONTRACTS.id, Side.BACK, 4_500, 10 * MS, "test")
"""10 contracts at 45 cents, worth half a dollar at a half."""


@pytest.mark.parametrize(("budget", "placed", "refused"), [(9, 2, {}), (3, 2, {}), (2, 1, {BUDGET: 555_555})])
def test_the_share_of_refused_edge_is_what_was_wanted_and_not_sent_for_lack_of_a_budget(
    hand: Hand, budget: int, placed: int, refused: dict[str, int]
) -> None:
    """Two orders of a budget are kept for takes. 0.625 of 1.125 USD is five ninths."""
    hand.tell(answering.shown(CONTRACTS, "54:50 | 43:50"))
    hand.one.budget = budget
    hand.wishes.wanted = Wanted(quotes=(*quotes(Side.BACK), OTHER))
    for sequence in range(2, 6):
        hand.tell(hand.valued(0.5, sequence=sequence), shown("1.98:50 | 2.04:50"))
        hand.clock.advance_to(hand.clock.monotonic_ns() + 100 * MS)
    assert len([body for body in hand.records() if isinstance(body, PlaceOrder)]) == placed
    assert shares(hand) == refused
    written = [body for body in hand.records() if isinstance(body, RiskRefused)]
    assert [body.reason for body in written] == [*refused], "it is written once, however often it is wanted"


def test_what_waited_for_a_budget_goes_when_there_is_room_and_nothing_else_moved(hand: Hand) -> None:
    hand.one.budget = 2
    hand.wishes.wanted = Wanted(quotes=quotes(Side.BACK))
    hand.tell(hand.valued(0.5, sequence=2))
    for _ in range(11):
        hand.tell(BooksProven(ONE))
        hand.later(100)
    assert (len(hand.places()), shares(hand)) == (0, {BUDGET: 1_000_000})
    hand.one.budget = 3
    hand.later(200)
    assert len(hand.places()) == 1
    assert shares(hand) == {BUDGET: 500_000}, "it waited for long, so that its first chance is gone"


def test_a_wish_that_the_gate_refuses_and_then_the_budget_counts_once_under_the_latter(tmp_path: Path) -> None:
    text = CONFIG.replace("[deciding", 'size_claims = "15"\n[deciding', 1)
    hand = Hand(tmp_path, text + "\n[[strategies]]\nname = 's'\nuses = 'a:B'\n").opened()
    hand.wishes.wanted = Wanted(quotes=quotes(Side.BACK))
    for budget, reason in ((9, "size_above_maximum"), (2, BUDGET), (9, "size_above_maximum")):
        hand.one.budget = budget
        hand.clock.advance_to(hand.clock.monotonic_ns() + 300 * MS)
        hand.tell(shown("1.98:50 | 2.04:50"))
        assert edges(hand) == {reason: 625_000}


def test_what_a_strategy_withholds_counts_and_is_never_sent(hand: Hand) -> None:
    wish = Withheld(StrategyName("s"), ODDS.id, Side.BACK, 210, 10 * MS, Lack.CAP_EVENT)
    worth = Withheld(StrategyName("s"), CONTRACTS.id, Side.LAY, 4_000, 10 * MS, Lack.VENUE_BUDGET, edge_micros=70_000)
    hand.wishes.wanted = Wanted(withheld=(wish, worth))
    for sequence in (2, 3):
        hand.tell(hand.valued(0.5, sequence=sequence))
    assert edges(hand) == {"cap_event": 625_000, BUDGET: 70_000}
    assert dict(hand.street.telemetry.refusals) == {"cap_event": 1, BUDGET: 1}
    assert not [body for body in hand.records() if isinstance(body, PlaceOrder)]


def test_every_lack_is_a_refusal() -> None:
    assert {lack.value for lack in Lack} < {reason.value for reason in RefusalReason}


def test_a_second_wish_that_waits_comes_again_too(hand: Hand) -> None:
    """The first was refused 200 ms before it, and goes when both are asked for again; nothing moves the market then."""
    hand.one.budget = 0
    hand.wishes.wanted = Wanted(takes=(take(5),))
    hand.tell(hand.valued(0.52, sequence=2))
    hand.later(200)
    hand.wishes.wanted = Wanted(takes=(take(5),), quotes=quotes(Side.BACK))
    hand.tell(shown("1.98:50 | 2.04:50"))
    hand.one.budget, hand.wishes.wanted = 9, Wanted(quotes=quotes(Side.BACK))
    hand.later(100)
    hand.later(200)
    assert [order.price for order in hand.places()] == [210]


def test_a_take_that_could_go_nowhere_counts_and_is_not_routed_again_at_once(hand: Hand) -> None:
    """At 2.10 a claim is worth 2.38 cents more than it costs, and 50 GBP buy 131.25 of them in dollars."""
    hand.one.budget = hand.two.budget = 0
    hand.wishes.wanted = Wanted(takes=(take(500),))
    for book, later_ms, edge in (("2.10:50", 0, 3_125_000), ("2.10:10", 200, 3_125_000), ("2.10:10", 60, 625_000)):
        hand.clock.advance_to(hand.clock.monotonic_ns() + later_ms * MS)
        hand.tell(shown(f"{book} | 2.12:50"))
        assert edges(hand) == {BUDGET: edge}
    hand.one.budget = 9
    hand.tell(shown("2.10:20 | 2.12:50"))
    assert [order.size_micros for order in hand.places()] == [20 * MS], "once a place is open it is routed at once"


def test_what_of_a_take_finds_no_place_counts_and_stands_in_the_story_of_what_was_sent(hand: Hand) -> None:
    hand.two.budget = 0
    hand.tell(shown("1.98:40 | 2.04:50"), answering.shown(CONTRACTS, "45:30 | 43:50"))
    hand.wishes.wanted, hand.wishes.once = Wanted(takes=(take(150),)), True
    hand.tell(hand.valued(0.52, sequence=2))
    (order,) = hand.places()
    (refused,) = [body for body in hand.records() if isinstance(body, RiskRefused)]
    assert (refused.instrument, refused.reason, refused.decision) == (CONTRACTS.id, BUDGET, order.decision)
    assert refused.order is not None
    assert (refused.order.price, refused.order.size_micros) == (4_500, 30 * MS)


def test_a_take_of_a_venue_that_is_down_counts_as_not_proven_there(hand: Hand) -> None:
    hand.tell(ChannelChanged(ONE, Channel.ORDERS, up=False))
    hand.wishes.wanted = Wanted(takes=(take(50),))
    hand.tell(hand.valued(0.52, sequence=2))
    assert [*edges(hand)] == ["session_unproven"]


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


def test_no_more_wishes_are_remembered_than_a_desk_has_at_a_time(hand: Hand) -> None:
    refusals, view = hand.street.core._deciding.refusals, hand.wishes.views[-1]
    wishes = [
        Child(StrategyName(f"s{n}"), ODDS.id, Side.BACK, 204, MS, TimeInForce.REST, 1) for n in range(WISHES_KEPT + 10)
    ]
    for wish in wishes:
        refusals.note(Refused(wish, RefusalReason.CAP_ORDER, ""), view, lambda _: None)
    assert [refusals.stands(wish, view.now_ns) for wish in (wishes[9], wishes[10], wishes[-1])] == [False, True, True]


def test_several_strategies_of_one_step_leave_the_kept_part_of_a_budget_to_orders_that_do_not_rest(
    tmp_path: Path,
) -> None:
    """Each held its quotes against the whole budget, so that together they spent what was kept for hedges."""
    other, third = Wishes("t"), Wishes("u")
    text = CONFIG + "".join(f"\n[[strategies]]\nname = '{name}'\nuses = 'a:B'\n" for name in "stu")
    hand = Hand(tmp_path, text, beside=[other, third]).opened()
    hand.one.budget = 3  # two of them are kept
    hand.wishes.wanted = Wanted(quotes=(quote(206, "10"),))
    other.wanted = Wanted(quotes=(replace(quote(208, "10"), strategy=StrategyName("t")),))
    third.wanted = Wanted(takes=(replace(take(5), strategy=StrategyName("u")),))
    hand.tell(hand.valued(0.52, sequence=2))
    assert [command.strategy for command in hand.places()] == ["s", "u"]
    assert [(body.strategy, body.reason) for body in hand.records() if isinstance(body, RiskRefused)] == [
        ("t", "venue_budget")
    ]
