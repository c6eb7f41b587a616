"""In-memory byte pipes: connections with latency, slicing, cuts and half-open ends, all drawn from a seed."""

import random
from collections import Counter
from collections.abc import Callable

from engine.simulate.agenda import Agenda
from venues.base import Endpoint, Peer, Server
from venues.sim.faults import Danger, Faults

LATENCY_NS = (1_000_000, 4_000_000)
SINGLE_MAX = 2_000
"""So many bytes of one write come each by itself at most, and the rest together: a long list is not a livelock."""
CONNECTION_LOST = b""
"""What is on its way when the connection itself ends."""

Address = tuple[str, int]


class PipeNetwork:
    """A network whose connections end at simulated exchanges of this process.

    `near` and `far` are told the address before our peers and theirs hear something: their deadlines may move. `lost`
    is told it when one of our connections breaks over a question that was not answered.
    """

    def __init__(self, agenda: Agenda, rng: random.Random, faults: Faults) -> None:
        self.agenda = agenda
        self.faults = faults
        self.met: Counter[str] = Counter()
        self.near: Callable[[Address], None] = _nobody
        self.far: Callable[[Address], None] = _nobody
        self.lost: Callable[[Address], None] = _nobody
        self._rng = rng
        self._servers: dict[Address, Server] = {}
        self._pipes: dict[Pipe, None] = {}
        self._down_until_ns: dict[Address, int] = {}
        self._dialled = 0

    def listen(self, address: Address, server: Server) -> None:
        """Let dials to this address reach `server`."""
        self._servers[address] = server

    def dial(self, endpoint: Endpoint, peer: Peer) -> None:
        """Connect after one latency, or tell the peer that nobody answered."""
        address = endpoint.host, endpoint.port
        now_ns = self.agenda.clock.monotonic_ns()
        self._dialled += 1
        pipe = Pipe(self, peer, address, f"{endpoint.host}:{endpoint.port}/{self._dialled}")
        self._pipes[pipe] = None
        when_ns = now_ns + self.latency_ns()
        server = self._servers.get(address)
        if (
            server is None
            or self._down_until_ns.get(address, 0) > now_ns
            or self.faults.strikes(Danger.DIAL_REFUSED, f"dial/{address}")
        ):
            self.agenda.at(when_ns, pipe.refuse)
        else:
            self.agenda.at(when_ns, lambda at_ns: pipe.open(server, at_ns))

    def take_down(self, addresses: set[Address], until_ns: int, now_ns: int) -> None:
        """Break every connection to these addresses and refuse new ones for a while, as when their process dies."""
        for address in addresses:
            self._down_until_ns[address] = until_ns  # before the cuts: whoever is told of one may dial again at once
        for pipe in [*self._pipes]:
            if pipe.address in addresses:
                pipe.cut(now_ns)

    def heal(self) -> None:
        """Everybody may be dialled again."""
        self._down_until_ns.clear()

    def hang_up(self) -> None:
        """Our process died: its peers hear nothing more; what they wrote arrives, and behind it the end."""
        for pipe in [*self._pipes]:
            pipe.abandon()

    def forget(self, pipe: "Pipe") -> None:
        """The pipe ended."""
        del self._pipes[pipe]

    def latency_ns(self) -> int:
        """How long the next chunk takes."""
        lowest, highest = LATENCY_NS
        return lowest + int(self._rng.random() * (highest - lowest))


class End:
    """What one side holds of a pipe: a `Wire`. `name` is the entity that chance is drawn for."""

    __slots__ = ("_pipe", "arrives_ns", "listening", "name", "peer", "unanswered", "writing")

    def __init__(self, pipe: "Pipe", peer: Peer, name: str) -> None:
        self._pipe = pipe
        self.peer = peer
        self.name = name
        self.writing = True
        self.listening = True
        self.unanswered = False
        self.arrives_ns = 0

    def write(self, data: bytes) -> None:
        if self.writing and data:
            self.unanswered = True
            self._pipe.send(self, data)

    def close(self) -> None:
        self._pipe.hang_up(self)


