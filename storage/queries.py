"""What reports, `explain` and notebooks ask of the tables."""

from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any

from sqlalchemy import Select, Table, or_, select

from storage.database import Database
from storage.encoding import digest
from storage.tables import (
    breaks,
    decisions,
    instruments,
    metadata,
    order_events,
    orders,
    postings,
    records,
    refusals,
    runs,
    settlements,
)

Found = Mapping[str, Any]
"""One row, by column."""

AT_ONCE = 5_000
"""Rows read in one piece."""


def columns_of() -> dict[str, dict[str, type[Any]]]:
    """The columns of every table, with the type of what stands in them; any may also be None."""
    return {
        table.name: {column.name: column.type.python_type for column in table.columns}
        for table in metadata.sorted_tables
    }


class Queries:
    """Reads the tables of one database. Everything raises DatabaseFailed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch_runs(self) -> list[str]:
        """The runs that have rows, as they began."""
        return [row["run"] for row in await self._fetch(select(runs).order_by(runs.c.started_ns))]

    async def fetch_table(self, run: str, name: str) -> list[Found]:
        """All of a run's rows of one table, in the order of its key."""
        return await self._fetch(_of_run(metadata.tables[name], run))

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

    async def fetch_records(self, run: str, seqs: Collection[int]) -> list[Found]:
        """Records by their numbers, in order."""
        return await self._fetch(_of_run(records, run).where(records.c.seq.in_(seqs)))

    async def fetch_order_events(self, run: str, ref: str) -> list[Found]:
        """What became of one order, record by record."""
        return await self._fetch(_of_run(order_events, run).where(order_events.c.ref == ref))

    async def fetch_refs_at(self, run: str, seqs: Collection[int]) -> list[Found]:
        """Which orders some records changed."""
        return await self._fetch(_of_run(order_events, run).where(order_events.c.seq.in_(seqs)))

    async def fetch_naming(self, run: str, ref: str) -> list[int]:
        """Numbers of the records that name an order."""
        asked = select(records.c.seq).where(records.c.run == run, records.c.ref == ref)
        return [row["seq"] for row in await self._fetch(asked)]

    async def fetch_breaks_about(self, run: str, subjects: Collection[str]) -> list[Found]:
        """Breaks that name one of these."""
        return await self._fetch(_of_run(breaks, run).where(breaks.c.subject.in_(subjects)))

    async def fetch_postings_of(self, run: str, seqs: Collection[int]) -> list[Found]:
        """What some records moved, line by line."""
        return await self._fetch(_of_run(postings, run).where(postings.c.seq.in_(seqs)))

    async def fetch_decision(self, run: str, decision: int) -> list[Found]:
        """The decision of this number; none for orders that nobody here wanted."""
        return await self._fetch(_of_run(decisions, run).where(decisions.c.decision == decision))

    async def fetch_refusals_of(self, run: str, decision: int) -> list[Found]:
        """What our own risk refused of a decision."""
        return await self._fetch(_of_run(refusals, run).where(refusals.c.decision == decision))

    async def fetch_orders_of(self, run: str, decision: int) -> list[Found]:
        """The orders of a decision."""
        return await self._fetch(_of_run(orders, run).where(orders.c.decision == decision))

    async def fetch_instrument(self, run: str, instrument: str) -> Found:
        """One instrument's row."""
        [found] = await self._fetch(_of_run(instruments, run).where(instruments.c.instrument == instrument))
        return found

    async def fetch_settlements_of(self, run: str, venue: str, venue_market: str) -> list[Found]:
        """The statements of one venue market."""
        here = settlements.c.venue == venue, settlements.c.venue_market == venue_market
        return await self._fetch(_of_run(settlements, run).where(*here))

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
