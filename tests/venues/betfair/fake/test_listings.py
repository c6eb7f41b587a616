"""Lists: current orders, cleared orders, the catalogue, books, funds, and the dead man's switch."""

from fractions import Fraction

import pytest

from tests.venues.betfair.fake.world import AWAY, DRAW, HOME, MARKET, OTHER, Customer, Reader, World, limit, uos
from venues.sim.lifecycle import close, suspend, turn_in_play
from venues.sim.settling import settle, unsettle


def ids(customer: Customer, **params) -> list[str]:
    return [one["betId"][-1] for one in customer.call("listCurrentOrders", **params)["currentOrders"]]


def judged(world: World, *payouts: int | None) -> None:
    """Close the market and pay out its three runners."""
    world.at_exchange(close)
    runners = list(world.fake.books.markets[MARKET].runners)
    results = {runner: None if one is None else Fraction(one) for runner, one in zip(runners, payouts, strict=True)}
    settle(world.exchange, MARKET, results, world.now)
    world.exchange.publish(world.now)


def four_bets() -> tuple[World, Customer]:
    """1: matched; 2: partly matched; 3: cancelled; 4: resting on another runner."""
    world = World()
    customer = Customer(world)
    customer.place(limit("BACK 10 @ 3", ref="a"), customerStrategyRef="s")
    world.crowd("LAY", "3", "10")
    world.pass_ms(1_000)
    customer.place(limit("BACK 10 @ 3", ref="b"))
    world.crowd("LAY", "3", "4")
    world.pass_ms(1_000)
    customer.place(limit("LAY 10 @ 2"))
    bet = customer.call("listCurrentOrders")["currentOrders"][-1]["betId"]
    customer.call("cancelOrders", marketId=MARKET, instructions=[{"betId": bet}])
    world.pass_ms(1_000)
    customer.place(limit("LAY 10 @ 2", runner=AWAY))
    return world, customer


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, "1 3 5 6"),
        ({"orderProjection": "EXECUTABLE"}, "3 6"),
        ({"orderProjection": "EXECUTION_COMPLETE"}, "1 5"),
        ({"customerOrderRefs": ["a", "b"]}, "1 3"),
        ({"customerStrategyRefs": ["s"]}, "1"),
        ({"betIds": ["300000000003"]}, "3"),
        ({"marketIds": [OTHER]}, ""),
        ({"orderBy": "BY_MATCH_TIME"}, "1 3"),
        ({"orderBy": "BY_PLACE_TIME", "sortDir": "LATEST_TO_EARLIEST"}, "6 5 3 1"),
        ({"dateRange": {"from": "2026-01-31T12:30:02.000Z"}}, "3 5 6"),
        ({"dateRange": {"from": "2026-01-31T12:30:02Z", "to": "2026-01-31T12:30:03+00:00"}}, "3 5"),
        ({"recordCount": 3}, "1 3 5"),
        ({"fromRecord": 3}, "6"),
    ],
)
def test_current_orders_are_found_by_every_means(params, found: str):
    _, customer = four_bets()
    assert ids(customer, **params) == found.split()


def test_more_orders_are_announced():
    _, customer = four_bets()
    assert customer.call("listCurrentOrders", recordCount=4)["moreAvailable"] is False
    assert customer.call("listCurrentOrders", recordCount=3)["moreAvailable"] is True


def test_a_current_order_says_everything_of_itself():
    _, customer = four_bets()
    assert customer.call("listCurrentOrders", betIds=["300000000003"])["currentOrders"] == [
        {
            "betId": "300000000003",
            "marketId": MARKET,
            "selectionId": HOME,
            "handicap": 0.0,
            "priceSize": {"price": 3.0, "size": 10.0},
            "bspLiability": 0.0,
            "side": "BACK",
            "status": "EXECUTABLE",
            "persistenceType": "LAPSE",
            "orderType": "LIMIT",
            "placedDate": "2026-01-31T12:30:02.000Z",
            "averagePriceMatched": 3.0,
            "sizeMatched": 4.0,
            "sizeRemaining": 6.0,
            "sizeLapsed": 0.0,
            "sizeCancelled": 0.0,
            "sizeVoided": 0.0,
            "regulatorCode": "MALTA LOTTERIES AND GAMBLING AUTHORITY",
            "matchedDate": "2026-01-31T12:30:02.000Z",
            "customerOrderRef": "b",
        }
    ]


