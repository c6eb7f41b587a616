"""The watchdog of a demo, a process of its own: when the engine is wedged it cancels everything at every venue.

It asks the engine's control interface for a sign of life. An engine that answers nothing for too long cannot be
trusted to cancel, so this process opens lines of its own to every venue, cancels all of the run's orders, and writes
to `watchdog.json` when which venue showed itself empty. Should the engine come to again, the first that it is told
is kill level 3, where no more is stopped there already: it stays stopped until a named person lets it go on. From then
on its orders are its own again, and so are those of an engine that somebody brought back. An engine that ended in order
takes this process with it; one that died leaves it to do its work.
"""

import asyncio
import contextlib
import enum
import http
import sys
from pathlib import Path

import aiohttp
import msgspec

from domain.ids import VenueName
from domain.markets import Mapping
from domain.messages import Fact
from domain.operators import KillLevel
from engine.clock import SystemClock, system_chance
from engine.loop import Shell
from engine.stage import HOST, Stage, read_stage, read_token, write_whole
from engine.watchdog import Deputy
from oms.router import run_tag
from risk.breakers import WATCHDOG
from venues.base import Endpoint, Venue
from venues.registry import DEMOS
from venues.sim.demo import Wiring
from venues.transport import ColdHttp, SocketNetwork

LOOK_S = 0.5
"""How often the engine is asked for a sign of life."""

ANSWER_S = 1.0
"""How long it may take to answer while this process acts, before it is told or asked again."""

WEDGED_S = 5.0
"""An engine that is there and gave no sign of life for so long cancels nothing any more. One that is busy may take
nearly as long for an answer: it trades."""

GONE_S = 10.0
"""One that is not there may be brought back by somebody; its orders rest no longer than this without it."""

BEAT_S = 0.05
"""How often facts are carried and the time is seen while it acts."""

MS, SECOND = 1_000_000, 1_000_000_000
TOLD = "watchdog.json"


class Report(msgspec.Struct, frozen=True):
    """What the watchdog did, in `watchdog.json`; times are wall milliseconds, 0 where something has not happened."""

    tripped_ms: int
    why: str
    cancels: dict[VenueName, int] = {}
    empty_ms: dict[VenueName, int] = {}
    engine_told_ms: int = 0


class Status(msgspec.Struct, frozen=True):
    """What it looks at in an engine's answer."""

    kill_level: int


class Life(enum.Enum):
    """What a look at the engine found."""

    ANSWERS = "answers"
    SILENT = "gave no sign of life"
    GONE = "is not there"


PATIENCE_S = {Life.SILENT: WEDGED_S, Life.GONE: GONE_S}


class Absence:
    """Since when nothing was heard of the engine; one that is silent now and gone then is away all the while."""

    def __init__(self) -> None:
        self._since_ns: int | None = None

    def is_over_long(self, life: Life, *, looked_ns: int, now_ns: int) -> bool:
        """Whether a look that began at `looked_ns` and found this is one too many."""
        if life is Life.ANSWERS:
            self._since_ns = None
            return False
        if self._since_ns is None:
            self._since_ns = looked_ns
        return now_ns - self._since_ns >= PATIENCE_S[life] * SECOND


