"""Bringing a database to the tables of this program, step by step, each step whole or not at all."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.failures import NewerTables

HERE = Path(__file__).resolve().parent / "migrations"
ONE_AT_A_TIME = 0x63726F7373  # any number that nobody else locks; of two programs that migrate at once one waits


async def run_migrations(database: Database, revision: str = "head") -> None:
    """Make the tables what `revision` says; does nothing where they are. Raises NewerTables, DatabaseFailed."""
    with database.failing():
        async with database.engine.begin() as connection:
            await _run_in(connection, revision)


async def _run_in(connection: AsyncConnection, revision: str) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})"))
    await connection.run_sync(_migrate, revision)


@cache
def newest() -> str:
    """The revision that this program works with."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _migrate(connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    found = MigrationContext.configure(connection).get_current_revision()
    if revision == "head" and found == newest():
        return
    try:
        if found is not None:
            ScriptDirectory.from_config(config).get_revision(found)
    except CommandError as error:
        raise NewerTables(
            f"the tables are of revision {found}, this program knows none later than {newest()}"
        ) from error
    command.upgrade(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    return config