def test_a_bet_may_show_late():
    world = World(visible_after_ms=2_000)
    customer = Customer(world)
    customer.bet("BACK 10 @ 3")
    world.pass_ms(1_999)
    assert ids(customer) == []
    world.pass_ms(1)
    assert ids(customer) == ["1"]


def test_too_many_ids_are_refused():
    many = [str(n) for n in range(251)]
    assert Customer(World()).fault("listCurrentOrders", betIds=many)[1:] == ("ANGX-0014", "REQUEST_SIZE_EXCEEDS_LIMIT")


# --- cleared ---


def test_settled_bets_leave_the_current_orders_and_are_cleared():
    world, customer = four_bets()
    judged(world, 1, 0, 0)
    assert ids(customer) == []
    cleared = customer.call("listClearedOrders", betStatus="SETTLED")["clearedOrders"]
    assert [(one["betId"][-1], one["betOutcome"], one["sizeSettled"], one["profit"]) for one in cleared] == [
        ("1", "WON", 10.0, 20.0),
        ("3", "WON", 4.0, 8.0),
    ]
    lists = {
        status: [one["betId"][-1] for one in customer.call("listClearedOrders", betStatus=status)["clearedOrders"]]
        for status in ("CANCELLED", "LAPSED", "VOIDED")
    }
    assert lists == {"CANCELLED": ["5"], "LAPSED": ["3", "6"], "VOIDED": []}


def test_commission_is_taken_from_the_market_and_profit_is_gross_of_it():
    world, customer = four_bets()
    judged(world, 1, 0, 0)
    (market,) = customer.call("listClearedOrders", betStatus="SETTLED", groupBy="MARKET")["clearedOrders"]
    assert (market["profit"], market["commission"], market["betCount"]) == (28.0, 1.4, 2)
    assert customer.call("getAccountFunds")["availableToBetBalance"] == 1_026.6


def test_a_void_runner_gives_the_stakes_back():
    world, customer = four_bets()
    judged(world, None, 0, 1)
    assert customer.call("listClearedOrders", betStatus="SETTLED")["clearedOrders"] == []
    voided = customer.call("listClearedOrders", betStatus="VOIDED")["clearedOrders"]
    assert [(one["betId"][-1], one["sizeSettled"], one["profit"]) for one in voided] == [
        ("1", 10.0, 0.0),
        ("3", 4.0, 0.0),
    ]
    assert customer.call("getAccountFunds")["availableToBetBalance"] == 1_000.0


def test_a_settlement_that_is_taken_back_brings_the_bets_back():
    world, customer = four_bets()
    judged(world, 1, 0, 0)
    unsettle(world.exchange, MARKET)
    world.exchange.publish(world.now)
    assert ids(customer) == ["1", "3", "5", "6"]
    assert customer.call("listClearedOrders", betStatus="SETTLED")["clearedOrders"] == []


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"marketIds": [MARKET]}, 2),
        ({"marketIds": [OTHER]}, 0),
        ({"betIds": ["300000000001"]}, 1),
        ({"customerOrderRefs": ["b"]}, 1),
        ({"side": "LAY"}, 0),
        ({"runnerIds": [{"marketId": MARKET, "selectionId": HOME}]}, 2),
        ({"runnerIds": [{"marketId": MARKET, "selectionId": DRAW}]}, 0),
        ({"settledDateRange": {"to": "2026-01-31T12:30:00Z"}}, 0),
        ({"recordCount": 1}, 1),
    ],
)
def test_cleared_orders_are_found_by_every_means(params, found: int):
    world, customer = four_bets()
    judged(world, 1, 0, 0)
    assert len(customer.call("listClearedOrders", betStatus="SETTLED", **params)["clearedOrders"]) == found


