"""Questions of several calls: what they end in, how fresh it is, and that half an answer says nothing."""

from typing import Any

import pytest

from domain.ids import Currency, OrderRef, VenueMarketId, VenueOrderId
from domain.markets import Result
from domain.messages import (
    BalanceReported,
    MarketSettled,
    OrderAbsent,
    OrderAccepted,
    OrderFilled,
    OrderReported,
    QueryOrder,
    QuerySettlement,
    QueryVenue,
    VenueReported,
)
from domain.orders import Evidence, Side
from domain.terms import BalanceBasis
from tests.venues.kalshi.desk import (
    KALSHI,
    MS,
    R1,
    T1,
    T2,
    YES1,
    YES2,
    Desk,
    created,
    fault,
    market,
    match,
    order,
    place,
)
from venues.kalshi.amounts import unix_ms
from venues.kalshi.rules import YES

R2 = OrderRef("abcdef123456-2")
FOREIGN = "2b8394e0-515e-4b89-b624-f34067756855"


@pytest.fixture
def desk() -> Desk:
    desk = Desk().up()
    desk.asked.clear()
    desk.taken()
    return desk


def unanswered(desk: Desk, ref: str = R1, **changes: Any) -> None:
    """An order whose placement was written and not answered."""
    desk.send(place(ref, **changes))
    desk.question()
    desk.taken()


def ask(desk: Desk, command: Any) -> list[Any]:
    desk.send(command)
    desk.serve()
    return desk.taken()


def listed(*rows: dict[str, Any], cursor: str = "") -> dict[str, Any]:
    return {"orders": list(rows), "cursor": cursor}


def matches(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"fills": list(rows), "cursor": ""}


def bare(name: str, **changes: Any) -> dict[str, Any]:
    """A match as the list tells it: without our own id of the order."""
    return match(name, None, fill_id=name, ts_ms=0, created_time="2026-06-11T06:29:30.164956Z", **changes)


# --- one order ---


def test_an_order_is_found_in_its_markets_list_with_its_matches(desk: Desk) -> None:
    unanswered(desk)
    desk.known["/portfolio/orders"] = listed(
        order("other-1", order_id="v0"), order(R1, order_id="v9", fill_count_fp="4.00", remaining_count_fp="6.00")
    )
    desk.known["/portfolio/fills"] = matches(bare("t1", order_id="v9"), bare("t2", order_id="v0"))
    (said,) = ask(desk, QueryOrder(R1))
    assert isinstance(said, OrderReported)
    assert (said.ref, said.venue_order_id, said.matched_micros, said.evidence) == (R1, "v9", 4_000_000, Evidence.PULL)
    assert [fill.id for fill in said.fills] == ["t1"]
    assert f"/portfolio/orders?ticker={T1}&min_ts=1781158940&limit=1000&subaccount=0" in desk.asked
    assert "/portfolio/fills?order_id=v9&limit=1000&subaccount=0" in desk.asked


def test_an_order_with_an_id_is_asked_for_by_it(desk: Desk) -> None:
    desk.send(place())
    desk.reply(desk.question(), created(), status=201)
    desk.taken()
    desk.known["/portfolio/orders/v1"] = {"order": order(status="canceled", remaining_count_fp="0.00")}
    (said,) = ask(desk, QueryOrder(R1))
    assert (said.closed, said.lapsed_micros) == (True, 10_000_000), "nobody of ours cancelled it"


def test_an_order_that_has_an_id_is_never_absent(desk: Desk) -> None:
    desk.send(place())
    desk.reply(desk.question(), created(), status=201)
    desk.taken()
    assert ask(desk, QueryOrder(R1)) == []
    assert f"/portfolio/orders?ticker={T1}&min_ts=1781158940&limit=1000&subaccount=0" in desk.asked


