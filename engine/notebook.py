"""Notebooks: a run as polars frames, made from its journal in memory; nothing is written and nothing can be changed.

    from engine.notebook import open_run
    run = open_run("runs/20261121-120000-000-seed7")
    run.fills.group_by("strategy", "venue").agg(pl.col("fee_micros").sum())
    run.orders.to_pandas()

Columns are those of the SQL tables (docs/storage.md): amounts in whole millionths, times in Unix nanoseconds.
"""

from pathlib import Path
from typing import Any

import polars as pl

from domain.messages import DecisionTaken
from engine.projecting import Projection
from engine.replay import Summary, steps, summary, uncollected
from engine.time_machine import state_at
from storage.projector import Row, Rows
from storage.queries import columns_of

POLARS = {str: pl.String(), int: pl.Int64(), bool: pl.Boolean()}

_BOOK_COLUMNS = {
    "seq": int,
    "wall_ns": int,
    "decision": int,
    "instrument": str,
    "level": int,
    "price": int,
    "size_micros": int,
}


class Run:
    """One run's frames; each is made when it is first asked for, and every asker gets one of his own.

    Raises AttributeError for whoever would change it.
    """

    folder: Path
    name: str
    _rows: Rows
    _books: list[Row]
    _made: dict[str, pl.DataFrame]

    def __init__(self, folder: Path, name: str, rows: Rows, books: list[Row]) -> None:
        self.__dict__.update(folder=folder, name=name, _rows=rows, _books=books, _made={})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Run.{name}: a run is as its journal says, nothing of it can be set; work on its frames")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"Run.{name}: a run is as its journal says, nothing of it can be taken away")

    @property
    def tables(self) -> list[str]:
        """The names that `frame` knows."""
        return sorted(columns_of())

    def frame(self, table: str) -> pl.DataFrame:
        """All rows of one table, in the order in which the journal made them."""
        made = self._made.get(table)
        if made is None:
            made = self._made[table] = _frame(self._rows.added.get(table, []), columns_of()[table])
        return made.clone()

    @property
    def books(self) -> pl.DataFrame:
        """What each decision saw of each book, level by level, best first; prices are native integers."""
        made = self._made.get("books")
        if made is None:
            made = self._made["books"] = _frame(self._books, _BOOK_COLUMNS)
        return made.clone()

    @property
    def decisions(self) -> pl.DataFrame:
        """Why orders were wanted."""
        return self.frame("decisions")

    @property
    def candidates(self) -> pl.DataFrame:
        """Each place where an order could have gone."""
        return self.frame("candidates")

    @property
    def orders(self) -> pl.DataFrame:
        """Every order as it stands at the end."""
        return self.frame("orders")

    @property
    def fills(self) -> pl.DataFrame:
        """What was matched, record by record."""
        return self.frame("fills")

    @property
    def postings(self) -> pl.DataFrame:
        """The ledger, line by line."""
        return self.frame("postings")

    @property
    def breaks(self) -> pl.DataFrame:
        """Disagreements with venues, healed or not."""
        return self.frame("breaks")

    def at(self, moment: str) -> Summary:
        """The figures of a moment, as `replay --at` has them."""
        return summary(state_at(self.folder, moment))


def open_run(run: str | Path) -> Run:
    """Read a run's journal whole. Raises NotFound, JournalDamaged, DigestDiffers."""
    folder = Path(run)
    projection, books, name = Projection(), list[Row](), ""
    with uncollected():
        for step in steps(folder):
            projection.take(step)
            name = step.state.started.run
            if isinstance(step.record.body, DecisionTaken):
                books += _books_of(step.record.body, seq=step.record.seq, wall_ns=step.record.wall_ns)
    return Run(folder, name, projection.rows().settled(), books)


def _books_of(decision: DecisionTaken, *, seq: int, wall_ns: int) -> list[Row]:
    return [
        {
            "seq": seq,
            "wall_ns": wall_ns,
            "decision": decision.id,
            "instrument": candidate.instrument,
            "level": level,
            "price": price,
            "size_micros": size,
        }
        for candidate in decision.candidates
        for level, (price, size) in enumerate(candidate.levels)
    ]


def _frame(rows: list[Row], columns: dict[str, type[Any]]) -> pl.DataFrame:
    schema = {name: POLARS[kind] for name, kind in columns.items() if name != "run"}
    return pl.DataFrame({name: [row[name] for row in rows] for name in schema}, schema=schema)
