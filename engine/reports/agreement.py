"""What of our books and the venues' agrees: breaks, rounds, statements."""

from collections.abc import Iterable

from desk.reports.books import Agreement, Break, Round, Settled, Trend
from engine.reports.profit import standing_statements
from engine.reports.rows import RunRows
from engine.reports.told import Told, about
from engine.reports.trend import days_of, in_order
from engine.reports.wallets import balances


def breaks(rows: RunRows, *, since_ns: int, until_ns: int) -> list[Break]:
    """Every break that stood in the day, the standing ones first, then by money."""
    found = []
    for row in rows.table("breaks"):
        ended_ns = row["healed_ns"] if row["healed_ns"] is not None and row["healed_ns"] < until_ns else None
        if row["found_ns"] >= until_ns or (ended_ns is not None and ended_ns < since_ns):
            continue
        over_ns = min(until_ns, rows.last_ns) if ended_ns is None else ended_ns
        found.append(
            Break(
                stands=ended_ns is None,
                explained=row["explained_ns"] is not None and row["explained_ns"] < until_ns,
                age_ns=max(0, over_ns - row["found_ns"]),
                ended_ns=ended_ns,
                resolution=row["resolution"] if ended_ns is not None else "",
                closed_by=row["closed_by"] if ended_ns is not None else "",
                proof=(row["proof"] or "") if ended_ns is not None else "",
                **{name: row[name] for name in _COPIED},
            )
        )
    return sorted(found, key=lambda one: (not one.stands, -one.money_base_micros, one.found_seq))


def rounds(rows: RunRows, *, since_ns: int, until_ns: int) -> list[Round]:
    """The rounds that ended in the day."""
    return [
        Round(seq=row["seq"], wall_ns=row["wall_ns"], venue=row["venue"], cause=row["cause"], breaks=row["breaks"])
        for row in rows.table("recon_rounds")
        if since_ns <= row["wall_ns"] < until_ns
    ]


def settlements(rows: RunRows, *, since_ns: int, until_ns: int) -> list[Settled]:
    """The statements that were booked in the day; one whose place another took before its end does not stand."""
    standing = {one.row["seq"] for one in standing_statements(rows, until_ns).values()}
    found = []
    for row in rows.table("settlements"):
        if not since_ns <= row["wall_ns"] < until_ns:
            continue
        listed = rows.venue_markets.get((row["venue"], row["venue_market"]), [])
        expected = row["expected_micros"]
        found.append(
            Settled(
                event=rows.event_of(listed[0].id) if listed else "",
                market=listed[0].listing.market if listed else "",
                currency=next(one.currency for one in rows.started.capabilities if one.venue == row["venue"]),
                difference_micros=None if expected is None else row["profit_micros"] - expected,
                stands=row["seq"] in standing,
                **{name: row[name] for name in _BOOKED},
            )
        )
    return found


_COPIED = (
    "found_seq found_ns venue subject kind severity money_base_micros apart_micros currency owner detail"
).split()
_BOOKED = (
    "seq wall_ns venue venue_market statement corrects results profit_micros commission_micros expected_micros "
    "explained"
).split()


def agreement(rows: RunRows, day: int, told: Told, *, earlier: Iterable[Trend] = ()) -> Agreement:
    """The reconciliation report of one day; `earlier` are the days of other runs."""
    of = about(rows, "recon", day, told)
    span = {"since_ns": of.since_ns, "until_ns": of.until_ns}
    return Agreement(
        about=of,
        balances=tuple(balances(rows, **span)),
        breaks=tuple(breaks(rows, **span)),
        rounds=tuple(rounds(rows, **span)),
        settlements=tuple(settlements(rows, **span)),
        trend=in_order([*earlier, *days_of(rows, of.until_ns)]),
    )
