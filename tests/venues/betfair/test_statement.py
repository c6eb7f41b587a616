"""The account's statement: pages that hang together while new lines come, and what each line is about."""

from typing import Any

import pytest

from domain.account_lines import LineKind
from domain.treasury import AccountLinesReported, QueryAccountLines
from tests.venues.betfair.desk import BETFAIR, Desk

SINCE_MS = 1_767_261_600_000
"""2026-01-01T10:00:00Z."""


@pytest.fixture
def desk() -> Desk:
    desk = Desk().subscribed()
    desk.taken()
    return desk


def item(ref: str, amount: float, second: int, **legacy: Any) -> dict[str, Any]:
    about = {"eventId": 7, "marketName": "Match Odds", "transactionId": 0, "winLose": "RESULT_WON"} | legacy
    return {
        "refId": ref,
        "itemDate": f"2026-01-01T10:{second // 60:02d}:{second % 60:02d}.000Z",
        "amount": amount,
        "balance": 100.0 + second,
        "itemClass": "UNKNOWN",
        "itemClassData": {},
        "legacyData": about,
    }


class Statement:
    """The venue's list, the latest first, and how it answers."""

    def __init__(self, desk: Desk, *items: dict[str, Any]) -> None:
        self.items = [*items]
        self.by_hand: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        self._desk = desk

    def answer(self) -> bool:
        """Answer the open question, if one is."""
        if not any(wire.written for wire in self._desk.hot):
            return False
        wire, method, params = self._desk.question()
        assert method == "getAccountStatement"
        self.asked.append(params)
        rows = self.items if params["includeItem"] == "ALL" else self.by_hand
        first, count = params["fromRecord"], params["recordCount"]
        shown = rows[first : first + count]
        self._desk.reply(wire, {"accountStatement": shown, "moreAvailable": first + count < len(rows)})
        return True

    def read(self) -> AccountLinesReported:
        while self.answer():
            pass
        (told,) = self._desk.taken()
        assert isinstance(told, AccountLinesReported)
        return told


def ask(desk: Desk) -> None:
    desk.venue.send(QueryAccountLines(BETFAIR, SINCE_MS), desk.now)


def test_every_page_is_read_and_the_oldest_line_comes_first(desk: Desk) -> None:
    there = Statement(desk, *(item(f"b{n}", 1.0, n) for n in range(249, -1, -1)))
    ask(desk)
    told = there.read()
    assert [line.venue_order_id for line in told.lines] == [f"b{n}" for n in range(250)]
    assert [one["fromRecord"] for one in there.asked] == [0, 99, 198]
    assert {one["recordCount"] for one in there.asked} == {100}
    assert there.asked[0]["itemDateRange"] == {"from": "2026-01-01T10:00:00.000Z"}


def test_a_line_that_comes_between_two_pages_neither_hides_nor_doubles_another(desk: Desk) -> None:
    there = Statement(desk, *(item(f"b{n}", 1.0, n) for n in range(149, -1, -1)))
    ask(desk)
    there.answer()
    there.items.insert(0, item("b150", 1.0, 150))
    told = there.read()
    assert [line.venue_order_id for line in told.lines] == [f"b{n}" for n in range(151)]


@pytest.mark.parametrize(
    ("legacy", "amount", "kind", "market", "order"),
    [
        ({"winLose": "RESULT_WON"}, 4.5, LineKind.SETTLEMENT, "1.7", "b1"),
        ({"winLose": "RESULT_LOST"}, -2.0, LineKind.SETTLEMENT, "1.7", "b1"),
        ({"winLose": "RESULT_ERR"}, -4.5, LineKind.CORRECTION, "1.7", "b1"),
        ({"winLose": "RESULT_FIX"}, 0.1, LineKind.CORRECTION, "1.7", "b1"),
        ({"winLose": "RESULT_NOT_APPLICABLE", "commissionRate": "5%"}, -0.22, LineKind.COMMISSION, "1.7", None),
        ({"winLose": "COMMISSION_REVERSAL", "commissionRate": "5%"}, 0.22, LineKind.COMMISSION, "1.7", None),
        ({"winLose": "RESULT_NOT_APPLICABLE", "eventId": 0}, 1.0, LineKind.OTHER, "", None),
    ],
)
def test_what_a_line_is_about(
    desk: Desk, legacy: dict[str, Any], amount: float, kind: LineKind, market: str, order: str | None
) -> None:
    there = Statement(desk, item("b1", amount, 1, **legacy))
    ask(desk)
    (line,) = there.read().lines
    assert (line.kind, line.micros, line.venue_market, line.venue_order_id) == (
        kind,
        round(amount * 1_000_000),
        market,
        order,
    )
    assert line.balance_micros == 101_000_000


def test_money_that_somebody_moved_is_known_by_the_venue_s_own_list_of_it(desk: Desk) -> None:
    moved = [
        item("d2", -30.0, 9, eventId=0, winLose="RESULT_NOT_APPLICABLE"),
        item("d1", 50.0, 5, eventId=0, winLose=""),
    ]
    there = Statement(desk, moved[0], item("b1", 1.0, 7), moved[1])
    there.by_hand = moved
    ask(desk)
    assert [line.kind for line in there.read().lines] == [LineKind.DEPOSIT, LineKind.SETTLEMENT, LineKind.WITHDRAWAL]
    assert [one["includeItem"] for one in there.asked] == ["ALL", "DEPOSITS_WITHDRAWALS"]


def test_a_correction_of_the_same_bet_is_another_line_and_a_repetition_is_not(desk: Desk) -> None:
    there = Statement(desk, item("b1", 4.0, 2, winLose="RESULT_FIX"), item("b1", 4.0, 1))
    ask(desk)
    first = there.read().lines
    ask(desk)
    assert there.read().lines == first
    assert len({line.id for line in first}) == 2
