"""The server's end of one WebSocket, as the simulated venues have it: bytes in and out, and trouble in mid-message."""

from typing import Any, Protocol

import msgspec
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from venues.base import Wire
from venues.sim.faults import Danger, Faults

FRAME_BYTES_MAX = 1_000_000


class No(msgspec.Struct, frozen=True):
    """Why somebody may not connect: a status and a body, of a kind of its own if that is named."""

    status: int
    body: str
    content_type: str = ""


class User(Protocol):
    """Who speaks over the connection."""

    def refusal(self, request: Request, now_ns: int) -> No | None:
        """Why a handshake is refused, None if it is not."""

    def opened(self, now_ns: int) -> None:
        """It stands."""

    def obey(self, text: bytes, now_ns: int) -> None:
        """Somebody said something, whole."""

    def left(self) -> None:
        """It is over, whoever ended it; it may be told so twice."""


class WebSocketEnd:
    """A `Peer`. `entity` is whose trouble it is when the connection breaks in the middle of a message."""

    def __init__(self, user: User, faults: Faults, entity: str) -> None:
        self.is_open = False
        self._user = user
        self._faults = faults
        self._entity = entity
        self._protocol = ServerProtocol(max_size=FRAME_BYTES_MAX)
        self._wire: Wire | None = None
        self._text = bytearray()

    # --- from the network ---

    def connected(self, wire: Wire, now_ns: int) -> None:
        self._wire = wire

    def received(self, data: bytes, now_ns: int) -> None:
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._open(event, now_ns)
            elif isinstance(event, Frame):
                self._take(event, now_ns)
        self._flush()

    def closed(self, reason: str, now_ns: int) -> None:
        self._leave()

    # --- from the user ---

    def backlog_bytes(self) -> int:
        """How much the other side has left unread, as far as the wire can tell."""
        tell = getattr(self._wire, "backlog_bytes", None)
        return 0 if tell is None else int(tell())

    def ping(self, text: bytes) -> None:
        """Ask for a sign of life."""
        self._protocol.send_ping(text)
        self._flush()

    def say(self, message: dict[str, Any]) -> None:
        """One message leaves; the connection may break in the middle of it."""
        if self._wire is None or not self.is_open:
            return
        self._protocol.send_text(msgspec.json.encode(message))
        if self._faults.strikes(Danger.FEED_CUT, self._entity, "books"):
            data = b"".join(self._protocol.data_to_send())
            self._wire.write(data[: self._faults.below(len(data), self._entity)])
            self._wire.close()
            self._leave()
            return
        self._flush()

    # --- leaves ---

    def _open(self, request: Request, now_ns: int) -> None:
        no = self._user.refusal(request, now_ns)
        response = self._protocol.accept(request) if no is None else self._protocol.reject(no.status, no.body)
        if no is not None and no.content_type:
            del response.headers["Content-Type"]
            response.headers["Content-Type"] = no.content_type
        del response.headers["Date"]
        self._protocol.send_response(response)
        self.is_open = response.status_code == 101
        if self.is_open:
            self._user.opened(now_ns)

    def _take(self, frame: Frame, now_ns: int) -> None:
        if frame.opcode not in (Opcode.TEXT, Opcode.CONT):
            return
        self._text += frame.data
        if frame.fin:
            text = bytes(self._text)
            self._text.clear()
            self._user.obey(text, now_ns)

    def _flush(self) -> None:
        """Hand on what the protocol has to send; an empty piece is its wish to end."""
        for data in self._protocol.data_to_send():
            if self._wire is None:
                return
            if data:
                self._wire.write(data)
            else:
                self._wire.close()
                self._leave()

    def _leave(self) -> None:
        self._wire = None
        self.is_open = False
        self._user.left()
