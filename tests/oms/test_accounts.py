"""Accounts: one name each and back, and no entry that is of two entities."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import Currency, VenueName
from oms.accounts import AT_VENUES, HOUSE, Account, Entity, Kind, account, entity_of
from oms.entries import Entries, Entry, Unbookable
from oms.postings import Line, VenueAccounts, between
from tests.conftest import ROOT

GBP, ONE, ANNA = Currency("GBP"), VenueName("one"), Entity("anna")
OURS = VenueAccounts(ONE, GBP)
HERS = VenueAccounts(ONE, GBP, entity=ANNA)

ENTITIES = st.sampled_from([HOUSE, ANNA, Entity("b-2")])


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """Any account that there can be."""
    kind, entity = draw(st.sampled_from(Kind)), draw(ENTITIES)
    if kind in AT_VENUES:
        venue, shard = draw(st.sampled_from(["one", "kalshi", "x_2"])), draw(st.integers(0, 9))
        return Account(kind, VenueName(venue), shard, entity)
    party = draw(ENTITIES.filter(lambda one: one != entity)) if kind is Kind.OWED else Entity("")
    return Account(kind, entity=entity, party=party)


@given(accounts())
def test_a_name_leads_back_to_its_account(one: Account) -> None:
    assert account(one.name) == one
    assert entity_of(one.name) == one.entity


def test_names_are_those_that_people_write() -> None:
    assert Account(Kind.CASH, ONE).name == "cash:one"
    assert Account(Kind.CASH, ONE, shard=3).name == "cash:one/3"
    assert Account(Kind.CASH, ONE, entity=ANNA).name == "customer:anna:cash:one"
    assert Account(Kind.OWED, party=ANNA).name == "owed:anna"
    assert Account(Kind.OWED, entity=ANNA, party=HOUSE).name == "customer:anna:owed:house"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cash", "at a venue"),
        ("gold:one", "write it as"),
        ("bank:one", "at no venue"),
        ("cash:one/0", "above 0"),
        ("cash:one/x", "above 0"),
        ("owed", "about somebody"),
        ("owed:house", "somebody else"),
        ("customer:anna", "write it as"),
        ("customer::cash:one", "write it as"),
        ("customer:house:cash:one", "no customer is called house"),
        ("cash:a b", "letters"),
    ],
)
def test_what_no_account_can_be_is_refused(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        account(name)


MIXED: list[list[Line]] = [
    [OURS.deposit(5)[0], HERS.deposit(5)[1]],
    [*OURS.reserve(5), *HERS.reserve(5)],
    OURS.exchange(5, HERS, 5),
    [("cash:one", GBP, -5), ("customer:anna:cash:one", GBP, 5)],
    [("owed:anna", GBP, -5), ("customer:anna:cash:one", GBP, 5)],
]


@pytest.mark.parametrize("lines", MIXED)
def test_house_and_customer_money_cannot_meet_in_an_entry(lines: list[Line]) -> None:
    book = Entries()
    with pytest.raises(AssertionError, match="one entity"):
        book.post(1, "mixed", lines)
    assert (book.balances, book.count) == ({}, 0)


@pytest.mark.parametrize("lines", MIXED)
def test_an_entry_of_house_and_customer_cannot_be_built(lines: list[Line]) -> None:
    with pytest.raises(Unbookable, match="an entry is of one entity, not of anna and house"):
        Entry(1, "x", tuple(lines))
    assert Entry(1, "x", tuple(HERS.reserve(5))).lines


def test_what_is_refused_is_refused_where_asserts_are_left_out() -> None:
    tried = """
from oms.entries import Entries
for lines in ([("cash:k", "GBP", -5), ("customer:anna:cash:k", "GBP", 5)], [("cash:k", "GBP", -5)]):
    try:
        Entries().post(1, "x", lines)
    except AssertionError as error:
        print(error)
"""
    told = subprocess.run([sys.executable, "-O", "-c", tried], capture_output=True, text=True, check=True, cwd=ROOT)
    assert [line.partition(":")[0] for line in told.stdout.splitlines()] == ["x", "x"]


def test_what_one_pays_for_the_other_is_owed_on_both_sides() -> None:
    book = Entries()
    for lines in (OURS.deposit(100), *between(OURS, HERS, 30)):
        book.post(1, "loan", lines)
    assert book.balances == {
        ("bank", GBP): -100,
        ("cash:one", GBP): 70,
        ("owed:anna", GBP): 30,
        ("customer:anna:cash:one", GBP): 30,
        ("customer:anna:owed:house", GBP): -30,
    }


def test_money_lent_between_two_currencies_is_refused() -> None:
    with pytest.raises(ValueError, match="one currency"):
        between(OURS, VenueAccounts(ONE, Currency("EUR"), entity=ANNA), 1)


@given(st.lists(st.tuples(st.sampled_from([OURS, HERS, VenueAccounts(ONE, GBP, shard=3)]), st.integers(1, 99))))
def test_the_books_of_each_entity_balance_on_their_own(deposits: list[tuple[VenueAccounts, int]]) -> None:
    book = Entries()
    for at, amount in deposits:
        book.post(1, "deposit", at.deposit(amount))
        for lines in between(OURS, HERS, amount):
            book.post(1, "loan", lines)
    for entity in (HOUSE, ANNA):
        assert sum(micros for (name, _), micros in book.balances.items() if entity_of(name) == entity) == 0
