"""Binds servers without sockets to real ports: the only asyncio of the simulated exchanges."""

import asyncio
import ssl
from collections.abc import Callable
from functools import partial
from typing import cast

from domain.clock import Clock
from venues.base import Peer, Server
from venues.sim.diary import Diary, Kind, Timed, look
from venues.sim.lines import Line, Lines

BACKLOG_BYTES_MAX = 67_108_864
"""A client that lets this much pile up unread is cut off."""


class Listener:
    """Every open port of a process, and one timer for all that waits behind them.

    Anything heard on one port may move the deadlines of another, so the timer is set anew after each event.
    Who moves a deadline from outside calls `rearm`. Whatever is heard is written into the `diary` first, if there is
    one; `connections` is how many there were before. `lines` are the trouble on the network in front of it.
    """

    def __init__(
        self, clock: Clock, diary: Diary | None = None, *, connections: int = 0, lines: Lines | None = None
    ) -> None:
        self.clock = clock
        self.connections = connections
        self.lines = lines
        self._diary = diary
        self._loop = asyncio.get_running_loop()
        self._timed: list[Timed] = []
        self._ports: list[asyncio.Server] = []
        self._wires: set[SocketWire] = set()
        self._timer: asyncio.TimerHandle | None = None
        if lines is not None:
            lines.taken_down = self._take_down
            self.keep_time(lines)

    async def run_port(
        self, server: Server, *, host: str, port: int, tls: ssl.SSLContext | None, name: tuple[str, str] = ("", "")
    ) -> int:
        """Open a port for a server (0: any free one) and give its number; `name` is of its venue and of its role."""
        wire = partial(SocketWire, server, self, len(self._ports), name)
        if self.lines is not None:
            self.lines.watch(name[0], self.clock.monotonic_ns())
        opened = await self._loop.create_server(wire, host, port, ssl=tls)
        self._ports.append(opened)
        self.keep_time(server)
        number: int = opened.sockets[0].getsockname()[1]
        return number

    def keep_time(self, timed: Timed) -> None:
        """Call `timed` at its deadlines from now on, after those who came before it."""
        self._timed.append(timed)
        self.rearm()

    def rearm(self) -> None:
        """Set the timer to the earliest deadline of all."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        earliest = min((due for timed in self._timed if (due := timed.next_deadline()) is not None), default=None)
        if earliest is not None:
            wait_ns = max(0, earliest - self.clock.monotonic_ns())
            self._timer = self._loop.call_later(wait_ns / 1e9, self._ring)

    def close(self) -> None:
        """Close every port and connection."""
        if self._timer is not None:
            self._timer.cancel()
        self._timed.clear()
        for port in self._ports:
            port.close()
        for wire in tuple(self._wires):
            wire.close()

    @property
    def clients(self) -> int:
        """Connections open now."""
        return len(self._wires)

    def later(self, wait_ns: int, act: Callable[[], None]) -> None:
        """Have something done after a while."""
        self._loop.call_later(wait_ns / 1e9, act)

    def _take_down(self, venue: str) -> None:
        for wire in tuple(self._wires):
            wire.cut(venue)

    def joined(self, wire: "SocketWire") -> None:
        self._wires.add(wire)

    def left(self, wire: "SocketWire") -> None:
        self._wires.discard(wire)

    def catch_up(self, kind: Kind, connection: int = 0, data: bytes = b"") -> int:
        """Write down what came, and let everything happen that was due until now before it does; the time."""
        now_ns = self.clock.monotonic_ns()
        self.note(kind, now_ns, connection, data)
        look(self._timed, now_ns)
        return now_ns

    def stop(self, world: Callable[[int], None]) -> None:
        """Let the world stand still from now on."""
        world(self.catch_up(Kind.STOPPED))
        self.rearm()

    def note(self, kind: Kind, at_ns: int, connection: int, data: bytes) -> None:
        """Write something down, where that is done."""
        if self._diary is not None:
            self._diary.note(kind, at_ns, connection, data)

    def _ring(self) -> None:
        self._timer = None
        self.catch_up(Kind.LOOKED)
        self.rearm()


class SocketWire(asyncio.Protocol):
    """One connection: carries what happens on the socket to the server's peer, and its bytes back.

    It is accepted when it is whole: one whose handshake fails never was.
    """

    def __init__(self, server: Server, listener: Listener, port: int, name: tuple[str, str]) -> None:
        self._server = server
        self._listener = listener
        self._port = port
        self._name = name
        self._line: Line | None = None
        self._number = 0
        self._peer: Peer | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        socket = self._transport = cast(asyncio.Transport, transport)  # not every loop's TLS transport is one
        lines, (venue, role) = self._listener.lines, self._name
        if lines is not None and lines.refuses(venue, role, self._listener.clock.monotonic_ns()):
            self._transport = None
            socket.abort()
            return
        self._listener.joined(self)
        self._listener.connections += 1
        self._number = self._listener.connections
        if lines is not None:
            name = f"{venue}.{role}:{self._number}"
            self._line = Line(lines.faults, name, write=self._write, abort=socket.abort, later=self._listener.later)
        self._peer = self._server.accept()
        self._peer.connected(self, self._listener.catch_up(Kind.OPENED, self._number, self._port.to_bytes(2)))
        self._listener.rearm()

    def data_received(self, data: bytes) -> None:
        if self._line is not None and not self._line.hears():
            return
        if self._transport is not None and self._peer is not None:
            self._peer.received(data, self._listener.catch_up(Kind.HEARD, self._number, data))
            self._listener.rearm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._listener.left(self)
        if self._transport is not None and self._peer is not None:
            self._transport = None
            reason = str(exc or "closed by the other side")
            self._peer.closed(reason, self._listener.catch_up(Kind.CLOSED, self._number, reason.encode()))
            self._listener.rearm()

    def write(self, data: bytes) -> None:
        if self._line is None:
            self._write(data)
        else:
            self._line.send(data)

    def cut(self, venue: str) -> None:
        """The connection breaks, if it is one to this venue."""
        if self._transport is not None and self._name[0] == venue:
            self._transport.abort()

    def _write(self, data: bytes) -> None:
        if self._transport is None:
            return
        if self._transport.get_write_buffer_size() > BACKLOG_BYTES_MAX:
            self._transport.abort()
            return
        self._transport.write(data)

    def close(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def backlog_bytes(self) -> int:
        """Bytes written and not yet taken by the other side."""
        lag = 0 if self._transport is None else self._transport.get_write_buffer_size()
        lag += 0 if self._line is None else self._line.waiting_bytes
        if lag:
            self._listener.note(Kind.LAGGED, self._listener.clock.monotonic_ns(), self._number, lag.to_bytes(8))
        return lag
