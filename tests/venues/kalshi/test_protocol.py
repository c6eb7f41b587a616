"""Commands and answers in every order: what the engine is told when replies, streams and failures race."""

from typing import Any

import pytest

from domain.calendar import MaintenancePlanned
from domain.ids import InstrumentId, OrderRef, VenueOrderId
from domain.markets import MarketStatus
from domain.messages import (
    BooksDoubted,
    CancelAccepted,
    CancelRefused,
    CancelUnanswered,
    Channel,
    ChannelChanged,
    InstrumentsListed,
    MarketChanged,
    OrderAbsent,
    OrderAccepted,
    OrderFilled,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
    QueryOrder,
    RejectReason,
)
from domain.orders import Evidence, Side, TimeInForce
from domain.terms import BalanceBasis
from tests.venues.kalshi.desk import (
    DECI,
    EVENT,
    KALSHI,
    R1,
    SERIES,
    T1,
    YES1,
    YES2,
    Desk,
    cancel,
    created,
    event,
    fault,
    lifecycle,
    market,
    match,
    order,
    place,
    series,
    settings,
)
from venues.kalshi.orders import Orders
from venues.kalshi.rules import SELF_TRADE_PREVENTION


@pytest.fixture
def desk() -> Desk:
    desk = Desk().up()
    desk.taken()
    return desk


def accepted(desk: Desk, **said: Any) -> Desk:
    desk.send(place())
    desk.reply(desk.question(), created(**said), status=201)
    desk.taken()
    return desk


def user_order(**changes: Any) -> dict[str, Any]:
    return {"type": "user_order", "sid": 2, "msg": order(**changes)}


def user_fill(**changes: Any) -> dict[str, Any]:
    return {"type": "fill", "sid": 1, "msg": match(**changes)}


def only(desk: Desk) -> Any:
    (fact,) = desk.taken()
    return fact


def refusal(fact: Any) -> RejectReason:
    assert isinstance(fact, OrderRejected)
    assert fact.evidence is Evidence.INFERRED
    return fact.reason


# --- coming up ---


def test_capabilities_are_the_venues_promises() -> None:
    said = Desk().venue.capabilities
    assert (said.visible_after_ms, said.absences_min, said.balance_basis) == (5_000, 2, BalanceBasis.CASH)
    assert (said.immediate, said.polled, said.stale_after_ms, said.currency) == (True, False, 3_000, "USD")


def test_all_three_lines_come_up_and_terms_come_before_books() -> None:
    desk = Desk().up()
    facts = desk.taken()
    ups = [fact.channel for fact in facts if isinstance(fact, ChannelChanged) and fact.up]
    assert sorted(ups) == sorted(Channel)
    kinds = [type(fact).__name__ for fact in facts]
    assert kinds.index("InstrumentsListed") < kinds.index("MarketChanged") < kinds.index("BooksChanged")


def test_requests_are_not_up_before_the_account_was_read() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    desk.hot.append(desk.network.accept(desk.now, "rest"))
    assert desk.taken(ChannelChanged) == []
    desk.serve()
    assert [(fact.channel, fact.up) for fact in desk.taken(ChannelChanged)] == [(Channel.REQUESTS, True)]


@pytest.mark.parametrize("code", ["authentication_error", "header_timestamp_expired"])
def test_a_signature_that_is_not_taken_brings_requests_down_until_it_is(desk: Desk, code: str) -> None:
    desk.send(place())
    desk.reply(desk.question(), fault(code, details="NOT_FOUND"), status=401)
    down, rejected = desk.taken(ChannelChanged, OrderRejected)
    assert (down.channel, down.up) == (Channel.REQUESTS, False)
    assert code in down.reason
    assert rejected.reason is RejectReason.NOT_AUTHORISED
    desk.wait(4_000)
    assert desk.questions() == []
    desk.wait(1_001)
    desk.serve()
    assert [fact.up for fact in desk.taken(ChannelChanged) if fact.channel is Channel.REQUESTS] == [True]


def test_a_venue_that_cannot_be_reached_is_told_and_tried_again() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    for _ in range(desk.settings.connections):
        desk.network.refuse(desk.now, "rest")
    told = [fact for fact in desk.taken(ChannelChanged) if fact.channel is Channel.REQUESTS]
    assert [(fact.up, fact.reason) for fact in told] == [(False, "refused")]
    for _ in range(20):
        desk.wait(1_000)
        while any(endpoint.host == "rest" for endpoint, _ in desk.network.asked):
            desk.hot.append(desk.network.accept(desk.now, "rest"))
        desk.serve()
    assert [fact.up for fact in desk.taken(ChannelChanged) if fact.channel is Channel.REQUESTS][-1:] == [True]


