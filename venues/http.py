"""HTTP requests over a few warm connections, without sockets: lanes, deadlines, and what may have been heard."""

import enum
from collections import deque
from collections.abc import Callable
from typing import Protocol

import msgspec

from venues.base import Endpoint, Network
from venues.errors import Failure
from venues.http_line import Answer, Line
from venues.redial import Chance, Redial

LATE_NS = 60_000_000_000
DIAL_NS = 10_000_000_000
QUEUE_MAX = 256


class Lane(enum.IntEnum):
    """What goes first: cancels and queries never wait behind placements."""

    URGENT = 0
    ORDINARY = 1


class HttpRequest(msgspec.Struct, frozen=True):
    """One request. Monotonic deadlines: unwritten at `write_by_ns` it is NOT_SENT, unanswered at `answer_by_ns`
    it is MAYBE_SENT; with `write_by_ns` 0 it may wait for a connection as long as for its answer.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    answer_by_ns: int
    write_by_ns: int = 0
    lane: Lane = Lane.URGENT


class HttpReply(msgspec.Struct, frozen=True):
    """An answer of whatever status; whether it is JSON at all is the caller's to judge.

    `late`: it came after its deadline, so a failure was reported before; it is still the truth.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    sent_ns: int
    received_ns: int
    late: bool = False


class HttpFailed(msgspec.Struct, frozen=True):
    """No answer, and whether the venue may have heard the question."""

    failure: Failure
    reason: str
    failed_ns: int


OnReply = Callable[[HttpReply | HttpFailed], None]
OnHealth = Callable[[bool, str], None]


class Http(Protocol):
    """Asks one host; answers by calling back, from inside the call when nothing could be sent."""

    def request(self, request: HttpRequest, on_reply: OnReply, now_ns: int) -> None: ...

    def next_deadline(self) -> int | None: ...

    def on_time(self, now_ns: int) -> None: ...

    def close(self) -> None: ...


def encode_request(request: HttpRequest, host: str) -> bytes:
    """The request's bytes. ValueError for a line break in a header or path: it would be another request."""
    head = f"{request.method} {request.path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(request.body)}"
    for name, value in request.headers:
        head += f"\r\n{name}: {value}"
    if head.count("\r") + head.count("\n") != 2 * (2 + len(request.headers)):
        raise ValueError(f"a header or the path of {request.method} {request.path!r} holds a line break")
    return head.encode("latin-1") + b"\r\n\r\n" + request.body


class _Exchange:
    """A request and what became of it."""

    __slots__ = ("request", "on_reply", "sent_ns", "is_late")

    def __init__(self, request: HttpRequest, on_reply: OnReply) -> None:
        self.request = request
        self.on_reply = on_reply
        self.sent_ns = 0
        self.is_late = False

    @property
    def waits_until_ns(self) -> int:
        return self.request.write_by_ns or self.request.answer_by_ns

    @property
    def due_ns(self) -> int:
        """Once written: when its answer is overdue, then when its line is given up."""
        return self.request.answer_by_ns + (LATE_NS if self.is_late else 0)