def test_absence_is_true_for_the_moment_that_the_venue_names(desk: Desk) -> None:
    unanswered(desk)
    sent_ns = desk.now
    desk.wait(3_000)
    desk.taken()  # books that nobody moved meanwhile are doubted
    wall_us = desk.clock.wall_ns() // 1_000
    desk.known["/exchange/user_data_timestamp"] = {"as_of_time": desk.stamp(wall_us - 1_200_000)}
    assert ask(desk, QueryOrder(R1)) == [OrderAbsent(R1, sent_ns + 1_800 * MS)]
    asked_ns = desk.now
    desk.send(QueryOrder(R1))
    desk.wait(300)
    desk.known["/exchange/user_data_timestamp"] = {"as_of_time": desk.stamp(wall_us + 9_000_000)}
    desk.serve()
    assert desk.taken() == [OrderAbsent(R1, asked_ns)], "never later than the question"


def test_freshness_is_asked_for_before_the_list(desk: Desk) -> None:
    unanswered(desk)
    ask(desk, QueryOrder(R1))
    assert [path.partition("?")[0] for path in desk.asked] == ["/exchange/user_data_timestamp", "/portfolio/orders"]


@pytest.mark.parametrize("as_of", ["", "yesterday"])
def test_a_list_of_unknown_age_proves_nothing(desk: Desk, as_of: str) -> None:
    unanswered(desk)
    desk.known["/exchange/user_data_timestamp"] = {"as_of_time": as_of}
    assert ask(desk, QueryOrder(R1)) == []


def test_an_order_of_another_process_is_looked_for_in_all_markets(desk: Desk) -> None:
    desk.known["/portfolio/orders"] = listed(order(R2, ticker=T2))
    (said,) = ask(desk, QueryOrder(R2))
    assert said.ref == R2
    assert "/portfolio/orders?limit=1000&subaccount=0" in desk.asked


def test_an_order_of_another_process_is_looked_for_in_the_market_that_the_engine_names(desk: Desk) -> None:
    """An account's orders of three months may be more than are read, and then it never was absent."""
    desk.known["/portfolio/orders"] = listed(order("other-1", order_id="a", ticker=T2))
    desk.wait(60_000)
    assert OrderAbsent in [type(fact) for fact in ask(desk, QueryOrder(R2, VenueMarketId(T2)))]
    assert [path for path in desk.asked if "orders" in path] == [
        f"/portfolio/orders?ticker={T2}&limit=1000&subaccount=0"
    ]


def test_an_order_of_another_process_is_asked_for_by_the_id_that_the_engine_knows_and_never_absent(desk: Desk) -> None:
    question = QueryOrder(R2, VenueMarketId(T2), VenueOrderId("v2"))
    desk.wait(60_000)
    assert OrderAbsent not in [type(fact) for fact in ask(desk, question)]
    desk.known["/portfolio/orders/v2"] = {"order": order(R2, order_id="v2", ticker=T2, status="executed")}
    assert [fact.venue_order_id for fact in ask(desk, question) if isinstance(fact, OrderReported)] == ["v2"]


def test_every_page_is_read_before_an_order_is_absent(desk: Desk) -> None:
    unanswered(desk)
    pages = {"": listed(order("other-1", order_id="a"), cursor="p2"), "p2": listed(order("other-2", order_id="b"))}
    desk.send(QueryOrder(R1))
    desk.reply(desk.question(), desk.fresh())
    for cursor, page in pages.items():
        one = desk.question()
        assert ("cursor" in one.query) == bool(cursor)
        assert desk.taken() == []
        desk.reply(one, page)
    assert [type(fact) for fact in desk.taken()] == [OrderAbsent]


def test_reading_ends_early_when_all_are_found(desk: Desk) -> None:
    unanswered(desk)
    desk.known["/portfolio/orders"] = listed(order(R1), cursor="more")
    assert [type(fact) for fact in ask(desk, QueryOrder(R1))] == [OrderReported]


@pytest.mark.parametrize(
    "answer",
    [
        {"orders": [], "cursor": "round"},  # the same cursor again and again
        {"cursor": ""},  # no list
        {"orders": [{"order_id": "v1"}], "cursor": ""},
    ],
)
def test_a_list_that_goes_round_or_is_none_proves_nothing(desk: Desk, answer: dict[str, Any]) -> None:
    unanswered(desk)
    desk.known["/portfolio/orders"] = answer
    assert ask(desk, QueryOrder(R1)) == []
    assert len(desk.asked) <= 3
    assert desk.venue._asking.conversations_failed == 1


