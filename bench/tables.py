"""The projector: what it takes to put a journal into tables, in batches as large as the door's."""

import asyncio
import tempfile
from functools import partial
from pathlib import Path

from bench.measure import Goal, Row, cpu_us, lines, take_turns
from engine.projecting_door import Projecting
from engine.replay import rebuild
from storage.database import Database
from storage.migrate import run_migrations

EVENTS_PER_SECOND = 5_000


def projector_row(rounds: int, run: Path) -> Row:
    """Rows of every table from a journal, against folding its state alone."""
    events = rebuild(run)[1].records

    def folded() -> float:
        began = cpu_us()
        rebuild(run)
        return (cpu_us() - began) / events

    costs = take_turns({"the state alone": folded, "crossbook": partial(projected, run, events)}, rounds)
    found = lines(costs, {"crossbook": Goal(1_000_000 / EVENTS_PER_SECOND, "us")}, ours=["crossbook"])
    speed = f"{1_000_000 / found[1].us.median:,.0f} a second; asked: {EVENTS_PER_SECOND:,}"
    return Row("projector", "an event", found, (f"{events:,} events into SQLite, {speed}",))


def projected(run: Path, events: int) -> float:
    """Microseconds of all threads for one event, the database new and its tables made before."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run_measured(run, f"sqlite:///{Path(folder) / 'tables.sqlite'}")) / events


async def _run_measured(run: Path, url: str) -> float:
    database = Database(url)
    await run_migrations(database)
    began = cpu_us()
    await Projecting(run, database, follow=False).run()
    spent = cpu_us() - began
    await database.run_close()
    return spent
