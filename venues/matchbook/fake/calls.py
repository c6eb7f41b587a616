"""One call as its answer sees it: the ids in its path, its query, its body and the time."""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from venues.matchbook.fake.forms import parse_iso
from venues.matchbook.fake.replies import Body, Refused

PER_PAGE_MAX = 500
DECIMAL = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)

Row = TypeVar("Row")
Parsed = TypeVar("Parsed")


class Query:
    """The query of a call. What is not asked for is ignored; what makes no sense is refused by its name."""

    def __init__(self, text: str) -> None:
        self._values = _values(text)

    def text(self, name: str, default: str = "") -> str:
        return self._values.get(name, default)

    def one_of(self, name: str, *allowed: str) -> str:
        """One of these words, the first of them if none was given."""
        word = self._values.get(name, allowed[0])
        if word not in allowed:
            raise Refused(400, f"{word} is not a valid value.", field=name)
        return word

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(word.strip() for word in self._values.get(name, "").split(",") if word.strip())

    def number(self, name: str, default: int, *, least: int = 0) -> int:
        word = self._values.get(name, str(default))
        if not (word.isascii() and word.isdigit() and len(word) < 20 and int(word) >= least):
            raise Refused(400, f"{word} is not a valid number.", field=name)
        return int(word)

    def decimal(self, name: str) -> Fraction | None:
        """A decimal number, None if there is none."""
        word = self._values.get(name)
        if word is None:
            return None
        if not DECIMAL.fullmatch(word):
            raise Refused(400, f"{word} is not a valid number.", field=name)
        return Fraction(word)

    def ids(self, name: str) -> frozenset[int]:
        found = self.words(name)
        if not all(word.isascii() and word.isdigit() for word in found):
            raise Refused(400, "Ids must be numbers separated by commas.", field=name)
        return frozenset(int(word) for word in found)

    def flag(self, name: str, *, default: bool) -> bool:
        return self.one_of(name, *(("true", "false") if default else ("false", "true"))) == "true"

    def instant_ms(self, name: str) -> int | None:
        """An ISO instant in Unix milliseconds, as reports are asked for."""
        word = self._values.get(name)
        try:
            return None if word is None else parse_iso(word)
        except ValueError as reason:
            raise Refused(400, f"{word} is not a valid date.", field=name) from reason

    def epoch_ms(self, name: str) -> int | None:
        """Epoch seconds in Unix milliseconds, as events are asked for."""
        return 1_000 * self.number(name, 0) if name in self._values else None


@lru_cache(maxsize=1024)
def _values(text: str) -> dict[str, str]:
    """What a query says; a poller says the same again and again, so nobody may change the answer."""
    return dict(parse_qsl(text))


class Call(msgspec.Struct, frozen=True):
    """A request that was let in. `ids` are the numbers in its path, in order."""

    ids: tuple[int, ...]
    query: Query
    body: bytes
    now_ns: int
    token: str = ""

    def parse(self, of: type[Parsed]) -> Parsed:
        """The body as this struct."""
        try:
            return msgspec.json.decode(self.body, type=of)
        except (msgspec.ValidationError, msgspec.DecodeError) as reason:
            raise Refused(400, "The request body is not valid.") from reason


def page(query: Query, rows: Sequence[Row], name: str, shape: Callable[[Row], Any], *, per_page: int = 20) -> Body:
    """One page of a listing as it is asked for, with the counts that stand beside it."""
    offset = query.number("offset", 0)
    size = min(query.number("per-page", per_page, least=1), PER_PAGE_MAX)
    shown = [shape(row) for row in rows[offset : offset + size]]
    return {"offset": offset, "per-page": size, "total": len(rows), name: shown}
