"""Inputs of a vector that remember what was read of them last, so that a failure can name the field it met."""

from collections.abc import ItemsView, Iterator, ValuesView
from typing import Any, SupportsIndex


class Lacking(KeyError):
    """An input that is not there; its text is the place, as in `bets[0].odds`."""


class Reading:
    """One reading of a vector: `last` is the place that was read last."""

    def __init__(self) -> None:
        self.last = "nothing"

    def of(self, value: Any, place: str = "") -> Any:
        """The value as it was, its objects and lists telling this reading what is read of them."""
        if isinstance(value, dict):
            return _Named(self, value, place)
        return _Listed(self, value, place) if isinstance(value, list) else value


class _Named(dict[str, Any]):
    def __init__(self, reading: Reading, values: dict[str, Any], place: str) -> None:
        self._reading, self._place = reading, f"{place}." if place else ""
        super().__init__({name: reading.of(value, f"{self._place}{name}") for name, value in values.items()})

    def __getitem__(self, name: str) -> Any:
        self._reading.last = f"{self._place}{name}"
        if name not in self:
            raise Lacking(self._reading.last)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default  # noqa: SIM401  (that is what this is)

    def items(self) -> Any:
        return ItemsView(self)

    def values(self) -> Any:
        return ValuesView(self)


class _Listed(list[Any]):
    def __init__(self, reading: Reading, values: list[Any], place: str) -> None:
        self._reading, self._place = reading, place
        super().__init__(reading.of(value, f"{place}[{number}]") for number, value in enumerate(values))

    def __getitem__(self, number: SupportsIndex | slice) -> Any:
        if not isinstance(number, slice):
            self._reading.last = f"{self._place}[{number}]"
        return super().__getitem__(number)

    def __iter__(self) -> Iterator[Any]:
        return (self[number] for number in range(len(self)))
