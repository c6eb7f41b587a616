"""How breaks went over days and runs: this run's out of its journal, earlier ones' out of their tables."""

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from desk.reports.agreement_page import agreement_page
from desk.reports.books import Agreement, Trend
from domain.breaks import BreakFound, BreakHealed
from domain.ids import VenueName
from domain.messages import Journalled, RunEnded
from domain.money import MICROS
from engine.doors import main
from engine.reports.agreement import agreement
from engine.reports.rows import of_journal
from tests.engine.reports.days import TOLD, Day, day_number
from tests.engine.reports.test_proving import CONFIG, sealed_anew, verified, write
from tests.engine.runs import ONE, OPENING, STARTED

DAY_S = 86_400


def found(key: str, money: int) -> BreakFound:
    return BreakFound(ONE, key, "RESULT", "HIGH", money * MICROS, "ours 1, theirs 2")


def run(folder: Path, name: str, *bodies: Journalled, later_s: int = 0) -> Path:
    """A run that began so long behind noon; what follows its opening comes a day later each."""
    day = Day(folder)
    day.at_ns += later_s * 1_000_000_000
    day.said(replace(STARTED, run=name, digest_every=50), *OPENING[1:])
    day.said(*bodies, after_s=DAY_S)
    return day.said(RunEnded("asked to")).closed()


def report(folder: Path) -> Agreement:
    [pack] = folder.glob("reports/recon-*")
    return msgspec.json.decode((pack / "figures.json").read_bytes(), type=Agreement)


def told(one: Trend) -> tuple[str, str, int, int, int, int]:
    return one.run, one.day, one.found, one.ended, one.standing, one.standing_base_micros // MICROS


def test_each_day_of_a_run_tells_what_was_found_ended_and_stood(tmp_path: Path) -> None:
    healed = BreakHealed(VenueName("one"), "a", "RESULT", "agrees")
    folder = run(tmp_path / "run", "trial", found("a", 3), found("b", 4), healed)
    rows = of_journal(folder)
    made = agreement(rows, day_number("2023-11-18"), TOLD)
    assert [told(one) for one in made.trend] == [
        ("trial", "2023-11-15", 0, 0, 0, 0),
        ("trial", "2023-11-16", 1, 0, 1, 3),
        ("trial", "2023-11-17", 1, 0, 2, 7),
        ("trial", "2023-11-18", 0, 1, 1, 4),
    ]
    assert agreement(rows, day_number("2023-11-16"), TOLD).trend == made.trend[:2]
    assert made.trend[-1].longest_ns == 2 * DAY_S * 10**9
    page = agreement_page(made)
    assert "Breaks standing at the end" in page
    assert "<td><b class=loss>1</b></td>" in page


def test_runs_beside_it_that_were_projected_before_are_in_the_trend_and_stay_when_it_is_proven(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run(tmp_path / "1", "first", found("a", 3))
    run(tmp_path / "2", "never projected", found("a", 3), later_s=60)
    third = run(tmp_path / "3", "third", later_s=2 * DAY_S)
    fourth = run(tmp_path / "4", "fourth", later_s=3 * DAY_S)
    write(first, "eod")
    write(fourth, "eod")
    assert main_recon(third) == 0
    assert [told(one)[:4] for one in report(third).trend] == [
        ("first", "2023-11-15", 0, 0),
        ("first", "2023-11-16", 1, 0),
        ("third", "2023-11-17", 0, 0),
    ]
    assert verified(third, capsys)[0] == 0
    (first / "tables.sqlite").write_bytes(b"spoilt")
    assert verified(third, capsys)[0] == 0
    assert main_recon(third) == 0
    assert [one.run for one in report(third).trend] == ["third"]


def test_a_trend_that_hides_a_break_of_this_run_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run(tmp_path / "run", "trial", found("a", 3))
    assert main_recon(folder) == 5
    [pack] = folder.glob("reports/recon-*")
    made = report(folder)
    forged = replace(made, trend=(made.trend[0], replace(made.trend[1], standing=0)))
    (pack / "figures.json").write_bytes(msgspec.json.encode(forged))
    sealed_anew(pack)
    code, line = verified(pack, capsys)
    assert code == 1
    assert "trend[1].standing is 0, by the journal 1" in line


def main_recon(folder: Path) -> int:
    """The door `recon RUN --out RUN/reports`."""
    return main(["recon", str(folder), "--out", str(folder / "reports"), "--config", CONFIG])
