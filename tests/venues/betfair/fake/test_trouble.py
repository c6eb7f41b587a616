"""What may become of an answer on its way: the bet is there all the same, and each danger that fired is counted."""

import json

import pytest

from tests.venues.betfair.fake.world import MARKET, Customer, Reader, World, limit, uos
from venues.sim.faults import PROFILES, Danger, Profile

CALM = PROFILES["none"]


def after_login(*dangers: Danger, **more) -> tuple[World, Customer]:
    """Trouble begins once we are in."""
    world = World()
    customer = Customer(world)
    world.faults.profile = Profile("always", dict.fromkeys(dangers, 999_999), **more)
    return world, customer


def send(customer: Customer) -> None:
    customer.send("placeOrders", marketId=MARKET, instructions=[limit("BACK 2 @ 3", ref="O-1")])


def landed(world: World) -> int:
    """How many bets the venue has, asked over a new connection in calm weather."""
    world.faults.profile = CALM
    return len(Customer(world).call("listCurrentOrders")["currentOrders"])


@pytest.mark.parametrize(
    ("danger", "status", "bets"),
    [
        (Danger.DONE_BUT_5XX, 503, 1),
        (Danger.HTML_INSTEAD, 200, 1),
        (Danger.THROTTLED, 429, 0),
    ],
)
def test_a_page_for_people_may_come_instead(danger: Danger, status: int, bets: int):
    world, customer = after_login(danger)
    send(customer)
    ((got, headers, body),) = customer.heard()
    assert (got, headers["content-type"], body[:15]) == (status, "text/html", b"<!DOCTYPE html>")
    assert not customer.wire.is_closed
    assert world.faults.fired == {danger: 1}
    assert landed(world) == bets


def test_an_answer_may_be_lost_with_its_connection():
    world, customer = after_login(Danger.REPLY_LOST)
    send(customer)
    assert (customer.wire.taken(), customer.wire.is_closed) == (b"", True)
    assert landed(world) == 1


def test_an_answer_may_be_cut_in_the_middle():
    world, customer = after_login(Danger.REPLY_CUT)
    send(customer)
    data = customer.wire.taken()
    assert data.startswith(b"HTTP/1.1 200 OK"[: len(data)])
    assert customer.wire.is_closed
    with pytest.raises((KeyError, ValueError)):
        json.loads(data.partition(b"\r\n\r\n")[2])
    assert landed(world) == 1


def test_an_answer_may_be_late_while_the_stream_tells_at_once():
    world, customer = after_login(Danger.REPLY_DELAYED, delay_ms=(3_000, 3_000))
    reader = Reader(world, customer)
    reader.watch_orders()
    send(customer)
    assert [one["rfo"] for one in uos(reader.messages())] == ["O-1"]
    world.pass_ms(2_999)
    assert customer.replies() == []
    world.pass_ms(1)
    (reply,) = customer.replies()
    assert reply["result"]["status"] == "SUCCESS"


def test_a_login_may_fail_like_anything_else():
    world = World(profile=Profile("always", {Danger.HTML_INSTEAD: 999_999}))
    customer = Customer(world, login=False)
    assert customer.certlogin()[2].startswith(b"<!DOCTYPE html>")


def test_calm_weather_harms_nothing():
    world, customer = after_login()
    for _ in range(300):
        customer.call("listCurrentOrders")
    assert not world.faults.fired


@pytest.mark.parametrize("seed", range(3))
def test_a_storm_is_the_same_for_the_same_seed(seed: int):
    def story() -> tuple[bytes, dict[str, int]]:
        world = World(seed=seed, reply_lag_ms=(0, 5), order_lag_ms=(0, 5))
        customer = Customer(world)
        reader = Reader(world, customer)
        reader.watch_orders()
        reader.watch_markets(heartbeatMs=500)
        world.faults.profile = PROFILES["storm"]
        heard = b""
        for n in range(150):
            if customer.wire.is_closed:
                customer.dial()
            send(customer)
            world.crowd("LAY", "3", f"{n % 7 + 1}")
            world.pass_ms(40)
            heard += customer.wire.taken() + reader.wire.taken()
        return heard, dict(world.faults.fired)

    first = story()
    assert first == story()
    assert len(first[1]) >= 5, first[1]


@pytest.mark.parametrize(
    ("seed", "code", "bets"), [(1, None, 2), (5, "MARKET_SUSPENDED", 0)], ids=["just behind", "just before"]
)
def test_a_market_suspended_at_an_order_takes_all_bets_of_the_request_or_none(seed: int, code: str, bets: int):
    world = World(seed=seed)
    customer = Customer(world)
    world.faults.profile = Profile("midway", {Danger.SUSPENDED_MIDWAY: 999_999}, frozen_ms=(1_000, 1_000))
    report = customer.place(limit("BACK 2 @ 3"), limit("BACK 3 @ 3"))
    assert (report.get("errorCode"), world.faults.fired) == (code, {Danger.SUSPENDED_MIDWAY: 1})
    assert len(customer.call("listCurrentOrders")["currentOrders"]) == bets
