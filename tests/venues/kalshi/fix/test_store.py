"""The numbers of a session survive the death of its process at any instruction."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tidy.house import ROOT
from tests.venues.kalshi.fix.script import Script
from venues.kalshi.fix.store import FileStore


def test_numbers_are_found_again(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "deep" / "numbers")
    assert (store.next_out, store.next_in) == (1, 1)
    for number in range(2, 30):
        store.save_out(number)
        store.save_in(number * 2)
    store.close()
    again = FileStore(tmp_path / "deep" / "numbers")
    assert (again.next_out, again.next_in) == (29, 58)
    again.close()


def test_a_reset_is_found_again(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "numbers")
    store.save_out(500)
    store.save_out(1)
    store.close()
    assert FileStore(tmp_path / "numbers").next_out == 1


@pytest.mark.parametrize(
    ("tail", "numbers"),
    [
        (b"", (4, 3)),
        (b"O", (4, 3)),
        (b"O 5", (4, 3)),
        (b"O 57 1", (4, 3)),
        (b"O 57 5\n", (4, 3)),
        (b"O 57 1\n", (57, 3)),
        (b"I -1 1\n", (4, 3)),
        (b"X 9 2\n", (4, 3)),
        (b"\xff\xfe\n", (4, 3)),
        (b"\n\n", (4, 3)),
        (b"I 9999999999999999999 2\n", (4, 3)),
    ],
)
def test_a_line_that_is_not_whole_says_nothing(tmp_path: Path, tail: bytes, numbers: tuple[int, int]) -> None:
    path = tmp_path / "numbers"
    path.write_bytes(b"O 1 1\nI 1 1\nO 4 4\nI 3 3\n" + tail)
    store = FileStore(path)
    assert (store.next_out, store.next_in) == numbers
    assert path.read_bytes().count(b"\n") == 2, "the file is short again"


def test_a_long_file_is_written_anew(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "numbers", rows_max=10)
    for number in range(1, 100):
        store.save_out(number)
        assert rows_of(tmp_path / "numbers") <= 10
    store.close()
    assert FileStore(tmp_path / "numbers").next_out == 99


def rows_of(path: Path) -> int:
    return path.read_bytes().count(b"\n")


DYING = """
import os, sys
from pathlib import Path
from tests.venues.kalshi.fix.script import Script
from venues.kalshi.fix.store import FileStore

class Dying(Script):
    def write(self, data):
        if self.session.is_up:
            os.kill(os.getpid(), 9)  # the number is written down, the bytes never leave
        super().write(data)

script = Dying(store=FileStore(Path(sys.argv[1])))
script.play("connect\\n> A\\n< A 34=1 108=30\\n< 8 34=2")
print(script.store.next_out, script.store.next_in, flush=True)
script.play("send D 11=x")
"""


def test_a_kill_between_number_and_wire_leaves_a_gap_that_is_filled_and_no_number_used_twice(tmp_path: Path) -> None:
    path = tmp_path / "numbers"
    died = subprocess.run(
        [sys.executable, "-c", DYING, str(path)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert died.returncode == -9, died.stderr
    assert died.stdout.split() == ["2", "3"]
    store = FileStore(path)
    assert (store.next_out, store.next_in) == (3, 3), "the order's number is used up"
    Script(store=store).play(
        """
        connect
        > A 34=3 -141
        < A 34=3 108=30
        < 2 34=4 7=2 16=0
        > 4 34=2 43=Y 123=Y 36=4
        >
        up
        in 5
        out 4
        """
    )
    store.close()


def test_a_number_is_on_the_disk_before_the_bytes_leave(tmp_path: Path) -> None:
    path = tmp_path / "numbers"
    found: list[bool] = []

    class Looking(Script):
        def write(self, data: bytes) -> None:
            next_out = last_of(path, b"O")
            found.append(f"34={next_out - 1}\x01".encode() in data)
            super().write(data)

    store = FileStore(path)
    Looking(store=store).play("connect\n> A\n< A 34=1 108=30\nsend D 11=x\n> D\nsend F 11=y\n> F\n+ 31\n> 0")
    assert found == [True] * 4
    store.close()


def last_of(path: Path, kind: bytes) -> int:
    return [int(line.split()[1]) for line in path.read_bytes().splitlines() if line.startswith(kind)][-1]
