"""Our own orders in one book, whichever of our accounts placed them: what a new order must never be matched with.

An exchange at which we have several accounts lists a market once; each account is a venue of its own name
(`domain.ids.exchange_of`). Trading with ourselves is forbidden across accounts of one owner as much as within one.
Source: Commodity Exchange Act 4c(a), wash sales.
"""

from collections.abc import Collection
from itertools import islice

from msgspec.structs import replace

from domain.ids import InstrumentId, OrderRef, SelectionId, VenueMarketId, exchange_of
from domain.intents import Child
from domain.markets import Instrument
from domain.odds import ODDS
from domain.orders import Order
from oms.crossing import met_across
from oms.order_index import OrderIndex


class Resting:
    """Reads `orders` and `instruments`, which others keep; instruments come and are never taken away.

    Of each instrument it knows the selections of its exchange's market, with their instruments at every account, and
    those of its own selection.
    """

    def __init__(self, orders: OrderIndex, instruments: dict[InstrumentId, Instrument]) -> None:
        self._orders = orders
        self._instruments = instruments
        self._known = 0
        self._selections: dict[tuple[str, VenueMarketId], dict[SelectionId, list[InstrumentId]]] = {}
        self._market: dict[InstrumentId, dict[SelectionId, list[InstrumentId]]] = {}
        self._same: dict[InstrumentId, list[InstrumentId]] = {}

    def on(self, instrument: InstrumentId) -> Collection[Order]:
        """Our orders that may still be matched in the book of an instrument."""
        if len(self._instruments) != self._known:
            self._index()
        same = self._same[instrument]
        if len(same) == 1:
            return self._orders.open_on(instrument)
        return [order for one in same for order in self._orders.open_on(one)]

    def met_across(self, child: Child) -> tuple[OrderRef, ...]:
        """Orders of ours that a new one would trade with through the other outcomes of its market.

        A venue's market may hold several of ours, as one of lines does: the outcomes of others make no price here.
        """
        instrument = self._instruments[child.instrument]
        listing, terms = instrument.listing, instrument.terms
        if len(self._instruments) != self._known:
            self._index()
        market = self._market[child.instrument]
        if len(market) < 2 or terms.kind is not ODDS:
            return ()
        others: list[InstrumentId] = []
        working: list[Order] = []
        for name, same in market.items():
            first = same[0]
            if name == listing.selection or self._instruments[first].listing.market != listing.market:
                continue
            rests = [order for one in same for order in self._orders.open_on(one)]
            if not rests:
                return ()  # together they make a price only where something of ours rests on each
            others.append(first)
            working += [order if order.instrument == first else replace(order, instrument=first) for order in rests]
        return met_across(child, others, working, terms.bands)

    def _index(self) -> None:
        """Take in the instruments that came since the last time."""
        newest = list(islice(reversed(self._instruments), len(self._instruments) - self._known))
        self._known = len(self._instruments)
        for key in reversed(newest):
            listing = self._instruments[key].listing
            market = self._selections.setdefault((exchange_of(listing.venue), listing.venue_market), {})
            same = market.setdefault(listing.selection, [])
            same.append(key)
            self._market[key], self._same[key] = market, same
