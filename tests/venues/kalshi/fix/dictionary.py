"""The venue's FIX dictionary, read from the shared folder at test time, and messages held against it."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.tidy.house import ROOT

SHARED = Path(os.environ.get("CROSSBOOK_SHARED", ROOT.parent / "shared"))
DICTIONARY = SHARED / "venues" / "kalshi" / "kalshi-fix-dictionary-v1.03.xml"

Fields = list[tuple[int, str]]

NEWER = {100, 30, 2446, 21027, 21030, 21031}
"""Fields that the venue's pages name and its dictionary lacks."""
NEWER_VALUES = {39: {"5"}}
"""Values of fields likewise: a replaced order is in state 5. Source: kalshi.md, FIX, execution reports."""

TYPES = {
    "INT": r"-?\d+",
    "LENGTH": r"\d+",
    "SEQNUM": r"\d+",
    "NUMINGROUP": r"\d+",
    "PRICE": r"-?\d+(\.\d+)?",
    "QTY": r"\d+(\.\d{1,2})?",
    "AMT": r"-?\d+(\.\d+)?",
    "BOOLEAN": "[YN]",
    "CHAR": r"\S",
    "CURRENCY": "[A-Z]{3}",
    "UTCTIMESTAMP": r"\d{8}-\d\d:\d\d:\d\d\.\d{3}",
}


@dataclass
class Shape:
    """What a message, or an entry of a group, may hold and must hold; groups by the field that counts them."""

    known: set[int] = field(default_factory=set)
    required: set[int] = field(default_factory=set)
    groups: dict[int, "Shape"] = field(default_factory=dict)
    first: int = 0


class Dictionary:
    """Messages by type; fields with their type and values."""

    def __init__(self) -> None:
        root = ET.parse(DICTIONARY).getroot()
        fields = root.find("fields")
        assert fields is not None
        self.numbers = {one.attrib["name"]: int(one.attrib["number"]) for one in fields}
        self.types = {int(one.attrib["number"]): one.attrib["type"] for one in fields}
        self.values = {int(one.attrib["number"]): {value.attrib["enum"] for value in one} for one in fields}
        self.head = self._shape(root.find("header"))
        self.trailer = self._shape(root.find("trailer"))
        self.messages = {one.attrib["msgtype"]: self._shape(one) for one in root.iterfind("messages/message")}

    def _shape(self, node: ET.Element | None) -> Shape:
        shape = Shape()
        for one in () if node is None else node:
            number = self.numbers[one.attrib["name"]]
            shape.known.add(number)
            shape.first = shape.first or number
            if one.attrib["required"] == "Y":
                shape.required.add(number)
            if one.tag == "group":
                shape.groups[number] = self._shape(one)
        return shape

    def faults(self, fields: Fields) -> list[str]:
        """What is wrong with a message, head and trailer included."""
        kind = dict(fields)[35]
        shape = self.messages.get(kind)
        if shape is None:
            return [f"type {kind}"]
        outer = self.head.known | self.trailer.known
        body = [one for one in fields if one[0] not in outer]
        missing = (self.head.required | self.trailer.required) - {tag for tag, _ in fields}
        found = [f"{kind}: {tag} is missing" for tag in missing]
        return (
            found + self._body(kind, body, shape) + [said for tag, value in fields for said in self._value(tag, value)]
        )

    def _body(self, kind: str, fields: Fields, shape: Shape) -> list[str]:
        found, at, seen = [], 0, set()
        while at < len(fields):
            tag, value = fields[at]
            at += 1
            if tag in seen:
                found.append(f"{kind}: {tag} stands twice")
            if tag not in shape.known | NEWER:
                found.append(f"{kind}: {tag} is not known")
            seen.add(tag)
            if tag in shape.groups:
                said, at = self._group(f"{kind}/{tag}", fields, at, shape.groups[tag], int(value))
                found += said
        return found + [f"{kind}: {tag} is missing" for tag in shape.required - seen]

    def _group(self, kind: str, fields: Fields, at: int, shape: Shape, count: int) -> tuple[list[str], int]:
        found: list[str] = []
        for _ in range(count):
            begins = at
            while at < len(fields) and fields[at][0] in shape.known and (at == begins or fields[at][0] != shape.first):
                at += 1
            entry = fields[begins:at]
            if not entry or entry[0][0] != shape.first:
                found.append(f"{kind}: an entry does not begin with {shape.first}")
            found += self._body(kind, entry, shape)
        return found, at

    def _value(self, tag: int, value: str) -> list[str]:
        pattern, values = TYPES.get(self.types.get(tag, "")), self.values.get(tag)
        if values and value not in values | NEWER_VALUES.get(tag, set()):
            return [f"{tag} is {value!r}"]
        return [f"{tag} is {value!r}"] if pattern and re.fullmatch(pattern, value) is None else []
