"""How we behaved: what compliance asks for each day."""

from collections import Counter, defaultdict
from statistics import median_low
from typing import NamedTuple

from desk.reports.books import Conduct
from domain.amending import AmendOrder
from domain.inside import CrossedInside
from domain.messages import CancelOrder, OrderRejected, PlaceOrder
from domain.stops import AlertRaised
from engine.reports.rows import RunRows

SELF_MATCH = "self_match"
TO_JUDGE = frozenset({"layering", "before_touch"})
INSIDE = "inside"
"""Where our strategies served each other, at no venue."""

MS = 1_000_000


class Lives(NamedTuple):
    """Counts of records about orders by instrument, and how long those rested that matched nothing."""

    counts: dict[str, Counter[str]]
    rested_ms: dict[str, list[int]]


def lives(rows: RunRows, *, since_ns: int, until_ns: int) -> Lives:
    """Count what happened to orders, instrument by instrument."""
    instrument_of = {row["ref"]: row["instrument"] for row in rows.table("orders")}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    rested: dict[str, list[int]] = defaultdict(list)
    placed_ns: dict[str, int] = {}
    over: set[str] = set()
    counted: set[int] = set()
    for row in rows.table("order_events"):
        ref, instrument = row["ref"], instrument_of[row["ref"]]
        if not row["state_before"]:
            placed_ns[ref] = row["wall_ns"]
        in_day = since_ns <= row["wall_ns"] < until_ns
        if in_day and row["seq"] not in counted:  # a change may be told of both halves of a replacement
            counted.add(row["seq"])
            counts[instrument][row["kind"]] += 1
        if not row["open"] and ref not in over:
            over.add(ref)
            if in_day and not row["matched_micros"] and row["kind"] != OrderRejected.__name__:
                rested[instrument].append((row["wall_ns"] - placed_ns.get(ref, row["wall_ns"])) // MS)
    for row in rows.table("fills"):
        if since_ns <= row["wall_ns"] < until_ns and row["size_micros"] > 0:
            counts[row["instrument"]]["matches"] += 1
    for row in rows.table("refusals"):
        if since_ns <= row["wall_ns"] < until_ns and row["reason"] == SELF_MATCH:
            counts[row["instrument"]][SELF_MATCH] += 1
    return Lives(counts, rested)


def conduct(rows: RunRows, of: Lives, *, since_ns: int, until_ns: int) -> list[Conduct]:
    """Orders to matches, and what was stopped before it could meet our own, by venue market."""
    alerts: Counter[tuple[str, str]] = Counter()
    to_judge: Counter[tuple[str, str]] = Counter()
    for row, body in rows.said(AlertRaised):
        if since_ns <= row["wall_ns"] < until_ns:
            (to_judge if body.about in TO_JUDGE else alerts)[body.venue, body.subject] += 1
    found = []
    for (venue, venue_market), listed in sorted(rows.venue_markets.items()):
        counts: Counter[str] = Counter()
        rested: list[int] = []
        for instrument in listed:
            counts.update(of.counts.get(instrument.id, {}))
            rested += of.rested_ms.get(instrument.id, [])
        if counts or alerts[venue, venue_market] or to_judge[venue, venue_market]:
            orders, matches = counts[PlaceOrder.__name__], counts["matches"]
            found.append(
                Conduct(
                    venue=venue,
                    venue_market=venue_market,
                    event=rows.event_of(listed[0].id),
                    market=listed[0].listing.market,
                    orders=orders,
                    amends=counts[AmendOrder.__name__],
                    cancels=counts[CancelOrder.__name__],
                    rejects=counts[OrderRejected.__name__],
                    matches=matches,
                    orders_per_match_e2=per_match_e2(orders, matches),
                    unmatched=len(rested),
                    rested_ms=median_low(rested) if rested else None,
                    self_match_blocks=counts[SELF_MATCH],
                    crossed_inside=0,
                    alerts=alerts[venue, venue_market],
                    to_judge=to_judge[venue, venue_market],
                )
            )
    return found + _inside(rows, since_ns=since_ns, until_ns=until_ns)


def _inside(rows: RunRows, *, since_ns: int, until_ns: int) -> list[Conduct]:
    """What strategies traded with each other before any venue saw it."""
    crossed = Counter(body.market for row, body in rows.said(CrossedInside) if since_ns <= row["wall_ns"] < until_ns)
    return [
        Conduct(
            venue=INSIDE,
            venue_market="",
            event=rows.markets[market].event,
            market=market,
            orders=0,
            amends=0,
            cancels=0,
            rejects=0,
            matches=0,
            orders_per_match_e2=None,
            unmatched=0,
            rested_ms=None,
            self_match_blocks=0,
            crossed_inside=count,
            alerts=0,
            to_judge=0,
        )
        for market, count in sorted(crossed.items())
    ]


def per_match_e2(orders: int, matches: int) -> int | None:
    """Orders to one match, in hundredths."""
    return orders * 100 // matches if matches else None
