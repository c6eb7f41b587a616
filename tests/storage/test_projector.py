"""The projector: rows that agree with the journal, whole batches or none, and the same rows whenever they are made."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from domain.messages import RunEnded
from engine.projecting_door import Projecting
from engine.replay import rebuild
from oms.order_states import state_of
from storage.database import Database
from storage.failures import DatabaseFailed, ProjectionMoved
from storage.journal import START, Journal
from storage.projector import Projector, Rows
from tests.engine.runs import Live
from tests.storage import postgres
from tests.storage.long_runs import bodies, written
from tests.storage.projections import asked, projected, rows, tables_digest, with_database


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of some 250 records."""
    return written(tmp_path_factory.mktemp("long") / "run", orders=28)


def test_the_rows_agree_with_the_state_that_the_journal_comes_to(run: Path, url: str) -> None:
    told = projected(run, url)
    state, verified = rebuild(run)
    assert (told.run, told.records, told.seq) == ("trial", verified.records, verified.records)
    orders = {**state.blotter.orders.archive, **state.blotter.orders.at_stake}
    assert {row["ref"]: (row["state"], row["matched_micros"], row["fee_micros"]) for row in rows(url, "orders")} == {
        ref: (state_of(order).value, order.matched_micros, order.fee_micros) for ref, order in orders.items()
    }
    balances = {(row["account"], row["currency"]): row["micros"] for row in rows(url, "balances") if row["micros"]}
    assert balances == state.ledger.balances
    assert {row["instrument"]: row["back_claims_micros"] for row in rows(url, "positions")} == {
        key: held.back_claims_micros for key, held in state.positions.by_instrument.items()
    }
    assert len(rows(url, "records")) == verified.records
    (told_run,) = rows(url, "runs")
    assert (told_run["resumed"], told_run["ended_reason"]) == (1, "asked to")


def test_postings_add_up_to_zero_and_to_the_balances(run: Path, url: str) -> None:
    projected(run, url)
    assert {total for (total,) in asked(url, "SELECT SUM(micros) FROM postings GROUP BY entry, currency")} == {0}
    astray = (
        "SELECT b.account FROM balances b JOIN postings p ON p.run = b.run AND p.account = b.account "
        "AND p.currency = b.currency GROUP BY b.account, b.currency, b.micros HAVING SUM(p.micros) <> b.micros"
    )
    assert asked(url, astray) == []


def test_the_fills_of_every_order_add_up_to_its_matched_part(run: Path, url: str) -> None:
    projected(run, url)
    astray = (
        "SELECT o.ref FROM orders o LEFT JOIN fills f ON f.run = o.run AND f.ref = o.ref GROUP BY o.ref, "
        "o.matched_micros, o.cost_micros HAVING COALESCE(SUM(f.size_micros), 0) <> o.matched_micros "
        "OR COALESCE(SUM(f.cost_micros), 0) <> o.cost_micros"
    )
    assert asked(url, astray) == []
    assert asked(url, "SELECT COUNT(*) FROM fills WHERE fill = ''") != [(0,)]
    assert asked(url, "SELECT COUNT(*) FROM fills WHERE fill <> ''") != [(0,)]


def test_breaks_stand_until_they_heal(run: Path, url: str) -> None:
    projected(run, url)
    found = [row for row in rows(url, "breaks") if row["subject"].startswith("t-")]
    assert [(row["subject"], row["proof"]) for row in found if int(row["subject"][2:]) % 14 == 3] == [
        (f"t-{n}", "a later comparison agrees") for n in range(3, 28, 14)
    ]
    assert {row["healed_seq"] for row in found if int(row["subject"][2:]) % 14 == 10} == {None}


def test_the_queue_of_breaks_tells_whose_each_is_and_how_and_by_whom_it_ended(run: Path, url: str) -> None:
    projected(run, url)
    told = "resolution closed_by owner money_base_micros proof signed_by".split()
    found = {row["subject"]: tuple(row[name] for name in told) for row in rows(url, "breaks")}
    assert found["GBP"] == ("written_off", "ann, bob", "back office", 7, "agreed \ufffd", "ann")
    assert found["v-77"] == ("resolved", "cy", "", 9, "my own bet", "")
    assert found["m-9"] == ("", "", "dee", 3, None, "")
    assert found["t-3"][0] == "healed"
    events = [(row["event"], row["who"]) for row in rows(url, "break_events") if row["subject"] == "GBP"]
    assert events == [("found", ""), ("signed", "ann"), ("restated", ""), ("signed", "ann"), ("written_off", "bob")]
    assert [(row["cause"], row["breaks"]) for row in rows(url, "recon_rounds")] == [("day_end", 1)]


def test_a_character_that_postgresql_cannot_keep_is_replaced(run: Path, url: str) -> None:
    projected(run, url)
    assert {row["detail"] for row in rows(url, "breaks") if row["kind"] == "STATUS"} == {"theirs is \ufffd gone"}


# ---- resumed and rebuilt ----


