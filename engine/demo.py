"""The demo: simulated exchanges and the quant's model in processes of their own, the engine in this one."""

import asyncio
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
from aiohttp import web

from desk.control import Control
from desk.control_callers import Callers
from domain.clock import Clock
from domain.ids import VenueName
from domain.markets import Mapping
from domain.messages import RunEnded, RunResumed, RunStarted
from engine.children import STAND_STILL, STOP_S, Children
from engine.clock import system_chance
from engine.config import ConfigError, Loaded
from engine.desk_showing import run_showing
from engine.live.desk import LiveDesk
from engine.loop import Shell, spared
from engine.mapping import map_run
from engine.order_shelf import move_to_disk
from engine.reel import MEGABYTE
from engine.run_tape import CONFIG, RunTape
from engine.snapshot import Remembered, remembered, resumed
from engine.stage import HOST, Stage, StageOrder, read_stage, write_order, write_token, write_whole
from engine.state import State
from engine.street import Relay, Street
from engine.summary import open_mark_micros, summary
from engine.wiring import ahead_ns, build, started, strategies
from oms.order_states import is_open
from risk.limits import figures_of
from storage.journal import START, Journal, Position
from storage.reserve import Reserve
from venues.base import Endpoint, Venue
from venues.registry import DEMOS
from venues.sim.demo import Wiring, untapped
from venues.sim.faults import Profile
from venues.transport import ColdHttp, SocketNetwork

READY_S = 30.0
LOOK_S = 0.05
REVIVE_S = 0.5
"""How often the engine looks whether its children are there; what was killed is started again."""
LAST_LOOK_S = 2.0
"""How long the slowest poll may take to show what happened last."""
HURRY_S = 1.0
"""How long children may take when somebody wants the end now."""

GOOD, FAILED, NOT_READY, ORDERS_LEFT, BREAKS_OPEN = 0, 1, 3, 4, 5

EXCHANGES, MODEL, WATCHDOG = "exchanges", "model", "watchdog"
MODULES = {
    EXCHANGES: "engine.exchange_process",
    MODEL: "engine.model_process",
    WATCHDOG: "engine.watchdog_process",
}
"""The children by name, as `processes.json` has them."""


class NotReady(Exception):
    """What the run needs does not stand; the message says what and why."""


class DemoOptions(msgspec.Struct, frozen=True):
    """What the command line asks of a demo. `seconds` None runs until stopped; `resume` takes the folder over."""

    seed: int
    speed: float
    faults: Profile
    headless: bool
    seconds: float | None = None
    recording: str = ""
    recording_from: str = ""
    rumours: float = 0.0
    summary: Path | None = None
    resume: bool = False


