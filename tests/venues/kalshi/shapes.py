"""The venue's own descriptions of its messages, as checks: OpenAPI for answers, AsyncAPI for the stream."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator, FormatChecker
from openapi_schema_validator import OAS30Validator

FORMATS = FormatChecker()
ERROR_SHAPES = ({"error"}, {"msg"}, {"code", "message", "details"})
"""What recorded refusals look like; the document knows the flat one only."""

BODILESS = 204


@cache
def document(path: Path) -> dict[str, Any]:
    """A description, read once and never changed."""
    return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)


class Answers:
    """Answers by method and path."""

    def __init__(self, folder: Path) -> None:
        self._document = document(folder / "openapi-3.28.0-merged.yaml")
        self._validators: dict[int, OAS30Validator] = {}

    def wrong(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What the document holds against one answer."""
        if status == BODILESS:
            return [] if body is None else [f"{method} {path}: a body with {status}"]
        if status >= 400:
            fits = isinstance(body, dict) and any(set(body) <= shape for shape in ERROR_SHAPES)
            return [] if fits else [f"{method} {path}: {status} {body}"]
        shape = self._shape(method, path.partition("?")[0].removeprefix("/trade-api/v2"), status)
        if id(shape) not in self._validators:
            schema = shape | {"components": self._document["components"]}
            self._validators[id(shape)] = OAS30Validator(schema, format_checker=FORMATS)
        found = [
            f"{method} {path}: {error.json_path} {error.message}"
            for error in self._validators[id(shape)].iter_errors(body)
        ]
        return found + [f"{method} {path}: {name} is not described" for name in self._unknown(body, shape)]

    def _shape(self, method: str, path: str, status: int) -> dict[str, Any]:
        pattern = min((one for one in self._document["paths"] if _fits(one, path)), key=lambda one: one.count("{"))
        answer = self._document["paths"][pattern][method.lower()]["responses"][str(status)]
        return answer["content"]["application/json"]["schema"]

    def _unknown(self, value: Any, shape: dict[str, Any]) -> list[str]:
        """Fields that the document does not know."""
        while "$ref" in shape:
            shape = self._document["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
        if isinstance(value, list):
            return [one for each in value for one in self._unknown(each, shape.get("items", {}))]
        if not isinstance(value, dict) or "properties" not in shape:
            return []
        known = shape["properties"]
        found = [name for name in value if name not in known]
        return found + [one for name in value.keys() & known.keys() for one in self._unknown(value[name], known[name])]


def _fits(pattern: str, path: str) -> bool:
    wanted, parts = pattern.split("/"), path.split("/")
    return len(wanted) == len(parts) and all(w.startswith("{") or w == p for w, p in zip(wanted, parts, strict=True))


class Stream:
    """Messages by type."""

    def __init__(self, folder: Path) -> None:
        self._document = document(folder / "asyncapi-2026-08-22.yaml")
        self._validators: dict[str, Draft7Validator] = {}
        self._payloads: dict[str, str] = {}
        for name, schema in self._document["components"]["schemas"].items():
            kind = schema.get("properties", {}).get("type", {}).get("const")
            if kind is not None:
                self._payloads.setdefault(kind, name)

    def wrong(self, message: dict[str, Any]) -> list[str]:
        """What the document holds against one message."""
        name = self._payloads[message["type"]]
        if message["type"] == "ok" and isinstance(message.get("msg"), list):
            name = "listSubscriptionsResponsePayload"
        if name not in self._validators:
            schema = {"$ref": f"#/components/schemas/{name}", "components": self._document["components"]}
            self._validators[name] = Draft7Validator(schema, format_checker=FORMATS)
        found = [f"{name}: {error.json_path} {error.message}" for error in self._validators[name].iter_errors(message)]
        known = self._document["components"]["schemas"][name]["properties"].get("msg", {}).get("properties", {})
        inner = message.get("msg")
        unknown = [one for one in inner if one not in known] if isinstance(inner, dict) else []
        return found + [f"{name}: {one} is not described" for one in unknown]
