"""Sessions, limits, the dead-man switch, and what becomes of answers when trouble strikes."""

import json

import pytest

from tests.venues.matchbook.fake_world import EPOCH_NS, EVENT, Customer, World, messages, offer
from venues.matchbook.fake.options import Group
from venues.sim.faults import Danger, Profile

SESSION = "/bpapi/rest/security/session"
HEART = "/edge/rest/v1/heartbeat"
OFFERS = "/edge/rest/v2/offers"
HOUR_MS = 3_600_000

# --- sessions ---


@pytest.mark.parametrize(
    ("who", "options", "status", "code"),
    [
        ({}, {}, 200, None),
        ({"password": "wrong"}, {}, 401, None),
        ({"username": "nobody"}, {}, 401, None),
        ({}, {"mfa_code": "123456"}, 400, "LOGIN_MFA_REQUIRED"),
        ({"mfa_code": "1"}, {"mfa_code": "123456"}, 400, "LOGIN_MFA_REQUIRED"),
        ({"mfa_code": "123456"}, {"mfa_code": "123456"}, 200, None),
        ({}, {"logins_failed_max": 0}, 400, "LOGIN_ACCOUNT_LOCKED_2"),
    ],
)
def test_logins(who: dict[str, str], options, status: int, code: str | None):
    answered, body = Customer(World(**options), login=False).login(**who)
    assert answered == status
    assert code == (body.get("errors", [{}])[0].get("codes") or [None])[0]


def test_repeated_failures_lock_the_account_and_a_good_login_forgives():
    customer = Customer(World(logins_failed_max=3), login=False)
    for _ in range(2):
        assert customer.login(password="wrong")[0] == 401
    assert customer.login()[0] == 200
    for _ in range(3):
        assert customer.login(password="wrong")[0] == 401
    assert customer.login()[0] == 400


def test_a_token_is_a_header_or_a_cookie_and_is_set_as_one():
    customer = Customer(World(), login=False)
    customer.send("POST", SESSION, {"username": "demo", "password": "demo-password"})
    ((_, headers, body),) = customer.heard()
    token = json.loads(body)["session-token"]
    assert headers["set-cookie"].startswith(f"session-token={token}; Max-Age=21600;")
    assert customer.ask("GET", SESSION, session_token=token)[0] == 200
    assert customer.ask("GET", "/edge/rest/account", Cookie=f"a=b; session-token={token}")[0] == 200
    assert customer.ask("GET", SESSION, session_token="other")[0] == 401


def test_a_session_lives_six_hours_and_each_login_has_its_own():
    world = World()
    customer = Customer(world)
    world.pass_ms(5 * HOUR_MS)
    first, second = customer.token, customer.login()[1]["session-token"]
    world.pass_ms(HOUR_MS - 1)
    assert customer.ask("GET", SESSION)[0] == 200
    world.pass_ms(1)
    assert customer.ask("GET", SESSION)[0] == 401
    customer.token = second
    assert customer.ask("GET", SESSION)[0] == 200
    assert first != second


def test_a_logout_ends_one_session():
    customer = Customer(World())
    assert customer.ask("DELETE", SESSION)[0] == 200
    assert customer.ask("GET", SESSION)[0] == 401


@pytest.mark.parametrize(("ppm", "statuses"), [(0, {401}), (1_000_000, {400}), (500_000, {400, 401})])
def test_a_call_without_a_session_is_answered_401_or_400(ppm: int, statuses: set[int]):
    customer = Customer(World(auth_400_ppm=ppm), login=False)
    seen = {customer.ask("GET", "/edge/rest/account/balance")[0] for _ in range(12)}
    assert seen == statuses


@pytest.mark.parametrize(
    ("path", "served"),
    [
        ("lookups/sports", True),
        ("navigation", True),
        ("events", True),
        (f"events/{EVENT}/markets", True),
        ("v2/offers", False),
        ("account", False),
        ("account/positions", False),
        ("reports/v2/bets/settled", False),
        ("v1/heartbeat", False),
    ],
)
def test_what_is_public_needs_no_session(path: str, served: bool):
    status, _ = Customer(World(), login=False).ask("GET", f"/edge/rest/{path}")
    assert (status == 200) is served


