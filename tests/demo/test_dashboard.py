"""The demo on a terminal of its own: the dashboard comes up with prices of every venue, and leaving it ends all."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.running import ROOT, children_left, wait_until

SIZE = struct.pack("HHHH", 35, 120, 0, 0)
SIZED = {"COLUMNS", "LINES"}
"""What a runner of tests may have set, and what would be believed before the terminal itself."""


class OnTerminal:
    """A program on a terminal that we hold the other end of."""

    def __init__(self, *arguments: str) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, SIZE)
        self.before = termios.tcgetattr(theirs)
        self._theirs = theirs
        self.said = b""
        self.process = subprocess.Popen(
            [sys.executable, "run.py", *arguments],
            cwd=ROOT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={k: v for k, v in os.environ.items() if k not in SIZED} | {"TERM": "xterm-256color"},
        )

    def hear(self, seconds: float = 0.1) -> bytes:
        """What it wrote so far."""
        end = time.monotonic() + seconds
        while select.select([self._ours], [], [], max(0.0, end - time.monotonic()))[0]:
            self.said += os.read(self._ours, 65536)
        return self.said

    def press(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def modes(self) -> list[object]:
        """How the terminal is set: a program that leaves it as it was leaves these as they were."""
        return termios.tcgetattr(self._theirs)[:4]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "runs"
    yield folder
    for pid in children_left(folder):
        os.kill(pid, 9)


def test_the_demo_opens_the_dashboard_and_leaving_it_ends_everything_in_order(runs: Path) -> None:
    demo = OnTerminal("--runs", str(runs), "--seed", "7")
    try:
        wait_until(lambda: all(name in demo.hear() for name in (b"betfair", b"kalshi", b"matchbook")))
        wait_until(lambda: "●".encode() in demo.hear() and b"in play" in demo.said)
        assert demo.modes() != demo.before[:4]
        demo.press(b"q")
        wait_until(lambda: demo.hear() and demo.process.poll() is not None)
        assert demo.process.returncode == 0, demo.said[-2000:]
        assert b"the demo ends" in demo.hear()
        assert demo.modes() == demo.before[:4]
        assert children_left(runs) == []
    finally:
        demo.close()
