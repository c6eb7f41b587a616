"""The shell around the street: one event loop, one group of tasks, timers, signals, and an orderly end."""

import asyncio
import contextlib
import gc
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import uvloop

from domain.clock import Clock
from engine.core import Core
from engine.recon_end import is_quiet
from engine.street import Street, is_finished

P = TypeVar("P")
Q = TypeVar("Q")
R = TypeVar("R")

BEAT_S = 0.01
"""How often the street sees the time when nothing else happens."""

LAST_TASKS_S = 1.0
"""How long tasks may take to close what they hold."""

WIND_DOWN_S = 45.0
"""How long an orderly end waits for statements, for rounds that heal what is open, and for each wallet's last word:
what a venue did it may show a quarter of a minute late, and one allows few questions about it in a minute."""

PROOF_S = 60.0
"""How long it waits for every order to be proven gone: one that was sent may land half a minute later."""


class Shell:
    """Runs one street on the event loop. A callback that raises is our own mistake: everything stops."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.failure: BaseException | None = None
        self._street: Street | None = None
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()
        self._body: asyncio.Task[Any] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task in the one group there is."""
        assert self._group is not None, "tasks start inside the group"
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def end(self) -> None:
        """Ask for an orderly end."""
        self._ended.set()

    def _signalled(self) -> None:
        """The first signal asks for an orderly end; whoever sends a second one wants it now."""
        if self._ended.is_set() and self._body is not None:
            self._body.cancel()
        self.end()

    def after_bytes(self) -> None:
        """Nothing to do: the beat sees moved deadlines soon enough."""

    async def run_group(self, body: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `body` with the group open and signals heard; what it leaves running is cancelled behind it.

        Raises CancelledError when a second signal cut it short, else the first thing that went wrong.
        """
        self._body = asyncio.current_task()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._broken)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._signalled)
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                try:
                    await body()
                finally:
                    self._body = None  # from here on there is nothing left to cut short
                    await self._run_out()
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _run_out(self) -> None:
        """Let tasks finish what closes behind them, a moment at most; then end them."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=LAST_TASKS_S)
            for task in late:
                task.cancel()

    def start(self, street: Street) -> None:
        """Open the street and let time pass for it."""
        self._street = street
        street.start()
        self._beat()

    async def run_for(self, seconds: float | None) -> None:
        """Trade until the time is over, somebody asks for the end, or something broke.

        What was loaded by now stays to the end. The collector looks it through no more: that held up an order for tens
        of milliseconds each time.
        """
        gc.collect()
        gc.freeze()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()

    async def run_wind_down(self) -> None:
        """Cancel everything, wait until that is proven, and then until nothing is open, each a while at most."""
        await self.run_quiet()
        await self._run_until(is_finished, WIND_DOWN_S)

    async def run_quiet(self) -> None:
        """Cancel everything, and wait until that is proven."""
        assert self._street is not None
        self._street.wind_down()
        await self._run_until(lambda core: is_quiet(core.state), PROOF_S)

    async def _run_until(self, over: Callable[[Core], bool], patience_s: float) -> None:
        assert self._street is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while not over(self._street.core):
                    await asyncio.sleep(BEAT_S)

    def stop(self) -> None:
        """Close the street for good."""
        if self._timer is not None:
            self._timer.cancel()
        if self._street is not None:
            self._street.stop()

    def _beat(self) -> None:
        assert self._street is not None
        self._street.on_time(self.clock.monotonic_ns())
        self._timer = asyncio.get_running_loop().call_later(BEAT_S, self._beat)

    def _broken(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An exception in a callback: the first one is kept, and everything ends."""
        error = context.get("exception") or RuntimeError(context["message"])
        if is_late_shutdown(error):
            print(f"crossbook: a connection that was gone could not be closed in order: {error}", file=sys.stderr)
            return
        if self.failure is None:
            self.failure = error
        self.end()


def is_late_shutdown(error: BaseException) -> bool:
    """Whether uvloop said goodbye over TLS on a connection that was gone, with no line of ours in between.

    Its own race: the socket under a TLS connection may be closed before the shutdown that it had begun. Whoever used
    the connection hears of its end, or notices its silence. Source: MagicStack/uvloop, issues 471 and 506.
    """
    if not (isinstance(error, RuntimeError) and "the handler is closed" in str(error)):
        return False
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    return any("sslproto" in file for file in files) and all(file.endswith(".pyx") for file in files)


def spared(work: Callable[[], None], behind: Callable[[], None]) -> Callable[[], None]:
    """Work beside the street, such as views for people: when it breaks it is told, `behind` is run, trading goes on."""

    def run_spared() -> None:
        try:
            work()
        except Exception:
            traceback.print_exc(file=sys.stderr)
            behind()

    return run_spared


def heard(work: Callable[[], None]) -> None:
    """Work on the street that a server's handler does: when it breaks, the loop hears it as of any callback of ours.

    Without that the server would answer 500 and trading go on, with a state that is ahead of its journal.
    """
    try:
        work()
    except Exception as error:
        told = {"message": "a fact that came over the control interface broke the street", "exception": error}
        asyncio.get_running_loop().call_exception_handler(told)
        raise


def sheltered(ask: Callable[[P, Q], R], one: P, other: Q) -> R | Exception:
    """Ask what is not ours, such as a strategy; what it raises is told and handed back, so that who asked can judge.

    What is meant for the program as a whole, an interruption or an ended task, is no such thing and passes.
    """
    try:
        return ask(one, other)
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        return error


def run(main: Coroutine[Any, Any, int]) -> int:
    """Run a whole program on the fast loop; its exit code."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
