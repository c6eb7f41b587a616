"""Statements of accounts: one wallet, one day."""

from desk.reports.books import Statement
from engine.reports.profit import profit_until
from engine.reports.rows import RunRows
from engine.reports.told import Told, about
from engine.reports.wallets import balances, movements, statement_lines


def statements(rows: RunRows, day: int, told: Told, *, venue: str = "") -> list[Statement]:
    """The statement of every wallet, or of one venue's."""
    of = about(rows, "statement", day, told)
    span = {"since_ns": of.since_ns, "until_ns": of.until_ns}
    profit = profit_until(rows, of.until_ns)
    return [
        Statement(
            about=of,
            venue=one.venue,
            currency=one.currency,
            balance=one,
            lines=tuple(statement_lines(rows, one.venue, one.currency, **span)),
            movements=tuple(movements(rows, one.venue, one.currency, **span)),
            matches=tuple(
                match for match in profit.matches if match.venue == one.venue and match.wall_ns >= of.since_ns
            ),
        )
        for one in balances(rows, **span)
        if venue in ("", one.venue)
    ]
