"""The disk fills up under a desk that trades: its orders come out, their proof is written, and the run is whole."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from domain.messages import RunEnded
from storage.journal import read
from tests.demo.running import ROOT, assert_agrees, told, verified

SCRIPT = """
mount -t tmpfs -o size=14m tmpfs "$1"
"$3" run.py demo --headless --seed 7 --speed 30 --runs "$1" 2> "$2/said.txt" &
until [ "$(cat "$1"/2*/journal-000001.seg 2> /dev/null | wc -c)" -gt 150000 ]; do sleep 0.1; done
fallocate --keep-size --length 3M "$1"/2*/exchanges.diary
head -c "$(($(df --output=avail -k "$1" | tail -1) - 200))K" /dev/zero > "$1/ballast"
wait $!
echo $? > "$2/code"
cp -r "$1"/2* "$2/run"
"""
"""The disk is a small one of the test's own. The exchanges' books have their room: venues lie on no disk of ours."""

TOO_SMALL = """
mount -t tmpfs -o size=4m tmpfs "$1"
"$2" run.py demo --headless --for 1 --runs "$1"
"""

OWN_DISK = ["unshare", "--map-root-user", "--mount"]


@pytest.fixture(scope="module", autouse=True)
def _may_mount(tmp_path_factory) -> None:
    disk = ["mount", "-t", "tmpfs", "tmpfs", str(tmp_path_factory.mktemp("none"))]
    if not shutil.which("unshare") or subprocess.run([*OWN_DISK, *disk], capture_output=True, check=False).returncode:
        pytest.skip("no disk of one's own may be mounted here")


@pytest.fixture(scope="module")
def ended(tmp_path_factory) -> Path:
    """What a run left whose disk was full."""
    disk, kept = tmp_path_factory.mktemp("disk"), tmp_path_factory.mktemp("kept")
    script = ["bash", "-c", SCRIPT, "", str(disk), str(kept), sys.executable]
    subprocess.run([*OWN_DISK, *script], cwd=ROOT, check=True, timeout=270)
    return kept


def test_it_is_told_in_one_line_and_is_no_good_end(ended: Path) -> None:
    said = (ended / "said.txt").read_text()
    assert said.count("\n") == 1, said
    assert "no room is left on the disk of" in said
    assert (ended / "code").read_text() == "1\n"


def test_every_order_is_out_of_the_books_of_every_exchange(ended: Path) -> None:
    assert_agrees(ended / "run")
    assert sum(venue["cancelled"] for venue in told(ended / "run", "summary.json")["venues"].values()) > 0


def test_the_journal_is_whole_to_the_end_and_the_room_is_given_back(ended: Path) -> None:
    assert verified(ended / "run") == 0
    assert any(isinstance(record.body, RunEnded) for record, _ in read(ended / "run"))
    assert not (ended / "run" / "journal.reserve").exists()


def test_a_run_that_could_not_end_in_order_is_not_begun(tmp_path: Path) -> None:
    command = [*OWN_DISK, "bash", "-c", TOO_SMALL, "", str(tmp_path), sys.executable]
    begun = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert begun.returncode == 3
    assert begun.stderr.count("\n") == 1
    assert "the disk has no 8 MB left" in begun.stderr
