"""How bets on Asian lines ended: by what our own were paid, since the market does not tell the score.

One market holds many lines, a runner of either side for each, and a bet on one may be won or lost by half, or given
back. The words for runners know winners and losers only, and which of them is used for half a win is not documented.
What each settled bet was paid is one of five amounts, which lie further apart than roundings reach; where they do not,
at the shortest odds, the nearest is taken, and whichever it is the money is the same to the penny.
Source: Betfair developer docs, "listClearedOrders", profit; "Betting Enums", RunnerStatus.
"""

from collections.abc import Sequence
from fractions import Fraction

from domain.ids import SelectionId
from domain.markets import Result
from domain.settlement import LINE_ENDS, Parts
from venues.betfair.dead_heats import Share, explains, off_by
from venues.betfair.market_codec import selection_id
from venues.betfair.query_codec import ClearedOrder, MarketBook


def has_lines(book: MarketBook) -> bool:
    """Whether the market's runners are sides of lines."""
    return any(runner.handicap for runner in book.runners)


def line_results(settled: Sequence[ClearedOrder]) -> tuple[dict[SelectionId, Result], tuple[Share, ...]]:
    """The results of the selections that we have bets on, and the parts of those that ended by half.

    A selection whose bets fit no end is left out: its money is left to people.
    """
    rows: dict[SelectionId, list[ClearedOrder]] = {}
    for row in settled:
        rows.setdefault(selection_id(row.selection_id, row.handicap), []).append(row)
    ends = {name: end for name, bets in rows.items() if (end := _end(bets)) is not None}
    halves = {name: end for name, end in ends.items() if 0 < end.won + end.lost < 1}
    return (
        {name: _result(end) for name, end in ends.items()},
        tuple((name, int(2 * end.won), int(2 * end.lost), 2) for name, end in halves.items()),
    )


def _end(rows: Sequence[ClearedOrder]) -> Parts | None:
    fitting = [end for end in LINE_ENDS if explains(end, rows)]
    return min(fitting, key=lambda end: sum((off_by(end, row) for row in rows), Fraction(0)), default=None)


def _result(end: Parts) -> Result:
    return Result.WON if end.won else Result.LOST if end.lost else Result.VOID
