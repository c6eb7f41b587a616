"""Events, markets, runners and prices: every filter, and books that equal those of the exchange behind."""

import pytest

from domain.ids import SelectionId
from domain.orders import Side
from tests.venues.matchbook.fake_money import settle_on
from tests.venues.matchbook.fake_world import (
    AWAY,
    DRAW,
    EVENT,
    HOME,
    HORSE,
    MARE,
    MARKET,
    OVER,
    RACE,
    SPORT,
    TOTAL,
    UNDER,
    WIN,
    Customer,
    World,
    messages,
)
from venues.sim.images import levels
from venues.sim.lifecycle import close, remove_selection, reopen, suspend, turn_in_play

START = 1_769_866_200


# --- events ---


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, [EVENT, RACE]),
        ({"ids": EVENT}, [EVENT]),
        ({"ids": f"{RACE},{EVENT},5"}, [EVENT, RACE]),
        ({"sport-ids": SPORT["racing"]}, [RACE]),
        ({"sport-ids": f"15,{SPORT['racing']}"}, [EVENT, RACE]),
        ({"category-ids": 407_888_102_180_009}, [EVENT]),
        ({"tag-url-names": "premier-league"}, [EVENT]),
        ({"tag-url-names": "soccer,horse-racing"}, [EVENT, RACE]),
        ({"after": START}, [EVENT, RACE]),
        ({"after": START + 1}, [RACE]),
        ({"before": START}, [EVENT]),
        ({"before": START - 1}, []),
        ({"states": "open"}, [EVENT, RACE]),
        ({"states": "suspended,closed"}, []),
        ({"offset": 1}, [RACE]),
        ({"per-page": 1}, [EVENT]),
    ],
)
def test_events_are_filtered_and_come_by_their_start(query, shown: list[int]):
    body = Customer(World(), login=False).get("events", **query)
    assert [event["id"] for event in body["events"]] == shown
    assert body["total"] == (2 if {"offset", "per-page"} & set(query) else len(shown))


@pytest.mark.parametrize(
    "query",
    "ids=x after=soon per-page=0 offset=-1 price-depth=0 odds-type=FRAC currency=XAU side=up price-mode=all "
    "minimum-liquidity=-1 minimum-liquidity=1e3 exchange-type=both include-prices=yes".split(),
)
def test_a_parameter_that_makes_no_sense_is_refused_by_its_name(query: str):
    status, body = Customer(World()).ask("GET", f"/edge/rest/events?{query}")
    assert (status, body["errors"][0]["field"]) == (400, query.partition("=")[0])


def test_a_start_in_seconds_finds_what_a_start_in_milliseconds_does_not():
    customer = Customer(World())
    assert customer.get("events", before=START)["total"] == 1
    assert customer.get("events", after=START * 1_000)["total"] == 0


@pytest.mark.parametrize(
    ("deeds", "market", "in_running"),
    [
        ([], "open", False),
        ([suspend], "suspended", False),
        ([turn_in_play], "open", True),
        ([suspend, turn_in_play, reopen], "open", True),
        ([close], "closed", False),
    ],
)
def test_a_market_shows_its_state_and_an_event_that_of_its_liveliest_market(deeds, market: str, in_running: bool):
    world = World()
    for deed in deeds:
        world.at_exchange(deed)
    event = Customer(world).get(f"events/{EVENT}")
    ours, other = event["markets"]
    assert (ours["status"], ours["in-running-flag"], ours["live"]) == (market, in_running, in_running)
    assert (other["status"], event["status"]) == ("open", "open")
    assert {runner["status"] for runner in ours["runners"]} == {market}


def test_the_events_own_flag_goes_by_the_clock_and_may_disagree_with_its_markets():
    world = World()
    customer = Customer(world)
    world.pass_ms(3_600_000)
    event = customer.get(f"events/{EVENT}")
    assert (event["in-running-flag"], event["markets"][0]["in-running-flag"]) == (True, False)


def test_a_market_whose_state_is_not_wanted_is_left_out_of_its_event():
    world = World()
    customer = Customer(world)
    world.at_exchange(close)
    (event,) = customer.get("events", ids=EVENT, states="open,suspended")["events"]
    assert [market["id"] for market in event["markets"]] == [TOTAL]
    assert customer.get(f"events/{EVENT}/markets/{MARKET}")["status"] == "closed"
    (event,) = customer.get("events", **{"ids": EVENT, "markets-limit": 1})["events"]
    assert [market["id"] for market in event["markets"]] == [MARKET]


def test_a_settled_market_is_graded():
    world = World()
    settle_on(world, HOME)
    customer = Customer(world)
    assert customer.get(f"events/{EVENT}/markets/{MARKET}")["status"] == "graded"
    assert [one["id"] for one in customer.get(f"events/{EVENT}/markets")["markets"]] == [TOTAL]
    assert [one["id"] for one in customer.get(f"events/{EVENT}/markets", states="graded")["markets"]] == [MARKET]


