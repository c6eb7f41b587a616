"""Conversations: pages that fit together, one talk at a time, and no conclusion from half an answer."""

from typing import Any

import pytest

from domain.amending import AmendAccepted, AmendOrder
from domain.ids import OrderRef, SelectionId
from domain.looks import OrderLooks
from domain.markets import MarketStatus, Result
from domain.messages import MarketSettled, OrderAbsent, OrderReported, QueryOrder, QuerySettlement, QueryVenue
from domain.orders import Evidence, Side, TimeInForce
from tests.venues.betfair.desk import BETFAIR, MARKET, MS, R1, A, Desk, mcm, place, place_report, report
from tests.venues.betfair.test_protocol import current


@pytest.fixture
def desk() -> Desk:
    desk = Desk().subscribed()
    desk.taken()
    return desk


def ask(desk: Desk, *refs: str) -> None:
    for ref in refs:
        desk.venue.send(QueryOrder(OrderRef(ref)), desk.now)


def page(*rows: dict[str, Any], more: bool = False) -> dict[str, Any]:
    return {"currentOrders": list(rows), "clearedOrders": list(rows), "moreAvailable": more}


def answer(desk: Desk, result: Any) -> dict[str, Any]:
    """Answer the one open question; its parameters with its method."""
    wire, method, params = desk.question()
    desk.reply(wire, result)
    return params | {"method": method}


def cleared(ref: str, **changes: Any) -> dict[str, Any]:
    base = {"betId": "b1", "marketId": MARKET, "customerOrderRef": ref, "settledDate": "2026-01-01T10:00:00.000Z"}
    return base | {"priceRequested": 2.5, "betOutcome": "WON"} | changes


# --- one order ---


def test_absence_needs_five_empty_answers_and_is_as_old_as_the_first_question(desk: Desk) -> None:
    ask(desk, "r1")
    asked_ns, seen = desk.now, []
    for _ in range(5):
        assert desk.taken() == []
        desk.clock.advance_to(desk.now + 100 * MS)
        seen.append(answer(desk, page()))
    assert [params.get("betStatus", params["method"]) for params in seen] == [
        *("listCurrentOrders", "SETTLED", "VOIDED", "LAPSED", "CANCELLED")
    ]
    assert desk.taken() == [OrderAbsent(R1, asked_ns)]


@pytest.mark.parametrize("failing", range(5))
def test_a_conversation_that_breaks_off_says_nothing(desk: Desk, failing: int) -> None:
    ask(desk, "r1")
    for _ in range(failing):
        answer(desk, page())
    wire, _, _ = desk.question()
    desk.fault(wire, "TOO_MANY_REQUESTS")
    assert desk.taken() == []
    assert not any(wire.written for wire in desk.hot)


def test_a_cleared_bet_is_put_together_from_its_rows(desk: Desk) -> None:
    ask(desk, "r1")
    answer(desk, page())
    answer(desk, page(cleared("r1", sizeSettled=6.0, priceMatched=2.6)))
    answer(desk, page(cleared("r1", sizeSettled=1.0)))
    answer(desk, page(cleared("r1", sizeCancelled=2.0)))
    answer(desk, page(cleared("r1", sizeCancelled=1.0)))
    (report,) = desk.taken()
    assert isinstance(report, OrderReported)
    assert (report.matched_micros, report.claims_micros, report.voided_micros) == (6_000_000, 15_600_000, 1_000_000)
    assert (report.lapsed_micros, report.cancelled_micros) == (2_000_000, 1_000_000)
    assert (report.closed, report.evidence) == (True, Evidence.STATEMENT)


def test_a_bet_whose_figures_make_no_sense_keeps_no_other_in_doubt(desk: Desk) -> None:
    ask(desk, "r0", "r1", "r2", "r3")
    answer(desk, page(current("r0", betId="b0")))
    desk.taken()
    senseless = current("r1", sizeMatched=1e13), current("r2", betId="b2")
    answer(desk, page(*senseless))
    answer(desk, page(cleared("r3", betId="b3", sizeSettled=1.0, priceMatched=1e300)))
    for _ in range(3):
        answer(desk, page())
    assert [fact.ref for fact in desk.taken() if isinstance(fact, OrderReported | OrderAbsent)] == ["r2"]


def test_a_bet_that_nobody_asked_about_is_no_answer_about_a_stranger_s(desk: Desk) -> None:
    ask(desk, f"{BETFAIR}/7")
    desk.taken()
    for row in (current("x", betId="8"), *(cleared("x", betId="8") for _ in range(4))):
        answer(desk, page(row))
    assert [fact.ref for fact in desk.taken() if isinstance(fact, OrderReported | OrderAbsent)] == [f"{BETFAIR}/7"]


