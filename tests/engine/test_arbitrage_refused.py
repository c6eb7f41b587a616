"""An arbitrage that is not made counts with what it would have brought, once, and not again when it is."""

from pathlib import Path

import pytest

from domain.messages import PlaceOrder, RiskRefused
from strategy.base import Wanted
from tests.engine import answering
from tests.engine.runs import CONTRACTS, ODDS
from tests.engine.streets import Hand, shown
from tests.engine.test_planning import CHEAP, DEAR, TEXT, pair

BROUGHT = 1_142_300
"""40 contracts cost 19.20 and 0.70 of fees, less than a cent more if they come in pieces; 16.84 GBP bring 21.05 USD."""


def street(folder: Path, text: str = TEXT, odds: str = DEAR, *, pounds: int = 500) -> Hand:
    """Both books as the pair wants them, and so much money at the first venue."""
    hand = Hand(folder, text).opened(pounds=pounds)
    hand.tell(shown(odds), answering.shown(CONTRACTS, CHEAP))
    return hand


def want(hand: Hand, sequence: int = 2, **more: int) -> None:
    """Wish for the pair once."""
    hand.wishes.once, hand.wishes.wanted = True, Wanted(pairs=(pair(**more),))
    hand.tell(hand.valued(0.5, sequence=sequence))


def edges(hand: Hand) -> dict[str, int]:
    return dict(hand.street.telemetry.edge_refused_micros)


def refused(hand: Hand) -> list[tuple[str, str]]:
    return [(body.instrument, body.reason) for body in hand.records() if isinstance(body, RiskRefused)]


def placed(hand: Hand) -> list[str]:
    return [body.instrument for body in hand.records() if isinstance(body, PlaceOrder)]


def test_a_pair_that_is_made_is_worth_what_it_brings_at_worst_and_its_second_leg_no_more(tmp_path: Path) -> None:
    hand = answering.Answered(tmp_path, answering.Truth(lambda _: answering.ALL), odds=DEAR, contracts=CHEAP, text=TEXT)
    want(hand)
    assert placed(hand) == [CONTRACTS.id, ODDS.id]
    assert hand.street.telemetry.edge_placed_micros == BROUGHT


def test_a_pair_with_a_leg_where_no_message_is_left_counts_there_and_is_made_once_there_is_one(tmp_path: Path) -> None:
    hand = street(tmp_path)
    hand.one.budget = 0
    for sequence in (2, 3, 4):
        want(hand, sequence)
    assert (edges(hand), refused(hand)) == ({"venue_budget": BROUGHT}, [(ODDS.id, "venue_budget")])
    assert placed(hand) == []
    hand.one.budget = 9
    want(hand, 5)
    assert placed(hand) == [CONTRACTS.id]


def test_a_pair_that_one_venue_has_not_the_money_for_counts_as_that(tmp_path: Path) -> None:
    hand = street(tmp_path, pounds=1)
    want(hand, profit_min_micros=500_000)
    assert (edges(hand), refused(hand)) == ({"balance": BROUGHT}, [(ODDS.id, "balance")])


@pytest.mark.parametrize(("limit", "on"), [("size_claims = '25'", ODDS.id), ("position_claims = '36'", CONTRACTS.id)])
def test_a_pair_of_which_the_gate_refuses_a_leg_counts_whole(tmp_path: Path, limit: str, on: str) -> None:
    hand = street(tmp_path, TEXT.replace("[deciding", f"{limit}\n[deciding", 1))
    for sequence in (2, 3):
        want(hand, sequence)
    assert placed(hand) == []
    assert list(edges(hand).values()) == [BROUGHT]
    assert hand.street.telemetry.refusals.total() == 1, "the same is not asked for again at once"
    assert [instrument for instrument, _ in refused(hand)] == [on]


@pytest.mark.parametrize("odds", ["1.85:50 | 2.00:60", "1.85:50 |"])
def test_a_pair_that_does_not_leave_what_its_strategy_asked_for_was_not_refused(tmp_path: Path, odds: str) -> None:
    hand = street(tmp_path, odds=odds)
    hand.one.budget = 0
    want(hand)
    assert (edges(hand), refused(hand)) == ({}, [])
