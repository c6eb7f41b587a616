"""Clearing: every match goes from traded to paid, in whatever order its acknowledgements come, and however often."""

from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.ids import OrderRef, SelectionId, VenueMarketId, VenueName, VenueOrderId
from domain.markets import Result
from domain.messages import MarketSettled, OrderFilled, OrderReported, VenueOrder, VenueReported
from domain.money import MICROS
from domain.orders import Evidence, Order, Side
from domain.treasury import PaymentsProven
from oms.clearing import ClearingState, cleared
from tests.builders import REF, facts, fill, instrument, place
from tests.oms.books import Books

ONE, MATCH = VenueName("one"), VenueMarketId("match")
ODDS = instrument()
M = MICROS


def match(name: str, size: str, evidence: Evidence = Evidence.PUSH) -> OrderFilled:
    return OrderFilled(OrderRef(REF), replace(fill(name, size, price="3.00"), venue_ms=1), evidence)


def statement(name: str, profit: int, at_ms: int, result: Result = Result.WON) -> MarketSettled:
    return MarketSettled(ONE, MATCH, name, profit * M, 0, {SelectionId("home"): result}, settled_ms=at_ms)


def paid(*statements: str) -> PaymentsProven:
    return PaymentsProven(ONE, tuple((MATCH, name) for name in statements), "the balance")


def order_of(books: Books) -> Order:
    order = books.blotter.orders.get(OrderRef(REF))
    assert order is not None
    return order


def states(books: Books) -> dict[str, str]:
    stake = books.ledger.settling.stakes.get((ONE, MATCH))
    return {one.fill: one.state.value for one in cleared(order_of(books), stake)}


def test_a_match_is_traded_confirmed_settled_and_paid() -> None:
    books = Books(ODDS)
    books.records(place("BACK 10 @ 3.00"))
    for said, state in (
        (match("f1", "10"), "traded"),
        (match("f1", "10", Evidence.DROP_COPY), "confirmed"),
        (statement("s1", 20, 1), "settled"),
        (paid("s1"), "paid"),
        (statement("s2", -10, 2, Result.LOST), "settled"),
        (paid("s2"), "paid"),
    ):
        books.records(said)
        assert states(books) == {"f1": state}
    assert books.balances() == {"cash": -10 * M, "pnl": 10 * M}


def test_a_list_that_has_the_whole_order_confirms_its_matches() -> None:
    books = Books(ODDS)
    books.records(place("BACK 10 @ 3.00"), match("f1", "4"))
    (listed,) = facts("report 4")
    assert isinstance(listed, OrderReported)
    books.records(replace(listed, claims_micros=12 * M, as_of_ms=5, evidence=Evidence.PULL))
    assert states(books) == {"f1": "confirmed"}
    books.records(OrderFilled(OrderRef(REF), replace(fill("f2", "2", price="3.00"), venue_ms=9), Evidence.PUSH))
    assert states(books) == {"f1": "confirmed", "f2": "traded"}, "the list was older than this match"


def test_a_rounds_list_is_news_once_as_the_venues_own_record_of_a_match() -> None:
    books = Books(ODDS)
    books.records(place("BACK 10 @ 3.00"), "accept b1", match("f1", "4"))
    (report,) = facts("report 4")
    assert isinstance(report, OrderReported)
    report = replace(report, claims_micros=12 * M, as_of_ms=5, evidence=Evidence.PULL)
    row = VenueOrder(OrderRef(REF), VenueOrderId("b1"), ODDS.id, Side.BACK, 300, 10 * M, report)
    listed = VenueReported(ONE, 0, (row,))
    assert books.blotter.news_in(listed).orders == (row,)
    books.records(listed)
    assert books.blotter.news_in(listed).orders == ()
    assert states(books) == {"f1": "confirmed"}


def test_what_only_a_sum_tells_is_a_match_without_a_name() -> None:
    books = Books(ODDS)
    books.records(place("BACK 10 @ 3.00"), "report 4")
    assert states(books) == {"": "confirmed"}, "it came from a list"
    books.records("voided v1 matched 4")
    assert states(books) == {"": "voided"}


ACKNOWLEDGEMENTS: list[Any] = [
    match("f1", "4"),
    match("f1", "4", Evidence.PULL),
    match("f2", "6"),
    statement("s1", 20, 1),
    statement("s2", -10, 2, Result.LOST),
    paid("s1"),
    paid("s2"),
]


def told(said: list[Any]) -> tuple[object, ...]:
    """What the books, the matches and suspense come to."""
    books = Books(ODDS)
    books.records(place("BACK 10 @ 3.00"), *said)
    return books.balances(), states(books), [*books.ledger.suspense.items], books.ledger.settling.unpaid(ONE)


def test_every_order_of_acknowledgements_leads_to_the_same_end() -> None:
    end: tuple[object, ...] = ({"cash": -10 * M, "pnl": 10 * M}, {"f1": "paid", "f2": "paid"}, [], ())
    assert {str(told([*said])) for said in permutations(ACKNOWLEDGEMENTS)} == {str(end)}


