"""Databases for the tests of the tables: SQLite in a file, and PostgreSQL where there is one."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.storage import postgres

REQUIRE_ENV = "CROSSBOOK_REQUIRE"
"""Peers that must be there, as `postgres,nats,kafka`: without one a test fails instead of being skipped."""


def absent(peer: str, what: str) -> None:
    """Skip the test with one line, or fail it where the peer is required."""
    if peer in os.environ.get(REQUIRE_ENV, "").split(","):
        pytest.fail(f"{REQUIRE_ENV} asks for {peer}: {what}", pytrace=False)
    pytest.skip(f"no {peer} here: {what}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a server in which databases can be made."""
    if url := os.environ.get(postgres.URL_ENV):
        yield url
        return
    with postgres.running() as server:
        if server is None:
            absent("postgres", f"no initdb is found and {postgres.URL_ENV} names no server")
            return
        yield server.url


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> str:
    """One database for all tests of this process: to make one is to copy three hundred files."""
    name = f"crossbook_{os.getpid()}"
    run_sql(postgres_server, f"CREATE DATABASE {name}")
    return f"{postgres_server.rpartition('/')[0]}/{name}"


@pytest.fixture
def postgres_url(postgres_database: str) -> str:
    """The database, emptied."""
    run_sql(postgres_database, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return postgres_database


def run_sql(url: str, *statements: str) -> None:
    """Carry out statements, each on its own."""

    async def run_each() -> None:
        engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            for statement in statements:
                await connection.execute(text(statement))
        await engine.dispose()

    asyncio.run(run_each())


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tables.sqlite'}"
    fetched: str = request.getfixturevalue("postgres_url")
    return fetched
