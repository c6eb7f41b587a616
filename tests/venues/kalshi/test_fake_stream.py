"""The simulated Kalshi's WebSocket: commands, numbers, books that follow the exchange, private messages, heartbeats."""

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ids import VenueMarketId
from tests.venues.kalshi.venue import (
    AWAY,
    HOME,
    ORDERS,
    TICKERS,
    TIE,
    YES,
    Client,
    Mirror,
    Socket,
    Venue,
    book_of,
)
from tests.venues.sim.wires import question
from venues.sim.lifecycle import close, reopen, suspend
from venues.sim.settling import settle

BOOK = "orderbook_delta"
ALL = list(TICKERS)


def opened(**options) -> tuple[Venue, Client, Socket]:
    venue = Venue(**options)
    client = Client(venue)
    return venue, client, Socket(client)


def errors(said) -> list[int]:
    return [one["msg"]["code"] for one in said if one["type"] == "error"]


# --- commands ---


def test_subscribing_is_answered_for_each_channel_and_then_come_the_books():
    venue, _, socket = opened()
    venue.crowd("ann bid 3 @ 47")
    venue.crowd("bob ask 2 @ 52")
    first, second, image = socket.subscribe(BOOK, "trade", market_tickers=[HOME], use_yes_price=False)
    assert first == {"id": 1, "type": "subscribed", "msg": {"channel": BOOK, "sid": 1}}
    assert second == {"id": 1, "type": "subscribed", "msg": {"channel": "trade", "sid": 2}}
    assert (image["type"], image["sid"], image["seq"]) == ("orderbook_snapshot", 1, 1)
    assert image["msg"]["yes_dollars_fp"] == [["0.4700", "3.00"]]
    assert image["msg"]["no_dollars_fp"] == [["0.4800", "2.00"]]


def test_one_scale_of_prices_may_be_asked_for():
    venue, _, socket = opened()
    venue.crowd("bob ask 2 @ 52")
    image = socket.subscribe(BOOK, market_ticker=HOME, use_yes_price=True)[1]["msg"]
    assert image["no_dollars_fp"] == [["0.5200", "2.00"]]
    assert "yes_dollars_fp" not in image
    venue.crowd("bob ask 1 @ 53")
    (change,) = socket.said()
    assert (change["msg"]["price_dollars"], change["msg"]["delta_fp"]) == ("0.5300", "1.00")
    assert change["msg"]["side"] == "no"


def test_markets_come_and_go_and_every_answer_takes_a_number():
    venue, _, socket = opened()
    socket.subscribe(BOOK, market_tickers=[HOME])
    ok, image = socket.command("update_subscription", sids=[1], action="add_markets", market_tickers=[TIE])
    assert ok == {"id": 2, "sid": 1, "seq": 2, "type": "ok", "msg": {"market_tickers": [HOME, TIE]}}
    assert (image["seq"], image["msg"]["market_ticker"]) == (3, TIE)
    (ok,) = socket.command("update_subscription", sid=1, action="delete_markets", market_tickers=[HOME])
    assert (ok["seq"], ok["msg"]["market_tickers"]) == (4, [TIE])
    venue.crowd("ann bid 1 @ 40", HOME)
    assert socket.said() == []
    (image,) = socket.command("update_subscription", sids=[1], action="get_snapshot", market_tickers=[TIE])
    assert (image["type"], image["seq"]) == ("orderbook_snapshot", 5)
    (gone,) = socket.command("unsubscribe", sids=[1])
    assert gone == {"id": 5, "sid": 1, "seq": 6, "type": "unsubscribed"}
    venue.crowd("ann bid 1 @ 40", TIE)
    assert socket.said() == []


def test_a_second_subscription_to_a_channel_adds_to_the_first():
    _, _, socket = opened()
    socket.subscribe(BOOK, market_tickers=[HOME])
    ok, image = socket.subscribe(BOOK, market_tickers=[HOME, AWAY])
    assert (ok["type"], ok["sid"], ok["seq"]) == ("ok", 1, 2)
    assert image["msg"]["market_ticker"] == AWAY
    assert errors(socket.subscribe(BOOK, market_tickers=[HOME])) == [6]
    socket.subscribe("fill")
    assert errors(socket.subscribe("fill")) == [6]