@pytest.mark.parametrize("by_looks", [False, True])
def test_a_bet_of_which_only_the_killed_rest_shows_is_not_over(desk: Desk, *, by_looks: bool) -> None:
    """It came behind the read of current bets, was matched in part and killed: its match was said to be none."""
    looks = OrderLooks(SelectionId("11"), Side.BACK, 250, 10_000_000) if by_looks else None
    if not by_looks:
        desk.venue.send(place(tif=TimeInForce.IMMEDIATE), desk.now)
        lose(desk)
    desk.taken()
    for _ in range(2):
        desk.venue.send(QueryOrder(R1, MARKET, looks=looks), desk.now)
        for _ in range(4):
            answer(desk, page())
        answer(desk, page(cleared("r1", orderType="LIMIT", sizeCancelled=6.0)))
        assert [fact for fact in desk.taken() if isinstance(fact, OrderReported | OrderAbsent)] == []
    ask(desk, "r1")
    answer(desk, page(current("r1", status="EXECUTION_COMPLETE", sizeMatched=4.0, sizeCancelled=6.0)))
    assert [fact.matched_micros for fact in desk.taken() if isinstance(fact, OrderReported)] == [4_000_000]


def test_orders_that_wait_together_are_asked_for_together(desk: Desk) -> None:
    ask(desk, "r1")
    ask(desk, "r2", "r3", "r2")
    assert answer(desk, page(current("r1")))["customerOrderRefs"] == ["r1"]
    asked = answer(desk, page(current("r3", betId="b3"), current("r9", betId="b9")))
    assert asked["customerOrderRefs"] == ["r2", "r3"]
    assert answer(desk, page())["customerOrderRefs"] == ["r2"]
    for _ in range(3):
        answer(desk, page())
    assert [(type(fact), fact.ref) for fact in desk.taken()] == [
        (OrderReported, "r1"),
        (OrderReported, "r3"),
        (OrderAbsent, "r2"),
    ]


def lose(desk: Desk) -> None:
    """Answer the one open question with a page of whatever stands in front of the venue."""
    wire, _, _ = desk.question()
    desk.answer_on(wire, b"<html>", status=503)


def test_each_read_of_a_conversation_whose_answer_was_lost_is_asked_once_more(desk: Desk) -> None:
    ask(desk, "r1")
    for _ in range(5):
        lose(desk)
        answer(desk, page())
    assert [type(fact) for fact in desk.taken() if isinstance(fact, OrderAbsent)] == [OrderAbsent]


def test_a_read_that_was_lost_twice_waits_until_somebody_wants_it_again(desk: Desk) -> None:
    ask(desk, "r1")
    lose(desk)
    lose(desk)
    assert not any(wire.written for wire in desk.hot)
    ask(desk, "r1")
    assert answer(desk, page(current("r1")))["customerOrderRefs"] == ["r1"]


def test_an_answer_after_its_deadline_cannot_disturb_the_next_conversation(desk: Desk) -> None:
    ask(desk, "r1")
    late, _, _ = desk.question()
    desk.network.asked.clear()
    desk.wait(10_000)
    lose(desk)
    ask(desk, "r2")
    desk.reply(late, page(current("r1")))
    assert [fact for fact in desk.taken() if isinstance(fact, OrderReported | OrderAbsent)] == []
    assert answer(desk, page(current("r2", betId="b2")))["customerOrderRefs"] == ["r2"]
    assert [fact.ref for fact in desk.taken() if isinstance(fact, OrderReported)] == ["r2"]


def test_an_order_without_an_answer_holds_up_neither_rounds_nor_statements(desk: Desk) -> None:
    ask(desk, "r1")
    assert desk.question()[1] == "listCurrentOrders", "and nobody answers it"
    desk.venue.send(QueryVenue(BETFAIR), desk.now)
    desk.venue.send(QuerySettlement(BETFAIR, MARKET), desk.now)
    methods = [answer(desk, page())["method"], answer(desk, {"availableToBetBalance": 1})["method"]]
    methods.append(answer(desk, [])["method"])
    assert methods == ["listCurrentOrders", "getAccountFunds", "listMarketBook"]


