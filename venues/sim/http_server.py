"""The server's side of HTTP/1.1 without a socket: bytes in, answers out in the order of the questions.

    bytes -> parser -> Request -> answer(request, now) -> Response, or a Deferred that is resolved later -> bytes

Keep-alive and pipelining work as on the wire: a deferred answer holds back those behind it, never the reading of
what follows. Everything a client can make us hold is bounded. What is not HTTP is answered 400 and closed.
"""

import gzip
from collections import deque
from collections.abc import Callable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

import httptools
import msgspec

from venues.base import Peer, Wire

HEAD_BYTES_MAX = 65_536
BODY_BYTES_MAX = 4_194_304
WAITING_MAX = 256
"""Pipelined requests of one connection that may wait for their answers."""

SLICE_BYTES = 16_384
GZIP_BYTES_MIN = 1_024


class Request(msgspec.Struct, frozen=True):
    """One request, whole. Header names are lower case; a repeated header is joined by commas."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    keep_alive: bool = True


class Response(msgspec.Struct, frozen=True):
    """One answer. With `cut_after` at 0 or above only so many of its bytes leave, and the connection is cut."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    close: bool = False
    cut_after: int = -1


class Deferred:
    """A response promised now and given later; one that is never given leaves the client waiting."""

    def __init__(self) -> None:
        self.response: Response | None = None
        self.woken: Callable[[int], None] | None = None

    def resolve(self, response: Response, now_ns: int) -> None:
        """Give the answer, once."""
        assert self.response is None, "a deferred answer is given once"
        self.response = response
        if self.woken is not None:
            self.woken(now_ns)


Answer = Callable[[Request, int], Response | Deferred]
"""What serves a request that was read at the given monotonic time."""

Upgrade = Callable[[Request], Peer | None]
"""Who takes over a connection whose first request asks for another protocol; None to refuse."""