def test_an_empty_list_may_be_null(desk: Desk) -> None:
    unanswered(desk)
    desk.known["/portfolio/orders"] = {"orders": None, "cursor": None}
    assert [type(fact) for fact in ask(desk, QueryOrder(R1))] == [OrderAbsent]


@pytest.mark.parametrize(("status", "tries"), [(429, 1), (500, 2), (503, 2)])
def test_a_question_that_is_refused_ends_in_nothing_and_can_be_asked_again(desk: Desk, status: int, tries: int) -> None:
    unanswered(desk)
    desk.send(QueryOrder(R1))
    for _ in range(tries):
        desk.reply(desk.question(), fault("too_many_requests"), status=status)
    assert (desk.questions(), desk.taken()) == ([], [])
    desk.wait(2_000)
    assert [type(fact) for fact in ask(desk, QueryOrder(R1))] == [OrderAbsent]


def test_a_read_whose_answer_was_lost_is_asked_once_more(desk: Desk) -> None:
    unanswered(desk)
    desk.send(QueryOrder(R1))
    desk.question().wire.peer.closed("reset", desk.now)
    desk.wait(1)
    desk.serve()
    assert [type(fact) for fact in desk.taken()] == [OrderAbsent]


def test_an_answer_that_never_comes_holds_up_no_other_order(desk: Desk) -> None:
    for ref, order_id in ((R1, "v1"), (R2, "v2")):
        desk.send(place(ref))
        desk.reply(desk.question(), created(client_order_id=ref, order_id=order_id), status=201)
    desk.taken()
    desk.send(QueryOrder(R1))
    (silent,) = desk.questions()
    desk.send(QueryOrder(R2))
    (second,) = [one for one in desk.questions() if one.wire is not silent.wire]
    desk.reply(second, {"order": order(R2, order_id="v2")})
    assert [fact.ref for fact in desk.taken()] == [R2]


def test_orders_in_doubt_share_one_conversation(desk: Desk) -> None:
    for n in range(1, 4):
        unanswered(desk, f"abcdef123456-{n}") if n < 3 else None
    desk.send(QueryOrder(R1))
    desk.send(QueryOrder(R2))
    desk.send(QueryOrder(OrderRef("abcdef123456-3")))
    desk.serve()
    asked = [path for path in desk.asked if path.startswith("/portfolio/orders?")]
    assert len(asked) == 3, "the first alone; then those that waited: one list of the market, one of the account"
    assert [type(fact) for fact in desk.taken()] == [OrderAbsent] * 3


# --- the venue ---


def test_a_round_lists_what_rests_what_was_matched_and_the_cash(desk: Desk) -> None:
    desk.send(place())
    desk.reply(desk.question(), created(), status=201)
    desk.taken()
    desk.known["/portfolio/orders"] = listed(
        order(R1, fill_count_fp="4.00", remaining_count_fp="6.00", maker_fill_cost_dollars="1.88"),
        order(FOREIGN, order_id="f1", ticker=T2, book_side="ask", yes_price_dollars="0.6000"),
        order("", order_id="f2", ticker="ELSEWHERE"),
        order("other-9", order_id="f3", status="executed", fill_count_fp="10.00"),
    )
    desk.known["/portfolio/fills"] = matches(bare("t2"), bare("t1"), bare("t9", order_id="f1"))
    first, second, round_, money = ask(desk, QueryVenue(KALSHI))
    assert [(fact.ref, fact.fill.id, fact.evidence) for fact in (first, second)] == [
        (R1, "t1", Evidence.PULL),
        (R1, "t2", Evidence.PULL),
    ], "oldest first, and only ours"
    assert isinstance(round_, VenueReported)
    ours, foreign, elsewhere = round_.orders
    assert (ours.ref, ours.instrument, ours.side, ours.price, ours.size_micros) == (
        R1,
        YES1,
        Side.BACK,
        4_700,
        10_000_000,
    )
    assert ours.report is not None
    assert (ours.report.matched_micros, ours.report.cost_micros) == (4_000_000, 1_880_000)
    assert foreign.report is not None
    assert (foreign.report.ref, foreign.report.matched_micros, foreign.report.closed) == (f"{KALSHI}/f1", 0, False)
    terms = foreign.ref, foreign.venue_order_id, foreign.instrument, foreign.side, foreign.price, foreign.size_micros
    assert terms == (None, "f1", YES2, Side.LAY, 6_000, 10_000_000)
    assert elsewhere.instrument == "kalshi/ELSEWHERE/yes"
    assert money == BalanceReported(KALSHI, Currency("USD"), 98_018_600, BalanceBasis.CASH, round_.asked_ns)
    assert "/portfolio/orders?status=resting&limit=1000&subaccount=0" in desk.asked
    assert "/portfolio/balance?subaccount=0" in desk.asked


