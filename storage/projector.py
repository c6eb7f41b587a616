"""Rows into tables: each batch of rows and how far the journal has been read, in one transaction.

A projector that is killed in mid-batch finds its place unmoved and none of the batch's rows. Two on one run cannot both
move its place: the later one is told, and nothing of it stays.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Table, bindparam, case, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Update

from storage.database import Database, upsert
from storage.failures import ProjectionMoved
from storage.journal import START, Place
from storage.tables import (
    account_lines,
    accounts,
    balances,
    breaks,
    clearing,
    instruments,
    limit_uses,
    metadata,
    orders,
    positions,
    projections,
    runs,
    settlements,
    suspense,
    transfers,
)


def plain(text: str) -> str:
    """A text from outside without the one character that PostgreSQL cannot keep."""
    return text.replace("\0", "\ufffd") if "\0" in text else text


Row = dict[str, Any]
"""Column names and values; `run` is added when the row is written."""

STEPS = (
    "state",
    "statement",
    *(f"{step}_{unit}" for step in ("traded", "confirmed", "settled", "paid") for unit in ("seq", "ns")),
)
"""How far a match has come, which amendments move on."""

REPLACED: dict[Table, tuple[str, ...]] = {
    orders: ("placed_seq", "placed_ns"),
    positions: (),
    balances: (),
    instruments: (),
    accounts: (),
    clearing: STEPS,
    suspense: ("opened_ns",),
    transfers: (),
    account_lines: (),
}
"""Tables whose rows change: what comes under a known key replaces it, but for the columns named here."""

HIGHEST: dict[Table, str] = {limit_uses: "used_micros"}
"""Tables whose rows change only where what comes has more in this column."""


class Amendment(msgspec.Struct, frozen=True):
    """A change of a row that an earlier record made: a run that goes on or ends, a break that heals.

    `name` is one of `AMENDMENTS`, `values` are what that one asks for.
    """

    name: str
    values: Row


_OF_RUN = runs.c.run == bindparam("of_run")
_OF_MATCH = (
    clearing.c.run == bindparam("of_run"),
    clearing.c.ref == bindparam("of_ref"),
    clearing.c.fill == bindparam("of_fill"),
)
_IN_MARKET = (
    clearing.c.run == bindparam("of_run"),
    clearing.c.venue == bindparam("of_venue"),
    clearing.c.venue_market == bindparam("of_market"),
)
AMENDMENTS: dict[str, Update] = {
    "resumed": update(runs).where(_OF_RUN).values(resumed=runs.c.resumed + 1, ended_ns=None, ended_reason=""),
    "ended": update(runs).where(_OF_RUN).values(ended_ns=bindparam("at_ns"), ended_reason=bindparam("reason")),
    "confirmed": update(clearing)
    .where(*_OF_MATCH, clearing.c.confirmed_seq.is_(None))
    .values(
        confirmed_seq=bindparam("at_seq"),
        confirmed_ns=bindparam("at_ns"),
        state=case((clearing.c.state == "traded", "confirmed"), else_=clearing.c.state),
    ),
    "annulled": update(clearing).where(*_OF_MATCH).values(state=bindparam("to_state")),
    "settled": update(clearing)
    .where(*_IN_MARKET, clearing.c.traded_seq <= bindparam("at_seq"))
    .values(
        settled_seq=bindparam("at_seq"),
        settled_ns=bindparam("at_ns"),
        statement=bindparam("of_statement"),
        paid_seq=None,
        paid_ns=None,
        state=case((clearing.c.state == "voided", "voided"), else_="settled"),
    ),
    "paid": update(clearing)
    .where(*_IN_MARKET, clearing.c.statement == bindparam("of_statement"), clearing.c.paid_seq.is_(None))
    .values(
        paid_seq=bindparam("at_seq"),
        paid_ns=bindparam("at_ns"),
        state=case((clearing.c.state == "voided", "voided"), else_="paid"),
    ),
    "held_again": update(settlements)
    .where(
        settlements.c.run == bindparam("of_run"),
        settlements.c.venue == bindparam("of_venue"),
        settlements.c.venue_market == bindparam("of_market"),
        settlements.c.statement == bindparam("of_statement"),
    )
    .values(
        expected_micros=bindparam("expected"),
        rounding_max_micros=bindparam("rounding"),
        explained=bindparam("is_explained"),
    ),
}

BREAK_CHANGES = {
    "break_assigned": ("owner",),
    "break_restated": ("money_base_micros", "detail", "apart_micros", "explained_ns", "signed_by"),
    "break_explained": ("explained_ns", "proof", "signed_by"),
    "break_signed": ("signed_by",),
    "break_ended": ("healed_seq", "healed_ns", "proof", "resolution", "closed_by"),
}
"""What changes in the row of a break that stands, by amendment; the new values come under the columns' names."""