def test_answers_may_be_asked_to_leave_the_markets_out():
    _, _, socket = opened()
    socket.subscribe(BOOK, market_tickers=[HOME], skip_ticker_ack=True)
    ok = socket.command("update_subscription", sids=[1], action="add_markets", market_tickers=[TIE])[0]
    assert ok == {"id": 2, "sid": 1, "seq": 2, "type": "ok"}


def test_what_is_subscribed_can_be_listed():
    _, _, socket = opened()
    socket.subscribe("fill", "market_lifecycle_v2")
    (listed,) = socket.command("list_subscriptions")
    wanted = [{"channel": "fill", "sid": 1}, {"channel": "market_lifecycle_v2", "sid": 2}]
    assert listed == {"id": 2, "type": "ok", "msg": wanted}


WRONG = [
    ("subscribe", {}, 3),
    ("subscribe", {"channels": []}, 3),
    ("subscribe", {"channels": ["ticker_v2"]}, 8),
    ("subscribe", {"channels": [BOOK]}, 14),
    ("subscribe", {"channels": [BOOK], "market_tickers": HOME}, 11),
    ("subscribe", {"channels": [BOOK], "market_tickers": [7]}, 11),
    ("subscribe", {"channels": [BOOK], "market_tickers": [HOME], "market_ticker": HOME}, 11),
    ("subscribe", {"channels": [BOOK], "market_tickers": [HOME, "NONE"]}, 16),
    ("subscribe", {"channels": [BOOK], "market_tickers": ALL}, 26),
    ("update_subscription", {"action": "add_markets", "market_tickers": [TIE]}, 12),
    ("update_subscription", {"sids": [1, 2], "action": "add_markets", "market_tickers": [TIE]}, 12),
    ("update_subscription", {"sids": [9], "action": "add_markets", "market_tickers": [TIE]}, 7),
    ("update_subscription", {"sids": [1], "market_tickers": [TIE]}, 15),
    ("update_subscription", {"sids": [1], "action": "swap_markets", "market_tickers": [TIE]}, 13),
    ("update_subscription", {"sids": [1], "action": "get_snapshot"}, 14),
    ("update_subscription", {"sids": [2], "action": "get_snapshot", "market_tickers": [HOME]}, 13),
    ("update_subscription", {"sids": [1], "action": "add_markets", "market_tickers": [TIE, AWAY]}, 26),
    ("unsubscribe", {}, 4),
    ("unsubscribe", {"sids": [1, 9]}, 7),
    ("obey", {"sids": [1]}, 5),
]


@pytest.mark.parametrize(("cmd", "params", "code"), WRONG)
def test_a_command_that_makes_no_sense_changes_nothing(cmd, params, code):
    _, _, socket = opened(subscription_markets_max=2)
    socket.subscribe(BOOK, "fill", market_tickers=[HOME])
    (said,) = socket.command(cmd, **params)
    assert (said["type"], said["id"], said["msg"]["code"]) == ("error", 2, code)
    assert said["msg"].get("market_ticker") == ("NONE" if code == 16 else None)
    (listed,) = socket.command("list_subscriptions")
    assert [one["sid"] for one in listed["msg"]] == [1, 2]
    (image,) = socket.command("update_subscription", sids=[1], action="get_snapshot", market_tickers=[HOME])
    assert image["seq"] == 2


def test_what_is_no_command_at_all_is_said_so():
    _, _, socket = opened()
    assert errors(socket.tell("nonsense")) == [1]
    (said,) = socket.tell(json.dumps({"id": 0, "cmd": "subscribe"}))
    assert said == {"type": "error", "msg": {"code": 2, "msg": "Params required"}}


# --- books ---


def test_the_customers_own_hand_shows_in_the_book():
    _, client, socket = opened()
    socket.subscribe(BOOK, market_tickers=[HOME])
    sent = client.place("bid 2 @ 0.40", client_order_id="mine")
    client.ask("DELETE", f"{ORDERS}/{sent['order_id']}")
    changes = [one["msg"] for one in socket.said()]
    assert [(one["delta_fp"], one["client_order_id"]) for one in changes] == [("2.00", "mine"), ("-2.00", "mine")]