@pytest.mark.parametrize("client_order_id", [R2, FOREIGN])
def test_an_order_that_somebody_made_larger_keeps_no_round_from_its_end(desk: Desk, client_order_id: str) -> None:
    """What its initial count is then is not documented: an order of an earlier process may rest for more than that."""
    row = order(client_order_id, initial_count_fp="10.00", fill_count_fp="4.00", remaining_count_fp="8.00")
    desk.known["/portfolio/orders"] = listed(row)
    reports = [fact for fact in ask(desk, QueryVenue(KALSHI)) if isinstance(fact, VenueReported)]
    ((found,),) = [one.orders for one in reports]
    assert found.report is not None
    assert (found.size_micros, found.report.matched_micros) == (12_000_000, 4_000_000)
    assert (found.report.cancelled_micros, found.report.lapsed_micros, found.report.closed) == (0, 0, False)


def test_a_partly_matched_ask_is_told_with_its_matches(desk: Desk) -> None:
    desk.send(place(side=Side.LAY))
    desk.reply(desk.question(), created(), status=201)
    desk.taken()
    desk.known["/portfolio/orders"] = listed(
        order(R1, book_side="ask", fill_count_fp="4.00", remaining_count_fp="6.00")
    )
    desk.known["/portfolio/fills"] = matches(bare("t1", yes_price_dollars="0.5000"))
    (round_,) = [fact for fact in ask(desk, QueryVenue(KALSHI)) if isinstance(fact, VenueReported)]
    (report,) = [one.report for one in round_.orders]
    assert report is not None
    assert report.cost_micros == 2_000_000


def test_a_match_that_the_stream_lost_is_found_by_the_next_round(desk: Desk) -> None:
    desk.send(place())
    desk.reply(desk.question(), created(), status=201)
    desk.taken()
    desk.wait(1_000)
    desk.known["/portfolio/fills"] = matches(bare("t1"))
    assert [fact.fill.id for fact in ask(desk, QueryVenue(KALSHI)) if isinstance(fact, OrderFilled)] == ["t1"]
    assert "/portfolio/fills?min_ts=1781158940&limit=1000&subaccount=0" in desk.asked
    desk.wait(120_000)
    desk.asked.clear()
    ask(desk, QueryVenue(KALSHI))
    assert "/portfolio/fills?min_ts=1781158941&limit=1000&subaccount=0" in desk.asked


def test_a_match_that_a_broken_round_read_is_read_again_by_the_next(desk: Desk) -> None:
    good = desk.known["/portfolio/balance"]
    desk.known["/portfolio/balance"] = good | {"balance_dollars": "much"}
    desk.wait(1_000)
    for _ in range(2):
        desk.asked.clear()
        ask(desk, QueryVenue(KALSHI))
        assert "/portfolio/fills?min_ts=1781158940&limit=1000&subaccount=0" in desk.asked
        desk.wait(120_000)
        desk.known["/portfolio/balance"] = good


