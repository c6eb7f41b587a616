"""The simulated venue's FIX port: connections find their sessions by the names in their first message.

The real venue has a port for each session; here the name of the session, which every message carries, is enough.
"""

from venues.base import Wire
from venues.kalshi.fake.auth import Guard
from venues.kalshi.fake.books import Books, News
from venues.kalshi.fake.fix_clerks import TARGETS
from venues.kalshi.fake.fix_room import Room
from venues.kalshi.fake.fix_seats import Seat
from venues.kalshi.fake.limits import Limits
from venues.kalshi.fix import tags
from venues.kalshi.fix.clock import sending_time
from venues.kalshi.fix.codec import Framer, Garbled, Message, Unreadable, encode
from venues.sim.faults import Faults

SECOND = 1_000_000_000
FIRST_NS = 10 * SECOND
"""How long a connection may say nothing."""


class FixPort:
    """A `Server` of FIX."""

    def __init__(self, books: Books, guard: Guard, limits: Limits, faults: Faults) -> None:
        self.room = Room(books, guard, limits, faults)
        self._seats: dict[tuple[str, str], Seat] = {}
        self._strangers: dict[FixConnection, int] = {}
        books.tell.append(self._heard)

    def accept(self) -> "FixConnection":
        return FixConnection(self)

    def next_deadline(self) -> int | None:
        times = [seat.session.next_deadline() for seat in self._seats.values()]
        return min((due for due in (*times, *self._strangers.values()) if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        for seat in [*self._seats.values()]:
            due_ns = seat.session.next_deadline()
            if due_ns is not None and due_ns <= now_ns:
                seat.on_time(now_ns)
        for stranger in [one for one, due_ns in self._strangers.items() if due_ns <= now_ns]:
            stranger.hang_up()

    # --- connections ---

    def arrived(self, connection: "FixConnection", now_ns: int) -> None:
        self._strangers[connection] = now_ns + FIRST_NS

    def left(self, connection: "FixConnection") -> None:
        self._strangers.pop(connection, None)

    def seat(self, key: str, target: str) -> Seat | str:
        """The session of this name for this key, or why it cannot be opened: one connection for each key."""
        if target not in TARGETS:
            return "unknown TargetCompID"
        if any(seat.wire is not None for (owner, _), seat in self._seats.items() if owner == key):
            return "already exists"
        found = self._seats.get((key, target))
        if found is None:
            found = Seat(self.room, key, target)
            if self.room.knows(key):  # strangers leave nothing behind
                if not self._seats:
                    self.room.chronicle.catch_up()
                self._seats[key, target] = found
        return found

    def _heard(self, news: News) -> None:
        if not self._seats:
            return
        told = self.room.chronicle.tell(news)
        self.room.archive.keep(told)
        for seat in [*self._seats.values()]:
            seat.news(told, news)


class FixConnection:
    """One accepted connection: it listens for the first message, and then belongs to a session."""

    def __init__(self, port: FixPort) -> None:
        self._port = port
        self._framer = Framer()
        self._first = bytearray()
        self._wire: Wire | None = None
        self._seat: Seat | None = None

    def connected(self, wire: Wire, now_ns: int) -> None:
        self._wire = wire
        self._port.arrived(self, now_ns)

    def received(self, data: bytes, now_ns: int) -> None:
        if self._seat is not None:
            if self._seat.wire is self._wire:
                self._seat.received(data, now_ns)
            return
        self._first += data
        for frame in self._framer.feed(data):
            if isinstance(frame, Garbled | Unreadable) or frame.type != tags.LOGON:
                self.hang_up()
            else:
                self._meet(frame, now_ns)
            return

    def closed(self, reason: str, now_ns: int) -> None:
        self._port.left(self)
        if self._seat is not None and self._seat.wire is self._wire:
            self._seat.hang_up(now_ns)

    def hang_up(self) -> None:
        """Whoever does not begin with a logon is not answered."""
        self._port.left(self)
        if self._wire is not None:
            self._wire.close()
        self._wire = None

    def _meet(self, logon: Message, now_ns: int) -> None:
        """Find the session, and hand over what was heard."""
        if self._wire is None:
            return
        key, target = logon.get(tags.SENDER) or "", logon.get(tags.TARGET) or ""
        found = self._port.seat(key, target)
        if isinstance(found, str):
            at = sending_time(self._port.room.books.wall_ms(now_ns))
            names = [(tags.SENDER, target or "Kalshi"), (tags.TARGET, key or "?"), (tags.MSG_SEQ_NUM, "1")]
            self._wire.write(encode(tags.LOGOUT, [*names, (tags.SENDING_TIME, at), (tags.TEXT, found)]))
            self.hang_up()
            return
        self._port.left(self)
        self._seat = found
        found.connected(self._wire, now_ns)
        found.received(bytes(self._first), now_ns)
        self._first.clear()
