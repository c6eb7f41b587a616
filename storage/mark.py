"""The head mark: the number of a journal's last record and the chain's head there, twice, in a page beside it.

While records are written its halves take turns, each with the number at both ends, so that of a process that was
killed within such a write the other half still stands. Words of eight bytes are written whole: the half that was torn
begins with the number of a record that the journal has and the other half does not, and ends with an earlier one.
Whoever opens or closes a journal writes both halves alike, in one call of the kernel, which a kill cannot tear. So
nothing else that cannot be read, and no half that the chain contradicts, is left by a death: it was changed.
"""

import mmap
import os
import struct
from itertools import cycle
from pathlib import Path

import msgspec

from storage.encoding import DIGEST_SIZE
from storage.segments import JournalDamaged

NAME = "journal.head"

_WORD = struct.Struct("<Q")
_HALF = struct.Struct(f"<Q{DIGEST_SIZE}sQ")
_SIZE = 2 * _HALF.size
_HALVES = [
    (slice(at, at + 8), slice(at + 8, at + 8 + DIGEST_SIZE), slice(at + 8 + DIGEST_SIZE, at + _HALF.size))
    for at in (0, _HALF.size)
]
"""Of each half its number, the head, and the number again."""


class Position(msgspec.Struct, frozen=True):
    """A place in a journal: records so far, and the chain's head after the last of them."""

    seq: int
    head: bytes


class HeadMark:
    """The writer's hold on a journal's mark."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError."""
        self._fd = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(self._fd).st_size < _SIZE:
                os.ftruncate(self._fd, _SIZE)
            self._page = mmap.mmap(self._fd, _SIZE)
        except OSError:
            os.close(self._fd)
            raise
        self._turns = cycle(_HALVES)
        self._seq = -1

    def set(self, seq: int, head: bytes) -> None:
        """Name the last record, in the half whose turn it is; named already, it stays."""
        if seq == self._seq:
            return
        self._seq = seq
        page, number, (first, between, again) = self._page, _WORD.pack(seq), next(self._turns)
        page[first] = number  # one by one, for `pack_into` wipes the half first, and not in one store
        page[between] = head
        page[again] = number

    def settle(self, seq: int, head: bytes) -> None:
        """Name the last record in both halves."""
        self._seq = seq
        os.pwrite(self._fd, _HALF.pack(seq, head, seq) * 2, 0)

    def flush(self) -> None:
        """Wait until the mark survives a power cut."""
        self._page.flush()

    def release(self) -> None:
        """Let the page go as it is."""
        self._page.close()
        os.close(self._fd)


class Mark(msgspec.Struct, frozen=True):
    """What a reader finds: `named` by the halves that can be read, and first and last number of those that cannot."""

    folder: Path
    named: tuple[Position, ...]
    torn: tuple[tuple[int, int], ...]

    @property
    def last(self) -> Position:
        """The latest record that it names."""
        return max(self.named, key=lambda position: position.seq)

    def check(self, heads: dict[int, bytes]) -> None:
        """Hold it against the chain's heads behind the records that it names, as far as they are known.

        Raises JournalDamaged.
        """
        wrong = [one.seq for one in self.named if heads.get(one.seq, one.head) != one.head]
        if wrong and any(one.head == heads.get(self.last.seq) for one in self.named):
            raise JournalDamaged(
                f"{self.folder / NAME}: the half that names record {wrong[0]} was changed: the chain says "
                "otherwise, and the other half goes with the chain"
            )
        if wrong:
            raise JournalDamaged(f"{self.folder}: record {min(wrong)} is not the one that the head mark names")

    def check_end(self, seq: int) -> None:
        """Hold it against the number of the journal's last record. Raises JournalDamaged."""
        last = self.last.seq
        if last > seq:
            raise JournalDamaged(
                f"{self.folder}: the tail is cut: the head mark names record {last}, the last is {seq}"
            )
        for first, again in self.torn:
            if not (last < first <= seq and again < first):
                raise JournalDamaged(
                    f"{self.folder / NAME}: one half was changed: it names record {first} at its beginning and "
                    f"{again} at its end, which no death leaves; the other names {last}, and the journal has {seq}"
                )


def read_mark(folder: Path) -> Mark | None:
    """A journal's mark, None where there is none. An untouched half names the beginning. Raises JournalDamaged."""
    path = folder / NAME
    if not path.exists():
        return None
    data = path.read_bytes()
    while (again := path.read_bytes()) != data:  # it was written meanwhile
        data = again
    if len(data) < _SIZE:
        return None
    halves = list(_HALF.iter_unpack(data[:_SIZE]))
    named = tuple(Position(first, head) for first, head, again in halves if first == again)
    if not named:
        raise JournalDamaged(f"{path}: neither half of the head mark can be read")
    return Mark(folder, named, tuple((first, again) for first, _, again in halves if first != again))
