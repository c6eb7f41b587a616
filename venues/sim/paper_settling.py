"""What becomes of bets on paper: voids, reduced odds, starting prices, dead heats, and the market's statement."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import msgspec

from domain.fees import net_result_micros
from domain.ids import OrderRef, SelectionId, VenueMarketId, VenueName
from domain.markets import MarketStatus, Result
from domain.messages import MarketSettled
from domain.money import MICROS, floor_to, half_up_to
from domain.odds import PriceKind
from domain.orders import Side
from domain.settlement import PENNY, dead_heat, reduced_odds
from domain.terms import Terms
from venues.sim.backtest_tape import Turn
from venues.sim.paper_orders import PaperOrder
from venues.sim.queue import Bound

HUNDREDTHS = 100


class PaperMarket:
    """A recorded market's state, the fees of our fills in it, and the orders in it that do not rest in a book."""

    def __init__(self, market: VenueMarketId) -> None:
        self.id = market
        self.status = MarketStatus.INACTIVE
        self.in_play = False
        self.delay_ms = 0
        self.version = 0
        self.removed: frozenset[SelectionId] = frozenset()
        self.reconciled = False
        self.fees_micros = 0
        self.held: dict[OrderRef, PaperOrder] = {}
        self.at_start: dict[OrderRef, PaperOrder] = {}

    def take(self, turn: Turn) -> None:
        """Take a new state over."""
        self.status, self.in_play, self.delay_ms, self.version = turn.status, turn.in_play, turn.delay_ms, turn.version
        self.removed |= turn.removed.keys()


class Line(msgspec.Struct, frozen=True):
    """One order's settled result, gross."""

    ref: OrderRef
    profit_micros: int


class Statement(msgspec.Struct, frozen=True):
    """What one market paid. `share` of its stake is what a bet on a winner is paid for; below 1 in a dead heat."""

    market: VenueMarketId
    at_ms: int
    profit_micros: int
    commission_micros: int
    results: dict[SelectionId, Result]
    lines: tuple[Line, ...]
    share: Fraction

    @property
    def shared(self) -> bool:
        """A dead heat: more won than there are places."""
        return 0 < self.share < 1

    def share_of_commission(self, line: Line) -> Fraction:
        """A bet's part of the market's commission, by its part of the gross profit; a loser's is below zero."""
        if not self.commission_micros:
            return Fraction(0)
        return Fraction(self.commission_micros * line.profit_micros, self.profit_micros * MICROS)

    def fact(self, venue: VenueName) -> MarketSettled:
        """The statement as the venue tells it."""
        return MarketSettled(
            venue=venue,
            venue_market=self.market,
            statement=f"{self.market} settled",
            profit_micros=self.profit_micros,
            commission_micros=self.commission_micros,
            results=self.results,
        )


def size_at_start(paper: PaperOrder, odds: Fraction, bound: Bound) -> int:
    """What is matched at the starting price: a back's stake; of a lay, what its liability at the limit pays for.

    At exactly the limit only part of what waits may be matched: all of ours, or nothing if we are pessimistic.
    """
    limit = Fraction(paper.order.price, HUNDREDTHS)
    back = paper.order.side is Side.BACK
    if (odds < limit) if back else (odds > limit):
        return 0
    if odds == limit and bound is Bound.PESSIMISTIC:
        return 0
    if back:
        return paper.remaining
    return floor_to(Fraction(paper.remaining, MICROS) * (limit - 1) / (odds - 1), PENNY)


def void(paper: PaperOrder) -> None:
    """Annul what was matched, and its fees with it."""
    paper.voided += paper.matched
    paper.matched = paper.fee = 0
    paper.bets.clear()
    paper.reprice()


def reduce_odds(paper: PaperOrder, turn: Turn, factor_pct: Fraction) -> bool:
    """Cut the odds of every bet of an order; true if any changed.

    In a win market the whole price is cut; in a place market what it may win. (Of the second no formula is
    published that could be checked on recorded prices.)
    """
    reduced = [(_reduced(odds, turn, factor_pct), size) for odds, size in paper.bets]
    if reduced == paper.bets:
        return False
    paper.bets = reduced
    paper.reprice()
    return True


def _reduced(odds_hundredths: Fraction | int, turn: Turn, factor_pct: Fraction) -> Fraction | int:
    odds = Fraction(odds_hundredths) / HUNDREDTHS
    if not turn.place_market:
        return reduced_odds(odds, [factor_pct], at_least_pct=turn.reduces_from).booked * HUNDREDTHS
    won = (odds - 1) * (1 - factor_pct / 100)
    return Fraction(half_up_to(1 + won, PENNY), MICROS) * HUNDREDTHS


def settle(
    market: VenueMarketId,
    papers: Iterable[PaperOrder],
    turn: Turn,
    *,
    selection_of: Callable[[PaperOrder], SelectionId],
    terms: Terms,
    at_ms: int,
) -> Statement:
    """Pay every bet, and take commission on the market's net win where that is the venue's fee.

    Bets at odds are paid to the penny, contracts exactly. More winners than places share them: a bet on one is paid
    that share of its stake at full odds and loses the rest.
    """
    won = sum(result is Result.WON for result in turn.results.values())
    share = dead_heat(tied=won, places=turn.winners).won if won else Fraction(0)
    coin = 1 if terms.kind is PriceKind.CONTRACT else PENNY
    lines = []
    for paper in papers:
        if not paper.matched:
            continue
        result = turn.results.get(selection_of(paper), Result.VOID)
        if result is Result.VOID:
            continue
        gain = paper.claims * (share if result is Result.WON else 0) - paper.cost
        exact = Fraction(gain if paper.order.side is Side.BACK else -gain, MICROS)
        lines.append(Line(paper.order.ref, half_up_to(exact, coin)))
    profit = sum(line.profit_micros for line in lines)
    return Statement(
        market=market,
        at_ms=at_ms,
        profit_micros=profit,
        commission_micros=profit - net_result_micros(terms.fee, profit),
        results=turn.results,
        lines=tuple(lines),
        share=share,
    )
