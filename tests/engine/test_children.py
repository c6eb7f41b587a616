"""Children are real processes: started, found again by who comes later, stopped, and killed when they do not listen."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from engine.children import Child, Children, run_until_asked_or_alone


def module(folder: Path, text: str) -> str:
    """A module that a child can run, from its text."""
    (folder / "trial.py").write_text(text)
    return "trial"


PATIENT = "import sys, pathlib, time\n(pathlib.Path(sys.argv[1]) / 'up').touch()\ntime.sleep(60)\n"
DEAF = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + PATIENT


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


def until(true: Callable[[], bool]) -> None:
    """Children need no loop of ours."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def up(run: Path) -> None:
    until((run / "up").exists)


def listed(run: Path) -> list[Child]:
    return msgspec.json.decode((run / "processes.json").read_bytes(), type=list[Child])


async def test_a_child_has_a_session_of_its_own_and_is_listed(run: Path) -> None:
    children = Children(run)
    children.start("one", module(run.parent, PATIENT))
    up(run)
    (child,) = listed(run)
    assert (child.name, os.getsid(child.pid)) == ("one", child.pid)
    assert children.alive("one")
    await children.run_stop()
    assert not children.alive("one")
    assert not children.finished("one"), "it was ended, it did not end"


async def test_a_child_that_does_not_listen_is_killed_after_a_while(run: Path) -> None:
    children = Children(run)
    children.start("one", module(run.parent, DEAF))
    up(run)
    await children.run_stop(patience_s=0.2)
    assert not children.alive("one")


async def test_a_child_that_ends_is_seen_with_what_it_said(run: Path) -> None:
    children = Children(run)
    children.start("good", module(run.parent, "print('done')"))
    children.start("bad", "no_such_module_of_ours")
    until(lambda: not children.alive("good") and not children.alive("bad"))
    assert children.finished("good")
    assert not children.finished("bad")
    assert children.log("good") == "done"
    assert "no_such_module_of_ours" in children.log("bad")
    assert children.log("nobody") == ""


async def test_who_comes_later_finds_and_stops_them(run: Path) -> None:
    first = Children(run)
    first.start("one", module(run.parent, PATIENT))
    up(run)
    later = Children(run)
    assert not later.alive("one")
    later.adopt()
    assert later.alive("one")
    await later.run_stop()
    assert not first.alive("one")


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


async def test_a_number_that_was_given_to_another_process_is_not_ours(
    run: Path, stranger: subprocess.Popen[bytes]
) -> None:
    (run / "processes.json").write_text(json.dumps([{"name": "one", "pid": stranger.pid, "began": 1}]))
    children = Children(run)
    children.adopt()
    assert not children.alive("one")
    await children.run_stop()
    assert stranger.poll() is None


async def test_nothing_listed_is_nothing_found(run: Path) -> None:
    children = Children(run)
    children.adopt()
    assert not children.alive("one")
    await children.run_stop()


async def test_a_childs_life_ends_when_it_is_asked_to() -> None:
    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(5):
        await run_until_asked_or_alone(lambda: 1, 30)


async def test_a_childs_life_ends_when_it_has_been_alone_without_a_break() -> None:
    looks: list[int] = []

    def clients() -> int:
        looks.append(1)
        return 1 if len(looks) == 1 else 0

    async with asyncio.timeout(10):
        await run_until_asked_or_alone(clients, 1.0)
    assert len(looks) == 3
