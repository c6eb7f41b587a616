"""One venue lies in a stretch of trading: some of what it says is other JSON, or none. The others must not notice.

    python -m tests.fuzz.hostile --seeds 1-20 --minutes 3

Each seed is played once for each venue that lies. It is good when nothing was raised, the others' orders were answered,
and what the journal holds is replayed to the same state.
"""

import argparse
import random
import sys
import tempfile
import traceback
from pathlib import Path

from msgspec import Struct
from websockets.frames import Frame, Opcode

from domain.ids import VenueName
from engine.backtest.campaign import load_config
from engine.replay import rebuild
from engine.simulate.options import options_of
from engine.simulate.process import endpoint
from engine.simulate.run import Simulation
from tests.fuzz.mutating import mutated
from tests.tidy.house import ROOT
from venues.base import Peer, Server, Wire
from venues.registry import DEMOS
from venues.sim.world import DESK

SHARE = 0.05
"""Of the messages so many are lies."""
GARBAGE = 0.1
"""And of these so many are not even in the form of the wire."""


class Liar:
    """Stands before a server: what the server says is changed on its way out, now and then."""

    def __init__(self, server: Server, seed: str) -> None:
        self.lies = 0
        self._server = server
        self._chance = random.Random(seed)
        self.next_deadline, self.on_time = server.next_deadline, server.on_time

    def accept(self) -> Peer:
        return _Twisted(self._server.accept(), self)

    def twist(self, data: bytes) -> bytes:
        """What leaves instead."""
        if self._chance.random() >= SHARE:
            return data
        self.lies += 1
        if self._chance.random() < GARBAGE:
            at = self._chance.randrange(len(data))
            return (
                data[:at] + self._chance.randbytes(self._chance.randint(0, 8)) + data[at + self._chance.randint(0, 8) :]
            )
        return self._other(data)

    def _other(self, data: bytes) -> bytes:
        """Other JSON in the same envelope: an HTTP answer, a frame of a WebSocket, a line."""
        head, ended, body = data.partition(b"\r\n\r\n")
        if ended and head.startswith(b"HTTP/1.1") and b"gzip" not in head:
            changed = mutated(body, self._chance)
            if changed is None:
                return data
            lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
            return b"\r\n".join([*lines, b"Content-Length: %d" % len(changed)]) + ended + changed
        if data[:1] == b"\x81":
            at = {126: 4, 127: 10}.get(data[1], 2)
            changed = mutated(data[at:], self._chance)
            return data if changed is None else Frame(Opcode.TEXT, changed).serialize(mask=False)
        changed = mutated(data.rstrip(b"\r\n"), self._chance)
        return data if changed is None else changed + b"\r\n"


class _Twisted:
    """Peer and wire of one connection."""

    def __init__(self, peer: Peer, liar: Liar) -> None:
        self._peer, self._liar = peer, liar
        self._wire: Wire | None = None

    def connected(self, wire: Wire, now_ns: int) -> None:
        self._wire = wire
        self._peer.connected(self, now_ns)

    def received(self, data: bytes, now_ns: int) -> None:
        self._peer.received(data, now_ns)

    def closed(self, reason: str, now_ns: int) -> None:
        self._peer.closed(reason, now_ns)

    def write(self, data: bytes) -> None:
        assert self._wire is not None
        self._wire.write(self._liar.twist(data))

    def close(self) -> None:
        assert self._wire is not None
        self._wire.close()

    def backlog_bytes(self) -> int:
        """As the wire has it, where it has it."""
        backlog = getattr(self._wire, "backlog_bytes", None)
        return 0 if backlog is None else backlog()


class Outcome(Struct, frozen=True):
    """How often the venue lied, what each venue took of our orders, and what was raised (empty for nothing)."""

    lies: int
    orders: dict[VenueName, int]
    raised: str


def play(liar: str, seed: int, *, minutes: float) -> Outcome:
    """One stretch of trading in which this venue lies from the beginning to the end of the troubles."""
    with tempfile.TemporaryDirectory() as folder:
        options = options_of(seed, hours=minutes / 60, faults="none")
        loaded, venues = load_config(ROOT / "config.toml"), tuple(VenueName(name) for name in DEMOS)
        simulation = Simulation(options, loaded, venues, Path(folder))
        liars = []
        for (venue, role), server in simulation.exchanges.servers().items():
            if venue == liar:
                at, one = endpoint(venue, role), Liar(server, f"{seed}/{venue}/{role}")
                liars.append(one)
                simulation.network.listen((at.host, at.port), one)
                now_ns = simulation.clock.monotonic_ns()
                simulation.network.take_down({(at.host, at.port)}, now_ns, now_ns)
        raised = ""
        try:
            simulation.run()
            state, _ = rebuild(Path(folder))
            if state.digest() != simulation.process.state.digest():
                raised = "what is replayed differs from what was lived"
        except Exception as error:  # noqa: BLE001  (whatever it is, it would have stopped the desk)
            frames = [
                f"{one.filename.rpartition('/')[2]}:{one.lineno}" for one in traceback.extract_tb(error.__traceback__)
            ]
            raised = f"{type(error).__name__}: {error} at {' '.join(frames[-6:])}"
        books = simulation.exchanges.world.exchanges
        orders = {venue: sum(order.account == DESK for order in books[venue].floor.orders.values()) for venue in venues}
        return Outcome(sum(one.lies for one in liars), orders, raised)


def main() -> int:
    """Every seed for every venue; 1 where anything was raised, or the others came to a standstill."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.hostile")
    parser.add_argument("--seeds", default="1-5", metavar="A-B")
    parser.add_argument("--minutes", type=float, default=3.0, help="simulated, a seed")
    chosen = parser.parse_args()
    first, _, last = chosen.seeds.partition("-")
    bad = played = lies = 0
    for seed in range(int(first), int(last or first) + 1):
        for liar in DEMOS:
            outcome = play(liar, seed, minutes=chosen.minutes)
            played, lies = played + 1, lies + outcome.lies
            others = sum(count for venue, count in outcome.orders.items() if venue != liar)
            if outcome.raised or not others:
                bad += 1
                print(
                    f"seed {seed}, {liar} lies {outcome.lies} times: {outcome.raised or 'the others stood still'}",
                    flush=True,
                )
    print(f"{played} stretches, {lies} lies, {bad} that got through")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
