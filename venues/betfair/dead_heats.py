"""What a dead heat leaves of a bet: from the market alone where one place is shared, else from what our bets were paid.

More runners are called winners than there are places. With one place all of them tied for it. With several the market
does not say who tied for the last of them: if `t` did, each of these is paid for `(t - extra) / t` of its stake, and
the others for all of it. Our own settled bets tell which it was. Source: Betfair dead heat rule (the stake is divided
by those who tied); listClearedOrders, profit.
"""

from collections.abc import Sequence
from fractions import Fraction

from domain.ids import SelectionId
from domain.settlement import Parts
from venues.betfair.market_codec import selection_id
from venues.betfair.query_codec import BookRunner, ClearedOrder, MarketBook

Share = tuple[SelectionId, int, int, int]
"""As in `MarketSettled.parts`."""

CLOSE = Fraction(1, 100)
"""What a bet was paid is rounded to the penny, and its mean odds to the hundredth: so much for each, by its stake."""


def dead_heat_parts(book: MarketBook, settled: Sequence[ClearedOrder]) -> tuple[Share, ...]:
    """The parts of every runner that is known to have tied for a place; empty where there is no dead heat.

    A runner whose bets fit no share, or more than one, is left to people: its result will not explain the money.
    """
    won, places = [runner for runner in book.runners if runner.status == "WINNER"], book.number_of_winners
    extra = len(won) - places
    if places < 1 or extra < 1:
        return ()
    if places == 1:
        return tuple((_name(one), 1, len(won) - 1, len(won)) for one in won)
    shares = [(_name(one), _tied(settled, one, extra=extra, winners=len(won))) for one in won]
    return tuple((name, tied - extra, extra, tied) for name, tied in shares if tied)


def _name(runner: BookRunner) -> SelectionId:
    return selection_id(runner.selection_id, runner.handicap)


def _tied(settled: Sequence[ClearedOrder], runner: BookRunner, *, extra: int, winners: int) -> int:
    """How many tied with this runner, by what our bets on it were paid; 0 if it won outright or cannot be told."""
    rows = [row for row in settled if (row.selection_id, row.handicap) == (runner.selection_id, runner.handicap)]
    fitting = [tied for tied in range(extra + 1, winners + 1) if _explains(Fraction(tied - extra, tied), rows)]
    return fitting[0] if rows and len(fitting) == 1 and not _explains(Fraction(1), rows) else 0


def _explains(share: Fraction, rows: Sequence[ClearedOrder]) -> bool:
    """Whether this share of each bet comes to what it was paid."""
    return explains(Parts(share, 1 - share), rows)


def explains(parts: Parts, rows: Sequence[ClearedOrder]) -> bool:
    """Whether each bet, ended in these parts, comes to what it was paid."""
    return all(off_by(parts, row) <= CLOSE * (1 + Fraction(str(row.size_settled))) / 2 for row in rows)


def off_by(parts: Parts, row: ClearedOrder) -> Fraction:
    """How far a bet's result, ended in these parts, is from what it was paid."""
    stake, odds = Fraction(str(row.size_settled)), Fraction(str(row.price_matched))
    backed = parts.profit(if_win=stake * (odds - 1), if_lose=-stake)
    return abs(backed - Fraction(str(row.profit)) * (1 if row.side == "BACK" else -1))
