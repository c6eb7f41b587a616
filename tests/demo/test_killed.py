"""The engine is killed with orders working and answers on their way, and taken up again while the exchanges live on."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from domain.messages import PlaceOrder, RunResumed
from engine.watchdog_process import TOLD
from storage.journal import read
from tests.demo.running import (
    PATIENCE_S,
    ROOT,
    Running,
    assert_agrees,
    children_left,
    orders_in,
    running,
    told,
    verified,
)


def taken_up(run: Path) -> subprocess.CompletedProcess[str]:
    """Somebody asks for a run that cannot be had."""
    ours = [sys.executable, "run.py", "demo", "--headless", "--resume", str(run)]
    return subprocess.run(ours, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def journal_of(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.glob("journal*")}


@pytest.fixture(scope="module")
def resumed(tmp_path_factory) -> Running:
    """A run in two parts with the engine dead in between, one journal."""
    runs = tmp_path_factory.mktemp("killed")
    with running(runs, "--seed", "7", "--speed", "30") as first:
        first.until_orders(40)
        early = taken_up(first.run)
        (runs / "too_early").write_text(f"{early.returncode} {early.stderr}")
        first.until_orders(60)
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        (runs / "before").write_text(" ".join(str(first.child(name)) for name in ("exchanges", "model")))
        subprocess.run(["/bin/sleep", "1"], check=True)
        placed = orders_in(first.run)
        with running(runs, "--resume", str(first.run), "--summary", str(runs / "s.json")) as second:
            second.until_orders(placed + 5)
            second.process.send_signal(signal.SIGINT)
            (runs / "code").write_text(str(second.end()))
    return second


def test_it_ends_in_order(resumed: Running) -> None:
    assert (resumed.run.parent / "code").read_text() == "0", resumed.said.read_text()
    summary = told(resumed.run, "summary.json")
    assert summary["recon"]["breaks_open"] == summary["risk"]["breaches"] == summary["ledger"]["imbalance"] == 0
    assert summary["seed"] == 7
    assert verified(resumed.run) == 0


def test_both_parts_together_agree_with_the_exchanges(resumed: Running) -> None:
    stood_in = (resumed.run / TOLD).exists()  # on a busy machine the next engine comes late enough for the watchdog
    assert_agrees(resumed.run, unheard=("cancelled", "suspensions") if stood_in else ("suspensions",))


def test_answers_were_missing_and_every_one_was_found(resumed: Running) -> None:
    bodies = [record.body for record, _ in read(resumed.run)]
    (again,) = [n for n, body in enumerate(bodies) if isinstance(body, RunResumed)]
    refs = [body.ref for body in bodies if isinstance(body, PlaceOrder)]
    assert len(refs) == len(set(refs))
    assert any(isinstance(body, PlaceOrder) for body in bodies[again:]), "it trades again"
    assert sum(venue["unknown"] for venue in told(resumed.run, "summary.json")["venues"].values()) == 0


def test_the_exchanges_and_the_model_lived_on(resumed: Running) -> None:
    before = [int(pid) for pid in (resumed.run.parent / "before").read_text().split()]
    assert [resumed.child(name) for name in ("exchanges", "model")] == before
    assert children_left(resumed.run.parent) == []


def test_a_run_whose_engine_lives_is_not_taken_over(resumed: Running) -> None:
    code, said = (resumed.run.parent / "too_early").read_text().split(" ", 1)
    assert code == "2"
    assert said.count("\n") == 1
    assert "another process writes this journal" in said


def test_a_run_whose_exchanges_are_gone_is_not_taken_up(resumed: Running) -> None:
    before = journal_of(resumed.run)
    late = taken_up(resumed.run)
    assert late.returncode == 3
    assert "its exchanges are gone" in late.stderr
    assert journal_of(resumed.run) == before, "what was proven stands as it stood"
