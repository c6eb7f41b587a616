"""The stream under trouble: gaps are patched, doubt is told, silence is death, and nothing stale gets through."""

import json
from typing import Any

import pytest

from domain.messages import BooksChanged, BooksDoubted, BooksProven, Channel, ChannelChanged, MarketChanged
from tests.venues.betfair.desk import BETFAIR, MARKET, Desk, bet, definition, mcm, ocm
from tests.venues.hands import HandWire

ROW = {"id": MARKET, "rc": [{"id": 11, "atb": [[2, 1]]}]}


def row(size: float = 1) -> dict[str, Any]:
    return {"id": MARKET, "rc": [{"id": 11, "atb": [[2, size]]}]}


@pytest.fixture
def desk() -> Desk:
    desk = Desk().subscribed()
    desk.taken()
    return desk


def names(desk: Desk) -> list[str]:
    """Facts in short; channels by name and direction."""
    return [
        f"{fact.channel.value} {'up' if fact.up else 'down'}"
        if isinstance(fact, ChannelChanged)
        else type(fact).__name__
        for fact in desk.taken()
    ]


def drop(desk: Desk, wire: HandWire) -> None:
    """Cut one stream, and let the other speak until the redial is due."""
    wire.peer.closed("reset", desk.now)
    heartbeats(desk, 500, market=wire is not desk.market, orders=wire is not desk.orders)


def reopened(desk: Desk) -> tuple[HandWire, dict[str, Any]]:
    wire, subscription = desk.open_stream()
    if subscription["op"] == "marketSubscription":
        desk.market = wire
    return wire, subscription


