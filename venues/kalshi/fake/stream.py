"""One connection of the WebSocket: who may open it, its heartbeats, and how messages leave, late or harmed.

Messages about the customer wait for a lag of their own on each channel, those about books do not. While the feed is
frozen only heartbeats leave. Source: Kalshi docs, "WebSocket connection", "Connection keep-alive".
"""

from collections import deque
from collections.abc import Callable

import msgspec
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from venues.base import Wire
from venues.kalshi.fake.auth import Guard
from venues.kalshi.fake.books import Books, News
from venues.kalshi.fake.forms import SECOND
from venues.kalshi.fake.messages import Message
from venues.kalshi.fake.outbox import Outbox
from venues.kalshi.fake.refusals import Refused, not_found, too_many_requests
from venues.kalshi.fake.switchboard import Switchboard
from venues.sim.faults import Danger, Dice, Faults

PATH = "/trade-api/ws/v2"
HEARTBEAT = b"heartbeat"
HEARTBEAT_NS = 10 * SECOND


class Hall:
    """Every connection, and what they share."""

    def __init__(self, books: Books, guard: Guard, faults: Faults) -> None:
        self.books = books
        self.guard = guard
        self.faults = faults
        self.lags = Dice(books.options.seed, "private messages")
        self._connections: list[StreamConnection] = []
        books.tell.append(self._heard)

    def accept(self) -> "StreamConnection":
        connection = StreamConnection(self)
        self._connections.append(connection)
        return connection

    def left(self, connection: "StreamConnection") -> None:
        if connection in self._connections:
            self._connections.remove(connection)

    def free_places(self) -> int:
        """How many more connections may open."""
        return self.books.options.connections_max - sum(one.is_open for one in self._connections)

    def next_deadline(self) -> int | None:
        deadlines = [one.next_deadline() for one in self._connections]
        return min((due for due in deadlines if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        for connection in tuple(self._connections):
            connection.on_time(now_ns)

    def _heard(self, news: News) -> None:
        for connection in tuple(self._connections):
            connection.heard(news)


class StreamConnection:
    """The server's end of one connection."""

    def __init__(self, hall: Hall) -> None:
        self.is_open = False
        self._hall = hall
        self._entity = f"{hall.books.exchange.options.venue} stream"
        self._switchboard = Switchboard(hall.books)
        self._protocol = ServerProtocol()
        self._wire: Wire | None = None
        self._text = bytearray()
        self._ping_ns = 0
        self._frozen_until_ns = 0
        self._held: deque[Message] = deque()
        self._outbox = Outbox(hall.faults, hall.lags, hall.books.options.private_lag_ms, self._entity)

    # --- from the network and the clock ---

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

    def next_deadline(self) -> int | None:
        if not self.is_open:
            return None
        thaw_ns = self._frozen_until_ns if self._held else None
        return min(due for due in (self._ping_ns, thaw_ns, self._outbox.next_deadline()) if due is not None)

    def on_time(self, now_ns: int) -> None:
        if not self.is_open:
            return
        if self._ping_ns <= now_ns:
            self._ping_ns += HEARTBEAT_NS
            self._protocol.send_ping(HEARTBEAT)
            self._flush()
        while self._held and self._frozen_until_ns <= now_ns:
            self._write(self._held.popleft())
        self._send_due(now_ns)

    # --- opening and commands ---

    def _open(self, request: Request, now_ns: int) -> None:
        no = self._refusal(request, now_ns)
        if no is not None:
            response = self._protocol.reject(no.status, msgspec.json.encode(no.body).decode())
            del response.headers["Content-Type"]
            response.headers["Content-Type"] = "application/json"
        else:
            response = self._protocol.accept(request)
        del response.headers["Date"]
        self._protocol.send_response(response)
        self.is_open = response.status_code == 101
        self._ping_ns = now_ns + HEARTBEAT_NS

    def _refusal(self, request: Request, now_ns: int) -> Refused | None:
        hall = self._hall
        if request.path.partition("?")[0] != PATH:
            return not_found()
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        no = hall.guard.refusal(headers, "GET", PATH, hall.books.wall_ms(now_ns))
        if no is not None:
            return no
        return None if hall.free_places() > 0 else too_many_requests()

    def _take(self, frame: Frame, now_ns: int) -> None:
        if frame.opcode not in (Opcode.TEXT, Opcode.CONT):
            return
        self._text += frame.data
        if frame.fin:
            text = bytes(self._text)
            self._text.clear()
            for said in self._switchboard.obey(text):
                self._say(said, now_ns)

    # --- news ---

    def heard(self, news: News) -> None:
        """Something happened at the exchange."""
        if not self.is_open:
            return
        now_ns, faults = news.at_ns, self._hall.faults
        tell: Callable[[], int] | None = getattr(self._wire, "backlog_bytes", None)  # where the wire can tell
        if tell is not None and tell() > self._hall.books.options.backlog_bytes_max:
            for said in self._switchboard.overflow():
                self._say(said, now_ns)
        public = self._switchboard.public(news)
        if public and faults.strikes(Danger.FEED_FROZEN, self._entity, "books"):
            self._frozen_until_ns = now_ns + faults.frozen_ns(self._entity)
        for said in public:
            lost = "seq" in said and faults.strikes(Danger.MESSAGE_LOST, self._entity, "books")
            if not lost:
                self._say(said, now_ns)
        mishaps = self._hall.books.exchange.mishaps
        late_until_ns = 0 if mishaps is None else mishaps.late_until_ns()
        for private in self._switchboard.private(news):
            self._outbox.put(private, now_ns, late_until_ns=late_until_ns)
        self._send_due(now_ns)

    def _send_due(self, now_ns: int) -> None:
        for message in self._outbox.due(now_ns):
            self._say(message, now_ns)

    # --- to the network ---

    def _say(self, message: Message, now_ns: int) -> None:
        if now_ns < self._frozen_until_ns or self._held:
            self._held.append(message)
        else:
            self._write(message)

    def _write(self, message: Message) -> None:
        """One message leaves; the connection may break in the middle of it."""
        if self._wire is None or not self.is_open:
            return
        faults = self._hall.faults
        self._protocol.send_text(msgspec.json.encode(message))
        if faults.strikes(Danger.FEED_CUT, self._entity, "books"):
            data = b"".join(self._protocol.data_to_send())
            self._wire.write(data[: faults.below(len(data), self._entity)])
            self._wire.close()
            self._leave()
            return
        self._flush()

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
        self._held.clear()
        self._outbox.clear()
        self._hall.left(self)