def test_a_match_that_names_its_order_says_so_once(desk: Desk) -> None:
    """No answer, no report: without the id no line of the account's statement would be the order's."""
    unanswered(desk)
    desk.known["/portfolio/fills"] = matches(match("t1", R1, fill_id="t1"), match("t2", R1, fill_id="t2"))
    named, first, second, *_ = ask(desk, QueryVenue(KALSHI))
    assert named == OrderAccepted(R1, VenueOrderId("v1"), Evidence.PULL)
    assert (type(first), type(second)) == (OrderFilled, OrderFilled)
    assert not any(isinstance(fact, OrderAccepted) for fact in ask(desk, QueryVenue(KALSHI)))


def test_a_round_that_failed_behind_the_name_has_told_nobody(desk: Desk) -> None:
    unanswered(desk)
    desk.known["/portfolio/fills"] = matches(match("t1", R1, fill_id="t1"))
    balance = desk.known["/portfolio/balance"]
    desk.known["/portfolio/balance"] = {"no": "balance"}
    assert ask(desk, QueryVenue(KALSHI)) == []
    desk.known["/portfolio/balance"] = balance
    assert isinstance(ask(desk, QueryVenue(KALSHI))[0], OrderAccepted)


def test_a_round_waits_until_the_lists_are_as_new_as_the_question(desk: Desk) -> None:
    began_ns = desk.now
    old = {"as_of_time": desk.stamp(desk.clock.wall_ns() // 1_000 - 700_000)}
    desk.known["/exchange/user_data_timestamp"] = old
    assert ask(desk, QueryVenue(KALSHI)) == []
    desk.wait(499)
    assert not desk.questions()
    desk.known["/exchange/user_data_timestamp"] = desk.fresh
    desk.wait(1)
    desk.serve()
    (round_,) = desk.taken(VenueReported)
    assert round_.asked_ns == began_ns


def test_a_round_over_lists_that_stay_old_says_how_old(desk: Desk) -> None:
    desk.known["/exchange/user_data_timestamp"] = lambda: {
        "as_of_time": desk.stamp(desk.clock.wall_ns() // 1_000 - 30_000_000)
    }
    desk.send(QueryVenue(KALSHI))
    for _ in range(11):
        desk.serve()
        desk.wait(500)
    desk.serve()
    (round_,) = desk.taken(VenueReported)
    assert round_.asked_ns < desk.now - 29_000 * MS


def test_orders_are_asked_about_while_a_round_waits(desk: Desk) -> None:
    unanswered(desk)
    desk.wait(500)
    desk.known["/exchange/user_data_timestamp"] = {"as_of_time": desk.stamp(desk.clock.wall_ns() // 1_000 - 700_000)}
    ask(desk, QueryVenue(KALSHI))
    assert [type(fact) for fact in ask(desk, QueryOrder(R1))] == [OrderAbsent]


def test_a_round_that_fails_says_nothing(desk: Desk) -> None:
    del desk.known["/portfolio/balance"]
    assert ask(desk, QueryVenue(KALSHI)) == []


# --- statements ---


def statement(**changes: Any) -> dict[str, Any]:
    base = {
        "ticker": T1,
        "event_ticker": "E",
        "market_result": "yes",
        "yes_count_fp": "0.00",
        "no_count_fp": "0.00",
        "yes_total_cost_dollars": "0.000000",
        "no_total_cost_dollars": "0.000000",
        "revenue": 0,
        "fee_cost": "0.023300",
        "settled_time": "2026-06-12T00:00:00Z",
    }
    return base | changes


@pytest.mark.parametrize(
    ("row", "profit", "results"),
    [
        # held to the end and won: 2 YES for 1.78
        ({"yes_count_fp": "2.00", "yes_total_cost_dollars": "1.780000", "revenue": 200}, 220_000, {YES: Result.WON}),
        # held to the end and lost
        (
            {"yes_count_fp": "1.00", "yes_total_cost_dollars": "0.790000", "market_result": "no"},
            -790_000,
            {YES: Result.LOST},
        ),
        # closed early: a pair pays a dollar when it is complete, and revenue tells nothing of it
        (
            {
                "market_result": "no", "yes_count_fp": "2.00", "yes_total_cost_dollars": "0.012000",
                "no_count_fp": "2.00", "no_total_cost_dollars": "1.600000",
            },
            388_000,
            {YES: Result.LOST},
        ),
        # closed in part: the third YES won
        (
            {
                "yes_count_fp": "3.00", "yes_total_cost_dollars": "1.500000", "revenue": 100,
                "no_count_fp": "2.00", "no_total_cost_dollars": "0.900000",
            },
            600_000,
            {YES: Result.WON},
        ),
        # a fair price: nothing that our words could say of YES
        (
            {
                "market_result": "scalar", "yes_count_fp": "2.00", "yes_total_cost_dollars": "1.000000",
                "revenue": 84, "value": 42,
            },
            -160_000,
            {},
        ),
    ],
)  # fmt: skip
def test_a_statement_is_revenue_and_pairs_less_costs(desk: Desk, row, profit: int, results) -> None:
    desk.known["/portfolio/settlements"] = {"settlements": [statement(**row)], "cursor": ""}
    (said,) = ask(desk, QuerySettlement(KALSHI, VenueMarketId(T1)))
    assert isinstance(said, MarketSettled)
    assert (said.venue_market, said.profit_micros, said.commission_micros, said.results) == (T1, profit, 0, results)
    assert f"/portfolio/settlements?ticker={T1}&limit=1000&subaccount=0" in desk.asked


@pytest.mark.parametrize(
    ("parts", "shards"),
    [
        ([(0, "98.0186")], ()),
        ([(0, "90.0000"), (3, "8.0186")], ((0, 90_000_000), (3, 8_018_600))),
        ([(3, "98.0186")], ((3, 98_018_600),)),
        ([(0, "90.0000"), (3, "9.0000")], ()),
    ],
)
def test_cash_is_told_by_shard_where_it_is_not_all_on_the_first(desk: Desk, parts, shards) -> None:
    desk.known["/portfolio/balance"]["balance_breakdown"] = [
        {"exchange_index": index, "balance": amount} for index, amount in parts
    ]
    *_, money = ask(desk, QueryVenue(KALSHI))
    assert (money.balance_micros, money.shards) == (98_018_600, shards)


def test_a_scalar_result_pays_a_part_of_each_contract(desk: Desk) -> None:
    row = {"market_result": "scalar", "revenue": 84, "value": 42, "yes_count_fp": "2.00"}
    desk.known["/portfolio/settlements"] = {"settlements": [statement(**row)], "cursor": ""}
    (said,) = ask(desk, QuerySettlement(KALSHI, VenueMarketId(T1)))
    assert said.parts == ((YES, 42, 58, 100),)
    assert said.settled_ms == unix_ms(statement()["settled_time"])


def test_a_correction_is_another_statement_and_a_repetition_is_not(desk: Desk) -> None:
    said = []
    for rows in (
        [statement()],
        [statement()],
        [statement(), statement(settled_time="2026-06-13T00:00:00Z", revenue=100)],
    ):
        desk.known["/portfolio/settlements"] = {"settlements": rows, "cursor": ""}
        said += ask(desk, QuerySettlement(KALSHI, VenueMarketId(T1)))
    first, second, third = said
    assert first == second
    assert third.statement != first.statement
    assert third.profit_micros == 1_000_000


def test_there_is_no_statement_before_the_market_is_final(desk: Desk) -> None:
    for status in ("active", "closed", "determined"):
        desk.known[f"/markets/{T1}"] = {"market": market(status=status, result="yes")}
        assert ask(desk, QuerySettlement(KALSHI, VenueMarketId(T1))) == []


def test_a_final_market_without_a_match_of_ours_settles_at_nothing(desk: Desk) -> None:
    desk.known[f"/markets/{T1}"] = {"market": market(status="finalized", result="no")}
    (said,) = ask(desk, QuerySettlement(KALSHI, VenueMarketId(T1)))
    assert (said.profit_micros, said.results) == (0, {YES: Result.LOST})
    desk.known["/portfolio/fills"] = matches(bare("t1"))
    assert ask(desk, QuerySettlement(KALSHI, VenueMarketId(T1))) == [], "the statement is still to come"
