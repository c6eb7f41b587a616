"""Journals written for tests, and two processes that write until they are stopped."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from domain.messages import Journalled
from storage.journal import Journal, Sync, read
from storage.reserve import RESERVE, RESERVE_BYTES, Reserve
from tests.builders import facts, place

STORY: tuple[Journalled, ...] = (place("BACK 10.00 @ 2.04"), *facts("accept v1; fill f1 4; cancel c1; cancelled c1 6"))


def append(journal: Journal, bodies: Iterable[Journalled]) -> None:
    """Append these; record n was known n seconds into the run."""
    for body in bodies:
        second = (journal.seq + 1) * 1_000_000_000
        journal.append(body, wall_ns=1_700_000_000_000_000_000 + second, monotonic_ns=second)


def written(folder: Path, bodies: Iterable[Journalled] = STORY, *, sync: Sync = "process") -> Path:
    """A closed journal of these bodies."""
    journal = Journal(folder, sync=sync)
    append(journal, bodies)
    journal.close()
    return folder


def bodies_of(folder: Path) -> list[Journalled]:
    """What a journal says."""
    return [record.body for record, _ in read(folder)]


def write_until_killed(folder: Path, sync: Sync) -> None:
    """Append for ever, in small segments; each number is told only after its record was acknowledged."""
    journal = Journal(folder, sync=sync, segment_bytes_max=20_000)
    while True:
        append(journal, STORY[:1])
        journal.commit()
        os.write(1, b"%d\n" % journal.seq)


def write_until_full(folder: Path) -> None:
    """Append until the disk is full, which is told by one line, then make room and go on."""
    journal = Journal(folder)
    append(journal, STORY)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
    try:
        while True:
            append(journal, STORY[:1])
    except OSError as error:
        print(f"{journal.seq} {error.strerror}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    append(journal, STORY)
    journal.close()


def write_with_reserve(folder: Path) -> None:
    """Append on a disk of 9 MB until the reserve is given up, and on until it is used up too."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=9m", "tmpfs", str(folder)], check=True)
    given_up: list[int] = []
    journal = Journal(folder, reserve=Reserve(folder, lambda: given_up.append(journal.seq)))
    assert (folder / RESERVE).stat().st_size == RESERVE_BYTES
    try:
        while True:
            append(journal, STORY[:1])
    except OSError as error:
        print(given_up, journal.seq, error.strerror, len(bodies_of(folder)))


if __name__ == "__main__":
    if sys.argv[2] == "reserve":
        write_with_reserve(Path(sys.argv[1]))
    elif sys.argv[2] == "full":
        write_until_full(Path(sys.argv[1]))
    else:
        write_until_killed(Path(sys.argv[1]), "power" if sys.argv[2] == "power" else "process")
