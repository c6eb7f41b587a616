"""What a process of exchanges was told, in order, on disk: whoever is told the same again becomes what it was.

The exchanges are made of a seed and of what they hear, and of nothing else: bytes, connections that come and go, and
the moments at which they looked at the clock. Each is written down before it is acted on, so that a process that was
killed leaves everything behind that it had done. A line that was cut off by its death was not acted on.

    diary = Diary(path); diary.note(Kind.HEARD, at_ns, connection, data)
    Past(timed, servers).relive(entries(path))
"""

import enum
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from struct import Struct
from typing import NamedTuple, Protocol

from venues.base import Peer, Server

_HEAD = Struct("<BQII")


class Timed(Protocol):
    """Whatever wants to be called at a time: a server, or the world behind it."""

    def next_deadline(self) -> int | None: ...

    def on_time(self, now_ns: int) -> None: ...


class Kind(enum.IntEnum):
    """What was told."""

    LOOKED = 0
    """Somebody was due."""
    OPENED = 1
    """A connection came in at the port whose number is the data."""
    HEARD = 2
    """The data came in on a connection."""
    CLOSED = 3
    """The other side of a connection went; the data says why."""
    LAGGED = 4
    """Somebody asked how much of a connection was still unread; the data is the number of bytes."""
    STOPPED = 5
    """The world was to stand still."""


class Entry(NamedTuple):
    """One line. `at_ns` is monotonic; `connection` counts over all ports, 0 where none is meant."""

    kind: Kind
    at_ns: int
    connection: int = 0
    data: bytes = b""


class Diary:
    """Writes at the end of a file that only its owner reads, for what clients say holds their secrets."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, kind: Kind, at_ns: int, connection: int = 0, data: bytes = b"") -> None:
        """One line, with the system when this returns. Raises OSError."""
        line = _HEAD.pack(kind, at_ns, connection, len(data)) + data
        if os.write(self._file, line) < len(line):
            raise OSError("the diary of the exchanges could not be written in full: is the disk full?")

    def close(self) -> None:
        os.close(self._file)


def entries(path: Path) -> Iterator[Entry]:
    """Every whole line; what is left of one that was cut off is taken away, so that others can follow."""
    whole = 0
    with path.open("rb") as file:
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            kind, at_ns, connection, length = _HEAD.unpack(head)
            data = file.read(length)
            if len(data) < length:
                break
            whole += len(head) + length
            yield Entry(Kind(kind), at_ns, connection, data)
    os.truncate(path, whole)


def look(timed: Iterable[Timed], now_ns: int) -> None:
    """Let everything happen that was due until now, in the order of `timed`."""
    for one in timed:
        due = one.next_deadline()
        if due is not None and due <= now_ns:
            one.on_time(now_ns)


class Past:
    """Tells the same again: `timed` and `servers` in the order in which they stood when it was written down.

    Nobody reads what is answered. `stop` makes the world stand still. `last_ns` is the last moment, `connections` how
    many there have been.
    """

    def __init__(self, timed: Sequence[Timed], servers: Sequence[Server], *, stop: Callable[[int], None]) -> None:
        self.last_ns = 0
        self.connections = 0
        self._timed = timed
        self._servers = servers
        self._stop = stop
        self._peers: dict[int, tuple[Peer, PastWire]] = {}
        self._next: Entry | None = None

    def relive(self, told: Iterable[Entry]) -> list[Entry]:
        """Everything once more. The connections that were open then are gone: what has yet to be said of that."""
        ahead = iter(told)
        self._next = next(ahead, None)
        while (entry := self._next) is not None:
            self._next = next(ahead, None)
            self.last_ns = entry.at_ns
            if entry.kind is Kind.LAGGED:
                raise ValueError("the diary answers a question that nobody asks: it is of another program")
            self._tell(entry, ahead)
        return [Entry(Kind.CLOSED, self.last_ns, n, b"the exchange went down") for n in self._peers if self._hears(n)]

    def tell(self, entries: Iterable[Entry]) -> None:
        """More of the same that was not written yet."""
        for entry in entries:
            self._tell(entry, iter(()))

    def _tell(self, entry: Entry, ahead: Iterator[Entry]) -> None:
        number, at_ns = entry.connection, entry.at_ns
        match entry.kind:
            case Kind.OPENED:
                self.connections = max(self.connections, number)
                wire = PastWire(lambda: self._lag(number, ahead))
                peer = self._servers[int.from_bytes(entry.data)].accept()
                self._peers[number] = peer, wire
                look(self._timed, at_ns)
                peer.connected(wire, at_ns)
            case Kind.HEARD:
                look(self._timed, at_ns)
                self._peers[number][0].received(entry.data, at_ns)
            case Kind.CLOSED:
                look(self._timed, at_ns)
                self._peers.pop(number)[0].closed(entry.data.decode(), at_ns)
            case Kind.STOPPED:
                look(self._timed, at_ns)
                self._stop(at_ns)
            case _:
                look(self._timed, at_ns)

    def _hears(self, number: int) -> bool:
        return self._peers[number][1].open

    def _lag(self, number: int, ahead: Iterator[Entry]) -> int:
        entry = self._next
        if entry is None or entry.kind is not Kind.LAGGED or entry.connection != number:
            return 0
        self._next = next(ahead, None)
        return int.from_bytes(entry.data)


class PastWire:
    """A connection that is over: what is written goes nowhere."""

    def __init__(self, lag: Callable[[], int]) -> None:
        self.open = True
        self._lag = lag

    def write(self, data: bytes) -> None: ...

    def close(self) -> None:
        self.open = False

    def backlog_bytes(self) -> int:
        """What was unread then."""
        return self._lag()
