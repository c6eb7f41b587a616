"""The exchanges' process of a demo: every simulated exchange behind TLS; killed, it comes back as what it was.

It is made of its order, of the moment it began, and of what it has heard since, which stands in its diary. The engine
starts it again when it died: it lives through its diary, opens the same ports, and goes on. What was killed with it
are the connections, with whatever was under way in either direction. The match did not wait for it.
"""

import sys
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
import uvloop

from domain.clock import Clock
from domain.ids import VenueName
from domain.money import FxRates, day_ns
from engine.children import STAND_STILL, hear_signals, on_signal, run_until_asked_or_alone
from engine.clock import SystemClock
from engine.exchanges import Exchanges, Played
from engine.mapping import write_asked
from engine.recordings import open_recording
from engine.stage import HOST, Stage, StageOrder, read_order, read_stage, write_stage, write_whole
from venues.sim.certificates import made_certificates, make_certificates, server_tls
from venues.sim.diary import Diary, Past, entries
from venues.sim.faults import Faults
from venues.sim.lines import Lines
from venues.sim.listen import Listener
from venues.sim.street import StreetRecord
from venues.sim.world import DESK, WorldOptions

DIARY = "exchanges.diary"


class World:
    """The exchanges, and what is remembered of us there, at the moment they began."""

    def __init__(self, order: StageOrder, *, start_ns: int, epoch_ns: int) -> None:
        self.faults = Faults(order.faults, order.seed)
        self.lines = _lines(order)
        self.exchanges = Exchanges(
            order.venues,
            WorldOptions(seed=order.seed, speed=order.speed, rumours=order.rumours),
            self.faults,
            start_ns=start_ns,
            epoch_ns=epoch_ns,
            played=_played(order),
        )
        self.exchanges.world.on_time(start_ns)  # what happened before the beginning is history, not this run's
        self.record = StreetRecord(
            self.exchanges.world.exchanges,
            self.exchanges.world.mapping,
            account=DESK,
            rates=FxRates(order.base, order.rates_e8, day_ns(order.rates_dated), "configuration"),
            start_ns=start_ns,
        )
        self.servers = self.exchanges.servers()

    def relive(self, diary: Path) -> int:
        """Hear everything once more that stands in a diary, and the end of it; how many connections there were."""
        servers = list(self.servers.values())
        past = Past([self.exchanges.world, *servers], servers, stop=self.exchanges.world.stop)
        ended = past.relive(entries(diary))
        written = Diary(diary)
        for entry in ended:
            written.note(*entry)
        written.close()
        past.tell(ended)
        return past.connections

    def report(self) -> bytes:
        """What the books say."""
        fired = self.faults.fired + (self.lines.faults.fired if self.lines is not None else Counter())
        report = self.record.report() | {"dangers": dict(sorted(fired.items()))}
        return msgspec.json.format(msgspec.json.encode(report))


async def run_exchanges(run: Path, order: StageOrder, clock: Clock) -> None:
    """Open everything, say so, and serve until asked to end or left alone; then write what the books say."""
    asked = hear_signals()
    on_signal(STAND_STILL, lambda: None)  # whoever cannot stand still yet must not die of it
    before = read_stage(run)
    if before is None:
        start_ns, epoch_ns = clock.monotonic_ns(), clock.wall_ns() - clock.monotonic_ns()
        now = datetime.fromtimestamp(clock.wall_ns() // 1_000_000_000, UTC)
        certificates = make_certificates(run / "tls", now=now, hosts=(HOST,))
        (run / DIARY).unlink(missing_ok=True)
    else:
        start_ns, epoch_ns = before.start_ns, before.epoch_ns
        certificates = made_certificates(run / "tls")
    world = World(order, start_ns=start_ns, epoch_ns=epoch_ns)
    connections = world.relive(run / DIARY) if before is not None else 0
    diary = Diary(run / DIARY)
    listener = Listener(clock, diary, connections=connections, lines=world.lines)
    listener.keep_time(world.exchanges.world)
    on_signal(STAND_STILL, partial(listener.stop, world.exchanges.world.stop))
    ports: dict[VenueName, dict[str, int]] = {}
    for (venue, role), server in world.servers.items():
        wanted = 0 if before is None else before.ports[venue][role]
        number = await listener.run_port(
            server, host=HOST, port=wanted, tls=server_tls(certificates), name=(venue, role)
        )
        ports.setdefault(venue, {})[role] = number
    if before is None:
        write_asked(run, world.exchanges.world.mapping, world.exchanges.listed(start_ns))
    write_stage(run, Stage(ports, certificates.authority, start_ns, epoch_ns))
    await run_until_asked_or_alone(lambda: listener.clients, order.alone_s, asked)
    listener.close()
    diary.close()
    write_whole(run / "exchanges.json", world.report())


def _lines(order: StageOrder) -> Lines | None:
    """The network in front of the exchanges, None for one without trouble.

    Its chance is its own: what it does to the exchanges stands in their diary as what they heard, or did not.
    """
    return Lines(Faults(order.faults, order.seed)) if order.faults.rates or order.faults.planned else None


def _played(order: StageOrder) -> Played | None:
    return open_recording(Path(order.recording), order.recording_from) if order.recording else None


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    uvloop.run(run_exchanges(folder, read_order(folder), SystemClock()))
