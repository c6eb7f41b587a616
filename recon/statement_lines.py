"""A market's lines in a venue's own account statement, compared with what our books posted for it."""

from domain.ids import Currency
from domain.messages import MarketSettled
from recon.breaks import SEVERITIES, Break, BreakKind


def lines_key(market: str) -> str:
    """The subject of breaks about the lines of a market; the market alone is that of its own statement."""
    return f"{market}/lines"


def line_key(line: str) -> str:
    """The subject of a break about one line that nothing explains."""
    return f"line {line}"


def is_line_key(key: str) -> bool:
    """Whether a subject is one line."""
    return key.startswith("line ")


def compare_lines_of_market(
    posted: MarketSettled, *, profit_micros: int, commission_micros: int, currency: Currency, detail: str
) -> list[Break]:
    """What the lines come to against what was posted, exact to the millionth: RESULT for bets, FEE for commission.

    `detail` names the orders whose own lines are not what they should have paid, empty where none is known to.
    """
    found = []
    for kind, what, theirs, ours in (
        (BreakKind.RESULT, "profit", profit_micros, posted.profit_micros),
        (BreakKind.FEE, "commission", commission_micros, posted.commission_micros),
    ):
        if theirs != ours:
            found.append(
                Break(
                    venue=posted.venue,
                    key=lines_key(posted.venue_market),
                    kind=kind,
                    severity=SEVERITIES[kind],
                    money_micros=abs(theirs - ours),
                    currency=currency,
                    detail=f"posted {what} {ours}, lines {theirs}{detail if kind is BreakKind.RESULT else ''}",
                    venue_market=posted.venue_market,
                    apart_micros=theirs - ours,
                )
            )
    return found
