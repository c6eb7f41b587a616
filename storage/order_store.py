"""Orders that left the engine's memory, in one file beside the journal: found by our ref and by the venue's id.

The file says nothing that the journal does not say. It is begun anew with each process, filled again when a run is
taken up, and read by nobody else; so nothing waits for the disk, and a lost or torn file costs nothing but itself.
While the disk does not take what is written, it stays in memory; what cannot be read is as if it were not there, and
a fact about it is then kept as one about an order that nobody placed.
"""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

STORE_FILE = "orders.sqlite"
BATCH = 100
"""Orders that are written together; until then they are found in memory."""

_SCHEMA = """
CREATE TABLE orders (ref TEXT PRIMARY KEY, venue TEXT NOT NULL, venue_order_id TEXT, body BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX by_venue_id ON orders (venue, venue_order_id) WHERE venue_order_id IS NOT NULL;
"""
_PUT = "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?)"
_BY_REF = "SELECT body FROM orders WHERE ref = ?"
_BY_VENUE_ID = "SELECT body FROM orders WHERE venue = ? AND venue_order_id = ?"

T = TypeVar("T")


class Shelf(Generic[T]):
    """Packed values under two names: our ref, and the venue with its id. What is put again replaces what stood there.

    `pack` and `unpack` turn a value into bytes and back.
    """

    def __init__(self, folder: Path, *, pack: Callable[[T], bytes], unpack: Callable[[bytes], T]) -> None:
        path = folder / STORE_FILE
        path.unlink(missing_ok=True)
        self._pack = pack
        self._unpack = unpack
        self._waiting: dict[str, tuple[str, str, str | None, bytes]] = {}
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = MEMORY")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.executescript(_SCHEMA)

    def put(self, value: T, *, ref: str, venue: str, venue_order_id: str | None) -> None:
        """Keep a value under its names."""
        self._waiting[ref] = ref, venue, venue_order_id, self._pack(value)
        if len(self._waiting) % BATCH == 0:
            self._write()

    def find(self, ref: str) -> T | None:
        """The value that we call so."""
        waiting = self._waiting.get(ref)
        if waiting is not None:
            return self._unpack(waiting[3])
        return self._one(_BY_REF, (ref,))

    def find_by_venue_id(self, venue: str, venue_order_id: str) -> T | None:
        """The value that its venue calls so."""
        for _, at, name, body in self._waiting.values():
            if (at, name) == (venue, venue_order_id):
                return self._unpack(body)
        return self._one(_BY_VENUE_ID, (venue, venue_order_id))

    def values(self) -> Iterator[T]:
        """Every value, in no order."""
        self._write()
        for _, _, _, body in [*self._waiting.values()]:
            yield self._unpack(body)
        for (body,) in self._file.execute("SELECT body FROM orders"):
            yield self._unpack(body)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _write(self) -> None:
        if not self._waiting:
            return
        try:
            self._file.execute("BEGIN")
            self._file.executemany(_PUT, self._waiting.values())
            self._file.execute("COMMIT")
        except sqlite3.Error:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            return
        self._waiting.clear()

    def _one(self, query: str, names: tuple[str, ...]) -> T | None:
        try:
            found = self._file.execute(query, names).fetchone()
        except sqlite3.Error:
            return None
        return None if found is None else self._unpack(found[0])
