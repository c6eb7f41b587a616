"""One exchange alone: it says where it is, serves what it said, and leaves what its books hold."""

import json
import signal
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.doors import main
from tests.conftest import ROOT
from venues.registry import DEMOS


@contextmanager
def opened(folder: Path, venue: str, *more: str) -> Iterator[dict[str, str]]:
    """The door in a process of its own until the block ends, and what it told; it must end well."""
    command = [sys.executable, "run.py", "exchange", "--venue", venue, "--port", "0", "--json", "--out", str(folder)]
    with subprocess.Popen([*command, *more], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(20)
    assert code == 0


def test_it_serves_over_tls_whom_it_told_whom_to_trust(tmp_path: Path) -> None:
    with opened(tmp_path, "kalshi", "--seed", "7", "--faults", "bytes_sliced") as told:
        trust = ssl.create_default_context(cafile=told["trust"])
        with urllib.request.urlopen(f"{told['rest']}/exchange/status", context=trust, timeout=10) as answer:
            assert json.load(answer)["trading_active"] is True
        assert Path(told["key"]).stat().st_mode & 0o077 == 0
        assert "listings" in Path(told["markets"]).read_text()
    books = json.loads((tmp_path / "exchanges.json").read_text())
    assert books["venues"]["kalshi"]["accepted"] == 0
    assert set(books["dangers"]) <= {"bytes_sliced"}


def test_without_tls_it_serves_plainly(tmp_path: Path) -> None:
    with opened(tmp_path, "matchbook", "--plain") as told:
        assert told["rest"].startswith("http://")
        with urllib.request.urlopen(f"{told['rest']}/edge/rest/lookups/sports", timeout=10) as answer:
            assert json.load(answer)["sports"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--venue", "kalshy", "--port", "0"], "kalshi"),
        (["--venue", "kalshi", "--port", "65535"], "65532"),
        (["--venue", "kalshi", "--port", "0", "--faults", "hevy"], "did you mean 'heavy'"),
        (["--venue", "kalshi", "--port", "0", "--speed", "0"], "above 0"),
        (["--venue", "kalshi"], "--port"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["exchange", *arguments]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert len(told.err.splitlines()) == 1
    assert told.out == ""


def test_the_shell_sees_a_refusal_too() -> None:
    done = subprocess.run(
        [sys.executable, "run.py", "exchange", "--venue", "kalshy", "--port", "0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "kalshi" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("venue", sorted(DEMOS))
def test_every_venue_says_how_it_is_reached(venue: str) -> None:
    guide = DEMOS[venue]().guide
    assert guide.urls
    assert {scheme for scheme, _ in guide.urls.values()} <= {"http", "ws", "tcp"}
    assert guide.login
