"""Answers have exactly the fields of the recorded ones: none is missing, none is made up but those listed here."""

from typing import Any

import pytest

from tests.venues.matchbook.fake_world import AWAY, EVENT, HOME, MARKET, OVER, TOTAL, Customer, World, offer, sample
from venues.sim.lifecycle import turn_in_play
from venues.sim.settling import void_matches

NOT_IN_SAMPLE = frozenset({"sport-id", "temp-id", "in-play", "keep-in-play", "event-participants", "language"})
"""Fields that other recorded answers of the same kind have."""


def fields(value: Any, path: str = "") -> dict[str, set[str]]:
    """The fields of every object in a JSON value, by its place in it."""
    found: dict[str, set[str]] = {}
    if isinstance(value, list):
        for one in value:
            for place, names in fields(one, path).items():
                found.setdefault(place, set()).update(names)
    elif isinstance(value, dict):
        found[path] = set(value)
        for name, one in value.items():
            for place, names in fields(one, f"{path}{name}.").items():
                found.setdefault(place, set()).update(names)
    return found


def differences(ours: Any, theirs: Any) -> set[str]:
    """What one of two JSON values has and the other has not: `-` is missing in ours, `+` in theirs."""
    mine, recorded = fields(ours), fields(theirs)
    found = set()
    for place in mine.keys() & recorded.keys():
        found |= {f"-{place}{name}" for name in recorded[place] - mine[place]}
        found |= {f"+{place}{name}" for name in mine[place] - recorded[place]}
    return {one for one in found if one.rpartition(".")[2].lstrip("+-") not in NOT_IN_SAMPLE}


def busy() -> tuple[World, Customer]:
    """Prices on both kinds of market, a bet that was matched, offers that rest."""
    world = World()
    world.crowd("LAY 50 @ 2.04")
    world.crowd("BACK 30 @ 2.1")
    for side, odds in (("LAY", "1.9"), ("BACK", "2")):
        world.crowd(f"{side} 20 @ {odds}", runner=OVER, market=TOTAL)
    customer = Customer(world)
    customer.place("BACK 10 @ 2.02")
    customer.place("LAY 10 @ 2.08")
    return world, customer


EVENT_PATH = f"events/{EVENT}"


@pytest.mark.parametrize(
    ("name", "path", "query", "allowed"),
    [
        (
            "java_sdk/get_events_with_prices.json",
            "events",
            {"include_prices": "true", "ids": EVENT},
            {"+events.markets.handicap", "+events.markets.runners.handicap", "+events.markets.runners.withdrawn"},
        ),
        (
            "recorded_2017/event_with_prices_inplay_tennis.json",
            EVENT_PATH,
            {"include_prices": "true"},
            {"+markets.handicap", "+markets.runners.handicap", "+markets.runners.withdrawn"},
        ),
        ("java_sdk/get_event.json", EVENT_PATH, {"include_prices": "true"}, {"+markets.live"}),
        (
            "java_sdk/get_market.json",
            f"{EVENT_PATH}/markets/{MARKET}",
            {"include_prices": "true"},
            {"+live"},
        ),
        ("java_sdk/get_market_unknown_type.json", f"{EVENT_PATH}/markets/{MARKET}", {}, {"+live"}),
        ("java_sdk/get_runners.json", f"{EVENT_PATH}/markets/{MARKET}/runners", {}, set()),
        ("java_sdk/get_runner.json", f"{EVENT_PATH}/markets/{MARKET}/runners/{HOME}", {}, set()),
        ("java_sdk/get_prices.json", f"{EVENT_PATH}/markets/{MARKET}/runners/{HOME}/prices", {}, set()),
        ("java_sdk/get_sports_page.json", "lookups/sports", {}, set()),
        ("recorded_2017/navigation.json", "navigation", {}, set()),
        ("java_sdk/account.json", "account", {}, set()),
        ("java_sdk/account_balance.json", "account/balance", {}, set()),
        (
            "java_sdk/matched_bets_aggregated.json",
            "v2/matched-bets/aggregated",
            {},
            {"-matched-bets.potential-liability"},
        ),
        (
            "recorded_2017/matched_bets_aggregated.json",
            "bets/matched/aggregated",
            {},
            {"-matched-bets.potential-liability", "+matched-bets.potential-profit"},
        ),
        ("java_sdk/positions_get.json", "account/positions", {}, set()),
    ],
)
def test_a_reading_has_the_recorded_fields(name: str, path: str, query: dict[str, Any], allowed: set[str]):
    _, customer = busy()
    overrounds = {
        f"{sign}{place}{side}-overround" for sign in "+-" for place in ("", "markets.") for side in ("back", "lay")
    }
    assert differences(customer.get(path, **query), sample(name)) - overrounds == allowed