class Demo:
    """One demo from its first process to its last. `desk` is where the control interface listens already."""

    def __init__(
        self,
        options: DemoOptions,
        loaded: Loaded,
        run: Path,
        clock: Clock,
        *,
        listening: socket.socket,
        callers: Callers,
    ) -> None:
        self._options = options
        self._loaded = loaded
        self._run = run
        self._clock = clock
        self._listening = listening
        self._callers = callers
        self._children = Children(run)
        self._shell = Shell(clock)
        self._code = FAILED
        self._is_full = False
        self._street: Street | None = None
        self._tape: RunTape | None = None
        self._end = Position(0, b"")
        self._remembered = Remembered(START, None, None)

    async def run(self) -> int:
        """Everything from start to end; the exit code. Raises NotReady, NoRoom, JournalInUse, JournalDamaged."""
        began_ns = self._clock.monotonic_ns()
        self._remembered = remembered(self._run)  # nothing, unless a run is resumed of which a snapshot was kept
        reserve = Reserve(self._run, self._end_full)
        journal = Journal(self._run, sync=self._loaded.config.run.sync, since=self._remembered.place, reserve=reserve)
        patience_s = STOP_S
        try:
            await self._shell.run_group(lambda: self._run_street(journal))
        except asyncio.CancelledError:
            patience_s = HURRY_S
            print("crossbook: ended at once; what was still working is left to the exchanges", file=sys.stderr)
        finally:
            journal.close()
            await self._children.run_stop(patience_s=patience_s)
        self._summarise((self._clock.monotonic_ns() - began_ns) / 1e9)
        if self._shell.failure is not None:
            raise self._shell.failure
        return self._code

    def _end_full(self) -> None:
        """The disk is full: what is left of it is for cancels and their proof."""
        self._is_full = True
        print(
            f"crossbook: no room is left on the disk of {self._run}: everything is cancelled, and the run ends",
            file=sys.stderr,
        )
        self._shell.end()

    async def _run_street(self, journal: Journal) -> None:
        """Open everything, trade, wind down, close."""
        stage = await self._run_exchanges()
        street = self._open_street(stage, journal)
        try:
            await self._run_control(street)
            self._start_missing(MODEL, WATCHDOG)
            self._shell.start(street)
            beside = [self._shell.spawn(self._run_watch())]
            if not self._options.headless:
                beside.append(self._shell.spawn(run_showing(street, self._children, self._shell.end)))
            await self._shell.run_for(self._options.seconds)
            if not self._ended():  # else there is nobody left to prove anything
                self._children.tell(EXCHANGES, STAND_STILL)  # else something might happen that we no longer hear of
                await asyncio.gather(self._shell.run_quiet(), asyncio.sleep(LAST_LOOK_S))
                await self._shell.run_wind_down()  # what the last polls brought
                street.note(RunEnded("stopped in order"))
            for task in beside:
                task.cancel()
        finally:
            self._code = FAILED if self._ended() or self._is_full else _ending(street.core.state)
            street.telemetry.open_mark_micros = open_mark_micros(street.core.state, street.core.prices)
            self._shell.stop()
            if self._tape is not None:
                self._tape.close()
            self._end = Position(journal.seq, journal.head)
            self._street = street

    async def _run_exchanges(self) -> Stage:
        """Start the exchanges, or find those of the run that is resumed, and wait until their ports are open."""
        if self._options.resume:
            self._children.adopt()
            if self._ended():
                raise NotReady(f"{self._run}: its exchanges are gone, they outlive their engine by half a minute only")
        else:
            write_order(self._run, self._order())
        self._start_missing(EXCHANGES)
        return await self._run_until(lambda: read_stage(self._run), EXCHANGES)

    async def _run_until(self, look: Callable[[], Stage | None], name: str) -> Stage:
        """Wait for what a child says when it stands. Raises NotReady when it ends first, or takes too long."""
        waited_s = 0.0
        while (stage := look()) is None:
            if not self._children.alive(name) or waited_s > READY_S:
                raise NotReady(f"the exchanges did not start; {name}: {self._children.log(name) or 'no answer'}")
            await asyncio.sleep(LOOK_S)
            waited_s += LOOK_S
        return stage

    def _order(self) -> StageOrder:
        return StageOrder(
            venues=tuple(VenueName(name) for name in self._loaded.config.venues),
            seed=self._options.seed,
            speed=self._options.speed,
            faults=self._options.faults,
            base=self._loaded.config.run.base,
            rates_e8=self._loaded.rates_e8,
            rates_dated=self._loaded.config.rates_dated,
            recording=self._options.recording,
            recording_from=self._options.recording_from,
            rumours=self._options.rumours,
        )

    def _open_street(self, stage: Stage, journal: Journal) -> Street:
        relay = Relay(SocketNetwork(self._shell.spawn, self._clock, after=self._shell.after_bytes))
        mapping, left = map_run(self._run, self._clock.wall_ns() // 1_000_000)
        if left:
            print(f"crossbook: {left} pairs were left out; `markets {self._run} --review` says why", file=sys.stderr)
        config = self._loaded.config.run
        if not self._options.resume:
            write_whole(self._run / CONFIG, self._loaded.data)
        if config.tape:
            self._tape = RunTape(self._run, mapping, self._clock, bytes_max=config.tape_mb * MEGABYTE)
        adapters = {venue: self._adapter(venue, stage, mapping, relay) for venue in stage.ports}
        desk = strategies(self._loaded.config.strategies)
        beginning: RunStarted | RunResumed
        if self._options.resume:
            state, telemetry, _ = resumed(self._run, self._remembered)
            limits = figures_of(self._loaded.limits)
            beginning = RunResumed(self._run.name, self._loaded.hash, limits, ahead_ns(self._clock))
        else:
            beginning = started(
                self._loaded, mapping, adapters, self._clock, run=self._run.name, mode="demo", seed=self._options.seed
            )
            state, telemetry = State(beginning), None
        move_to_disk(state, self._run)
        street = build(self._loaded, state, adapters, journal, self._clock, desk, telemetry=telemetry)
        relay.street = street
        street.note(beginning)
        return street

    def _adapter(self, venue: VenueName, stage: Stage, mapping: Mapping, relay: Relay) -> Venue:
        wiring = Wiring(
            listings=tuple(one for one in mapping.listings if one.venue == venue),
            ports={
                role: Endpoint(HOST, port, tls=True, tls_roots=stage.authority)
                for role, port in stage.ports[venue].items()
            },
            network=relay,
            emit=relay.emit,
            wall_ns=self._clock.wall_ns,
            chance=system_chance,
            cold_http=lambda at: ColdHttp(at, self._shell.spawn, self._clock, after=self._shell.after_bytes),
            settings=self._loaded.config.venues[venue],
            tap=untapped if self._tape is None else partial(self._tape.tap, venue),
        )
        try:
            return DEMOS[venue]().open_venue(wiring)
        except ValueError as error:
            raise ConfigError(f"[venues.{venue}] {error}") from error

    async def _run_control(self, street: Street) -> None:
        """Open the control interface and say where it is."""
        names = [one.name for one in self._loaded.config.strategies]
        caps = self._loaded.limits
        desk = LiveDesk(street, self._clock, run=self._run, strategies=names, cap_day_micros=caps.cap_day_micros)
        control = Control(callers=self._callers, desk=desk, spared=spared)
        runner = web.AppRunner(control.application, access_log=None)
        await runner.setup()
        await web.SockSite(runner, self._listening).start()
        host, port = self._listening.getsockname()[:2]
        write_token(self._run, self._callers.token)
        write_whole(self._run / "control.url", f"http://{host}:{port}\n".encode())

    def _start_missing(self, *names: str) -> None:
        """Start those children that are not there, unless they had done all they had to do."""
        for name in names:
            wanted = name != MODEL or not self._options.recording
            if wanted and not self._children.alive(name) and not self._children.finished(name):
                self._children.start(name, MODULES[name])

    async def _run_watch(self) -> None:
        """Bring back what died, and end the run when there is no world to trade in any more."""
        while not self._ended():
            self._start_missing(EXCHANGES, MODEL, WATCHDOG)
            await asyncio.sleep(REVIVE_S)
        print(f"crossbook: the exchanges have ended by themselves; see {self._run}/{EXCHANGES}.log", file=sys.stderr)
        self._shell.end()

    def _ended(self) -> bool:
        """Whether the exchanges have closed their books, or cannot keep them; those that were killed come back."""
        return (self._run / "exchanges.json").exists() or self._children.failed(EXCHANGES)

    def _summarise(self, seconds: float) -> None:
        """Write the summary, once the exchanges have said what their books hold."""
        if self._street is None:
            return
        state = self._street.core.state
        told = summary(self._run, state, self._street.telemetry, self._end, mode="demo", seconds=round(seconds, 3))
        text = msgspec.json.format(msgspec.json.encode(told), indent=1)
        write_whole(self._run / "summary.json", text)
        if self._options.summary is not None:
            write_whole(self._options.summary, text)


def check_currencies(loaded: Loaded) -> None:
    """Raises ConfigError when a venue is kept in a currency that the configuration has no rate for."""
    for name in loaded.config.venues:
        if name not in DEMOS:
            raise ConfigError(f"[venues.{name}]: the demo has one account at each exchange; take the table out")
        currency = DEMOS[name]().options.terms.currency
        if currency not in loaded.rates_e8:
            raise ConfigError(f'[rates]: {name} is kept in {currency}; add its rate, as {currency} = "1.10"')


def _ending(state: State) -> int:
    """The exit code that a state asks for at the end of a run."""
    if any(is_open(order) for order in state.blotter.orders.at_stake.values()) or state.blotter.orders.unknown:
        return ORDERS_LEFT
    return BREAKS_OPEN if state.breaks.standing else GOOD
