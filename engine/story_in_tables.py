"""The story of one order out of the SQL tables: the same that its journal tells, but for the plan it belongs to."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import msgspec

from domain.ids import InstrumentId, OrderRef, StrategyName
from domain.markets import Instrument, Listing
from domain.messages import (
    DecisionTaken,
    Journalled,
    MarketSettled,
    PlaceOrder,
    Record,
    RiskRefused,
    RunResumed,
    RunStarted,
    VenueReported,
)
from domain.orders import Order, OrderState, Side
from domain.stops import RefusedOrder
from engine.replay import NotFound
from engine.story import US, Latency, Story, Told, intends, later_by, since_over, trimmed
from oms.entries import Entry
from oms.settling import Settlement
from storage.database import Database
from storage.queries import Found, Queries

_body = msgspec.json.Decoder(Journalled)
_order = msgspec.json.Decoder(Order)
_instrument = msgspec.json.Decoder(Instrument)


def tell_from_tables(url: str, run: Path, name: str) -> Story:
    """The order's story but for its plan; `run` is a folder's name. Raises NotFound, NoDatabase, DatabaseFailed."""
    return asyncio.run(_run_telling(url, run.name, name))


async def _run_telling(url: str, run: str, name: str) -> Story:
    database = Database(url, reading=True)
    try:
        return await fetch_story(Queries(database), run, name)
    finally:
        await database.run_close()


async def fetch_story(queries: Queries, run: str, name: str) -> Story:
    """The order that we or its venue call `name`. Raises NotFound, DatabaseFailed."""
    row, order = await _fetch_named(queries, run, name)
    instrument = _instrument.decode(
        (await queries.fetch_table(run, "instruments", instrument=[order.instrument]))[0]["body"]
    )
    listing = instrument.listing
    [began] = await _fetch_bodies(queries, run, [1])
    started = began.body
    assert isinstance(started, RunStarted), "a run begins with RunStarted"
    market = next(one for one in started.markets if one.id == listing.market)
    decided = await _fetch_decision(queries, run, order)
    heard = await _fetch_heard(queries, run, order, listing, since_seq=row["placed_seq"])
    first = decided or heard[0][0]
    ahead_ns = await _fetch_ahead(queries, run)
    heard = [(later_by(one, ahead_ns(one) - ahead_ns(first)), stood, moved) for one, stood, moved in heard]
    return Story(
        run=started.run,
        order=order,
        state=OrderState(row["state"]),
        instrument=instrument,
        event=next(one for one in started.events if one.id == market.event),
        market=market,
        decided_ns=first.wall_ns,
        decision=decided.body if decided and isinstance(decided.body, DecisionTaken) else None,
        beside=await _fetch_beside(queries, run, order),
        refused=tuple(map(_refused, await queries.fetch_table(run, "refusals", decision=[order.decision]))),
        told=tuple(_told(*one, since_ns=first.monotonic_ns) for one in heard),
        latency=_latency(first, heard, order.ref),
        settlements=await _fetch_settlements(queries, run, listing.venue, listing.venue_market),
    )


Heard = tuple[Record, Found, tuple[Entry, ...]]
"""A record about the order, the order's row of events as it stood then, and what it moved."""


async def _fetch_ahead(queries: Queries, run: str) -> Callable[[Record], int]:
    """What the wall clock was ahead of the monotonic one in the process that wrote a record."""
    kinds = [RunStarted.__name__, RunResumed.__name__]
    rows = await queries.fetch_table(run, "records", kind=kinds)
    began = await _fetch_bodies(queries, run, [row["seq"] for row in rows])
    ahead = [(one.seq, one.body.ahead_ns) for one in began if isinstance(one.body, RunStarted | RunResumed)]
    return lambda record: [ns for seq, ns in ahead if seq <= record.seq][-1]


async def _fetch_named(queries: Queries, run: str, name: str) -> tuple[Found, Order]:
    found = await queries.fetch_orders_named(run, name)
    if not found:
        known = await queries.fetch_runs()
        if run not in known:
            raise NotFound(
                f"the tables have no run {run!r}: `project` it first; they have {', '.join(known) or 'none'}"
            )
        raise NotFound(f"{run} has no order {name!r}: name our ref of it or the venue's id")
    if len(found) > 1:
        refs = " or ".join(row["ref"] for row in found)
        raise NotFound(f"{name!r} means {len(found)} orders: name one by our ref, {refs}")
    return found[0], _order.decode(found[0]["body"])