def test_rounds_that_come_again_and_again_let_the_statement_have_its_turn(desk: Desk) -> None:
    desk.venue.send(QueryVenue(BETFAIR), desk.now)
    desk.venue.send(QuerySettlement(BETFAIR, MARKET), desk.now)
    desk.venue.send(QueryVenue(BETFAIR), desk.now)
    methods = [answer(desk, page())["method"], answer(desk, {"availableToBetBalance": 1})["method"]]
    assert [*methods, answer(desk, [])["method"]] == ["listCurrentOrders", "getAccountFunds", "listMarketBook"]


# --- pages ---


def test_pages_overlap_by_one_row_and_are_put_together(desk: Desk) -> None:
    desk.venue.send(QueryVenue(BETFAIR), desk.now)
    rows = [current(f"r{n}", betId=f"b{n}") for n in range(4)]
    assert answer(desk, page(*rows[:2], more=True))["fromRecord"] == 0
    assert answer(desk, page(*rows[1:3], more=True))["fromRecord"] == 1
    assert answer(desk, page(*rows[2:]))["fromRecord"] == 2
    answer(desk, {"availableToBetBalance": 1})
    round_ = desk.taken()[0]
    assert [order.venue_order_id for order in round_.orders] == ["b0", "b1", "b2", "b3"]


def test_a_list_that_shifts_between_pages_is_read_again(desk: Desk) -> None:
    desk.venue.send(QueryVenue(BETFAIR), desk.now)
    rows = [current(f"r{n}", betId=f"b{n}") for n in range(4)]
    answer(desk, page(*rows[:2], more=True))
    answer(desk, page(*rows[2:]))
    assert answer(desk, page(*rows[1:]))["fromRecord"] == 0
    answer(desk, {"availableToBetBalance": 1})
    assert [order.venue_order_id for order in desk.taken()[0].orders] == ["b1", "b2", "b3"]


@pytest.mark.parametrize("second", [page(more=True), page(current("r7", betId="b7"), more=True)])
def test_a_list_that_never_holds_still_is_not_used(desk: Desk, second: dict[str, Any]) -> None:
    desk.venue.send(QueryVenue(BETFAIR), desk.now)
    for _ in range(3):
        answer(desk, page(current("r1"), more=True))
        answer(desk, second)
    assert desk.taken() == []
    assert not any(wire.written for wire in desk.hot)


def test_a_page_that_promises_more_and_brings_nothing_ends(desk: Desk) -> None:
    desk.venue.send(QueryVenue(BETFAIR), desk.now)
    for _ in range(3):
        answer(desk, page(more=True))
    assert desk.taken() == []
    assert not any(wire.written for wire in desk.hot)


def test_a_size_that_a_broken_round_learned_is_told_by_the_next(desk: Desk) -> None:
    desk.venue.send(place(), desk.now)
    answer(desk, report(place_report()))
    amend = AmendOrder(R1, "a1", 260, 10_000_000, OrderRef("r1.1"), A, Side.BACK, 250, 10_000_000, 10_000_000)
    desk.venue.send(amend, desk.now)
    lose(desk)
    desk.taken()
    old = current("r1", status="EXECUTION_COMPLETE", sizeMatched=4.0, sizeCancelled=6.0, sizeRemaining=0.0)
    new = current("r1", betId="b2", priceSize={"price": 2.6, "size": 6.0}, sizeRemaining=6.0)
    for funds in ({"availableToBetBalance": 1e300}, {"availableToBetBalance": 1}):
        assert [fact for fact in desk.taken() if isinstance(fact, AmendAccepted)] == []
        desk.venue.send(QueryVenue(BETFAIR), desk.now)
        answer(desk, page(old, new))
        answer(desk, funds)
    assert [(one.ref, one.size_micros) for one in desk.taken() if isinstance(one, AmendAccepted)] == [
        ("r1.1", 6_000_000)
    ]


# --- markets ---


def test_a_market_that_an_image_does_not_hold_is_asked_for() -> None:
    desk = Desk().subscribed(image={"id": "1.9", "img": True})
    desk.taken()
    runners = [{"selectionId": 11, "status": "LOSER"}, {"selectionId": 22, "status": "WINNER"}]
    book = {"marketId": MARKET, "status": "CLOSED", "inplay": True, "betDelay": 5, "version": 9, "runners": runners}
    asked = answer(desk, [book])
    assert (asked["method"], asked["marketIds"]) == ("listMarketBook", [MARKET])
    (changed,) = desk.taken()
    assert (changed.status, changed.in_play, changed.version) == (MarketStatus.CLOSED, True, 9)
    assert changed.results == {"11": Result.LOST, "22": Result.WON}
    desk.say(desk.market, mcm(2, {"id": "1.9"}, ct="SUB_IMAGE", initialClk="i", clk="c"))
    assert not any(wire.written for wire in desk.hot), "a market seen closed is not asked for again"


