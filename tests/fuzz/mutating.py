"""Changes of JSON that are still JSON: what a venue with a new release, a bug or bad will might say instead."""

import copy
import json
import random
from typing import Any

ODD: tuple[Any, ...] = (
    *(None, True, False, "", [], {}, 0, -0.0, -1, 1, 1e-9, 1e17, 1e308, 2**53 + 1, 2**63, -(2**63) - 1, 10**40),
    *("0", "-1", "1e400", "NaN", "Infinity", "0.00000001", "9" * 40, "\ud800", "\x00", "é" * 3, "1.100", "r1", "b1"),
    *("2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00", "T", "yes", "no", "B"),
    *(["a"], [[]], [None], [[2.0, 5]], [["0.5", "1"]], [1.01, -5], {"id": 11}, {"code": "x"}, [{}], 1.01, 1000, 2.02),
)
HEADS_MAX = 1
"""Bytes before the JSON: the choice of a decoder."""
NODES_MAX = 400


def mutated(data: bytes, chance: random.Random) -> bytes | None:
    """The input with a few values of its JSON changed; None if there is none in it."""
    for head in range(HEADS_MAX + 1):
        lines = data[head:].split(b"\n")
        at = chance.randrange(len(lines))
        try:
            found = json.loads(lines[at])
        except (ValueError, RecursionError):
            continue
        for _ in range(chance.randint(1, 3)):
            found = _changed(found, chance)
        lines[at] = json.dumps(found, separators=(",", ":")).encode()
        if chance.random() < 0.1:
            lines.insert(at, lines[chance.randrange(len(lines))])
        return data[:head] + b"\n".join(lines)
    return None


def _changed(value: Any, chance: random.Random) -> Any:
    """The value with one of its places changed: another value, one gone, one twice, or what stands elsewhere."""
    places = list(_places(value))[:NODES_MAX]
    if not places:
        return copy.deepcopy(chance.choice(ODD))
    holder, key = chance.choice(places)
    deed = chance.randrange(6)
    if deed == 0:
        del holder[key]
    elif deed == 1 and isinstance(holder, list):
        holder.insert(key, holder[key])
    elif deed == 2:
        other, there = chance.choice(places)
        holder[key] = copy.deepcopy(other[there])
    elif deed == 3 and isinstance(holder[key], int | float) and not isinstance(holder[key], bool):
        holder[key] = -holder[key] if chance.random() < 0.5 else holder[key] * chance.choice([10, 0.1, 1_000, 1e-6])
    elif deed == 4 and isinstance(holder[key], str | int | float):
        holder[key] = str(holder[key])
    else:
        holder[key] = copy.deepcopy(chance.choice(ODD))
    return value


def _places(value: Any) -> Any:
    """Every place in it, with who holds it."""
    if isinstance(value, dict):
        for key in value:
            yield value, key
            yield from _places(value[key])
    elif isinstance(value, list):
        for n, one in enumerate(value):
            yield value, n
            yield from _places(one)
