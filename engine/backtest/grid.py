"""Parameter grids: places of the configuration, the values to try there, and every combination of them."""

import itertools
import tomllib
from collections.abc import Sequence
from typing import Any

import msgspec

from engine.config import Config, ConfigError, Instead

AXES_MAX = 2
"""A heat map has two sides."""


class Axis(msgspec.Struct, frozen=True):
    """A place such as `strategies.0.settings.edge`, and the values to try there as they were written."""

    place: str
    texts: tuple[str, ...]
    values: tuple[Any, ...]


def parse_axis(text: str, *, option: str = "--grid") -> Axis:
    """`place=value,value`, each value as TOML writes it, or else a bare word. ConfigError names the `option`."""
    place, _, told = text.partition("=")
    texts = tuple(one.strip() for one in told.split(",") if one.strip())
    if not place.strip() or not texts:
        raise ConfigError(f"{option} {text!r}: write a place and its values, as strategies.0.settings.edge=0.01,0.02")
    return Axis(place.strip(), texts, tuple(_value(one) for one in texts))


def cells(axes: Sequence[Axis]) -> list[tuple[Instead, ...]]:
    """Every combination, the last axis moving fastest. Raises ConfigError for more axes than a sheet can show."""
    if len(axes) > AXES_MAX:
        raise ConfigError(f"--grid was given {len(axes)} times; at most {AXES_MAX} parameters are varied at once")
    choices = [[(axis.place, value) for value in axis.values] for axis in axes]
    return list(itertools.product(*choices)) if axes else []


def chosen(config: Config, axes: Sequence[Axis]) -> tuple[int, int] | None:
    """Row and column of the cell that is the configuration as it stands, None if the grid does not hold it."""
    found = []
    for axis in axes:
        at: Any = msgspec.to_builtins(config)
        for step in axis.place.split("."):
            at = at[int(step)] if isinstance(at, list | tuple) else at.get(step)
        if at not in axis.values:
            return None
        found.append(axis.values.index(at))
    return (found[0], found[1]) if len(found) > 1 else (0, found[0])


def _value(text: str) -> Any:  # noqa: ANN401  (whatever TOML can hold)
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text
