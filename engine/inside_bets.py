"""What strategies hold of each other, counted in each one's own exposure like a bet at a venue that takes no fees.

The desk's own figures know nothing of it: what one strategy wins here another loses. But a strategy's cap is on what
that strategy can lose, and so is the stop of one that loses too fast.
"""

from collections.abc import Iterator

from domain.fees import NetWinFee
from domain.ids import Currency, MarketId, OrderRef, SelectionId, StrategyName, VenueMarketId, VenueName, instrument_id
from domain.inside import CrossedInside
from domain.markets import Instrument, Listing
from domain.money import FX_SCALE
from domain.odds import PriceKind
from domain.orders import Order, Side, TimeInForce
from domain.terms import Terms
from oms.inside import Holds, InsideBook, cost_micros
from risk.exposure import Exposure

INSIDE = VenueName("inside")
"""Where strategies meet; no venue has this name."""

NO_CURRENCY = Currency("")
"""Everything here is in base already, at a rate of one."""

Bet = tuple[Order | None, Order | None, Instrument]
"""What a strategy held of an outcome, what it holds, and on what."""


def bets_of(crossing: CrossedInside, book: InsideBook) -> Iterator[tuple[StrategyName, Bet]]:
    """How a crossing changes what its two strategies hold, by a book in which it is not yet."""
    on = _instrument(crossing.market, crossing.outcome)
    for strategy, sign in ((crossing.buyer, 1), (crossing.seller, -1)):
        claims, paid = book.holds(strategy, crossing.market, crossing.outcome)
        then = claims + sign * crossing.claims_micros, paid + sign * cost_micros(crossing)
        yield strategy, (_bet(strategy, on, (claims, paid)), _bet(strategy, on, then), on)


def standing(book: InsideBook) -> Iterator[tuple[Order, Instrument]]:
    """Everything that strategies hold of each other."""
    for (strategy, market, outcome), holds in book.held.items():
        on = _instrument(market, outcome)
        bet = _bet(strategy, on, holds)
        if bet is not None:
            yield bet, on


def count(exposure: Exposure, crossing: CrossedInside, book: InsideBook) -> None:
    """Take a crossing over into the exposures of its two strategies, where those are kept; before the book does."""
    for strategy, (before, after, on) in bets_of(crossing, book):
        own = exposure.strategies.get(strategy)
        if own is not None:
            own.update(before, after, on, FX_SCALE)


def settle(exposure: Exposure, market: MarketId) -> None:
    """A market is being paid out: what strategies hold of each other in it is no reason to think it open."""
    for own in exposure.strategies.values():
        own.settle(INSIDE, VenueMarketId(market), {})


def _instrument(market: MarketId, outcome: int) -> Instrument:
    selection, place = SelectionId(str(outcome)), VenueMarketId(market)
    terms = Terms(
        kind=PriceKind.CONTRACT, bands=(), currency=NO_CURRENCY, lot_micros=1, size_min_micros=1, fee=NetWinFee(0)
    )
    key = instrument_id(INSIDE, venue_market=place, selection=selection)
    return Instrument(key, Listing(INSIDE, place, selection, market, outcome), terms)


def _bet(strategy: StrategyName, on: Instrument, holds: Holds) -> Order | None:
    """A matched bet that brings what is held: claims that were sold are negative, and so is money that was taken."""
    claims, paid = holds
    if not claims and not paid:
        return None
    return Order(
        ref=OrderRef(f"{on.id} {strategy}"),
        instrument=on.id,
        strategy=strategy,
        side=Side.BACK,
        price=0,
        size_micros=0,
        tif=TimeInForce.IMMEDIATE,
        decision=0,
        intended_ns=0,
        claims_micros=claims,
        cost_micros=paid if claims else 0,
        fee_micros=0 if claims else paid,  # bought and sold again: what is left is the same whatever happens
        settled=True,
    )
