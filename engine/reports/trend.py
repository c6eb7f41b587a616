"""How breaks went: one row for each day of each run, of this one and of those before it whose tables are there."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from desk.reports.books import Trend
from engine.reports.rows import DAY_NS, RunRows
from engine.reports.told import day_name
from storage.database import TABLES_FILE, Database, default_url
from storage.failures import DatabaseFailed
from storage.queries import Found, Queries, Wanted

EARLIER_MAX = 30
"""So many runs before this one are told of."""

ASKED: Wanted = {"runs": {}, "breaks": {}, "recon_rounds": {}}

Told = tuple[str, dict[str, list[Found]]]
"""A run and its rows."""


def days_of(rows: RunRows, until_ns: int) -> list[Trend]:
    """This run's days that began before a moment."""
    return _days(rows.run, rows.table("runs")[0], rows.table("breaks"), rows.table("recon_rounds"), until_ns)


def earlier(run: Path, url: str, rows: RunRows) -> list[Trend]:
    """The days of runs of the same mode that began before this one.

    They are those in the same database, or without a `url` those in folders beside the run's that were projected;
    tables that cannot be read are left out.
    """
    began_ns: int = rows.table("runs")[0]["started_ns"]
    found: list[Trend] = []
    asked = _fetch_runs(url, rows.run) if url else _fetch_beside(_beside(run), rows.run)
    for name, told in asyncio.run(asked):
        (about,) = told["runs"]
        if about["started_ns"] < began_ns and about["mode"] == rows.table("runs")[0]["mode"]:
            found += _days(name, about, told["breaks"], told["recon_rounds"], began_ns)
    return found


def in_order(found: Iterable[Trend]) -> tuple[Trend, ...]:
    """Days as they came."""
    return tuple(sorted(found, key=lambda one: (one.since_ns, one.run)))


def _beside(run: Path) -> list[Path]:
    """Folders of runs beside this one that were projected and bear an earlier name, the latest of them."""
    own = run.absolute()
    found = sorted(path.parent for path in own.parent.glob(f"*/{TABLES_FILE}"))
    return [path for path in found if path.name < own.name][-EARLIER_MAX:]


async def _fetch_beside(folders: Sequence[Path], own: str) -> list[Told]:
    found: list[Told] = []
    for path in folders:
        try:
            found += await _fetch_runs(default_url(path), own)
        except DatabaseFailed:
            continue
    return found


async def _fetch_runs(url: str, own: str) -> list[Told]:
    database = Database(url, reading=True)
    try:
        queries = Queries(database)
        names = await queries.fetch_runs()
        before = names[: names.index(own)] if own in names else names
        return [(name, await queries.fetch_rows(name, ASKED)) for name in before[-EARLIER_MAX:]]
    finally:
        await database.run_close()


def _days(name: str, about: Found, breaks: Sequence[Found], rounds: Sequence[Found], until_ns: int) -> list[Trend]:
    began_ns: int = about["started_ns"]
    times = [max(row["found_ns"], row["healed_ns"] or 0) for row in breaks] + [row["wall_ns"] for row in rounds]
    last = min(max([began_ns, *times]), until_ns - 1) // DAY_NS
    return [_day(name, about, day, breaks, rounds) for day in range(began_ns // DAY_NS, last + 1)]


def _day(name: str, about: Found, day: int, breaks: Sequence[Found], rounds: Sequence[Found]) -> Trend:
    since_ns, until_ns = day * DAY_NS, (day + 1) * DAY_NS
    found = [row for row in breaks if since_ns <= row["found_ns"] < until_ns]
    ended = [row for row in breaks if row["healed_ns"] is not None and since_ns <= row["healed_ns"] < until_ns]
    standing = [
        row
        for row in breaks
        if row["found_ns"] < until_ns and (row["healed_ns"] is None or row["healed_ns"] >= until_ns)
    ]
    return Trend(
        day=day_name(day),
        run=name,
        since_ns=max(since_ns, about["started_ns"]),
        base=about["base"],
        rounds=sum(since_ns <= row["wall_ns"] < until_ns for row in rounds),
        found=len(found),
        found_base_micros=sum(row["money_base_micros"] for row in found),
        ended=len(ended),
        longest_ns=max((row["healed_ns"] - row["found_ns"] for row in ended), default=0),
        standing=len(standing),
        standing_base_micros=sum(row["money_base_micros"] for row in standing),
    )