def test_terms_and_limits_are_read_again_on_schedule(desk: Desk) -> None:
    desk.known["/markets"] = {"markets": [market(price_ranges=DECI)]}
    desk.known["/account/limits"] = {
        "read": {"refill_rate": 200, "bucket_capacity": 200},
        "write": {"refill_rate": 300, "bucket_capacity": 900},
    }
    for _ in range(305):
        desk.wait(1_000)
        desk.serve()
    (listed,) = desk.taken(InstrumentsListed)
    assert listed.instruments[0].terms.bands == ((10, 9_990, 10),)
    assert desk.venue._budgets.creates(desk.now) == (900 - 225) // 10


def test_events_may_have_fees_of_their_own_and_fee_news_are_read() -> None:
    desk = Desk()
    desk.known["/events"] = {"events": [event(fee_type_override="quadratic", fee_multiplier_override=0.5)]}
    desk.up()
    fees = {one.terms.fee for fact in desk.taken(InstrumentsListed) for one in fact.instruments}
    assert [(fee.maker_ppm, fee.multiplier_ppm) for fee in fees] == [(0, 500_000)]
    desk.known["/events"] = {"events": [event()]}
    said = {"event_ticker": EVENT, "fee_type_override": None, "fee_multiplier_override": None}
    desk.markets.say({"type": "event_fee_update", "sid": 1, "msg": said | {"event_ticker": "OTHER"}})
    desk.wait(0)
    assert desk.questions() == []
    desk.markets.say({"type": "event_fee_update", "sid": 1, "msg": said})
    desk.wait(0)
    desk.serve()
    fees = {one.terms.fee for fact in desk.taken(InstrumentsListed) for one in fact.instruments}
    assert [(fee.maker_ppm, fee.multiplier_ppm) for fee in fees] == [(17_500, 1_000_000)]


def test_a_series_that_is_not_there_leaves_its_markets_untraded() -> None:
    desk = Desk()
    del desk.known[f"/series/{SERIES}"]
    desk.venue.start(desk.now)
    desk.hot.append(desk.network.accept(desk.now, "rest"))
    desk.serve()
    assert desk.taken(InstrumentsListed) == []
    desk.send(place())
    assert refusal(desk.taken(OrderRejected)[0]) is RejectReason.NOT_SENT


def test_a_description_that_fails_is_asked_for_again() -> None:
    desk = Desk()
    desk.known[f"/series/{SERIES}"] = b"<html>"
    desk.venue.start(desk.now)
    desk.hot.append(desk.network.accept(desk.now, "rest"))
    desk.serve()
    assert desk.taken(InstrumentsListed) == []
    desk.known[f"/series/{SERIES}"] = series()
    desk.wait(5_001)
    desk.serve()
    assert len(desk.taken(InstrumentsListed)) == 2


# --- placing ---


def test_an_order_is_one_signed_request_in_the_venues_words(desk: Desk) -> None:
    desk.send(place(side=Side.LAY, price=5_200, size_micros=1_250_000, tif=TimeInForce.IMMEDIATE))
    one = desk.question()
    assert (one.method, one.target, one.query) == ("POST", "/portfolio/events/orders", "")
    assert one.body == {
        "ticker": T1,
        "client_order_id": R1,
        "side": "ask",
        "count": "1.25",
        "price": "0.5200",
        "time_in_force": "immediate_or_cancel",
        "self_trade_prevention_type": SELF_TRADE_PREVENTION,  # as its capabilities tell
        "subaccount": 0,
        "exchange_index": 3,
    }
    assert {"KALSHI-ACCESS-KEY", "KALSHI-ACCESS-TIMESTAMP", "KALSHI-ACCESS-SIGNATURE"} <= one.headers.keys()


def test_a_resting_order_is_plain_and_goes_when_trading_pauses(desk: Desk) -> None:
    desk.send(place())
    body = desk.question().body
    assert (body["side"], body["time_in_force"], body["cancel_order_on_pause"]) == ("bid", "good_till_canceled", True)
    assert "post_only" not in body


