"""Statements of accounts: one wallet, one day."""

from desk.reports.books import About, Balance, Statement
from engine.reports.profit import Profit, profit_until
from engine.reports.rows import RunRows
from engine.reports.told import Told, about
from engine.reports.venue_lines import compared, venue_lines
from engine.reports.wallets import balances, movements, statement_lines


def statements(rows: RunRows, day: int, told: Told, *, venue: str = "") -> list[Statement]:
    """The statement of every wallet, or of one venue's."""
    of = about(rows, "statement", day, told)
    span = {"since_ns": of.since_ns, "until_ns": of.until_ns}
    profit = profit_until(rows, of.until_ns)
    return [_statement(rows, of, one, profit) for one in balances(rows, **span) if venue in ("", one.venue)]


def _statement(rows: RunRows, of: About, balance: Balance, profit: Profit) -> Statement:
    venue, currency = balance.venue, balance.currency
    span = {"since_ns": of.since_ns, "until_ns": of.until_ns}
    lines = statement_lines(rows, venue, currency, **span)
    matches = (one for one in profit.matches if one.venue == venue and one.wall_ns >= of.since_ns)
    return Statement(
        about=of,
        venue=venue,
        currency=currency,
        balance=balance,
        lines=tuple(lines),
        movements=tuple(movements(rows, venue, currency, **span)),
        matches=tuple(matches),
        tells_lines=any(one.tells_lines for one in rows.started.capabilities if one.venue == venue),
        venue_lines=tuple(venue_lines(rows, venue, currency, **span)),
        compared=tuple(compared(rows, venue, currency, lines, **span)),
    )
