"""Journals projected into databases by the door's own code, and what stands in the tables then."""

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy import text

from engine.projected import Projected
from engine.projecting_door import Projecting
from storage.database import Database
from storage.queries import Found, Queries


def projected(run: Path, url: str, *, batch: int = 40, rebuild: bool = False, outbox: bool = False) -> Projected:
    """What the door does without `--follow`, in batches of so many records."""

    async def run_it(database: Database) -> Projected:
        return await Projecting(run, database, follow=False, outbox=outbox, batch_max=batch).run(rebuild=rebuild)

    return with_database(url, run_it)


def tables_digest(url: str, run: str = "trial") -> str:
    return with_database(url, lambda database: Queries(database).fetch_digest(run))


def rows(url: str, table: str, run: str = "trial") -> list[Found]:
    return with_database(url, lambda database: Queries(database).fetch_table(run, table))


def asked(url: str, sql: str) -> list[tuple[Any, ...]]:
    """The answer to somebody's own SQL."""

    async def run_asking(database: Database) -> list[tuple[Any, ...]]:
        async with database.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(sql))]

    return with_database(url, run_asking)


def with_database(url: str, work: Any) -> Any:
    """Open, await what `work` makes of the database, close."""

    async def run_all() -> Any:
        database = Database(url)
        try:
            return await work(database)
        finally:
            await database.run_close()

    return asyncio.run(run_all())
