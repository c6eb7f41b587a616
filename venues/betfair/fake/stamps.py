"""Ladders that remember when each of their cells last changed, so that anyone can be told what is new since."""

from typing import Generic, TypeVar

Cell = TypeVar("Cell")


class Stamped(Generic[Cell]):
    """Cells by price or level; `stamp` numbers the batch of the last change. An emptied cell is kept, as news."""

    __slots__ = ("_cells", "_empty", "stamp")

    def __init__(self, empty: Cell) -> None:
        self._empty = empty
        self._cells: dict[int, tuple[Cell, int]] = {}
        self.stamp = 0

    def get(self, key: int) -> Cell:
        found = self._cells.get(key)
        return self._empty if found is None else found[0]

    def put(self, key: int, cell: Cell, stamp: int) -> None:
        """Set a cell; an unchanged one is no news."""
        if self.get(key) != cell:
            self._cells[key] = (cell, stamp)
            self.stamp = stamp

    def clear(self, stamp: int) -> None:
        """Every cell becomes empty."""
        for key in tuple(self._cells):
            self.put(key, self._empty, stamp)

    def since(self, stamp: int) -> list[tuple[int, Cell]]:
        """What changed in later batches than `stamp`; with 0 everything that is not empty."""
        if self.stamp <= stamp:
            return []
        if not stamp:
            return [(key, cell) for key, (cell, _) in self._cells.items() if cell != self._empty]
        return [(key, cell) for key, (cell, changed) in self._cells.items() if changed > stamp]
