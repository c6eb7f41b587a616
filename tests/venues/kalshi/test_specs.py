"""Everything that we send, held against the venue's own OpenAPI and AsyncAPI."""

import copy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema
import pytest

from domain.ids import OrderRef, VenueMarketId
from domain.messages import QueryOrder, QuerySettlement, QueryVenue
from domain.orders import Side, TimeInForce
from tests.venues.kalshi.desk import (
    DECI,
    KALSHI,
    R1,
    T1,
    Desk,
    Question,
    cancel,
    created,
    delta,
    lifecycle,
    order,
    place,
)
from tests.venues.kalshi.shapes import document
from tests.venues.official.judges import closed, merged


@pytest.fixture(scope="module")
def openapi(shared: Path) -> dict[str, Any]:
    """The merged specification with the later changes to orders laid over it."""
    return merged(shared / "venues/kalshi")


@pytest.fixture(scope="module")
def asyncapi(shared: Path) -> dict[str, Any]:
    return document(shared / "venues/kalshi/asyncapi-2026-08-22.yaml")


def check(spec: dict[str, Any], name: str, value: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": closed(copy.deepcopy(spec["components"]))}
    jsonschema.Draft202012Validator(schema).validate(value)


def resolve(spec: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found: Any = spec
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def check_request(spec: dict[str, Any], question: Question) -> str:
    """The template of the request's path; every parameter of the query must be known there, and of its type."""
    path = next(
        path for path in spec["paths"] if fits(path, question.target) and question.method.lower() in spec["paths"][path]
    )
    operation = spec["paths"][path][question.method.lower()]
    parameters = {one["name"]: one for one in (resolve(spec, part) for part in operation.get("parameters") or [])}
    said = parse_qsl(question.query, strict_parsing=True) if question.query else []
    assert len(dict(said)) == len(said), question.path
    for name, value in said:
        assert parameters[name]["in"] == "query", name
        schema = resolve(spec, parameters[name]["schema"])
        typed: Any = int(value) if schema.get("type") == "integer" else value
        jsonschema.Draft202012Validator(schema).validate(typed)
    return f"{question.method} {path}"


def fits(template: str, target: str) -> bool:
    one, other = template.split("/"), target.split("/")
    return len(one) == len(other) and all(a == b or a.startswith("{") for a, b in zip(one, other, strict=True))


class Recorder(Desk):
    """A desk that keeps every request that was answered."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(**changes)
        self.kept: list[Question] = []

    def reply(self, question: Question, body: Any, *, status: int = 200) -> None:
        self.kept.append(question)
        super().reply(question, body, status=status)


def a_day(**changes: Any) -> Recorder:
    """Orders of every kind, cancels, and every question."""
    desk = Recorder(**changes)
    desk.up()
    for n, (side, tif) in enumerate([(s, t) for s in Side for t in (TimeInForce.REST, TimeInForce.IMMEDIATE)]):
        desk.send(place(f"abcdef123456-{n}", side=side, tif=tif))
        desk.reply(desk.question(), created(order_id=f"v{n}"), status=201)
        desk.send(cancel(f"abcdef123456-{n}"))
        desk.reply(desk.question(), {"order_id": f"v{n}", "reduced_by": "1.00", "ts_ms": 1})
        desk.wait(500)
    pages = iter(
        [
            {"orders": [order(R1, fill_count_fp="1.00", remaining_count_fp="9.00")], "cursor": "c=&/?+"},
            {"orders": [], "cursor": ""},
        ]
    )
    desk.known["/portfolio/orders"] = lambda: next(pages, {"orders": [], "cursor": ""})
    for command in (
        QueryVenue(KALSHI),
        QueryOrder(R1),
        QueryOrder(OrderRef("abcdef123456-99")),
        QuerySettlement(KALSHI, VenueMarketId(T1)),
    ):
        desk.send(command)
        desk.serve()
    return desk


def test_every_request_is_one_that_the_venue_documents(openapi: dict[str, Any]) -> None:
    asked = {check_request(openapi, one) for one in [*a_day().kept, *a_day(subaccount=5).kept]}
    assert asked == {
        "DELETE /portfolio/events/orders/{order_id}",
        "GET /account/endpoint_costs",
        "GET /account/limits",
        "GET /api_keys",
        "GET /events",
        "GET /exchange/schedule",
        "GET /exchange/status",
        "GET /exchange/user_data_timestamp",
        "GET /markets",
        "GET /markets/{ticker}",
        "GET /portfolio/balance",
        "GET /portfolio/fills",
        "GET /portfolio/orders",
        "GET /portfolio/orders/{order_id}",
        "GET /portfolio/positions",
        "GET /portfolio/settlements",
        "GET /series/{series_ticker}",
        "POST /portfolio/events/orders",
    }


def test_every_order_is_what_the_venue_asks_for(openapi: dict[str, Any]) -> None:
    bodies = [one.body for one in a_day().kept if one.method == "POST"]
    assert len(bodies) == 4
    for body in bodies:
        check(openapi, "CreateOrderV2Request", body)
        assert body["client_order_id"]
        if body["time_in_force"] != "good_till_canceled":
            assert "cancel_order_on_pause" not in body


def test_the_check_of_orders_can_fail(openapi: dict[str, Any]) -> None:
    body = next(one.body for one in a_day().kept if one.method == "POST")
    for wrong in ({"side": "buy"}, {"count": 1}, {"time_in_force": "GTT"}, {"post_only": "no"}, {"colour": "red"}):
        with pytest.raises(jsonschema.ValidationError):
            check(openapi, "CreateOrderV2Request", body | wrong)


def test_a_request_without_a_body_has_none() -> None:
    assert all(not one.raw for one in a_day().kept if one.method != "POST")


def test_every_command_on_a_stream_is_one_that_the_venue_documents(asyncapi: dict[str, Any]) -> None:
    schemas = {
        "subscribe": "subscribeCommandPayload",
        "unsubscribe": "unsubscribeCommandPayload",
        "update_subscription": "updateSubscriptionCommandPayload",
        "list_subscriptions": "listSubscriptionsCommandPayload",
    }
    desk = Desk()
    desk.venue.start(desk.now)
    desk.hot.append(desk.network.accept(desk.now, "rest"))
    desk.serve()
    desk.orders = desk.accept_socket()
    said = desk.subscribe(desk.orders)
    desk.wait(0)
    desk.markets = desk.accept_socket()
    said += desk.subscribe(desk.markets)
    desk.markets.say(lifecycle(1, "price_level_structure_updated", price_ranges=DECI))
    desk.markets.say(delta(2, 5, "0.4700", "1.00", "yes"), delta(2, 9, "0.4700", "1.00", "yes"))
    desk.markets.say(delta(2, 19, "0.4700", "1.00", "yes"))
    for _ in range(61):
        desk.wait(500)
        desk.orders.ping()
    said += desk.orders.heard() + desk.markets.heard()
    assert {one["cmd"] for one in said} == schemas.keys()
    for one in said:
        check(asyncapi, schemas[one["cmd"]], one)
    assert len({one["id"] for one in said if one["cmd"] != "list_subscriptions"}) >= 4
