"""The account's transactions: all pages, what each row is about, and of which market it tells."""

from typing import Any

import pytest

from domain.account_lines import LineKind
from domain.ids import VenueName
from domain.treasury import AccountLinesReported, QueryAccountLines
from tests.venues.matchbook.desk import SETTLED, Desk

TRANSACTIONS = "/edge/rest/reports/v1/transactions"
VENUE = VenueName("matchbook")


def row(number: int, kind: str, micros_in: float, detail: str = "Harbour vs Castle, Match Odds") -> dict[str, Any]:
    return {
        "id": number,
        "time": "2026-09-21T14:13:21.000Z",
        "transaction-type": kind,
        "product": "Sports",
        "detail": detail,
        "credit": max(0.0, micros_in),
        "debit": max(0.0, -micros_in),
        "balance": 1_000.5,
    }


def named(*markets: tuple[int, str, str]) -> dict[str, Any]:
    rows = [{"id": number, "event-name": event, "name": name} for number, event, name in markets]
    return {"markets": rows, "total": len(rows), "per-page": 100, "offset": 0}


def page(*rows: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    return {"transactions": [*rows], "total": len(rows) if total is None else total, "per-page": 2, "offset": 0}


@pytest.fixture
def desk() -> Desk:
    desk = Desk().trading()
    desk.venue.send(QueryAccountLines(VENUE, 1_790_000_000_123), desk.now)
    return desk


def told(desk: Desk) -> AccountLinesReported:
    (fact,) = desk.told_of(AccountLinesReported)
    assert isinstance(fact, AccountLinesReported)
    return fact


def test_pages_are_read_to_the_end_and_the_oldest_row_comes_first(desk: Desk) -> None:
    desk.answer(TRANSACTIONS, page(row(3, "Payout", 9.0), row(2, "Commission", -0.2), total=3))
    desk.answer(TRANSACTIONS, page(row(1, "Payout", 12.34567), total=3))
    desk.answer(SETTLED, named((77, "Harbour vs Castle", "Match Odds")))
    lines = told(desk).lines
    assert [(line.id, line.kind, line.micros) for line in lines] == [
        ("1", LineKind.SETTLEMENT, 12_345_670),
        ("2", LineKind.COMMISSION, -200_000),
        ("3", LineKind.SETTLEMENT, 9_000_000),
    ]
    assert {line.venue_market for line in lines} == {"77"}
    assert {line.balance_micros for line in lines} == {1_000_500_000}


@pytest.mark.parametrize(
    "markets",
    [
        (),
        ((77, "Harbour vs Castle", "Total"),),
        ((77, "Harbour vs Castle", "Match Odds"), (78, "Harbour vs Castle", "Match Odds")),
    ],
)
def test_words_that_mean_no_market_or_two_mean_none(desk: Desk, markets: tuple[tuple[int, str, str], ...]) -> None:
    desk.answer(TRANSACTIONS, page(row(1, "Payout", 9.0)))
    desk.answer(SETTLED, named(*markets))
    (line,) = told(desk).lines
    assert line.venue_market == ""


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Transfer", LineKind.TRANSFER),
        ("Cancel", LineKind.CORRECTION),
        ("Manual", LineKind.OTHER),
        ("Bonus", LineKind.OTHER),
        ("Something new", LineKind.OTHER),
    ],
)
def test_what_a_label_means(desk: Desk, label: str, kind: LineKind) -> None:
    desk.answer(TRANSACTIONS, page(row(1, label, -7.0, detail="by hand")))
    if kind is LineKind.CORRECTION:
        desk.answer(SETTLED, named())
    (line,) = told(desk).lines
    assert (line.kind, line.micros, line.venue_market) == (kind, -7_000_000, "")