# --- markets ---


def test_the_catalogue_shows_what_is_asked_for():
    customer = Customer(World())
    (plain, _) = customer.call("listMarketCatalogue", filter={}, maxResults=10)
    assert plain == {"marketId": MARKET, "marketName": "Match Odds", "totalMatched": 0.0}
    asked = ["EVENT", "RUNNER_DESCRIPTION", "MARKET_START_TIME"]
    (full,) = customer.call("listMarketCatalogue", filter={"marketIds": [OTHER]}, maxResults=10, marketProjection=asked)
    assert full["event"]["name"] == "Harbour v Castle"
    assert [one["runnerName"] for one in full["runners"]] == ["Harbour", "Castle", "The Draw"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"eventTypeIds": ["1"]}, 2),
        ({"eventTypeIds": ["7"]}, 0),
        ({"eventIds": ["35187438"], "marketTypeCodes": ["MATCH_ODDS"]}, 2),
        ({"marketTypeCodes": ["WIN"]}, 0),
        ({"textQuery": "harbour"}, 2),
        ({"textQuery": "haven"}, 0),
        ({"inPlayOnly": True}, 1),
        ({"inPlayOnly": False}, 1),
        ({"bspOnly": True}, 0),
        ({"marketStartTime": {"from": "2026-01-31T13:00:00Z"}}, 2),
        ({"marketStartTime": {"to": "2026-01-31T13:00:00Z"}}, 0),
    ],
)
def test_the_catalogue_is_narrowed_by_its_filter(wanted, found: int):
    world = World()
    world.at_exchange(turn_in_play)
    assert len(Customer(world).call("listMarketCatalogue", filter=wanted, maxResults=10)) == found


def test_closed_markets_are_in_no_catalogue():
    world, customer = four_bets()
    judged(world, 1, 0, 0)
    assert [one["marketId"] for one in customer.call("listMarketCatalogue", filter={}, maxResults=10)] == [OTHER]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"maxResults": 0}, "INVALID_INPUT_DATA"),
        ({"maxResults": 1_001}, "INVALID_INPUT_DATA"),
        ({"maxResults": 201, "marketProjection": ["MARKET_DESCRIPTION"]}, "TOO_MUCH_DATA"),
        ({"maxResults": 101, "marketProjection": ["MARKET_DESCRIPTION", "RUNNER_METADATA"]}, "TOO_MUCH_DATA"),
    ],
)
def test_the_catalogue_has_its_limits(params, code: str):
    assert Customer(World()).fault("listMarketCatalogue", filter={}, **params)[2] == code


@pytest.mark.parametrize(
    ("data", "most"),
    [
        ([], 100),
        (["EX_BEST_OFFERS"], 40),
        (["EX_ALL_OFFERS"], 11),
        (["EX_BEST_OFFERS", "EX_TRADED"], 10),
        (["EX_ALL_OFFERS", "EX_TRADED"], 6),
        (["SP_TRADED", "EX_ALL_OFFERS", "EX_TRADED"], 5),
    ],
)
def test_books_are_weighed(data: list[str], most: int):
    customer = Customer(World())
    projection = {"priceProjection": {"priceData": data}}
    assert customer.call("listMarketBook", marketIds=[MARKET] * most, **projection)
    assert customer.fault("listMarketBook", marketIds=[MARKET] * (most + 1), **projection)[2] == "TOO_MUCH_DATA"


