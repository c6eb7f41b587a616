"""Balances: compared only when still, and off by more than a coin is a break."""

import pytest

from domain.ids import Currency, VenueName
from domain.messages import BalanceReported
from domain.terms import BalanceBasis
from recon.balances import comparable, compare_balance
from recon.breaks import BreakKind, Severity
from tests.builders import capabilities

SECOND = 1_000_000_000


def reported(micros: int, asked_ns: int = 9 * SECOND) -> BalanceReported:
    return BalanceReported(VenueName("one"), Currency("GBP"), micros, BalanceBasis.WALLET, asked_ns)


@pytest.mark.parametrize(("theirs", "broken"), [(100_000, False), (110_000, False), (90_000, False), (110_001, True)])
def test_a_figure_off_by_more_than_a_coin_is_a_break(theirs: int, broken: bool) -> None:
    assert bool(compare_balance(100_000, reported(theirs))) is broken


@pytest.mark.parametrize("theirs", [0, 200_000])
def test_a_break_names_the_account_and_the_money_either_way(theirs: int) -> None:
    (found,) = compare_balance(100_000, reported(theirs))
    assert (found.venue, found.key, found.kind, found.severity) == ("one", "GBP", BreakKind.BALANCE, Severity.HIGH)
    assert (found.money_micros, found.detail) == (100_000, f"ours 100000, theirs {theirs}")


@pytest.mark.parametrize(("moved_ns", "still"), [(None, True), (0, True), (8 * SECOND - 1, True), (8 * SECOND, False)])
def test_a_figure_is_comparable_when_nothing_moved_since_shortly_before_the_question(
    moved_ns: int | None, still: bool
) -> None:
    assert comparable(moved_ns, reported(0), capabilities()) is still