async def _fetch_heard(queries: Queries, run: str, order: Order, listing: Listing, *, since_seq: int) -> list[Heard]:
    """Every record about the order since it is one, of a round's answers only those that brought news."""
    changes = await queries.fetch_table(run, "order_events", ref=[order.ref])
    agreeing = {row["seq"] for row in changes if row["kind"] == VenueReported.__name__ and not row["news"]}
    seqs = {row["seq"] for row in changes} | {*await queries.fetch_naming(run, order.ref)}
    names = [order.ref, order.venue_order_id or order.ref]
    for row in await queries.fetch_table(run, "breaks", venue=[listing.venue], subject=names):
        seqs |= {row["found_seq"], row["healed_seq"] or row["found_seq"]}
    for row in await queries.fetch_table(
        run, "settlements", venue=[listing.venue], venue_market=[listing.venue_market]
    ):
        stood = [change["state"] for change in changes if change["seq"] <= row["seq"]][-1:]
        if stood == [OrderState.SETTLED]:
            seqs.add(row["seq"])
    wanted = sorted(seq for seq in seqs - agreeing if seq >= since_seq)
    moved = await _fetch_entries(queries, run, wanted, order)
    heard = []
    for record in await _fetch_bodies(queries, run, wanted):
        as_it_stood = [row for row in changes if row["seq"] <= record.seq][-1]
        heard.append((trimmed(record, order), as_it_stood, moved.get(record.seq, ())))
    return heard


async def _fetch_entries(
    queries: Queries, run: str, seqs: Collection[int], order: Order
) -> dict[int, tuple[Entry, ...]]:
    """What each of these records moved and that is not another order's."""
    others = {
        (row["seq"], row["ref"])
        for row in await queries.fetch_table(run, "order_events", seq=seqs)
        if row["ref"] != order.ref
    }
    lines: dict[tuple[int, int, str], list[Found]] = {}
    for row in await queries.fetch_table(run, "postings", seq=seqs):
        if (row["seq"], row["cause"]) not in others:
            lines.setdefault((row["entry"], row["seq"], row["cause"]), []).append(row)
    found: dict[int, tuple[Entry, ...]] = {}
    for (_, seq, cause), rows in sorted(lines.items()):
        posted = tuple((row["account"], row["currency"], row["micros"]) for row in rows)
        entry = Entry(seq, cause, posted, rows[0]["what"])
        found[seq] = (*found.get(seq, ()), entry)
    return found


async def _fetch_decision(queries: Queries, run: str, order: Order) -> Record | None:
    rows = await queries.fetch_table(run, "decisions", decision=[order.decision])
    found = await _fetch_bodies(queries, run, [row["seq"] for row in rows[-1:]])
    return found[0] if found else None


async def _fetch_beside(queries: Queries, run: str, order: Order) -> tuple[PlaceOrder, ...]:
    rows = await queries.fetch_table(run, "orders", decision=[order.decision])
    bodies = await _fetch_bodies(queries, run, [row["placed_seq"] for row in rows if row["ref"] != order.ref])
    return tuple(record.body for record in bodies if isinstance(record.body, PlaceOrder))


async def _fetch_settlements(queries: Queries, run: str, venue: str, venue_market: str) -> tuple[Settlement, ...]:
    rows = await queries.fetch_table(run, "settlements", venue=[venue], venue_market=[venue_market])
    bodies = await _fetch_bodies(queries, run, [row["seq"] for row in rows])
    return tuple(
        Settlement(record.body, row["expected_micros"], row["rounding_max_micros"], row["corrects"])
        for record, row in zip(bodies, rows, strict=True)
        if isinstance(record.body, MarketSettled)
    )


async def _fetch_bodies(queries: Queries, run: str, seqs: Collection[int]) -> list[Record]:
    rows = await queries.fetch_table(run, "records", seq=seqs) if seqs else []
    return [Record(row["seq"], row["wall_ns"], row["monotonic_ns"], _body.decode(row["body"])) for row in rows]


def _refused(row: Found) -> RiskRefused:
    order = None
    if row["side"] is not None:
        against = tuple(OrderRef(ref) for ref in row["against"].split())
        order = RefusedOrder(Side(row["side"]), row["price"], row["size_micros"], against)
    strategy, instrument = StrategyName(row["strategy"]), InstrumentId(row["instrument"])
    return RiskRefused(strategy, instrument, row["reason"], row["decision"], order)


def _told(record: Record, stood: Found, postings: tuple[Entry, ...], *, since_ns: int) -> Told:
    return Told(
        seq=record.seq,
        wall_ns=record.wall_ns,
        after_us=(record.monotonic_ns - since_ns) // US,
        body=record.body,
        state=OrderState(stood["state"]),
        matched_micros=stood["matched_micros"],
        remaining_micros=stood["remaining_micros"],
        postings=postings,
    )


def _latency(first: Record, heard: list[Heard], ref: OrderRef) -> Latency:
    def after_us(wanted: Iterable[Record]) -> int | None:
        found = next(iter(wanted), None)
        return None if found is None else (found.monotonic_ns - first.monotonic_ns) // US

    decided = first.body if isinstance(first.body, DecisionTaken) else None
    return Latency(
        trigger_us=(first.monotonic_ns - decided.trigger_ns) // US if decided and decided.trigger_ns else None,
        intent_us=after_us(record for record, _, _ in heard if intends(record.body, ref)),
        answer_us=after_us(record for record, stood, _ in heard if stood["answered"]),
        fill_us=after_us(record for record, stood, _ in heard if stood["matched_micros"]),
        end_us=after_us(since_over((record, stood["open"]) for record, stood, _ in heard)),
    )
