"""Room that a run holds on its disk, given up when the disk is full: what must still be written finds a place."""

import errno
from collections.abc import Callable
from pathlib import Path

RESERVE = "journal.reserve"

RESERVE_BYTES = 8 * 1024 * 1024
"""Enough for the cancels of every open order, the rounds that prove them, and the run's summary."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class NoRoom(Exception):
    """The disk has not the room that a run holds back; the message says where, and how much that is."""


class Reserve:
    """One file beside the journal; `told` hears once that it was given up."""

    def __init__(self, folder: Path, told: Callable[[], None]) -> None:
        self._path = folder / RESERVE
        self._told = told
        self._held = False

    def hold(self) -> None:
        """Take the room, or find what a run that died has left. Raises NoRoom; a disk that holds nothing has none."""
        try:
            self._path.write_bytes(bytes(RESERVE_BYTES))
            self._held = True
        except OSError as error:
            self._path.unlink(missing_ok=True)
            if error.errno in FULL:
                raise NoRoom(
                    f"{self._path.parent}: the disk has no {RESERVE_BYTES >> 20} MB left, which a run keeps back for "
                    "its last cancels; make room, or name another folder with --runs"
                ) from error

    def makes_room(self, error: OSError) -> bool:
        """Whether a write that failed may be tried again, since the room is free now."""
        if error.errno not in FULL or not self.release():
            return False
        self._told()
        return True

    def release(self) -> bool:
        """Give the room back; whether there was any."""
        held, self._held = self._held, False
        if held:
            self._path.unlink(missing_ok=True)
        return held
