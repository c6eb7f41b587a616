"""How bets on Asian lines ended: by what our own were paid, since the market does not tell the score.

One market holds many lines, a runner of either side for each, and a bet on one may be won or lost by half, or given
back. The words for runners know winners and losers only, and which of them is used for half a win is not documented.
But one score ends all lines: by how many goals a side won is sought so that each of our settled bets comes to what it
was paid, to the penny. Where no score explains all of them the venue is wrong, or we are, and people must look.
Source: Betfair developer docs, "listClearedOrders", profit; "Betting Enums", RunnerStatus.
"""

from collections.abc import Sequence
from fractions import Fraction

from domain.ids import SelectionId
from domain.markets import Result
from domain.settlement import HALF, Parts, asian_handicap
from venues.betfair.dead_heats import Share, explains, off_by
from venues.betfair.market_codec import selection_id
from venues.betfair.query_codec import ClearedOrder, MarketBook

GOALS_MAX = 20
"""No side is sought to have won by more."""


def has_lines(book: MarketBook) -> bool:
    """Whether the market's runners are sides of lines."""
    return any(runner.handicap for runner in book.runners)


def line_results(settled: Sequence[ClearedOrder]) -> tuple[dict[SelectionId, Result], tuple[Share, ...]]:
    """The results of the selections that we have bets on, and the parts of those that ended by half.

    Nothing where no score explains what all bets were paid. Of several scores that do, the one that comes nearest: it
    is the same money to the penny.
    """
    sides = sorted({row.selection_id for row in settled})
    if not 0 < len(sides) <= 2 or any((4 * row.handicap) % 1 for row in settled):
        return {}, ()
    scores = [
        [(_end(row, diff if row.selection_id == sides[0] else -diff), row) for row in settled]
        for diff in range(-GOALS_MAX, GOALS_MAX + 1)
    ]
    fitting = [ends for ends in scores if all(explains(end, [row]) for end, row in ends)]
    nearest = min(fitting, key=lambda ends: sum((off_by(end, row) for end, row in ends), Fraction(0)), default=[])
    known = {selection_id(row.selection_id, row.handicap): end for end, row in nearest}
    halves = {name: end for name, end in known.items() if HALF in (end.won, end.lost)}
    return (
        {name: _result(end) for name, end in known.items()},
        tuple((name, int(2 * end.won), int(2 * end.lost), 2) for name, end in halves.items()),
    )


def _end(row: ClearedOrder, diff: int) -> Parts:
    """How a bet ended on a side that scored so many goals more."""
    return asian_handicap(line=Fraction(row.handicap), goal_diff=Fraction(diff))


def _result(end: Parts) -> Result:
    return Result.WON if end.won else Result.LOST if end.lost else Result.VOID
