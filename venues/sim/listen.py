"""Binds servers without sockets to real ports: the only asyncio of the simulated exchanges."""

import asyncio
import ssl
from functools import partial
from typing import Protocol, cast

from domain.clock import Clock
from venues.base import Peer, Server

BACKLOG_BYTES_MAX = 67_108_864
"""A client that lets this much pile up unread is cut off."""


class Timed(Protocol):
    """Whatever wants to be called at a time: a server, or the world behind it."""

    def next_deadline(self) -> int | None: ...

    def on_time(self, now_ns: int) -> None: ...


class Listener:
    """Every open port of a process, and one timer for all that waits behind them.

    Anything heard on one port may move the deadlines of another, so the timer is set anew after each event.
    Who moves a deadline from outside calls `rearm`.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._loop = asyncio.get_running_loop()
        self._timed: list[Timed] = []
        self._ports: list[asyncio.Server] = []
        self._wires: set[SocketWire] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def run_port(self, server: Server, *, host: str, port: int, tls: ssl.SSLContext | None) -> int:
        """Open a port for a server (0: any free one) and give its number."""
        opened = await self._loop.create_server(partial(SocketWire, server, self), host, port, ssl=tls)
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

    def joined(self, wire: "SocketWire") -> None:
        self._wires.add(wire)

    def left(self, wire: "SocketWire") -> None:
        self._wires.discard(wire)

    def catch_up(self) -> int:
        """Let everything happen that was due until now, before anything else does; the time."""
        now_ns = self.clock.monotonic_ns()
        for timed in self._timed:
            due = timed.next_deadline()
            if due is not None and due <= now_ns:
                timed.on_time(now_ns)
        return now_ns

    def _ring(self) -> None:
        self._timer = None
        self.catch_up()
        self.rearm()


class SocketWire(asyncio.Protocol):
    """One connection: carries what happens on the socket to the server's peer, and its bytes back.

    It is accepted when it is whole: one whose handshake fails never was.
    """

    def __init__(self, server: Server, listener: Listener) -> None:
        self._server = server
        self._listener = listener
        self._peer: Peer | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # not every loop's TLS transport is derived from it
        self._listener.joined(self)
        self._peer = self._server.accept()
        self._peer.connected(self, self._listener.catch_up())
        self._listener.rearm()

    def data_received(self, data: bytes) -> None:
        if self._transport is not None and self._peer is not None:
            self._peer.received(data, self._listener.catch_up())
            self._listener.rearm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._listener.left(self)
        if self._transport is not None and self._peer is not None:
            self._transport = None
            self._peer.closed(str(exc or "closed by the other side"), self._listener.catch_up())
            self._listener.rearm()

    def write(self, data: bytes) -> None:
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
        return 0 if self._transport is None else self._transport.get_write_buffer_size()
