"""One HTTP/1.1 connection without a socket: bytes of one request out, one bounded answer in."""

from typing import Protocol

import httptools
import msgspec

from venues.base import Wire

HEAD_BYTES_MAX = 65_536
SETTLED_NS = 5_000_000_000


class Answer(msgspec.Struct, frozen=True):
    """A whole HTTP answer; header names in lower case, of repeated ones the last."""

    status: int
    headers: dict[str, str]
    body: bytes


class LineOwner(Protocol):
    """Who hears what happens on a line; called with the line at rest, so it may write at once."""

    def line_opened(self, line: "Line", now_ns: int) -> None: ...

    def line_answered(self, line: "Line", answer: Answer, now_ns: int) -> None: ...

    def line_lost(self, line: "Line", reason: str, now_ns: int) -> None: ...


class Line:
    """A peer that carries one request at a time.

    `is_waiting` from the request's bytes until the end of its answer. Bytes that nobody asked for, an answer that
    is not HTTP, and one past its bounds end the line: after any of them no later byte can be trusted.
    """

    def __init__(self, owner: LineOwner, *, body_bytes_max: int) -> None:
        self._owner = owner
        self._wire: Wire | None = None
        self._gathering = _Gathering(body_bytes_max)
        self._gone = False
        self._opened_ns = 0
        self._answers = 0
        self.is_waiting = False

    @property
    def is_open(self) -> bool:
        return self._wire is not None

    def was_useless(self, now_ns: int) -> bool:
        """It gave no answer and did not even stay: the peer takes connections but does not serve them."""
        return self._answers == 0 and now_ns - self._opened_ns < SETTLED_NS

    def connected(self, wire: Wire, now_ns: int) -> None:
        if self._gone:
            wire.close()
            return
        self._wire = wire
        self._opened_ns = now_ns
        self._owner.line_opened(self, now_ns)

    def write(self, data: bytes) -> None:
        """Send one request; the line must be open and at rest."""
        assert self._wire is not None, "written to a line that is not open"
        assert not self.is_waiting, "written to a line that still waits"
        self.is_waiting = True
        self._wire.write(data)

    def received(self, data: bytes, now_ns: int) -> None:
        if self._gone:
            return
        if not self.is_waiting:
            self._lose("bytes that nobody asked for", now_ns)
            return
        gathering = self._gathering
        fault = gathering.feed(data)
        answer = gathering.answer
        if answer is None:
            if fault:
                self._lose(fault, now_ns)
            return
        self.is_waiting = False
        self._answers += 1
        is_last = bool(fault) or not gathering.keep_alive
        if is_last:
            self.close()
        else:
            gathering.begin()  # now, for whoever hears the answer may write the next request at once
        self._owner.line_answered(self, answer, now_ns)
        if is_last:
            self._owner.line_lost(self, fault or "the peer keeps no connection", now_ns)

    def closed(self, reason: str, now_ns: int) -> None:
        if not self._gone:
            self._lose(reason, now_ns)

    def close(self) -> None:
        """Hang up and hear nothing more, also if the connection is still being opened."""
        self._gone = True
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _lose(self, reason: str, now_ns: int) -> None:
        self.close()
        self._owner.line_lost(self, reason, now_ns)


class _Gathering:
    """The answer to one request as it arrives: the parser's callbacks, and the bounds.

    One parser reads all answers of a line, for it and its callbacks are a ring: one for each answer would be garbage
    that only the collector finds.
    """

    def __init__(self, body_bytes_max: int) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._body_bytes_max = body_bytes_max
        self.begin()

    def begin(self) -> None:
        """Wait for the answer to the next request; the one before came whole."""
        self.answer: Answer | None = None
        self.keep_alive = False
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._head_bytes = 0
        self._in_head = True

    def feed(self, data: bytes) -> str:
        """Take bytes in; what was wrong with them, empty if nothing."""
        if self._in_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            return f"not an HTTP answer: {error}"
        if self._in_head and self._head_bytes > HEAD_BYTES_MAX:
            return f"answer head of more than {HEAD_BYTES_MAX} bytes"
        if self._body_bytes > self._body_bytes_max:
            return f"answer of more than {self._body_bytes_max} bytes"
        return ""

    def on_message_begin(self) -> None:
        if self.answer is not None:
            raise ValueError("a second answer to one request")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._in_head = False

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes <= self._body_bytes_max:
            self._body.append(body)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # 100 Continue and its like announce the answer, they are not it
            self._headers, self._in_head = {}, True
            return
        if self._body_bytes <= self._body_bytes_max:
            self.keep_alive = self._parser.should_keep_alive()
            self.answer = Answer(status, self._headers, b"".join(self._body))