moves = st.lists(
    st.tuples(
        st.sampled_from(TICKERS),
        st.sampled_from(["bid", "ask"]),
        st.integers(1, 9),
        st.integers(44, 56),
        st.sampled_from(["ann", "bob", "desk", "cancel"]),
    ),
    max_size=40,
)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(moves, st.booleans())
def test_books_rebuilt_from_the_stream_are_the_exchanges_after_every_message(made, in_yes):
    venue, client, socket = opened()
    mirror = Mirror(in_yes=in_yes)
    venue.crowd("ann bid 4 @ 49")
    mirror.hear(socket.subscribe(BOOK, market_tickers=ALL, use_yes_price=in_yes))
    mine: list[str] = []
    for market, side, size, cents, who in made:
        if who == "cancel" and mine:
            client.ask("DELETE", f"{ORDERS}/{mine.pop()}")
        elif who in ("desk", "cancel"):
            mine.append(client.place(f"{side} {size} @ 0.{cents}", market)["order_id"])
        else:
            venue.crowd(f"{who} {side} {size} @ {cents}", market)
        mirror.hear(socket.said())
        assert mirror.books == {ticker: book_of(venue, VenueMarketId(ticker)) for ticker in ALL}
    assert mirror.gaps == 0


def test_a_new_connection_begins_again_at_one():
    _, client, socket = opened()
    socket.subscribe("trade", BOOK, market_tickers=ALL)
    image = Socket(client).subscribe(BOOK, market_tickers=[HOME])[1]
    assert (image["sid"], image["seq"]) == (1, 1)


def test_trades_and_figures_are_told_to_everybody():
    venue, client, socket = opened()
    socket.subscribe("trade", "ticker")
    venue.crowd("ann ask 5 @ 52")
    client.place("bid 2 @ 0.52")
    said = socket.said()
    (trade,) = (one["msg"] for one in said if one["type"] == "trade")
    assert (trade["yes_price_dollars"], trade["count_fp"]) == ("0.5200", "2.00")
    assert (trade["no_price_dollars"], trade["taker_book_side"]) == ("0.4800", "bid")
    ticker = [one["msg"] for one in said if one["type"] == "ticker"][-1]
    assert (ticker["yes_ask_dollars"], ticker["yes_ask_size_fp"]) == ("0.5200", "3.00")
    assert (ticker["volume_fp"], ticker["dollar_volume"], ticker["open_interest_fp"]) == ("2.00", 1, "2.00")
    assert all("seq" not in one for one in said)


# --- the customer ---


def test_a_fill_is_told_with_its_fee_and_the_position_after_it():
    venue, client, socket = opened()
    socket.subscribe("fill", "user_orders", "market_positions")
    venue.crowd("ann ask 1 @ 50")
    venue.crowd("ann ask 2 @ 52")
    sent = client.place("bid 4 @ 0.52", client_order_id="mine")
    said = socket.said()
    assert all("seq" not in one for one in said)
    fills = [one["msg"] for one in said if one["type"] == "fill"]
    assert [(one["yes_price_dollars"], one["count_fp"], one["fee_cost"], one["post_position_fp"]) for one in fills] == [
        ("0.5000", "1.00", "0.017500", "1.00"),
        ("0.5200", "2.00", "0.035000", "3.00"),
    ]
    assert {one["client_order_id"] for one in fills} == {"mine"}
    (order,) = (one["msg"] for one in said if one["type"] == "user_order")
    assert (order["order_id"], order["status"]) == (sent["order_id"], "resting")
    assert (order["fill_count_fp"], order["remaining_count_fp"], order["initial_count_fp"]) == ("3.00", "1.00", "4.00")
    (position,) = (one["msg"] for one in said if one["type"] == "market_position")
    assert (position["position_fp"], position["position_cost_dollars"]) == ("3.00", "1.540000")


def test_a_maker_pays_a_quarter():
    venue, client, socket = opened()
    client.place("ask 4 @ 0.50")
    socket.subscribe("fill")
    venue.crowd("ann bid 4 @ 50")
    (fill,) = (one["msg"] for one in socket.said())
    assert (fill["is_taker"], fill["fee_cost"], fill["post_position_fp"]) == (False, "0.017500", "-4.00")
    assert (fill["outcome_side"], fill["book_side"], fill["action"]) == ("no", "ask", "sell")


