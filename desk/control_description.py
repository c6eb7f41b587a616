"""The OpenAPI description of the control interface, made of the table of routes and the types of the bodies."""

from collections.abc import Sequence
from typing import Any

import msgspec

from desk.control_bodies import Complaint
from desk.control_routes import Parameter, Route

REFUSALS = {
    400: "a field, its value and what to send instead",
    401: "the token is missing or wrong",
    404: "there is no such market, outcome or order",
    409: "the desk as it stands does not allow it",
    413: "the body is too large",
    503: "too many watch already",
}
ABOUT = (
    "Views of a running desk, fair values in, operators' words. Names that end in `_micros` hold millionths, `_ms` "
    "Unix milliseconds, `_us` microseconds. Every request carries the run's token."
)
JSON_TYPES: dict[type, str] = {str: "string", int: "integer"}


def description(routes: Sequence[Route]) -> dict[str, Any]:
    """OpenAPI 3.1 of every route."""
    kinds = [Complaint, *(kind for route in routes for kind in (route.answer, route.body) if kind is not None)]
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    of = dict(zip(map(repr, kinds), schemas, strict=True))
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "crossbook control interface",
            "version": "1",
            "description": ABOUT,
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _operation(route: Route, of: dict[str, Any]) -> dict[str, Any]:
    answer = {"application/json": {"schema": of[repr(route.answer)]}}
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.says,
        "responses": {str(status): _refusal(status, of) for status in route.refusals},
    }
    if route.parameters:
        operation["parameters"] = [_parameter(one) for one in route.parameters]
    if route.stream:
        operation["responses"]["101"] = {
            "description": "a WebSocket; each frame that we send is JSON",
            "content": answer,
        }
        operation["x-frames-in"] = of[repr(route.body)]
        operation["x-frames-out"] = of[repr(route.answer)]
        return operation
    operation["responses"]["200"] = {"description": "done", "content": answer}
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": of[repr(route.body)]}}}
    return operation


def _operation_id(route: Route) -> str:
    """The path in words, unique by method."""
    words = route.path.removeprefix("/v1/").removesuffix(".json").translate(str.maketrans("/-", "__", "{}"))
    return f"{route.method.lower()}_{words}"


def _parameter(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name,
        "in": one.where,
        "required": one.required,
        "description": one.says,
        "schema": {"type": JSON_TYPES[one.kind]},
    }


def _refusal(status: int, of: dict[str, Any]) -> dict[str, Any]:
    return {"description": REFUSALS[status], "content": {"application/json": {"schema": of[repr(Complaint)]}}}
