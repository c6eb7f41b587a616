"""A projector killed again and again while its journal is written: `python -m tests.storage.killed KILLS`.

Each child is forked from a process that has everything loaded, so that a kill costs milliseconds.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from engine.projecting_door import Projecting
from storage.database import Database
from storage.migrate import run_migrations
from storage.projector import Projector
from tests.engine.runs import Live
from tests.storage import postgres
from tests.storage.conftest import REQUIRE_ENV
from tests.storage.long_runs import bodies
from tests.storage.projections import projected, tables_digest

BATCH = 5
"""Small, so that most of a child's time is inside a transaction."""


def main() -> int:
    """As many kills as asked for, over SQLite and over a PostgreSQL of our own, or over the one database named."""
    parser = argparse.ArgumentParser(prog="python -m tests.storage.killed", description=__doc__)
    parser.add_argument("kills", type=int, metavar="KILLS")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", default="", help="an empty database instead of those of its own")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        urls = [chosen.url or f"sqlite:///{folder}/killed.sqlite"]
        server = None if chosen.url else servers.enter_context(postgres.running())
        if server is not None:
            urls.append(server.url)
        elif not chosen.url:
            print("no PostgreSQL here: over SQLite alone")
        kept = [_keeps_all(url, Path(folder) / f"run-{n}", chosen.kills, chosen.seed) for n, url in enumerate(urls)]
    lacking = server is None and not chosen.url and "postgres" in os.environ.get(REQUIRE_ENV, "").split(",")
    return 0 if all(kept) and not lacking else 1


def _keeps_all(url: str, run: Path, kills: int, seed: int) -> bool:
    """Kill and kill again; whether the rows are in the end those of a projector that nobody disturbed."""
    cut_short, reached, records = _tried(url, run, kills, seed)
    undisturbed = f"sqlite:///{run}.sqlite"
    projected(run, undisturbed)
    is_equal = tables_digest(url) == tables_digest(undisturbed)
    said = "equal to an undisturbed one's" if is_equal else "NOT those of an undisturbed one"
    print(
        f"{url.partition(':')[0]}: {kills} kills, {cut_short} of them in mid-work; theirs are the rows up to {reached} "
        f"of {records}; all rows {said}",
        flush=True,
    )
    return is_equal


def _tried(url: str, run: Path, kills: int, seed: int) -> tuple[int, int, int]:
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
    return cut_short, reached, live.journal.seq


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
    sys.exit(main())
