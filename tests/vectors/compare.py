"""What a vector expects against what the program says: exact unless a tolerance is named, never through a float."""

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from inspect import signature
from typing import Any

from domain.money import FX_SCALE, MICROS

Adapter = Callable[[dict[str, Any]], dict[str, Any]]
"""Inputs of a vector as they stand in the file -> named results: Fraction, int, str, bool, None, lists and dicts of
them. A float is welcome only where the vector names a tolerance."""

_NUMBER = re.compile(r"[+-]?[0-9]+((\.[0-9]+)?([eE][+-]?[0-9]{1,3})?|/0*[1-9][0-9]*)", re.ASCII)


def is_number(value: object) -> bool:
    """Whether a value of a vector file stands for a number: numbers are texts there, counts may be integers."""
    return type(value) is int or (isinstance(value, str) and _NUMBER.fullmatch(value) is not None)


def number(value: str | int) -> Fraction:
    """The exact value of a number of a vector file, "n/d" or decimal; ValueError for anything else."""
    if not is_number(value):
        raise ValueError(f"not a number of a vector file: {value!r}")
    return Fraction(value)


def scaled(value: str | int, scale: int) -> int:
    """A number of a vector file as a whole number of parts, `scale` to the unit; ValueError for one that is finer."""
    parts = number(value) * scale
    if parts.denominator != 1:
        raise ValueError(f"finer than 1/{scale}: {value!r}")
    return parts.numerator


def whole(value: str | int) -> int:
    """A count of a vector file."""
    return scaled(value, 1)


def micros(value: str | int) -> int:
    """A quantity of a vector file in millionths."""
    return scaled(value, MICROS)


FINER = 10_000
"""Into how many parts a millionth is cut where a vector's stakes of six places meet odds of two to four."""


def fine(value: str | int) -> int:
    """A quantity of a vector file in parts of a millionth (see `FINER`), for code that counts in what it is told."""
    return scaled(value, MICROS * FINER)


def fine_units(parts: int) -> Fraction:
    """What so many parts of a millionth are."""
    return Fraction(parts, MICROS * FINER)


def rate_e8(value: str | int) -> int:
    """A rate of exchange of a vector file in 1e-8."""
    return scaled(value, FX_SCALE)


def word(said: str, *words: str) -> str:
    """Which of these words a vector says, in whatever case; ValueError for any other: none is taken for the rest."""
    for known in words:
        if known.lower() == str(said).lower():
            return known
    raise ValueError(f"{said!r} is none of {', '.join(words)}")


def flag(value: object) -> bool:
    """What a vector answers with true or false; ValueError for anything else: the text "false" is none of them."""
    if type(value) is not bool:
        raise ValueError(f"not true or false: {value!r}")
    return value


def called(
    function: Callable[..., Any], inputs: dict[str, Any], kind: Callable[[Fraction], Any] = Fraction, **given: Any
) -> Any:
    """What a function says to the numbers that bear its own names, and to what is given; it meets no other input."""
    names = signature(function).parameters.keys() - given.keys()
    return function(**{name: kind(number(inputs[name])) for name in names}, **given)


def differences(expected: Any, actual: Any, tolerance: str, path: str = "") -> Iterator[str]:
    """Every place where the two differ, in words; nothing when they agree.

    At the top the program may say more than the vector asks; further down keys must be the same.
    """
    if isinstance(expected, dict):
        yield from _differing_keys(expected, actual, tolerance, path)
    elif isinstance(expected, list):
        yield from _differing_items(expected, actual, tolerance, path)
    elif expected is None or isinstance(expected, bool):
        if actual is not expected:
            yield f"{path}: expected {expected}, got {actual!r}"
    elif isinstance(actual, str) or not is_number(expected):
        if actual != expected:
            yield f"{path}: expected {expected!r}, got {actual!r}"
    else:
        yield from _differing_numbers(expected, actual, tolerance, path)


def _differing_keys(expected: dict[str, Any], actual: Any, tolerance: str, path: str) -> Iterator[str]:
    if not isinstance(actual, dict):
        yield f"{path}: expected named values, got {actual!r}"
        return
    if path and (surplus := actual.keys() - expected.keys()):
        yield f"{path}: unexpected {', '.join(sorted(map(str, surplus)))}"
    for key, value in expected.items():
        if key in actual:
            yield from differences(value, actual[key], tolerance, f"{path}.{key}" if path else key)
        else:
            yield f"{path or 'result'}: {key} is missing"


def _differing_items(expected: list[Any], actual: Any, tolerance: str, path: str) -> Iterator[str]:
    if not isinstance(actual, (list, tuple)) or len(actual) != len(expected):
        yield f"{path}: expected {len(expected)} items, got {actual!r}"
        return
    for n, (left, right) in enumerate(zip(expected, actual, strict=True)):
        yield from differences(left, right, tolerance, f"{path}[{n}]")


def _differing_numbers(expected: str | int, actual: Any, tolerance: str, path: str) -> Iterator[str]:
    exact = tolerance == "exact"
    allowed = (int, Fraction) if exact else (int, Fraction, float)
    if isinstance(actual, bool) or not isinstance(actual, allowed):
        yield f"{path}: expected {expected}, got {type(actual).__name__} {actual!r}"
    elif actual != actual or actual in (float("inf"), float("-inf")):  # noqa: PLR0124  nan differs from itself
        yield f"{path}: expected {expected}, got {actual!r}"
    elif abs(Fraction(actual) - number(expected)) > (0 if exact else number(tolerance)):
        yield f"{path}: expected {expected}, got {actual}"
