"""One WebSocket connection without a socket: upgrade, whole messages in and out, pings answered."""

from collections.abc import Callable, Iterable
from typing import Protocol

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import SEND_EOF, State
from websockets.uri import parse_uri

from venues.base import Endpoint, Wire

Sign = Callable[[], Iterable[tuple[str, str]]]
"""Makes the headers that an upgrade carries beside its own."""


class Owner(Protocol):
    """Who hears a connection. `socket_alive`: bytes came, whatever they were; told after what they said."""

    def socket_opened(self, now_ns: int) -> None: ...

    def socket_said(self, text: bytes, now_ns: int) -> None: ...

    def socket_alive(self, now_ns: int) -> None: ...

    def socket_lost(self, reason: str, now_ns: int) -> None: ...


class WebSocket:
    """The peer of one attempt; `sign` makes the headers of the upgrade once the connection stands.

    The library answers pings, joins nothing and never raises: fragments are joined here, and what it could not
    accept (a refused upgrade, frames past `bytes_max`, broken frames) ends the connection.
    """

    def __init__(self, owner: Owner, endpoint: Endpoint, path: str, sign: Sign, *, bytes_max: int) -> None:
        self._owner: Owner | None = owner
        self._wire: Wire | None = None
        self._sign = sign
        scheme = "wss" if endpoint.tls else "ws"
        self._protocol = ClientProtocol(
            parse_uri(f"{scheme}://{endpoint.host}:{endpoint.port}{path}"), max_size=bytes_max
        )
        self._protocol.debug = False  # its log would show the signature
        self._fragments = bytearray()

    @property
    def is_open(self) -> bool:
        """Upgraded, and not closing."""
        return self._owner is not None and self._protocol.state is State.OPEN

    def say(self, text: bytes) -> None:
        """Send one message; dropped unless the connection is open."""
        if self.is_open:
            self._protocol.send_text(text)
            self._flush()

    def ping(self) -> None:
        """Ask for a sign of life."""
        if self.is_open:
            self._protocol.send_ping(b"")
            self._flush()

    def give_up(self) -> None:
        """Hang up; the owner hears nothing more."""
        self._owner = None
        if self._wire is not None:
            self._wire.close()

    # --- the Peer port ---

    def connected(self, wire: Wire, now_ns: int) -> None:
        self._wire = wire
        if self._owner is None:
            wire.close()
            return
        request = self._protocol.connect()
        for name, value in self._sign():
            request.headers[name] = value
        self._protocol.send_request(request)
        self._flush()

    def received(self, data: bytes, now_ns: int) -> None:
        if self._owner is None:
            return
        self._protocol.receive_data(data)
        events = self._protocol.events_received()
        self._flush()
        for event in events:
            self._hear(event, now_ns)
        self._judge(now_ns)

    def closed(self, reason: str, now_ns: int) -> None:
        if self._owner is not None:
            self._lose(reason, now_ns)

    # --- leaves ---

    def _hear(self, event: object, now_ns: int) -> None:
        if self._owner is None:
            return
        if isinstance(event, Response):
            if self._protocol.handshake_exc is None:
                self._owner.socket_opened(now_ns)
        elif isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._fragments += event.data
            if event.fin:
                text, self._fragments = bytes(self._fragments), bytearray()
                self._owner.socket_said(text, now_ns)

    def _judge(self, now_ns: int) -> None:
        """Tell the owner that something came, and whether it was the last."""
        if self._owner is not None:
            self._owner.socket_alive(now_ns)
        if reason := self._fault():
            self._lose(reason, now_ns)

    def _fault(self) -> str:
        """Why the connection has ended, empty if it has not."""
        protocol = self._protocol
        if protocol.handshake_exc is not None:
            return f"upgrade refused: {protocol.handshake_exc}"
        if protocol.parser_exc is not None:
            return f"broken frames: {protocol.parser_exc}"
        if protocol.close_rcvd is not None:
            return f"closed by the peer: {protocol.close_rcvd.code} {protocol.close_rcvd.reason}"
        return ""

    def _flush(self) -> None:
        data = b"".join(part for part in self._protocol.data_to_send() if part is not SEND_EOF)
        if data and self._wire is not None:
            self._wire.write(data)

    def _lose(self, reason: str, now_ns: int) -> None:
        owner = self._owner
        self.give_up()
        if owner is not None:
            owner.socket_lost(reason, now_ns)