AMENDMENTS |= {
    name: update(breaks)
    .where(
        breaks.c.run == bindparam("of_run"),
        breaks.c.venue == bindparam("of_venue"),
        breaks.c.subject == bindparam("of_subject"),
        breaks.c.kind == bindparam("of_kind"),
        breaks.c.found_seq < bindparam("at_seq"),
        breaks.c.healed_seq.is_(None),  # one that was found again after it ended is another row
    )
    .values({column: bindparam(f"to_{column}") for column in columns})
    for name, columns in BREAK_CHANGES.items()
}


class Rows(msgspec.Struct):
    """What a stretch of a journal adds to the tables: rows by table, and amendments in order."""

    added: dict[str, list[Row]] = {}
    amended: list[Amendment] = []

    def settled(self) -> "Rows":
        """The same with every amendment made; for whoever keeps all rows of a run himself."""
        for amendment in self.amended:
            _AMEND[amendment.name](self, amendment.values)
        return Rows(self.added)

    def add(self, table: str, row: Row) -> None:
        """One more row; a key may come once only in tables whose rows do not change."""
        self.added.setdefault(table, []).append(row)


def _resume(rows: Rows, _: Row) -> None:
    for row in rows.added["runs"]:
        row.update(resumed=row["resumed"] + 1, ended_ns=None, ended_reason="")


def _end(rows: Rows, values: Row) -> None:
    for row in rows.added["runs"]:
        row.update(ended_ns=values["at_ns"], ended_reason=values["reason"])


def _change_break(rows: Rows, values: Row) -> None:
    wanted = values["of_venue"], values["of_subject"], values["of_kind"]
    for row in rows.added.get("breaks", []):
        standing = row["healed_seq"] is None and row["found_seq"] < values["at_seq"]
        if standing and (row["venue"], row["subject"], row["kind"]) == wanted:
            row.update({name.removeprefix("to_"): value for name, value in values.items() if name.startswith("to_")})


def _confirm(rows: Rows, values: Row) -> None:
    for row in _matches(rows, values):
        if row["confirmed_seq"] is None:
            state = "confirmed" if row["state"] == "traded" else row["state"]
            row.update(confirmed_seq=values["at_seq"], confirmed_ns=values["at_ns"], state=state)


def _annul(rows: Rows, values: Row) -> None:
    for row in _matches(rows, values):
        row.update(state=values["to_state"])


def _settle(rows: Rows, values: Row) -> None:
    for row in _in_market(rows, "clearing", values):
        if row["traded_seq"] <= values["at_seq"]:
            row.update(settled_seq=values["at_seq"], settled_ns=values["at_ns"], statement=values["of_statement"])
            row.update(paid_seq=None, paid_ns=None, state="voided" if row["state"] == "voided" else "settled")


def _pay(rows: Rows, values: Row) -> None:
    for row in _in_market(rows, "clearing", values):
        if row["statement"] == values["of_statement"] and row["paid_seq"] is None:
            state = "voided" if row["state"] == "voided" else "paid"
            row.update(paid_seq=values["at_seq"], paid_ns=values["at_ns"], state=state)


