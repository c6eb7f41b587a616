"""Questions and their answers: one order, all of them, a statement; and what proves that an order is not there."""

from typing import Any

import pytest

from domain.ids import OrderRef, SelectionId, VenueMarketId, VenueName, VenueOrderId
from domain.looks import OrderLooks
from domain.markets import Result
from domain.messages import (
    BalanceReported,
    CancelOrder,
    CancelRefused,
    MarketSettled,
    OrderAbsent,
    OrderReported,
    OrderUnanswered,
    QueryOrder,
    QuerySettlement,
    QueryVenue,
    VenueReported,
)
from domain.orders import Evidence, Side
from domain.terms import BalanceBasis
from tests.venues.matchbook.desk import (
    AWAY,
    BALANCE,
    CURRENT,
    CURRENT_OFFERS,
    EMPTY_REPORT,
    HOME,
    MARKET,
    OFFERS,
    SETTLED,
    Desk,
    bet,
    errors,
    instrument,
    listed,
    market,
    offer,
    place,
    report,
    runner,
    selection,
    settled_bet,
)

ONE = f"{OFFERS}/9001"
VENUE = VenueName("matchbook")
STATEMENT = QuerySettlement(VENUE, VenueMarketId(str(MARKET)))
REPORTS_AGAIN_MS = 6_000
"""Until reports may be read twice or thrice again."""
EARLIER = "2026-09-21T14:00:00.000Z"


