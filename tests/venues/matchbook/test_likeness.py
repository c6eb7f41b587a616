"""Offers that only reports hold and that no name tells: which of our orders they are, and which are somebody else's."""

from typing import Any

import pytest

from domain.messages import OrderAbsent, OrderReported
from tests.venues.matchbook.desk import (
    CURRENT,
    CURRENT_OFFERS,
    EMPTY_REPORT,
    MARKET,
    OFFERS,
    SETTLED,
    Desk,
    errors,
    listed,
    report,
    selection,
    settled_bet,
)
from tests.venues.matchbook.test_queries import ONE, STATEMENT, VENUE, query, query_looks, query_named, unanswered


def late_bet(pnl: float, number: int = 9001, **changes: Any) -> dict[str, Any]:
    """A bet of an offer that was made after our orders."""
    return settled_bet(pnl, "WIN", **{"submitted-time": "2026-09-21T14:13:20.500Z", "offer-id": number} | changes)


def searched(*refs: str) -> Desk:
    """Orders without an answer that no list of offers holds."""
    desk = unanswered(*refs)
    for ref in refs:
        query(desk, ref)
        desk.answer(OFFERS, listed())
    return desk


def test_two_orders_that_look_alike_and_were_settled_unseen_are_one_of_two_offers_each() -> None:
    desk = unanswered("t-1", "t-2")
    desk.venue.send(STATEMENT, desk.now)
    desk.answer(CURRENT, EMPTY_REPORT)
    desk.answer(SETTLED, report(selection(late_bet(15), late_bet(6, 9002, id=2, stake=4))))
    told = {fact.ref: (fact.venue_order_id, fact.matched_micros) for fact in desk.told_of(OrderReported)}
    assert told == {"t-1": ("9001", 10_000_000), "t-2": ("9002", 4_000_000)}


def test_two_orders_that_look_alike_share_no_more_offers_than_they_are() -> None:
    desk = unanswered("t-1", "t-2")
    desk.venue.send(STATEMENT, desk.now)
    desk.answer(CURRENT, EMPTY_REPORT)
    desk.answer(SETTLED, report(selection(*(late_bet(15, number, id=number) for number in (1, 2, 3)))))
    assert desk.told_of(OrderReported) == []


MORE = [late_bet(9, stake=6), late_bet(9, id=2, stake=6)]
WORSE = [late_bet(9, odds=2.48)]


@pytest.mark.parametrize("bets", [MORE, WORSE])
def test_an_offer_of_which_more_or_worse_was_matched_than_an_order_allows_is_another(bets: list[Any]) -> None:
    desk = searched("t-1")
    desk.answer(CURRENT_OFFERS, EMPTY_REPORT)
    desk.answer(SETTLED, report(selection(*bets)))
    assert [fact.ref for fact in desk.told_of(OrderAbsent)] == ["t-1"]


def test_a_report_that_shifts_between_its_pages_proves_no_absence() -> None:
    """Something is settled anew while it is read: what moved up to the page that was read already was never seen."""
    desk = Desk(rows_per_page=1).trading()
    query_looks(desk)
    desk.answer(OFFERS, listed())
    desk.answer(CURRENT_OFFERS, EMPTY_REPORT)
    desk.answer(SETTLED, report() | {"per-page": 1, "total": 2})
    desk.answer(SETTLED, EMPTY_REPORT | {"per-page": 1, "total": 1})
    assert desk.told_of(OrderAbsent) == []


@pytest.mark.parametrize(("bets", "kind"), [([settled_bet(15, "WIN")], OrderReported), ([], OrderAbsent)])
def test_an_offer_of_somebody_else_that_has_left_the_lists_is_read_from_its_markets_statement(
    bets: list[Any], kind: type
) -> None:
    desk = Desk().trading()
    query_named(desk, f"{VENUE}/9001")
    desk.answer(ONE, errors("unknown"), 404)
    assert desk.answer(SETTLED, report(selection(*bets))).query["market-ids"] == str(MARKET)
    assert [type(fact) for fact in desk.told_of(OrderReported, OrderAbsent)] == [kind]
