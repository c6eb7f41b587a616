"""Taps on connections: what a venue says on them, cut into its own messages, without disturbing anybody.

No header, no question's body and nothing of a login is ever handed on: only what the venue told about markets is worth
keeping, and a recording without a secret in it can be given away.
"""

import zlib
from collections import deque
from collections.abc import Callable, Generator, Mapping
from typing import Any, Protocol

import httptools
from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from venues.base import Endpoint, Network, Peer, Wire

HEAD_BYTES_MAX = 65_536
MESSAGE_BYTES_MAX = 33_554_432
REQUESTS_MAX = 256

Tell = Callable[[str, bytes], None]
"""Hears one whole message: what it answers (a path and the status behind it; empty on a stream), and its text."""


class Cutter(Protocol):
    """Cuts one connection's bytes into messages."""

    def __init__(self, tell: Tell) -> None: ...

    def asked(self, data: bytes) -> None: ...

    def heard(self, data: bytes) -> None: ...


class LineCutter:
    """Lines, ended by LF or CRLF. A line past the bound is dropped up to its end."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._rest = bytearray()
        self._dropping = False

    def asked(self, data: bytes) -> None:
        """What we say on a stream is no business of a recording."""

    def heard(self, data: bytes) -> None:
        """Hand on each whole line."""
        *lines, rest = data.split(b"\n")
        for line in lines:
            whole = bytes(self._rest + line).rstrip(b"\r")
            if whole and not self._dropping:
                self._tell("", whole)
            self._rest.clear()
            self._dropping = False
        self._rest += rest
        if len(self._rest) > MESSAGE_BYTES_MAX:
            self._rest.clear()
            self._dropping = True


class HttpCutter:
    """Answers with the questions that they belong to, one after another as HTTP/1.1 has them."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._targets: deque[str] = deque(maxlen=REQUESTS_MAX)
        self._questions = httptools.HttpRequestParser(_Questions(self._targets))
        self._answers: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._body = bytearray()
        self._is_packed = False

    def asked(self, data: bytes) -> None:
        """Remember what is asked for; its headers and its body pass by."""
        try:
            self._questions.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._answers = None

    def heard(self, data: bytes) -> None:
        """Hand on each whole answer; after bytes that are not HTTP nothing on this connection can be told apart."""
        if self._answers is None:
            return
        try:
            self._answers.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._answers = None

    def on_message_begin(self) -> None:
        self._body, self._is_packed = bytearray(), False

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"content-encoding":
            self._is_packed = value.lower() == b"gzip"

    def on_body(self, body: bytes) -> None:
        if len(self._body) <= MESSAGE_BYTES_MAX:
            self._body += body

    def on_message_complete(self) -> None:
        status = 0 if self._answers is None else self._answers.get_status_code()
        if status >= 200 and self._targets:
            self._tell(f"{self._targets.popleft()} {status}", self._text())

    def _text(self) -> bytes:
        if not self._is_packed:
            return bytes(self._body)
        try:
            return zlib.decompressobj(wbits=31).decompress(bytes(self._body), MESSAGE_BYTES_MAX)
        except zlib.error:
            return b""


class _Questions:
    """The parser's callbacks for our side: paths with their queries."""

    def __init__(self, targets: "deque[str]") -> None:
        self._targets = targets
        self._url = b""

    def on_message_begin(self) -> None:
        self._url = b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_message_complete(self) -> None:
        self._targets.append(self._url.decode("latin-1"))


class SocketCutter:
    """Messages of a WebSocket, behind its upgrade, fragments joined; nothing is packed where nothing was offered."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._head: bytearray | None = bytearray()
        self._reader = StreamReader()
        self._fragments = bytearray()
        self._frames: Generator[None, None, None] | None = self._read()
        next(self._frames)

    def asked(self, data: bytes) -> None:
        """What we say on a stream is no business of a recording."""

    def heard(self, data: bytes) -> None:
        """Hand on each whole message."""
        if self._head is not None:
            self._head += data
            head, ended, data = bytes(self._head).partition(b"\r\n\r\n")
            if not ended:
                if len(head) > HEAD_BYTES_MAX:
                    self._head.clear()
                return
            self._head = None
        if data and self._frames is not None:
            self._reader.feed_data(data)
            try:
                next(self._frames)
            except (ProtocolError, PayloadTooBig):
                self._frames = None

    def _read(self) -> Generator[None, None, None]:
        while True:
            frame = yield from Frame.parse(self._reader.read_exact, mask=False, max_size=MESSAGE_BYTES_MAX)
            if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._fragments += frame.data
                if frame.fin:
                    text, self._fragments = bytes(self._fragments), bytearray()
                    self._tell("", text)


class Kept(Protocol):
    """What of a venue is worth keeping: the endpoints to tap by their keys, and which of their messages."""

    @property
    def settings(self) -> Any:  # noqa: ANN401 the venue's own
        """What the adapter is run with, so that it hears all of it."""

    @property
    def taps(self) -> Mapping[str, tuple[Endpoint, type[Cutter]]]: ...

    def wants(self, key: str, about: str, text: bytes) -> bool:
        """Whether a message is about markets; everything else is the account's own business."""


class Listener(Protocol):
    """Who hears what the taps let through; `link` numbers the connections, `now_ns` is monotonic."""

    def opened(self, link: int, key: str, now_ns: int) -> None: ...

    def said(self, link: int, about: str, text: bytes, now_ns: int) -> None: ...

    def closed(self, link: int, reason: str, now_ns: int) -> None: ...


class TappedNetwork:
    """A network that lets somebody listen to the connections worth keeping; who dials does not notice."""

    def __init__(self, network: Network, kept: Kept, listener: Listener) -> None:
        self._network = network
        self._kept = kept
        self._listener = listener
        self._links = 0

    def dial(self, endpoint: Endpoint, peer: Peer) -> None:
        """Connect, with a tap where this endpoint has one."""
        found = next(((key, cutter) for key, (at, cutter) in self._kept.taps.items() if at == endpoint), None)
        if found is None:
            self._network.dial(endpoint, peer)
            return
        self._links += 1
        self._network.dial(endpoint, _Tapped(peer, self._kept, self._listener, self._links, *found))


class _Tapped:
    """Both ends of a tapped connection: the peer that the network calls, and the wire that our peer writes to."""

    def __init__(self, peer: Peer, kept: Kept, listener: Listener, link: int, key: str, cutter: type[Cutter]) -> None:
        self._peer = peer
        self._kept = kept
        self._listener = listener
        self._link = link
        self._key = key
        self._cutter = cutter(self._cut)
        self._wire: Wire | None = None
        self._now_ns = 0

    # --- from the network ---

    def connected(self, wire: Wire, now_ns: int) -> None:
        self._wire = wire
        self._listener.opened(self._link, self._key, now_ns)
        self._peer.connected(self, now_ns)

    def received(self, data: bytes, now_ns: int) -> None:
        self._now_ns = now_ns
        self._cutter.heard(data)
        self._peer.received(data, now_ns)

    def closed(self, reason: str, now_ns: int) -> None:
        self._listener.closed(self._link, reason, now_ns)
        self._peer.closed(reason, now_ns)

    # --- from our peer ---

    def write(self, data: bytes) -> None:
        if self._wire is not None:
            self._cutter.asked(data)
            self._wire.write(data)

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()

    def _cut(self, about: str, text: bytes) -> None:
        if self._kept.wants(self._key, about, text):
            self._listener.said(self._link, about, text, self._now_ns)
