"""The login hosts: both forms, sessions and their ends, and what every API says to those without one."""

import json

import pytest

from tests.venues.betfair.fake.world import MARKET, Customer, Reader, World, limit

HOUR_MS = 3_600_000


def visit(customer: Customer, operation: str, **headers: str):
    customer.ask(f"/api/{operation}", b"", X_Application=customer.key, X_Authentication=customer.token, **headers)
    ((status, _, body),) = customer.heard()
    assert status == 200
    return json.loads(body)


def test_a_certificate_login_gives_a_token():
    customer = Customer(World(), login=False)
    _, _, body = customer.certlogin()
    answer = json.loads(body)
    assert list(answer) == ["sessionToken", "loginStatus"]
    assert answer["loginStatus"] == "SUCCESS"


def test_the_interactive_form_gives_one_too():
    customer = Customer(World(), login=False)
    form = b"username=demo&password=demo-password"
    customer.ask("/api/login", form, X_Application=customer.key, Accept="application/json")
    ((_, _, body),) = customer.heard()
    answer = json.loads(body)
    assert (answer["status"], answer["product"], answer["error"]) == ("SUCCESS", customer.key, "")
    customer.token = answer["token"]
    assert customer.call("listCurrentOrders")["currentOrders"] == []


@pytest.mark.parametrize(
    ("form", "key", "status"),
    [
        (b"username=demo&password=wrong", "k", "INVALID_USERNAME_OR_PASSWORD"),
        (b"username=demo", "k", "INPUT_VALIDATION_ERROR"),
        (b"", "k", "INPUT_VALIDATION_ERROR"),
        (b"username=demo&password=demo-password", "", "INPUT_VALIDATION_ERROR"),
    ],
)
def test_a_wrong_login_is_told_why(form: bytes, key: str, status: str):
    customer = Customer(World(), login=False)
    for path, word in (("certlogin", "loginStatus"), ("login", "error")):
        customer.ask(f"/api/{path}", form, **({"X_Application": key} if key else {}))
        ((_, _, body),) = customer.heard()
        assert json.loads(body)[word] == status
        assert b"Token" not in body


def test_more_than_a_hundred_logins_in_a_minute_ban_for_twenty():
    world = World()
    customer = Customer(world, login=False)
    statuses = [json.loads(customer.certlogin()[2])["loginStatus"] for _ in range(101)]
    assert statuses == ["SUCCESS"] * 100 + ["TEMPORARY_BAN_TOO_MANY_REQUESTS"]
    world.pass_ms(2 * 60_000)
    customer.dial()
    assert b"TEMPORARY_BAN" in customer.certlogin()[2]
    world.pass_ms(18 * 60_000)
    customer.dial()
    assert b"SUCCESS" in customer.certlogin()[2]


def test_use_does_not_lengthen_a_session_and_keep_alive_does():
    world = World(session_life_ms=HOUR_MS)
    customer, lazy = Customer(world), Customer(world)
    for _ in range(3):
        world.pass_ms(HOUR_MS // 4)
        for one in (customer, lazy):
            one.dial()
        assert visit(customer, "keepAlive") == {
            "token": customer.token,
            "product": customer.key,
            "status": "SUCCESS",
            "error": "",
        }
        assert lazy.call("listCurrentOrders")
    world.pass_ms(HOUR_MS // 2)
    for one in (customer, lazy):
        one.dial()
    assert customer.call("listCurrentOrders")
    assert lazy.fault("listCurrentOrders") == (-32099, "ANGX-0003", "INVALID_SESSION_INFORMATION")
    assert visit(lazy, "keepAlive")["error"] == "NO_SESSION"


def test_logout_ends_a_session():
    customer = Customer(World())
    assert visit(customer, "logout")["status"] == "SUCCESS"
    assert visit(customer, "logout") | {"token": ""} == {
        "token": "",
        "product": customer.key,
        "status": "FAIL",
        "error": "NO_SESSION",
    }
    assert customer.fault("listCurrentOrders")[2] == "INVALID_SESSION_INFORMATION"


@pytest.mark.parametrize(
    ("key", "token", "betting", "account"),
    [
        ("", "good", "ANGX-0004 NO_APP_KEY", "AANGX-0011 NO_APP_KEY"),
        ("good", "", "ANGX-0005 NO_SESSION", "AANGX-0010 NO_SESSION"),
        ("bad", "good", "ANGX-0007 INVALID_APP_KEY", "AANGX-0004 INVALID_APP_KEY"),
        ("good", "bad", "ANGX-0003 INVALID_SESSION_INFORMATION", "AANGX-0002 INVALID_SESSION_INFORMATION"),
    ],
)
def test_every_api_names_what_is_wrong_with_key_and_token(key: str, token: str, betting: str, account: str):
    customer = Customer(World())
    customer.key = {"good": customer.key}.get(key, key)
    customer.token = {"good": customer.token}.get(token, token)
    assert customer.fault("listCurrentOrders") == (-32099, *betting.split())
    assert customer.fault("getAccountFunds") == (-32099, *account.split())


def test_all_sessions_can_end_at_once_and_an_open_stream_goes_on():
    world = World()
    customer = Customer(world)
    reader = Reader(world, customer)
    reader.watch_markets()
    world.fake.sessions.expire()
    assert customer.fault("placeOrders", marketId=MARKET, instructions=[limit("BACK 2 @ 3")])[1] == "ANGX-0003"
    world.crowd("LAY", "2.02", "10")
    assert reader.messages()[0]["op"] == "mcm"


def test_unknown_paths_are_no_api():
    customer = Customer(World())
    for path in ("/", "/api/nothing", "/exchange/betting/rest/v2"):
        customer.ask(path)
        assert customer.heard()[0][0] == 404
    customer.ask("/exchange/betting/json-rpc/v1")
    ((status, _, body),) = customer.heard()
    assert (status, json.loads(body)["error"]["code"]) == (200, -32700)
