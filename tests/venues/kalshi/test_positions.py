"""What the venue says that we hold: read behind each round, page by page, and pushed as it changes."""

from typing import Any

import pytest

from domain.messages import BalanceReported, QueryVenue, VenueReported
from domain.venue_notes import PositionBasis, PositionsReported
from tests.venues.kalshi.desk import KALSHI, MS, T1, T2, YES1, YES2, Desk, fault

PAGE = "/portfolio/positions?count_filter=position&limit=1000&subaccount=0"


@pytest.fixture
def desk() -> Desk:
    desk = Desk().up()
    desk.known["/portfolio/positions"] = held(row(T1, "3.00"))
    desk.asked.clear()
    desk.taken()
    return desk


def row(ticker: str, count: Any) -> dict[str, Any]:
    return {
        "ticker": ticker,
        "exchange_index": 0,
        "position_fp": count,
        "total_traded_dollars": "2.500000",
        "market_exposure_dollars": "2.500000",
        "realized_pnl_dollars": "0.000000",
        "fees_paid_dollars": "0.018900",
        "last_updated_ts": "2026-06-11T06:29:30.165032Z",
    }


def held(*rows: dict[str, Any], cursor: str = "") -> dict[str, Any]:
    return {"market_positions": list(rows), "event_positions": [], "cursor": cursor}


def pushed(ticker: str = T1, count: str = "7.00", **more: Any) -> dict[str, Any]:
    said = {"user_id": "u", "market_ticker": ticker, "position_fp": count, "volume_fp": count} | more
    return {"type": "market_position", "sid": 3, "msg": said}


def told(desk: Desk) -> list[PositionsReported]:
    desk.send(QueryVenue(KALSHI))
    desk.serve()
    return desk.taken(PositionsReported)


def test_positions_are_read_behind_the_matches_of_a_round(desk: Desk) -> None:
    desk.send(QueryVenue(KALSHI))
    desk.serve()
    facts = [type(fact) for fact in desk.taken(VenueReported, BalanceReported, PositionsReported)]
    assert facts == [VenueReported, BalanceReported, PositionsReported]
    assert desk.asked.index(PAGE) > max(n for n, one in enumerate(desk.asked) if one.startswith("/portfolio/fills"))


def test_yes_counts_above_zero_and_no_below_whatever_market_it_is_in(desk: Desk) -> None:
    desk.known["/portfolio/positions"] = held(row(T1, "3.05"), row(T2, "-0.50"), row("KXOTHER", "1"))
    (said,) = told(desk)
    assert (said.venue, said.basis, said.whole) == (KALSHI, PositionBasis.CLAIMS, True)
    assert said.held_micros == {YES1: 3_050_000, YES2: -500_000, f"{KALSHI}/KXOTHER/yes": 1_000_000}


def test_they_are_true_for_the_moment_that_the_venue_names(desk: Desk) -> None:
    behind = [0, 0, 1_200]

    def stale() -> dict[str, Any]:
        return {"as_of_time": desk.stamp(desk.clock.wall_ns() // 1_000 - behind.pop(0) * 1_000)}

    desk.known["/exchange/user_data_timestamp"] = stale
    behind[:] = [0, 1_200]
    (said,) = told(desk)
    assert said.asked_ns == desk.now - 1_200 * MS


def test_every_page_is_read(desk: Desk) -> None:
    desk.send(QueryVenue(KALSHI))
    pages = [held(row(T1, "3.00"), cursor="p2"), held(row(T2, "4.00"))]
    asked: list[str] = []
    while questions := desk.questions():
        for one in questions:
            if one.target == "/portfolio/positions":
                asked.append(one.query)
                desk.reply(one, pages.pop(0))
            else:
                body = desk.known[one.target]
                desk.reply(one, body() if callable(body) else body)
    assert ["cursor=p2" in one for one in asked] == [False, True]
    (said,) = desk.taken(PositionsReported)
    assert said.held_micros == {YES1: 3_000_000, YES2: 4_000_000}


@pytest.mark.parametrize("answer", [{"market_positions": [{"ticker": T1}]}, held(row(T1, "many")), b"<html>", {}])
def test_an_answer_that_cannot_be_read_says_nothing_and_harms_no_round(desk: Desk, answer: Any) -> None:
    desk.known["/portfolio/positions"] = answer
    desk.send(QueryVenue(KALSHI))
    desk.serve()
    assert [type(fact) for fact in desk.taken(VenueReported, PositionsReported)] == [VenueReported]


def test_half_of_a_list_says_nothing(desk: Desk) -> None:
    desk.send(QueryVenue(KALSHI))
    while questions := desk.questions():
        for one in questions:
            if one.target == "/portfolio/positions" and "cursor" in one.query:
                desk.reply(one, fault("internal_error"), status=500)
            elif one.target == "/portfolio/positions":
                desk.reply(one, held(row(T1, "3.00"), cursor="p2"))
            else:
                body = desk.known[one.target]
                desk.reply(one, body() if callable(body) else body)
    assert desk.taken(PositionsReported) == []


def test_a_pushed_position_is_news_of_one_market(desk: Desk) -> None:
    desk.orders.say(pushed())
    assert desk.taken() == [PositionsReported(KALSHI, desk.now, PositionBasis.CLAIMS, {YES1: 7_000_000}, whole=False)]


def test_a_push_about_another_subaccount_is_passed_over(desk: Desk) -> None:
    desk.orders.say(pushed(subaccount=4))
    assert desk.taken() == []
