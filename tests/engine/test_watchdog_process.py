"""How long the watchdog lets an engine be away, and what it does of one that comes to again, or is brought back."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.ids import VenueName
from domain.operators import KillLevel
from engine.live.desk import LiveDesk
from engine.loop import Shell
from engine.stage import HOST, Stage, write_stage
from engine.watchdog_process import WEDGED_S, Absence, Life, Report, Watchdog, run_watchdog
from tests.desk.desks import Watched, watched
from venues.sim.certificates import make_certificates

SECOND_NS = 1_000_000_000
ANSWERS, SILENT, GONE = Life.ANSWERS, Life.SILENT, Life.GONE


@pytest.mark.parametrize(
    ("found", "acts_at"),
    [
        ([SILENT] * 12, 5),
        ([GONE] * 12, 10),
        ([SILENT, GONE] * 6, 6),
        ([GONE, GONE, GONE, GONE, GONE, GONE, SILENT, GONE], 6),
        ([SILENT, SILENT, SILENT, SILENT, ANSWERS] * 3, None),
    ],
)
def test_an_engine_that_is_silent_and_gone_in_turns_is_away_all_the_while(found: list[Life], acts_at) -> None:
    absence = Absence()
    acted = [
        n for n, life in enumerate(found) if absence.is_over_long(life, looked_ns=n * SECOND_NS, now_ns=n * SECOND_NS)
    ]
    assert (acted[0] if acted else None) == acts_at


class Hasty:
    """A clock by which a second is over in a twentieth of one."""

    def monotonic_ns(self) -> int:
        return time.monotonic_ns() * 20

    def wall_ns(self) -> int:
        return time.time_ns()


def closed_port() -> int:
    """A port at which nobody is."""
    with socket.create_server((HOST, 0)) as one:
        return int(one.getsockname()[1])


def report(run: Path) -> Report | None:
    path = run / "watchdog.json"
    return msgspec.json.decode(path.read_bytes(), type=Report) if path.exists() else None


def told_ms(run: Path) -> int:
    told = report(run)
    return 0 if told is None else told.engine_told_ms


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110  (a file tells nobody)
            await asyncio.sleep(0.05)


class Asked(LiveDesk):
    """A desk that counts how often it gave a sign of life."""

    times = 0

    def status(self) -> dict[str, Any]:
        self.times += 1
        return super().status()


async def until_seen(desk: Watched) -> None:
    """Wait until the watchdog has taken in how the desk is now: it has when it asks again."""
    asked = desk.desk
    assert isinstance(asked, Asked)
    before = asked.times
    await until(lambda: asked.times >= before + 3)


@asynccontextmanager
async def watching(run: Path, engine: str, *venues: str) -> AsyncIterator[asyncio.Task[None]]:
    """A watchdog over an engine at an address, and over venues that never answer."""
    made = make_certificates(run / "tls", now=datetime.now(UTC), hosts=(HOST,))
    write_stage(run, Stage({VenueName(one): {"line": closed_port()} for one in venues}, made.authority, 0, 0))
    (run / "mapping.toml").write_text("events = []\nmarkets = []\nlistings = []\n")
    (run / "control.url").write_text(engine)
    shell, begun = Shell(Hasty()), asyncio.Event()
    tasks: list[asyncio.Task[None]] = []

    async def run_body() -> None:
        tasks.append(shell.spawn(Watchdog(run, shell).run()))
        begun.set()
        await shell.run_for(None)
        tasks[0].cancel()

    group = asyncio.create_task(shell.run_group(run_body))
    await begun.wait()
    try:
        yield tasks[0]
    finally:
        shell.end()
        await group


async def test_an_engine_that_was_brought_back_has_its_orders_for_itself_while_a_venue_is_still_away(
    tmp_path: Path,
) -> None:
    """The same refs are this run's: whoever goes on would take each of its new orders out, and for ever."""
    async with watched(tmp_path) as desk:
        desk.desk.__class__ = Asked
        back = (desk.folder / "control.url").read_text()
        async with watching(desk.folder, f"http://{HOST}:{closed_port()}", "lmsr") as watch:
            await until(lambda: report(desk.folder))
            first = report(desk.folder)
            (desk.folder / "control.url").write_text(back)
            await until_seen(desk)
            (desk.folder / "control.url").write_text(f"http://{HOST}:{closed_port()}")
            await until(lambda: report(desk.folder) != first)
            assert not watch.done()
        assert desk.state.breakers.level is KillLevel.NONE


