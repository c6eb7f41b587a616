"""The description: every request stands in it, and what is answered is what it says."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from desk.control_routes import ROUTES, SECTION_SAYS
from desk.views import SECTIONS
from domain.breaks import BreakFound
from domain.operators import KillLevel, KillLevelSet
from tests.builders import facts
from tests.desk.desks import Watched, watched
from tests.engine.runs import ONE
from tests.engine.streets import quote

QUERIES = {"/v1/ladder": "?market=match", "/v1/view": "?market=match&outcome=0"}
WRONG: list[tuple[str, str, str, Any]] = [
    ("GET", "/v1/view", "?sections=x", None),
    ("GET", "/v1/view", "?market=x", None),
    ("GET", "/v1/ladder", "", None),
    ("GET", "/v1/ladder", "?market=x", None),
    ("GET", "/v1/explain/{order}", "", None),
    ("POST", "/v1/fair-values", "", {}),
    ("POST", "/v1/events/turned", "", {}),
    ("POST", "/v1/events/turned", "", {"event": "x", "source": "feed", "id": "1"}),
    ("POST", "/v1/halt", "", {}),
    ("POST", "/v1/halt", "", {"level": 0, "who": "desk", "why": "all is well"}),
    ("POST", "/v1/pause", "", {}),
    ("POST", "/v1/pause", "", {"strategy": "x", "who": "ann", "why": "drill"}),
    ("POST", "/v1/resume", "", {"who": "ann"}),
    ("POST", "/v1/resume", "", {"strategy": "x", "who": "ann", "why": "drill"}),
    ("POST", "/v1/cancel-all", "", {}),
    ("POST", "/v1/cancel-all", "", {"venue": "x", "who": "ann", "why": "drill"}),
    ("POST", "/v1/cancel", "", {}),
    ("POST", "/v1/cancel", "", {"order": "x", "who": "ann", "why": "drill"}),
    ("POST", "/v1/orders/vouch", "", {"order": "x", "finding": "lost", "who": "ann", "why": "drill"}),
    ("POST", "/v1/orders/vouch", "", {"order": "x", "finding": "gone", "who": "ann", "why": "drill"}),
    ("POST", "/v1/reconcile", "", {"who": "", "why": "drill"}),
    ("POST", "/v1/reconcile", "", {"venue": "x", "who": "ann", "why": "drill"}),
    ("GET", "/v1/view/markets", "?count=0", None),
]
RIGHT = {
    "/v1/fair-values": [],
    "/v1/events/turned": {"event": "cup", "source": "feed", "id": "goal 1"},
    "/v1/halt": {"level": 3, "who": "ann", "why": "drill"},
    "/v1/pause": {"who": "ann", "why": "drill"},
    "/v1/resume": {"who": "ann", "why": "drill"},
    "/v1/cancel-all": {"who": "ann", "why": "drill"},
    "/v1/reconcile": {"venue": "two", "who": "ann", "why": "drill"},
}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Watched]:
    """A desk with something in every section."""
    async with watched(tmp_path) as desk:
        placed = desk.quoting(quote())
        desk.tell(*facts("fill f1 4 at 5", placed.ref), *facts("accept v9", "nobodys"))
        desk.street.note(BreakFound(ONE, "somebodys", "STATUS", "MEDIUM", 5, "it rests and should not"))
        desk.tell(KillLevelSet(KillLevel.NO_NEW_RISK, "ann", "drill"))
        yield desk


def complaints(value: Any, schema: dict[str, Any], description: dict[str, Any]) -> list[str]:
    """What of a value is not as its schema says."""
    whole = {**schema, "components": description["components"]}
    return [f"{list(error.path)}: {error.message}" for error in OAS31Validator(whole).iter_errors(value)]


def schema_of(answer: dict[str, Any]) -> dict[str, Any]:
    return answer["content"]["application/json"]["schema"]


async def test_every_request_that_is_served_is_described_and_the_reverse(desk: Watched) -> None:
    _, told = await desk.fetch("/v1/openapi.json")
    served = {
        (route.method, route.resource.canonical)
        for route in desk.control.application.router.routes()
        if route.resource is not None and route.method != "HEAD"  # which is GET without a body
    }
    described = {(method.upper(), path) for path, methods in told["paths"].items() for method in methods}
    assert served == described == {(route.method, route.path) for route in ROUTES}
    assert told["openapi"].startswith("3.1")
    operations = [one["operationId"] for methods in told["paths"].values() for one in methods.values()]
    assert len(set(operations)) == len(operations)


async def test_every_schema_is_one(desk: Watched) -> None:
    _, told = await desk.fetch("/v1/openapi.json")
    for schema in told["components"]["schemas"].values():
        OAS31Validator.check_schema(schema)
    for name in ("Header", "OrderRow", "LadderRow", "Frame", "FlattenPlan", "Complaint"):
        assert name in told["components"]["schemas"]


@pytest.mark.parametrize(
    "path", [one.path for one in ROUTES if one.method == "GET" and not one.stream and "{" not in one.path]
)
async def test_what_is_told_is_as_described(desk: Watched, path: str) -> None:
    _, told = await desk.fetch("/v1/openapi.json")
    status, answer = await desk.fetch(path + QUERIES.get(path, ""))
    assert status == 200
    assert answer or path in ("/v1/view/history", "/v1/view/plans")
    assert complaints(answer, schema_of(told["paths"][path]["get"]["responses"]["200"]), told) == []


@pytest.mark.parametrize("path", list(RIGHT))
async def test_what_is_said_and_answered_is_as_described(desk: Watched, path: str) -> None:
    _, told = await desk.fetch("/v1/openapi.json")
    operation = told["paths"][path]["post"]
    assert complaints(RIGHT[path], schema_of(operation["requestBody"]), told) == []
    status, answer = await desk.send(path, RIGHT[path])
    assert status == 200
    assert complaints(answer, schema_of(operation["responses"]["200"]), told) == []


@pytest.mark.parametrize(("method", "path", "query", "body"), WRONG)
async def test_refusals_are_as_described_and_one_line(
    desk: Watched, method: str, path: str, query: str, body: Any
) -> None:
    _, told = await desk.fetch("/v1/openapi.json")
    url = desk.url(path.replace("{order}", "nobodys") + query)
    async with desk.client.request(method, url, json=body) as answer:
        status, said = answer.status, await answer.json()
    refusal = told["paths"][path][method.lower()]["responses"][str(status)]
    assert status >= 400
    assert complaints(said, schema_of(refusal), told) == []
    assert "\n" not in said["error"]


async def test_frames_of_a_stream_are_as_described(desk: Watched) -> None:
    _, told = await desk.fetch("/v1/openapi.json")
    schema = told["paths"]["/v1/view/stream"]["get"]["x-frames-out"]
    frame: dict[str, Any] = {}
    async with await desk.run_watching("?market=match&depth=5") as socket:
        for said in ("", "cancelled c1 1", "fill f2 1 at 6"):
            desk.tell(*(facts(said, desk.places()[0].ref) if said else ()))
            frame = await socket.receive_json(timeout=5)
            assert complaints(frame, schema, told) == []
        assert frame["rows"]["orders"]


def test_a_value_that_is_not_as_described_is_found() -> None:
    description = {"components": {"schemas": {"A": {"type": "object", "required": ["a"]}}}}
    assert complaints({}, {"$ref": "#/components/schemas/A"}, description) != []


def test_every_section_has_its_path() -> None:
    assert {*SECTION_SAYS, "ladder"} == set(SECTIONS)
