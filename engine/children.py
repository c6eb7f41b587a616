"""Processes of a demo: started in a session of their own, listed in the run's folder, ended on a clean stop."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

STOP_S = 10.0
"""How long a child may take to write down what it knows."""
STOP_ONE_S = 3.0
LOOK_S = 0.05
ALONE_LOOK_S = 0.5
STAND_STILL = signal.SIGUSR1
"""Tells the exchanges that the game is over: nothing happens in their world any more, and they go on serving."""


class Child(msgspec.Struct, frozen=True):
    """One child as it stands in `processes.json`; `began` tells it from a later process with its number."""

    name: str
    pid: int
    began: int = 0


class Children:
    """Starts children, remembers them on disk, finds those of an earlier engine, and ends them on a clean stop."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._known: dict[str, Child] = {}

    def start(self, name: str, module: str, *, on_terminal: bool = False) -> None:
        """Start `python -m module RUN` in a session of its own, its output kept in the run's folder.

        A child `on_terminal` draws on ours instead: it stays in our session, whose terminal it is.
        """
        with (self._run / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, str(self._run)],
                stdin=None if on_terminal else subprocess.DEVNULL,
                stdout=None if on_terminal else log,
                stderr=None if on_terminal else log,
                start_new_session=not on_terminal,
                cwd=Path(__file__).resolve().parent.parent,
            )
        self._started[name] = process
        self._known[name] = Child(name, process.pid, _began(process.pid) or 0)
        draft = self._run / "processes.draft"
        draft.write_bytes(msgspec.json.encode([*self._known.values()]))
        draft.replace(self._run / "processes.json")

    def adopt(self) -> None:
        """Take over what an earlier engine process started."""
        path = self._run / "processes.json"
        if path.exists():
            self._known = {child.name: child for child in msgspec.json.decode(path.read_bytes(), type=list[Child])}

    def alive(self, name: str) -> bool:
        """Whether a child is there."""
        child = self._known.get(name)
        if name in self._started and self._started[name].poll() is not None:
            return False
        return child is not None and _began(child.pid) == child.began

    def finished(self, name: str) -> bool:
        """Whether a child that was started here ended because it had nothing left to do."""
        process = self._started.get(name)
        return process is not None and process.poll() == 0

    def failed(self, name: str) -> bool:
        """Whether a child that was started here ended by a fault of its own; one that was killed did not."""
        process = self._started.get(name)
        return process is not None and (process.poll() or 0) > 0

    def log(self, name: str) -> str:
        """The last that a child said."""
        path = self._run / f"{name}.log"
        return path.read_text(errors="replace")[-2000:].strip() if path.exists() else ""

    async def run_stop_one(self, name: str, *, patience_s: float = STOP_ONE_S) -> None:
        """Ask one child to end, wait, and kill it if it does not."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            self._signal(name, number)
            waited_s = 0.0
            while waited_s < patience_s and self.alive(name):
                await asyncio.sleep(LOOK_S)
                waited_s += LOOK_S

    async def run_stop(self, *, patience_s: float = STOP_S) -> None:
        """Ask every child to end, wait, and kill what does not."""
        self._signal_all(signal.SIGTERM)
        waited_s = 0.0
        while waited_s < patience_s and any(self.alive(name) for name in self._known):
            await asyncio.sleep(LOOK_S)
            waited_s += LOOK_S
        self._signal_all(signal.SIGKILL)
        for process in self._started.values():
            process.wait()

    def tell(self, name: str, number: signal.Signals) -> None:
        """Send one child a signal, if it is there."""
        self._signal(name, number)

    def _signal_all(self, number: signal.Signals) -> None:
        for name in self._known:
            self._signal(name, number)

    def _signal(self, name: str, number: signal.Signals) -> None:
        if self.alive(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._known[name].pid, number)


def on_signal(number: signal.Signals, act: Callable[[], None]) -> None:
    """Do something when a signal comes to this child."""
    asyncio.get_running_loop().add_signal_handler(number, act)


def hear_signals() -> asyncio.Event:
    """Set once somebody asks this child to end."""
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        on_signal(number, asked.set)
    return asked


async def run_until_asked_or_alone(
    clients: Callable[[], int], alone_s: float, asked: asyncio.Event | None = None
) -> None:
    """A child's life: wait until somebody asks, or for so long without a client."""
    asked = asked or hear_signals()
    left_s = alone_s
    while not asked.is_set() and left_s > 0:
        try:
            async with asyncio.timeout(ALONE_LOOK_S):
                await asked.wait()
        except TimeoutError:
            left_s = alone_s if clients() else left_s - ALONE_LOOK_S


def _began(pid: int) -> int | None:
    """When a process started, in ticks of the machine; None if there is none, or only its exit code is left of it."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return _answers(pid)
    return None if state in "ZX" else int(rest[18])


def _answers(pid: int) -> int | None:
    """Where the system has no /proc, all there is to know."""
    if Path("/proc/self").exists():
        return None
    try:
        os.kill(pid, 0)
    except OSError:
        return None
    return 0