def _hold_again(rows: Rows, values: Row) -> None:
    for row in _in_market(rows, "settlements", values):
        if row["statement"] == values["of_statement"]:
            row.update(expected_micros=values["expected"], rounding_max_micros=values["rounding"])
            row.update(explained=values["is_explained"])


def _matches(rows: Rows, values: Row) -> list[Row]:
    wanted = values["of_ref"], values["of_fill"]
    return [row for row in rows.added.get("clearing", []) if (row["ref"], row["fill"]) == wanted]


def _in_market(rows: Rows, table: str, values: Row) -> list[Row]:
    wanted = values["of_venue"], values["of_market"]
    return [row for row in rows.added.get(table, []) if (row["venue"], row["venue_market"]) == wanted]


_AMEND: dict[str, Callable[[Rows, Row], None]] = {
    "resumed": _resume,
    "ended": _end,
    **dict.fromkeys(BREAK_CHANGES, _change_break),
    "confirmed": _confirm,
    "annulled": _annul,
    "settled": _settle,
    "paid": _pay,
    "held_again": _hold_again,
}


class Projector:
    """Writes rows of runs; `engine.projecting` makes them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._upserts = {table: upsert(database.engine, table, keep=kept) for table, kept in REPLACED.items()}
        self._upserts |= {table: upsert(database.engine, table, highest=name) for table, name in HIGHEST.items()}

    async def fetch_place(self, run: str) -> Place:
        """Up to where the run's journal stands in the tables. Raises DatabaseFailed."""
        with self._database.failing():
            async with self._database.engine.connect() as connection:
                found = (await connection.execute(select(projections).where(projections.c.run == run))).one_or_none()
        if found is None:
            return START
        return Place(found.seq, bytes.fromhex(found.head), found.segment, found.offset)

    async def send(self, run: str, rows: Rows, *, since: Place, until: Place) -> None:
        """Write rows and move the run's place, or do neither.

        Raises ProjectionMoved, and DatabaseFailed, after which only `fetch_place` can tell whether it was done.
        """
        with self._database.failing():
            async with self._database.engine.begin() as connection:
                await self._send_place(connection, run, since, until)
                await self._send_rows(connection, run, rows)

    async def send_away(self, run: str) -> None:
        """Take every row of a run out, its place too, so that it can be made again. Raises DatabaseFailed."""
        with self._database.failing():
            async with self._database.engine.begin() as connection:
                for table in metadata.sorted_tables:
                    await connection.execute(delete(table).where(table.c.run == run))

    async def _send_rows(self, connection: AsyncConnection, run: str, rows: Rows) -> None:
        for name, added in rows.added.items():
            table = metadata.tables[name]
            for row in added:
                row["run"] = run
            await connection.execute(self._upserts[table] if table in self._upserts else insert(table), added)
        for amendment in rows.amended:
            await connection.execute(AMENDMENTS[amendment.name], {"of_run": run, **amendment.values})

    async def _send_place(self, connection: AsyncConnection, run: str, since: Place, until: Place) -> None:
        """First of all, so that of two writers the second waits here and then finds the place moved."""
        place = {"seq": until.seq, "head": until.head.hex(), "segment": until.segment, "offset": until.offset}
        if since == START:
            known = select(projections.c.seq).where(projections.c.run == run)
            if (await connection.execute(known)).first() is not None:
                raise ProjectionMoved(f"run {run} has rows already: somebody else began it")
            await connection.execute(insert(projections).values(run=run, **place))
            return
        here = (projections.c.run == run, projections.c.seq == since.seq, projections.c.head == since.head.hex())
        moved = await connection.execute(update(projections).where(*here).values(place))
        if moved.rowcount != 1:
            raise ProjectionMoved(f"run {run} does not stand at record {since.seq} any more: somebody else projects it")
