"""What left the engine's memory, in a file beside the journal: found by its name and under each of its keys.

The file says nothing that the journal does not say. It is begun anew with each process, filled again when a run is
taken up, and read by nobody else; so nothing waits for the disk, and a lost or torn file costs nothing but itself.
While the disk does not take what is written, it stays in memory; what cannot be read is as if it were not there, and
a fact about it is then kept as one about something that nobody knows.
"""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

BATCH = 100
"""Values that are written together; until then they are found in memory."""

_SCHEMA = """
CREATE TABLE shelf (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, body BLOB NOT NULL);
CREATE TABLE keys (key TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (key, name)) WITHOUT ROWID;
"""
_PUT = "INSERT INTO shelf (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body"
_PUT_KEY = "INSERT OR IGNORE INTO keys VALUES (?, ?)"
_BY_NAME = "SELECT name, body FROM shelf WHERE name = ?"
_BY_KEY = "SELECT name, body FROM keys JOIN shelf USING (name) WHERE key = ? ORDER BY number"

T = TypeVar("T")


class Shelf(Generic[T]):
    """Packed values, each under one name of its own and any number of keys that others may have too.

    What is put under a name again replaces what stood there; it is still found under the keys it had before.
    `pack` and `unpack` turn a value into bytes and back.
    """

    def __init__(self, path: Path, *, pack: Callable[[T], bytes], unpack: Callable[[bytes], T]) -> None:
        path.unlink(missing_ok=True)
        self._pack = pack
        self._unpack = unpack
        self._waiting: dict[str, tuple[bytes, tuple[str, ...]]] = {}
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = MEMORY")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.executescript(_SCHEMA)

    def put(self, value: T, name: str, keys: tuple[str, ...] = ()) -> None:
        """Keep a value under its name and keys."""
        before = self._waiting.pop(name, None)
        self._waiting[name] = self._pack(value), keys if before is None else (*before[1], *keys)
        if len(self._waiting) % BATCH == 0:
            self._write()

    def find(self, name: str) -> T | None:
        """The value of a name."""
        waiting = self._waiting.get(name)
        if waiting is not None:
            return self._unpack(waiting[0])
        return next((self._unpack(body) for _, body in self._read(_BY_NAME, name)), None)

    def under(self, key: str) -> list[T]:
        """The values of a key, in the order in which they were first put."""
        found = dict(self._read(_BY_KEY, key))
        for name, (body, keys) in self._waiting.items():
            if key in keys or name in found:
                found[name] = body
        return [self._unpack(body) for body in found.values()]

    def values(self) -> Iterator[T]:
        """Every value, in no order."""
        self._write()
        for body, _ in [*self._waiting.values()]:
            yield self._unpack(body)
        for (body,) in self._file.execute("SELECT body FROM shelf"):
            yield self._unpack(body)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _write(self) -> None:
        if not self._waiting:
            return
        keys = [(key, name) for name, (_, those) in self._waiting.items() for key in those]
        try:
            self._file.execute("BEGIN")
            self._file.executemany(_PUT, [(name, body) for name, (body, _) in self._waiting.items()])
            self._file.executemany(_PUT_KEY, keys)
            self._file.execute("COMMIT")
        except sqlite3.Error:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            return
        self._waiting.clear()

    def _read(self, query: str, asked: str) -> list[tuple[str, bytes]]:
        try:
            return self._file.execute(query, (asked,)).fetchall()
        except sqlite3.Error:
            return []
