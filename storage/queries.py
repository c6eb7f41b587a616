"""What reports, `explain` and notebooks ask of the tables."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Select, Table, or_, select

from storage.database import Database
from storage.encoding import digest
from storage.tables import metadata, orders, records, runs

Found = Mapping[str, Any]
"""One row, by column."""

AT_ONCE = 5_000
"""Rows read in one piece."""

Wanted = Mapping[str, Mapping[str, Collection[str | int]]]
"""Tables by name, each with the values that its columns may have; without columns all of its rows."""


def columns_of() -> dict[str, dict[str, type[Any]]]:
    """The columns of every table, with the type of what stands in them; any may also be None."""
    return {
        table.name: {column.name: column.type.python_type for column in table.columns}
        for table in metadata.sorted_tables
    }


def in_key_order(name: str, rows: Iterable[Found]) -> list[Found]:
    """Rows of a table in the order of its key, which is the same for every database and for rows out of none."""
    keys = [column.name for column in metadata.tables[name].primary_key if column.name != "run"]
    return sorted(rows, key=lambda row: [row[key] for key in keys])


def without_run(row: Found) -> Found:
    """A row as the journal makes it: whose run it is of, its reader knows."""
    return {name: value for name, value in row.items() if name != "run"}


class Queries:
    """Reads the tables of one database. Everything raises DatabaseFailed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch_runs(self) -> list[str]:
        """The runs that have rows, as they began."""
        return [row["run"] for row in await self._fetch(select(runs).order_by(runs.c.started_ns))]

    async def fetch_table(self, run: str, name: str, **where: Collection[str | int]) -> list[Found]:
        """A run's rows of one table in the order of its key: all, or those whose columns have one of these values."""
        table = metadata.tables[name]
        asked = _of_run(table, run)
        for column, values in where.items():
            asked = asked.where(table.c[column].in_(values))
        return await self._fetch(asked)

    async def fetch_rows(self, run: str, wanted: Wanted) -> dict[str, list[Found]]:
        """A run's rows of several tables, all as of one moment, each in the order of its key; `run` is left out."""
        found: dict[str, list[Found]] = {}
        with self._database.failing():
            async with self._database.engine.connect() as connection:
                await connection.execution_options(isolation_level=self._database.one_moment)
                for name, where in wanted.items():
                    asked = _of_run(metadata.tables[name], run)
                    for column, values in where.items():
                        asked = asked.where(metadata.tables[name].c[column].in_(values))
                    rows = (await connection.execute(asked)).mappings()
                    found[name] = in_key_order(name, map(without_run, rows))
        return found

    async def fetch_digest(self, run: str) -> str:
        """One number for all rows of a run: equal rows give equal digests in any order and on any database."""
        found: dict[str, int] = {}
        for table in metadata.sorted_tables:
            found[table.name] = 0
            async for row in self._fetch_each(select(table).where(table.c.run == run)):
                found[table.name] += int(digest(row), 16)
        return digest({name: f"{total:x}" for name, total in found.items()})

    async def fetch_orders_named(self, run: str, name: str) -> list[Found]:
        """Orders that we or their venue call `name`."""
        named = or_(orders.c.ref == name, orders.c.venue_order_id == name)
        return await self._fetch(_of_run(orders, run).where(named))

    async def fetch_naming(self, run: str, ref: str) -> list[int]:
        """Numbers of the records that name an order."""
        asked = select(records.c.seq).where(records.c.run == run, records.c.ref == ref)
        return [row["seq"] for row in await self._fetch(asked)]

    async def _fetch(self, asked: Select[Any]) -> list[Found]:
        with self._database.failing():
            async with self._database.engine.connect() as connection:
                return [dict(row) for row in (await connection.execute(asked)).mappings()]

    async def _fetch_each(self, asked: Select[Any]) -> AsyncIterator[tuple[Any, ...]]:
        with self._database.failing():
            async with self._database.engine.connect() as connection:
                found = await connection.stream(asked.execution_options(yield_per=AT_ONCE))
                async for row in found:
                    yield tuple(row)


def _of_run(table: Table, run: str) -> Select[Any]:
    return select(table).where(table.c.run == run).order_by(*table.primary_key)