class RequestReader:
    """Bytes into requests, within bounds."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._requests: list[Request] = []
        self._in_head = True
        self._head_bytes = 0
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    def feed(self, data: bytes) -> tuple[list[Request], int]:
        """Requests that are complete now, and the status of what is wrong with the rest, 0 for nothing.

        101 means that the last of them asks for another protocol: nothing after it is for us.
        """
        status = 0
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            status = HTTPStatus.SWITCHING_PROTOCOLS
        except httptools.HttpParserError:
            status = HTTPStatus.BAD_REQUEST
        requests, self._requests = self._requests, []
        return requests, status or self._overfull(len(data))

    def _overfull(self, fed: int) -> int:
        """The status that names the bound which was passed, 0 for none."""
        self._head_bytes = self._head_bytes + fed if self._in_head else 0
        if self._head_bytes > HEAD_BYTES_MAX:
            return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if len(self._body) > BODY_BYTES_MAX else 0

    def on_message_begin(self) -> None:
        self._in_head, self._head_bytes = True, 0
        self._url, self._headers, self._body = b"", {}, bytearray()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        self._in_head = False

    def on_body(self, body: bytes) -> None:
        if len(self._body) <= BODY_BYTES_MAX:
            self._body += body

    def on_message_complete(self) -> None:
        path, _, query = self._url.decode("latin-1").partition("?")
        method, keep_alive = self._parser.get_method().decode("latin-1"), self._parser.should_keep_alive()
        self._requests.append(Request(method, path, query, self._headers, bytes(self._body), keep_alive))
        self._in_head, self._head_bytes, self._body = True, 0, bytearray()


class HttpConnection:
    """One accepted connection. `epoch_ns` is the Unix time at monotonic zero; with it answers carry their date."""

    def __init__(self, answer: Answer, upgrade: Upgrade | None = None, epoch_ns: int | None = None) -> None:
        self._answer = answer
        self._upgrade = upgrade
        self._epoch_ns = epoch_ns
        self._reader = RequestReader()
        self._wire: Wire | None = None
        self._waiting: deque[tuple[Request, Deferred]] = deque()
        self._opening = bytearray()
        self._heir: Peer | None = None
        self._deaf = False
        self.active_ns: int | None = None
        """When the last byte came or went, None before there is a connection."""
        self.open = True

    def is_idle(self, since_ns: int) -> bool:
        """Nothing came or went after that moment, and no answer is owed."""
        return self.active_ns is not None and self.active_ns <= since_ns and not self._waiting

    # --- from the network ---

    def connected(self, wire: Wire, now_ns: int) -> None:
        self._wire, self.active_ns = wire, now_ns

    def received(self, data: bytes, now_ns: int) -> None:
        self.active_ns = now_ns
        for start in range(0, len(data), SLICE_BYTES):
            if self._heir is not None:
                self._heir.received(data[start:], now_ns)
                return
            if self._deaf:
                return
            self._feed(data[start : start + SLICE_BYTES], now_ns)

    def closed(self, reason: str, now_ns: int) -> None:
        self._end()
        if self._heir is not None:
            self._heir.closed(reason, now_ns)

    def _feed(self, data: bytes, now_ns: int) -> None:
        if self._upgrade is not None:
            self._opening += data
        requests, status = self._reader.feed(data)
        if status == HTTPStatus.SWITCHING_PROTOCOLS:
            if self._hand_over(requests, now_ns):
                return
            requests.pop()
            status = HTTPStatus.BAD_REQUEST
        for request in requests:
            self._serve(request, now_ns)
        if len(self._waiting) > WAITING_MAX:
            status = HTTPStatus.SERVICE_UNAVAILABLE
        if status and self.open and not self._deaf:
            self._refuse(status, now_ns)

    def _hand_over(self, requests: list[Request], now_ns: int) -> bool:
        """Give the connection to who speaks the protocol asked for; only the first request may ask."""
        if self._upgrade is None or self._wire is None or len(requests) > 1:
            return False
        self._heir = self._upgrade(requests[0])
        if self._heir is None:
            return False
        self.open = False
        self._heir.connected(self._wire, now_ns)
        self._heir.received(bytes(self._opening), now_ns)
        return True

    # --- answering ---

    def _serve(self, request: Request, now_ns: int) -> None:
        if not self.open or self._deaf:
            return
        self._deaf = not request.keep_alive
        self._upgrade = None
        self._opening.clear()
        answer = self._answer(request, now_ns)
        if isinstance(answer, Response):
            promised = Deferred()
            promised.response = answer
        else:
            promised = answer
            promised.woken = self._flush
        self._waiting.append((request, promised))
        self._flush(now_ns)

    def _refuse(self, status: int, now_ns: int) -> None:
        """The last answer of this connection: what came is not a request that we take."""
        self._deaf = True
        promised = Deferred()
        promised.response = Response(status, content_type="text/plain", close=True)
        self._waiting.append((Request("", "", "", {}, b"", keep_alive=False), promised))
        self._flush(now_ns)

    def _flush(self, now_ns: int) -> None:
        while self._wire is not None and self._waiting and (response := self._waiting[0][1].response) is not None:
            request, _ = self._waiting.popleft()
            self.active_ns = now_ns
            data = encode(request, response, "" if self._epoch_ns is None else dated(self._epoch_ns + now_ns))
            cut = response.cut_after >= 0
            self._wire.write(data[: response.cut_after] if cut else data)
            if cut or response.close or not request.keep_alive:
                self.hang_up()

    def hang_up(self) -> None:
        """Close from our side; what is still owed is never answered."""
        if self._wire is not None:
            self._wire.close()
        self._end()

    def _end(self) -> None:
        self._wire, self._deaf, self.open = None, True, False
        self._waiting.clear()


def dated(unix_ns: int) -> str:
    """The moment as a `Date` header says it: whole seconds."""
    return _second(unix_ns // 1_000_000_000)


@lru_cache(maxsize=4)
def _second(unix_s: int) -> str:
    return formatdate(unix_s, usegmt=True)


def encode(request: Request, response: Response, date: str = "") -> bytes:
    """The bytes of an answer; a long body is compressed for a client that says it can read that."""
    body, headers = response.body, list(response.headers)
    if len(body) >= GZIP_BYTES_MIN and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, compresslevel=1, mtime=0)
        headers.append(("Content-Encoding", "gzip"))
    if response.close or not request.keep_alive:
        headers.append(("Connection", "close"))
    lines = [
        f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}",
        f"Content-Type: {response.content_type}",
        f"Content-Length: {len(body)}",
        *([f"Date: {date}"] if date else []),
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (b"" if request.method == "HEAD" else body)


class HttpServer:
    """Accepts connections for one `answer`, and hangs up on those that fell silent for `idle_ns`."""

    def __init__(
        self, answer: Answer, *, idle_ns: int, upgrade: Upgrade | None = None, epoch_ns: int | None = None
    ) -> None:
        self._answer = answer
        self._upgrade = upgrade
        self._epoch_ns = epoch_ns
        self._idle_ns = idle_ns
        self._connections: list[HttpConnection] = []
        self._look_ns: int | None = None

    def accept(self) -> HttpConnection:
        self._connections = [one for one in self._connections if one.open]
        connection = HttpConnection(self._answer, self._upgrade, self._epoch_ns)
        self._connections.append(connection)
        self._look_ns = None
        return connection

    def next_deadline(self) -> int | None:
        """When to look for connections that fell silent; traffic only moves that away, so it is not worked out anew."""
        if self._look_ns is None:
            starts = [one.active_ns for one in self._connections]
            known = [at for at in starts if at is not None]
            if len(known) < len(starts) or not known:
                return min(known) + self._idle_ns if known else None
            self._look_ns = min(known) + self._idle_ns
        return self._look_ns

    def on_time(self, now_ns: int) -> None:
        if self._look_ns is not None and now_ns < self._look_ns:
            return
        silent_ns = now_ns - self._idle_ns
        for one in self._connections:
            if one.is_idle(silent_ns):
                one.hang_up()
        self._connections = [one for one in self._connections if one.open]
        starts = [at if at > silent_ns else now_ns for one in self._connections if (at := one.active_ns) is not None]
        self._look_ns = min(starts) + self._idle_ns if len(starts) == len(self._connections) and starts else None
