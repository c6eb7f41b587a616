"""Transfers and payments as venues' balances show them: asked for, approved by another, posted, and no break."""

import pytest

from domain.ids import Currency, VenueName
from domain.messages import BalanceReported, Journalled
from domain.money import MICROS
from domain.terms import BalanceBasis
from domain.treasury import BANK, PaymentsProven, TransferDecided, TransferRequested, TransferSeen
from engine.live.words import word_objection
from oms.blotter import Change
from oms.transfers import TransferState
from tests.engine.runs import ONE, TWO, settlement
from tests.engine.test_reconciling import Desk

GBP, USD = Currency("GBP"), Currency("USD")
MOVE = TransferRequested("t1", ONE, TWO, GBP, 80 * MICROS, USD, 100 * MICROS, "ann", "margin at two")
YES = TransferDecided("t1", approved=True, who="bob", why="as agreed")


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.hear_balance(2_000 * MICROS, 1_000)
    return desk


def state_of(desk: Desk) -> TransferState:
    return desk.scribe.state.ledger.transfers.known["t1"].state


def test_a_balance_that_an_approved_transfer_explains_is_no_break(desk: Desk) -> None:
    for word in (MOVE, YES):
        desk.reconciling.money.treasury.said(word)
    assert desk.hear_balance(1_920 * MICROS, 60_000) == 0
    assert state_of(desk) is TransferState.SENT
    assert desk.hear_balance(1_920 * MICROS, 120_000) == 0


def test_without_a_second_person_the_same_balance_is_a_break(desk: Desk) -> None:
    desk.reconciling.money.treasury.said(MOVE)
    desk.reconciling.money.treasury.said(TransferDecided("t1", approved=True, who="ann", why="me too"))
    assert state_of(desk) is TransferState.REQUESTED
    assert desk.hear_balance(1_920 * MICROS, 60_000) == 1


def test_a_balance_that_differs_by_a_penny_more_explains_nothing(desk: Desk) -> None:
    for word in (MOVE, YES):
        desk.reconciling.money.treasury.said(word)
    assert desk.hear_balance(1_920 * MICROS - 20_000, 60_000) == 1
    assert state_of(desk) is TransferState.APPROVED


def test_a_balance_that_agrees_behind_a_statement_proves_it_paid_once(desk: Desk) -> None:
    said: list[object] = []
    record = desk.scribe.record

    def kept(body: Journalled) -> list[Change]:
        said.append(body)
        return record(body)

    desk.scribe.record = kept  # type: ignore[method-assign]
    desk.scribe.begin(2_000_000_000)
    desk.hear_statement(0)
    ours = desk.scribe.state.ledger.equity_micros(ONE, GBP, BalanceBasis.WALLET)
    for after_ms in (60_000, 90_000):
        desk.hear_balance(ours, after_ms)
    proven = [body for body in said if isinstance(body, PaymentsProven)]
    assert [one.statements for one in proven] == [((settlement(0).venue_market, "s1"),)]
    assert not any(isinstance(body, TransferSeen) for body in said)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (MOVE, ""),
        (YES, "nobody asked for it"),
        (TransferRequested("t2", BANK, ONE, GBP, 1, GBP, 1, "ann", "season"), ""),
        (
            TransferRequested("t2", ONE, BANK, USD, 1, USD, 1, "ann", "x"),
            "source = 'one' in USD: we have no such wallet",
        ),
        (TransferRequested("t2", ONE, VenueName("four"), GBP, 1, GBP, 1, "ann", "x"), "target = 'four' in GBP"),
        (TransferRequested("t2", ONE, BANK, GBP, 0, GBP, 0, "ann", "x"), "micros = 0: an amount is above 0"),
    ],
)
def test_a_word_that_cannot_be_carried_out_says_why(
    desk: Desk, word: TransferRequested | TransferDecided, said: str
) -> None:
    found = word_objection(word, desk.scribe.state, ())
    assert (said in found) if said else found == ""


def test_the_first_balance_of_a_venue_opens_each_of_its_shards(desk: Desk) -> None:
    ledger = desk.scribe.state.ledger
    told = BalanceReported(TWO, USD, 90 * MICROS, BalanceBasis.CASH, 0, ((0, 60 * MICROS), (3, 30 * MICROS)))
    desk.scribe.record(told)
    assert [ledger.balance("cash", TWO, USD, shard=shard) // MICROS for shard in (0, 3, 9)] == [60, 30, 0]
    assert ledger.balance("cash", TWO, USD) == 90 * MICROS
