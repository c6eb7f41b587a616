"""Everything that the simulated venue says has the shape that the real one describes."""

import random
from fractions import Fraction
from typing import Any

import pytest

from tests.venues.betfair.fake.shapes import ApiShapes, StreamShapes
from tests.venues.betfair.fake.world import AWAY, DRAW, HOME, MARKET, OTHER, Customer, Reader, World, limit
from venues.betfair.fake.forms import VERSION_BASE
from venues.sim.lifecycle import close, remove_selection, reopen, suspend, turn_in_play
from venues.sim.settling import settle


@pytest.fixture(scope="module")
def stream_shapes(shared) -> StreamShapes:
    return StreamShapes(shared / "venues" / "betfair")


@pytest.fixture(scope="module")
def api_shapes(shared) -> ApiShapes:
    return ApiShapes(shared / "venues" / "betfair")


def busy_day(world: World, customer: Customer, seed: int, step) -> None:
    """Bets, a crowd, a suspension, a turn in-play, a removal and a settlement; `step` looks after each deed."""
    chance = random.Random(seed)
    ids: list[str] = []

    def trade(times: int) -> None:
        for n in range(times):
            side, runner = chance.choice(["BACK", "LAY"]), chance.choice([HOME, AWAY, DRAW])
            price = chance.choice(["1.98", "2", "2.02", "2.04", "2.06", "2.08", "3.05", "7.4", "100"])
            world.crowd(side, price, str(chance.randint(2, 60)), runner=runner, market=chance.choice([MARKET, OTHER]))
            step("", None)
            report = customer.place(
                limit(f"{side} {chance.randint(1, 9)}.37 @ {price}", runner=runner, ref=f"o-{seed}-{n}"),
                customerStrategyRef=chance.choice(["", "maker", "taker"]),
            )
            step("placeOrders", report)
            ids.extend(one["betId"] for one in report["instructionReports"] if "betId" in one)
            if ids and chance.random() < 0.5:
                bet: dict[str, Any] = {"betId": chance.choice(ids)}
                bet |= {"sizeReduction": 1.5} if chance.random() < 0.3 else {}
                step("cancelOrders", customer.call("cancelOrders", marketId=MARKET, instructions=[bet]))
            if ids and chance.random() < 0.3:
                change = [{"betId": chance.choice(ids), "newPrice": 2.02}]
                step("replaceOrders", customer.call("replaceOrders", marketId=MARKET, instructions=change))
            if ids and chance.random() < 0.3:
                change = [{"betId": chance.choice(ids), "newPersistenceType": "PERSIST"}]
                step("updateOrders", customer.call("updateOrders", marketId=MARKET, instructions=change))
            world.pass_ms(700)
            step("", None)

    trade(25)
    world.at_exchange(suspend)
    step("placeOrders", customer.place(limit("BACK 2.00 @ 2.02")))
    world.at_exchange(turn_in_play)
    world.at_exchange(reopen)
    step("", None)
    for version in (VERSION_BASE, VERSION_BASE + 99):
        named = {"marketVersion": {"version": version}}
        customer.send("placeOrders", marketId=MARKET, instructions=[limit("BACK 2.00 @ 2.02")], **named)
        world.pass_ms(6_000)
        (reply,) = customer.replies()
        step("placeOrders", reply["result"])
    runners = list(world.fake.books.markets[MARKET].runners)
    remove_selection(world.exchange, MARKET, runners[2], world.now, factor_ppm=300_000)
    world.exchange.publish(world.now)
    step("", None)
    world.at_exchange(close)
    step("", None)
    settle(world.exchange, MARKET, dict(zip(runners, (Fraction(1), Fraction(0), None), strict=True)), world.now)
    world.exchange.publish(world.now)
    step("", None)


@pytest.mark.parametrize("seed", range(3))
def test_every_message_of_the_stream_has_the_shape_of_the_schema(seed: int, stream_shapes: StreamShapes):
    world = World(seed=seed, segment_markets=1)
    customer = Customer(world)
    reader = Reader(world, customer)
    met: set[str] = set()

    def check(messages) -> None:
        for message in messages:
            assert stream_shapes.wrong(message) == [], message
            met.update(name for name, value in flat(message))

    check([*reader.greeting, reader.status])
    check(reader.watch_markets(segmentationEnabled=True))
    check(reader.watch_orders(orderFilter={"partitionMatchedByStrategyRef": True}))
    busy_day(world, customer, seed, lambda *_: check(reader.messages()))
    world.pass_ms(10_000)
    check(reader.messages())
    second = Reader(world, customer)
    check(second.watch_orders())
    check(second.watch_markets())
    second.tell(op="heartbeat", id=9)
    second.tell(op="nonsense", id=10)
    check(second.messages())
    for (
        name
    ) in "atb atl trd ltp tv marketDefinition uo mb ml smc avp md cd ld lsrc removalDate settledTime closed".split():
        assert name in met, f"the day never showed {name}"


def flat(value):
    """Every name in a message, with what it names."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield name, each
            yield from flat(each)
    elif isinstance(value, list):
        for each in value:
            yield from flat(each)


@pytest.mark.parametrize("seed", range(3))
def test_every_answer_has_the_shape_of_the_interface_definition(seed: int, api_shapes: ApiShapes):
    world = World(seed=seed)
    customer = Customer(world)

    def check(operation: str, result) -> None:
        if operation:
            assert api_shapes.wrong(operation, result) == [], result

    def ask(operation: str, **params) -> None:
        check(operation, customer.call(operation, **params))

    busy_day(world, customer, seed, check)
    ask("listCurrentOrders")
    for status in ("SETTLED", "VOIDED", "LAPSED", "CANCELLED"):
        ask("listClearedOrders", betStatus=status, includeItemDescription=True)
    for group in ("EVENT_TYPE", "EVENT", "MARKET", "RUNNER", "SIDE"):
        ask("listClearedOrders", betStatus="SETTLED", groupBy=group)
    everything = ["COMPETITION", "EVENT", "EVENT_TYPE", "MARKET_START_TIME", "MARKET_DESCRIPTION", "RUNNER_METADATA"]
    ask("listMarketCatalogue", filter={}, maxResults=100, marketProjection=everything)
    for market in (MARKET, OTHER):
        ask("listMarketBook", marketIds=[market], priceProjection={"priceData": ["EX_ALL_OFFERS", "EX_TRADED"]})
    ask("getAccountFunds")
    ask("getAccountDetails")
    ask("heartbeat", preferredTimeoutSeconds=30)


def test_a_wrong_shape_is_found(stream_shapes: StreamShapes, api_shapes: ApiShapes):
    assert stream_shapes.wrong({"op": "mcm", "id": 1, "pt": "now"})
    assert stream_shapes.wrong({"op": "mcm", "id": 1, "mc": [{"id": "1.2", "rc": [{"id": 1, "odds": 2}]}]})
    assert api_shapes.wrong("getAccountFunds", {"availableToBetBalance": 1})
    assert api_shapes.wrong("listCurrentOrders", {"currentOrders": [{"betId": "1"}], "moreAvailable": False})
