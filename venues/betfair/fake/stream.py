"""One connection of the stream: who speaks when, what closes it, and what it is subscribed to.

    connect -> "connection" -> authentication -> status -> subscriptions, heartbeats <-> status, mcm, ocm

Every request is answered by a status under its own id; every failure closes the connection but one, too many
markets. Subscribing again replaces the subscription of that kind.
Source: Betfair Exchange Stream API, "Basic message protocol", "Currency support", error codes of its schema.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from domain.ids import VenueMarketId
from venues.base import Wire
from venues.betfair.fake.books import Books
from venues.betfair.fake.clocks import initial_clock
from venues.betfair.fake.forms import MS
from venues.betfair.fake.publication import Publication
from venues.betfair.fake.requests import (
    REQUESTS,
    Authentication,
    Heartbeat,
    Subscription,
    agreement_on,
    feed_of,
    request_id,
)
from venues.betfair.fake.sessions import Sessions
from venues.sim.faults import Danger, Dice, Faults
from venues.sim.outage import Outage

IDLE_MS = 15_000
LINE_BYTES_MAX = 65_536


class Hall:
    """Every connection of the stream, and what they share."""

    def __init__(self, books: Books, sessions: Sessions, faults: Faults, outage: Outage) -> None:
        self.outage = outage
        outage.begun.append(self._close_all)
        self.books = books
        self.sessions = sessions
        self.faults = faults
        self._dice = Dice(books.options.seed, "order stream")
        self._connections: list[StreamConnection] = []
        self._accepted = 0
        books.tell.append(self._heard)

    def accept(self) -> "StreamConnection":
        self._accepted += 1
        connection = StreamConnection(self._accepted, self)
        self._connections.append(connection)
        return connection

    def left(self, connection: "StreamConnection") -> None:
        self._connections.remove(connection)

    def free_places(self) -> int:
        """How many more connections may authenticate."""
        return self.books.options.connections_max - sum(one.authenticated for one in self._connections)

    def refusal(self, request: Authentication, now_ns: int) -> str:
        """The code of why a connection may not authenticate, empty if it may."""
        if not request.app_key:
            return "NO_APP_KEY"
        if not request.session:
            return "NO_SESSION"
        if request.app_key != self.books.options.app_key:
            return "INVALID_APP_KEY"
        if not self.sessions.good(request.session, now_ns):
            return "INVALID_SESSION_INFORMATION"
        return "" if self.free_places() > 0 else "MAX_CONNECTION_LIMIT_EXCEEDED"

    def order_lag(self) -> int:
        """How long the order stream takes to tell of the next change, in ns."""
        lowest, highest = self.books.options.order_lag_ms
        return self._dice.between(lowest * MS, highest * MS)

    def next_deadline(self) -> int | None:
        deadlines = [one.next_deadline() for one in self._connections]
        return min((due for due in deadlines if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        for connection in tuple(self._connections):
            connection.on_time(now_ns)

    def _close_all(self) -> None:
        for connection in tuple(self._connections):
            connection.hang_up()

    def _heard(self, feed: list[VenueMarketId], own: list[VenueMarketId], now_ns: int) -> None:
        for connection in tuple(self._connections):
            connection.heard(feed, own, now_ns)


class StreamConnection:
    """The server's end of one stream."""

    def __init__(self, number: int, hall: Hall) -> None:
        self.authenticated = False
        self._id = f"{number:03d}-{hall.books.options.seed}-{number}"
        self._hall = hall
        self._wire: Wire | None = None
        self._unread = bytearray()
        self._heard_ns = 0
        self._publications: dict[str, Publication] = {}

    # --- from the network and the clock ---

    def connected(self, wire: Wire, now_ns: int) -> None:
        self._wire, self._heard_ns = wire, now_ns
        if self._hall.outage.is_on(now_ns):
            self.hang_up()
            return
        self._write({"op": "connection", "connectionId": self._id})

    def received(self, data: bytes, now_ns: int) -> None:
        self._heard_ns = now_ns
        self._unread += data
        *lines, rest = bytes(self._unread).split(b"\n")
        self._unread = bytearray(rest)
        for line in lines:
            if self._wire is not None and line.strip():
                self._take(line, now_ns)
        if len(self._unread) > LINE_BYTES_MAX:
            self._fail(0, "INVALID_INPUT", "Request is too long")

    def closed(self, reason: str, now_ns: int) -> None:
        if self._wire is not None:
            self._leave()

    def next_deadline(self) -> int | None:
        if self._wire is None:
            return None
        if not self._publications:
            return self._heard_ns + IDLE_MS * MS
        return min(one.next_deadline() for one in self._publications.values())

    def on_time(self, now_ns: int) -> None:
        for publication in tuple(self._publications.values()):
            publication.on_time(now_ns)
        if not self._publications and now_ns >= self._heard_ns + IDLE_MS * MS:
            self._fail(None, "TIMEOUT", f"Connection is not subscribed and is idle: {IDLE_MS} ms")

    def heard(self, feed: list[VenueMarketId], own: list[VenueMarketId], now_ns: int) -> None:
        """Something happened at the exchange."""
        for op, markets in (("mcm", feed), ("ocm", own)):
            if markets and op in self._publications:
                self._publications[op].touch(markets, now_ns)

    # --- requests ---

    def _take(self, line: bytes, now_ns: int) -> None:
        try:
            request = REQUESTS.decode(line)
        except msgspec.ValidationError as error:
            unknown = "`$.op`" in str(error) or "`op`" in str(error)
            self._fail(request_id(line), "INVALID_REQUEST" if unknown else "INVALID_INPUT", str(error))
        except msgspec.DecodeError as error:
            self._fail(0, "INVALID_INPUT", str(error))
        else:
            if isinstance(request, Heartbeat):
                self._write(succeeded(request.id))
            elif isinstance(request, Authentication):
                self._authenticate(request, now_ns)
            elif self.authenticated:
                self._subscribe(request, now_ns)
            else:
                self._fail(request.id, "NOT_AUTHORIZED", "Connection is not authenticated")

    def _authenticate(self, request: Authentication, now_ns: int) -> None:
        refused = "INVALID_REQUEST" if self.authenticated else self._hall.refusal(request, now_ns)
        if refused:
            self._fail(request.id, refused, f"Authentication refused: {refused}")
            return
        self.authenticated = True
        self._write(succeeded(request.id) | {"connectionsAvailable": self._hall.free_places()})

    def _subscribe(self, request: Subscription, now_ns: int) -> None:
        books = self._hall.books
        feed = feed_of(books, request)
        if isinstance(feed, str):
            self._fail(request.id, feed, "Subscription refused")
            return
        initial = initial_clock(msgspec.json.encode([feed.op, feed.criteria]), books.options.seed)
        publication = Publication(
            books,
            feed,
            agreement_on(request, initial_clk=initial, lag=self._hall.order_lag if feed.op == "ocm" else no_lag),
            faults=self._hall.faults,
            write=self._write_news,
            backlog=lambda: backlog(self._wire),
        )
        goes_on = bool(request.clk or request.initial_clk)
        if goes_on and (request.initial_clk != initial or not publication.knows(request.clk)):
            self._fail(request.id, "INVALID_CLOCK", "Clocks are not of this subscription")
            return
        self._write(succeeded(request.id))
        self._publications[feed.op] = publication
        publication.start(request.clk, now_ns)

    # --- answers ---

    def _fail(self, request_id: int | None, code: str, message: str) -> None:
        """Refuse; all but one refusal end the connection."""
        closes = code != "SUBSCRIPTION_LIMIT_EXCEEDED"
        status: dict[str, Any] = {"op": "status"} | ({} if request_id is None else {"id": request_id})
        status |= {"statusCode": "FAILURE", "errorCode": code, "errorMessage": message}
        self._write(status | {"connectionClosed": closes, "connectionId": self._id})
        if closes:
            self.hang_up()

    def _write(self, message: dict[str, Any]) -> None:
        if self._wire is not None:
            self._wire.write(msgspec.json.encode(message) + b"\r\n")

    def _write_news(self, message: dict[str, Any], now_ns: int) -> None:
        """A message of a feed: the one kind in whose middle the connection may break."""
        entity = f"{self._hall.books.exchange.options.venue} stream"
        doing = "orders" if message["op"] == "ocm" else "books"
        if self._wire is not None and self._hall.faults.strikes(Danger.FEED_CUT, entity, doing):
            data = msgspec.json.encode(message)
            self._wire.write(data[: self._hall.faults.below(len(data), entity)])
            self.hang_up()
            return
        self._write(message)

    def hang_up(self) -> None:
        """The connection ends from our side."""
        if self._wire is not None:
            self._wire.close()
            self._leave()

    def _leave(self) -> None:
        self._wire = None
        self.authenticated = False
        self._publications.clear()
        self._hall.left(self)


def succeeded(request_id: int) -> dict[str, Any]:
    """The good status."""
    return {"op": "status", "id": request_id, "statusCode": "SUCCESS", "connectionClosed": False}


def no_lag() -> int:
    """The market stream tells at once."""
    return 0


def backlog(wire: Wire | None) -> int:
    """Bytes that the other side has not taken yet, where the wire can tell."""
    tell: Callable[[], int] | None = getattr(wire, "backlog_bytes", None)
    return 0 if tell is None else tell()