def test_the_size_of_batches_leaves_no_trace(run: Path, tmp_path: Path, url: str) -> None:
    projected(run, url, batch=11)
    other = f"sqlite:///{tmp_path / 'other.sqlite'}"
    projected(run, other, batch=10_000)
    assert tables_digest(url) == tables_digest(other)


def test_a_second_projection_writes_nothing_and_a_rebuilt_one_the_same(run: Path, url: str) -> None:
    projected(run, url)
    first = tables_digest(url)
    assert projected(run, url).records == 0
    assert tables_digest(url) == first
    assert projected(run, url, rebuild=True).records > 0
    assert tables_digest(url) == first


def test_a_run_that_goes_on_is_read_on(tmp_path: Path, url: str) -> None:
    whole = [*bodies(8)]
    live = Live(tmp_path / "run", digest_every=50)
    for n in range(0, len(whole), 14):
        live.record(*whole[n : n + 14])
        assert projected(tmp_path / "run", url, batch=4).records > 0
    live.journal.close()
    other = f"sqlite:///{tmp_path / 'other.sqlite'}"
    projected(tmp_path / "run", other)
    assert tables_digest(url) == tables_digest(other)


def test_a_changed_row_changes_the_digest(run: Path, url: str) -> None:
    projected(run, url)
    before = tables_digest(url)

    async def run_forging(database):
        async with database.engine.begin() as connection:
            await connection.exec_driver_sql("UPDATE postings SET micros = micros + 1 WHERE entry = 3 AND line = 0")

    with_database(url, run_forging)
    assert tables_digest(url) != before


# ---- one writer, whole batches ----


def test_of_two_projectors_the_later_is_told_and_leaves_nothing(run: Path, url: str) -> None:
    projected(run, url)
    before = tables_digest(url)

    async def run_again(database):
        rows = Rows({"events": [{"event": "ghost", "name": "", "starts_ms": 0}]})
        await Projector(database).send("trial", rows, since=START, until=START)

    with pytest.raises(ProjectionMoved, match="somebody else began it"):
        with_database(url, run_again)
    assert tables_digest(url) == before


def test_a_batch_that_fails_half_way_leaves_nothing(run: Path, url: str) -> None:
    projected(run, url)
    before = tables_digest(url)

    async def run_twice_the_same(database):
        projector = Projector(database)
        here = await projector.fetch_place("trial")
        row = {"event": "ghost", "name": "", "starts_ms": 0}
        await projector.send("trial", Rows({"events": [row, dict(row)]}), since=here, until=START)

    with pytest.raises(DatabaseFailed, match=r"(?i)unique"):
        with_database(url, run_twice_the_same)
    assert tables_digest(url) == before


def test_tables_of_another_journal_are_refused(run: Path, tmp_path: Path, url: str) -> None:
    projected(run, url)
    live = Live(tmp_path / "other")
    live.record(*bodies(34))
    live.journal.close()
    with pytest.raises(ProjectionMoved, match="of another journal"):
        projected(tmp_path / "other", url)
    Journal(tmp_path / "short").close()
    Live(tmp_path / "shorter").record(*bodies(2))
    with pytest.raises(ProjectionMoved, match="of another journal"):
        projected(tmp_path / "shorter", url)


def test_a_projector_killed_at_any_time_loses_and_doubles_nothing(root: Path, url: str) -> None:
    """Six kills while the journal is written; `python -m tests.storage.killed KILLS` does as many as asked."""
    command = [sys.executable, "-m", "tests.storage.killed", "6", "--url", url]
    done = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert "6 kills" in done.stdout
    assert "equal to an undisturbed one's" in done.stdout
    assert rows(url, "records")[-1]["kind"] in (RunEnded.__name__, "DigestTaken")


def test_a_server_that_dies_under_the_projector_ends_in_the_same_rows(tmp_path: Path, postgres_server: str) -> None:
    """Killed while batches are committed; the projector asks where it stands once the server is back, and goes on."""
    assert postgres_server
    run, live = tmp_path / "run", Live(tmp_path / "run", digest_every=50)
    whole = [*bodies(20)]
    live.record(*whole[:20])

    async def run_dying(server: postgres.Server) -> None:
        database = Database(server.url)
        projecting = Projecting(run, database, follow=True, batch_max=3, again_s=0.1)
        following = asyncio.ensure_future(projecting.run())
        while projecting.written < 12:  # noqa: ASYNC110  (it tells nobody)
            await asyncio.sleep(0.01)
        live.record(*whole[20:])
        await asyncio.sleep(0.02)
        server.kill()
        await asyncio.sleep(0.2)
        server.start_again()
        while projecting.written < live.state.records:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        projecting.end()
        await following
        await database.run_close()

    with postgres.running() as server:
        assert server is not None
        asyncio.run(asyncio.wait_for(run_dying(server), 60))
        other = f"sqlite:///{tmp_path / 'other.sqlite'}"
        projected(run, other)
        assert tables_digest(server.url) == tables_digest(other)