def test_a_market_that_no_image_holds_is_asked_for_again_with_each_round_until_it_is_seen_closed() -> None:
    desk = Desk().subscribed(image={"id": "1.9", "img": True})
    desk.taken()
    wire, method, _ = desk.question()
    desk.fault(wire, "TIMEOUT_ERROR")
    assert desk.taken() == [], "the question was asked, and not answered"
    for status in ("SUSPENDED", "CLOSED"):
        desk.venue.send(QueryVenue(BETFAIR), desk.now)
        answer(desk, page())
        answer(desk, {"availableToBetBalance": 1.0})
        asked = answer(desk, [{"marketId": MARKET, "status": status}])
        assert (method, asked["method"]) == ("listMarketBook", "listMarketBook")
        assert desk.taken()[-1].status == MarketStatus(status.lower())
    desk.venue.send(QueryVenue(BETFAIR), desk.now)
    answer(desk, page())
    answer(desk, {"availableToBetBalance": 1.0})
    assert not any(wire.written for wire in desk.hot)


def test_a_market_that_is_open_all_the_same_is_left_to_the_stream() -> None:
    desk = Desk().subscribed(image={"id": "1.9", "img": True})
    desk.taken()
    answer(desk, [{"marketId": MARKET, "status": "OPEN"}])
    assert desk.taken() == []


# --- settlement ---


def settle(desk: Desk, status: str = "CLOSED") -> None:
    desk.venue.send(QuerySettlement(BETFAIR, MARKET), desk.now)
    assert judged(desk, status)["marketIds"] == [MARKET]


def judged(desk: Desk, status: str = "CLOSED", *, winner: int = 11) -> dict[str, Any]:
    """Answer how the market ended."""
    words = {number: "WINNER" if number == winner else "LOSER" for number in (11, 22)}
    runners = [{"selectionId": number, "handicap": 0.0, "status": word} for number, word in words.items()]
    return answer(desk, [{"marketId": MARKET, "status": status, "runners": runners}])


def test_a_statement_sums_our_bets_and_names_the_markets_commission(desk: Desk) -> None:
    settle(desk)
    assert answer(desk, page())["marketIds"] == [MARKET]
    bets = answer(desk, page(cleared("r1", profit=15.0), cleared("r2", betId="b2", profit=-5.0)))
    assert (bets["customerStrategyRefs"], bets["betStatus"]) == (["crossbook"], "SETTLED")
    assert answer(desk, page())["betStatus"] == "VOIDED"
    assert answer(desk, page(cleared("", betId="", commission=0.5, profit=10.0)))["groupBy"] == "MARKET"
    (settled,) = desk.taken()
    assert settled == MarketSettled(
        venue=BETFAIR,
        venue_market=MARKET,
        statement=f"{MARKET}/2026-01-01T10:00:00.000Z/10000000/500000",
        profit_micros=10_000_000,
        commission_micros=500_000,
        results={SelectionId("11"): Result.WON, SelectionId("22"): Result.LOST},
        settled_ms=1_767_261_600_000,
    )


def test_the_same_statement_has_the_same_name_and_a_resettlement_another(desk: Desk) -> None:
    names = []
    for profit, date in ((15.0, "2026-01-01"), (15.0, "2026-01-01"), (-10.0, "2026-01-02"), (15.0, "2026-01-03")):
        settle(desk)
        answer(desk, page())
        answer(desk, page(cleared("r1", profit=profit, settledDate=date)))
        answer(desk, page())
        answer(desk, page())
        names.append(desk.taken()[0].statement)
    assert names[0] == names[1]
    assert len(set(names)) == 3


def test_a_statement_says_what_is_left_of_bets_that_were_annulled(desk: Desk) -> None:
    settle(desk)
    answer(desk, page())
    left = cleared("r1", sizeSettled=4.0, priceMatched=2.5, profit=6.0)
    answer(desk, page(left, cleared("r2", betId="b2", sizeSettled=5.0, priceMatched=2.0, profit=-5.0)))
    answer(desk, page(cleared("r1", sizeSettled=6.0), cleared("r3", betId="b3", sizeSettled=1.0)))
    answer(desk, page())
    (settled,) = desk.taken()
    told = [(one.ref, one.matched_micros, one.claims_micros, one.voided_micros) for one in settled.annulled]
    assert told == [("r1", 4_000_000, 10_000_000, 6_000_000), ("r3", 0, 0, 1_000_000)]


