"""SQLite by its release: those that may damage a write-ahead log do not get one, and whoever opens them is told."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from storage.database import Database, unsafe_resets, warning
from tests.storage.projections import asked

FILE = "sqlite:////tmp/x.sqlite"


@pytest.mark.parametrize(
    ("version", "unsafe"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 4), False),
    ],
)
def test_releases_that_reset_the_log_unsafely_are_known_and_told(version: tuple[int, ...], unsafe: bool) -> None:
    assert unsafe_resets(version) is unsafe
    assert (".".join(map(str, version)) in warning(FILE, version)) is unsafe
    assert warning("postgresql://me@there/x", version) == ""


def test_the_log_is_written_ahead_only_where_that_is_safe(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tables.sqlite'}"
    mode = "truncate" if unsafe_resets(sqlite3.sqlite_version_info) else "wal"
    assert asked(url, "PRAGMA journal_mode") == [(mode,)]
    assert asked(url, "PRAGMA synchronous") == [(2,)]


def test_a_connection_of_a_safe_release_writes_ahead(tmp_path: Path) -> None:
    async def run_asking() -> str:
        database = Database(f"sqlite:///{tmp_path / 'tables.sqlite'}", library=(3, 53, 4))
        async with database.engine.connect() as connection:
            found = (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar_one()
        await database.run_close()
        return str(found)

    assert asyncio.run(run_asking()) == "wal"


def test_the_name_of_a_database_hides_its_password() -> None:
    assert Database("postgresql://me:s3cret@there/x").name == "postgresql://me:***@there/x"
