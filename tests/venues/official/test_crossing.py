"""Whatever crosses in a stretch of trading is as the venues' own documents say, in both ways; the judge is strict."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.venues.official.crossing import cross
from tests.venues.official.judges import Judge
from tests.venues.official.witness import FIX, LINES, SOCKET, Asked, Said
from venues.sim.http_server import Request

BETFAIR = {
    *(
        f"SportsAPING/v1.0/{name}"
        for name in ("placeOrders", "cancelOrders", "replaceOrders", "listMarketCatalogue", "listMarketBook")
    ),
    *(f"SportsAPING/v1.0/{name}" for name in ("listCurrentOrders", "listClearedOrders")),
    *(f"stream > {name}" for name in ("authentication", "marketSubscription", "orderSubscription")),
    *(f"stream < {name}" for name in ("connection", "status", "mcm", "ocm")),
    *(f"AccountAPING/v1.0/{name}" for name in ("getAccountFunds", "getAccountStatement")),
    *("POST /api/certlogin", "POST /api/keepAlive"),
}
KALSHI = {
    *(f"GET /{name}" for name in ("markets", "events", "account/limits", "exchange/status", "portfolio/orders")),
    *("POST /portfolio/events/orders", "DELETE /portfolio/events/orders/{order_id}", "GET /portfolio/fills"),
    *(f"POST /portfolio/events/orders/{{order_id}}/{verb}" for verb in ("amend", "decrease")),
    *(f"GET /portfolio/{name}" for name in ("settlements", "balance", "deposits", "withdrawals")),
    *("POST /portfolio/order_groups/create", "PUT /portfolio/order_groups/{order_group_id}/reset"),
    *(f"socket > {name}" for name in ("subscribe", "update_subscription", "list_subscriptions")),
    *(f"socket < {name}" for name in ("subscribed", "ok", "orderbook_snapshot", "orderbook_delta", "user_order")),
    *(f"socket < {name}" for name in ("fill", "market_lifecycle_v2", "order_group_updates")),
    *(f"fix > {kind}" for kind in ("A", "D", "0", "1", "F", "G", "V", "U1")),
    *(f"fix < {kind}" for kind in ("A", "0", "8", "9", "W", "X", "U2")),
}
MATCHBOOK = {
    *("POST /bpapi/rest/security/session", "GET /edge/rest/account", "GET /edge/rest/events"),
    *(f"{verb} /edge/rest/v2/offers" for verb in ("GET", "POST")),
    *(f"{verb} /edge/rest/v2/offers/#" for verb in ("DELETE", "PUT", "GET")),
    *("POST /edge/rest/v1/heartbeat", "GET /edge/rest/account/balance", "GET /edge/rest/reports/v1/transactions"),
    *(f"GET /edge/rest/reports/v2/bets/{state}" for state in ("current", "settled")),
    *(f"feed us {kind}" for kind in ("login", "subscribe", "ping")),
    *(f"feed them {kind}" for kind in ("price-update", "offer-update", "event-update", "balance-update", "ack")),
}
KEPT_ALIVE_MINUTES = 10.2
"""A session is kept alive after ten minutes; markets are settled after two, and little is said from then on."""


@pytest.fixture(scope="module")
def judge(shared: Path) -> Judge:
    return Judge(shared)


def test_everything_that_crosses_is_as_the_documents_say(shared: Path) -> None:
    judge = Judge(shared)
    orders = sum(
        cross(judge, 3, minutes=minutes, faults="light", fix=fix, moving=True)
        for fix, minutes in ((False, KEPT_ALIVE_MINUTES), (True, 1.5))
    )
    assert dict(judge.wrong) == {}
    assert orders > 50
    for venue, kinds in (("betfair", BETFAIR), ("kalshi", KALSHI), ("matchbook", MATCHBOOK)):
        assert {kind for kind in kinds if not judge.counts[f"{venue} {kind}"]} == set(), venue


def call(method: str, params: Any, **more: Any) -> Asked:
    api = "account" if method.startswith("Account") else "betting"
    headers = {"x-application": "k", "x-authentication": "t", "content-type": "application/json"} | more.pop(
        "headers", {}
    )
    body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "id": 1}).encode()
    return Asked("betfair", Request("POST", f"/exchange/{api}/json-rpc/v1", "", headers, body), **more)


def kalshi(method: str, path: str, query: str = "", body: Any = None, *, signed: bool = True, **more: Any) -> Asked:
    names = ("kalshi-access-key", "kalshi-access-timestamp", "kalshi-access-signature")
    data = json.dumps(body).encode() if body is not None else b""
    request = Request(method, f"/trade-api/v2{path}", query, dict.fromkeys(names, "x") if signed else {}, data)
    return Asked("kalshi", request, **more)


def answered(path: str, body: Any) -> Asked:
    return Asked("kalshi", kalshi("GET", path).request, 200, json.dumps(body).encode())


def matchbook(method: str, path: str, query: str = "", **more: Any) -> Asked:
    return Asked("matchbook", Request(method, path, query, {}, b""), **more)


BET = {"selectionId": 1, "side": "BACK", "orderType": "LIMIT", "limitOrder": {"size": 2, "price": 2.5}}
ORDER = {
    "ticker": "T",
    "side": "bid",
    "count": "1",
    "price": "0.5",
    "time_in_force": "good_till_canceled",
    "self_trade_prevention_type": "maker",
}
LINE = {"op": "mcm", "id": 2, "pt": 1, "clk": "a"}
PLACE = "SportsAPING/v1.0/placeOrders"


def stream(said: dict[str, Any], *, by_us: bool) -> Said:
    return Said("betfair", LINES, by_us, json.dumps(said).encode())


def socket(said: dict[str, Any], *, by_us: bool) -> Said:
    return Said("kalshi", SOCKET, by_us, json.dumps(said).encode())


HEARTBEAT = [
    (8, "FIXT.1.1"),
    (9, "1"),
    (35, "0"),
    (49, "a"),
    (56, "b"),
    (34, "1"),
    (52, "20260101-00:00:00.000"),
    (10, "1"),
]

GOOD_AND_BAD: list[tuple[str, Asked | Said, Asked | Said]] = [
    (
        "marketId is missing",
        call(PLACE, {"marketId": "1.1", "instructions": [BET]}),
        call(PLACE, {"instructions": [BET]}),
    ),
    (
        "colour is not in",
        call(PLACE, {"marketId": "1.1", "instructions": [BET]}),
        call(PLACE, {"marketId": "1.1", "instructions": [BET | {"colour": "red"}]}),
    ),
    (
        "is no Side",
        call(PLACE, {"marketId": "1.1", "instructions": [BET]}),
        call(PLACE, {"marketId": "1.1", "instructions": [BET | {"side": "BUY"}]}),
    ),
    (
        "header x-authentication",
        call("AccountAPING/v1.0/getAccountFunds", {}),
        call("AccountAPING/v1.0/getAccountFunds", {}, headers={"x-authentication": ""}),
    ),
    (
        "is no operation",
        call("SportsAPING/v1.0/cancelOrders", {"marketId": "1.1"}),
        call("SportsAPING/v1.0/cancelEverything", {}),
    ),
    ("is not in the schema", stream(LINE, by_us=False), stream(LINE | {"colour": 1}, by_us=False)),
    (
        "is not in the schema",
        stream({"op": "authentication", "id": 1, "session": "s", "appKey": "k"}, by_us=True),
        stream({"op": "authentication", "id": 1, "session": "s", "app_key": "k"}, by_us=True),
    ),
    (
        "CreateOrderV2Request",
        kalshi("POST", "/portfolio/events/orders", body=ORDER),
        kalshi("POST", "/portfolio/events/orders", body=ORDER | {"count": 1}),
    ),
    ("is not known", kalshi("GET", "/portfolio/orders", "limit=5"), kalshi("GET", "/portfolio/orders", "colour=5")),
    ("not in the document", kalshi("GET", "/markets"), kalshi("GET", "/marketz")),
    ("header kalshi-access-key", kalshi("GET", "/markets"), kalshi("GET", "/markets", signed=False)),
    (
        "colour is not described",
        answered("/exchange/user_data_timestamp", {"as_of_time": "2026-01-01T00:00:00Z"}),
        answered("/exchange/user_data_timestamp", {"as_of_time": "2026-01-01T00:00:00Z", "colour": 1}),
    ),
    (
        "subscribeCommandPayload",
        socket({"id": 1, "cmd": "subscribe", "params": {"channels": ["fill"]}}, by_us=True),
        socket({"id": 1, "cmd": "subscribe", "params": {"channels": ["fills"]}}, by_us=True),
    ),
    (
        "subscribedResponsePayload",
        socket({"id": 1, "type": "subscribed", "msg": {"channel": "fill", "sid": 1}}, by_us=False),
        socket({"id": 1, "type": "subscribed", "msg": {"channel": "fill"}}, by_us=False),
    ),
    (
        "38 is not known",
        Said("kalshi", FIX, True, b"", HEARTBEAT),
        Said("kalshi", FIX, True, b"", [*HEARTBEAT[:-1], (38, "1"), HEARTBEAT[-1]]),
    ),
    (
        "an unfiltered DELETE",
        matchbook("DELETE", "/edge/rest/v2/offers", "offer-ids=1"),
        matchbook("DELETE", "/edge/rest/v2/offers"),
    ),
    (
        "status 404",
        matchbook("GET", "/edge/rest/v2/offers/33980000000980015", status=404),
        matchbook("GET", "/edge/rest/v2/bets", status=404),
    ),
    (
        "parameter colour",
        matchbook("GET", "/edge/rest/events", "ids=1"),
        matchbook("GET", "/edge/rest/events", "colour=1"),
    ),
    (
        "made up: colour",
        matchbook("GET", "/edge/rest/account/balance", status=200, body=b'{"id":1,"balance":2}'),
        matchbook("GET", "/edge/rest/account/balance", status=200, body=b'{"id":1,"balance":2,"colour":3}'),
    ),
]


@pytest.mark.parametrize(("said", "good", "bad"), GOOD_AND_BAD)
def test_the_judge_lets_what_is_right_pass_and_names_what_is_wrong(
    judge: Judge, said: str, good: Asked | Said, bad: Asked | Said
) -> None:
    judge.wrong.clear()
    judge.hear(good)
    assert dict(judge.wrong) == {}
    judge.hear(bad)
    assert any(said in one for one in judge.wrong), dict(judge.wrong)
