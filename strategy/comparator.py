"""The fair value against each venue's best prices: what a bet there is worth after fees, for the size on offer."""

from collections.abc import Sequence

import msgspec

from domain.money import FX_SCALE, MICROS
from domain.net_price import net_price_ratio
from domain.odds import PriceKind, claim_ratio
from domain.orders import Side
from domain.portfolio import InstrumentView, MarketView
from strategy.sizing import ev_net

SIDES = tuple(Side)


class Comparison(msgspec.Struct, frozen=True):
    """One side of one book against the fair value, as a taker without a position there.

    `net_price` is what one net claim costs (BACK) or brings (LAY), `edge` what that is better than fair, both in
    probability. `risk` is what taking the best level would put at risk before fees and `ev` what it would be worth,
    in units of the base currency; `ev_per_risk` is worth per unit at risk.
    """

    listing: InstrumentView
    side: Side
    net_price: float
    edge: float
    risk: float
    ev: float
    ev_per_risk: float

    @property
    def outcome(self) -> int:
        """Number of the outcome in its market."""
        return self.listing.instrument.listing.outcome


def compare(listing: InstrumentView, side: Side, p: float, *, edge_min: float = -1.0) -> Comparison | None:
    """What the best price of one side is worth if the outcome's probability is `p`.

    None where nothing can be taken: an empty side, a book that may not be traded on, a ladder of lines; and below
    the least edge asked for.
    """
    book, terms = listing.book, listing.instrument.terms
    back = side is Side.BACK
    tick = book.best_back if back else book.best_lay
    if tick < 0 or not listing.tradable or terms.kind is PriceKind.LINE:
        return None
    size = (book.to_back if back else book.to_lay)[tick]
    ratio = part, whole = claim_ratio(terms.kind, book.ladder.prices[tick])
    if (p - part / whole if back else part / whole - p) < edge_min:  # no venue pays a taker: the fee only takes away
        return None
    net_part, net_whole = net_price_ratio(terms.fee, side, ratio)
    net = net_part / net_whole
    if not 0 < net < 1:  # the fee eats the whole payout
        return None
    edge = p - net if back else net - p
    if edge < edge_min:
        return None
    claims = size * whole / part if terms.kind is PriceKind.ODDS else size
    lost_per_claim = part if back else whole - part
    risk = claims * lost_per_claim / whole * listing.rate_e8 / (FX_SCALE * MICROS)
    net_claims = risk / (net if back else 1 - net)
    bet = ev_net(side=side, p=p, odds=1 / net, commission=0, stake=net_claims * net)
    return Comparison(listing, side, net, edge, risk, float(bet.ev), float(bet.ev_per_risk))


def comparisons(
    view: MarketView, probs: Sequence[float], *, edges_min: Sequence[float] | None = None
) -> list[Comparison]:
    """Everything that can be taken now with the least edge asked of its outcome, the most valuable first."""
    least = edges_min or [-1.0] * len(probs)
    found = [
        compared
        for listing in view.listings
        if listing.tradable
        for side in SIDES
        if (compared := compare(listing, side, probs[n := listing.instrument.listing.outcome], edge_min=least[n]))
        is not None
    ]
    return sorted(found, key=lambda compared: -compared.ev)
