"""Quotes of several venues that never trade through each other: one inventory, one bid below one ask, net of fees.

While a cancel is under way the old quote may still be matched. A new one elsewhere that would buy dearer than the old
one sells, or sell cheaper than it buys, waits until the old one is proven to be gone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from domain.ids import InstrumentId
from domain.intents import QuoteIntent
from domain.net_price import net_price_ratio
from domain.odds import PriceKind, claim_ratio
from domain.orders import Order, Side, TimeInForce
from domain.portfolio import InstrumentView

Net = tuple[int, int]
"""What a claim costs a bid or brings an ask, as a maker, after fees: numerator and denominator."""


def uncrossed(
    quotes: Iterable[QuoteIntent], working: Sequence[Order], views: Mapping[InstrumentId, InstrumentView]
) -> Iterator[QuoteIntent]:
    """The quotes that keep every bid of ours on an outcome at or below every ask of ours on it, wherever they are.

    What may still be matched comes first, then the quotes in their order.
    """
    standing: dict[tuple[int, Side], list[Net]] = {}
    for order in working:
        view = views.get(order.instrument)
        if view is not None and order.tif is TimeInForce.REST and order.exposed_micros:
            _add(standing, view, order.side, order.price)
    for quote in quotes:
        view = views[quote.instrument]
        others = standing.get((view.instrument.listing.outcome, _other(quote.side)), ())
        if not others or not _crosses(quote.side, _net(view, quote.side, quote.price), others):
            _add(standing, view, quote.side, quote.price)
            yield quote


def _crosses(side: Side, net: Net, others: Iterable[Net]) -> bool:
    """Whether a bid would pay more than some ask brings, or an ask bring less than some bid pays."""
    for part, whole in others:
        ours, theirs = net[0] * whole, part * net[1]
        if ours > theirs if side is Side.BACK else ours < theirs:
            return True
    return False


def _add(standing: dict[tuple[int, Side], list[Net]], view: InstrumentView, side: Side, price: int) -> None:
    if view.instrument.terms.kind is not PriceKind.LINE:
        key = view.instrument.listing.outcome, side
        standing.setdefault(key, []).append(_net(view, side, price))


def _net(view: InstrumentView, side: Side, price: int) -> Net:
    terms = view.instrument.terms
    return net_price_ratio(terms.fee, side, claim_ratio(terms.kind, price), maker=True)


def _other(side: Side) -> Side:
    return Side.LAY if side is Side.BACK else Side.BACK
