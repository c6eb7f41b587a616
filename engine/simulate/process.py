"""Our process inside a simulation: started over a journal, killed between or inside events, started again."""

from collections.abc import Callable
from pathlib import Path

from domain.clock import HandClock
from domain.ids import VenueName
from domain.messages import Command, FairValueReceived, Journalled, PlaceOrder, RunResumed
from engine.config import Loaded
from engine.exchanges import Exchanges
from engine.mapping import mapped
from engine.simulate.options import SeedOptions
from engine.state import State
from engine.street import Relay, Street
from engine.wiring import ahead_ns, build, started, strategies
from risk.limits import figures_of
from storage.journal import Journal
from venues.base import Endpoint, Network, Venue
from venues.redial import Chance
from venues.sim.demo import Wiring

PORT = 443


class Killed(Exception):
    """The process ended at this instruction. Whatever it would have done next is not done."""


def endpoint(venue: VenueName, role: str) -> Endpoint:
    """Where an exchange's port is found in a simulation."""
    return Endpoint(f"{venue}.{role}", PORT, tls=True)


class Attended:
    """An adapter that is asked for its deadline only after something happened to it."""

    def __init__(self, venue: Venue) -> None:
        self.capabilities = venue.capabilities
        self.moved = True
        self._venue = venue
        self._due_ns: int | None = None

    def start(self, now_ns: int) -> None:
        self.moved = True
        self._venue.start(now_ns)

    def send(self, command: Command, now_ns: int) -> None:
        self.moved = True
        self._venue.send(command, now_ns)

    def next_deadline(self) -> int | None:
        if self.moved:
            self._due_ns = self._venue.next_deadline()
            self.moved = False
        return self._due_ns

    def on_time(self, now_ns: int) -> None:
        self.moved = True
        self._venue.on_time(now_ns)

    def tokens(self, now_ns: int) -> int:
        return self._venue.tokens(now_ns)

    def stop(self, now_ns: int) -> None:
        self._venue.stop(now_ns)


class Process:
    """The trading program, one life after another, over one journal and one network.

    `state` and `journal` are those of the last life, also after its death. `facts` counts over all lives.
    """

    def __init__(
        self,
        loaded: Loaded,
        exchanges: Exchanges,
        network: Network,
        clock: HandClock,
        folder: Path,
        *,
        options: SeedOptions,
        chance_of: Callable[[str], Chance],
    ) -> None:
        self.folder = folder
        self.lives = 0
        self.watch: Callable[[Journalled, int], None] = lambda *_: None  # is told each record before anything is sent
        self._doomed = False
        self._loaded = loaded
        self._exchanges = exchanges
        now_ns = clock.monotonic_ns()
        book, _ = mapped(exchanges.world.mapping, exchanges.listed(now_ns), at_ms=clock.wall_ns() // 1_000_000)
        self._mapping = book.mapping
        self._network = network
        self._clock = clock
        self._options = options
        self._chance_of = chance_of
        self._earlier_facts = 0
        self._street: Street | None = None
        adapters, relay = self._open_adapters()
        run = f"simulate-{options.seed}"
        first = started(loaded, self._mapping, adapters, clock, run=run, mode="simulate", seed=options.seed)
        self.state = State(first)
        self._live(adapters, relay)
        self.street.note(first)
        self.street.start()

    @property
    def alive(self) -> bool:
        """Whether there is a street to speak to."""
        return self._street is not None

    @property
    def street(self) -> Street:
        """The street of this life; there must be one."""
        assert self._street is not None, "the process is dead"
        return self._street

    @property
    def facts(self) -> int:
        """Facts that went through the engine in all lives."""
        return self._earlier_facts + (self.street.telemetry.facts if self.alive else 0)

    def heard(self, venue: VenueName) -> None:
        """A venue's adapter is about to hear something."""
        self._attended[venue].moved = True

    def hear(self, value: FairValueReceived) -> None:
        """A model's value, if somebody lives to hear it."""
        if self._street is not None:
            self._street.emit(value)

    def die_at_next_order(self) -> None:
        """Have this life end inside an event: its next order is in the journal, and never written to the wire."""
        self._doomed = True

    def spare(self) -> None:
        """No order is the last one any more."""
        self._doomed = False

    def bury(self) -> None:
        """The process is gone: its files are released as they stand."""
        street, self._street = self.street, None
        self._doomed = False
        self._earlier_facts += street.telemetry.facts
        self.journal.let_go()

    def rise(self, state: State) -> None:
        """Another process takes the run over, with the state that it read from the journal and lines of its own."""
        self.state = state
        self._live(*self._open_adapters())
        limits = figures_of(self._loaded.limits)
        self.street.note(RunResumed(state.started.run, self._loaded.hash, limits, ahead_ns(self._clock)))
        self.street.start()

    def end(self) -> None:
        """Close in order."""
        self.street.stop()
        self.journal.close()

    def next_deadline(self) -> int | None:
        """When the street wants to see the time, None while nobody lives."""
        return None if self._street is None else self._street.next_deadline()

    def on_time(self, now_ns: int) -> None:
        """Let the street see the time."""
        if self._street is not None:
            self._street.on_time(now_ns)

    def _live(self, adapters: dict[VenueName, Venue], relay: Relay) -> None:
        self.lives += 1
        self.journal = Journal(self.folder)
        desk = strategies(self._loaded.config.strategies)
        self._street = build(self._loaded, self.state, adapters, self.journal, self._clock, desk)

        def wrote(body: Journalled) -> None:
            if self._doomed and isinstance(body, PlaceOrder):
                raise Killed
            self.watch(body, self._clock.monotonic_ns())

        self._street.on_record = wrote
        relay.street = self._street

    def _open_adapters(self) -> tuple[dict[VenueName, Venue], Relay]:
        """The real adapters, told where the fakes are."""
        relay = Relay(self._network)
        listings = self._mapping.listings
        self._attended = {
            name: Attended(
                demo.open_venue(
                    Wiring(
                        listings=tuple(one for one in listings if one.venue == name),
                        ports={role: endpoint(name, role) for role in self._exchanges.ports[name].servers},
                        network=relay,
                        emit=relay.emit,
                        wall_ns=self._clock.wall_ns,
                        chance=self._chance_of(f"redial/{name}/{self.lives}"),
                        patience=self._options.patience,
                        settings=self._loaded.config.venues.get(name, {}),
                    )
                )
            )
            for name, demo in self._exchanges.demos.items()
        }
        return dict(self._attended), relay
