"""Resting at the touch instead of crossing: where a value bet would wait best, and whether waiting is worth more."""

import msgspec

from domain.chances import SURE_PPM, UNTRIED, US_PER_MS, in_time_ppm
from domain.net_price import net_price_ratio
from domain.odds import PriceKind, claim_ratio
from domain.orders import Side
from domain.portfolio import InstrumentView, MarketView, queue_at
from strategy.comparator import Comparison
from strategy.uncertainty import Approach, UnsurePrice, fill_adjusted_price, post_vs_take


class Touch(msgspec.Struct, frozen=True):
    """A place in the queue of those who want the same: its net price to a maker, and the chance to be matched there.

    `rest_ppm` is that chance if nobody waited before us.
    """

    listing: InstrumentView
    price: int
    net_price: float
    fill_prob: float
    rest_ppm: int


def rest_instead(bet: Comparison, view: MarketView, *, p: float, fill_prob: float) -> Touch | None:
    """Where to rest for the outcome and side of `bet`, None if crossing is worth as much.

    `fill_prob` is the first guess of the chance to be matched in time at a touch where nobody waits; what each venue
    has shown since stands beside it. A queue ahead takes its share of it, and so do the venue's time to answer and its
    bet delay. An edge that was not taken in time is counted as gone.
    """
    touches = {
        listing.instrument.id: touch
        for listing in view.listings
        if listing.instrument.listing.outcome == bet.outcome
        and (touch := _touch(listing, bet.side, view, round(fill_prob * SURE_PPM))) is not None
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


def _touch(listing: InstrumentView, side: Side, view: MarketView, guess_ppm: int) -> Touch | None:
    """The best price of our side there, None where there is none or nothing may be placed.

    What rests there of our own is not ahead of us, and needs no message to stay. A venue without one left is passed
    over for the next best, or for crossing, so that nothing of the bet is lost by it.
    """
    book, terms = listing.book, listing.instrument.terms
    if not listing.tradable or terms.kind is PriceKind.LINE:
        return None
    own, other = (book.best_lay, book.best_back) if side is Side.BACK else (book.best_back, book.best_lay)
    if own < 0 or other < 0:
        return None
    price = book.ladder.prices[own]
    resting = (listing.instrument.id, side, price)
    ours = [one for one in view.working if (one.instrument, one.side, one.price) == resting]
    if listing.tokens <= 0 and not any(order.remaining_micros for order in ours):
        return None
    chance = view.chances.get(listing.instrument.listing.venue, UNTRIED)
    rest_ppm = chance.rest_ppm(guess_ppm)
    late_us = chance.answer_us + (listing.bet_delay_ms * US_PER_MS if listing.in_play else 0)
    in_time = in_time_ppm(rest_ppm, queue_at(listing, side, price, ours), late_us=late_us) / SURE_PPM
    part, whole = net_price_ratio(terms.fee, side, claim_ratio(terms.kind, price), maker=True)
    return Touch(listing, price, part / whole, in_time, rest_ppm)
