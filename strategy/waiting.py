"""Resting at the touch instead of crossing: where a value bet would wait best, and whether waiting is worth more."""

from collections.abc import Sequence

import msgspec

from domain.net_price import net_price_ratio
from domain.odds import PriceKind, claim_ratio
from domain.orders import Order, Side
from domain.portfolio import InstrumentView, MarketView
from strategy.comparator import Comparison
from strategy.uncertainty import Approach, UnsurePrice, fill_adjusted_price, post_vs_take


class Touch(msgspec.Struct, frozen=True):
    """A place in the queue of those who want the same: its net price to a maker, and the chance to be matched there."""

    listing: InstrumentView
    price: int
    net_price: float
    fill_prob: float


def rest_instead(bet: Comparison, view: MarketView, *, p: float, fill_prob: float) -> Touch | None:
    """Where to rest for the outcome and side of `bet`, None if crossing is worth as much.

    `fill_prob` is the chance of a match at a touch where nobody waits; a queue ahead takes its share of it. An edge
    that was not taken is counted as gone.
    """
    touches = {
        listing.instrument.id: touch
        for listing in view.listings
        if listing.instrument.listing.outcome == bet.outcome
        and (touch := _touch(listing, bet.side, view.working, fill_prob)) is not None
    }
    if not touches:
        return None
    ranked = fill_adjusted_price(
        {name: UnsurePrice(touch.net_price, touch.fill_prob, bet.net_price) for name, touch in touches.items()},
        side=bet.side,
    )
    best = next(touch for name, touch in touches.items() if name == ranked.best)
    edge_post = p - best.net_price if bet.side is Side.BACK else best.net_price - p
    choice = post_vs_take(edge_take=bet.edge, edge_post=edge_post, fill_prob=best.fill_prob, edge_take_later=0)
    return best if choice.action is Approach.POST else None


def _touch(listing: InstrumentView, side: Side, working: Sequence[Order], fill_prob: float) -> Touch | None:
    """The best price of our side there, None where there is none or nothing may be placed.

    What rests there of our own is not ahead of us, and needs no message to stay. A venue without one left is passed
    over for the next best, or for crossing, so that nothing of the bet is lost by it.
    """
    book, terms = listing.book, listing.instrument.terms
    if not listing.tradable or terms.kind is PriceKind.LINE:
        return None
    touches = [(book.best_lay, book.to_lay), (book.best_back, book.to_back)]
    (own, queue), (other, opposite) = touches if side is Side.BACK else reversed(touches)
    if own < 0 or other < 0:
        return None
    price = book.ladder.prices[own]
    resting = (listing.instrument.id, side, price)
    ours = sum(order.remaining_micros for order in working if (order.instrument, order.side, order.price) == resting)
    if listing.tokens <= 0 and not ours:
        return None
    ahead, against = max(0, queue[own] - ours), opposite[other]
    part, whole = net_price_ratio(terms.fee, side, claim_ratio(terms.kind, price), maker=True)
    return Touch(listing, price, part / whole, fill_prob * against / (ahead + against))
