"""A demo as its user starts it: the real program in a process of its own, its children found by the run's own list."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
TOKEN = "canary-3b1f0c62"
PATIENCE_S = 60.0


class Running:
    """One engine under way, what it says kept beside the runs."""

    def __init__(self, runs: Path, *arguments: str) -> None:
        runs.mkdir(exist_ok=True)
        self._runs = runs
        self.said = runs / "said.txt"
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "run.py", "demo", "--headless", "--runs", str(runs), *arguments],
                cwd=ROOT,
                stdout=said,
                stderr=said,
                env=os.environ | {"CROSSBOOK_TOKEN": TOKEN},
            )

    @property
    def run(self) -> Path:
        """The run's folder, once there is one."""
        return only(lambda: [path for path in self._runs.iterdir() if path.is_dir()])

    def child(self, name: str) -> int:
        """The number of a child's process, once it is listed."""
        path = self.run / "processes.json"
        return only(lambda: [one["pid"] for one in json.loads(path.read_bytes() or b"[]") if one["name"] == name])

    def signal_children(self, number: signal.Signals, *names: str) -> None:
        for name in names:
            os.kill(self.child(name), number)

    def until_orders(self, count: int) -> None:
        """Wait until so many orders stand in the journal."""

        def stand() -> bool:
            assert self.process.poll() is None, self.said.read_text()
            return any(orders_in(run) >= count for run in self._runs.iterdir() if run.is_dir())

        wait_until(stand)

    def end(self, *, patience_s: float = PATIENCE_S) -> int:
        """Wait for the engine's own end; its exit code."""
        return self.process.wait(patience_s)


@contextmanager
def running(runs: Path, *arguments: str) -> Iterator[Running]:
    """A demo that is not left behind, whatever the test finds."""
    demo = Running(runs, *arguments)
    try:
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.process.kill()
            demo.process.wait()
        for pid in children_left(runs):
            os.kill(pid, signal.SIGKILL)


def wait_until(true: Callable[[], Any], *, seconds: float = PATIENCE_S) -> None:
    """Look until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def only(found: Callable[[], list[Any]]) -> Any:
    """The one thing that is looked for, once it is there."""

    def is_there() -> bool:
        try:
            return bool(found())
        except FileNotFoundError:
            return False

    wait_until(is_there)
    (one,) = found()
    return one


def orders_in(run: Path) -> int:
    """Placements in a journal that is being written, counted by their mark."""
    return sum(path.read_bytes().count(b"PlaceOrder") for path in run.glob("journal-*.seg"))


def children_left(runs: Path) -> list[int]:
    """Processes that were started for a run of this folder and live."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state not in "ZX" and any(word.startswith(str(runs).encode() + b"/") for word in words[2:]):
            found.append(int(entry.name))
    return found


def verified(run: Path) -> int:
    """The exit code of `replay RUN --verify`."""
    return subprocess.run(
        [sys.executable, "run.py", "replay", str(run), "--verify"], cwd=ROOT, check=False, capture_output=True
    ).returncode


def told(run: Path, name: str) -> dict[str, Any]:
    """A JSON file of a run."""
    return json.loads((run / name).read_bytes())


SHARED = ("accepted", "fills", "maker_fills", "cancelled", "suspensions", "settled_markets")
"""The figures of a venue that both the summary and the exchanges' own report have, each where the venue tells it."""


def assert_agrees(run: Path, *, unheard: tuple[str, ...] = ()) -> None:
    """The summary says of every venue exactly what the venue's own books say, money to the smallest unit.

    What a venue tells none of its customers stands apart in its report, and is not compared; nor is what the engine
    cannot have heard (`unheard`), as suspensions while it was dead, or who took an order out while it stood still.
    """
    summary, world = told(run, "summary.json"), told(run, "exchanges.json")
    assert summary["venues"].keys() == world["venues"].keys()
    for venue, theirs in world["venues"].items():
        ours = summary["venues"][venue]
        said = {key: theirs[key] for key in SHARED if key in theirs and key not in unheard}
        assert {key: ours[key] for key in said} == said, venue
        assert said.keys() >= set(SHARED) - {"maker_fills", "suspensions", *unheard}
        assert ours["suspensions"] <= theirs["suspensions"]
        assert ours["orders"] >= ours["accepted"] + ours["rejected"], "the rest never came to the venue"
        assert theirs["matches"] == len(theirs["fill_list"]) >= theirs["fills"]
        assert summary["ledger"]["cash"][venue] in (theirs["wallet"], theirs["cash"])
        assert theirs["open_orders"] == []
        refs = [order["client_ref"] for order in theirs["order_list"]]
        assert len(refs) == len(set(refs)), "an order came twice"
    assert summary["risk"]["worst_loss_max"] == world["worst_loss_max"] <= summary["risk"]["cap"]
