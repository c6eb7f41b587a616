"""The outbox: PostgreSQL's own log shows each record once, in order, in Debezium's columns; none of an undone batch."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import Database
from storage.failures import DatabaseFailed
from storage.journal import read
from storage.migrate import run_migrations
from storage.projector import Projector, Rows
from tests.storage.long_runs import written
from tests.storage.projections import asked, projected, rows, with_database

INSERTED = "table public.outbox: INSERT:"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return written(tmp_path / "run", orders=10)


@pytest.fixture
def slot(postgres_url: str) -> Iterator[str]:
    """From here on a consumer of the database's log would see every change. Slots belong to the whole server."""
    name = f"{postgres_url.rpartition('/')[2]}_slot"
    begin_capture(postgres_url, name)
    yield name
    asked(postgres_url, f"SELECT pg_drop_replication_slot('{name}')")


def begin_capture(url: str, slot: str) -> None:
    """Make the slot, the tables being there."""

    async def run_beginning(database: Database) -> None:
        await run_migrations(database)
        async with database.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text(f"SELECT pg_create_logical_replication_slot('{slot}', 'test_decoding')"))

    with_database(url, run_beginning)


def captured(url: str, slot: str) -> list[str]:
    """The rows of the outbox as logical decoding tells them, in the order of their commits."""
    told = asked(url, f"SELECT data FROM pg_logical_slot_get_changes('{slot}', NULL, NULL)")
    return [line for (line,) in told if line.startswith(INSERTED)]


def test_logical_decoding_tells_every_record_once_and_in_order(run: Path, postgres_url: str, slot: str) -> None:
    projected(run, postgres_url, batch=25, outbox=True)
    told = captured(postgres_url, slot)
    records = [record for record, _ in read(run)]
    assert len(told) == len(records)
    for line, record in zip(told, records, strict=True):
        assert f"seq[bigint]:{record.seq} id[text]:'trial:{record.seq}'" in line
        assert f"type[text]:'{type(record.body).__name__}'" in line
    assert captured(postgres_url, slot) == []


def test_a_projection_again_tells_nothing_again(run: Path, postgres_url: str, slot: str) -> None:
    projected(run, postgres_url, outbox=True)
    captured(postgres_url, slot)
    projected(run, postgres_url, outbox=True)
    assert captured(postgres_url, slot) == []


def test_a_batch_that_is_undone_is_not_told(run: Path, postgres_url: str, slot: str) -> None:
    projected(run, postgres_url)

    async def run_half(database: Database) -> None:
        projector = Projector(database)
        here = await projector.fetch_place("trial")
        row = {"seq": 1, "id": "trial:1", "aggregatetype": "desk", "aggregateid": "desk", "type": "x", "payload": "{}"}
        await projector.send("trial", Rows({"outbox": [row, dict(row)]}), since=here, until=here)

    with pytest.raises(DatabaseFailed):
        with_database(postgres_url, run_half)
    assert captured(postgres_url, slot) == []


def test_rows_name_what_they_are_about(run: Path, url: str) -> None:
    projected(run, url, outbox=True)
    found = rows(url, "outbox")
    assert {(row["aggregatetype"], row["aggregateid"]) for row in found} == {("event", "cup"), ("desk", "desk")}
    placed = next(row for row in found if row["type"] == "PlaceOrder")
    assert (placed["aggregateid"], json.loads(placed["payload"])["ref"]) == ("cup", "t-0")


def test_without_being_asked_for_there_is_none(run: Path, url: str) -> None:
    projected(run, url)
    assert rows(url, "outbox") == []
