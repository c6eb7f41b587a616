"""Orders at the simulated Kalshi: every refusal in its recorded words, fills, and what stays spent."""

import pytest

from domain.orders import Side
from tests.venues.kalshi.venue import EPOCH_MS, EVENT, HOME, ORDERS, TIE, YES, Client, Venue
from venues.kalshi.fake.forms import unique_id
from venues.sim.lifecycle import close, reopen, suspend

EXISTS = (409, {"error": {"code": "order_already_exists", "message": "order already exists"}})
PAUSED = (409, {"error": {"code": "trading_is_paused", "message": "trading is paused"}})
NOT_FOUND = (404, {"error": {"code": "not_found", "message": "not found"}})
NOWHERE = unique_id(9, "order", 9)


def client_of(**options) -> Client:
    return Client(Venue(**options))


def code(answer) -> tuple[int, str]:
    status, body = answer
    return status, body["error"]["code"]


# --- accepted ---


def test_a_maker_and_a_taker_are_answered_as_recorded():
    client = client_of()
    maker = client.place("bid 1.00 @ 0.0100", client_order_id="mine")
    assert list(maker) == ["order_id", "client_order_id", "fill_count", "remaining_count", "ts_ms"]
    assert (maker["fill_count"], maker["remaining_count"], maker["client_order_id"]) == ("0.00", "1.00", "mine")
    assert maker["ts_ms"] == EPOCH_MS + 1_000
    client.venue.crowd("ann ask 3 @ 52")
    taker = client.place("bid 1.00 @ 0.9900", time_in_force="immediate_or_cancel")
    assert (taker["fill_count"], taker["remaining_count"]) == ("1.00", "0.00")
    assert (taker["average_fill_price"], taker["average_fee_paid"]) == ("0.5200", "0.0175")


def test_averages_are_over_all_levels_and_for_one_contract():
    client = client_of()
    client.venue.crowd("ann ask 1 @ 50")
    client.venue.crowd("ann ask 2 @ 52")
    taker = client.place("bid 3 @ 0.60")
    assert taker["average_fill_price"] == "0.513333"
    assert taker["average_fee_paid"] == "0.017500"[:-2]


@pytest.mark.parametrize(("life", "filled"), [("immediate_or_cancel", "2.00"), ("fill_or_kill", "0.00")])
def test_what_cannot_be_matched_at_once_dies(life, filled):
    client = client_of()
    client.venue.crowd("ann ask 2 @ 50")
    sent = client.place("bid 5 @ 0.50", time_in_force=life)
    assert (sent["fill_count"], sent["remaining_count"]) == (filled, "0.00")
    assert client.get(f"/portfolio/orders/{sent['order_id']}")["order"]["status"] == "canceled"


def test_an_order_that_meets_its_owner_dies_and_leaves_the_other_alone():
    client = client_of()
    resting = client.place("bid 1 @ 0.48")
    sent = client.place("ask 1 @ 0.48", time_in_force="immediate_or_cancel")
    assert (sent["fill_count"], sent["remaining_count"]) == ("0.00", "0.00")
    assert client.get(f"/portfolio/orders/{resting['order_id']}")["order"]["status"] == "resting"


def test_with_the_other_prevention_the_resting_order_dies():
    client = client_of()
    resting = client.place("bid 1 @ 0.48")
    sent = client.place("ask 1 @ 0.48", self_trade_prevention_type="maker")
    assert sent["remaining_count"] == "1.00"
    assert client.get(f"/portfolio/orders/{resting['order_id']}")["order"]["status"] == "canceled"


def test_an_ask_reads_back_as_a_sale_of_yes():
    client = client_of()
    sent = client.place("ask 2.5 @ 0.60")
    order = client.get(f"/portfolio/orders/{sent['order_id']}")["order"]
    ways = ("action", "side", "book_side", "outcome_side")
    assert [order[way] for way in ways] == ["sell", "yes", "ask", "no"]
    assert (order["yes_price_dollars"], order["no_price_dollars"]) == ("0.6000", "0.4000")
    assert order["remaining_count_fp"] == "2.50"
    book = client.venue.exchange.floor.markets[HOME].selections[YES].books[Side.LAY]
    assert book.total(6_000) == 2_500_000


