"""Everything that crosses between adapters and exchanges, both ways, cut into the venue's own messages on arrival."""

from collections import deque
from collections.abc import Callable, Generator
from typing import Any

import httptools
from msgspec import Struct
from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from tests.venues.kalshi.fix.script import read as read_fix
from venues.base import Peer, Server, Wire
from venues.sim.http_server import Request, RequestReader

HTTP, LINES, SOCKET, FIX = "http", "lines", "socket", "fix"
PROTOCOLS = {
    ("betfair", "rest"): HTTP,
    ("betfair", "stream"): LINES,
    ("kalshi", "rest"): HTTP,
    ("kalshi", "ws"): SOCKET,
    ("kalshi", "fix"): FIX,
    ("matchbook", "rest"): HTTP,
    ("matchbook", "feed"): SOCKET,
}


class Asked(Struct):
    """A request with its answer; an answer that was harmed on purpose, or never came, has status 0."""

    venue: str
    request: Request
    status: int = 0
    body: bytes = b""


class Said(Struct):
    """One message of a stream; `by_us`: the adapter said it."""

    venue: str
    protocol: str
    by_us: bool
    text: bytes
    fields: list[tuple[int, str]] = []


Heard = Asked | Said
Tell = Callable[[Heard], None]


class Witness:
    """Stands before a server: every connection is the server's own, listened to on both sides."""

    def __init__(self, server: Server, venue: str, protocol: str, tell: Tell) -> None:
        self._server = server
        self._venue = venue
        self._ears = EARS[protocol]
        self._tell = tell
        self.next_deadline, self.on_time = server.next_deadline, server.on_time

    def accept(self) -> Peer:
        return _Listened(self._server.accept(), self._ears(self._venue, self._tell))


class _Listened:
    """Peer and wire of one connection."""

    def __init__(self, peer: Peer, ears: Any) -> None:
        self._peer = peer
        self._ears = ears
        self._wire: Wire | None = None

    def connected(self, wire: Wire, now_ns: int) -> None:
        self._wire = wire
        self._peer.connected(self, now_ns)

    def received(self, data: bytes, now_ns: int) -> None:
        self._ears.asked(data)
        self._peer.received(data, now_ns)

    def closed(self, reason: str, now_ns: int) -> None:
        self._peer.closed(reason, now_ns)

    def write(self, data: bytes) -> None:
        assert self._wire is not None
        self._ears.said(data)
        self._wire.write(data)

    def close(self) -> None:
        assert self._wire is not None
        self._wire.close()

    def backlog_bytes(self) -> int:
        """As the wire has it, where it has it."""
        backlog = getattr(self._wire, "backlog_bytes", None)
        return 0 if backlog is None else backlog()


class HttpEars:
    """Requests as the server reads them, answers as they leave."""

    def __init__(self, venue: str, tell: Tell) -> None:
        self._venue, self._tell = venue, tell
        self._reader = RequestReader()
        self._open: deque[Asked] = deque()
        self._answers: Any = httptools.HttpResponseParser(self)
        self._body = bytearray()

    def asked(self, data: bytes) -> None:
        requests, _ = self._reader.feed(data)
        self._open += [Asked(self._venue, request) for request in requests]

    def said(self, data: bytes) -> None:
        self._answers.feed_data(data)

    def on_message_begin(self) -> None:
        self._body = bytearray()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        one = self._open.popleft()
        one.status, one.body = self._answers.get_status_code(), bytes(self._body)
        self._tell(one)


class LineEars:
    """Lines both ways."""

    def __init__(self, venue: str, tell: Tell) -> None:
        self._venue, self._tell = venue, tell
        self._rest = {True: b"", False: b""}

    def asked(self, data: bytes) -> None:
        self._cut(data, by_us=True)

    def said(self, data: bytes) -> None:
        self._cut(data, by_us=False)

    def _cut(self, data: bytes, *, by_us: bool) -> None:
        *lines, self._rest[by_us] = (self._rest[by_us] + data).split(b"\n")
        for line in lines:
            if line.strip():
                self._tell(Said(self._venue, LINES, by_us, line.strip()))


class SocketEars:
    """WebSocket messages both ways, behind the upgrade."""

    def __init__(self, venue: str, tell: Tell) -> None:
        self._venue, self._tell = venue, tell
        self._heads: dict[bool, bytes | None] = {True: b"", False: b""}
        self._readers = {True: StreamReader(), False: StreamReader()}
        self._frames = {by_us: self._read(by_us=by_us) for by_us in (True, False)}
        for frames in self._frames.values():
            next(frames)

    def asked(self, data: bytes) -> None:
        self._cut(data, by_us=True)

    def said(self, data: bytes) -> None:
        self._cut(data, by_us=False)

    def _cut(self, data: bytes, *, by_us: bool) -> None:
        head = self._heads[by_us]
        if head is not None:
            head, ended, data = (head + data).partition(b"\r\n\r\n")
            self._heads[by_us] = None if ended else head
            if not ended:
                return
        self._readers[by_us].feed_data(data)
        try:
            next(self._frames[by_us])
        except (ProtocolError, PayloadTooBig, StopIteration):
            self._frames[by_us] = iter(())  # type: ignore[assignment]  # harmed on purpose: nothing more is read

    def _read(self, *, by_us: bool) -> Generator[None, None, None]:
        text = bytearray()
        while True:
            frame = yield from Frame.parse(self._readers[by_us].read_exact, mask=by_us)
            if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                text += frame.data
                if frame.fin:
                    self._tell(Said(self._venue, SOCKET, by_us, bytes(text)))
                    text = bytearray()


class FixEars:
    """FIX messages both ways; each side writes whole ones."""

    def __init__(self, venue: str, tell: Tell) -> None:
        self._venue, self._tell = venue, tell
        self._rest = {True: b"", False: b""}

    def asked(self, data: bytes) -> None:
        self._cut(data, by_us=True)

    def said(self, data: bytes) -> None:
        self._cut(data, by_us=False)

    def _cut(self, data: bytes, *, by_us: bool) -> None:
        data = self._rest[by_us] + data
        end = data.rfind(b"\x0110=")
        cut = data.find(b"\x01", end + 4) + 1 if end >= 0 else 0
        whole, self._rest[by_us] = data[:cut], data[cut:]
        for fields in read_fix(whole) if whole else []:
            self._tell(Said(self._venue, FIX, by_us, b"", fields))


EARS: dict[str, Any] = {HTTP: HttpEars, LINES: LineEars, SOCKET: SocketEars, FIX: FixEars}