class Pipe:
    """One connection: two ends, each with the peer that hears what is written at the other."""

    def __init__(self, network: PipeNetwork, client: Peer, address: Address, name: str) -> None:
        self.address = address
        self._network = network
        self._client = client
        self._name = name
        self._ends: tuple[End, End] | None = None
        self._over = False

    def open(self, server: Server, now_ns: int) -> None:
        """Both ends learn that they are connected, the server first."""
        if self._over:
            return
        far_peer = server.accept()
        near, far = End(self, self._client, f"{self._name}/near"), End(self, far_peer, f"{self._name}/far")
        self._ends = (near, far)
        self._network.far(self.address)
        far_peer.connected(far, now_ns)
        if near.listening:
            self._network.near(self.address)
            self._client.connected(near, now_ns)

    def refuse(self, now_ns: int) -> None:
        """Nobody answered."""
        if not self._over:
            self._end()
            self._network.near(self.address)
            self._client.closed("connection refused", now_ns)

    def send(self, end: End, data: bytes) -> None:
        """Put data on its way to the other end, whole or in pieces, or lose the connection over it."""
        faults = self._network.faults
        if faults.strikes(Danger.CONNECTION_CUT, end.name):
            at = faults.below(len(data), end.name)
            self._network.met["cut_inside_frame"] += at > 0
            self._arrive(end, data[:at])
            self._arrive(end, CONNECTION_LOST)
            end.writing = False
        elif faults.strikes(Danger.HALF_OPEN, end.name):
            end.writing = False
        elif len(data) > 1 and faults.strikes(Danger.BYTES_SINGLE, end.name):
            for at in range(min(len(data), SINGLE_MAX)):
                self._arrive(end, data[at : at + 1])
            if len(data) > SINGLE_MAX:
                self._arrive(end, data[SINGLE_MAX:])
        elif len(data) > 1 and faults.strikes(Danger.BYTES_SLICED, end.name):
            at = 1 + faults.below(len(data) - 1, end.name)
            self._arrive(end, data[:at])
            self._arrive(end, data[at:])
        else:
            self._arrive(end, data)

    def hang_up(self, end: End) -> None:
        """One end closes: it hears nothing more, the other learns of it after what is on its way."""
        if end.listening:
            end.writing = end.listening = False
            self._arrive(end, CONNECTION_LOST)

    def abandon(self) -> None:
        """The near side is gone without a word; a dial under way comes to nothing."""
        if self._ends is None:
            self._end()
        else:
            self.hang_up(self._ends[0])

    def cut(self, now_ns: int) -> None:
        """Break the connection; each end that still listens is told."""
        if self._over:
            return
        if self._ends is None:
            self.refuse(now_ns)
            return
        self._end()
        network, address = self._network, self.address
        near, far = self._ends
        near_heard, far_heard = near.listening, far.listening
        near.writing = near.listening = far.writing = far.listening = False
        if near_heard:
            if near.unanswered:
                network.lost(address)
            network.near(address)
            near.peer.closed("connection reset", now_ns)
        if far_heard:
            network.far(address)
            far.peer.closed("connection reset", now_ns)

    def _end(self) -> None:
        self._over = True
        self._network.forget(self)

    def _arrive(self, end: End, data: bytes) -> None:
        """Deliver at the other end after the latency, never before what was sent earlier."""
        network = self._network
        when_ns = network.agenda.clock.monotonic_ns() + network.latency_ns()
        if data and network.faults.strikes(Danger.BYTES_DELAYED, end.name):
            when_ns += network.faults.delay_ns(end.name)
        end.arrives_ns = max(end.arrives_ns + 1, when_ns)
        network.agenda.at(end.arrives_ns, lambda now_ns: self._deliver(end, data, now_ns))

    def _deliver(self, sender: End, data: bytes, now_ns: int) -> None:
        if self._over or self._ends is None:
            return
        near, far = self._ends
        if data == CONNECTION_LOST:
            self.cut(now_ns)
        elif sender is near:
            if far.listening:
                self._network.far(self.address)
                far.peer.received(data, now_ns)
        elif near.listening:
            near.unanswered = False
            self._network.near(self.address)
            near.peer.received(data, now_ns)


def _nobody(address: Address) -> None:
    """Nobody wants to know."""