def test_an_expired_session_places_nothing():
    world = World()
    customer = Customer(world)
    world.fake.sessions.expire()
    status, body = customer.ask("POST", OFFERS, {"offers": [offer("BACK 2 @ 3")]})
    assert (status in (400, 401), messages(body)) == (True, ["Authentication required."])
    assert world.exchange.floor.orders == {}


# --- limits ---


def test_a_group_that_is_asked_too_often_is_shut_for_ten_minutes_and_others_are_not():
    world = World(per_minute=((Group.EVENTS, 3), (Group.ACCOUNT, 1)))
    customer = Customer(world)

    def events() -> int:
        return customer.ask("GET", "/edge/rest/events")[0]

    assert [events() for _ in range(4)] == [200, 200, 200, 429]
    assert customer.ask("GET", f"/edge/rest/events/{EVENT}/markets")[0] == 429
    assert customer.ask("GET", "/edge/rest/account/balance")[0] == 200
    assert customer.post(offer("BACK 2 @ 3"))[0] == 200
    world.pass_ms(600_000 - 1)
    assert events() == 429
    world.pass_ms(1)
    assert events() == 200


def test_calls_are_counted_over_the_last_minute():
    world = World(per_minute=((Group.REPORTS, 2),))
    customer = Customer(world)
    statuses = []
    for _ in range(4):
        statuses.append(customer.ask("GET", "/edge/rest/reports/v1/transactions")[0])
        world.pass_ms(30_000)
    assert statuses == [200] * 4


def test_a_refused_placement_is_not_carried_out():
    world = World(per_minute=((Group.BETTING_WRITE, 1),))
    customer = Customer(world)
    assert customer.post(offer("BACK 2 @ 3"))[0] == 200
    assert customer.ask("POST", OFFERS, {"offers": [offer("BACK 2 @ 3")]})[0] == 429
    assert len(customer.listed()) == 1


# --- the dead-man switch ---


@pytest.mark.parametrize(("asked", "actual"), [(20, 20), (1, 10), (1_000, 300)])
def test_the_venue_keeps_to_a_timeout_of_its_own(asked: int, actual: int):
    world = World()
    status, body = Customer(world).ask("POST", HEART, {"timeout": asked})
    assert (status, body["action-performed"], body["actual-timeout"]) == (200, "HEARTBEAT_ACTIVATED", actual)
    assert body["timeout-time"] == f"2026-01-31T12:{30 + (1 + actual) // 60}:{(1 + actual) % 60:02d}.000Z"


def test_silence_cancels_every_offer_and_the_next_call_is_told():
    world = World()
    customer = Customer(world)
    ids = [customer.place(text)["id"] for text in ("BACK 2 @ 3", "LAY 2 @ 1.5")]
    customer.ask("POST", HEART, {"timeout": 10})
    world.pass_ms(9_999)
    assert {customer.one(one)["status"] for one in ids} == {"open"}
    world.pass_ms(1)
    assert {customer.one(one)["status"] for one in ids} == {"cancelled"}
    assert customer.ask("GET", HEART)[1]["action-performed"] == "OFFERS_CANCELLED"
    assert customer.ask("POST", HEART, {"timeout": 10})[1]["action-performed"] == "OFFERS_CANCELLED"
    assert customer.ask("POST", HEART, {"timeout": 10})[1]["action-performed"] == "HEARTBEAT_ACTIVATED"


def test_a_beat_in_time_keeps_offers_alive_and_an_end_lets_them_be():
    world = World()
    customer = Customer(world)
    number = customer.place("BACK 2 @ 3")["id"]
    for _ in range(3):
        customer.ask("POST", HEART, {"timeout": 10})
        world.pass_ms(9_000)
    assert customer.ask("DELETE", HEART)[0] == 200
    world.pass_ms(60_000)
    assert customer.one(number)["status"] == "open"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_without_a_heartbeat_there_is_none_to_be_found(method: str):
    assert Customer(World()).ask(method, HEART)[0] == 404


@pytest.mark.parametrize("body", [{}, {"timeout": 0}, {"timeout": -5}, {"timeout": "x"}])
def test_a_timeout_that_is_none_is_refused(body):
    assert Customer(World()).ask("POST", HEART, body)[0] == 400


