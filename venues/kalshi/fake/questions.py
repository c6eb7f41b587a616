"""What a request asks: its path's names, its query, its body, and pages of a list.

A page's cursor names the last row shown; one that means nothing is ignored, as on the venue. A limit out of bounds
is refused. Source: Kalshi docs, "Pagination"; answers recorded on the demo exchange.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Iterable
from itertools import islice
from typing import Any, TypeVar

import msgspec

from venues.kalshi.fake.refusals import Refused, invalid_query, not_json, refused

Body = dict[str, Any]
"""What a request is answered with."""

Shape = TypeVar("Shape")
Row = TypeVar("Row")

_WRONG_TYPE = re.compile(r"Expected `([^`]+)`, got `([^`]+)` - at `\$\.?(.*)`")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_GO_NAMES = {"str": "string", "int": "number", "float": "number", "array": "array", "object": "object"}


class Question(msgspec.Struct, frozen=True):
    """One request that may be served. `operation` is the venue's name of it."""

    operation: str
    names: dict[str, str]
    query: dict[str, list[str]]
    body: bytes
    now_ns: int

    def text(self, name: str) -> str:
        """A query parameter, empty if it was not given."""
        return self.query.get(name, [""])[0]

    def words(self, name: str) -> list[str]:
        """A query parameter that lists several, with commas or given again and again."""
        return [word for value in self.query.get(name, []) for word in value.split(",") if word]

    def number(self, name: str, default: int) -> int:
        """A whole number of the query."""
        text = self.text(name)
        if not text:
            return default
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise refused(400, "invalid_parameters", f"{name} is not a number")
        return int(text)

    def window(self) -> tuple[int, int]:
        """`min_ts` and `max_ts` in seconds."""
        return self.number("min_ts", 0), self.number("max_ts", 2**62)


def order_id(question: Question) -> str:
    """The order that a path names; what does not look like one is refused before anything is looked up."""
    found = question.names["order_id"]
    if not _UUID.fullmatch(found):
        raise refused(400, "invalid_parameters", "order_id is not a UUID")
    return found


def parse(body: bytes, shape: type[Shape]) -> Shape:
    """A body in the shape of a request, else the refusal of the venue's JSON decoder."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise _wrong(str(error), shape.__name__) from error
    except msgspec.DecodeError as error:
        raise not_json(str(error)) from error


def _wrong(text: str, shape: str) -> Refused:
    found = _WRONG_TYPE.search(text)
    if found is None:
        return refused(400, "invalid_parameters", text)
    wanted, got = (_GO_NAMES.get(word.split(" | ")[0], word) for word in found.group(1, 2))
    return not_json(f"cannot unmarshal {got} into Go struct field {shape}.{found[3]} of type {wanted}")


def page(
    question: Question, rows: Iterable[tuple[int, Row]], *, most: int = 1_000, default: int = 100
) -> tuple[list[Row], str]:
    """The rows of a page, and the cursor of the next, empty on the last. Keys of rows fall."""
    limit = question.number("limit", default)
    if not 0 < limit <= most:
        raise invalid_query(question.operation, "Limit", "lte" if limit > 0 else "gte")
    last = _place(question.text("cursor"))
    left = (row for row in rows if last is None or row[0] < last)
    shown = list(islice(left, limit))
    more = next(left, None) is not None
    return [row for _, row in shown], _cursor(shown[-1][0]) if more else ""


def _cursor(key: int) -> str:
    return urlsafe_b64encode(f"after {key}".encode()).decode().rstrip("=")


def _place(cursor: str) -> int | None:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (Error, ValueError):
        return None
    found = re.fullmatch(r"after (-?[0-9]+)", text)
    return int(found[1]) if found else None
