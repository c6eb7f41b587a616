"""A projector killed again and again while its journal is written: `python -m tests.storage.killed URL RUN KILLS`.

Each child is forked from a process that has everything loaded, so that a kill costs milliseconds.
"""

import asyncio
import os
import random
import signal
import sys
import time
from pathlib import Path

from engine.projecting_door import Projecting
from storage.database import Database
from storage.migrate import run_migrations
from storage.projector import Projector
from tests.engine.runs import Live
from tests.storage.long_runs import bodies

BATCH = 5
"""Small, so that most of a child's time is inside a transaction."""


def main(url: str, run: Path, kills: int, seed: int) -> None:
    """Write the journal bit by bit; between two bits a projector lives for some milliseconds."""
    chance = random.Random(seed)
    asyncio.run(_run_made(url))
    live = Live(run, digest_every=50)
    whole = [*bodies(max(20, kills * 4))]
    share = len(whole) // kills + 1
    cut_short = 0
    for n in range(kills):
        live.record(*whole[n * share : (n + 1) * share])
        cut_short += _killed(url, run, after_s=chance.uniform(0.01, 0.3))
    live.journal.close()
    reached = asyncio.run(_run_looking(url))
    asyncio.run(_run_projecting(url, run))
    print(f"{kills} kills, {cut_short} of them in mid-work; theirs are the rows up to {reached} of {live.journal.seq}")


def _killed(url: str, run: Path, *, after_s: float) -> bool:
    """Whether the projector was still at work when it was killed."""
    child = os.fork()
    if child == 0:
        asyncio.run(_run_projecting(url, run))
        os._exit(0)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


async def _run_made(url: str) -> None:
    database = Database(url)
    await run_migrations(database)
    await database.run_close()


async def _run_looking(url: str) -> int:
    database = Database(url)
    place = await Projector(database).fetch_place("trial")
    await database.run_close()
    return place.seq


async def _run_projecting(url: str, run: Path) -> None:
    database = Database(url)
    await Projecting(run, database, follow=False, batch_max=BATCH).run()
    await database.run_close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), seed=int(sys.argv[4]) if len(sys.argv) > 4 else 1)