def heartbeats(desk: Desk, ms: int, *, market: bool = True, orders: bool = True) -> None:
    """Let time pass while the streams stay alive."""
    for _ in range(ms // 500):
        desk.wait(500)
        if market:
            desk.say(desk.market, mcm(2, ct="HEARTBEAT", clk="h"))
        if orders:
            desk.say(desk.orders, ocm(2, ct="HEARTBEAT", clk="h"))


def test_the_first_subscriptions_ask_for_an_image_of_what_is_ours() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    for _ in range(3):
        desk.network.accept(desk.now, "betting")
    desk.log_in()
    _, market = desk.open_stream()
    assert market == {
        "op": "marketSubscription",
        "id": 2,
        "segmentationEnabled": True,
        "conflateMs": 0,
        "heartbeatMs": 500,
        "marketFilter": {"marketIds": [MARKET]},
        "marketDataFilter": {"fields": ["EX_MARKET_DEF", "EX_ALL_OFFERS"]},
    }
    _, orders = desk.open_stream()
    assert orders["orderFilter"] == {"includeOverallPosition": False, "customerStrategyRefs": ["crossbook"]}
    assert "clk" not in orders


def test_nothing_is_dialled_before_there_is_a_session() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    assert {endpoint.host for endpoint, _ in desk.network.asked} == {"betting", "login"}


def test_a_channel_is_up_with_its_image_and_not_before() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    desk.network.accept(desk.now, "betting")
    desk.log_in()
    desk.market, subscription = desk.open_stream()
    desk.say(desk.market, mcm(subscription["id"], ct="HEARTBEAT"))
    assert "market_data up" not in names(desk)
    image = {"id": MARKET, "img": True, "marketDefinition": definition()}
    desk.say(desk.market, mcm(subscription["id"], image, ct="SUB_IMAGE", initialClk="i", clk="c"))
    said = names(desk)
    assert said.index("BooksChanged") < said.index("market_data up")


def test_after_a_drop_the_clocks_bring_only_the_gap(desk: Desk) -> None:
    desk.say(desk.market, mcm(2, row(1), clk="c2"))
    desk.taken()
    drop(desk, desk.market)
    assert names(desk) == ["market_data down"]
    wire, subscription = reopened(desk)
    assert (subscription["initialClk"], subscription["clk"]) == ("i", "c2")
    desk.say(wire, mcm(subscription["id"], row(5), ct="RESUB_DELTA", clk="c3"))
    assert names(desk) == ["BooksChanged", "BooksProven", "market_data up"]


def test_a_patch_may_hold_an_image_of_one_market(desk: Desk) -> None:
    drop(desk, desk.market)
    wire, subscription = reopened(desk)
    desk.taken()
    desk.say(wire, mcm(subscription["id"], row(5) | {"img": True}, ct="RESUB_DELTA"))
    changed = desk.taken()[0]
    assert isinstance(changed, BooksChanged)
    assert [levels.image for levels in changed.books] == [True, True]


def test_a_patch_of_nothing_is_a_heartbeat(desk: Desk) -> None:
    drop(desk, desk.market)
    wire, subscription = reopened(desk)
    desk.taken()
    desk.say(wire, mcm(subscription["id"], ct="HEARTBEAT", clk="c9"))
    assert names(desk) == ["BooksProven", "market_data up"]


def test_a_clock_that_the_venue_does_not_know_is_forgotten_and_the_books_doubted(desk: Desk) -> None:
    drop(desk, desk.market)
    wire = desk.network.accept(desk.now, "stream")
    desk.say(wire, {"op": "connection", "connectionId": "2"})
    desk.say(wire, {"op": "status", "id": desk.heard(wire)[0]["id"], "statusCode": "SUCCESS"})
    (subscription,) = desk.heard(wire)
    assert subscription["clk"] == "c"
    desk.taken()
    refusal = {"op": "status", "id": subscription["id"], "statusCode": "FAILURE", "errorCode": "INVALID_CLOCK"}
    desk.say(wire, refusal | {"connectionClosed": True})
    assert wire.is_closed
    doubted = desk.taken()
    assert doubted[0] == BooksDoubted(BETFAIR, (), "the venue does not know the clock")
    heartbeats(desk, 2_000, market=False)
    _, subscription = reopened(desk)
    assert subscription["op"] == "marketSubscription"
    assert "clk" not in subscription
    assert "initialClk" not in subscription


def test_a_new_image_instead_of_the_patch_replaces_everything(desk: Desk) -> None:
    drop(desk, desk.market)
    wire, subscription = reopened(desk)
    desk.taken()
    desk.say(wire, mcm(subscription["id"], row(5), ct="SUB_IMAGE", initialClk="i2", clk="d"))
    changed = desk.taken()[0]
    assert isinstance(changed, BooksChanged)
    assert all(levels.image for levels in changed.books)


def test_an_image_in_mid_stream_replaces_everything(desk: Desk) -> None:
    desk.say(desk.market, mcm(2, row(5), ct="SUB_IMAGE", initialClk="i2", clk="d"))
    changed = desk.taken()[0]
    assert isinstance(changed, BooksChanged)
    assert [levels.image for levels in changed.books] == [True, True]


def test_a_segmented_message_is_told_at_its_end_and_once(desk: Desk) -> None:
    desk.say(desk.market, mcm(2, row(5), segmentType="SEG_START"))
    desk.say(desk.market, mcm(2, row(6), segmentType="SEG"))
    assert desk.taken() == []
    desk.say(desk.market, mcm(2, row(7), segmentType="SEG_END", clk="c2"))
    (changed,) = desk.taken()
    assert isinstance(changed, BooksChanged)
    assert [size for levels in changed.books for _, size in levels.to_back] == [5_000_000, 6_000_000, 7_000_000]


def test_a_drop_in_the_middle_of_segments_asks_for_all_of_them_again(desk: Desk) -> None:
    desk.say(desk.market, mcm(2, row(5), segmentType="SEG_START", clk="c7"))
    drop(desk, desk.market)
    wire, subscription = reopened(desk)
    assert subscription["clk"] == "c"
    desk.taken()
    desk.say(wire, mcm(subscription["id"], row(9), segmentType="SEG_END", ct="RESUB_DELTA"))
    changed = desk.taken()[0]
    assert isinstance(changed, BooksChanged)
    assert [levels.to_back for levels in changed.books] == [[(99, 9_000_000)]]


def test_two_heartbeats_of_silence_end_the_connection(desk: Desk) -> None:
    heartbeats(desk, 5_000)
    assert "market_data down" not in names(desk)
    heartbeats(desk, 500, market=False)
    assert names(desk) == []
    heartbeats(desk, 500, market=False)
    assert desk.market.is_closed
    assert names(desk) == ["market_data down"]
    assert not desk.orders.is_closed


def test_any_byte_is_a_sign_of_life(desk: Desk) -> None:
    for _ in range(10):
        heartbeats(desk, 500, market=False)
        desk.market.peer.received(b" ", desk.now)
    assert not desk.market.is_closed


def test_the_heartbeat_that_the_venue_really_uses_counts() -> None:
    desk = Desk().subscribed()
    desk.say(desk.market, mcm(2, row(), ct="SUB_IMAGE", initialClk="i", clk="c", heartbeatMs=2_000))
    heartbeats(desk, 3_500, market=False)
    assert not desk.market.is_closed
    heartbeats(desk, 500, market=False)
    assert desk.market.is_closed


def test_a_heartbeat_proves_the_books_and_so_does_news_of_another_market_now_and_then(desk: Desk) -> None:
    desk.say(desk.market, mcm(2, ct="HEARTBEAT"))
    assert desk.taken() == [BooksProven(BETFAIR)]
    said = []
    for _ in range(10):
        desk.wait(100)
        desk.say(desk.market, mcm(2, row()))
        said += names(desk)
    assert said.count("BooksChanged") == 10
    assert 3 <= said.count("BooksProven") <= 5


def test_messages_of_an_earlier_subscription_are_dropped(desk: Desk) -> None:
    desk.say(desk.market, mcm(1, row()), {**mcm(9, row())})
    assert desk.taken() == []


def test_messages_of_unknown_kinds_are_dropped(desk: Desk) -> None:
    desk.say(desk.market, {"op": "rcm", "id": 2}, {"op": "later"})
    desk.say(desk.orders, {"op": "later", "id": 2})
    assert desk.taken() == []
    assert not desk.market.is_closed


def test_unreliable_data_is_doubted_until_a_new_image_comes_after_it(desk: Desk) -> None:
    desk.say(desk.market, mcm(2, status=503))
    assert names(desk)[:2] == ["BooksDoubted", "market_data down"]
    for _ in range(4):
        heartbeats(desk, 500, market=False)
        desk.say(desk.market, mcm(2, row(), status=503))
    said = names(desk)
    assert "market_data up" not in said
    assert "BooksDoubted" not in said
    heartbeats(desk, 1_000)
    assert not desk.market.is_closed
    (subscription,) = desk.heard(desk.market)
    assert subscription["op"] == "marketSubscription"
    assert "clk" not in subscription
    desk.say(desk.market, {"op": "status", "id": subscription["id"], "statusCode": "SUCCESS"})
    desk.say(desk.market, mcm(2, row()))
    assert "market_data up" not in names(desk)
    desk.say(desk.market, mcm(subscription["id"], row(), ct="SUB_IMAGE", initialClk="i3", clk="e"))
    assert names(desk)[-1] == "market_data up"


def test_unreliable_data_is_not_patched_after_a_drop(desk: Desk) -> None:
    desk.say(desk.market, mcm(2, row(), status=503, clk="c5"))
    drop(desk, desk.market)
    _, subscription = reopened(desk)
    assert "clk" not in subscription


def test_bytes_that_are_no_message_end_the_connection_and_doubt_the_books(desk: Desk) -> None:
    desk.market.peer.received(b'{"op":"mcm","id":2,"mc":[{"id":1}]}\r\n', desk.now)
    assert desk.market.is_closed
    assert names(desk) == ["BooksDoubted", "market_data down"]
    desk.wait(600)
    _, subscription = reopened(desk)
    assert "clk" not in subscription


def test_lines_after_the_one_that_ended_the_connection_say_nothing(desk: Desk) -> None:
    refusal = {"op": "status", "statusCode": "FAILURE", "errorCode": "TIMEOUT", "connectionClosed": True}
    desk.say(desk.market, refusal, mcm(2, row()), refusal)
    assert names(desk) == ["market_data down"]


def test_what_arrives_on_a_connection_that_was_given_up_says_nothing(desk: Desk) -> None:
    old = desk.market
    heartbeats(desk, 1_000, market=False)
    desk.taken()
    desk.say(old, mcm(2, row()))
    old.peer.closed("late end", desk.now)
    assert desk.taken() == []


@pytest.mark.parametrize("error", ["INVALID_SESSION_INFORMATION", "NO_SESSION"])
def test_a_session_that_the_stream_does_not_know_is_renewed(desk: Desk, error: str) -> None:
    drop(desk, desk.market)
    wire = desk.network.accept(desk.now, "stream")
    desk.say(wire, {"op": "connection", "connectionId": "2"})
    refusal = {"op": "status", "id": 3, "statusCode": "FAILURE", "errorCode": error, "connectionClosed": True}
    desk.say(wire, refusal)
    assert "requests down" in names(desk)
    heartbeats(desk, 5_000, market=False)
    assert [endpoint.host for endpoint, _ in desk.network.asked] == []
    login = next(wire for wire in desk.network.wires if wire.endpoint.host == "login")
    desk.answer_on(login, {"sessionToken": "TWO", "loginStatus": "SUCCESS"})
    assert "requests up" in names(desk)
    wire = desk.network.accept(desk.now, "stream")
    desk.say(wire, {"op": "connection", "connectionId": "3"})
    assert [message["session"] for message in desk.heard(wire)] == ["TWO"]


def test_a_connection_that_opens_and_says_nothing_is_given_up(desk: Desk) -> None:
    drop(desk, desk.market)
    wire = desk.network.accept(desk.now, "stream")
    heartbeats(desk, 9_000, market=False)
    assert not wire.is_closed
    heartbeats(desk, 1_500, market=False)
    assert wire.is_closed


def test_refused_connections_are_tried_with_patience(desk: Desk) -> None:
    desk.market.peer.closed("reset", desk.now)
    start, tries = desk.now, 0
    while desk.now - start < 60_000 * 1_000_000:
        heartbeats(desk, 500, market=False)
        while any(endpoint.host == "stream" for endpoint, _ in desk.network.asked):
            desk.network.refuse(desk.now, "stream")
            tries += 1
    assert 3 <= tries <= 6
    downs = [fact for fact in desk.taken() if isinstance(fact, ChannelChanged)]
    assert [(fact.channel, fact.up) for fact in downs] == [(Channel.MARKET_DATA, False)]


def test_one_byte_at_a_time_is_the_same(desk: Desk) -> None:
    change = {"id": MARKET, "marketDefinition": definition("SUSPENDED", version=8), "rc": row()["rc"]}
    for byte in json.dumps(mcm(2, change)).encode() + b"\r\n":
        desk.market.peer.received(bytes([byte]), desk.now)
    assert [type(fact) for fact in desk.taken()] == [MarketChanged, BooksChanged]


def test_the_order_stream_resumes_the_same_way(desk: Desk) -> None:
    desk.say(desk.orders, ocm(2, bet("r1"), clk="oc2"))
    desk.taken()
    drop(desk, desk.orders)
    assert names(desk) == ["orders down", "BooksProven"]
    wire, subscription = desk.open_stream()
    assert (subscription["initialClk"], subscription["clk"]) == ("oi", "oc2")
    desk.say(wire, ocm(subscription["id"], bet("r1", sm=10, sr=0, status="EC", avp=2.5), ct="RESUB_DELTA"))
    assert names(desk) == ["OrderReported", "orders up"]


def test_a_stream_that_the_venue_conflates_is_that_of_a_delayed_key_and_never_up() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    desk.log_in()
    wire, subscription = desk.open_stream()
    change = {"id": MARKET, "img": True, "marketDefinition": definition(), "rc": []}
    late = {"ct": "SUB_IMAGE", "initialClk": "i", "clk": "c", "heartbeatMs": 500, "conflateMs": 180_000}
    desk.say(wire, mcm(subscription["id"], change, **late))
    desk.say(wire, {"op": "mcm", "id": subscription["id"], "pt": 1, "clk": "d", "ct": "HEARTBEAT"})
    (down,) = [
        fact for fact in desk.taken() if isinstance(fact, ChannelChanged) and fact.channel is Channel.MARKET_DATA
    ]
    assert not down.up
    assert "180000 ms" in down.reason
