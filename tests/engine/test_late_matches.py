"""What a match costs that is told when its market is settled: no later statement may come to count it; nor new ones."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.markets import Result
from domain.messages import Journalled, MarketSettled, OrderReported, RiskRefused
from engine.state import State
from strategy.base import NOTHING, Wanted
from tests.builders import facts, place
from tests.engine.runs import ODDS, ONE, OPENING, STARTED
from tests.engine.streets import Hand, quote, shown, status

LOST = {ODDS.listing.selection: Result.LOST}
POUNDS_IN_DOLLARS = 1_250_000


def lost_micros(*story: Journalled) -> int:
    """What the day has cost by these records, base-currency millionths."""
    state = State(STARTED)
    for body in (*OPENING, place("BACK 10 @ 2.00", ref="t-1"), *story):
        state.apply(body, 1)
    assert state.lost.total(2) == state.day_loss_micros()
    return state.lost.total(2)


def statement(pounds: int) -> MarketSettled:
    return MarketSettled(ONE, ODDS.listing.venue_market, "s1", pounds * 1_000_000, 0, LOST)


def test_a_losing_match_that_is_told_behind_its_statement_counts_as_lost() -> None:
    four, six = (facts(f"fill f{size} {size} at 5", "t-1") for size in (4, 6))
    assert lost_micros(*four, statement(-4)) == 4 * POUNDS_IN_DOLLARS
    assert (
        lost_micros(*four, statement(-10), *six) == lost_micros(*four, *six, statement(-10)) == 10 * POUNDS_IN_DOLLARS
    )


def test_a_match_that_is_voided_behind_its_statement_is_lost_no_more() -> None:
    ten = facts("fill f1 10 at 5", "t-1")
    assert lost_micros(*ten, statement(-10), *facts("voided v1 matched 4", "t-1")) == 6 * POUNDS_IN_DOLLARS


def test_a_fee_that_is_told_behind_its_statement_counts_as_lost() -> None:
    ten = facts("fill f1 10 at 5", "t-1")
    (report,) = facts("report 10 closed at 9", "t-1")
    assert isinstance(report, OrderReported)
    assert lost_micros(*ten, statement(-10), replace(report, fee_micros=2_000_000)) == 12 * POUNDS_IN_DOLLARS


@pytest.mark.parametrize(("result", "pounds"), [(Result.VOID, 0), (Result.LOST, -10)])
def test_nothing_is_sent_to_a_market_that_its_venue_settled_and_shows_as_open(
    tmp_path: Path, result: Result, pounds: int
) -> None:
    """What is bet there counts for nothing in any cap, and for the ledger as paid already."""
    hand = Hand(tmp_path).opened()
    hand.tell(*facts("fill f1 10 at 5", hand.quoting(quote()).ref))
    hand.wishes.wanted = NOTHING
    hand.tell(replace(statement(pounds), results={ODDS.listing.selection: result}))
    hand.one.told.clear()
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(status(), shown("1.98:50 | 2.04:50"), hand.valued(0.5, sequence=3))
    assert hand.places() == []
    assert [body.reason for body in hand.records() if isinstance(body, RiskRefused)] == ["market_not_open"]