def test_a_market_of_unknown_shard_is_routed_by_its_ticker() -> None:
    desk = Desk()
    desk.known["/markets"] = {"markets": [market(exchange_index=None)]}
    desk.up()
    desk.send(place())
    assert "exchange_index" not in desk.question().body


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"instrument": InstrumentId("kalshi/OTHER/yes")}, RejectReason.NOT_SENT),
        ({"ref": "dots.are.refused"}, RejectReason.NOT_SENT),
        ({"size_micros": 0}, RejectReason.INVALID_SIZE),
        ({"size_micros": 15_000}, RejectReason.INVALID_SIZE),
        ({"price": 4_750}, RejectReason.INVALID_PRICE),
        ({"price": 0}, RejectReason.INVALID_PRICE),
        ({"price": 10_000}, RejectReason.INVALID_PRICE),
    ],
)
def test_what_the_venue_would_refuse_is_refused_here(desk: Desk, changes: dict[str, Any], reason: RejectReason) -> None:
    desk.send(place(**changes))
    assert refusal(only(desk)) is reason
    assert desk.questions() == []


def test_without_a_free_line_nothing_is_sent(desk: Desk) -> None:
    for n in range(3):
        desk.send(place(f"abcdef123456-{n}"))
    assert desk.venue.tokens(desk.now) == 0
    assert refusal(only(desk)) is RejectReason.NOT_SENT
    assert len(desk.questions()) == 2, "one line is kept for cancels"


def test_the_write_budget_leaves_a_share_for_cancels() -> None:
    desk = Desk(connections=30).up()
    desk.taken()
    sent = 0
    while desk.venue.tokens(desk.now):
        sent += 1
        desk.send(place(f"abcdef123456-{sent}"))
    assert sent == 7
    desk.send(place())
    assert refusal(only(desk)) is RejectReason.RATE_LIMIT
    desk.wait(100)
    assert desk.venue.tokens(desk.now) == 1


def test_cancels_go_beyond_the_share_and_then_wait_their_turn() -> None:
    desk = Desk(connections=70).up()
    for n in range(60):
        desk.orders.say(user_order(ref=f"abcdef123456-{n}", order_id=f"v{n}"))
    desk.taken()
    for n in range(60):
        desk.send(cancel(f"abcdef123456-{n}"))
    assert len(desk.questions()) == 50
    desk.wait(200)
    assert len(desk.questions()) == 10


def test_a_refusal_for_too_many_requests_empties_the_budget(desk: Desk) -> None:
    desk.send(place())
    desk.reply(desk.question(), {"error": "too many requests"}, status=429)
    assert only(desk).reason is RejectReason.RATE_LIMIT
    assert desk.venue.tokens(desk.now) == 0


def test_a_paused_market_is_left_alone_and_looked_at_again(desk: Desk) -> None:
    desk.send(place())
    desk.reply(desk.question(), fault("trading_is_paused"), status=409)
    changed, rejected = desk.taken()
    assert rejected.reason is RejectReason.MARKET_SUSPENDED
    assert (changed.venue_market, changed.status) == (T1, MarketStatus.SUSPENDED)
    desk.wait(0)
    desk.serve()
    assert desk.taken(MarketChanged) == []
    desk.wait(30_001)
    assert [fact.status for fact in desk.taken(MarketChanged)] == [MarketStatus.OPEN]


def test_the_exchanges_own_state_suspends_markets(desk: Desk) -> None:
    desk.known["/exchange/status"] = {"exchange_active": True, "trading_active": False}
    desk.wait(15_001)
    desk.serve()
    assert [fact.status for fact in desk.taken(MarketChanged)] == [MarketStatus.SUSPENDED] * 2


# --- races ---


def test_the_stream_may_know_before_the_answer(desk: Desk) -> None:
    desk.send(place())
    one = desk.question()
    desk.orders.say(user_fill(), user_order(fill_count_fp="4.00", remaining_count_fp="6.00"))
    named, fill, report = desk.taken()
    assert named == OrderAccepted(R1, VenueOrderId("v1"), Evidence.PUSH), "or no line of a statement would be its own"
    assert isinstance(fill, OrderFilled)
    assert isinstance(report, OrderReported)
    desk.reply(one, created(fill_count="4.00", remaining_count="6.00", average_fill_price="0.4700"), status=201)
    assert [type(fact) for fact in desk.taken()] == [OrderAccepted, OrderReported]


