"""One undisturbed run: everything that a summary promises, and nothing left when it is over."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from desk.reports.eod_page import unattributed
from engine.exchange_process import DIARY, World
from engine.reports.day import end_of_day
from engine.reports.rows import of_journal
from engine.reports.told import Told
from engine.stage import read_order, read_stage
from tests.demo.running import ROOT, TOKEN, assert_agrees, children_left, running, told

KEYS = {
    "": "run base seed mode seconds facts decisions refusals venues risk ledger recon pnl latency_us journal",
    "risk": "cap worst_loss_max breaches refused_by_cap exceeded_by_world",
    "ledger": "entries imbalance",
    "recon": "rounds breaks_open breaks_healed",
    "pnl": "gross fees net",
    "journal": "events head state_digest",
}
VENUE_KEYS = (
    "book_updates orders accepted rejected fills maker_fills cancelled suspensions settled_markets unknown "
    "unknown_seen reconnects throttled"
)


@pytest.fixture(scope="module")
def ended(tmp_path_factory) -> Path:
    """The folder of a run of a few seconds that ended by itself."""
    runs = tmp_path_factory.mktemp("clean")
    began = time.monotonic()
    with running(runs, "--for", "8", "--seed", "7", "--speed", "60", "--summary", str(runs / "s.json")) as demo:
        assert demo.end() == 0
    (runs / "took_s").write_text(str(time.monotonic() - began))
    return demo.run


def test_the_end_of_day_has_every_wallet_as_the_exchanges_books_have_it(ended: Path) -> None:
    rows = of_journal(ended)
    pack = end_of_day(rows, rows.days()[-1], Told(legal_entity="", owner="", controller="", customer_type=""))
    theirs = told(ended, "exchanges.json")["venues"]
    assert {one.venue for one in pack.balances} == theirs.keys()
    for one in pack.balances:
        assert one.venue_figure_micros in (theirs[one.venue]["wallet"], theirs[one.venue]["cash"])
    assert unattributed(pack) == []
    assert sum(one.fills for one in pack.daily) == sum(one.size_micros > 0 for one in pack.matches)


def test_every_key_is_there(ended: Path) -> None:
    summary = json.loads((ended.parent / "s.json").read_bytes())
    assert summary == told(ended, "summary.json")
    for part, keys in KEYS.items():
        assert set(keys.split()) <= set(summary[part] if part else summary)
    assert all(set(VENUE_KEYS.split()) <= set(venue) for venue in summary["venues"].values())
    assert set(summary["latency_us"]["wire_to_wire"]) == {"n", "p50", "p99", "max"}
    assert (summary["base"], summary["seed"], summary["mode"]) == ("USD", 7, "demo")
    assert 8 <= summary["seconds"] < float((ended.parent / "took_s").read_text())
    assert summary["pnl"]["net"] == summary["pnl"]["gross"] - summary["pnl"]["fees"]


def test_it_agrees_with_the_exchanges(ended: Path) -> None:
    summary = told(ended, "summary.json")
    assert_agrees(ended)
    for venue, theirs in told(ended, "exchanges.json")["venues"].items():
        ours = summary["venues"][venue]
        assert ours["orders"] == ours["accepted"] + ours["rejected"]
        assert theirs["fill_list"], f"nothing was matched at {venue}, so that nothing is shown"


def test_nothing_is_broken_at_the_end(ended: Path) -> None:
    summary = told(ended, "summary.json")
    assert summary["recon"]["rounds"] > 0
    assert summary["recon"]["breaks_open"] == summary["ledger"]["imbalance"] == summary["risk"]["breaches"] == 0
    assert all(venue["unknown"] == 0 for venue in summary["venues"].values())
    assert summary["risk"]["worst_loss_max"] <= summary["risk"]["reserved_max"]


def test_the_journal_proves_it(ended: Path) -> None:
    summary = told(ended, "summary.json")
    said = subprocess.run(
        [sys.executable, "run.py", "replay", str(ended), "--verify", "--json"],
        cwd=ROOT,
        check=True,  # 0: every digest is met
        capture_output=True,
    )
    verdict = json.loads(said.stdout)
    assert verdict["head"] == summary["journal"]["head"]
    assert verdict["digest"] == summary["journal"]["state_digest"]
    assert verdict["records"] == summary["journal"]["events"]


def test_whoever_hears_again_what_the_exchanges_heard_comes_to_the_same_books(ended: Path, tmp_path: Path) -> None:
    shutil.copy(ended / DIARY, tmp_path)
    stage = read_stage(ended)
    assert stage is not None
    world = World(read_order(ended), start_ns=stage.start_ns, epoch_ns=stage.epoch_ns)
    world.relive(tmp_path / DIARY)
    assert world.report() == (ended / "exchanges.json").read_bytes()


def test_no_process_is_left(ended: Path) -> None:
    assert [child["name"] for child in json.loads((ended / "processes.json").read_bytes())] == [
        "exchanges",
        "model",
        "watchdog",
    ]
    assert children_left(ended.parent) == []


def test_secrets_stand_where_only_we_read_them_and_nowhere_else(ended: Path) -> None:
    token = ended / "control.token"
    assert token.read_text() == TOKEN
    assert token.stat().st_mode & 0o077 == 0
    for path in ended.parent.rglob("*"):
        if path.is_file() and path != token:
            assert TOKEN.encode() not in path.read_bytes(), path


def test_a_headless_run_says_nothing(ended: Path) -> None:
    assert (ended.parent / "said.txt").read_text() == ""