@given(st.permutations(ACKNOWLEDGEMENTS * 2), st.data())
def test_acknowledgements_that_come_twice_and_some_never_lead_to_one_end(said: list[Any], data: st.DataObject) -> None:
    lost = data.draw(st.sampled_from([*ACKNOWLEDGEMENTS, None]))
    kept = [one for one in said if one != lost]
    once = [one for one in ACKNOWLEDGEMENTS if one != lost]
    assert told(kept) == told(once)


def test_a_balance_that_was_proven_for_an_old_statement_pays_no_new_one() -> None:
    books = Books(ODDS)
    books.records(place("BACK 10 @ 3.00"), match("f1", "10"), statement("s1", 20, 1), paid("s1"))
    books.records(statement("s2", -10, 2, Result.LOST))
    assert books.ledger.settling.unpaid(ONE) == ((MATCH, "s2"),)
    assert states(books) == {"f1": "settled"}


SAYINGS = ["report 5", "report 7 closed", "voided v1 matched 2", "report 3 voided 4", "cancelled c1 3"]


@given(st.lists(st.sampled_from([*SAYINGS, "f1", "f2", "f1 again", "s1"]), max_size=8))
def test_the_matches_of_an_order_always_add_up_to_its_matched_part(said: list[str]) -> None:
    books = Books(ODDS)
    books.records(place("BACK 10 @ 3.00"))
    named = {"f1": match("f1", "4"), "f2": match("f2", "3"), "f1 again": match("f1", "4", Evidence.PULL)}
    for one in said:
        books.records(statement("s1", 7, 1) if one == "s1" else named.get(one, one))
    order = order_of(books)
    rows = cleared(order, books.ledger.settling.stakes.get((ONE, MATCH)))
    sums = [sum(getattr(row, name) for row in rows) for name in ("size_micros", "claims_micros", "cost_micros")]
    assert sums == [order.matched_micros, order.claims_micros, order.cost_micros]
    assert len({row.fill for row in rows}) == len(rows)


# ---- parts of a claim ----


def paid_part(part: tuple[int, int]) -> tuple[SelectionId, int, int, int]:
    """So many of so many shares won, the others lost."""
    return SelectionId("home"), part[0], part[1] - part[0], part[1]


@pytest.mark.parametrize(
    ("text", "part", "profit"),
    [
        ("BACK 10 @ 5.00", (1, 2), 15),
        ("LAY 10 @ 5.00", (1, 2), -15),
        ("BACK 10 @ 4.00", (1, 4), 0),
        ("BACK 12 @ 5.00", (1, 3), 8),
        ("BACK 10 @ 3.00", (0, 1), -10),
    ],
)
def test_a_dead_heat_pays_a_part_of_each_claim(text: str, part: tuple[int, int], profit: int) -> None:
    books = Books(ODDS)
    books.bet(text)
    books.records(replace(statement("s1", profit, 1), parts=(paid_part(part),)))
    (settlement,) = books.settlements
    assert (settlement.explained, settlement.difference_micros) == (True, 0)
    assert books.balances() == ({"cash": profit * M, "pnl": -profit * M} if profit else {})


@given(
    st.sampled_from(["BACK", "LAY"]),
    st.integers(1, 5000),
    st.integers(101, 9900),
    st.integers(0, 7),
    st.integers(1, 7),
)
def test_parts_are_paid_as_fractions_say(side: str, pence: int, odds: int, won: int, of: int) -> None:
    part = min(won, of), of
    stake, price = Fraction(pence, 100), Fraction(odds, 100)
    exact = stake * price * Fraction(*part) - stake
    books = Books(ODDS)
    books.bet(f"{side} {pence / 100:.2f} @ {odds / 100:.2f}")
    expected = books.positions.expected_profit_micros(ONE, MATCH, {}, [paid_part(part)])
    assert expected is not None
    assert abs(expected - (exact if side == "BACK" else -exact) * M) <= 2


@pytest.mark.parametrize(("won", "lost", "profit"), [(1, 0, 10), (0, 1, -5), (1, 1, 5), (0, 0, 0)])
def test_of_a_quarter_line_half_may_be_given_back(won: int, lost: int, profit: int) -> None:
    books = Books(ODDS)
    books.bet("BACK 10 @ 3.00")
    books.records(replace(statement("s1", profit, 1), parts=((SelectionId("home"), won, lost, 2),)))
    assert (books.settlements[0].explained, books.settlements[0].difference_micros) == (True, 0)


def test_a_confirming_word_is_weaker_than_nothing_that_follows() -> None:
    assert [*ClearingState][:4] == [
        ClearingState.TRADED,
        ClearingState.CONFIRMED,
        ClearingState.SETTLED,
        ClearingState.PAID,
    ]