# --- trouble ---


def struck(danger: Danger, seed: int = 1) -> tuple[World, Customer]:
    """A world in which one danger strikes at every opportunity, after a login in peace."""
    world = World(seed=seed)
    customer = Customer(world)
    world.faults.profile = Profile("one", {danger: 1_000_000}, delay_ms=(300, 300))
    return world, customer


BATCH = {"offers": [offer("BACK 2 @ 3", temp="t")]}


@pytest.mark.parametrize(
    ("danger", "done"),
    [
        (Danger.REPLY_LOST, True),
        (Danger.REPLY_CUT, True),
        (Danger.DONE_BUT_5XX, True),
        (Danger.HTML_INSTEAD, True),
        (Danger.THROTTLED, False),
    ],
)
def test_harm_comes_to_the_answer_after_the_deed_and_a_throttle_before_it(danger: Danger, done: bool):
    world, customer = struck(danger)
    customer.send("POST", OFFERS, BATCH)
    written = customer.wire.taken()
    assert [order.client_ref for order in world.exchange.floor.orders.values()] == (["t"] if done else [])
    assert world.faults.fired[danger] == 1
    cut = danger in (Danger.REPLY_LOST, Danger.REPLY_CUT)
    assert customer.wire.is_closed is cut
    if danger is Danger.REPLY_LOST:
        assert written == b""
    elif not cut:
        assert int(written.split()[1]) in (403, 429, 500, 502, 503, 504)


def statuses(danger: Danger) -> set[tuple[int, str]]:
    """Every status and kind of body that a danger answers with."""
    seen = set()
    for seed in range(20):
        _, customer = struck(danger, seed)
        customer.send("GET", "/edge/rest/events")
        ((status, headers, body),) = customer.heard()
        seen.add((status, headers["content-type"]))
        assert ("cloudflare" in body.decode().lower()) is (status == 403)
    return seen


def test_a_page_for_people_is_an_edge_block_or_a_breakdown():
    assert statuses(Danger.HTML_INSTEAD) == {(403, "text/html"), (503, "text/html")}


def test_a_failing_server_fails_in_several_ways():
    assert statuses(Danger.DONE_BUT_5XX) == {
        (500, "application/json"),
        (502, "text/html"),
        (503, "text/html"),
        (504, "text/html"),
    }


def test_a_throttle_says_how_long_to_wait_and_shuts_nothing():
    world, customer = struck(Danger.THROTTLED)
    customer.send("GET", "/edge/rest/events")
    ((status, headers, _),) = customer.heard()
    assert (status, headers["retry-after"]) == (429, "2")
    world.faults.profile = Profile("none")
    assert customer.ask("GET", "/edge/rest/events")[0] == 200


def test_an_answer_may_be_late_and_shows_how_things_were_when_it_was_asked():
    world, customer = struck(Danger.REPLY_DELAYED)
    customer.send("POST", OFFERS, BATCH)
    assert customer.heard() == []
    world.crowd("LAY 2 @ 3")
    world.pass_ms(300)
    ((status, _, body),) = customer.heard()
    assert (status, json.loads(body)["offers"][0]["status"]) == (200, "open")


def test_answers_lag_within_their_bounds_and_come_in_the_order_of_the_questions():
    world = World(reply_lag_ms=(20, 40))
    customer = Customer(world, login=False)
    for path in ("/edge/rest/events", "/edge/rest/navigation"):
        customer.send("GET", path)
    world.pass_ms(19)
    assert customer.heard() == []
    world.pass_ms(21)
    first, second = (json.loads(body) for _, _, body in customer.heard())
    assert ("events" in first, isinstance(second, list)) == (True, True)


def test_every_answer_carries_the_venues_clock():
    world = World()
    customer = Customer(world)
    world.pass_ms(61_999)
    customer.send("GET", "/edge/rest/nothing")
    ((status, headers, _),) = customer.heard()
    assert (status, headers["date"]) == (404, "Sat, 31 Jan 2026 12:31:02 GMT")
    assert EPOCH_NS // 1_000_000_000 % 60 == 0