def test_offers_have_the_recorded_fields():
    _, customer = busy()
    lay = {"-offers.potential-profit", "-offers.remaining-potential-profit"}
    back = {"-offers.potential-liability", "-offers.remaining-potential-liability"}
    _, posted = customer.ask("POST", "/edge/rest/v2/offers", {"offers": [offer("BACK 5 @ 3")]})
    assert differences(posted, sample("java_sdk/offers_post.json")) == set()
    assert differences(posted["offers"][0], sample("recorded_2017/offers_post.json")["offers"][0]) == {
        one.replace("offers.", "") for one in (*back, *(name.replace("-", "+", 1) for name in lay))
    }
    status, failed = customer.ask(
        "POST", "/edge/rest/v2/offers", {"offers": [offer("BACK -2 @ 3"), offer("BACK 5 @ 3")]}
    )
    assert status == 400
    theirs = sample("java_sdk/offers_post_partial_failure_http400.json")
    assert differences(failed, theirs) == set()
    assert differences(*(next(one for one in body["offers"] if "id" not in one) for body in (failed, theirs))) == set()
    listed = customer.get("v2/offers")
    assert differences(listed, sample("java_sdk/offers_get.json")) == {name.replace("-", "+", 1) for name in back} | {
        "+offers.matched-bets.block-trade-id"
    }
    status, gone = customer.cancel(f"?offer-ids={posted['offers'][0]['id']}")
    assert (status, differences(gone, sample("java_sdk/offers_delete.json"))) == (200, set())


def test_a_matched_offer_alone_has_the_recorded_fields():
    world, customer = busy()
    world.crowd("BACK 10 @ 2.08")
    matched = next(one for one in customer.listed(status="matched") if one["side"] == "lay")
    assert differences(customer.one(matched["id"]), sample("java_sdk/offer_get.json")) == set()


def test_edits_have_the_recorded_fields():
    _, customer = busy()
    rests = customer.place("BACK 5 @ 3")["id"]
    swap = {"-offers.potential-liability", "-offers.remaining-potential-liability"}
    swap |= {"+offers.potential-profit", "+offers.remaining-potential-profit", "-offers.offer-edit.delay"}
    _, edited = customer.ask("PUT", "/edge/rest/v2/offers", {"offers": [{"id": rests, "new-odds": 3.5}]})
    assert differences(edited, sample("java_sdk/offers_put.json")) == swap | {"+offers.offer-edit.runner-id"}
    _, alone = customer.ask("PUT", f"/edge/rest/v2/offers/{rests}", {"new-odds": 3.6, "new-stake": 4})
    assert differences(alone, sample("java_sdk/offer_put.json")) == {
        one.replace("offers.", "") for one in swap | {"+offers.offer-edit.runner-id"}
    }
    status, failed = customer.ask("PUT", "/edge/rest/v2/offers", {"offers": [{"id": rests, "new-stake": -2}]})
    assert (status, differences(failed, sample("java_sdk/offers_put_partial_failure_http400.json"))) == (400, set())
    edits = customer.get(f"v2/offers/{rests}/offer-edits")
    assert differences(edits, sample("java_sdk/offer_edits_get.json")) == {
        "-offer-edits.delay",
        "-offer-edits.failure-reason",
    }
    assert customer.get(f"v2/offers/{rests}/offer-edits/{edits['offer-edits'][1]['id']}") == edits["offer-edits"][1]


def test_a_delayed_offer_names_its_delay():
    world, customer = busy()
    world.at_exchange(turn_in_play)
    _, (held,) = customer.post(offer("BACK 5 @ 1.5"))
    assert differences(held, sample("java_sdk/offer_delete.json")) == set()


def test_voided_bets_have_the_recorded_fields():
    world, customer = busy()
    void_matches(world.exchange, next(iter(world.exchange.floor.markets)), world.now, chosen=lambda _: True)
    world.exchange.publish(world.now)
    swap = {"-matched-bets.potential-liability", "+matched-bets.potential-profit", "+matched-bets.block-trade-id"}
    assert differences(customer.get("bets", status="cancelled"), sample("java_sdk/matched_bets_cancelled.json")) == swap


def test_sessions_and_heartbeats_have_the_recorded_fields():
    world = World()
    customer = Customer(world, login=False)
    status, session = customer.login()
    assert (status, differences(session, sample("java_sdk/session_post.json"))) == (200, set())
    customer.token = session["session-token"]
    heart = "/edge/rest/v1/heartbeat"
    for method, body in (("POST", {"timeout": 20}), ("GET", None), ("DELETE", None)):
        _, said = customer.ask(method, heart, body)
        assert differences(said, sample(f"java_sdk/heartbeat_{method.lower()}.json")) == set()
    _, wallet = customer.ask("GET", "/bpapi/rest/account/balance")
    assert differences(wallet, sample("recorded_2017/account_balance_bpapi.json")) == set()
    _, gone = customer.ask("DELETE", "/bpapi/rest/security/session")
    assert differences(gone, sample("java_sdk/session_delete.json")) == set()


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("java_sdk/error_login_failed.json", {"password": "wrong"}),
        ("other/error_login_account_locked_http400.json", {}),
    ],
)
def test_a_refused_login_says_what_was_recorded(name: str, who: dict[str, str]):
    customer = Customer(World(logins_failed_max=1 if who else 0), login=False)
    assert customer.login(**who)[1] == sample(name)


def test_a_call_without_a_session_says_what_was_recorded():
    customer = Customer(World(), login=False)
    assert customer.ask("GET", "/edge/rest/account")[1] == sample("java_sdk/error_authentication_required.json")


def test_a_field_that_is_missing_or_made_up_is_found():
    theirs = sample("java_sdk/get_prices.json")
    assert differences({"prices": [{"side": "lay", "size": 1}]}, theirs) >= {"-prices.odds", "+prices.size"}


def test_other_runners_show_in_a_market_of_three():
    _, customer = busy()
    runners = customer.get(f"events/{EVENT}/markets/{MARKET}/runners")["runners"]
    assert [runner["id"] for runner in runners][::2] == [HOME, AWAY]
