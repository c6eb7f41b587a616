"""Books, markets and orders of the venue as facts."""

from domain.ids import OrderRef, SelectionId, VenueMarketId, VenueName, VenueOrderId, instrument_id
from domain.messages import BooksChanged, Levels, MarketChanged, OrderReported, VenueOrder
from domain.odds import Ladder, PriceKind
from domain.orders import Evidence, Fill, Side
from venues.errors import PeerBroke
from venues.lmsr.codec import Book, Level, Market, OrderState
from venues.lmsr.rules import BANDS

LADDER = Ladder(PriceKind.CONTRACT, BANDS)


def books_changed(venue: VenueName, book: Book) -> BooksChanged:
    """One selection's ladder, whole."""
    key = instrument_id(venue, venue_market=VenueMarketId(book.market), selection=SelectionId(book.selection))
    return BooksChanged(venue, book.ms, [Levels(key, _ticks(book.to_buy), _ticks(book.to_sell), image=True)])


def _ticks(levels: list[Level]) -> list[tuple[int, int]]:
    found = []
    for price, size in levels:
        tick = LADDER.tick(price)
        if tick is None or size <= 0:
            raise PeerBroke(f"a level of {size} at {price}")
        found.append((tick, size))
    return found


def market_changed(venue: VenueName, market: Market) -> MarketChanged:
    """One market's state."""
    return MarketChanged(
        venue,
        VenueMarketId(market.market),
        market.status,
        market.in_play,
        version=market.version,
        results={SelectionId(name): result for name, result in market.results.items()},
    )


def reported(order: OrderState, evidence: Evidence) -> OrderReported:
    """An order's figures, with every match by its number."""
    return OrderReported(
        ref=OrderRef(order.ref),
        venue_order_id=VenueOrderId(str(order.number)),
        matched_micros=order.matched,
        claims_micros=order.claims,
        cost_micros=order.cost,
        cancelled_micros=order.cancelled,
        lapsed_micros=order.lapsed,
        voided_micros=order.voided,
        closed=order.remaining == 0,
        evidence=evidence,
        fee_micros=0,
        fills=tuple(Fill(str(number), size, claims, cost) for number, size, claims, cost in order.fills),
    )


def venue_order(venue: VenueName, order: OrderState) -> VenueOrder:
    """An order of the venue's list; one without a name is not ours."""
    key = instrument_id(venue, venue_market=VenueMarketId(order.market), selection=SelectionId(order.selection))
    return VenueOrder(
        ref=OrderRef(order.ref) if order.ref else None,
        venue_order_id=VenueOrderId(str(order.number)),
        instrument=key,
        side=Side.BACK if order.buys else Side.LAY,
        price=order.price,
        size_micros=order.size,
        report=reported(order, Evidence.PULL) if order.ref else None,
    )