class HttpClient:
    """A pool of `connections` lines to one endpoint, one request in flight on each; all are kept open, or are
    opened when there is something to ask.

    The last free line is kept from the ordinary lane. Nothing that was written is ever written again. A line
    whose answer is overdue is replaced and stays open for a minute more, so that a late answer can be applied.
    """

    def __init__(
        self,
        network: Network,
        endpoint: Endpoint,
        *,
        connections: int,
        chance: Chance,
        dials_per_minute: int = 6,
        body_bytes_max: int = 16_777_216,
        on_health: OnHealth | None = None,
        keep_open: bool = True,
    ) -> None:
        assert connections > 0, "a pool needs a line"
        self._network = network
        self._endpoint = endpoint
        self._host = endpoint.host if endpoint.port in (80, 443) else f"{endpoint.host}:{endpoint.port}"
        self._connections = connections
        self._body_bytes_max = body_bytes_max
        self._on_health = on_health
        self._keep_open = keep_open
        self._redial = Redial(chance, per_minute=dials_per_minute * connections)
        self._dialling: dict[Line, int] = {}
        self._idle: dict[Line, None] = {}
        self._busy: dict[Line, _Exchange] = {}
        self._late: dict[Line, _Exchange] = {}
        self._queues: tuple[deque[_Exchange], deque[_Exchange]] = (deque(), deque())
        self._kept_free = 1 if connections > 1 else 0
        self._lanes = tuple(zip(self._queues, (0, self._kept_free), strict=True))
        self._is_up: bool | None = None
        self._is_closed = False

    def open(self, now_ns: int) -> None:
        """Dial what is missing, as far as the schedule of attempts allows."""
        while self._may_dial() and self._redial.due_ns() <= now_ns:
            line = Line(self, body_bytes_max=self._body_bytes_max)
            self._dialling[line] = now_ns + DIAL_NS
            self._redial.dialled(now_ns)
            self._network.dial(self._endpoint, line)

    def free(self) -> int:
        """How many requests of the ordinary lane would be written at once."""
        return max(0, len(self._idle) - self._kept_free)

    def request(self, request: HttpRequest, on_reply: OnReply, now_ns: int) -> None:
        """Write the request now, or as soon as a line is free and before `write_by_ns`."""
        queue = self._queues[request.lane]
        if len(queue) >= QUEUE_MAX:
            on_reply(HttpFailed(Failure.NOT_SENT, f"{QUEUE_MAX} requests wait already", now_ns))
            return
        queue.append(_Exchange(request, on_reply))
        self.open(now_ns)
        self._write_waiting(now_ns)
        if any(self._queues):
            self._expire_waiting(now_ns)

    def next_deadline(self) -> int | None:
        """When `on_time` has something to do."""
        times = [self._redial.due_ns()] if self._may_dial() else []
        if self._dialling:
            times += self._dialling.values()
        if self._busy or self._late:
            times += [exchange.due_ns for exchange in (*self._busy.values(), *self._late.values())]
        if any(self._queues):
            times += [exchange.waits_until_ns for queue in self._queues for exchange in queue]
        return min(times) if times else None

    def on_time(self, now_ns: int) -> None:
        """Give up what is overdue, dial what is missing."""
        self._expire_written(now_ns)
        self._expire_waiting(now_ns)
        for line in [line for line, due_ns in self._dialling.items() if due_ns <= now_ns]:
            line.close()
            self.line_lost(line, "no connection in time", now_ns)
        self.open(now_ns)

    def close(self) -> None:
        """Hang up everywhere; no callback follows."""
        self._is_closed = True
        for line in (*self._dialling, *self._idle, *self._busy, *self._late):
            line.close()
        for held in (self._dialling, self._idle, self._busy, self._late, *self._queues):
            held.clear()

    # --- what the lines say ---

    def line_opened(self, line: Line, now_ns: int) -> None:
        del self._dialling[line]
        self._idle[line] = None
        self._report(up=True, reason="")
        self._write_waiting(now_ns)
        self.open(now_ns)

    def line_answered(self, line: Line, answer: Answer, now_ns: int) -> None:
        self._redial.proved()
        exchange = self._late.pop(line, None) or self._busy.pop(line)
        if line.is_open and len(self._dialling) + len(self._idle) + len(self._busy) < self._connections:
            self._idle[line] = None
        else:
            line.close()
        sent_ns, late = exchange.sent_ns, exchange.is_late
        exchange.on_reply(HttpReply(answer.status, answer.headers, answer.body, sent_ns, now_ns, late))
        self._write_waiting(now_ns)

    def line_lost(self, line: Line, reason: str, now_ns: int) -> None:
        self._idle.pop(line, None)
        self._late.pop(line, None)
        exchange = self._busy.pop(line, None)
        never_opened = self._dialling.pop(line, None) is not None
        if never_opened or line.was_useless(now_ns):
            self._redial.failed(now_ns)
        if never_opened and not self._idle and not self._busy:
            self._report(up=False, reason=reason)
        if exchange is not None:
            exchange.on_reply(HttpFailed(Failure.MAYBE_SENT, reason, now_ns))
        self.open(now_ns)

    # --- leaves ---

    def _may_dial(self) -> bool:
        """A line is missing; while attempts fail, one probe at a time."""
        if len(self._dialling) + len(self._idle) + len(self._busy) >= self._connections:
            return False
        if self._is_closed or (self._redial.is_failing and self._dialling):
            return False
        return self._keep_open or any(self._queues)

    def _write_waiting(self, now_ns: int) -> None:
        for queue, kept_free in self._lanes:
            while queue and len(self._idle) > kept_free:
                exchange = queue.popleft()
                if exchange.waits_until_ns < now_ns:
                    exchange.on_reply(HttpFailed(Failure.NOT_SENT, "waited too long for a connection", now_ns))
                    continue
                line = next(iter(self._idle))
                del self._idle[line]
                self._busy[line] = exchange
                exchange.sent_ns = now_ns
                line.write(encode_request(exchange.request, self._host))

    def _expire_waiting(self, now_ns: int) -> None:
        for queue in self._queues:
            for exchange in [waiting for waiting in queue if waiting.waits_until_ns <= now_ns]:
                if exchange in queue:  # whoever is told of one may ask anew, and so be told of the next from inside
                    queue.remove(exchange)
                    exchange.on_reply(HttpFailed(Failure.NOT_SENT, "no connection was free in time", now_ns))

    def _expire_written(self, now_ns: int) -> None:
        given_up = [line for line, exchange in self._late.items() if exchange.due_ns <= now_ns]
        overdue = [(line, exchange) for line, exchange in self._busy.items() if exchange.due_ns <= now_ns]
        for line, exchange in overdue:
            exchange.is_late = True
            self._late[line] = self._busy.pop(line)
        given_up += list(self._late)[: -self._connections]
        for line in given_up:
            line.close()
            self._late.pop(line, None)
        for _, exchange in overdue:
            exchange.on_reply(HttpFailed(Failure.MAYBE_SENT, "no answer in time", now_ns))

    def _report(self, *, up: bool, reason: str) -> None:
        if self._on_health is not None and up is not self._is_up:
            self._on_health(up, reason)
        self._is_up = up
