"""One simulated stretch of trading: the whole program and its exchanges under virtual time, in one process."""

import random
from collections import Counter
from functools import partial
from hashlib import blake2b
from pathlib import Path

import msgspec

from domain.clock import HandClock
from domain.ids import StrategyName, VenueName
from domain.messages import Fact
from domain.money import FxRates, day_ns
from engine.config import Loaded
from engine.exchanges import Exchanges
from engine.model import Model, Tell
from engine.replay import DigestDiffers, rebuild
from engine.simulate.agenda import Agenda, Part
from engine.simulate.bystander import Bystander
from engine.simulate.options import MS, SeedOptions, paced
from engine.simulate.oracle import Oracle
from engine.simulate.pipes import Address, PipeNetwork
from engine.simulate.process import Killed, Process, endpoint
from engine.simulate.recovery import unproven
from engine.simulate.rests import Rests
from engine.simulate.trouble import Trouble
from storage.journal import JournalDamaged
from venues.sim.faults import PROFILES, Faults
from venues.sim.model import ModelOptions
from venues.sim.profiles import named
from venues.sim.street import StreetRecord
from venues.sim.world import DESK, WorldOptions

BEGIN_NS = 1_000_000_000
EPOCH_NS = 1_790_000_000_000_000_000
"""Wall time at virtual zero."""
RECOVERY_NS = 150_000_000_000
"""How long after the last fault everything must be up and proven, and how long an orderly end may take: two rounds of a
simulated minute, the first of which may wait for a venue that allows few dials, and half a minute for their answers."""
LOOK_NS = 1_000_000_000
EVENTS_MAX = 20_000
"""More events than this in one simulated second are no trading."""


class Livelock(Exception):
    """Time stands still, or nearly so, while events go on."""


class Simulation:
    """Builds our process and its exchanges over one agenda, and lets trouble strike both."""

    def __init__(self, options: SeedOptions, loaded: Loaded, venues: tuple[VenueName, ...], folder: Path) -> None:
        self.options = options
        loaded = paced(loaded, options)
        self._second_ns = self._events = 0
        self.clock = HandClock(monotonic_ns=BEGIN_NS, wall_ns=EPOCH_NS + BEGIN_NS)
        self.faults = Faults(named(options.faults, loaded.config.faults), options.seed)
        self.agenda = Agenda(self.clock, _random(options.seed, "agenda"))
        self.network = PipeNetwork(self.agenda, _random(options.seed, "network"), self.faults)
        self.exchanges = _open_exchanges(options, venues, self.network)
        self.record = _open_record(loaded, self.exchanges)
        self.process = Process(
            loaded,
            self.exchanges,
            self.network,
            self.clock,
            folder,
            options=options,
            chance_of=lambda entity: _random(options.seed, entity).random,
        )
        self.oracle = Oracle(
            self.exchanges.world.exchanges, self.record, folder, cap_micros=loaded.limits.cap_event_micros
        )
        bystander = Bystander(
            self.exchanges.world.exchanges,
            self.process,
            self.faults,
            self.oracle.complain,
            round_ns=options.recon_s * LOOK_NS,
            begin_ns=BEGIN_NS,
            collar_fair_e9=loaded.limits.collar_fair_e9,
        )
        self.process.watch = bystander.wrote
        self.model = _open_model(options, self.exchanges, self._hear)
        addresses = {venue: _addresses(self.exchanges, venue) for venue in venues}
        trouble = Trouble(self.agenda, self.network, addresses, self._kill)
        self._world, self._near = Part(self.exchanges.world), Part(self.process)
        self._servers = {key: Part(server) for key, server in self.exchanges.servers().items()}
        rests = Rests(
            self.process,
            (StrategyName(one.name) for one in loaded.config.strategies),
            self._hear,
            began_ns=BEGIN_NS,
            trouble_ns=options.trouble_ns,
        )
        beside = (Part(one) for one in (trouble, rests, bystander))
        self._parts = (self._world, *self._servers.values(), Part(self.model), self._near, *beside)
        self._attend()

    def run(self) -> None:
        """The whole stretch, to its end or to the first time that the journal cannot be read back."""
        try:
            self._run()
        except JournalDamaged as error:
            self.oracle.complain("I15", str(error))
        except DigestDiffers as error:
            self.oracle.complain("I16", str(error))

    def _run(self) -> None:
        """Trouble, then quiet: everything must recover, then everything is cancelled and held against the books."""
        self._run_until(BEGIN_NS + self.options.trouble_ns)
        self.faults.profile = PROFILES["none"]
        self.network.heal()
        self.process.spare()
        while not self.process.alive:
            self._run_on(LOOK_NS)
        self._run_until_proven("after the last fault")
        self.process.street.wind_down()
        self._near.moved = True
        self._run_until_proven("after the last cancel", quiet=True)
        self._run_on(self.options.recon_s * 1_000 * MS + LOOK_NS)
        self._run_until_proven("after another round", quiet=True)
        self.process.end()
        self.oracle.look_at_end(self.process.state, self.process.folder)

    @property
    def met(self) -> Counter[str]:
        """Every danger that really occurred, and what it cut through."""
        return self.faults.fired + self.network.met

    def digest(self) -> str:
        """One word for everything that happened: the journal's last head and the exchanges' own books."""
        books = msgspec.json.encode(self.record.report())
        return blake2b(self.process.journal.head + books, digest_size=16).hexdigest()

    # --- time ---

    def _run_until(self, end_ns: int) -> None:
        """Always do what is due first: bytes on their way before exchanges, model, street and trouble."""
        clock, agenda, parts, oracle, process = self.clock, self.agenda, self._parts, self.oracle, self.process
        while True:
            due_ns = agenda.next_deadline()
            part = None
            for one in parts:
                if one.moved:
                    one.look()
                at = one.due_ns
                if at is not None and (due_ns is None or at < due_ns):
                    due_ns, part = at, one
            if due_ns is None or due_ns > end_ns:
                clock.advance_to(end_ns)
                return
            now_ns = max(due_ns, clock.monotonic_ns())
            clock.advance_to(now_ns)
            self._count(now_ns)
            try:
                if part is None:
                    agenda.take()(now_ns)
                else:
                    part.on_time(now_ns)
            except Killed:
                self.network.met["killed_inside_event"] += 1
                self._bury(now_ns, inside=True)
            if process.alive:
                oracle.look(process.state, now_ns)

    def _count(self, now_ns: int) -> None:
        """So many events in one second are a circle in which somebody answers himself."""
        if now_ns >= self._second_ns + LOOK_NS:
            self._second_ns, self._events = now_ns, 0
        self._events += 1
        if self._events > EVENTS_MAX:
            raise Livelock(f"{self._events} events within a second, {now_ns // MS} ms into the run")

    def _run_on(self, span_ns: int) -> None:
        self._run_until(self.clock.monotonic_ns() + span_ns)

    def _run_until_proven(self, since: str, *, quiet: bool = False) -> None:
        """Let time pass until nothing is in doubt; too long is a violation of its own."""
        last_ns = self.clock.monotonic_ns() + RECOVERY_NS
        while (missing := unproven(self.process.street, quiet=quiet)) and self.clock.monotonic_ns() < last_ns:
            self._run_on(LOOK_NS)
        if missing:
            self.oracle.complain("I20", f"{RECOVERY_NS // 10**9} s {since}: {missing}")

    # --- trouble ---

    def _kill(self, now_ns: int, inside: bool) -> None:
        """Our process dies: at this moment, or inside the event in which it places its next order."""
        if self.process.alive and inside:
            self.process.die_at_next_order()
        elif self.process.alive:
            self.network.met["killed_between_events"] += 1
            self._bury(now_ns, inside=False)

    def _bury(self, now_ns: int, *, inside: bool) -> None:
        self.process.bury()
        self.network.hang_up()
        self._near.moved = True
        digest = None if inside else self.process.state.digest()
        self.agenda.at(now_ns + self.faults.down_ns("engine"), lambda _: self._rise(digest))

    def _rise(self, digest: str | None) -> None:
        """The next life begins; what it read must be what the last one had."""
        state, _ = rebuild(self.process.folder)
        self.oracle.look_after_kill(state, records=self.process.journal.seq, digest=digest)
        self.process.rise(state)
        self._near.moved = True

    # --- what moves ---

    def _attend(self) -> None:
        """Know whose deadlines move when bytes arrive somewhere, or when an exchange publishes."""
        servers: dict[VenueName, list[Part]] = {}
        for (venue, _), part in self._servers.items():
            servers.setdefault(venue, []).append(part)

        def near(address: Address) -> None:
            self._near.moved = True
            self.process.heard(_venue(address))

        def published(venue: VenueName, *_: object) -> None:
            for part in servers[venue]:
                part.moved = True

        def far(address: Address) -> None:
            self._world.moved = True
            published(_venue(address))

        self.network.near, self.network.far, self.network.lost = near, far, self._lost
        for venue, exchange in self.exchanges.world.exchanges.items():
            exchange.listen(partial(published, venue))

    def _hear(self, told: Fact) -> None:
        """The model or the operator tells something; the model is told the epochs in return."""
        self._near.moved = True
        if self.process.alive:
            self.process.street.emit(told)
            epochs = self.process.street.core.prices.epochs
            self.model.epochs = {event: str(epoch) for event, epoch in epochs.items()}

    def _lost(self, address: Address) -> None:
        """A connection broke over an unanswered question: was it about an order?"""
        venue = _venue(address)
        if self.process.alive and any(not order.acked for order in self.process.state.blotter.orders.open_at(venue)):
            self.network.met["cut_between_intent_and_reply"] += 1


