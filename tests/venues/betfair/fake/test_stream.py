"""The stream's connections: who speaks when, what closes them, and the clocks that let a client go on."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.venues.betfair.fake.world import HOME, MARKET, OTHER, Customer, Reader, World
from venues.sim.faults import Danger, Profile
from venues.sim.lifecycle import close
from venues.sim.settling import settle


def opened(**options) -> tuple[World, Customer, Reader]:
    world = World(**options)
    customer = Customer(world)
    return world, customer, Reader(world, customer)


def clocks(messages) -> dict[str, Any]:
    """The last clocks a client saw."""
    found: dict[str, Any] = {}
    for message in messages:
        found |= {name: message[name] for name in ("initialClk", "clk") if name in message}
    return found


def levels(messages, name: str = "atb", market: str = MARKET) -> dict[float, float]:
    """A ladder of the home side after these messages."""
    ladder: dict[float, float] = {}
    for message in messages:
        for change in message.get("mc", []):
            if change["id"] == market:
                ladder = {} if change.get("img") else ladder
                for runner in change.get("rc", []):
                    if runner["id"] == HOME:
                        ladder |= dict(runner.get(name, []))
    return {price: size for price, size in ladder.items() if size}


def test_the_venue_speaks_first_and_answers_under_the_id_it_was_asked():
    _, _, reader = opened()
    assert reader.greeting == [{"op": "connection", "connectionId": "001-1-1"}]
    assert reader.status == {
        "op": "status",
        "id": 1,
        "statusCode": "SUCCESS",
        "connectionClosed": False,
        "connectionsAvailable": 9,
    }
    status, image = reader.watch_markets(id=77)
    assert (status["id"], status["statusCode"], image["id"], image["ct"]) == (77, "SUCCESS", 77, "SUB_IMAGE")
    reader.tell(op="heartbeat", id=78)
    assert reader.messages() == [{"op": "status", "id": 78, "statusCode": "SUCCESS", "connectionClosed": False}]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"op": "authentication", "id": 5, "session": "s"}, "NO_APP_KEY"),
        ({"op": "authentication", "id": 5, "appKey": "k"}, "NO_SESSION"),
        ({"op": "authentication", "id": 5, "appKey": "k", "session": "s"}, "INVALID_APP_KEY"),
        (
            {"op": "authentication", "id": 5, "appKey": "demo-live-app-key", "session": "s"},
            "INVALID_SESSION_INFORMATION",
        ),
        ({"op": "marketSubscription", "id": 5, "marketFilter": {}}, "NOT_AUTHORIZED"),
        ({"op": "orderSubscription", "id": 5}, "NOT_AUTHORIZED"),
        ({"op": "nonsense", "id": 5}, "INVALID_REQUEST"),
        ({"id": 5}, "INVALID_REQUEST"),
        ({"op": "marketSubscription", "id": 5, "marketFilter": []}, "INVALID_INPUT"),
    ],
)
def test_a_refusal_is_the_last_word(request_, code: str):
    world = World()
    Customer(world)
    reader = Reader(world)
    reader.tell(**request_)
    (status,) = reader.messages()
    assert (status["id"], status["statusCode"], status["errorCode"]) == (5, "FAILURE", code)
    assert (status["connectionClosed"], status["connectionId"]) == (True, reader.greeting[0]["connectionId"])
    assert reader.wire.is_closed


def test_a_second_authentication_ends_the_connection():
    _, customer, reader = opened()
    reader.tell(op="authentication", id=2, appKey=customer.key, session=customer.token)
    assert reader.messages()[0]["errorCode"] == "INVALID_REQUEST"
    assert reader.wire.is_closed


@given(st.binary(max_size=200))
def test_any_bytes_get_a_status_or_nothing(data: bytes):
    world = World()
    reader = Reader(world)
    reader.peer.received(data, world.now)
    assert all(message["statusCode"] == "FAILURE" for message in reader.messages())


def test_a_line_without_an_end_is_not_kept_for_ever():
    world = World()
    reader = Reader(world)
    reader.peer.received(b'{"op":"' + b"x" * 70_000, world.now)
    assert reader.messages()[0]["errorCode"] == "INVALID_INPUT"
    assert reader.wire.is_closed


def test_requests_may_come_in_pieces_and_together():
    world = World()
    customer, reader = Customer(world), Reader(world)
    text = f'{{"op":"authentication","id":1,"appKey":"{customer.key}","session":"{customer.token}"}}\r\n'
    for letter in text:
        reader.peer.received(letter.encode(), world.now)
    reader.peer.received(b'{"op":"heartbeat","id":2}\r\n{"op":"heartbeat","id":3}\n', world.now)
    assert [message["id"] for message in reader.messages()] == [1, 2, 3]


@pytest.mark.parametrize("authenticated", [False, True])
def test_a_connection_without_a_subscription_is_closed_after_fifteen_seconds(authenticated: bool):
    world = World()
    customer = Customer(world)
    reader = Reader(world, customer if authenticated else None)
    world.pass_ms(14_999)
    assert reader.messages() == []
    world.pass_ms(1)
    assert reader.messages() == [
        {
            "op": "status",
            "statusCode": "FAILURE",
            "errorCode": "TIMEOUT",
            "errorMessage": "Connection is not subscribed and is idle: 15000 ms",
            "connectionClosed": True,
            "connectionId": reader.greeting[0]["connectionId"],
        }
    ]
    assert reader.wire.is_closed


def test_ten_connections_are_the_most_and_one_that_ends_makes_room():
    world = World()
    customer = Customer(world)
    readers = [Reader(world, customer) for _ in range(11)]
    assert [one.status.get("connectionsAvailable") for one in readers] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, None]
    assert readers[-1].status["errorCode"] == "MAX_CONNECTION_LIMIT_EXCEEDED"
    readers[0].peer.closed("gone", world.now)
    assert Reader(world, customer).status["connectionsAvailable"] == 0


def test_too_many_markets_are_refused_and_the_connection_lives():
    world, _, reader = opened(markets_max=1)
    (status,) = reader.watch_markets()
    assert (status["errorCode"], status["connectionClosed"]) == ("SUBSCRIPTION_LIMIT_EXCEEDED", False)
    status, image = reader.watch_markets(marketFilter={"marketIds": [OTHER]})
    assert [change["id"] for change in image["mc"]] == [OTHER]
    world.crowd("LAY", "2", "5")
    assert reader.messages() == [], "the other market was not asked for"


def test_accounts_are_not_to_be_named():
    _, _, reader = opened()
    assert reader.watch_orders(orderFilter={"accountIds": [1]})[0]["errorCode"] == "INVALID_INPUT"


def test_unknown_fields_are_refused():
    _, _, reader = opened()
    assert reader.watch_markets(marketDataFilter={"fields": ["EX_EVERYTHING"]})[0]["errorCode"] == "INVALID_INPUT"


@pytest.mark.parametrize(("asked", "used"), [(None, 5_000), (100, 500), (2_000, 2_000), (30_000, 5_000)])
def test_heartbeats_come_when_there_is_nothing_else_to_say(asked: int | None, used: int):
    world, _, reader = opened()
    image = reader.watch_markets(heartbeatMs=asked)[-1]
    assert image["heartbeatMs"] == used
    world.pass_ms(used - 1)
    assert reader.messages() == []
    world.pass_ms(1)
    (heartbeat,) = reader.messages()
    assert (heartbeat["ct"], heartbeat["pt"], "mc" in heartbeat) == ("HEARTBEAT", image["pt"] + used, False)
    world.pass_ms(used // 2)
    world.crowd("LAY", "2", "5")
    world.pass_ms(used - 1)
    assert [message.get("ct") for message in reader.messages()] == [None]


def test_a_new_subscription_replaces_the_old_one():
    world, _, reader = opened()
    reader.watch_markets(id=2)
    reader.watch_markets(id=3, marketFilter={"marketIds": [OTHER]})
    world.crowd("LAY", "2", "5")
    world.crowd("LAY", "2", "5", market=OTHER)
    assert [message["id"] for message in reader.messages()] == [3]


def test_one_connection_holds_a_subscription_of_each_kind():
    _, customer, reader = opened()
    reader.watch_markets(id=2)
    reader.watch_orders(id=3)
    customer.bet("BACK 10 @ 3")
    assert [(message["op"], message["id"]) for message in reader.messages()] == [("mcm", 2), ("ocm", 3)]


# --- going on ---


def test_who_comes_back_with_clocks_hears_only_what_is_new():
    world, customer, reader = opened()
    world.crowd("LAY", "2", "5")
    world.crowd("LAY", "2.02", "5")
    heard = reader.watch_markets()
    world.crowd("LAY", "2.04", "5")
    heard += reader.messages()
    reader.peer.closed("gone", world.now)
    world.crowd("BACK", "2.04", "5")
    world.crowd("LAY", "2.02", "3")
    again = Reader(world, customer)
    _, patch = again.watch_markets(**clocks(heard))
    assert (patch["ct"], [change.get("img") for change in patch["mc"]]) == ("RESUB_DELTA", [None])
    assert levels([patch]) == {2.02: 8}
    assert levels([*heard, patch]) == {2.0: 5, 2.02: 8}


def test_clocks_of_a_heartbeat_go_on_too():
    world, customer, reader = opened()
    heard = reader.watch_markets()
    world.crowd("LAY", "2", "5")
    heard += reader.messages()
    world.pass_ms(5_000)
    heartbeat = reader.messages()
    _, patch = Reader(world, customer).watch_markets(**clocks(heard + heartbeat))
    assert (patch["ct"], "mc" in patch) == ("RESUB_DELTA", False)


def test_who_comes_back_too_late_gets_an_image():
    world, customer, reader = opened(clock_life_ms=10_000)
    world.crowd("LAY", "2", "5")
    found = clocks(reader.watch_markets())
    reader.peer.closed("gone", world.now)
    world.pass_ms(10_001)
    _, image = Reader(world, customer).watch_markets(**found)
    assert (image["ct"], levels([image])) == ("SUB_IMAGE", {2.0: 5})


@pytest.mark.parametrize(
    "spoiled",
    [
        {"marketFilter": {"marketIds": [MARKET]}},
        {"clk": "nonsense"},
        {"clk": "AAAA"},
        {"initialClk": "nonsense"},
        {"clk": None},
        {"initialClk": None},
        {"clk": "//////////8AAAGcFAgZKA=="},
    ],
)
def test_clocks_of_another_subscription_are_refused(spoiled):
    world, customer, reader = opened()
    found = clocks(reader.watch_markets())
    again = Reader(world, customer)
    (status,) = again.watch_markets(**(found | spoiled))
    assert (status["errorCode"], again.wire.is_closed) == ("INVALID_CLOCK", True)


def test_a_market_that_was_listed_meanwhile_comes_as_an_image():
    world, customer, reader = opened(markets=(MARKET,))
    found = clocks(reader.watch_markets())
    reader.peer.closed("gone", world.now)
    world.list_late(OTHER)
    _, patch = Reader(world, customer).watch_markets(**found)
    assert [(change["id"], change.get("img")) for change in patch["mc"]] == [(OTHER, True)]


def test_who_comes_back_hears_of_the_market_that_ended_meanwhile():
    world, customer, reader = opened()
    customer.bet("BACK 10 @ 3")
    found, orders = clocks(reader.watch_markets()), clocks(reader.watch_orders())
    reader.peer.closed("gone", world.now)
    world.at_exchange(close)
    settle(world.exchange, MARKET, dict.fromkeys(world.fake.books.markets[MARKET].runners), world.now)
    world.exchange.publish(world.now)
    again = Reader(world, customer)
    _, patch = again.watch_markets(**found)
    assert [change["marketDefinition"]["status"] for change in patch["mc"]] == ["CLOSED"]
    _, patch = again.watch_orders(**orders)
    assert (patch["oc"][0]["closed"], patch["oc"][0]["orc"][0]["uo"][0]["sl"]) == (True, 10)


def test_a_cut_between_two_messages_of_one_moment_loses_nothing():
    world, customer, reader = opened()
    heard = reader.watch_markets()
    for market in (MARKET, OTHER):
        world.crowd("LAY", "2", "5", market=market, publish=False)
    world.exchange.publish(world.now)
    first, _lost = reader.messages()
    _, patch = Reader(world, customer).watch_markets(**clocks([*heard, first]))
    assert {change["id"] for change in patch["mc"]} == {MARKET, OTHER}


# --- images in parts, slow readers, conflation ---


def test_a_large_image_comes_in_segments_if_the_client_can_take_them():
    world, customer, reader = opened(markets=tuple(f"1.{n}" for n in range(5)), segment_markets=2)
    _, *parts = reader.watch_markets(segmentationEnabled=True)
    assert [part["segmentType"] for part in parts] == ["SEG_START", "SEG", "SEG_END"]
    assert [len(part["mc"]) for part in parts] == [2, 2, 1]
    assert ["clk" in part for part in parts] == [False, False, True]
    _, whole = Reader(world, customer).watch_markets()
    assert (len(whole["mc"]), "segmentType" in whole) == (5, False)


def test_conflated_changes_are_merged_and_marked():
    world, _, reader = opened()
    reader.watch_markets(conflateMs=1_000)
    reader.messages()
    world.pass_ms(1_000)
    world.crowd("LAY", "2", "5")
    (first,) = reader.messages()
    assert "con" not in first["mc"][0]
    world.crowd("LAY", "2", "5")
    world.crowd("LAY", "2.02", "5")
    world.pass_ms(999)
    assert reader.messages() == []
    world.pass_ms(1)
    (second,) = reader.messages()
    assert (second["mc"][0]["con"], levels([second])) == (True, {2.0: 10, 2.02: 5})


def test_a_slow_reader_gets_merged_changes_when_it_has_caught_up():
    world, _, reader = opened(backlog_bytes_max=1_000)
    reader.watch_markets()
    reader.wire.backlog = 1_001
    for price in ("2", "2.02", "2.04"):
        world.crowd("LAY", price, "5")
        world.pass_ms(10)
    assert reader.messages() == []
    reader.wire.backlog = 0
    world.pass_ms(50)
    (message,) = reader.messages()
    assert (message["mc"][0]["con"], levels([message])) == (True, {2.0: 5, 2.02: 5, 2.04: 5})


# --- trouble ---


def troubled(*dangers: Danger, **more) -> Profile:
    return Profile("always", dict.fromkeys(dangers, 999_999), **more)


def test_a_frozen_feed_lives_on_heartbeats_and_then_says_everything():
    statuses = set()
    for seed in range(8):
        world, _, reader = opened(seed=seed)
        reader.watch_markets(heartbeatMs=500)
        world.faults.profile = troubled(Danger.FEED_FROZEN, frozen_ms=(2_000, 2_000))
        world.crowd("LAY", "2", "5")
        world.faults.profile = troubled()
        world.crowd("LAY", "2.02", "5")
        world.pass_ms(1_999)
        heartbeats = reader.messages()
        assert [message["ct"] for message in heartbeats] == ["HEARTBEAT"] * 3
        statuses |= {message.get("status") for message in heartbeats}
        world.pass_ms(1)
        assert levels(reader.messages()) == {2.0: 5, 2.02: 5}
        assert world.faults.fired == {"feed_frozen": 1}
    assert statuses == {None, 503}


def test_a_feed_may_break_inside_a_message_and_be_taken_up_again():
    world, customer, reader = opened()
    heard = reader.watch_markets()
    world.faults.profile = troubled(Danger.FEED_CUT)
    world.crowd("LAY", "2", "5")
    broken = reader.wire.taken()
    assert reader.wire.is_closed
    assert not broken.endswith(b"\n")
    world.faults.profile = troubled()
    _, patch = Reader(world, customer).watch_markets(**clocks(heard))
    assert levels([patch]) == {2.0: 5}


def test_a_doubled_message_is_the_same_twice():
    world, _, reader = opened(profile=troubled(Danger.MESSAGE_DOUBLED))
    reader.watch_markets()
    world.crowd("LAY", "2", "5")
    first, second = reader.lines()
    assert first == second


def test_messages_of_two_markets_may_change_places_but_not_their_clocks():
    orders = set()
    for profile in (troubled(), troubled(Danger.MESSAGES_SWAPPED)):
        world, customer, reader = opened(profile=profile)
        heard = reader.watch_markets()
        for market in (MARKET, OTHER):
            world.crowd("LAY", "2", "5", market=market, publish=False)
        world.exchange.publish(world.now)
        first, second = reader.messages()
        orders.add((first["mc"][0]["id"], second["mc"][0]["id"]))
        _, patch = Reader(world, customer).watch_markets(**clocks([*heard, first]))
        assert len(patch["mc"]) == 2, "the first of the two does not promise the second"
    assert orders == {(MARKET, OTHER), (OTHER, MARKET)}
