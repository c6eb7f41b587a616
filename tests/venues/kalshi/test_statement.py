"""What moved the cash, out of the lists of matches, settlements, deposits and withdrawals."""

from typing import Any

import pytest

from domain.account_lines import LineKind
from domain.treasury import AccountLinesReported, QueryAccountLines
from tests.venues.kalshi.desk import KALSHI, T1, Desk
from tests.venues.kalshi.test_queries import statement

SINCE_MS = 1_780_000_000_000


@pytest.fixture
def desk() -> Desk:
    desk = Desk().up()
    desk.known |= {
        "/portfolio/fills": {"fills": [], "cursor": ""},
        "/portfolio/settlements": {"settlements": [], "cursor": ""},
        "/portfolio/deposits": {"deposits": [], "cursor": ""},
        "/portfolio/withdrawals": {"withdrawals": [], "cursor": ""},
    }
    desk.asked.clear()
    desk.taken()
    return desk


def lines(desk: Desk) -> list[tuple[str, int]]:
    desk.send(QueryAccountLines(KALSHI, SINCE_MS))
    desk.serve()
    (told,) = desk.taken()
    assert isinstance(told, AccountLinesReported)
    return [(line.id, line.micros) for line in told.lines]


def fill(side: str, **changes: Any) -> dict[str, Any]:
    base = {
        "fill_id": "f1",
        "trade_id": "f1",
        "order_id": "o1",
        "ticker": T1,
        "book_side": side,
        "count_fp": "10.00",
        "yes_price_dollars": "0.3000",
        "fee_cost": "0.150000",
        "created_time": "2026-06-11T06:29:47Z",
    }
    return base | changes


def moved(**changes: Any) -> dict[str, Any]:
    return {
        "id": "m1",
        "status": "applied",
        "type": "wire",
        "amount_cents": 5_000,
        "fee_cents": 0,
        "created_ts": SINCE_MS // 1_000 + 5,
    } | changes


@pytest.mark.parametrize(("side", "cost"), [("bid", -3_000_000), ("ask", -7_000_000)])
def test_a_match_costs_what_its_own_side_costs_and_its_fee(desk: Desk, side: str, cost: int) -> None:
    desk.known["/portfolio/fills"] = {"fills": [fill(side)], "cursor": ""}
    assert sorted(lines(desk)) == [("fee/f1", -150_000), ("trade/f1", cost)]
    assert f"/portfolio/fills?min_ts={SINCE_MS // 1_000}&limit=1000&subaccount=0" in desk.asked


def test_a_settlement_pays_its_revenue_and_each_pair_a_dollar(desk: Desk) -> None:
    row = statement(revenue=250, yes_count_fp="5.50", no_count_fp="3.00")
    desk.known["/portfolio/settlements"] = {"settlements": [row], "cursor": ""}
    assert lines(desk) == [(f"settlement/{T1}", 5_500_000)]


@pytest.mark.parametrize("kind", [LineKind.DEPOSIT, LineKind.WITHDRAWAL])
@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, [50_000_000]),
        ({"fee_cents": 25}, [50_000_000, -250_000]),
        ({"status": "pending"}, []),
        ({"status": "failed"}, []),
        ({"status": "returned"}, []),
        ({"created_ts": 1}, []),
        ({"created_ts": 1, "finalized_ts": SINCE_MS // 1_000 + 9}, [50_000_000]),
    ],
)
def test_money_moved_by_hand_is_a_line_once_it_is_applied(
    desk: Desk, kind: LineKind, changes: dict[str, Any], found: list[int]
) -> None:
    desk.known[f"/portfolio/{kind}s"] = {f"{kind}s": [moved(**changes)], "cursor": ""}
    sign = 1 if kind is LineKind.DEPOSIT else -1
    assert [micros for _, micros in lines(desk)] == [
        sign * micros if abs(micros) > MICRO_FEE else micros for micros in found
    ]


MICRO_FEE = 1_000_000
"""Fees are below this, and always taken."""
