"""The demo's exchanges: one world, one fake for each venue, the same in a process of their own and in virtual time."""

from collections.abc import Mapping, Sequence

import msgspec

from domain.ids import VenueName
from venues.base import Server
from venues.catalogue.listed import ListedEvent
from venues.registry import DEMOS
from venues.sim.demo import DemoVenue, Ports, Staging
from venues.sim.faults import Faults
from venues.sim.listing import event_id, plainly_listed
from venues.sim.recorded import Recording
from venues.sim.recorded_world import RecordedOptions, RecordedWorld
from venues.sim.world import World, WorldOptions


class Played(msgspec.Struct, frozen=True):
    """A recording that drives the world instead of chance: which venue made it, and where to begin (None: as usual)."""

    venue: VenueName
    recording: Recording
    from_ms: int | None = None


class Exchanges:
    """The world and the ports of every simulated exchange in it."""

    def __init__(
        self,
        venues: Sequence[VenueName],
        options: WorldOptions,
        faults: Faults,
        *,
        start_ns: int,
        epoch_ns: int,
        played: Played | None = None,
    ) -> None:
        if played is not None:
            venues = sorted(venues, key=lambda name: name != played.venue)
        self.demos: dict[VenueName, DemoVenue] = {name: DEMOS[name]() for name in venues}
        start_ms = (epoch_ns + start_ns) // 1_000_000
        venue_options = tuple(demo.options for demo in self.demos.values())
        self.world: World | RecordedWorld
        if played is None:
            self.world = World(options, venue_options, start_ns=start_ns, start_ms=start_ms)
            namings = {venue.venue: venue.naming for venue in venue_options}
            kinds = options.kinds
        else:
            recorded = RecordedOptions(seed=options.seed, speed=options.speed, from_ms=played.from_ms)
            self.world = RecordedWorld(recorded, played.recording, venue_options, start_ns=start_ns, start_ms=start_ms)
            namings = {venue.venue: venue.naming for venue in self.world.venues}
            kinds = tuple(dict.fromkeys(market.kind for market in played.recording.markets))
        self._namings, self._kinds = namings, kinds
        self.ports: Mapping[VenueName, Ports] = {
            name: demo.open_fake(
                Staging(
                    exchange=self.world.exchanges[name],
                    matches=self.world.matches,
                    kinds=kinds,
                    naming=namings[name],
                    faults=faults,
                    epoch_ns=epoch_ns,
                    seed=options.seed,
                    speed=options.speed,
                    start_ms=start_ms,
                )
            )
            for name, demo in self.demos.items()
        }

    def servers(self) -> dict[tuple[VenueName, str], Server]:
        """Every port by venue and role."""
        return {(venue, role): server for venue, ports in self.ports.items() for role, server in ports.servers.items()}

    def listed(self, now_ns: int) -> tuple[ListedEvent, ...]:
        """What every exchange lists at a moment, in the order of the venues."""
        return tuple(
            event
            for name, ports in self.ports.items()
            for event in (self._plainly(name) if ports.listed is None else ports.listed(now_ns))
        )

    def _plainly(self, venue: VenueName) -> tuple[ListedEvent, ...]:
        starts = {event.id: event.starts_ms for event in self.world.mapping.events}
        naming = self._namings[venue]
        return plainly_listed(
            venue, self.world.matches, self._kinds, naming, starts_ms=lambda match: starts[event_id(match)]
        )

    def next_deadline(self) -> int | None:
        """The earliest of the world and all ports."""
        deadlines = [self.world.next_deadline(), *(server.next_deadline() for server in self.servers().values())]
        return min((due for due in deadlines if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        """Let the world go on, then the ports."""
        self.world.on_time(now_ns)
        for server in self.servers().values():
            due = server.next_deadline()
            if due is not None and due <= now_ns:
                server.on_time(now_ns)