@pytest.mark.parametrize(("query", "shown"), [({"names": "Total"}, [TOTAL]), ({"types": "one_x_two,other"}, [MARKET])])
def test_markets_are_filtered_by_name_and_type(query, shown: list[int]):
    body = Customer(World()).get(f"events/{EVENT}/markets", **query)
    assert [market["id"] for market in body["markets"]] == shown


def test_a_withdrawn_runner_keeps_its_row_paid_and_without_prices():
    world = World()
    world.crowd("LAY 50 @ 3", runner=HORSE, market=WIN)
    world.at_exchange(remove_selection, str(HORSE), market=WIN, factor_ppm=200_000)
    customer = Customer(world)
    path = f"events/{RACE}/markets/{WIN}/runners"
    gone, stays, _ = customer.get(path)["runners"]
    assert (gone["withdrawn"], gone["status"], gone["prices"]) == (True, "paid", [])
    assert (stays["withdrawn"], stays["status"]) == (False, "open")
    assert [one["id"] for one in customer.get(path, include_withdrawn="false")["runners"]] == [MARE, MARE + 10]


@pytest.mark.parametrize(
    "path",
    f"nothing events/x events/5 events/{EVENT}/markets/5 events/{RACE}/markets/{MARKET} "
    f"events/{EVENT}/markets/{MARKET}/runners/{OVER} events/{EVENT}/markets/{TOTAL}/runners/{HOME}/prices".split(),
)
def test_what_is_not_there_is_not_found(path: str):
    status, body = Customer(World()).ask("GET", f"/edge/rest/{path}")
    assert (status, len(messages(body))) == (404, 1)


def test_a_wrong_verb_is_refused():
    assert Customer(World()).ask("PUT", "/edge/rest/events", {})[0] == 405


# --- prices ---


def priced() -> tuple[World, Customer]:
    """Three levels a side on one runner, one of them small."""
    world = World()
    for text in ("LAY 50 @ 2.04", "LAY 20 @ 2.02", "LAY 5 @ 2", "BACK 9.99 @ 2.1", "BACK 30 @ 2.12", "BACK 7 @ 2.14"):
        world.crowd(text)
    return world, Customer(world, login=False)


BOOK = [("back", 2.04, 50), ("back", 2.02, 20), ("back", 2, 5), ("lay", 2.1, 9.99), ("lay", 2.12, 30), ("lay", 2.14, 7)]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ({}, BOOK),
        ({"depth": 1}, [BOOK[0], BOOK[3]]),
        ({"depth": 2}, [*BOOK[:2], *BOOK[3:5]]),
        ({"price_depth": 1}, BOOK),
        ({"side": "back"}, BOOK[:3]),
        ({"side": "lose"}, BOOK[3:]),
        ({"minimum_liquidity": 10}, [*BOOK[:2], BOOK[4]]),
        ({"minimum_liquidity": "9.99"}, [*BOOK[:2], *BOOK[3:5]]),
        ({"minimum_liquidity": 10, "depth": 1}, [BOOK[0], BOOK[4]]),
    ],
)
def test_rows_are_best_first_and_small_levels_are_hidden_before_depth_counts(query, rows):
    _, customer = priced()
    assert customer.prices(**query) == rows


@pytest.mark.parametrize(("runner", "market", "event", "least"), [(HOME, MARKET, EVENT, 10), (HORSE, WIN, RACE, 2)])
def test_without_a_word_levels_below_ten_are_hidden_and_below_two_on_racing(runner, market, event, least):
    world = World()
    for n, size in enumerate(("1.99", "2", "9.99", "10")):
        world.crowd(f"LAY {size} @ {2 + n / 10}", runner=runner, market=market)
    path = f"events/{event}/markets/{market}/runners/{runner}"
    rows = Customer(world).get(path, price_depth=9)["prices"]
    assert sorted(row["available-amount"] for row in rows) == [one for one in (1.99, 2, 9.99, 10) if one >= least]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"odds_type": "US"}, (104, 2.04, "back", "EUR", 50)),
        ({"odds_type": "HK"}, (1.04, 2.04, "back", "EUR", 50)),
        ({"odds_type": "%"}, (49.01960, 2.04, "back", "EUR", 50)),
        ({"odds_type": "MALAY"}, (-0.96153, 2.04, "back", "EUR", 50)),
        ({"exchange_type": "binary"}, (2.04, 2.04, "win", "EUR", 50)),
        ({"currency": "GBP"}, (2.04, 2.04, "back", "GBP", 43)),
        ({"currency": "USD", "minimum_liquidity": 54}, (2.04, 2.04, "back", "USD", 54)),
    ],
)
def test_prices_are_written_as_they_are_asked_for(query, expected):
    _, customer = priced()
    path = f"events/{EVENT}/markets/{MARKET}/runners/{HOME}"
    row = customer.get(path, **({"minimum_liquidity": 0} | query))["prices"][0]
    found = (row["odds"], row["decimal-odds"], row["side"], row["currency"], row["available-amount"])
    assert found == pytest.approx(expected, abs=1e-5) if isinstance(expected[2], float) else found == expected


