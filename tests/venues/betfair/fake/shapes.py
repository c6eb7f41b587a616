"""The venue's own descriptions of its messages, as checks: the stream's schema and the interface definitions."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema

ABSENT_IN_SAMPLES = {
    ("CurrentOrderSummary", "matchedDate"),  # absent while nothing is matched
    ("CancelInstructionReport", "sizeCancelled"),  # absent when the cancel failed
    ("CancelInstructionReport", "cancelledDate"),
    ("MarketDescription", "settleTime"),
}
"""Fields that the definition calls mandatory and recorded answers leave out."""


class StreamShapes:
    """ESASwaggerSchema.json."""

    def __init__(self, folder: Path) -> None:
        self._definitions = json.loads((folder / "ESASwaggerSchema.json").read_text())["definitions"]

    def wrong(self, message: dict[str, Any]) -> list[str]:
        """What the schema holds against one message of the server."""
        name = {"connection": "Connection", "status": "Status", "mcm": "MarketChange", "ocm": "OrderChange"}
        definition = f"{name[message['op']]}Message"
        schema = {"$ref": f"#/definitions/{definition}", "definitions": self._definitions}
        found = [error.message for error in jsonschema.Draft4Validator(schema).iter_errors(message)]
        return found + self._unknown(message, definition)

    def wrong_request(self, message: dict[str, Any]) -> list[str]:
        """What the schema holds against one message of the client."""
        definition = {
            "authentication": "AuthenticationMessage",
            "marketSubscription": "MarketSubscriptionMessage",
            "orderSubscription": "OrderSubscriptionMessage",
            "heartbeat": "HeartbeatMessage",
        }[message["op"]]
        schema = {"$ref": f"#/definitions/{definition}", "definitions": self._definitions}
        found = [error.message for error in jsonschema.Draft4Validator(schema).iter_errors(message)]
        return found + self._unknown(message, definition)

    def _unknown(self, value: dict[str, Any], definition: str) -> list[str]:
        shape = self._definitions[definition]
        fields: dict[str, Any] = {}
        for part in [shape, *shape.get("allOf", [])]:
            part = self._definitions[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
            fields |= part.get("properties", {})
        found = [f"{definition}.{name} is not in the schema" for name in value if name not in fields]
        for name in value.keys() & fields.keys():
            of = fields[name].get("items", fields[name])
            if "$ref" in of:
                many = value[name] if isinstance(value[name], list) else [value[name]]
                found += [one for each in many for one in self._unknown(each, of["$ref"].rpartition("/")[2])]
        return found


class Whole(float):
    """A number written without a point: any kind of number may be written so."""


def _floats(value: Any) -> Any:
    if isinstance(value, list):
        return [_floats(one) for one in value]
    if isinstance(value, dict):
        return {name: _floats(one) for name, one in value.items()}
    return Whole(value) if isinstance(value, int) and not isinstance(value, bool) else value


class ApiShapes:
    """The interface definitions of the three APIs."""

    def __init__(self, folder: Path) -> None:
        self._types: dict[str, dict[str, tuple[str, bool]]] = {}
        self._words: dict[str, set[str]] = {}
        self._results: dict[str, str] = {}
        self._parameters: dict[str, str] = {}
        for file in ("SportsAPING.xml", "AccountAPING.xml", "HeartbeatAPING.xml"):
            root = ET.parse(folder / file).getroot()
            for data_type in root.findall("dataType"):
                self._types[data_type.get("name", "")] = {
                    field.get("name", ""): (field.get("type", ""), field.get("mandatory") == "true")
                    for field in data_type.findall("parameter")
                }
            for simple in root.findall("simpleType"):
                if words := {value.get("name", "") for value in simple.iter("value")}:
                    self._words[simple.get("name", "")] = words
            for operation in root.findall("operation"):
                self._parameters[operation.get("name", "")] = f"{operation.get('name')} request"
                self._types[f"{operation.get('name')} request"] = {
                    field.get("name", ""): (field.get("type", ""), field.get("mandatory") == "true")
                    for field in operation.findall("parameters/request/parameter")
                }
                for response in (*operation.iter("simpleResponse"), *operation.iter("response")):
                    self._results[operation.get("name", "")] = response.get("type", "")

    def wrong(self, operation: str, result: Any) -> list[str]:
        """What the definition holds against the result of an operation."""
        return self._check(result, self._results[operation], operation)

    def wrong_request(self, operation: str, parameters: Any) -> list[str]:
        """What the definition holds against the parameters of a call; a whole number may stand for any."""
        if operation not in self._parameters:
            return [f"{operation} is no operation"]
        return self._check(_floats(parameters), self._parameters[operation], operation)

    def _check(self, value: Any, of: str, where: str) -> list[str]:
        if many := re.fullmatch(r"(?:list|set)\((.*)\)", of):
            return [one for k, each in enumerate(value) for one in self._check(each, many[1], f"{where}[{k}]")]
        if of in self._types:
            return self._check_fields(value, of, where)
        if of in self._words:
            return [] if value in self._words[of] else [f"{where}: {value!r} is no {of}"]
        good = {
            "string": lambda: isinstance(value, str),
            "double": lambda: isinstance(value, float),
            "i32": lambda: isinstance(value, int | Whole),
            "i64": lambda: isinstance(value, int | Whole),
            "bool": lambda: isinstance(value, bool),
            "dateTime": lambda: re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value) is not None,
            "SelectionId": lambda: isinstance(value, int | Whole),
            "Price": lambda: isinstance(value, float),
            "Size": lambda: isinstance(value, float),
            "Handicap": lambda: isinstance(value, float),
        }.get(of, lambda: isinstance(value, str | dict))
        return [] if good() else [f"{where}: {value!r} is no {of}"]

    def _check_fields(self, value: dict[str, Any], of: str, where: str) -> list[str]:
        fields = self._types[of]
        missing = [
            f"{where}: {name} is missing in {of}"
            for name, (_, mandatory) in fields.items()
            if mandatory and name not in value and (of, name) not in ABSENT_IN_SAMPLES
        ]
        unknown = [f"{where}: {name} is not in {of}" for name in value if name not in fields]
        return (
            missing
            + unknown
            + [
                one
                for name, each in value.items()
                if name in fields
                for one in self._check(each, fields[name][0], f"{where}.{name}")
            ]
        )