def test_private_channels_may_be_narrowed_to_markets():
    _, client, socket = opened()
    socket.subscribe("user_orders", market_tickers=[TIE])
    client.place("bid 1 @ 0.40", HOME)
    client.place("bid 1 @ 0.40", TIE)
    assert [one["msg"]["ticker"] for one in socket.said()] == [TIE]
    socket.command("update_subscription", sids=[1], action="add_markets", market_tickers=[HOME])
    client.place("bid 1 @ 0.40", HOME)
    assert [one["msg"]["ticker"] for one in socket.said()] == [HOME]


def test_either_the_answer_or_the_message_comes_first():
    orders = set()
    for seed in range(12):
        venue, client, socket = opened(seed=seed, reply_lag_ms=(0, 9), private_lag_ms=(0, 9))
        socket.subscribe("user_orders")
        path = ORDERS
        client.peer.received(_request(client, path, client.order("bid 1 @ 0.40")), venue.now_ns)
        for _ in range(10):
            answered, told = bool(client.wire.written), bool(socket.said())
            if answered != told:
                orders.add("answer first" if answered else "message first")
                break
            venue.pass_ms(1)
    assert orders == {"answer first", "message first"}


def _request(client: Client, path: str, body) -> bytes:
    return question(path, json.dumps(body).encode(), **client.signed("POST", path))


# --- the life of a market ---


def test_the_life_of_a_market_is_told_from_pause_to_payment():
    venue, _, socket = opened()
    socket.subscribe("market_lifecycle_v2", market_tickers=[TIE])
    exchange = venue.exchange
    for act in (
        lambda: suspend(exchange, HOME, venue.now_ns),
        lambda: reopen(exchange, HOME, venue.now_ns),
        lambda: close(exchange, HOME, venue.now_ns),
        lambda: settle(exchange, HOME, {YES: Fraction(1)}, venue.now_ns),
    ):
        act()
        venue.publish()
    venue.pass_ms(5_000)
    told = [one["msg"] for one in socket.said()]
    assert {one["market_ticker"] for one in told} == {HOME}
    assert [one["event_type"] for one in told] == [
        "deactivated",
        "activated",
        "close_date_updated",
        "determined",
        "settled",
    ]
    assert (told[3]["result"], told[3]["settlement_value"]) == ("yes", "1.0000")
    assert told[4]["settled_ts"] == told[3]["determination_ts"] + 5


def test_orders_that_end_with_their_market_are_told():
    venue, client, socket = opened()
    socket.subscribe("user_orders")
    client.place("bid 1 @ 0.40")
    close(venue.exchange, HOME, venue.now_ns)
    venue.publish()
    assert [one["msg"]["status"] for one in socket.said()] == ["resting", "canceled"]


# --- the connection ---


def test_the_server_pings_every_ten_seconds():
    venue, _, socket = opened()
    venue.pass_ms(9_999)
    socket.said()
    assert socket.pings == []
    venue.pass_ms(1)
    venue.pass_ms(20_000)
    socket.said()
    assert socket.pings == [b"heartbeat"] * 3


def test_a_client_that_pings_is_answered():
    _, _, socket = opened()
    socket.protocol.send_ping(b"hello")
    socket._send()
    assert b"hello" in socket.wire.written


def test_another_path_is_not_found():
    venue = Venue()
    peer, wire = venue.fake.ws.accept(), Socket(Client(venue)).wire
    peer.connected(wire, venue.now_ns)
    peer.received(
        b"GET /other HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        venue.now_ns,
    )
    assert wire.written.startswith(b"HTTP/1.1 404")
    assert wire.is_closed


def test_a_client_may_leave():
    venue, _, socket = opened()
    socket.subscribe(BOOK, market_tickers=[HOME])
    socket.protocol.send_close()
    socket._send()
    assert socket.wire.is_closed
    venue.crowd("ann bid 1 @ 40")


def test_a_reader_that_is_too_slow_loses_its_books():
    venue, _, socket = opened(backlog_bytes_max=1_000)
    socket.subscribe(BOOK, "trade", market_tickers=[HOME])
    socket.wire.backlog = 1_001
    venue.crowd("ann bid 1 @ 40")
    assert errors(socket.said()) == [25]
    socket.wire.backlog = 0
    venue.crowd("ann bid 1 @ 40")
    assert socket.said() == []
    assert socket.subscribe(BOOK, market_tickers=[HOME])[0]["msg"]["sid"] == 3
