"""One connection of the WebSocket: who may open it, its heartbeats, and how messages leave, late or harmed.

Messages about the customer wait for a lag of their own on each channel, those about books do not. While the feed is
frozen only heartbeats leave. Source: Kalshi docs, "WebSocket connection", "Connection keep-alive".
"""

from collections import deque

import msgspec
from websockets.http11 import Request

from venues.kalshi.fake.auth import Guard
from venues.kalshi.fake.books import Books, News
from venues.kalshi.fake.forms import SECOND
from venues.kalshi.fake.messages import Message
from venues.kalshi.fake.outbox import Outbox
from venues.kalshi.fake.refusals import not_found, too_many_requests
from venues.kalshi.fake.switchboard import Switchboard
from venues.sim.faults import Danger, Dice, Faults
from venues.sim.ws_server import No, WebSocketEnd

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

    def accept(self) -> WebSocketEnd:
        connection = StreamConnection(self)
        self._connections.append(connection)
        return connection.end

    def left(self, connection: "StreamConnection") -> None:
        if connection in self._connections:
            self._connections.remove(connection)

    def free_places(self) -> int:
        """How many more connections may open."""
        return self.books.options.connections_max - sum(one.end.is_open for one in self._connections)

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
    """What is said over one connection, `end`."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._entity = f"{hall.books.exchange.options.venue} stream"
        self.end = WebSocketEnd(self, hall.faults, self._entity)
        self._switchboard = Switchboard(hall.books)
        self._ping_ns = 0
        self._frozen_until_ns = 0
        self._held: deque[Message] = deque()
        self._outbox = Outbox(hall.faults, hall.lags, hall.books.options.private_lag_ms, self._entity)

    # --- from the clock ---

    def next_deadline(self) -> int | None:
        if not self.end.is_open:
            return None
        thaw_ns = self._frozen_until_ns if self._held else None
        return min(due for due in (self._ping_ns, thaw_ns, self._outbox.next_deadline()) if due is not None)

    def on_time(self, now_ns: int) -> None:
        if not self.end.is_open:
            return
        if self._ping_ns <= now_ns:
            self._ping_ns += HEARTBEAT_NS
            self.end.ping(HEARTBEAT)
        while self._held and self._frozen_until_ns <= now_ns:
            self.end.say(self._held.popleft())
        self._send_due(now_ns)

    # --- from the other end ---

    def refusal(self, request: Request, now_ns: int) -> No | None:
        hall = self._hall
        no = not_found()
        if request.path.partition("?")[0] == PATH:
            headers = {name.lower(): value for name, value in request.headers.raw_items()}
            refused = hall.guard.refusal(headers, "GET", PATH, hall.books.wall_ms(now_ns))
            if refused is None and hall.free_places() > 0:
                return None
            no = refused or too_many_requests()
        return No(no.status, msgspec.json.encode(no.body).decode(), "application/json")

    def opened(self, now_ns: int) -> None:
        self._ping_ns = now_ns + HEARTBEAT_NS

    def obey(self, text: bytes, now_ns: int) -> None:
        for said in self._switchboard.obey(text):
            self._say(said, now_ns)

    def left(self) -> None:
        self._held.clear()
        self._outbox.clear()
        self._hall.left(self)

    # --- news ---

    def heard(self, news: News) -> None:
        """Something happened at the exchange."""
        if not self.end.is_open:
            return
        now_ns, faults = news.at_ns, self._hall.faults
        if self.end.backlog_bytes() > self._hall.books.options.backlog_bytes_max:
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
            self.end.say(message)
