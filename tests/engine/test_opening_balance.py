"""The first figure of a venue opens its books, unless it is the zero that venues answer in passing."""

from pathlib import Path

import pytest

from domain.breaks import BreakFound
from domain.ids import Currency
from domain.messages import BalanceReported
from domain.money import MICROS
from domain.terms import BalanceBasis
from tests.engine.runs import ONE
from tests.engine.streets import Hand

GBP = Currency("GBP")
SECOND = 1_000_000_000


def told(hand: Hand, micros: int, at_s: int) -> None:
    hand.tell(BalanceReported(ONE, GBP, micros, BalanceBasis.WALLET, at_s * SECOND))


def opened_with(hand: Hand) -> list[int]:
    return [body.balance_micros for body in hand.records() if isinstance(body, BalanceReported)]


@pytest.mark.parametrize(
    ("figures", "opened"),
    [
        ([(500, 1)], [500 * MICROS]),
        ([(0, 1), (500, 6)], [500 * MICROS]),
        ([(0, 1), (0, 1)], []),  # one answer that came twice
        ([(0, 1), (0, 6)], [0]),  # there is nothing in it
    ],
)
def test_books_open_with_money_or_with_a_zero_that_was_said_twice(
    tmp_path: Path, figures: list[tuple[int, int]], opened: list[int]
) -> None:
    """Once a zero in passing opened the books, and all the money there was a break that nothing could close."""
    hand = Hand(tmp_path)
    for units, at_s in figures:
        told(hand, units * MICROS, at_s)
    assert opened_with(hand) == opened
    assert not [body for body in hand.records() if isinstance(body, BreakFound)]