def test_a_match_without_our_id_is_known_by_the_venues(desk: Desk) -> None:
    accepted(desk).orders.say(user_fill(ref=None))
    assert only(desk).ref == R1


def test_an_order_of_another_process_with_our_kind_of_ref_is_told(desk: Desk) -> None:
    desk.orders.say(user_order(ref="0123456789ab-77", order_id="v77"))
    assert only(desk).ref == "0123456789ab-77"


def test_a_second_order_under_one_ref_is_left_to_reconciliation(desk: Desk) -> None:
    accepted(desk).orders.say(user_order(order_id="v2"))
    assert desk.taken() == []


def test_an_answer_after_its_deadline_still_counts(desk: Desk) -> None:
    desk.send(place())
    one = desk.question()
    desk.wait(5_001)
    assert isinstance(desk.taken(OrderUnanswered)[0], OrderUnanswered)
    desk.reply(one, created(), status=201)
    assert desk.taken(OrderAccepted) == [OrderAccepted(R1, VenueOrderId("v1"), Evidence.PULL)]


def test_a_lost_answer_is_unknown_and_never_sent_again(desk: Desk) -> None:
    desk.send(place())
    one = desk.question()
    one.wire.peer.closed("reset", desk.now)
    assert desk.taken(OrderUnanswered, OrderRejected) == [OrderUnanswered(R1, "reset")]
    desk.wait(2_000)
    while desk.network.asked and any(endpoint.host == "rest" for endpoint, _ in desk.network.asked):
        desk.hot.append(desk.network.accept(desk.now, "rest"))
    assert not [one for one in desk.questions() if one.method == "POST"]


@pytest.mark.parametrize("body", [b"<html>busy</html>", b"{}", b'{"order_id":"v1"}'])
def test_a_success_that_cannot_be_read_is_unknown(desk: Desk, body: bytes) -> None:
    desk.send(place())
    desk.reply(desk.question(), body, status=200)
    assert isinstance(only(desk), OrderUnanswered)


def test_an_id_that_was_used_is_looked_for_at_once(desk: Desk) -> None:
    desk.send(place())
    desk.known["/portfolio/orders"] = {"orders": [order(status="executed", fill_count_fp="10.00")], "cursor": ""}
    desk.reply(desk.question(), fault("order_already_exists"), status=409)
    desk.serve()
    first, second = desk.taken()
    assert first == OrderAccepted(R1, None, Evidence.INFERRED)
    assert (second.matched_micros, second.closed) == (10_000_000, True)


# --- cancelling ---


def test_a_cancel_names_market_shard_and_subaccount() -> None:
    desk = Desk(subaccount=7).up()
    desk.taken()
    accepted(desk).send(cancel())
    one = desk.question()
    assert (one.method, one.target) == ("DELETE", "/portfolio/events/orders/v1")
    assert one.query == f"subaccount=7&exchange_index=3&market_ticker={T1}"
    desk.reply(one, {"order_id": "v1", "reduced_by": "10.00", "ts_ms": 1})
    assert only(desk) == CancelAccepted(R1, "c1", 10_000_000, Evidence.PULL)


def test_a_cancel_without_an_answer_yet_waits_for_the_id(desk: Desk) -> None:
    desk.send(place())
    one = desk.question()
    desk.send(cancel())
    assert desk.questions() == []
    desk.reply(one, created(), status=201)
    assert desk.question().method == "DELETE"


def test_the_stream_gives_a_waiting_cancel_its_id(desk: Desk) -> None:
    desk.send(place())
    desk.question()
    desk.send(cancel())
    desk.orders.say(user_order())
    assert desk.question().target == "/portfolio/events/orders/v1"


def test_a_cancel_of_an_unknown_order_finds_it_first(desk: Desk) -> None:
    desk.known["/portfolio/orders"] = {"orders": [order(R1, order_id="v5")], "cursor": ""}
    desk.send(cancel())
    while (one := desk.question()).method == "GET":
        desk.reply(one, desk.fresh() if "timestamp" in one.target else desk.known[one.target])
    assert one.target == "/portfolio/events/orders/v5"
    assert one.query == f"subaccount=0&market_ticker={T1}"


def test_a_cancel_whose_order_is_not_found_is_given_up(desk: Desk) -> None:
    desk.send(cancel())
    desk.serve()
    desk.taken()
    desk.wait(10_001)
    assert desk.taken(CancelRefused) == [
        CancelRefused(R1, "c1", RejectReason.NOT_SENT, "its order id is unknown", Evidence.INFERRED)
    ]


