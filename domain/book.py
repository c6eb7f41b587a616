"""One order book: sizes indexed by tick, best prices tracked, doubt kept with it."""

from collections.abc import Iterable

from domain.messages import Levels
from domain.odds import Ladder, PriceKind

DENSE_TICKS_MAX = 1_000
"""A longer ladder, such as one of every hundredth up to 1000, is kept as the levels that there are: a place for each of
its 99,900 ticks would be a megabyte and a half for a book, and a long way from one level to the next.
"""


class Sparse(dict[int, int]):
    """Sizes by tick where most ticks are empty; one that is not there is 0, and looking does not make it be."""

    def __missing__(self, tick: int) -> int:
        return 0


Sizes = list[int] | Sparse


class Book:
    """Price levels of one instrument.

    `to_back[tick]` is the size we can back against at that tick, `to_lay[tick]` what we can lay against, native
    millionths. Where prices are odds the best price to back is the highest tick; where they are contract prices
    it is the lowest (`best_back_is_high`). A best tick of -1 means an empty side. A book is `clean` after an image and
    until doubt.
    """

    __slots__ = ("ladder", "to_back", "to_lay", "best_back", "best_lay", "clean", "proven_ns", "best_back_is_high")

    def __init__(self, ladder: Ladder) -> None:
        self.ladder = ladder
        self.best_back_is_high = ladder.kind is PriceKind.ODDS
        self.to_back: Sizes = _empty(ladder)
        self.to_lay: Sizes = _empty(ladder)
        self.best_back = -1
        self.best_lay = -1
        self.clean = False
        self.proven_ns = 0

    def apply(self, levels: Levels, now_ns: int) -> None:
        """Take one change over; an image replaces everything and ends doubt."""
        self.proven_ns = now_ns
        if levels.relative or levels.image or not self.best_back_is_high:
            self._apply_any(levels)
            return
        # What nearly every message is, written out: a call for each side would cost as much as the change itself.
        if rows := levels.to_back:
            sizes, best = self.to_back, self.best_back
            for tick, size in rows:
                sizes[tick] = size
                if size > 0:
                    if tick > best:  # noqa: PLR1730  (a call costs more than the comparison)
                        best = tick
                elif tick == best:
                    best = _next_best(sizes, tick, best_is_high=True)
            self.best_back = best
        if rows := levels.to_lay:
            sizes, best = self.to_lay, self.best_lay
            for tick, size in rows:
                sizes[tick] = size
                if size > 0:
                    if tick < best or best < 0:
                        best = tick
                elif tick == best:
                    best = _next_best(sizes, tick, best_is_high=False)
            self.best_lay = best

    def doubt(self) -> None:
        """Nothing here may be traded on until the next image."""
        self.clean = False

    @property
    def crossed(self) -> bool:
        """Someone would pay more than someone asks: with a whole message applied this means lost data."""
        if self.best_back < 0 or self.best_lay < 0:
            return False
        return self.best_back >= self.best_lay if self.best_back_is_high else self.best_back <= self.best_lay

    def levels(self, *, to_back: bool, depth: int) -> list[tuple[int, int]]:
        """Up to `depth` levels of a side as `(tick, size_micros)`, best first."""
        sizes = self.to_back if to_back else self.to_lay
        best = self.best_back if to_back else self.best_lay
        found: list[tuple[int, int]] = []
        if best < 0:
            return found
        downwards = self.best_back_is_high is to_back
        for tick in _onwards(sizes, best, downwards=downwards):
            if sizes[tick] > 0:
                found.append((tick, sizes[tick]))
                if len(found) == depth:
                    break
        return found

    def _apply_any(self, levels: Levels) -> None:
        """Any change of any book: the simple version, which the written out one must always agree with."""
        high, relative = self.best_back_is_high, levels.relative
        if levels.image:
            self._clear()
            self.clean = True
        if levels.to_back:
            self.best_back = _apply_side(
                self.to_back, levels.to_back, best=self.best_back, best_is_high=high, relative=relative
            )
        if levels.to_lay:
            self.best_lay = _apply_side(
                self.to_lay, levels.to_lay, best=self.best_lay, best_is_high=not high, relative=relative
            )

    def _clear(self) -> None:
        self.to_back = _empty(self.ladder)
        self.to_lay = _empty(self.ladder)
        self.best_back = -1
        self.best_lay = -1


def _empty(ladder: Ladder) -> Sizes:
    return [0] * len(ladder) if len(ladder) <= DENSE_TICKS_MAX else Sparse()


def _onwards(sizes: Sizes, tick: int, *, downwards: bool) -> Iterable[int]:
    """Ticks from the best one on, among them all that hold anything."""
    if isinstance(sizes, Sparse):
        return sorted(sizes, reverse=downwards)
    return range(tick, -1, -1) if downwards else range(tick, len(sizes))


def _apply_side(sizes: Sizes, changes: list[tuple[int, int]], *, best: int, best_is_high: bool, relative: bool) -> int:
    """Write the changes of one side and return its best tick, -1 when it is empty."""
    for tick, size in changes:
        if relative:
            size = max(0, sizes[tick] + size)
        sizes[tick] = size
        if size > 0:
            if best < 0 or (tick > best if best_is_high else tick < best):
                best = tick
        elif tick == best:
            best = _next_best(sizes, tick, best_is_high=best_is_high)
    return best


def _next_best(sizes: Sizes, emptied: int, *, best_is_high: bool) -> int:
    if isinstance(sizes, Sparse):
        for gone in [tick for tick, size in sizes.items() if not size]:
            del sizes[gone]
        return (max if best_is_high else min)((tick for tick, size in sizes.items() if size > 0), default=-1)
    for tick in range(emptied - 1, -1, -1) if best_is_high else range(emptied + 1, len(sizes)):
        if sizes[tick] > 0:
            return tick
    return -1