def with_bets(*bets: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return offer(**({"matched-bets": list(bets)} | changes))


def query(desk: Desk, ref: str = "t-1") -> None:
    desk.venue.send(QueryOrder(OrderRef(ref)), desk.now)


def query_named(desk: Desk, ref: str) -> None:
    """A question about an order of which the engine knows what the venue calls it."""
    desk.venue.send(QueryOrder(OrderRef(ref), VenueMarketId(str(MARKET)), VenueOrderId("9001")), desk.now)


def unanswered(*refs: str) -> Desk:
    """A desk whose placements were cut off, long enough ago that they would show."""
    desk = Desk().trading()
    for ref in refs or ("t-1",):
        desk.venue.send(place(ref), desk.now)
        desk.hang_up(desk.asked(OFFERS, "POST"))
    assert len(desk.told_of(OrderUnanswered)) == len(refs or ("t-1",))
    desk.idle(16_000)
    desk.taken()
    return desk


def resting() -> Desk:
    desk = Desk().trading()
    desk.venue.send(place(), desk.now)
    desk.answer(OFFERS, {"offers": [offer()]}, method="POST")
    desk.poll_offers(offer())
    return desk


# --- one order ---


def test_an_order_of_known_id_is_read_by_it() -> None:
    desk = resting()
    query(desk)
    desk.answer(ONE, with_bets(bet(1, 10, 2.6), status="matched", remaining=0))
    (told,) = desk.told_of(OrderReported)
    assert (told.matched_micros, told.claims_micros, told.closed, told.evidence) == (
        10_000_000,
        26_000_000,
        True,
        Evidence.PULL,
    )


def test_an_order_that_has_left_the_lists_is_read_from_its_markets_statement() -> None:
    desk = resting()
    query(desk)
    desk.answer(ONE, errors("unknown"), 404)
    rows = [settled_bet(9, "WIN", stake=6, odds=2.5), settled_bet(4, "WIN", stake=2, odds=3.0, id=2)]
    asked = desk.answer(SETTLED, report(selection(*rows, settled_bet(1, "WIN", **{"offer-id": 8}))))
    assert asked.query["market-ids"] == str(MARKET)
    (told,) = desk.told_of(OrderReported)
    assert (told.matched_micros, told.claims_micros, told.closed) == (8_000_000, 21_000_000, True)
    assert told.evidence is Evidence.STATEMENT


def test_an_offer_that_is_gone_without_a_bet_is_absent_as_of_the_question() -> None:
    desk = resting()
    asked_ns = desk.now
    query(desk)
    desk.wait(50)
    desk.answer(ONE, errors("unknown"), 404)
    desk.answer(SETTLED, EMPTY_REPORT)
    assert desk.told_of(OrderAbsent) == [OrderAbsent(OrderRef("t-1"), asked_ns)]


def test_an_offer_with_matched_bets_is_never_called_absent() -> None:
    desk = resting()
    desk.poll_offers(offer(remaining=6))
    query(desk)
    desk.answer(ONE, errors("unknown"), 404)
    desk.answer(SETTLED, EMPTY_REPORT)
    assert desk.taken() == []


@pytest.mark.parametrize(("body", "status"), [(b"", 500), (b"<html>", 200), (errors("no"), 403), (offer(id=7), 200)])
def test_an_order_that_was_not_read_is_no_news(body: Any, status: int) -> None:
    desk = resting()
    query(desk)
    desk.answer(ONE, body, status)
    assert desk.told_of(OrderReported, OrderAbsent) == []


def test_an_order_without_an_id_is_searched_in_its_market_by_all_its_names() -> None:
    desk = unanswered()
    query(desk)
    asked = desk.answer(OFFERS, listed(offer()))
    assert asked.query["market-ids"] == str(MARKET)
    assert "interval" not in asked.query
    assert desk.told_of(OrderReported)[0].venue_order_id == "9001"


def test_an_order_is_absent_only_if_lists_and_reports_do_not_hold_it() -> None:
    desk = unanswered()
    asked_ns = desk.now
    query(desk)
    desk.answer(OFFERS, listed(offer("x-1", id=5)))
    desk.answer(CURRENT_OFFERS, EMPTY_REPORT)
    assert desk.taken() == []
    desk.answer(SETTLED, EMPTY_REPORT)
    assert desk.told_of(OrderAbsent) == [OrderAbsent(OrderRef("t-1"), asked_ns)]


def test_an_order_that_need_not_show_yet_is_not_called_absent() -> None:
    desk = Desk().trading()
    desk.venue.send(place(), desk.now)
    desk.hang_up(desk.asked(OFFERS, "POST"))
    desk.idle(14_000)
    query(desk)
    desk.answer(OFFERS, listed())
    assert not desk.is_asked(CURRENT_OFFERS)
    assert desk.told_of(OrderAbsent) == []


@pytest.mark.parametrize("page", [b"", b"<html>", errors("x"), listed(offer("x-1", id=5), total=2)])
def test_an_incomplete_list_proves_no_absence(page: Any) -> None:
    desk = unanswered()
    query(desk)
    for _ in range(5):
        if desk.is_asked(OFFERS):
            desk.answer(OFFERS, page)
    assert not desk.is_asked(CURRENT_OFFERS)
    assert desk.told_of(OrderAbsent) == []


def test_an_offer_without_a_name_that_could_be_one_of_two_leaves_both_open() -> None:
    desk = unanswered("t-1", "t-2")
    query(desk, "t-1")
    query(desk, "t-2")
    desk.answer(OFFERS, listed(offer("")))
    desk.answer(OFFERS, listed(offer("")))
    assert desk.told_of(OrderAbsent, OrderReported) == []


def test_an_offer_that_only_a_report_holds_is_read_by_its_id() -> None:
    desk = unanswered()
    query(desk)
    desk.answer(OFFERS, listed())
    row = {"id": 9001, "odds": 2.5, "stake": 10, "submitted-time": "2026-09-21T14:13:21.000Z"}
    old = row | {"id": 5, "submitted-time": EARLIER}
    others = selection(runner_id=AWAY, offers=[row | {"id": 6}]), selection(side="lay", offers=[row | {"id": 7}])
    desk.answer(CURRENT_OFFERS, report(selection(offers=[row, old]), *others))
    desk.answer(SETTLED, EMPTY_REPORT)
    desk.answer(ONE, offer(""))
    assert desk.told_of(OrderReported)[0].venue_order_id == "9001"


def resting_several(*refs: str) -> Desk:
    """Offers of t-1, whose id is 9001, and of these, whose ids follow."""
    desk = resting()
    for number, ref in enumerate(refs, 9002):
        desk.venue.send(place(ref), desk.now)
        desk.answer(OFFERS, {"offers": [offer(ref, id=number)]}, method="POST")
    desk.taken()
    return desk


def test_offers_that_are_gone_share_one_report_of_their_market() -> None:
    desk = resting_several("t-2", "t-3")
    for ref in ("t-1", "t-2", "t-3"):
        query(desk, ref)
    for number in (9001, 9002, 9003):
        desk.answer(f"{OFFERS}/{number}", errors("unknown"), 404)
    desk.answer(SETTLED, report(selection(settled_bet(15, "WIN"))))
    assert [one.ref for one in desk.told_of(OrderReported)] == ["t-1"]
    desk.answer(SETTLED, report(selection(settled_bet(15, "WIN", **{"offer-id": 9003}))))
    assert [type(one) for one in desk.taken()][-2:] == [OrderAbsent, OrderReported]


def test_an_offer_that_could_not_be_read_leaves_no_other_order_open() -> None:
    desk = resting_several("t-2", "t-3")
    for ref in ("t-1", "t-2", "t-3"):
        query(desk, ref)
    desk.answer(f"{OFFERS}/9001", offer())
    for _ in range(2):
        desk.answer(f"{OFFERS}/9002", errors("out of order"), 503)
    desk.answer(f"{OFFERS}/9003", errors("unknown"), 404)
    desk.answer(SETTLED, EMPTY_REPORT)
    assert [one.ref for one in desk.told_of(OrderAbsent)] == ["t-3"]


def test_markets_that_are_over_share_their_reports() -> None:
    desk = resting()
    desk.venue.send(STATEMENT, desk.now)
    for number in (41, 42):
        desk.venue.send(QuerySettlement(VENUE, VenueMarketId(str(number))), desk.now)
    desk.answer(CURRENT, EMPTY_REPORT)
    desk.answer(SETTLED, report(selection(settled_bet(15, "WIN"))))
    assert desk.answer(CURRENT, report(selection(bet(7, 10, 2.5)), id=41)).query["market-ids"] == "41,42"
    assert desk.answer(SETTLED, report(selection(settled_bet(3, "WIN")), id=42)).query["market-ids"] == "42"
    assert [fact.venue_market for fact in desk.told_of(MarketSettled)] == [str(MARKET), "42"]


def lose(desk: Desk, path: str, how: str) -> None:
    """The answer to a read is lost on the way, or the venue broke over it."""
    asked = desk.asked(path)
    if how == "cut off":
        desk.hang_up(asked)
    else:
        desk.reply(asked, b"<html>", 502)


@pytest.mark.parametrize("how", ["cut off", "broken"])
def test_each_read_of_a_conversation_whose_answer_was_lost_is_asked_once_more(how: str) -> None:
    desk = resting()
    query(desk)
    lose(desk, ONE, how)
    desk.answer(ONE, errors("unknown"), 404)
    lose(desk, SETTLED, how)
    desk.answer(SETTLED, EMPTY_REPORT)
    assert desk.told_of(OrderAbsent)


@pytest.mark.parametrize("how", ["cut off", "broken"])
def test_a_read_that_was_lost_twice_waits_until_somebody_wants_it_again(how: str) -> None:
    desk = resting()
    query(desk)
    lose(desk, ONE, how)
    lose(desk, ONE, how)
    assert not desk.is_asked(ONE)
    query(desk)
    assert desk.is_asked(ONE)


def test_an_answer_that_never_comes_holds_up_questions_of_its_own_kind_alone() -> None:
    desk = resting()
    desk.venue.send(QueryVenue(VENUE), desk.now)
    desk.asked(OFFERS, "GET")
    desk.venue.send(STATEMENT, desk.now)
    desk.asked(CURRENT, "GET")
    query(desk)
    desk.answer(ONE, with_bets(bet(1, 10, 2.6), status="matched", remaining=0))
    assert desk.told_of(OrderReported)


def test_orders_that_were_searched_for_in_vain_are_looked_up_together_with_those_that_are_gone() -> None:
    desk = Desk().trading()
    query_looks(desk, "old-1", market_id="1")
    desk.answer(OFFERS, listed())
    for market_id in ("2", "3"):
        query_looks(desk, f"old-{market_id}", market_id=market_id)
        desk.answer(OFFERS, listed())
    desk.venue.send(QueryOrder(OrderRef("t-4"), VenueMarketId("4"), VenueOrderId("9001")), desk.now)
    desk.answer(ONE, errors("unknown"), 404)
    for path, market_ids in ((CURRENT_OFFERS, "1"), (SETTLED, "1"), (CURRENT_OFFERS, "2,3"), (SETTLED, "2,3,4")):
        assert desk.answer(path, EMPTY_REPORT).query["market-ids"] == market_ids
    assert [one.ref for one in desk.told_of(OrderAbsent)] == ["old-1", "old-2", "old-3", "t-4"]


def test_a_report_that_is_not_answered_leaves_no_order_open_that_a_list_shows() -> None:
    desk = unanswered("t-1", "t-2")
    query(desk, "t-1")
    query(desk, "t-2")
    desk.answer(OFFERS, listed())
    desk.asked(CURRENT_OFFERS)
    desk.answer(OFFERS, listed(offer("t-2")))
    assert [one.ref for one in desk.told_of(OrderReported)] == ["t-2"]


def test_an_order_whose_id_came_while_it_was_looked_up_is_not_called_absent() -> None:
    desk = unanswered()
    query(desk)
    desk.answer(OFFERS, listed())
    desk.answer(CURRENT_OFFERS, EMPTY_REPORT)
    desk.poll_offers(offer())
    desk.answer(SETTLED, EMPTY_REPORT)
    assert desk.told_of(OrderAbsent) == []


def test_doubts_that_come_again_and_again_let_the_statement_have_its_turn() -> None:
    desk = resting()
    query(desk)
    desk.answer(ONE, errors("unknown"), 404)
    desk.venue.send(STATEMENT, desk.now)
    query(desk)
    desk.answer(ONE, errors("unknown"), 404)
    desk.answer(SETTLED, EMPTY_REPORT)
    desk.answer(CURRENT, EMPTY_REPORT)
    desk.answer(SETTLED, report(selection(settled_bet(15, "WIN"))))
    assert desk.told_of(MarketSettled), "before the order is looked up once more"


def test_several_offers_in_reports_that_could_be_it_leave_it_open() -> None:
    desk = unanswered()
    query(desk)
    desk.answer(OFFERS, listed())
    rows = [{"id": number, "odds": 2.5, "stake": 10, "submitted-time": "2026-09-21T14:13:21.000Z"} for number in (1, 2)]
    desk.answer(CURRENT_OFFERS, report(selection(offers=rows)))
    desk.answer(SETTLED, EMPTY_REPORT)
    assert desk.told_of(OrderAbsent, OrderReported) == []


def test_an_order_that_is_settled_before_it_was_ever_seen_is_found_in_the_statement() -> None:
    desk = unanswered()
    query(desk)
    desk.answer(OFFERS, listed())
    desk.answer(CURRENT_OFFERS, EMPTY_REPORT)
    rows = report(selection(settled_bet(15, "WIN", **{"submitted-time": "2026-09-21T14:13:20.500Z"})))
    desk.answer(SETTLED, rows)
    desk.answer(ONE, errors("unknown"), 404)
    desk.answer(SETTLED, rows)
    (told,) = desk.told_of(OrderReported)
    assert (told.venue_order_id, told.matched_micros, told.closed) == ("9001", 10_000_000, True)


def query_looks(desk: Desk, ref: str = "old-1", *, market_id: str = str(MARKET), **changes: Any) -> None:
    """A question about an order of an earlier process that the venue has never named."""
    base: dict[str, Any] = {
        "selection": SelectionId(str(HOME)),
        "side": Side.BACK,
        "price": 250,
        "size_micros": 10_000_000,
    }
    looks = OrderLooks(**(base | changes))
    desk.venue.send(QueryOrder(OrderRef(ref), VenueMarketId(market_id), looks=looks), desk.now)


def test_an_order_of_an_earlier_process_without_looks_is_found_by_its_name_and_never_absent() -> None:
    desk = Desk().trading()
    desk.idle(16_000)
    for row in (offer(""), offer("x-1")):
        query(desk, "old-1")
        desk.answer(OFFERS, listed(row))
        assert desk.told_of(OrderAbsent, OrderReported) == []
    query(desk, "old-1")
    desk.answer(OFFERS, listed(offer("old-1", id=9002)))
    assert [one.venue_order_id for one in desk.told_of(OrderReported)] == ["9002"]


def test_an_order_of_an_earlier_process_is_absent_only_if_lists_and_reports_do_not_hold_it() -> None:
    desk = Desk().trading()
    query_looks(desk)
    assert desk.answer(OFFERS, listed(offer("x-1"))).query["market-ids"] == str(MARKET)
    desk.answer(CURRENT_OFFERS, EMPTY_REPORT)
    assert desk.told_of(OrderAbsent) == []
    desk.answer(SETTLED, EMPTY_REPORT)
    assert [one.ref for one in desk.told_of(OrderAbsent)] == ["old-1"]


def test_an_order_of_an_earlier_process_that_was_matched_and_settled_meanwhile_is_found_by_its_looks() -> None:
    """Its process died, its market was settled before the next one asked: it was called absent, and was none."""
    desk = Desk().trading()
    query_looks(desk, others=(VenueOrderId("9002"),))
    desk.answer(OFFERS, listed())
    desk.answer(CURRENT_OFFERS, EMPTY_REPORT)
    ours = settled_bet(0.4, "WIN", stake=4, **{"submitted-time": EARLIER})
    another = [settled_bet(1, "WIN", stake=4, **{"offer-id": 9002}), settled_bet(1, "WIN", stake=11, **{"offer-id": 9})]
    worse = settled_bet(1, "WIN", stake=4, odds=2.48, **{"offer-id": 10})
    lay = selection(settled_bet(-1, "LOSE", **{"offer-id": 9003}), side="lay")
    rows = report(selection(*another, worse, ours), lay)
    desk.answer(SETTLED, rows)
    assert desk.told_of(OrderAbsent) == []
    desk.answer(ONE, errors("unknown"), 404)
    desk.answer(SETTLED, rows)
    (told,) = desk.told_of(OrderReported)
    assert (told.ref, told.venue_order_id, told.matched_micros) == ("old-1", "9001", 4_000_000)


def test_a_bet_whose_odds_a_removal_cut_may_be_an_order_s_of_longer_odds() -> None:
    desk = Desk().trading()
    query_looks(desk)
    desk.answer(OFFERS, listed())
    desk.answer(CURRENT_OFFERS, EMPTY_REPORT)
    desk.answer(SETTLED, report(selection(settled_bet(1, "WIN", odds=2.1, adjusted=True))))
    assert desk.is_asked(ONE)


def test_looks_change_nothing_of_an_order_that_this_process_sent() -> None:
    desk = unanswered()
    query_looks(desk, "t-1", price=900)
    desk.answer(OFFERS, listed())
    desk.answer(CURRENT_OFFERS, EMPTY_REPORT)
    desk.answer(SETTLED, report(selection(settled_bet(15, "WIN", **{"submitted-time": "2026-09-21T14:13:20.500Z"}))))
    assert desk.is_asked(ONE)


def test_an_order_of_an_earlier_process_is_read_by_the_id_that_the_engine_knows() -> None:
    desk = Desk().trading()
    query_named(desk, "old-1")
    desk.answer(ONE, with_bets(bet(1, 10, 2.5, status="cancelled"), status="matched", remaining=0))
    (told,) = desk.told_of(OrderReported, OrderAbsent)
    assert (told.ref, told.matched_micros, told.voided_micros, told.closed) == ("old-1", 0, 10_000_000, True)
    assert desk.venue._offers.live() == []


def test_an_order_of_an_earlier_process_that_has_left_the_lists_is_read_from_its_markets_statement() -> None:
    desk = Desk().trading()
    query_named(desk, "old-1")
    desk.answer(ONE, errors("unknown"), 404)
    asked = desk.answer(SETTLED, report(selection(settled_bet(0, "VOID", stake=10, odds=2.5))))
    assert asked.query["market-ids"] == str(MARKET)
    (told,) = desk.told_of(OrderReported, OrderAbsent)
    assert (told.ref, told.voided_micros, told.evidence) == ("old-1", 10_000_000, Evidence.STATEMENT)


def test_an_id_that_is_another_orders_is_not_taken_over_with_a_question() -> None:
    desk = resting()
    desk.idle(16_000)
    query_named(desk, "old-1")
    desk.answer(OFFERS, listed(offer("x-1")))
    assert desk.told_of(OrderReported, OrderAbsent) == []


def test_an_order_that_was_absent_often_enough_is_looked_out_for_no_more() -> None:
    desk = unanswered()
    for _ in range(3):
        desk.idle(REPORTS_AGAIN_MS)
        query(desk)
        desk.answer(OFFERS, listed())
        desk.answer(CURRENT_OFFERS, EMPTY_REPORT)
        desk.answer(SETTLED, EMPTY_REPORT)
    assert len(desk.told_of(OrderAbsent)) == 3
    assert desk.venue._offers.live() == []
    (late,) = [fact for fact in desk.poll_offers(offer()) if isinstance(fact, OrderReported)]
    assert late.ref == "t-1"


# --- all of them ---


def test_a_round_reads_every_page_and_the_wallet() -> None:
    desk = Desk(rows_per_page=1).trading()
    asked_ns = desk.now
    desk.venue.send(QueryVenue(VENUE), desk.now)
    first = desk.answer(OFFERS, listed(offer("x-7", remaining=6), total=2) | {"per-page": 1})
    assert (first.query["status"], first.query["offset"]) == ("open,edited", "0")
    stranger = offer("", id=5, side="lay", odds=1.54945, **{"decimal-odds": 1.54945, "runner-id": AWAY})
    desk.answer(OFFERS, listed(stranger, total=2) | {"per-page": 1})
    desk.answer(BALANCE, {"id": 1, "balance": 1234.56, "exposure": -7, "free-funds": 3})
    reported, balance = desk.taken()
    assert isinstance(reported, VenueReported)
    ours, theirs = reported.orders
    assert (ours.ref, ours.instrument, ours.price, ours.size_micros) == ("x-7", instrument(HOME), 250, 10_000_000)
    assert ours.report is not None
    assert ours.report.matched_micros == 4_000_000
    assert (theirs.ref, theirs.side, theirs.price) == (None, Side.LAY, 155)
    assert theirs.report is not None
    assert (theirs.report.ref, theirs.report.matched_micros) == (f"{VENUE}/5", 0)
    assert reported.asked_ns == asked_ns
    assert balance == BalanceReported(VENUE, desk.settings.currency, 1_234_560_000, BalanceBasis.WALLET, asked_ns)


def test_half_a_round_says_nothing() -> None:
    desk = Desk().trading()
    desk.venue.send(QueryVenue(VENUE), desk.now)
    desk.answer(OFFERS, listed(offer("x-7")))
    desk.answer(BALANCE, {"balance": "NaN"})
    assert desk.told_of(VenueReported, BalanceReported) == []


def test_what_a_broken_round_heard_is_told_by_the_next_poll() -> None:
    desk = resting()
    desk.venue.send(QueryVenue(VENUE), desk.now)
    desk.answer(OFFERS, listed(offer(remaining=6)))
    desk.answer(BALANCE, b"", 503)
    assert desk.told_of(OrderReported) == []
    assert [fact.matched_micros for fact in desk.poll_offers(offer(remaining=6))] == [4_000_000]


# --- statements ---


def settle(desk: Desk, current: Any, settled: Any = None) -> list[MarketSettled]:
    desk.venue.send(STATEMENT, desk.now)
    desk.answer(CURRENT, current)
    if settled is not None:
        desk.answer(SETTLED, settled)
    return desk.told_of(MarketSettled)


def test_a_match_that_no_poll_showed_is_told_before_the_statement_that_pays_it() -> None:
    desk = resting()
    desk.venue.send(STATEMENT, desk.now)
    desk.answer(CURRENT, EMPTY_REPORT)
    desk.answer(SETTLED, report(selection(settled_bet(9, "WIN", stake=6, odds=2.5))))
    told, settled = desk.told_of(OrderReported, MarketSettled)
    assert settled.venue_market == str(MARKET)
    assert (told.ref, told.matched_micros, told.closed) == ("t-1", 6_000_000, True)
    desk.venue.send(STATEMENT, desk.now)
    desk.answer(CURRENT, EMPTY_REPORT)
    desk.answer(SETTLED, report(selection(settled_bet(9, "WIN", stake=6, odds=2.5))))
    assert desk.told_of(OrderReported) == [], "it is told once"


def test_an_order_that_was_never_answered_is_told_by_the_statement_that_pays_it() -> None:
    desk = Desk().trading()
    desk.venue.send(place(), desk.now)
    desk.hang_up(desk.asked(OFFERS, "POST"))
    desk.venue.send(STATEMENT, desk.now)
    desk.answer(CURRENT, EMPTY_REPORT)
    desk.answer(SETTLED, report(selection(settled_bet(15, "WIN", **{"submitted-time": "2026-09-21T14:13:20.500Z"}))))
    told = desk.told_of(OrderReported, MarketSettled)
    assert [type(fact) for fact in told] == [OrderReported, MarketSettled]
    assert (told[0].ref, told[0].matched_micros, told[0].closed) == ("t-1", 10_000_000, True)


def test_of_two_orders_that_were_never_answered_the_smaller_is_what_was_matched_in_full() -> None:
    desk = Desk().trading()
    for ref, size in (("t-1", 10_000_000), ("t-2", 4_000_000)):
        desk.venue.send(place(ref, size_micros=size), desk.now)
        desk.hang_up(desk.asked(OFFERS, "POST"))
    desk.venue.send(STATEMENT, desk.now)
    desk.answer(CURRENT, EMPTY_REPORT)
    rows = settled_bet(6, "WIN", stake=4, **{"submitted-time": "2026-09-21T14:13:20.500Z"})
    desk.answer(SETTLED, report(selection(rows)))
    assert [fact.ref for fact in desk.told_of(OrderReported)] == ["t-2"]


def test_a_match_that_a_dead_process_never_heard_is_told_before_the_statement_where_its_order_is_asked_about() -> None:
    desk = Desk().trading()
    desk.venue.send(STATEMENT, desk.now)
    query_named(desk, "old-1")
    desk.answer(CURRENT, EMPTY_REPORT)
    desk.answer(SETTLED, report(selection(settled_bet(0.001, "WIN", stake=0.1, odds=1.01))))
    told, statement = desk.told_of(OrderReported, MarketSettled)
    assert (told.ref, told.matched_micros, statement.profit_micros) == ("old-1", 100_000, 0)


def test_a_statement_is_gross_with_its_commission_and_the_results_of_our_bets() -> None:
    rows = report(
        selection(settled_bet(15.0, "WIN")),
        selection(settled_bet(-4.5, "LOSE", id=2), runner_id=AWAY, side="lay"),
    )
    rows["markets"][0] |= {"profit-and-loss": 10.5, "commission": 0.42}
    desk = Desk().trading()
    (settled,) = settle(desk, EMPTY_REPORT, rows)
    assert (settled.venue_market, settled.profit_micros, settled.commission_micros) == (
        str(MARKET),
        10_500_000,
        420_000,
    )
    assert settled.results == {str(HOME): Result.WON, str(AWAY): Result.WON}
    desk.idle(REPORTS_AGAIN_MS)
    assert settle(desk, EMPTY_REPORT, rows) == [settled]
    rows["markets"][0]["profit-and-loss"] = 9
    desk.idle(REPORTS_AGAIN_MS)
    assert settle(desk, EMPTY_REPORT, rows)[0].statement != settled.statement


def test_a_statement_says_what_is_left_of_offers_of_which_bets_were_annulled() -> None:
    rows = report(
        selection(settled_bet(15.0, "WIN"), settled_bet(0, "VOID", id=2, stake=4), settled_bet(0, "PUSH", id=3)),
        selection(settled_bet(0, "SOME NEW WORD", **{"offer-id": 9002}), runner_id=AWAY, side="lay"),
    )
    (settled,) = settle(resting(), EMPTY_REPORT, rows)
    told = [(one.ref, one.venue_order_id, one.matched_micros, one.voided_micros) for one in settled.annulled]
    assert told == [("t-1", "9001", 20_000_000, 4_000_000), ("", "9002", 0, 10_000_000)]
    assert str(AWAY) not in settled.results, "an annulled bet says nothing of how its runner ended"


def test_a_market_with_bets_left_to_settle_has_no_statement_yet() -> None:
    assert settle(Desk().trading(), report(selection(settled_bet(0, "")))) == []


UNREADABLE = report(selection(settled_bet(5, "WIN")), number=41, commission="NaN")["markets"][0]


def test_a_market_whose_report_cannot_be_read_keeps_no_other_from_its_statement() -> None:
    desk = Desk().trading()
    desk.venue.send(QueryOrder(OrderRef("t-41"), VenueMarketId("41"), VenueOrderId("9001")), desk.now)
    desk.answer(ONE, offer("t-41", status="flushed"))
    for number in (40, 41, 42):
        desk.venue.send(QuerySettlement(VENUE, VenueMarketId(str(number))), desk.now)
    desk.answer(CURRENT, report(selection(bet(7, 10)), number=40))
    desk.answer(CURRENT, EMPTY_REPORT)
    good = report(selection(settled_bet(5, "WIN")), number=42)
    desk.answer(SETTLED, good | {"total": 2, "markets": [UNREADABLE, *good["markets"]]})
    assert [one.venue_market for one in desk.told_of(MarketSettled)] == ["42"]


def test_an_order_is_not_absent_from_a_report_that_cannot_be_read() -> None:
    desk = Desk().trading()
    for number, market_id in ((9001, "41"), (9002, "42")):
        named = VenueMarketId(market_id), VenueOrderId(str(number))
        desk.venue.send(QueryOrder(OrderRef(f"t-{market_id}"), *named), desk.now)
        desk.answer(f"{OFFERS}/{number}", errors("unknown"), 404)
    bad = EMPTY_REPORT | {"total": 1, "markets": [UNREADABLE]}
    desk.answer(SETTLED, bad)
    query(desk, "t-41")
    desk.answer(ONE, errors("unknown"), 404)
    desk.answer(SETTLED, bad)
    assert [one.ref for one in desk.told_of(OrderAbsent)] == ["t-42"]


def test_a_statement_over_several_pages_is_read_whole() -> None:
    desk = Desk(rows_per_page=1).trading()
    desk.venue.send(STATEMENT, desk.now)
    desk.answer(CURRENT, EMPTY_REPORT)
    first = report(selection(settled_bet(15, "WIN")), **{"profit-and-loss": 5}) | {"total": 2, "per-page": 1}
    second = report(selection(settled_bet(-10, "LOSE", id=2), runner_id=AWAY)) | {"total": 2, "per-page": 1}
    desk.answer(SETTLED, first)
    desk.answer(SETTLED, second)
    (settled,) = desk.told_of(MarketSettled)
    assert (settled.profit_micros, len(settled.results)) == (5_000_000, 2)


def test_a_late_statement_is_waited_for_while_we_may_have_been_matched() -> None:
    assert settle(Desk().trading(), EMPTY_REPORT, EMPTY_REPORT) == []
    desk = resting()
    desk.poll_offers(offer(remaining=6))
    assert settle(desk, EMPTY_REPORT, EMPTY_REPORT) == []
    desk.poll_offers(offer(status="cancelled", remaining=6))
    assert settle(desk, EMPTY_REPORT, EMPTY_REPORT) == []


def test_a_market_in_which_nothing_of_ours_was_matched_is_settled_at_nothing() -> None:
    desk = resting()
    desk.poll_offers(offer(status="flushed"))
    (settled,) = settle(desk, EMPTY_REPORT, EMPTY_REPORT)
    assert (settled.profit_micros, settled.commission_micros, settled.results) == (0, 0, {})


def test_bets_are_read_again_when_a_runner_is_withdrawn() -> None:
    desk = resting()
    desk.poll_offers(offer(remaining=6))
    gone = {"events": [{"id": 500, "markets": [market(runner(HOME, withdrawn=True), runner(AWAY))]}], "total": 1}
    desk.wait(1_000)
    desk.answer("/edge/rest/events", gone)
    desk.answer(ONE, with_bets(bet(1, 4, status="cancelled"), status="flushed"))
    assert desk.told_of(OrderReported)[-1].voided_micros == 4_000_000


def test_an_offer_is_not_over_before_the_engine_was_told() -> None:
    desk = resting()
    desk.venue.send(QueryVenue(VENUE), desk.now)
    desk.answer(OFFERS, listed(offer(status="cancelled")))
    desk.answer(BALANCE, b"", 400)
    assert desk.told_of(VenueReported) == []
    desk.venue.send(CancelOrder(OrderRef("t-1"), "c1"), desk.now)
    desk.answer(ONE, errors("not open"), 400, method="DELETE")
    assert len(desk.told_of(CancelRefused)) == 1