def test_a_cancel_of_what_is_complete_is_refused_here(desk: Desk) -> None:
    accepted(desk).orders.say(user_order(status="executed", fill_count_fp="10.00", remaining_count_fp="0.00"))
    desk.taken()
    desk.send(cancel())
    assert only(desk).reason is RejectReason.NOT_RESTING
    assert desk.questions() == []


def test_an_order_that_was_rejected_and_rests_all_the_same_can_be_cancelled(desk: Desk) -> None:
    desk.send(place())
    desk.reply(desk.question(), fault("invalid_order"), status=400)
    desk.orders.say(user_order())
    desk.taken()
    desk.send(cancel())
    assert desk.question().method == "DELETE"


def test_a_cancel_between_two_facts_of_one_answer_is_not_refused_for_the_second() -> None:
    """The engine acts inside of the first fact, and may not yet know the order for complete."""
    desk = Desk(connections=8).up()
    other = OrderRef("abcdef123456-2")
    for ref in (R1, other):
        desk.send(place(ref))
        desk.question().wire.peer.closed("reset", desk.now)
        desk.wait(1)
    executed = {"status": "executed", "fill_count_fp": "10.00", "remaining_count_fp": "0.00"}
    rows = [order(ref, order_id=order_id, **executed) for ref, order_id in ((R1, "v1"), (other, "v2"))]
    desk.known["/portfolio/orders"] = {"orders": rows, "cursor": ""}
    desk.known["/portfolio/fills"] = {"fills": [], "cursor": ""}
    desk.taken()
    told = desk.told

    class Acting(list[Any]):
        """Cancels the second order as soon as anything is told of the first."""

        def append(self, fact: Any) -> None:
            super().append(fact)
            if isinstance(fact, OrderReported) and fact.ref == R1:
                desk.send(cancel(other))

    desk.told = acting = Acting(told)
    desk.venue._emit = acting.append
    for number in (3, 4, 5):
        desk.send(QueryOrder(OrderRef(f"abcdef123456-{number}")))
    silent = desk.questions()
    for ref in (R1, other):
        desk.send(QueryOrder(ref))
    desk.reply(silent[0], fault("bad_request"), status=400)
    waiting = {one.wire for one in silent[1:]}
    while (questions := [one for one in desk.questions() if one.wire not in waiting]) and questions[0].method == "GET":
        for one in questions:
            desk.asked.append(one.path)
            desk.reply(one, body() if callable(body := desk.known[one.target]) else body)
    assert [type(fact) for fact in acting] == [OrderReported, OrderReported]
    assert [one.method for one in questions] == ["DELETE"]


def test_a_cancel_that_finds_nothing_is_a_question(desk: Desk) -> None:
    accepted(desk).send(cancel())
    desk.reply(desk.question(), fault("not_found", service="exchange"), status=404)
    assert only(desk) == CancelRefused(R1, "c1", RejectReason.NOT_RESTING, "404 not_found not found")


def test_a_cancel_that_waits_too_long_for_a_line_is_not_sent_with_an_old_signature(desk: Desk) -> None:
    accepted(desk)
    for n in range(3):
        desk.send(QueryOrder(OrderRef(f"abcdef123456-{n + 7}")))
    for wire in desk.hot:
        wire.peer.closed("reset", desk.now)
    desk.taken()
    desk.send(cancel())
    desk.wait(4_001)
    assert desk.taken(CancelRefused, CancelUnanswered)[0].reason is RejectReason.NOT_SENT


def test_what_goes_by_our_will_is_cancelled_and_by_the_venues_lapsed(desk: Desk) -> None:
    accepted(desk).orders.say(user_order(status="canceled", remaining_count_fp="0.00"))
    lapsed = only(desk)
    assert (lapsed.cancelled_micros, lapsed.lapsed_micros) == (0, 10_000_000)
    other = Desk().up()
    accepted(other).send(cancel())
    other.orders.say(user_order(status="canceled", remaining_count_fp="0.00"))
    cancelled = only(other)
    assert (cancelled.cancelled_micros, cancelled.lapsed_micros) == (10_000_000, 0)


# --- markets in motion ---


