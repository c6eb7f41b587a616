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


class ApiShapes:
    """SportsAPING.xml and AccountAPING.xml."""

    def __init__(self, folder: Path) -> None:
        self._types: dict[str, dict[str, tuple[str, bool]]] = {}
        self._words: dict[str, set[str]] = {}
        self._results: dict[str, str] = {}
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
                for response in (*operation.iter("simpleResponse"), *operation.iter("response")):
                    self._results[operation.get("name", "")] = response.get("type", "")

    def wrong(self, operation: str, result: Any) -> list[str]:
        """What the definition holds against the result of an operation."""
        return self._check(result, self._results[operation], operation)

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
            "i32": lambda: isinstance(value, int),
            "i64": lambda: isinstance(value, int),
            "bool": lambda: isinstance(value, bool),
            "dateTime": lambda: re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value) is not None,
            "SelectionId": lambda: isinstance(value, int),
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
