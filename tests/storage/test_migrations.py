"""Migrations lead to the tables that the code names, run twice without harm, and refuse what a later program made."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from engine.doors import main
from storage.database import Database
from storage.failures import DatabaseFailed, NewerTables, NoDatabase
from storage.migrate import newest, run_migrations
from storage.tables import metadata
from tests.storage.projections import with_database


async def run_comparing(database: Database) -> list[object]:
    """What the migrated database has that the code does not name, and the reverse."""
    await run_migrations(database)
    async with database.engine.connect() as connection:
        return await connection.run_sync(lambda sync: compare_metadata(MigrationContext.configure(sync), metadata))


def test_the_migrations_lead_to_the_tables_that_the_code_names(url: str) -> None:
    assert with_database(url, run_comparing) == []
    assert with_database(url, run_comparing) == []


def test_rows_survive_the_way_from_the_first_tables_to_the_latest(url: str) -> None:
    async def run_upgrading(database: Database) -> list[str]:
        await run_migrations(database, "0001")
        row = "INSERT INTO events (run, event, name, starts_ms) VALUES ('r', 'cup', 'Reds v Blues', 0)"
        async with database.engine.begin() as connection:
            await connection.execute(text(row))
        await run_migrations(database)
        async with database.engine.connect() as connection:
            return [*(await connection.execute(text("SELECT name FROM events"))).scalars()]

    assert with_database(url, run_upgrading) == ["Reds v Blues"]
    assert with_database(url, run_comparing) == []


def test_a_table_that_no_migration_makes_is_found(url: str) -> None:
    async def run_dropping(database: Database) -> list[object]:
        await run_migrations(database)
        async with database.engine.begin() as connection:
            await connection.execute(text("DROP TABLE fills"))
        return await run_comparing(database)

    assert with_database(url, run_dropping)


def test_a_migration_that_dies_half_way_leaves_nothing_and_can_be_run_again(url: str) -> None:
    async def run_in_the_way(database: Database) -> list[str]:
        async with database.engine.begin() as connection:
            await connection.execute(text("CREATE TABLE settlements (run TEXT)"))
        with pytest.raises(DatabaseFailed, match="settlements"):
            await run_migrations(database)
        async with database.engine.begin() as connection:
            names = await connection.run_sync(lambda sync: sync.dialect.get_table_names(sync))
            await connection.execute(text("DROP TABLE settlements"))
        return names

    assert with_database(url, run_in_the_way) == ["settlements"]
    assert with_database(url, run_comparing) == []


def test_tables_of_a_later_program_are_refused(url: str) -> None:
    async def run_later(database: Database) -> None:
        await run_migrations(database)
        async with database.engine.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await run_migrations(database)

    with pytest.raises(NewerTables, match=f"of revision 9999, this program knows none later than {newest()}"):
        with_database(url, run_later)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("tables.sqlite", "the address of a database is"),
        ("mysql://me@there/x", "the address of a database is|not in mysql"),
        ("postgresql://me@127.0.0.1:notaport/x", "the address of a database is"),
    ],
)
def test_an_address_of_no_use_is_told(address: str, told: str) -> None:
    with pytest.raises(NoDatabase, match=told):
        Database(address)


def test_a_password_is_in_no_complaint() -> None:
    async def run_in_vain(database: Database) -> None:
        await run_migrations(database)

    with pytest.raises(DatabaseFailed) as told:
        with_database("postgresql://me:s3cret@127.0.0.1:1/x", run_in_vain)
    assert "127.0.0.1" in str(told.value)
    assert "s3cret" not in str(told.value)


def test_the_verb_tells_a_bad_address_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for url in ("tables.sqlite", "nats://", "kafka://there"):
        assert main(["project", str(tmp_path), "--url", url]) == 2
        assert capsys.readouterr().err.count("\n") == 1
