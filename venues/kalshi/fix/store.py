"""The two numbers of a session, kept so that a process that dies at any instruction finds them again.

A number is written down before the bytes that carry it leave, so that no number is ever used for two messages. A
process that dies between the two has used a number for nothing: the other side sees a gap, asks for it, and is told
that there was nothing to repeat. A number of theirs is written down after its message was taken over: a process that
dies between the two takes the message over once more, which changes nothing.

The file is a row of short lines, `O 12` for our next number and `I 7` for theirs, each with a check digit; the last
whole line of each kind counts. It is written anew when it is opened and when it has grown long.
"""

import os
from pathlib import Path
from typing import Protocol

ROWS_MAX = 100_000
FIRST = 1


class Store(Protocol):
    """Numbers of the next message in each direction."""

    next_out: int
    next_in: int

    def save_out(self, number: int) -> None:
        """From now on this is our next number; it is on its way to the disk when this returns."""

    def save_in(self, number: int) -> None:
        """The same for theirs."""


class MemoryStore:
    """For sessions that begin anew each time."""

    def __init__(self) -> None:
        self.next_out = self.next_in = FIRST

    def save_out(self, number: int) -> None:
        self.next_out = number

    def save_in(self, number: int) -> None:
        self.next_in = number


class FileStore:
    """For sessions that outlive a process. One process at a time may hold a file."""

    def __init__(self, path: Path, *, rows_max: int = ROWS_MAX) -> None:
        self._path = path
        self._rows_max = rows_max
        self.next_out, self.next_in = _read(path)
        self._file = self._begin()

    def save_out(self, number: int) -> None:
        self.next_out = number
        self._append("O", number)

    def save_in(self, number: int) -> None:
        self.next_in = number
        self._append("I", number)

    def close(self) -> None:
        """Let the file go."""
        os.close(self._file)

    def _append(self, kind: str, number: int) -> None:
        os.write(self._file, _line(kind, number))
        self._rows += 1
        if self._rows >= self._rows_max:
            os.close(self._file)
            self._file = self._begin()

    def _begin(self) -> int:
        """A short file in place of the long one, whole or not at all."""
        self._rows = 2
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(self._path.name + ".draft")
        draft.write_bytes(_line("O", self.next_out) + _line("I", self.next_in))
        draft.replace(self._path)
        return os.open(self._path, os.O_WRONLY | os.O_APPEND)


def _line(kind: str, number: int) -> bytes:
    return f"{kind} {number} {number % 7}\n".encode()


def _read(path: Path) -> tuple[int, int]:
    """The numbers that a file holds; a line that a death cut short, or that somebody spoiled, says nothing."""
    numbers = {"O": FIRST, "I": FIRST}
    try:
        lines = path.read_text(encoding="ascii", errors="replace").split("\n")[:-1]
    except FileNotFoundError:
        return FIRST, FIRST
    for line in lines:
        kind, _, rest = line.partition(" ")
        number, _, check = rest.partition(" ")
        is_whole = number.isdecimal() and check.isdecimal() and len(number) <= 18
        if kind in numbers and is_whole and int(number) % 7 == int(check):
            numbers[kind] = int(number)
    return numbers["O"], numbers["I"]
