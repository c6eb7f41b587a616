"""What ten viewers cost the trading loop: the same moves with ten of them watching and with none."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import uvloop
from aiohttp import web

from bench.decisions import requotes
from bench.measure import Goal, Row, lines
from bench.quoters import NAME, Quoter
from bench.street import BenchStreet
from desk.control import Control
from desk.control_callers import Callers
from engine.live.desk import LiveDesk

VIEWERS = 10
TARGET = 1.02
NOBODY, WATCHED, HUB = "nobody watches", f"{VIEWERS} viewers", f"{VIEWERS} viewers, by a watch on the hub"
MARKETS = 20
TOKEN = "bench"
PATIENCE_S = 15.0
MOVES_A_TURN = 5


def control_row(rounds: int, seconds: float) -> Row:
    """Processor time of our process for each move of a quote, in a loop that has no pause."""
    costs = uvloop.run(run_measured(rounds, seconds))
    notes = (
        f"{MARKETS} markets; every viewer watches all sections from a process of its own, told four times a second",
        "processor time of the trading process, its loop never idle",
        "the last line is what building, comparing and writing the rows took; the one before has the sockets in it too",
    )
    goals = {WATCHED: Goal(TARGET), HUB: Goal(TARGET)}
    return Row("control", "a requote", lines(costs, goals, ours=[WATCHED, HUB]), notes)


class Stopwatch:
    """Counts the processor time of the work that it is handed."""

    def __init__(self) -> None:
        self.spent_s = 0.0

    def spared(self, work: Callable[[], None], _: Callable[[], None]) -> Callable[[], None]:
        """The same work, with its time taken."""

        def timed() -> None:
            began = time.process_time()
            work()
            self.spent_s += time.process_time() - began

        return timed


async def run_measured(rounds: int, seconds: float) -> dict[str, list[float]]:
    """Costs without and with viewers, in turn."""
    street, watch = BenchStreet(Quoter(), markets=MARKETS), Stopwatch()
    costs: dict[str, list[float]] = {NOBODY: [], WATCHED: [], HUB: []}
    desk = LiveDesk(street.street, street.clock, run=street.folder, strategies=[NAME])
    control = Control(callers=Callers(TOKEN, {}, frozenset()), desk=desk, spared=watch.spared)
    runner = web.AppRunner(control.application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    await run_moves(street, seconds)
    share = 0.0
    for number in range(rounds):
        for name in (NOBODY, WATCHED) if number % 2 else (WATCHED, NOBODY):  # a run that grows slower favours nobody
            if name == NOBODY:
                costs[NOBODY].append(await run_moves(street, seconds))
                continue
            async with _run_watched(control, port):
                hub_s, began = watch.spent_s, time.process_time()
                costs[WATCHED].append(await run_moves(street, seconds))
                share = (watch.spent_s - hub_s) / (time.process_time() - began)
        costs[HUB].append(costs[NOBODY][-1] / (1 - share))
    await runner.cleanup()
    return costs


async def run_moves(street: BenchStreet, seconds: float) -> float:
    """Move the quote as often as the time allows; microseconds of processor time for each move."""
    moves, until = 0, time.perf_counter() + seconds
    began = time.process_time()
    while time.perf_counter() < until:
        requotes(street, MOVES_A_TURN - MOVES_A_TURN % 2)
        moves += MOVES_A_TURN - MOVES_A_TURN % 2
        await asyncio.sleep(0)
    return (time.process_time() - began) / moves * 1e6


@asynccontextmanager
async def _run_watched(control: Control, port: int) -> AsyncIterator[None]:
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.viewers", str(port))
    try:
        await _run_until(control, VIEWERS)
        yield
    finally:
        child.kill()
        await child.wait()
    await _run_until(control, 0)


async def _run_until(control: Control, viewers: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while len(control.hub.watchers) != viewers:  # noqa: ASYNC110  (the hub tells nobody who joins)
            await asyncio.sleep(0.05)


async def run_viewers(port: int) -> None:
    """Watch until killed."""

    async def run_one(session: aiohttp.ClientSession) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with session.ws_connect(f"http://127.0.0.1:{port}/v1/view/stream", headers=headers) as socket:
            async for _ in socket:
                pass

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(run_one(session) for _ in range(VIEWERS)))


if __name__ == "__main__":
    uvloop.run(run_viewers(int(sys.argv[1])))
