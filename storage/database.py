"""Opening the database of the tables: SQLite in a file by default, PostgreSQL by URL.

A few releases of SQLite can damage a database in write-ahead mode when two connections reset the log at once (3.7.0 to
3.51.2, sqlite.org, release notes of 3.51.3). With such a library the file is kept with a rollback journal instead,
where readers and the writer wait for each other, and whoever opens it is told.
"""

import importlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Insert, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.failures import DatabaseFailed, NoDatabase

SQLITE_RESETS_UNSAFELY = ((3, 7, 0), (3, 51, 2))
"""First and last release in which two connections can lose committed pages of the write-ahead log."""

BUSY_MS = 10_000
"""How long a connection waits for another's lock before it gives up."""

TABLES_FILE = "tables.sqlite"
"""The tables of a run, in its own folder, unless an address says otherwise."""


def default_url(run: Path) -> str:
    """The embedded database of a run."""
    return f"sqlite:///{run.absolute() / TABLES_FILE}"


def is_sqlite(url: str) -> bool:
    """Whether an address means the embedded database."""
    return _parsed(url).get_backend_name() == "sqlite"


class Database:
    """One database by its address, `sqlite:///FILE` or `postgresql://...`."""

    def __init__(
        self, url: str, *, reading: bool = False, library: tuple[int, ...] = sqlite3.sqlite_version_info
    ) -> None:
        """Nothing is opened yet. Raises NoDatabase.

        Whoever is not only `reading` holds SQLite's one place for a writer from the beginning of each transaction.
        `library` is SQLite's release.
        """
        parsed = _parsed(url)
        self.name = parsed.render_as_string(hide_password=True)
        self._failures: tuple[type[Exception], ...] = (SQLAlchemyError, OSError)
        self.one_moment = "REPEATABLE READ"
        """The isolation in which several questions are answered as of one moment."""
        if parsed.get_backend_name() == "sqlite":
            self.one_moment = "SERIALIZABLE"
            self.engine = create_async_engine(parsed.set(drivername="sqlite+aiosqlite"))
            begin = "BEGIN" if reading else "BEGIN IMMEDIATE"
            event.listen(self.engine.sync_engine, "connect", _opened(unsafe_resets(library)))
            event.listen(self.engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        else:
            self._failures += _failures_of_asyncpg()
            self.engine = create_async_engine(parsed.set(drivername="postgresql+asyncpg"))

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Whatever goes wrong with the database inside is a DatabaseFailed: drivers have many ways to say it."""
        try:
            yield
        except self._failures as error:
            cause = getattr(error, "orig", None) or error  # without the statement and its rows
            raise DatabaseFailed(
                f"{self.name}: {type(cause).__name__}: {' '.join(str(cause).split())[:300]}"
            ) from error

    async def run_close(self) -> None:
        """Give every connection back."""
        await self.engine.dispose()


def unsafe_resets(version: tuple[int, ...]) -> bool:
    """Whether this release of SQLite may damage a database that two connections write ahead in."""
    first, last = SQLITE_RESETS_UNSAFELY
    return first <= version[:3] <= last


def warning(url: str, version: tuple[int, ...] = sqlite3.sqlite_version_info) -> str:
    """What whoever opens this address should be told about the library; empty if there is nothing to say."""
    if not is_sqlite(url) or not unsafe_resets(version):
        return ""
    return (
        f"SQLite {'.'.join(map(str, version[:3]))} can damage a write-ahead log that two connections reset (mended in "
        "3.51.3): the tables are kept with a rollback journal, readers wait while rows are written"
    )


def upsert(engine: AsyncEngine, table: Table, *, keep: Sequence[str] = (), highest: str = "") -> Insert:
    """Insert a row or, where one with its key stands, replace it but for the columns to `keep`.

    With `highest` only one that has more in that column replaces it.
    """
    kind = sqlite.insert if engine.dialect.name == "sqlite" else postgresql.insert
    insert = kind(table)
    keys = [column.name for column in table.primary_key]
    replaced = [column.name for column in table.columns if column.name not in (*keys, *keep)]
    values = {name: insert.excluded[name] for name in replaced}
    where = insert.excluded[highest] > table.c[highest] if highest else None
    return insert.on_conflict_do_update(index_elements=keys, set_=values, where=where)


def _failures_of_asyncpg() -> tuple[type[Exception], ...]:
    """What asyncpg raises past SQLAlchemy when a server dies under it (seen: "cannot switch to state")."""
    try:
        driver = importlib.import_module("asyncpg")
    except ImportError as error:
        raise NoDatabase("PostgreSQL needs the driver asyncpg: install crossbook[postgres]") from error
    return driver.PostgresError, driver.InterfaceError, driver.InternalClientError


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise NoDatabase("the address of a database is sqlite:///FILE or postgresql://USER@HOST/NAME") from error
    if backend not in ("sqlite", "postgresql"):
        raise NoDatabase(f"tables are kept in SQLite or PostgreSQL, not in {backend}")
    return parsed


def _opened(unsafe: bool) -> Callable[[Any, object], None]:
    """What is said to each new SQLite connection: transactions are ours, and a commit survives a power cut."""
    mode = "TRUNCATE" if unsafe else "WAL"

    def opened(connection: Any, _: object) -> None:  # noqa: ANN401  (whatever the driver calls a connection)
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        cursor.execute(f"PRAGMA journal_mode={mode}")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    return opened
