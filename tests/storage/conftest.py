"""Databases for the tests of the tables: SQLite in a file, and PostgreSQL where there is one."""

import asyncio
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.storage import postgres

REQUIRE_ENV = "CROSSBOOK_REQUIRE"
"""Peers that must be there, as `postgres,nats,kafka`: without one a test fails instead of being skipped."""

_numbers = count(1)


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


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """A new database."""
    name = f"crossbook_{os.getpid()}_{next(_numbers)}"

    async def run_create() -> None:
        engine = create_async_engine(postgres_server.replace("postgresql:", "postgresql+asyncpg:"))
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text(f"CREATE DATABASE {name}"))
        await engine.dispose()

    asyncio.run(run_create())
    return f"{postgres_server.rpartition('/')[0]}/{name}"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tables.sqlite'}"
    fetched: str = request.getfixturevalue("postgres_url")
    return fetched
