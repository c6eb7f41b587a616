"""A venue's statement of one market compared with what our own fills say it should have paid."""

from domain.ids import Currency
from domain.messages import MarketSettled
from recon.breaks import SEVERITIES, Break, BreakKind


def compare_settlement(
    expected_micros: int | None, statement: MarketSettled, *, rounding_max_micros: int, currency: Currency
) -> list[Break]:
    """A break if the venue paid something that roundings cannot explain.

    `expected_micros` is our gross profit from fills under the statement's results, None where it gives no result
    for something that we hold.
    """
    if expected_micros is None:
        money, detail = abs(statement.profit_micros), f"no result for what we hold, paid {statement.profit_micros}"
    else:
        money = abs(statement.profit_micros - expected_micros)
        detail = f"ours {expected_micros}, theirs {statement.profit_micros}"
        if money <= rounding_max_micros:
            return []
    return [
        Break(
            venue=statement.venue,
            key=statement.venue_market,
            kind=BreakKind.RESULT,
            severity=SEVERITIES[BreakKind.RESULT],
            money_micros=money,
            currency=currency,
            detail=detail,
        )
    ]
