"""Reports out of SQLite, out of PostgreSQL and out of the journal are the same, however the run was projected."""

from collections.abc import Callable
from pathlib import Path

import pytest

from domain.messages import RunEnded
from engine.reports.agreement import agreement
from engine.reports.day import end_of_day
from engine.reports.packs import Report
from engine.reports.rows import EVERY_RECORD, RunRows, of_journal, of_tables
from engine.reports.statements import statements
from engine.reports.trail import audit
from storage.failures import DatabaseFailed
from tests.engine.reports.days import TOLD, Day, bought, day_number, settled, usual
from tests.engine.reports.test_limits import LIMITED
from tests.engine.runs import decision
from tests.storage.projections import projected

REPORTS: dict[str, Callable[[RunRows], list[Report]]] = {
    "eod": lambda rows: [end_of_day(rows, day_number(), TOLD)],
    "statement": lambda rows: [*statements(rows, day_number(), TOLD)],
    "audit": lambda rows: [audit(rows, day_number(), TOLD)],
    "recon": lambda rows: [agreement(rows, day_number(), TOLD)],
}


def test_every_report_is_the_journals(tmp_path: Path, url: str) -> None:
    run = usual(tmp_path / "run")
    projected(run, url, batch=5)
    tables, journal = of_tables(run, url, wanted=EVERY_RECORD), of_journal(run, wanted=EVERY_RECORD)
    assert (tables.records, tables.head) == (journal.records, journal.head)
    for name, make in REPORTS.items():
        assert make(tables) == make(journal), name


def test_a_projector_that_begins_again_finds_the_same_uses_of_limits(tmp_path: Path, url: str) -> None:
    run = Day(tmp_path / "run").said(*LIMITED, decision(), *bought("t-1", "BACK 5 @ 2.00", "4", at="2.00")).closed()
    projected(run, url)
    more = Day.behind(run).said(*bought("t-2", "LAY 30 @ 0.50c", "30", at="0.50c", on="two/m2/yes", fee="0.53"))
    projected(more.closed(), url)
    day_later = Day.behind(run).said(settled(4_000_000), RunEnded("asked to"), after_s=86_400)
    projected(day_later.closed(), url, batch=1)
    uses = of_journal(run).table("limit_uses")
    assert of_tables(run, url).table("limit_uses") == uses
    assert {row["reason"] for row in uses} > {"cap_model", "cap_strategy", "cap_venue", "cap_sport", "position_limit"}
    assert len({row["day"] for row in uses}) == 3


def test_a_run_that_was_never_projected_is_projected_first(tmp_path: Path, url: str) -> None:
    run = usual(tmp_path / "run")
    assert REPORTS["eod"](of_tables(run, url)) == REPORTS["eod"](of_journal(run))


def test_a_database_that_is_not_there_is_told(tmp_path: Path) -> None:
    run = usual(tmp_path / "run")
    with pytest.raises(DatabaseFailed, match="nowhere"):
        of_tables(run, f"sqlite:///{tmp_path}/nowhere/tables.sqlite")
