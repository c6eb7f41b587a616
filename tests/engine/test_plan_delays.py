"""A plan is charged for bet delays as a plain take is: when it begins, and for whatever it sends again."""

from pathlib import Path

from msgspec.structs import replace

from domain.candidates import Candidate
from domain.intents import TakeIntent
from domain.markets import Instrument, MarketStatus
from domain.messages import DecisionTaken, MarketChanged
from domain.money import MICROS
from domain.orders import Side
from domain.plans import PlanMade
from tests.engine.answering import NOTHING, Answered
from tests.engine.runs import CONTRACTS, ODDS, ONE
from tests.engine.test_planning import hedge, pair, placed, street, take, want

DELAY_MS = 5_000
COSTS_E9 = 312_110
"""Jumps of 0.25 every 2,000 s, half of them before the venue suspends: (1 - e^(-0.0025)) x 0.125."""

BROUGHT_E9 = 526_315_789
"""What a claim laid at 1.90 brings, rounded down."""


def held_back(folder: Path, *fates: str, **books: str) -> Answered:
    """A street in running, whose exchange at odds holds bets back for five seconds."""
    hand = street(folder, *fates, **books)
    hand.tell(MarketChanged(ONE, ODDS.listing.venue_market, MarketStatus.OPEN, in_play=True, bet_delay_ms=DELAY_MS))
    return hand


def seen(hand: Answered, instrument: Instrument) -> list[Candidate]:
    """Every candidate of a journal at one place, in the order of decisions."""
    decisions = [body for body in hand.records() if isinstance(body, DecisionTaken)]
    return [one for decision in decisions for one in decision.candidates if one.instrument == instrument.id]


def test_a_pair_is_made_only_if_what_a_bet_delay_may_cost_leaves_enough(tmp_path: Path) -> None:
    hand = held_back(tmp_path / "charged")
    free = street(tmp_path / "free")
    for one in (hand, free):
        want(one, pair())
    (charged,), (plain,) = ([body for body in one.records() if isinstance(body, PlanMade)] for one in (hand, free))
    assert charged.legs[0].instrument == ODDS.id, "in running the delayed venue leads"
    assert {one.instrument: one.delay_e9 for one in charged.candidates} == {ODDS.id: COSTS_E9, CONTRACTS.id: 0}
    assert {one.delay_e9 for one in plain.candidates} == {0}

    for room_e9, made in ((COSTS_E9 - 1, False), (COSTS_E9, True)):
        hand = held_back(tmp_path / str(room_e9))
        want(hand, pair(lay_limit_e9=BROUGHT_E9 - room_e9))
        assert bool(placed(hand)) is made


def test_a_hedge_is_charged_for_a_bet_delay_each_time_it_is_sent(tmp_path: Path) -> None:
    hand = held_back(tmp_path, NOTHING, odds="1.85:50 | 1.90:60")
    want(hand, takes=(hedge(),))
    hand.pass_time(600)
    charges = [one.delay_e9 for one in seen(hand, ODDS)]
    assert len(charges) > 2
    assert {*charges} == {COSTS_E9}


def test_a_hedge_is_not_begun_where_the_delay_costs_more_than_its_price_leaves(tmp_path: Path) -> None:
    for room_e9, made in ((COSTS_E9 - 1, False), (COSTS_E9, True)):
        hand = held_back(tmp_path / str(room_e9), odds="1.85:50 | 1.90:60", contracts="55:50 | 40:50")
        want(hand, takes=(replace(hedge(), limit_e9=BROUGHT_E9 - room_e9),))
        assert bool(placed(hand)) is made


def test_what_is_sent_again_bears_the_delay_as_its_strategy_reckoned_it(tmp_path: Path) -> None:
    hand = held_back(tmp_path, NOTHING, odds="2.00:8 | 2.04:9", contracts="55:50 | 40:50")
    theirs: TakeIntent = replace(take(10, again_ms=2_000), delay_costs=((DELAY_MS, 700_000),))
    want(hand, takes=(theirs,))
    hand.pass_time(300)
    assert [one.delay_e9 for one in seen(hand, ODDS)][:2] == [700_000, 700_000]
    assert {order[0] for order in placed(hand)} == {Side.BACK.value}
    (made,) = (body for body in hand.records() if isinstance(body, PlanMade))
    assert (made.delay_costs, made.legs[0].claims_micros) == (theirs.delay_costs, 10 * MICROS)
