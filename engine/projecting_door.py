"""A run's journal on its way into SQL tables, in a process of its own: `project RUN`."""

import asyncio
import signal
import sys
from contextlib import suppress
from itertools import islice
from pathlib import Path

from engine.projected import Projected
from engine.projecting import Projection
from engine.replay import Fold, NotFound, first_of
from engine.snapshot import Remembered, remembered, take_snapshot
from storage.database import Database, default_url, warning
from storage.failures import DatabaseFailed, ProjectionMoved
from storage.graph import NotKept
from storage.journal import START, Place
from storage.migrate import run_migrations
from storage.projector import Projector, Rows
from storage.snapshots import Sealed

BATCH_MAX = 2_000
"""Records of one transaction."""

LOOK_S = 0.1
"""How often a projector that follows looks for new records."""

SNAPSHOT_EVERY = 50_000
"""Records between two snapshots of the state, which let whoever starts later read only what follows them."""

AGAIN_S = 1.0
"""How long it waits before it asks a database again that did not answer."""


class Projecting:
    """One run's journal on its way into one database."""

    def __init__(
        self,
        run: Path,
        database: Database,
        *,
        follow: bool,
        outbox: bool = False,
        batch_max: int = BATCH_MAX,
        again_s: float = AGAIN_S,
    ) -> None:
        self._run = run
        self._database = database
        self._projector = Projector(database)
        self._follow = follow
        self._outbox = outbox
        self._batch_max = batch_max
        self._again_s = again_s
        self._ended = asyncio.Event()
        self.written = 0
        self._kept = 0
        self._sealed: tuple[Sealed, ...] = ()

    def end(self) -> None:
        """Stop behind the batch that is under way."""
        self._ended.set()

    async def run(self, *, rebuild: bool = False) -> Projected:
        """Write what is not written yet, then what comes. Raises as `Fold.steps`, NotFound and the storage's errors."""
        await run_migrations(self._database)
        name = await self._run_naming()
        if rebuild:
            await self._projector.send_away(name)
        since = await self._projector.fetch_place(name)
        found, projection = self._caught_up(since)
        fold = Fold(self._run, since=found.place, state=found.state)
        steps = fold.steps()
        while not self._ended.is_set():
            for step in islice(steps, self._batch_max):
                projection.take(step)
                found.take(step)
            if fold.place.seq > since.seq:
                await self._run_sending(name, projection.rows(), since, fold.place)
                since = fold.place
                self._keep(found)
            elif not self._follow:
                break
            else:
                await self._run_waiting(LOOK_S)
                steps = fold.steps()
        return Projected(name, self._database.name, self.written, since.seq)

    def _keep(self, found: Remembered) -> None:
        """Take a snapshot when it is time for one; without room for it there is none."""
        if found.place.seq - self._kept >= SNAPSHOT_EVERY:
            self._kept = found.place.seq
            try:
                self._sealed = take_snapshot(self._run, found, self._sealed)
            except (NotKept, OSError) as error:
                print(f"crossbook: no snapshot at record {found.place.seq}: {error}", file=sys.stderr)

    def _caught_up(self, since: Place) -> tuple[Remembered, Projection]:
        """The state that the tables stand at. Raises ProjectionMoved where they do not belong to this journal."""
        if since == START:
            return Remembered(START, None, None), Projection(outbox=self._outbox)
        found = remembered(self._run, seq_max=since.seq)
        self._kept = found.place.seq
        if found.place.seq < since.seq:
            for step in Fold(self._run, since=found.place, state=found.state).steps():
                found.take(step)
                if found.place.seq == since.seq:
                    break
        if found.place != since:
            raise ProjectionMoved(f"the tables stand at record {since.seq} of another journal than {self._run}")
        return found, Projection(found.state, outbox=self._outbox)

    async def _run_naming(self) -> str:
        """The run's name from its first record, once that is there."""
        while True:
            started = first_of(self._run)
            if started is not None:
                return started.run
            if not self._follow or self._ended.is_set():
                raise NotFound(f"{self._run} holds no records: name the folder of a run")
            await self._run_waiting(LOOK_S)

    async def _run_sending(self, name: str, rows: Rows, since: Place, until: Place) -> None:
        """Write one batch; where the database did not say whether it has it, ask for the place that it stands at."""
        while True:
            try:
                await self._projector.send(name, rows, since=since, until=until)
                break
            except DatabaseFailed as error:
                if not self._follow or self._ended.is_set():
                    raise
                print(f"crossbook: {error}; asking again", file=sys.stderr)
            if await self._run_asking(name) == until:
                break
        self.written += until.seq - since.seq

    async def _run_asking(self, name: str) -> Place | None:
        """Where a database that failed stands, once it answers; None when the end is asked for before."""
        while not self._ended.is_set():
            await self._run_waiting(self._again_s)
            with suppress(DatabaseFailed):
                return await self._projector.fetch_place(name)
        return None

    async def _run_waiting(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()


def project_run(run: Path, url: str, *, follow: bool, rebuild: bool, outbox: bool) -> Projected:
    """The door `project RUN`; `url` is empty for the run's own file. Raises as `Projecting`."""
    url = url or default_url(run)
    if told := warning(url):
        print(f"crossbook: {told}", file=sys.stderr)
    return asyncio.run(_run_project(run, url, follow=follow, rebuild=rebuild, outbox=outbox))


async def _run_project(run: Path, url: str, *, follow: bool, rebuild: bool, outbox: bool) -> Projected:
    database = Database(url)
    projecting = Projecting(run, database, follow=follow, outbox=outbox)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, projecting.end)
    try:
        return await projecting.run(rebuild=rebuild)
    finally:
        await database.run_close()