def test_a_statement_says_what_a_non_runner_made_of_a_bet_and_a_dead_heat_of_the_winners(desk: Desk) -> None:
    desk.venue.send(QuerySettlement(BETFAIR, MARKET), desk.now)
    runners = [{"selectionId": number, "status": "WINNER"} for number in (11, 22)]
    answer(desk, [{"marketId": MARKET, "status": "CLOSED", "runners": runners, "numberOfWinners": 1}])
    answer(desk, page())
    reduced = {"sizeSettled": 10.0, "priceMatched": 4.5, "priceReduced": True, "profit": 12.5}
    answer(desk, page(cleared("r1", **reduced), cleared("r2", betId="b2", sizeSettled=1.0, priceMatched=4.0)))
    answer(desk, page())
    answer(desk, page())
    (settled,) = desk.taken()
    assert [(one.ref, one.matched_micros, one.claims_micros) for one in settled.annulled] == [
        ("r1", 10_000_000, 45_000_000)
    ]
    assert settled.parts == ((SelectionId("11"), 1, 1, 2), (SelectionId("22"), 1, 1, 2))


@pytest.mark.parametrize(
    ("side", "paid", "parts"),
    [
        ("BACK", 12.5, ((SelectionId("11"), 1, 1, 2),)),
        ("LAY", -12.5, ((SelectionId("11"), 1, 1, 2),)),
        ("BACK", 20.0, ((SelectionId("11"), 2, 1, 3),)),
        ("BACK", 35.0, ()),
        ("BACK", 3.0, ()),
    ],
)
def test_of_a_dead_heat_for_several_places_our_bets_tell_how_many_tied(
    desk: Desk, side: str, paid: float, parts: Any
) -> None:
    """Three share two places: 10 at 4.50 win 35 outright, 12.50 if two tied for the second, 20 if all three did."""
    desk.venue.send(QuerySettlement(BETFAIR, MARKET), desk.now)
    runners = [{"selectionId": number, "status": "WINNER"} for number in (11, 22, 33)]
    answer(desk, [{"marketId": MARKET, "status": "CLOSED", "runners": runners, "numberOfWinners": 2}])
    answer(desk, page())
    bet = {"selectionId": 11, "side": side, "sizeSettled": 10.0, "priceMatched": 4.5, "profit": paid}
    answer(desk, page(cleared("r1", **bet)))
    answer(desk, page())
    answer(desk, page())
    (settled,) = desk.taken()
    assert settled.parts == parts
    assert settled.profit_micros == round(paid * 1_000_000)


@pytest.mark.parametrize(
    ("side", "outcome", "winner", "told"),
    [
        ("BACK", "WON", 11, True),
        ("BACK", "WON", 22, False),
        ("BACK", "LOSE", 22, True),
        ("LAY", "WIN", 22, True),
        ("LAY", "WON", 11, False),
        ("LAY", "LOST", 11, True),
        ("LAY", "PLACE", 11, True),
    ],
)
def test_bets_that_ended_otherwise_than_the_market_say_nothing(
    desk: Desk, side: str, outcome: str, winner: int, told: bool
) -> None:
    desk.venue.send(QuerySettlement(BETFAIR, MARKET), desk.now)
    judged(desk, winner=winner)
    answer(desk, page())
    answer(desk, page(cleared("r1", selectionId=11, side=side, betOutcome=outcome, profit=1.0)))
    answer(desk, page())
    answer(desk, page())
    assert bool(desk.taken()) is told


def test_a_market_without_bets_of_ours_settles_at_nothing(desk: Desk) -> None:
    settle(desk)
    answer(desk, page())
    answer(desk, page())
    answer(desk, page())
    answer(desk, page(cleared("", betId="", commission=3.0, profit=60.0)))
    (settled,) = desk.taken()
    assert (settled.profit_micros, settled.commission_micros) == (0, 0)


def test_a_market_that_is_not_closed_has_no_statement(desk: Desk) -> None:
    settle(desk, "SUSPENDED")
    assert desk.taken() == []
    assert not any(wire.written for wire in desk.hot)


def test_a_market_settled_in_part_has_no_statement_yet(desk: Desk) -> None:
    settle(desk)
    answer(desk, page(current("r1", status="EXECUTION_COMPLETE")))
    assert desk.taken() == []
    assert not any(wire.written for wire in desk.hot)
