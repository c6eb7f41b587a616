"""Reads vector files and runs each vector through the program."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.vectors.compare import Adapter, differences, is_number
from tests.vectors.reading import Lacking, Reading
from tests.vectors.table import KINDS, LATER

FORMAT = "mechanics-vectors/1"
FIELDS = {"kind": (str, "a text"), "inputs": (dict, "an object"), "expected": (dict, "an object")}


@dataclass(frozen=True)
class Vector:
    """One case: inputs of a kind, and what they must lead to."""

    id: str
    kind: str
    inputs: dict[str, Any]
    expected: dict[str, Any]
    tolerance: str


def load(path: Path) -> list[Vector]:
    """The vectors of a file; ValueError if it is not of our format. Decimals stay texts."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_float=str)
    except RecursionError:
        raise ValueError(f"{path}: nested deeper than can be read") from None
    named = document.get("format") if isinstance(document, dict) else None
    if named != FORMAT:
        raise ValueError(f"{path}: format must be {FORMAT}, not {named!r}")
    vectors = document.get("vectors")
    if not isinstance(vectors, list) or not vectors:
        raise ValueError(f"{path}: vectors must be a list with something in it")
    return [_vector(place, v) for place, v in enumerate(vectors, 1)]


def _vector(place: int, v: Any) -> Vector:
    if type(v) is not dict:
        raise ValueError(f"vector {place} is no object")
    name = str(v.get("id", place))
    if missing := {"id", *FIELDS} - v.keys():
        raise ValueError(f"vector {name} lacks {', '.join(sorted(missing))}")
    for field, (kind, words) in FIELDS.items():
        if type(v[field]) is not kind:
            raise ValueError(f"vector {name}: {field} must be {words}, not {v[field]!r}")
    tolerance = v.get("tolerance") or "exact"
    if tolerance != "exact" and not is_number(tolerance):
        raise ValueError(f"vector {name}: tolerance must be exact or a number, not {tolerance!r}")
    return Vector(name, v["kind"], v["inputs"], v["expected"], tolerance)


def failures(vector: Vector, adapter: Adapter) -> list[str]:
    """What is wrong with the program's answer to a vector; nothing if it is right."""
    reading = Reading()
    try:
        actual = adapter(reading.of(vector.inputs))
    except Lacking as error:
        return [f"inputs lack {error.args[0]}"]
    except KeyError as error:
        return [f"no such word: {error}; last read: {reading.last}"]
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        return [f"{type(error).__name__}: {error}; last read: {reading.last}"]
    return list(differences(vector.expected, actual, vector.tolerance))


def report(vectors: Iterable[Vector]) -> tuple[list[str], bool]:
    """Lines for people, a line a kind and a line a failure, and whether all is well."""
    passed: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    lines = []
    for vector in vectors:
        if vector.kind in KINDS:
            wrong = failures(vector, KINDS[vector.kind])
        elif vector.kind in LATER:
            waiting[vector.kind] += 1
            continue
        else:
            wrong = ["no function answers this kind"]
        (failed if wrong else passed)[vector.kind] += 1
        lines += [f"{vector.id} {vector.kind}: {what}" for what in wrong]
    kinds = sorted({*passed, *failed})
    lines += [f"{kind}: {passed[kind]} passed, {failed[kind]} failed" for kind in kinds]
    lines += [f"{kind}: {count} not answered yet: {LATER[kind]}" for kind, count in sorted(waiting.items())]
    lines.append(f"{passed.total()} passed, {failed.total()} failed, {waiting.total()} not answered yet")
    return lines, not failed
