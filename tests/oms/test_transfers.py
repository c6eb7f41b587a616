"""Transfers and suspense: two people, two ends, and cash that is the venue's figure at every moment."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.ids import Currency, SelectionId, VenueMarketId, VenueName
from domain.markets import Result
from domain.messages import BalanceReported, MarketSettled
from domain.money import MICROS
from domain.terms import BalanceBasis
from domain.treasury import (
    BANK,
    DifferenceSuspended,
    Leg,
    SuspenseWrittenOff,
    TransferDecided,
    TransferRequested,
    TransferSeen,
)
from oms.ledger import Ledger
from oms.transfers import TransferState, objection
from tests.builders import instrument
from tests.oms.books import Books

ONE, TWO = VenueName("one"), VenueName("two")
GBP, USD = Currency("GBP"), Currency("USD")
M = MICROS
ODDS = [instrument(), instrument("two/match/home", currency="USD")]
MOVE = TransferRequested("t1", ONE, TWO, GBP, 80 * M, USD, 100 * M, "ann", "margin at two")
YES = TransferDecided("t1", approved=True, who="bob", why="agreed")
SENT, ARRIVED = TransferSeen("t1", Leg.SENT, "balance 20"), TransferSeen("t1", Leg.ARRIVED, "balance 100")


@pytest.fixture
def books() -> Books:
    books = Books(*ODDS)
    books.ledger.open(BalanceReported(ONE, GBP, 100 * M, BalanceBasis.WALLET, 0), 0)
    books.ledger.open(BalanceReported(TWO, USD, 0, BalanceBasis.WALLET, 0), 0)
    return books


def amounts(ledger: Ledger) -> dict[str, int]:
    return {f"{name} {currency}": micros // M for (name, currency), micros in ledger.balances.items()}


def state(books: Books, name: str = "t1") -> TransferState:
    return books.ledger.transfers.known[name].state


def test_each_end_of_a_transfer_is_posted_when_it_is_seen(books: Books) -> None:
    books.records(MOVE, YES)
    assert state(books) is TransferState.APPROVED
    assert amounts(books.ledger) == {"bank GBP": -100, "cash:one GBP": 100}, "nothing moves before a venue shows it"
    books.records(SENT)
    assert state(books) is TransferState.SENT
    assert amounts(books.ledger) == {"bank GBP": -100, "cash:one GBP": 20, "fx_clearing GBP": 80}
    books.records(ARRIVED)
    assert state(books) is TransferState.DONE
    assert amounts(books.ledger) == {
        "bank GBP": -100,
        "cash:one GBP": 20,
        "fx_clearing GBP": 80,
        "cash:two USD": 100,
        "fx_clearing USD": -100,
    }


@pytest.mark.parametrize("said", [[SENT, ARRIVED], [ARRIVED, SENT], [SENT, SENT, ARRIVED, ARRIVED, SENT]])
def test_ends_may_be_seen_in_any_order_and_twice(books: Books, said: list[Any]) -> None:
    books.records(MOVE, YES, *said)
    assert state(books) is TransferState.DONE
    assert amounts(books.ledger)["cash:two USD"] == 100


def test_a_transfer_in_one_currency_is_in_transit_between_its_ends(books: Books) -> None:
    books.records(replace(MOVE, into_currency=GBP, into_micros=80 * M), YES, SENT)
    assert amounts(books.ledger)["transit GBP"] == 80
    books.records(ARRIVED)
    assert "transit GBP" not in amounts(books.ledger)


def test_a_deposit_is_posted_whole_with_its_end_at_the_venue(books: Books) -> None:
    books.records(TransferRequested("t1", BANK, ONE, GBP, 50 * M, GBP, 50 * M, "ann", "season"), YES, ARRIVED)
    assert amounts(books.ledger) == {"bank GBP": -150, "cash:one GBP": 150}
    assert state(books) is TransferState.DONE


def test_a_withdrawal_goes_back_to_the_bank(books: Books) -> None:
    books.records(TransferRequested("t1", ONE, BANK, GBP, 50 * M, USD, 60 * M, "ann", "profit"), YES, SENT)
    assert amounts(books.ledger)["bank USD"] == 60
    assert amounts(books.ledger)["cash:one GBP"] == 50


def test_money_moves_between_the_shards_of_a_venue(books: Books) -> None:
    shards = replace(MOVE, target=ONE, target_shard=3, into_currency=GBP, into_micros=80 * M)
    books.records(shards, YES, SENT, ARRIVED)
    assert amounts(books.ledger) == {"bank GBP": -100, "cash:one GBP": 20, "cash:one/3 GBP": 80}
    assert books.ledger.balance("cash", ONE, GBP) == 100 * M
    assert books.ledger.balance("cash", ONE, GBP, shard=3) == 80 * M


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (YES, "nobody asked"),
        (replace(MOVE, micros=0), "above 0"),
        (replace(MOVE, into_micros=-1), "above 0"),
        (replace(MOVE, target=ONE), "where the money is"),
        (replace(MOVE, into_currency=GBP), "as much arrives"),
        (MOVE, ""),
    ],
)
def test_words_that_cannot_be_taken_say_why(word: Any, said: str) -> None:
    found = objection(word, {})
    assert (said in found) if said else not found


def test_a_second_person_decides_once(books: Books) -> None:
    books.records(MOVE)
    known = books.ledger.transfers.known
    assert "second person" in objection(replace(YES, who="ann"), known)
    assert "second person" in objection(replace(YES, who=" Ann "), known), "another spelling is nobody else"
    assert not objection(TransferDecided("t1", approved=False, who="ann", why="changed my mind"), known)
    books.records(replace(YES, approved=False), YES, SENT)
    assert state(books) is TransferState.REFUSED
    assert "decided it already" in objection(YES, known)
    assert "never used" in objection(MOVE, known)
    assert amounts(books.ledger) == {"bank GBP": -100, "cash:one GBP": 100}


def test_nothing_is_seen_of_what_was_not_approved(books: Books) -> None:
    books.records(MOVE, SENT, TransferSeen("t9", Leg.SENT, "what?"))
    assert amounts(books.ledger) == {"bank GBP": -100, "cash:one GBP": 100}


def test_a_balance_finds_the_fewest_transfers_that_explain_it(books: Books) -> None:
    for name, micros in (("a", 10), ("b", 20), ("c", 30)):
        deposit = TransferRequested(name, BANK, ONE, GBP, micros * M, GBP, micros * M, "ann", "x")
        books.records(deposit, replace(YES, transfer=name))
    transfers = books.ledger.transfers
    assert transfers.explaining(ONE, GBP, 30 * M) == (("c", Leg.ARRIVED),)
    assert transfers.explaining(ONE, GBP, 50 * M) == (("b", Leg.ARRIVED), ("c", Leg.ARRIVED))
    assert transfers.explaining(ONE, GBP, 60 * M) == (("a", Leg.ARRIVED), ("b", Leg.ARRIVED), ("c", Leg.ARRIVED))
    assert transfers.explaining(ONE, GBP, 15 * M) == transfers.explaining(TWO, USD, 10 * M) == ()
    books.records(TransferSeen("c", Leg.ARRIVED, "seen"))
    assert transfers.explaining(ONE, GBP, 30 * M) == (("a", Leg.ARRIVED), ("b", Leg.ARRIVED))


# ---- suspense ----


def suspended(books: Books) -> dict[str, int]:
    return {item: held.micros // M for item, held in books.ledger.suspense.items.items()}


def statement(name: str, profit: int) -> MarketSettled:
    results = {SelectionId("home"): Result.WON}
    return MarketSettled(ONE, VenueMarketId("match"), name, profit * M, 0, results)


def test_what_roundings_explain_is_no_suspense(books: Books) -> None:
    books.bet("BACK 10 @ 3.00")
    books.records(replace(statement("s1", 20), profit_micros=20 * M - 10_000))
    assert books.ledger.balance("fee_rounding", ONE, GBP) == 10_000
    assert suspended(books) == {}


def test_a_difference_that_nothing_explains_ages_until_it_is_taken_back(books: Books) -> None:
    books.records(DifferenceSuspended(ONE, GBP, 7 * M, "bonus?"), DifferenceSuspended(ONE, GBP, 2 * M, "more"))
    assert (amounts(books.ledger)["cash:one GBP"], amounts(books.ledger)["suspense:one GBP"]) == (109, -9)
    (held,) = books.ledger.suspense.items.values()
    assert (held.item, held.micros, held.since_seq, held.age_ns(11)) == ("one/GBP", 9 * M, 1, 10)
    books.records(DifferenceSuspended(ONE, GBP, -9 * M, "it was a deposit"))
    assert suspended(books) == {}
    assert amounts(books.ledger) == {"bank GBP": -100, "cash:one GBP": 100}


def test_what_two_people_leave_as_it_is_goes_to_adjustments_once(books: Books) -> None:
    off = SuspenseWrittenOff("one/GBP", 7 * M, "ann", "bob", "a bonus")
    books.records(DifferenceSuspended(ONE, GBP, 7 * M, "?"), replace(off, micros=6 * M))
    assert suspended(books) == {"one/GBP": 7}, "another figure was signed"
    books.records(off, off)
    assert amounts(books.ledger) == {"bank GBP": -100, "cash:one GBP": 107, "adjust:one GBP": -7}


def test_a_correction_takes_back_what_was_written_off_of_the_statement_before(books: Books) -> None:
    books.bet("BACK 10 @ 3.00")
    books.records(statement("s1", 15), SuspenseWrittenOff("one/match", -5 * M, "ann", "bob", "old"))
    assert amounts(books.ledger)["adjust:one GBP"] == 5
    books.records(statement("s2", 20))
    assert amounts(books.ledger) == {"bank GBP": -100, "cash:one GBP": 120, "pnl:one GBP": -20}
    assert suspended(books) == {}


EVENTS: list[Any] = [
    statement("s1", 15),
    statement("s2", 12),
    DifferenceSuspended(ONE, GBP, 3 * M, "?"),
    SuspenseWrittenOff("one/GBP", 3 * M, "ann", "bob", "?"),
    SuspenseWrittenOff("one/match", -5 * M, "ann", "bob", "?"),
    DifferenceSuspended(ONE, GBP, -3 * M, "explained"),
]


@given(st.lists(st.sampled_from(EVENTS), max_size=8))
def test_items_always_add_up_to_the_accounts_of_suspense(said: list[Any]) -> None:
    books = Books(*ODDS)
    books.bet("BACK 10 @ 3.00")
    books.records(*said)
    assert sum(held.micros for held in books.ledger.suspense.items.values()) == -books.ledger.balance(
        "suspense", ONE, GBP
    )


def test_a_transfers_words_lead_to_one_end_whatever_was_seen_first(books: Books) -> None:
    ends = set()
    for said in permutations([SENT, ARRIVED, DifferenceSuspended(ONE, GBP, M, "?")]):
        other = Books(*ODDS)
        other.records(MOVE, YES, *said)
        ends.add(str(sorted(amounts(other.ledger).items())))
    assert len(ends) == 1