def test_a_closed_market_is_told_once_and_its_book_no_longer_followed(desk: Desk) -> None:
    desk.markets.heard()
    desk.markets.say(lifecycle(1, "determined", result="yes", determination_ts=1, settlement_value="1.0000"))
    (changed,) = desk.taken(MarketChanged)
    assert changed.status is MarketStatus.CLOSED
    desk.markets.wire.peer.closed("reset", desk.now)
    desk.wait(3_000)
    (books,) = [
        one["params"] for one in desk.accept_socket().heard() if one["params"]["channels"] == ["orderbook_delta"]
    ]
    assert books["market_tickers"] == [YES2.split("/")[1]]


def test_a_market_closes_by_the_clock_between_readings() -> None:
    desk = Desk()
    desk.known["/markets"] = {"markets": [market(close_time="2026-06-11T06:24:20Z")]}
    desk.up()
    desk.taken()
    desk.known["/markets"] = {"markets": []}
    desk.wait(60_000)
    assert [fact.status for fact in desk.taken(MarketChanged)] == [MarketStatus.INACTIVE]


def test_lifecycle_news_that_may_be_missed_are_read_again(desk: Desk) -> None:
    desk.markets.say(lifecycle(1, "created", "X") | {"seq": 1}, lifecycle(1, "created", "Y") | {"seq": 3})
    desk.known["/markets"] = {"markets": [market(status="inactive")]}
    desk.wait(0)
    desk.serve()
    assert [fact.status for fact in desk.taken(MarketChanged)] == [MarketStatus.SUSPENDED]
    assert desk.taken(BooksDoubted) == []


# --- bounds ---


@pytest.mark.parametrize(
    "changes",
    [
        {"subaccount": 64},
        {"heartbeat_ms": 100},
        {"connections": 1},
        {"cancel_reserve_pct": 100},
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(changes: dict[str, int]) -> None:
    ((name, value),) = changes.items()
    with pytest.raises(ValueError, match=f"{name} must .*{value}"):
        settings(**changes)


def test_a_read_that_must_wait_for_tokens_waits_and_goes() -> None:
    desk = Desk(connections=60).up()
    desk.wait(2_000)
    desk.asked.clear()
    for n in range(40):
        desk.send(QueryOrder(OrderRef(f"abcdef123456-{n}")))
        desk.serve()
    before = len(desk.asked)
    assert before < 80
    for _ in range(60):
        desk.wait(100)
        desk.serve()
    assert len({fact.ref for fact in desk.taken(OrderAbsent)}) == 40


def test_memory_of_orders_is_bounded_and_forgets_the_closed_first() -> None:
    orders = Orders(remembered_max=10)
    for n in range(10):
        orders.bind(f"a-{n}", f"v{n}")
        orders.kept(OrderRef(f"a-{n}")).is_closed = n < 5
    orders.bind("a-10", "v10")
    assert orders.bind(None, "v0") is None
    assert orders.bind(None, "v9") == "a-9"


def test_the_adapter_speaks_only_of_its_own_venue(desk: Desk) -> None:
    assert {fact.venue for fact in Desk().up().taken() if hasattr(fact, "venue")} == {KALSHI}
    assert YES1.startswith(f"{KALSHI}/")


def test_the_maintenance_that_is_planned_is_told_in_order_of_time() -> None:
    desk = Desk()
    plan = [
        ("2026-11-26T03:00:00-05:00", "2026-11-26T05:00:00-05:00"),
        ("2026-11-19T08:00:00Z", "2026-11-19T10:00:00Z"),
    ]
    windows = [{"start_datetime": begins, "end_datetime": ends} for begins, ends in plan]
    desk.known["/exchange/schedule"] = {"schedule": {"standard_hours": [], "maintenance_windows": windows}}
    desk.up()
    (told,) = desk.taken(MaintenancePlanned)
    assert told.windows == ((1_795_075_200_000, 1_795_082_400_000), (1_795_680_000_000, 1_795_687_200_000))


def test_a_venue_that_is_slow_to_tell_its_calendar_is_asked_again_soon() -> None:
    desk = Desk()
    del desk.known["/exchange/schedule"]
    desk.up()
    assert desk.taken(MaintenancePlanned) == []
    desk.known["/exchange/schedule"] = {"schedule": {"standard_hours": [], "maintenance_windows": None}}
    desk.wait(5_001)
    desk.serve()
    assert [fact.windows for fact in desk.taken(MaintenancePlanned)] == [()]