class Watchdog:
    """Watches one run until it is asked to end, or nobody is left to watch."""

    def __init__(self, run: Path, shell: Shell) -> None:
        self._run = run
        self._shell = shell
        self._clock = shell.clock
        self._facts: list[Fact] = []
        self._told_ms = 0
        self._is_relieved = False

    async def run(self) -> None:
        """Look again and again; once the engine was away for too long, act, and look on unless it is gone."""
        absence = Absence()
        async with aiohttp.ClientSession() as session:
            while not self._is_over():
                looked_ns = self._clock.monotonic_ns()
                life = await self._run_look(session)
                if absence.is_over_long(life, looked_ns=looked_ns, now_ns=self._clock.monotonic_ns()):
                    await self._run_deputy(session, life)
                    if life is Life.GONE and not self._is_relieved:
                        return
                    absence = Absence()
                await asyncio.sleep(LOOK_S)

    def _is_over(self) -> bool:
        """Whether the exchanges have closed their books."""
        return (self._run / "exchanges.json").exists()

    async def _run_look(self, session: aiohttp.ClientSession) -> Life:
        try:
            async with asyncio.timeout(WEDGED_S), session.get(f"{self._url()}/v1/status", headers=self._headers()):
                return Life.ANSWERS
        except TimeoutError:
            return Life.SILENT
        except (aiohttp.ClientError, OSError):
            return Life.GONE

    def _url(self) -> str:
        return (self._run / "control.url").read_text().strip()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {read_token(self._run)}"}

    async def _run_deputy(self, session: aiohttp.ClientSession, life: Life) -> None:
        """Cancel everything at every venue until all are empty, and an engine that comes to again knows of it.

        One that is gone keeps no watch itself: what it sent last may land behind a list that holds nothing.
        Or until the engine sees to its orders itself: a venue that is away may stay so for long, and the others would
        meanwhile be emptied of what it places anew.
        """
        stage = read_stage(self._run)
        assert stage is not None, "the exchanges stand before there is an engine to watch"
        venues = self._opened(stage)
        deputy = Deputy(run_tag(self._run.name), venues, began_ns=self._clock.monotonic_ns())
        report = Report(self._clock.wall_ns() // MS, f"the engine {life.value} for {PATIENCE_S[life]:g} s")
        self._write(report)
        self._told_ms, self._is_relieved = 0, False
        asking = self._shell.spawn(self._run_asking(session, life, report.why))
        for venue in venues.values():
            venue.start(self._clock.monotonic_ns())
        try:
            while True:
                self._let_time_pass(deputy, venues)
                report = self._reported(report, deputy)
                proven = deputy.final if life is Life.GONE else deputy.done and self._told_ms
                if proven or self._is_relieved or self._is_over():
                    break
                await asyncio.sleep(BEAT_S)
        finally:
            asking.cancel()
            for venue in venues.values():
                venue.stop(self._clock.monotonic_ns())

    def _reported(self, before: Report, deputy: Deputy) -> Report:
        """The report as it is now, written down where it is news."""
        ahead_ns = self._clock.wall_ns() - self._clock.monotonic_ns()
        report = Report(
            before.tripped_ms,
            before.why,
            {name: venue.cancels for name, venue in deputy.venues.items()},
            {
                name: before.empty_ms.get(name) or (venue.empty_ns + ahead_ns) // MS
                for name, venue in deputy.venues.items()
                if venue.empty_ns
            },
            self._told_ms,
        )
        if report != before:
            self._write(report)
        return report

    def _write(self, report: Report) -> None:
        """Write the report down. A full disk may be why the engine is away: its orders come out all the same."""
        with contextlib.suppress(OSError):
            write_whole(self._run / TOLD, msgspec.json.encode(report))

    def _let_time_pass(self, deputy: Deputy, venues: dict[VenueName, Venue]) -> None:
        """Carry facts to the deputy, and the time to everybody."""
        now_ns = self._clock.monotonic_ns()
        for venue in venues.values():
            due_ns = venue.next_deadline()
            if due_ns is not None and due_ns <= now_ns:
                venue.on_time(now_ns)
        facts, self._facts[:] = self._facts[:], []
        for fact in facts:
            deputy.hear(fact, now_ns)
        deputy.on_time(now_ns)

    async def _run_asking(self, session: aiohttp.ClientSession, life: Life, why: str) -> None:
        """Wait until an engine that was gone is back, or until a person lets one go on that came to again."""
        if life is not Life.GONE:
            await self._run_telling(session, why)
        while not self._is_relieved:
            await asyncio.sleep(LOOK_S)
            level = await self._run_level(session)
            self._is_relieved = level is not None and not (self._told_ms and level >= KillLevel.CANCEL_ALL)

    async def _run_level(self, session: aiohttp.ClientSession) -> int | None:
        """The engine's kill level, None while it does not say."""
        try:
            async with (
                asyncio.timeout(ANSWER_S),
                session.get(f"{self._url()}/v1/status", headers=self._headers()) as answer,
            ):
                return msgspec.json.decode(await answer.read(), type=Status).kill_level if answer.ok else None
        except (TimeoutError, aiohttp.ClientError, OSError, msgspec.MsgspecError):
            return None

    async def _run_telling(self, session: aiohttp.ClientSession, why: str) -> None:
        """Put an engine that comes to again under kill level 3; one that objects has more than that in force."""
        body = {"level": int(KillLevel.CANCEL_ALL), "who": WATCHDOG, "why": why}
        while not self._told_ms:
            try:
                halt = session.post(f"{self._url()}/v1/halt", json=body, headers=self._headers())
                async with asyncio.timeout(ANSWER_S), halt as answer:
                    is_told = answer.ok or answer.status == http.HTTPStatus.CONFLICT
                    self._told_ms = self._clock.wall_ns() // MS if is_told else 0
            except (TimeoutError, aiohttp.ClientError, OSError):
                pass
            await asyncio.sleep(LOOK_S)

    def _opened(self, stage: Stage) -> dict[VenueName, Venue]:
        """Adapters of our own to every venue of the run."""
        mapping = msgspec.toml.decode((self._run / "mapping.toml").read_bytes(), type=Mapping)
        network = SocketNetwork(self._shell.spawn, self._clock, after=self._shell.after_bytes)
        return {
            name: DEMOS[name]().open_venue(
                Wiring(
                    listings=tuple(one for one in mapping.listings if one.venue == name),
                    ports={
                        role: Endpoint(HOST, port, tls=True, tls_roots=stage.authority) for role, port in ports.items()
                    },
                    network=network,
                    emit=self._facts.append,
                    wall_ns=self._clock.wall_ns,
                    chance=system_chance,
                    cold_http=lambda at: ColdHttp(at, self._shell.spawn, self._clock, after=self._shell.after_bytes),
                )
            )
            for name, ports in stage.ports.items()
        }


async def run_watchdog(run: Path) -> None:
    """Watch until asked to end. Raises what broke in a callback: the engine starts one that failed again."""
    shell = Shell(SystemClock())

    async def run_body() -> None:
        watch = shell.spawn(Watchdog(run, shell).run())
        watch.add_done_callback(lambda _: shell.end())
        await shell.run_for(None)
        watch.cancel()

    await shell.run_group(run_body)
    if shell.failure is not None:
        raise shell.failure


if __name__ == "__main__":
    asyncio.run(run_watchdog(Path(sys.argv[1])))
