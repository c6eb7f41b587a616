"""What is wrong with a table of settings, in one line: the place, what stands there, and what to write instead."""

import difflib
import re
import reprlib
from collections.abc import Collection
from typing import Any

import msgspec
from msgspec.inspect import (
    DictType,
    EnumType,
    Field,
    ListType,
    LiteralType,
    StructType,
    TupleType,
    Type,
    UnionType,
    VarTupleType,
    type_info,
)

KEY = "key` in `"
"""What msgspec calls a key of a table, and not what stands behind it."""

NOT_TEXT = re.compile("Expected `str`, got `(int|float|bool|date|datetime|time)`")


def complaint(error: msgspec.ValidationError, table: object, kind: type[Any]) -> str:
    """What a table that is no `kind` is told: words that are none of the known have the known ones beside them."""
    said, _, place = str(error).partition(" - at `")
    is_key = place.startswith(KEY)
    place = place.removeprefix(KEY).removeprefix("$").rstrip("`")
    asked = _asked(type_info(kind), place)
    shown = place.lstrip(".")
    there = f"{shown}: " if shown else ""
    if (word := _quoted(said, "unknown field `")) is not None:
        return f"{there}unknown key `{word}`{nearest(word, _words(asked))}"
    if (word := _quoted(said, "required field `")) is not None:
        return f"{there}missing required field `{word}`; add it"
    if (word := _quoted(said, "enum value '", "'")) is not None:
        known = _words(asked.key_type if is_key and isinstance(asked, DictType) else asked)
        return f"{there if is_key else f'{shown} = '}{word!r}{nearest(word, known)}"
    if not shown:
        return said
    instead = "; write it as text, in quotes" if NOT_TEXT.match(said) else ""
    return f"{shown} = {_short(_found(table, place))}: {said}{instead}"


def nearest(word: str, known: Collection[str]) -> str:
    """The end of a complaint about a word that is none of the known: the one that was meant, or all of them."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; known are {', '.join(known)}"


def _quoted(said: str, before: str, end: str = "`") -> str | None:
    """What stands behind some words, up to the quote's end; None where they are not said."""
    _, found, rest = said.partition(before)
    return rest.rpartition(end)[0] if found else None


def _short(value: object) -> str:
    shown = reprlib.Repr()
    shown.maxstring = shown.maxother = shown.maxlong = 200
    shown.maxdict = shown.maxlist = 4
    return shown.repr(value)


def _steps(place: str) -> list[tuple[str, str]]:
    """The keys and indices of a place such as `.strategies[0].uses`."""
    return re.findall(r"\.(\w+)|\[(\d+|\.\.\.)\]", place)


def _found(table: object, place: str) -> object:
    """The value at a place such as `.run.tick_ms`; what a table's nameless entries stand in is the table."""
    for key, index in _steps(place):
        if isinstance(table, dict) and key:
            table = table.get(key)
        elif isinstance(table, list) and index.isdecimal():
            table = table[int(index)]
    return table


def _asked(kind: Type | None, place: str) -> Type | None:
    """What a place takes."""
    for key, index in _steps(place):
        kind = _inside(kind, key, index)
    return kind


def _inside(kind: Type | Field | None, key: str, index: str) -> Type | None:
    match kind:
        case UnionType(types):
            return next((found for one in types if (found := _inside(one, key, index)) is not None), None)
        case StructType(fields=fields) if key:
            return next((field.type for field in fields if field.encode_name == key), None)
        case DictType(value_type=inner) if not key:
            return inner
        case ListType(item_type=inner) | VarTupleType(item_type=inner) if not key:
            return inner
        case TupleType(item_types) if index.isdecimal():
            return item_types[int(index)]
    return None


def _words(kind: Type | None) -> list[str]:
    """The keys of a table, or the words that may be written."""
    match kind:
        case StructType(fields=fields):
            return sorted(field.encode_name for field in fields)
        case EnumType(cls):
            return sorted(str(one.value) for one in cls)
        case LiteralType(values):
            return sorted(map(str, values))
        case UnionType(types):
            return sorted(word for one in types for word in _words(one))
    return []
