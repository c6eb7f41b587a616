"""A venue's own account statement, and what it says of each market beside what our books posted for it."""

from collections import Counter, defaultdict

from desk.reports.books import Compared, StatementLine, VenueLine
from domain.account_lines import MOVED_BY_HAND, PAID_BY_RESULT, LineKind
from engine.reports.profit import Standing, standing_statements
from engine.reports.rows import RunRows
from storage.queries import Found

CHARGED = (LineKind.FEE, LineKind.COMMISSION)
OPENING = "opening"


def venue_lines(rows: RunRows, venue: str, currency: str, *, since_ns: int, until_ns: int) -> list[VenueLine]:
    """The lines that were heard in the day, as the venue booked them."""
    found = [row for row in _lines(rows, venue, currency, until_ns) if row["wall_ns"] >= since_ns]
    return [
        VenueLine(amount_micros=row["micros"], **{name: row[name] for name in _COPIED})
        for row in sorted(found, key=lambda row: (row["venue_ms"], row["line"]))
    ]


_COPIED = "venue_ms line kind venue_market venue_order_id balance_micros detail seq wall_ns before_us".split()


def compared(
    rows: RunRows, venue: str, currency: str, lines: list[StatementLine], *, since_ns: int, until_ns: int
) -> list[Compared]:
    """Every market that a line or a statement of the day was about, and last what came or went.

    `lines` are our own statement's, of the day.
    """
    told = _by_market(rows, venue, currency, until_ns)
    settled = {market: one for (of, market), one in standing_statements(rows, until_ns).items() if of == venue}
    in_day = {name for name, of in told.items() if any(row["wall_ns"] >= since_ns for row in of)}
    in_day |= {market for market, one in settled.items() if one.row["wall_ns"] >= since_ns}
    fees = _fees(rows, venue, until_ns)
    found = [_market(rows, venue, name, told[name], settled.get(name), fees[name]) for name in sorted(in_day)]
    moved = [row for row in _lines(rows, venue, currency, until_ns) if row["kind"] in MOVED_BY_HAND]
    came = [row for row in moved if row["wall_ns"] >= since_ns and not row["before_us"]]
    ours = [line for line in lines if line.moved and line.what != OPENING]
    return [*found, _moved(came, ours)] if came or ours else found


def lines_apart_micros(rows: RunRows, venue: str, currency: str, until_ns: int) -> int:
    """How far the lines of markets are from our postings, all markets together, as far as it can be judged yet."""
    told = _by_market(rows, venue, currency, until_ns)
    settled = {market: one for (of, market), one in standing_statements(rows, until_ns).items() if of == venue}
    fees = _fees(rows, venue, until_ns)
    found = (_market(rows, venue, name, of, settled.get(name), fees[name]) for name, of in told.items())
    return sum(abs(one.apart_micros or 0) for one in found)


def _by_market(rows: RunRows, venue: str, currency: str, until_ns: int) -> dict[str, list[Found]]:
    """Lines about markets, of what we booked ourselves."""
    told: dict[str, list[Found]] = defaultdict(list)
    for row in _lines(rows, venue, currency, until_ns):
        if row["kind"] not in MOVED_BY_HAND and row["venue_market"] and not row["before_us"]:
            told[row["venue_market"]].append(row)
    return told


def _lines(rows: RunRows, venue: str, currency: str, until_ns: int) -> list[Found]:
    """Every line of a wallet that was heard before a moment."""
    return [
        row
        for row in rows.table("account_lines")
        if (row["venue"], row["currency"]) == (venue, currency) and row["wall_ns"] < until_ns
    ]


def _fees(rows: RunRows, venue: str, until_ns: int) -> Counter[str]:
    """What our matches paid in fees when they were made, by market of the venue."""
    found: Counter[str] = Counter()
    for row in rows.table("fills"):
        if row["venue"] == venue and row["wall_ns"] < until_ns:
            found[rows.instruments[row["instrument"]].listing.venue_market] += row["fee_micros"]
    return found


def _market(
    rows: RunRows, venue: str, name: str, told: list[Found], settled: Standing | None, fees_micros: int
) -> Compared:
    listed = rows.venue_markets.get((venue, name), [])
    theirs = sum(row["micros"] for row in told if row["kind"] in PAID_BY_RESULT)
    charged = sum(row["micros"] for row in told if row["kind"] in CHARGED)
    ours = 0 if settled is None else settled.row["profit_micros"]
    paid = -fees_micros - (0 if settled is None else settled.row["commission_micros"])
    apart = theirs + charged - ours - paid
    judged = settled is not None and (not apart or any(row["seq"] > settled.row["seq"] for row in told))
    return Compared(
        venue_market=name,
        event=rows.event_of(listed[0].id) if listed else "",
        market=listed[0].listing.market if listed else "",
        lines=len(told),
        theirs_micros=theirs,
        ours_micros=ours,
        theirs_fees_micros=charged,
        ours_fees_micros=paid,
        apart_micros=apart if judged else None,
    )


def _moved(came: list[Found], ours: list[StatementLine]) -> Compared:
    theirs, booked = sum(row["micros"] for row in came), sum(line.amount_micros for line in ours)
    return Compared(
        venue_market="",
        event="",
        market="",
        lines=len(came),
        theirs_micros=theirs,
        ours_micros=booked,
        theirs_fees_micros=0,
        ours_fees_micros=0,
        apart_micros=theirs - booked,
    )
