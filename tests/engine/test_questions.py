"""What is asked when: doubts at growing distance, rounds in turn, statements until they come."""

import pytest

from domain.ids import OrderRef, VenueMarketId
from domain.messages import QueryOrder, QuerySettlement, QueryVenue
from engine.questions import ASK_AGAIN_NS_MAX, Questions
from tests.engine.runs import ONE, TWO

SECOND = 1_000_000_000
BOTH = {ONE, TWO}


@pytest.fixture
def questions() -> Questions:
    return Questions(recon_every_ns=5 * SECOND, again_ns=SECOND // 2, settlement_every_ns=SECOND)


def asked_at(questions: Questions, kind: type, until_s: float, *, reachable: set = BOTH) -> list[float]:
    """Seconds at which a kind of question is asked, looking ten times a second."""
    return [
        n / 10
        for n in range(int(until_s * 10))
        for command in questions.due(n * SECOND // 10, reachable=reachable)
        if isinstance(command, kind)
    ]


def test_a_doubt_is_asked_at_once_and_then_less_and_less(questions: Questions) -> None:
    questions.doubt(OrderRef("r"), 0)
    assert asked_at(questions, QueryOrder, 16) == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5]
    assert ASK_AGAIN_NS_MAX == 4 * SECOND


def test_a_doubt_that_is_told_again_keeps_its_pace_and_an_answer_ends_it(questions: Questions) -> None:
    questions.doubt(OrderRef("r"), 0)
    asked_at(questions, QueryOrder, 1)
    questions.doubt(OrderRef("r"), SECOND)
    assert not questions.due(SECOND, reachable=set())
    questions.answered(OrderRef("r"))
    questions.answered(OrderRef("r"))
    assert asked_at(questions, QueryOrder, 20) == []


def test_each_venue_has_its_rounds_and_one_that_is_away_has_none(questions: Questions) -> None:
    assert questions.due(0, reachable=BOTH) == [QueryVenue(ONE), QueryVenue(TWO)]
    assert asked_at(questions, QueryVenue, 11, reachable={TWO}) == [5, 10]
    assert questions.due(11 * SECOND, reachable=BOTH) == [QueryVenue(ONE)]


def test_a_round_without_an_answer_is_begun_again_before_the_next_is_due() -> None:
    questions = Questions(recon_every_ns=60 * SECOND, again_ns=SECOND, settlement_every_ns=SECOND)
    assert asked_at(questions, QueryVenue, 31, reachable={ONE}) == [0, 10, 30]
    questions.reconciled(ONE, 31 * SECOND)
    assert questions.due(90 * SECOND, reachable={ONE}) == []
    assert questions.due(91 * SECOND, reachable={ONE}) == [QueryVenue(ONE)]


def test_a_round_can_be_had_now(questions: Questions) -> None:
    questions.due(0, reachable=BOTH)
    questions.reconcile(TWO, SECOND)
    assert questions.due(SECOND, reachable=BOTH) == [QueryVenue(TWO)]


def test_a_statement_is_asked_for_until_it_comes(questions: Questions) -> None:
    market = VenueMarketId("m")
    questions.market_closed(ONE, market, 0)
    questions.market_closed(ONE, market, SECOND // 2)
    assert questions.awaiting_settlement == 1
    assert asked_at(questions, QuerySettlement, 12) == [0, 1, 3, 7, 11]
    assert asked_at(questions, QuerySettlement, 99, reachable={TWO}) == []
    questions.market_settled(ONE, market)
    assert questions.awaiting_settlement == 0
    assert asked_at(questions, QuerySettlement, 9) == []