def test_events_hold_no_prices_unless_they_are_asked_for():
    _, customer = priced()
    for query, held in (({}, False), ({"include_prices": "true"}, True)):
        event = customer.get(f"events/{EVENT}", **query)
        assert ("prices" in event["markets"][0]["runners"][0]) is held
    assert (
        "prices" not in customer.get(f"events/{EVENT}/markets/{MARKET}/runners", include_prices="false")["runners"][0]
    )


# --- markets of two ---


def two() -> Customer:
    world = World()
    world.crowd("BACK 1337.55 @ 2.34", runner=OVER, market=TOTAL)
    world.crowd("LAY 19.8 @ 2.02", runner=OVER, market=TOTAL)
    world.crowd("LAY 30 @ 1.6", runner=UNDER, market=TOTAL)
    return Customer(world)


def test_each_of_two_runners_shows_the_others_offers_mirrored():
    customer = two()
    assert customer.prices(OVER, TOTAL) == [("back", 2.02, 19.8), ("lay", 2.34, 1337.55), ("lay", 2.66666, 18)]
    assert customer.prices(UNDER, TOTAL) == [("back", 1.74626, 1792.317), ("back", 1.6, 30), ("lay", 1.98039, 20.196)]


def test_mirrored_rows_can_be_left_out_and_a_venue_may_show_none():
    customer = two()
    assert customer.prices(UNDER, TOTAL, exclude_mirrored_prices="true") == [("back", 1.6, 30)]
    world = World(mirrors=False)
    world.crowd("BACK 50 @ 2.34", runner=OVER, market=TOTAL)
    assert Customer(world).prices(UNDER, TOTAL) == []


def test_a_mirror_that_would_cross_is_not_shown():
    world = World()
    world.crowd("BACK 50 @ 2", runner=OVER, market=TOTAL)
    world.crowd("BACK 50 @ 1.9", runner=UNDER, market=TOTAL)
    assert Customer(world).prices(UNDER, TOTAL) == [("lay", 1.9, 50)]


def test_equal_odds_of_mirror_and_original_are_one_row():
    world = World()
    world.crowd("BACK 50 @ 2", runner=OVER, market=TOTAL)
    world.crowd("LAY 20 @ 2", runner=UNDER, market=TOTAL)
    assert Customer(world).prices(UNDER, TOTAL) == [("back", 2, 70)]


def test_overrounds_are_of_the_best_odds_and_absent_when_a_runner_has_none():
    customer = two()
    total, odds = (customer.get(f"events/{EVENT}/markets/{market}") for market in (TOTAL, MARKET))
    assert total["back-overround"] == pytest.approx(100 / 2.02 + 100 / 1.74626, abs=1e-4)
    assert total["lay-overround"] == pytest.approx(100 / 2.34 + 100 / 1.98039, abs=1e-4)
    assert "back-overround" not in odds


# --- the exchange behind ---


def test_books_equal_the_exchanges_own_after_a_busy_while():
    world = World()
    customer = Customer(world, login=True)
    for n in range(60):
        runner = (HOME, DRAW, AWAY)[n % 3]
        side, odds = (("BACK", 2.1 + n % 5 / 50), ("LAY", 2 - n % 4 / 50))[n % 2]
        world.crowd(f"{side} {1 + n * 37 % 50} @ {odds:.2f}", runner=runner)
        if n % 7 == 0:
            world.crowd(f"{'LAY' if side == 'BACK' else 'BACK'} {n % 20 + 1} @ 2.1", runner=runner)
        if n % 11 == 0:
            customer.place("BACK 3 @ 2.2", runner=runner)
    market = next(iter(world.exchange.floor.markets))
    seen = 0
    for runner in (HOME, DRAW, AWAY):
        for side, resting in (("back", Side.LAY), ("lay", Side.BACK)):
            behind = levels(world.exchange, market, SelectionId(str(runner)), resting=resting)
            rows = customer.prices(runner, side=side, depth=50)
            assert [(round(odds * 100), round(size * 1_000_000)) for _, odds, size in rows] == behind
            seen += len(rows)
    assert seen > 15
    shown = customer.get(f"events/{EVENT}/markets/{MARKET}")
    traded = sum(match.size_micros for match in world.exchange.floor.markets[market].matches)
    assert shown["volume"] * 1_000_000 == pytest.approx(traded)
    assert sum(runner["volume"] for runner in shown["runners"]) == pytest.approx(shown["volume"])


# --- sports and tags ---


@pytest.mark.parametrize(
    ("query", "first"),
    [({}, "American Football"), ({"order": "name%20desc"}, "Test Sport"), ({"order": "id%20asc"}, "American Football")],
)
def test_sports_come_in_the_order_that_is_asked_for(query, first: str):
    body = Customer(World(), login=False).get("lookups/sports", **query)
    assert body["sports"][0]["name"] == first
    assert {one["type"] for one in body["sports"]} == {"SPORT"}


def test_tags_form_a_tree():
    (root,) = Customer(World(), login=False).get("navigation")
    assert [(one["name"], [leaf["url-name"] for leaf in one["meta-tags"]]) for one in root["meta-tags"]] == [
        ("Soccer", ["premier-league"]),
        ("Horse Racing", []),
    ]