# --- what is built once ---


def _open_exchanges(options: SeedOptions, venues: tuple[VenueName, ...], network: PipeNetwork) -> Exchanges:
    world = WorldOptions(
        seed=options.seed, speed=options.speed, pace=options.pace, matches=options.matches, kinds=options.kinds
    )
    exchanges = Exchanges(venues, world, network.faults, start_ns=BEGIN_NS, epoch_ns=EPOCH_NS)
    for (venue, role), server in exchanges.servers().items():
        at = endpoint(venue, role)
        network.listen((at.host, at.port), server)
    return exchanges


def _open_record(loaded: Loaded, exchanges: Exchanges) -> StreetRecord:
    world = exchanges.world
    config = loaded.config
    rates = FxRates(config.run.base, loaded.rates_e8, day_ns(config.rates_dated), "configuration")
    return StreetRecord(world.exchanges, world.mapping, account=DESK, rates=rates, start_ns=BEGIN_NS)


def _open_model(options: SeedOptions, exchanges: Exchanges, tell: Tell) -> Model:
    return Model(
        options.seed,
        exchanges.world.matches,
        tell,
        speed=options.speed,
        start_ns=BEGIN_NS,
        now_ns=BEGIN_NS,
        options=ModelOptions(period_ns=options.model_period_ns),
    )


def _addresses(exchanges: Exchanges, venue: VenueName) -> set[Address]:
    ports = (endpoint(venue, role) for role in exchanges.ports[venue].servers)
    return {(at.host, at.port) for at in ports}


def _venue(address: Address) -> VenueName:
    return VenueName(address[0].partition(".")[0])


def _random(seed: int, entity: str) -> random.Random:
    """A stream of chance of its own for each entity."""
    return random.Random(f"{seed}/{entity}")  # noqa: S311  (a seed is a bug report, not a secret)
