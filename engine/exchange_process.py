"""The world's process of a demo: the exchanges' books behind plain ports; outlives the engine and the ports."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import uvloop

from domain.clock import Clock
from domain.money import FxRates
from engine.children import run_until_asked_or_alone
from engine.clock import SystemClock
from engine.exchanges import Exchanges, Played
from engine.port_process import HOST
from engine.recordings import open_recording
from engine.stage import Stage, StageOrder, read_order, write_whole, write_world
from venues.sim.certificates import make_certificates
from venues.sim.faults import PROFILES, Faults
from venues.sim.listen import Listener
from venues.sim.listing import mapping_toml
from venues.sim.street import StreetRecord
from venues.sim.world import DESK, WorldOptions


async def run_exchanges(run: Path, order: StageOrder, clock: Clock) -> None:
    """Open everything, say so, and serve until asked to end or left alone; then write what the books say."""
    start_ns, epoch_ns = clock.monotonic_ns(), clock.wall_ns() - clock.monotonic_ns()
    certificates = make_certificates(
        run / "tls", now=datetime.fromtimestamp(clock.wall_ns() // 1_000_000_000, UTC), hosts=(HOST,)
    )
    faults = Faults(PROFILES[order.faults], order.seed)
    options = WorldOptions(seed=order.seed, speed=order.speed)
    exchanges = Exchanges(order.venues, options, faults, start_ns=start_ns, epoch_ns=epoch_ns, played=_played(order))
    exchanges.world.on_time(start_ns)  # what happened before the beginning is history, not this run's
    record = StreetRecord(
        exchanges.world.exchanges,
        exchanges.world.mapping,
        account=DESK,
        rates=FxRates(order.base, order.rates_e8, 0, "configuration"),
        start_ns=start_ns,
    )
    (run / "mapping.toml").write_text(mapping_toml(exchanges.world.mapping))
    listener = Listener(clock)
    listener.keep_time(exchanges.world)
    ports: dict[str, dict[str, int]] = {}
    for (venue, role), server in exchanges.servers().items():
        number = await listener.run_port(server, host=HOST, port=0, tls=None)
        ports.setdefault(venue, {})[role] = number
    write_world(run, Stage(ports, certificates.authority, start_ns, epoch_ns))  # type: ignore[arg-type]
    await run_until_asked_or_alone(lambda: listener.clients, order.alone_s)
    listener.close()
    report = record.report() | {"dangers": dict(sorted(faults.fired.items()))}
    write_whole(run / "exchanges.json", msgspec.json.format(msgspec.json.encode(report)))


def _played(order: StageOrder) -> Played | None:
    return open_recording(Path(order.recording), order.recording_from) if order.recording else None


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    uvloop.run(run_exchanges(folder, read_order(folder), SystemClock()))
