"""A book against the simplest one there is: a dictionary of sizes, and the best price looked for anew each time."""

from hypothesis import given
from hypothesis import strategies as st

from domain.book import Book
from domain.ids import InstrumentId
from domain.messages import Levels
from domain.odds import FINEST, Ladder, PriceKind

TICKS = 12
LADDERS = {
    PriceKind.ODDS: Ladder(PriceKind.ODDS, ((101, 101 + TICKS - 1, 1),)),
    PriceKind.CONTRACT: Ladder(PriceKind.CONTRACT, ((1_000, TICKS * 1_000, 1_000),)),
}
LONG = {PriceKind.ODDS: FINEST, PriceKind.CONTRACT: Ladder(PriceKind.CONTRACT, ((1, 9_999, 1),))}
"""The same ladders with so many ticks that a book keeps no place for each."""
ROWS = st.lists(st.tuples(st.integers(0, TICKS - 1), st.integers(-2, 3)), max_size=6)
CHANGES = st.tuples(ROWS, ROWS, st.sampled_from(["patch", "patch", "patch", "image", "relative"]))


class Plain:
    """One side: sizes by tick."""

    def __init__(self) -> None:
        self.sizes: dict[int, int] = {}

    def apply(self, rows: list[tuple[int, int]], kind: str) -> None:
        if kind == "image":
            self.sizes = {}
        for tick, size in rows:
            self.sizes[tick] = max(0, self.sizes.get(tick, 0) + size) if kind == "relative" else size

    def best(self, *, high: bool) -> int:
        ticks = [tick for tick, size in self.sizes.items() if size > 0]
        return (max if high else min)(ticks, default=-1)


@given(
    kind=st.sampled_from([*LADDERS]), ladders=st.sampled_from([LADDERS, LONG]), changes=st.lists(CHANGES, max_size=20)
)
def test_best_prices_are_those_of_a_book_that_looks_for_them_anew(
    kind: PriceKind,
    ladders: dict[PriceKind, Ladder],
    changes: list[tuple[list[tuple[int, int]], list[tuple[int, int]], str]],
) -> None:
    book, to_back, to_lay = Book(ladders[kind]), Plain(), Plain()
    assert (len(book.ladder) == TICKS) is (ladders is LADDERS)
    for now_ns, (backs, lays, how) in enumerate(changes):
        told = Levels(InstrumentId("a/b/c"), backs, lays, image=how == "image", relative=how == "relative")
        book.apply(told, now_ns)
        to_back.apply(backs, how)
        to_lay.apply(lays, how)
        high = kind is PriceKind.ODDS
        assert book.best_back == to_back.best(high=high)
        assert book.best_lay == to_lay.best(high=not high)
        assert [(tick, book.to_back[tick]) for tick in range(TICKS) if book.to_back[tick]] == _standing(to_back)
        assert [(tick, book.to_lay[tick]) for tick in range(TICKS) if book.to_lay[tick]] == _standing(to_lay)
        assert book.levels(to_back=True, depth=TICKS) == _ranked(to_back, high=high)
        assert book.levels(to_back=False, depth=TICKS) == _ranked(to_lay, high=not high)
        assert book.proven_ns == now_ns
    assert book.clean is any(how == "image" for _, _, how in changes)


def _ranked(side: Plain, *, high: bool) -> list[tuple[int, int]]:
    return sorted(((tick, size) for tick, size in side.sizes.items() if size > 0), reverse=high)


def _standing(side: Plain) -> list[tuple[int, int]]:
    return sorted((tick, size) for tick, size in side.sizes.items() if size)
