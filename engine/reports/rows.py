"""What a report is made of: a run's rows as of one moment, out of its tables, or out of its journal without any."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from domain.breaks import BalanceCompared
from domain.ids import InstrumentId, MarketId
from domain.inside import CrossedInside
from domain.markets import Event, Instrument, Market
from domain.marks import FairsTaken, FillsMarked
from domain.messages import Journalled, MarketSettled, Record, RunResumed, RunStarted
from domain.stops import AlertRaised
from engine.projecting import Projection
from engine.projecting_door import project_run
from engine.replay import Fold, NotFound, first_of, uncollected
from storage.database import Database, default_url
from storage.journal import START, Place
from storage.projector import Rows
from storage.queries import Found, Queries, Wanted, in_key_order, without_run

B = TypeVar("B")

KINDS = tuple(
    kind.__name__
    for kind in (
        RunStarted,
        RunResumed,
        MarketSettled,
        FillsMarked,
        FairsTaken,
        AlertRaised,
        CrossedInside,
        BalanceCompared,
    )
)
"""Records whose own words a report needs beside the tables."""

TABLES = (
    "runs events markets instruments decisions refusals orders order_events fills postings settlements breaks "
    "recon_rounds balance_reports transfers suspense limit_uses account_lines"
).split()

WANTED: Wanted = {**{name: {} for name in TABLES}, "records": {"kind": KINDS}, "projections": {}}
EVERY_RECORD: Wanted = {**WANTED, "records": {}}

NS = 1_000_000_000
DAY_NS = 86_400 * NS

_body = msgspec.json.Decoder(Journalled)


class RunRows:
    """The rows of one run, each table in the order of its key."""

    def __init__(self, run: str, rows: Mapping[str, Sequence[Found]], *, records: int, head: str) -> None:
        """`records` is how many records of the journal they are made of, `head` its chain's head there."""
        self.run = run
        self.records = records
        self.head = head
        self._rows = rows
        self._bodies: dict[int, Journalled] = {}
        self.started = next(body for _, body in self.said(RunStarted))
        self.events: dict[str, Event] = {event.id: event for event in self.started.events}
        self.markets: dict[MarketId, Market] = {market.id: market for market in self.started.markets}
        self.instruments: dict[InstrumentId, Instrument] = {
            row["instrument"]: msgspec.json.decode(row["body"], type=Instrument) for row in self.table("instruments")
        }
        self.venue_markets: dict[tuple[str, str], list[Instrument]] = defaultdict(list)
        for instrument in self.instruments.values():
            self.venue_markets[instrument.listing.venue, instrument.listing.venue_market].append(instrument)

    def table(self, name: str) -> Sequence[Found]:
        """All rows of a table."""
        return self._rows.get(name, ())

    def said(self, kind: type[B]) -> Iterator[tuple[Found, B]]:
        """The records of one kind with what they say; the kind must be among `KINDS`, or every record was asked for."""
        for row in self.table("records"):
            if row["kind"] == kind.__name__:
                body = self.body(row)
                assert isinstance(body, kind), f"record {row['seq']} is no {kind.__name__}"
                yield row, body

    def body(self, row: Found) -> Journalled:
        """What a record says."""
        found = self._bodies.get(row["seq"])
        if found is None:
            found = self._bodies[row["seq"]] = _body.decode(row["body"])
        return found

    def record(self, row: Found) -> Record:
        """A record as the journal holds it."""
        return Record(row["seq"], row["wall_ns"], row["monotonic_ns"], self.body(row))

    def event_of(self, instrument: InstrumentId) -> str:
        """The event that an instrument is about."""
        return self.markets[self.instruments[instrument].listing.market].event

    @property
    def last_ns(self) -> int:
        """The time of the last thing that a report tells; the same whichever records were asked for."""
        named = ("order_events", "postings", "recon_rounds", "refusals", "decisions")
        times = [row["wall_ns"] for name in named for row in self.table(name)[-1:]]
        times += [max(row["found_ns"], row["healed_ns"] or 0) for row in self.table("breaks")]
        last: int = max([self.table("runs")[0]["started_ns"], *times])
        return last

    def days(self) -> range:
        """The UTC days of the run, counted from 1970."""
        first: int = self.table("runs")[0]["started_ns"]
        return range(first // DAY_NS, self.last_ns // DAY_NS + 1)


def of_tables(run: Path, url: str, *, wanted: Wanted = WANTED) -> RunRows:
    """A run's rows out of its tables, which are brought up to its journal first.

    `url` is empty for the run's own file. Raises as `project_run`.
    """
    started = first_of(run)
    if started is None:
        raise NotFound(f"{run} holds no records: name the folder of a run")
    project_run(run, url, follow=False, rebuild=False, outbox=False)
    rows = asyncio.run(_fetch(started.run, url or default_url(run), wanted))
    (place,) = rows["projections"]
    return RunRows(started.run, rows, records=place["seq"], head=place["head"])


def of_journal(run: Path, *, records: int = 0, wanted: Wanted = WANTED) -> RunRows:
    """A run's rows made from its journal alone, up to record `records` where it is above 0.

    Raises NotFound, JournalDamaged, DigestDiffers.
    """
    if not run.is_dir():
        raise NotFound(f"{run} is not a folder: name the folder of a run")
    fold, projection, made = Fold(run), Projection(), Rows()
    until: Place = START
    with uncollected():
        for step in fold.steps():  # to its end, so that the whole chain is checked
            if not records or step.record.seq <= records:
                projection.take(step)
                until = step.place
            if step.record.seq == records:
                made = projection.rows()  # before the state goes on
    if until.seq < max(1, records):
        raise NotFound(
            f"{run} holds {until.seq} records: name the folder of the run that has {max(1, records)} of them"
        )
    if not made.added:
        made = projection.rows()
    made = made.settled()
    rows = {
        name: in_key_order(name, [row for row in map(without_run, made.added.get(name, ())) if _is_wanted(row, where)])
        for name, where in wanted.items()
        if name != "projections"
    }
    assert fold.state is not None, "records were read and made no state"
    return RunRows(fold.state.started.run, rows, records=until.seq, head=until.head.hex())


async def _fetch(run: str, url: str, wanted: Wanted) -> dict[str, list[Found]]:
    database = Database(url, reading=True)
    try:
        return await Queries(database).fetch_rows(run, wanted)
    finally:
        await database.run_close()


def _is_wanted(row: Found, where: Mapping[str, Any]) -> bool:
    return all(row[column] in values for column, values in where.items())