def test_a_book_shows_the_best_prices_first():
    world = World()
    for price in ("2", "2.02", "2.04", "2.06"):
        world.crowd("LAY", price, "10")
    for price in ("2.2", "2.18", "2.16"):
        world.crowd("BACK", price, "5")
    world.crowd("BACK", "2.06", "4")
    customer = Customer(world)
    (best,) = customer.call("listMarketBook", marketIds=[MARKET], priceProjection={"priceData": ["EX_BEST_OFFERS"]})
    offers = best["runners"][0]["ex"]
    assert [one["price"] for one in offers["availableToBack"]] == [2.06, 2.04, 2.02]
    assert offers["availableToBack"][0]["size"] == 6.0
    assert [one["price"] for one in offers["availableToLay"]] == [2.16, 2.18, 2.2]
    (all_of_it,) = customer.call(
        "listMarketBook", marketIds=[MARKET], priceProjection={"priceData": ["EX_ALL_OFFERS", "EX_TRADED"]}
    )
    assert len(all_of_it["runners"][0]["ex"]["availableToBack"]) == 4
    assert all_of_it["runners"][0]["ex"]["tradedVolume"] == [{"price": 2.06, "size": 8.0}]
    assert (all_of_it["totalMatched"], all_of_it["runners"][0]["lastPriceTraded"]) == (8.0, 2.06)


def test_of_open_and_closed_markets_together_only_the_open_are_shown():
    world = World()
    judged(world, 1, 0, 0)
    customer = Customer(world)
    both = customer.call("listMarketBook", marketIds=[MARKET, OTHER, "1.1"])
    assert [one["marketId"] for one in both] == [OTHER]
    (closed,) = customer.call("listMarketBook", marketIds=[MARKET])
    assert closed["status"] == "CLOSED"
    assert [one["status"] for one in closed["runners"]] == ["WINNER", "LOSER", "LOSER"]


def test_a_market_nobody_may_bet_on_is_suspended_until_it_is_settled():
    world = World()
    world.at_exchange(close)
    (book,) = Customer(world).call("listMarketBook", marketIds=[MARKET])
    assert book["status"] == "SUSPENDED"


# --- money ---


def test_funds_show_what_is_locked_below_zero():
    customer = Customer(World())
    customer.place(limit("LAY 100 @ 3"))
    funds = customer.call("getAccountFunds")
    assert (funds["availableToBetBalance"], funds["exposure"]) == (800.0, -200.0)
    assert customer.call("getAccountDetails")["currencyCode"] == "GBP"


# --- the dead man's switch ---


@pytest.mark.parametrize(("preferred", "actual"), [(0, 0), (1, 10), (10, 10), (60, 60), (999, 300)])
def test_a_heartbeat_is_clamped(preferred: int, actual: int):
    report = Customer(World()).call("heartbeat", preferredTimeoutSeconds=preferred)
    assert report == {"actionPerformed": "NONE", "actualTimeoutSeconds": actual}


def test_silence_cancels_everything_and_the_next_heartbeat_says_so():
    world = World()
    customer = Customer(world)
    reader = Reader(world, customer)
    reader.watch_orders()
    customer.bet("BACK 10 @ 3")
    customer.call("heartbeat", preferredTimeoutSeconds=10)
    world.pass_ms(9_000)
    customer.call("heartbeat", preferredTimeoutSeconds=10)
    world.pass_ms(9_999)
    assert ids(customer, orderProjection="EXECUTABLE") == ["1"]
    reader.messages()
    world.pass_ms(1)
    assert ids(customer, orderProjection="EXECUTABLE") == []
    assert [(one["status"], one["sc"]) for one in uos(reader.messages())] == [("EC", 10)]
    assert customer.call("heartbeat", preferredTimeoutSeconds=0)["actionPerformed"] == "ALL_BETS_CANCELLED"
    customer.bet("BACK 10 @ 3")
    world.pass_ms(60_000)
    assert ids(customer, orderProjection="EXECUTABLE") == ["2"], "nobody is watched after a zero"


def test_a_heartbeat_below_zero_is_refused():
    assert Customer(World()).fault("heartbeat", preferredTimeoutSeconds=-1)[1:] == ("HBT-0001", "INVALID_INPUT_DATA")


def test_a_suspended_market_is_listed():
    world = World()
    world.at_exchange(suspend)
    assert len(Customer(world).call("listMarketCatalogue", filter={}, maxResults=10)) == 2
