"""Quotes of several venues that never trade through each other: one inventory, one bid below one ask, net of fees.

While a cancel is under way the old quote may still be matched. A new one elsewhere that would buy dearer than the old
one sells, or sell cheaper than it buys, waits until the old one is proven to be gone. Of two outcomes a bid on one is
an ask on the other: two bids that together cost more than a claim pays cross as well.
"""

from collections.abc import Iterable, Iterator, Mapping

from domain.ids import InstrumentId, OrderRef
from domain.intents import Child, QuoteIntent
from domain.markets import Market
from domain.net_price import net_price_ratio
from domain.odds import PriceKind, claim_ratio
from domain.orders import BACK, OTHER_SIDE, Order, Side, TimeInForce
from domain.portfolio import InstrumentView

Net = tuple[int, int]
"""What a claim costs a bid or brings an ask, as a maker, after fees: numerator and denominator."""


class Standing:
    """What of ours may be matched in a market: first what works there, then each quote that was let in beside it.

    `mirrored`: one of two outcomes wins.
    """

    def __init__(
        self, working: Iterable[Order], views: Mapping[InstrumentId, InstrumentView], *, mirrored: bool = False
    ) -> None:
        self._views = views
        self._mirrored = mirrored
        self._nets: dict[tuple[int, Side], list[Net]] = {}
        for order in working:
            for on, price in _shown(order, views):
                if (place := _placed(on, order.side, price, mirrored=mirrored)) is not None:
                    self._nets.setdefault(place[:2], []).append(place[2])

    def lets_in(self, quote: QuoteIntent) -> bool:
        """Whether every bid of ours on the outcome stays at or below every ask of ours on it, wherever they are."""
        place = _placed(self._views[quote.instrument], quote.side, quote.price, mirrored=self._mirrored)
        if place is None:
            return True
        outcome, side, net = place
        if _crosses(side, net, self._nets.get((outcome, OTHER_SIDE[side]), ())):
            return False
        self._nets.setdefault((outcome, side), []).append(net)
        return True


def crossed_by(
    child: Child, working: Iterable[Order], views: Mapping[InstrumentId, InstrumentView], *, mirrored: bool
) -> OrderRef | None:
    """The first order at rest, wherever it is, that would buy dearer than the child sells, or sell cheaper."""
    ours = _placed(views[child.instrument], child.side, child.price, mirrored=mirrored)
    if ours is None:
        return None
    for order in working:
        for on, price in _shown(order, views):
            theirs = _placed(on, order.side, price, mirrored=mirrored)
            meets = theirs is not None and theirs[0] == ours[0] and theirs[1] is not ours[1]
            if theirs is not None and meets and _crosses(ours[1], ours[2], (theirs[2],)):
                return order.ref
    return None


def is_mirrored(market: Market) -> bool:
    """Whether exactly one of two outcomes wins, so that a bid on one is an ask on the other."""
    return len(market.outcomes) == 2 and market.winners == 1


def _shown(order: Order, views: Mapping[InstrumentId, InstrumentView]) -> Iterator[tuple[InstrumentView, int]]:
    """Where an order rests, at its price and at the one that it is being given."""
    view = views.get(order.instrument)
    if view is not None and order.tif is TimeInForce.REST and order.exposed_micros:
        yield view, order.price
        if order.amend is not None:
            yield view, order.amend.price


def _crosses(side: Side, net: Net, others: Iterable[Net]) -> bool:
    """Whether a bid would pay more than some ask brings, or an ask bring less than some bid pays."""
    for part, whole in others:
        ours, theirs = net[0] * whole, part * net[1]
        if ours > theirs if side is BACK else ours < theirs:
            return True
    return False


def _placed(view: InstrumentView, side: Side, price: int, *, mirrored: bool) -> tuple[int, Side, Net] | None:
    """Outcome, side and net price of an order; None for a line, which no claim compares with.

    `mirrored`: of two outcomes the second's as what it is of the first.
    """
    terms, outcome = view.instrument.terms, view.instrument.listing.outcome
    if terms.kind is PriceKind.LINE:
        return None
    part, whole = net_price_ratio(terms.fee, side, claim_ratio(terms.kind, price), maker=True)
    if mirrored and outcome == 1:
        return 0, OTHER_SIDE[side], (whole - part, whole)
    return outcome, side, (part, whole)