def test_an_order_expires_at_its_second():
    client = client_of()
    sent = client.place("bid 1 @ 0.40", expiration_time=EPOCH_MS // 1_000 + 5)
    client.venue.pass_ms(3_999)
    path = f"/portfolio/orders/{sent['order_id']}"
    assert client.get(path)["order"]["expiration_time"].endswith("Z")
    assert client.get(path)["order"]["status"] == "resting"
    client.venue.pass_ms(1)
    assert client.get(path)["order"]["status"] == "canceled"


# --- refused ---

REFUSALS = [
    ("bid 1 @ 0.5150", {}, (400, "invalid_price")),
    ("bid 1 @ 0.515", {}, (400, "invalid_price")),
    ("bid 1 @ 1.00", {}, (400, "invalid_price")),
    ("bid 1 @ 0.00", {}, (400, "invalid_price")),
    ("bid 1 @ -0.50", {}, (400, "invalid_price")),
    ("bid 1 @ half", {}, (400, "invalid_price")),
    ("bid 0.001 @ 0.50", {}, (400, "invalid_order_size")),
    ("bid 0 @ 0.50", {}, (400, "invalid_order_size")),
    ("bid -1 @ 0.50", {}, (400, "invalid_order_size")),
    ("bid 10099.00 @ 0.9900", {}, (400, "insufficient_balance")),
    ("ask 10099.00 @ 0.0100", {}, (400, "insufficient_balance")),
    ("bid 1 @ 0.50", {"client_order_id": "with.dot"}, (400, "invalid_parameters")),
    ("bid 1 @ 0.50", {"client_order_id": "x" * 65}, (400, "invalid_parameters")),
    ("bid 1 @ 0.50", {"time_in_force": "GTT"}, (400, "invalid_parameters")),
    ("bid 1 @ 0.50", {"side": "yes"}, (400, "invalid_parameters")),
    ("bid 1 @ 0.50", {"expiration_time": EPOCH_MS // 1_000}, (400, "invalid_parameters")),
    (
        "bid 1 @ 0.50",
        {"expiration_time": EPOCH_MS, "time_in_force": "immediate_or_cancel"},
        (400, "invalid_parameters"),
    ),
    ("bid 1 @ 0.50", {"reduce_only": True}, (400, "invalid_order")),
    ("bid 1 @ 0.50", {"reduce_only": True, "time_in_force": "immediate_or_cancel"}, (400, "invalid_order")),
    ("bid 1 @ 0.50", {"post_only": True, "time_in_force": "immediate_or_cancel"}, (400, "invalid_order")),
    ("bid 1 @ 0.50", {"ticker": f"{EVENT}-NON"}, (404, "market_not_found")),
    ("bid 1 @ 0.50", {"exchange_index": 3}, (404, "market_not_found")),
    ("bid 1 @ 0.50", {"order_group_id": "none"}, (404, "order_group_not_found")),
    ("bid 1 @ 0.50", {"subaccount": 5}, (403, "permission_denied")),
]


@pytest.mark.parametrize(("text", "more", "expected"), REFUSALS)
def test_what_cannot_be_is_refused_and_leaves_no_trace(text, more, expected):
    client = client_of()
    assert code(client.refused(text, **more)) == expected
    assert not client.venue.exchange.floor.orders
    assert not client.venue.books.records.spent


def test_a_refusal_does_not_spend_the_client_id():
    client = client_of()
    assert code(client.refused("bid 1 @ 0.515", client_order_id="again")) == (400, "invalid_price")
    assert client.place("bid 1 @ 0.51", client_order_id="again")["client_order_id"] == "again"


def test_a_post_only_order_that_would_match_is_refused_as_recorded():
    client = client_of()
    client.venue.crowd("ann ask 1 @ 50")
    expected = {"error": {"code": "invalid_order", "message": "invalid order", "details": "post only cross"}}
    assert client.refused("bid 1 @ 0.99", post_only=True) == (400, expected)
    assert client.place("bid 1 @ 0.49", post_only=True)["remaining_count"] == "1.00"


@pytest.mark.parametrize("field", ["count", "price"])
def test_a_number_where_text_belongs_is_refused_by_the_decoder(field):
    client = client_of()
    status, body = client.ask("POST", ORDERS, client.order("bid 1 @ 0.50") | {field: 1})
    assert status == 400
    assert body == {
        "code": "bad_request",
        "message": "bad request",
        "details": f"json: cannot unmarshal number into Go struct field CreateOrderV2Request.{field} of type string",
    }


def test_what_is_not_json_is_refused_by_the_decoder_too():
    client = client_of()
    assert client.ask("POST", ORDERS, b"{")[1]["code"] == "bad_request"


@pytest.mark.parametrize("end", ["resting", "cancelled", "executed"])
def test_a_client_id_is_spent_for_ever(end):
    client = client_of()
    client.venue.crowd("ann ask 1 @ 50")
    sent = client.place("bid 1 @ 0.50" if end == "executed" else "bid 1 @ 0.40", client_order_id="once")
    if end == "cancelled":
        client.ask("DELETE", f"{ORDERS}/{sent['order_id']}")
    assert client.refused("bid 1 @ 0.40", client_order_id="once") == EXISTS
    assert client.refused("ask 9 @ 0.90", TIE, client_order_id="once") == EXISTS


def test_a_paused_market_takes_no_order_and_lets_one_go():
    client = client_of()
    sent = client.place("bid 1 @ 0.40")
    suspend(client.venue.exchange, HOME, client.venue.now_ns)
    client.venue.publish()
    assert client.refused("bid 1 @ 0.40") == PAUSED
    assert client.place("bid 1 @ 0.40", TIE)
    assert client.ask("DELETE", f"{ORDERS}/{sent['order_id']}")[0] == 200


def test_trading_again_empties_the_book():
    client = client_of()
    sent = client.place("bid 1 @ 0.40")
    suspend(client.venue.exchange, HOME, client.venue.now_ns)
    reopen(client.venue.exchange, HOME, client.venue.now_ns)
    client.venue.publish()
    assert client.get(f"/portfolio/orders/{sent['order_id']}")["order"]["status"] == "canceled"
    assert client.place("bid 1 @ 0.40")


def test_an_order_may_ask_to_be_gone_at_a_pause():
    client = client_of()
    kept, gone = client.place("bid 1 @ 0.40"), client.place("bid 1 @ 0.41", cancel_order_on_pause=True)
    suspend(client.venue.exchange, HOME, client.venue.now_ns)
    client.venue.publish()
    client.venue.pass_ms(1)
    statuses = [client.get(f"/portfolio/orders/{one['order_id']}")["order"]["status"] for one in (kept, gone)]
    assert statuses == ["resting", "canceled"]


def test_after_the_close_nothing_is_taken_not_even_a_cancel():
    client = client_of()
    sent = client.place("bid 1 @ 0.40")
    close(client.venue.exchange, HOME, client.venue.now_ns)
    client.venue.publish()
    path = f"{ORDERS}/{sent['order_id']}"
    assert code(client.refused("bid 1 @ 0.40")) == (409, "MARKET_INACTIVE")
    assert code(client.ask("DELETE", path)) == (409, "MARKET_INACTIVE")
    assert code(client.ask("POST", f"{path}/decrease", {"reduce_by": "1"})) == (409, "MARKET_INACTIVE")


def test_a_pause_of_the_exchange_stops_cancels_and_a_pause_of_trading_does_not():
    client = client_of()
    first, second = client.place("bid 1 @ 0.40"), client.place("bid 1 @ 0.40")
    client.venue.books.trading_active = False
    assert client.refused("bid 1 @ 0.40") == PAUSED
    assert client.ask("DELETE", f"{ORDERS}/{first['order_id']}")[0] == 200
    client.venue.books.exchange_active = False
    assert code(client.refused("bid 1 @ 0.40")) == (409, "exchange_is_paused")
    assert code(client.ask("DELETE", f"{ORDERS}/{second['order_id']}")) == (409, "exchange_is_paused")
    assert client.get("/exchange/status")["exchange_active"] is False


def test_reduce_only_takes_no_more_than_the_position():
    client = client_of()
    client.venue.crowd("ann ask 2 @ 50")
    client.place("bid 2 @ 0.50")
    client.venue.crowd("ann bid 9 @ 45")
    sent = client.place("ask 9 @ 0.45", reduce_only=True, time_in_force="immediate_or_cancel")
    assert (sent["fill_count"], sent["remaining_count"]) == ("2.00", "0.00")


def test_writes_of_before_are_served_no_more():
    client = client_of()
    assert code(client.ask("POST", "/portfolio/orders", {})) == (410, "deprecated_v1_order_endpoint")
    assert code(client.ask("DELETE", f"/portfolio/orders/{NOWHERE}")) == (410, "deprecated_v1_order_endpoint")


# --- several at once ---


def test_each_order_of_a_batch_stands_for_itself():
    client = client_of()
    orders = [client.order("bid 1 @ 0.40"), client.order("bid 1 @ 0.401"), client.order("bid 2 @ 0.40") | {"count": 2}]
    status, body = client.ask("POST", f"{ORDERS}/batched", {"orders": orders})
    good, off_grid, untyped = body["orders"]
    assert status == 201
    assert good["remaining_count"] == "1.00"
    assert off_grid == {"error": {"code": "invalid_price", "message": "invalid price"}}
    assert untyped["error"]["code"] == "bad_request"
    ids = [{"order_id": good["order_id"], "market_ticker": HOME}, {"order_id": NOWHERE}]
    status, body = client.ask("DELETE", f"{ORDERS}/batched", {"orders": ids})
    assert status == 200
    assert [one["reduced_by"] for one in body["orders"]] == ["1.00", "0.00"]
    assert body["orders"][1]["error"]["code"] == "not_found"