@pytest.mark.parametrize("level", [KillLevel.NONE, KillLevel.FLATTEN])
async def test_an_engine_that_comes_to_again_is_told_once_and_the_person_who_lets_it_go_on_has_the_last_word(
    tmp_path: Path, level: KillLevel
) -> None:
    """Level 4 stops more than the watchdog asks for. A venue that is away is no reason to stop those that are there."""
    with socket.create_server((HOST, 0)) as mute:
        silent = f"http://{HOST}:{mute.getsockname()[1]}"
        async with watched(tmp_path) as desk:
            desk.desk.__class__ = Asked
            back = (desk.folder / "control.url").read_text()
            await desk.send("/v1/halt", {"level": int(level), "who": "ann", "why": "end of season"})
            async with watching(desk.folder, silent, "lmsr"):
                await until(lambda: report(desk.folder))
                (desk.folder / "control.url").write_text(back)
                await until(lambda: told_ms(desk.folder))
                assert desk.state.breakers.level is max(level, KillLevel.CANCEL_ALL)
                await desk.send("/v1/halt", {"level": 0, "who": "ann", "why": "seen"})
                await until_seen(desk)
                assert desk.state.breakers.level is KillLevel.NONE
                first = report(desk.folder)
                (desk.folder / "control.url").write_text(silent)
                await until(lambda: report(desk.folder) != first)


async def test_an_engine_that_answers_late_is_busy_and_not_wedged(tmp_path: Path) -> None:
    """It trades on, so nobody stops it; on a busy machine its answers took two seconds and more."""
    times = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal times
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(1.5)
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\nConnection: close\r\n\r\n{"kill_level": 0}')
        writer.close()
        times += 1

    async with await asyncio.start_server(answer, HOST, 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with watching(tmp_path, f"http://{HOST}:{port}"):
            await until(lambda: times >= 2)
            assert report(tmp_path) is None


async def test_a_disk_that_takes_no_report_keeps_nobody_from_acting(tmp_path: Path) -> None:
    """It may be why the engine is away."""
    with socket.create_server((HOST, 0)) as mute:
        async with watched(tmp_path) as desk:
            (desk.folder / "watchdog.json.draft").mkdir()
            back = (desk.folder / "control.url").read_text()
            async with watching(desk.folder, f"http://{HOST}:{mute.getsockname()[1]}") as watch:
                await asyncio.sleep(WEDGED_S + 2)
                (desk.folder / "control.url").write_text(back)
                await until(lambda: desk.state.breakers.level is KillLevel.CANCEL_ALL)
                assert not watch.done()
                assert report(desk.folder) is None


async def test_the_report_says_when_an_engine_was_told_that_came_to_behind_the_last_proof(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as mute:
        async with watched(tmp_path) as desk:
            back = (desk.folder / "control.url").read_text()
            async with watching(desk.folder, f"http://{HOST}:{mute.getsockname()[1]}"):
                await until(lambda: report(desk.folder))
                (desk.folder / "control.url").write_text(back)
                await until(lambda: told_ms(desk.folder))


async def test_a_watchdog_that_broke_does_not_end_as_if_it_had_nothing_left_to_do(tmp_path: Path) -> None:
    """Whoever ends so is not started again, and nobody would watch for the rest of the run."""
    watch = asyncio.create_task(run_watchdog(tmp_path))
    await asyncio.sleep(0.1)
    broken = {"message": "a venue said what no adapter can read", "exception": ZeroDivisionError()}
    asyncio.get_running_loop().call_exception_handler(broken)
    with pytest.raises(ZeroDivisionError):
        await watch
