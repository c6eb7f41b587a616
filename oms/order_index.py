"""Every order by our ref, by the venue's id, and, while it may still be matched, by venue, instrument and strategy."""

from collections.abc import Collection, Mapping

from domain.ids import InstrumentId, OrderRef, StrategyName, VenueMarketId, VenueName, VenueOrderId
from domain.markets import Instrument, Listing
from domain.orders import Order
from oms.order_states import is_open

ARCHIVE_MAX = 50_000
"""Orders kept after nothing is at stake in them, about 1 kB each; then the oldest is forgotten."""


class OrderIndex:
    """Orders with money at stake, and an archive of those without.

    At stake is an order that may still be matched, or was matched and is not settled. The others (settled, or closed
    with nothing matched) move to the archive, where late facts still find them and may bring them back. A fact about
    an order that even the archive forgot is a stray; the journal has them all. Views are live: copy before changing.
    """

    def __init__(self, instruments: Mapping[InstrumentId, Instrument], *, archive_max: int = ARCHIVE_MAX) -> None:
        self.at_stake: dict[OrderRef, Order] = {}
        self.archive: dict[OrderRef, Order] = {}
        self.unknown: dict[OrderRef, Order] = {}
        self.changed_ns: dict[OrderRef, int] = {}
        self._instruments = instruments
        self._archive_max = archive_max
        self._venue_ids: dict[tuple[VenueName, VenueOrderId], OrderRef] = {}
        self._at: dict[VenueName, dict[OrderRef, Order]] = {}
        self._on: dict[InstrumentId, dict[OrderRef, Order]] = {}
        self._of: dict[StrategyName, dict[OrderRef, Order]] = {}
        self._in: dict[tuple[VenueName, VenueMarketId], dict[OrderRef, Order]] = {}

    def listing(self, order: Order) -> Listing:
        """Where the order stands."""
        return self._instruments[order.instrument].listing

    def get(self, ref: OrderRef) -> Order | None:
        """The order, at stake or archived."""
        return self.at_stake.get(ref) or self.archive.get(ref)

    def get_by_venue_id(self, venue: VenueName, venue_order_id: VenueOrderId) -> Order | None:
        """The order that the venue calls by this id."""
        ref = self._venue_ids.get((venue, venue_order_id))
        return None if ref is None else self.get(ref)

    @property
    def open_count(self) -> int:
        """Orders at all venues that may still be matched."""
        return sum(map(len, self._at.values()))

    def open_instruments(self) -> list[InstrumentId]:
        """The instrument of every order that may still be matched, as often as it has one."""
        return [order.instrument for held in self._at.values() for order in held.values()]

    def open_at(self, venue: VenueName) -> Collection[Order]:
        """Orders at a venue that may still be matched."""
        return self._at.get(venue, {}).values()

    def open_on(self, instrument: InstrumentId) -> Collection[Order]:
        """Orders of one instrument that may still be matched."""
        return self._on.get(instrument, {}).values()

    def open_of(self, strategy: StrategyName) -> Collection[Order]:
        """Orders of one strategy that may still be matched."""
        return self._of.get(strategy, {}).values()

    def at_stake_in(self, venue: VenueName, venue_market: VenueMarketId) -> Collection[Order]:
        """Orders of one venue market with money at stake."""
        return self._in.get((venue, venue_market), {}).values()

    def keep(self, order: Order, now_ns: int) -> None:
        """Put an order, or its next version, where it belongs."""
        ref, listing, may_match = order.ref, self.listing(order), is_open(order)
        self.changed_ns[ref] = now_ns
        if order.venue_order_id is not None:
            self._venue_ids[listing.venue, order.venue_order_id] = ref
        _place(self.unknown, order, held=order.unknown)
        _place(self._at.setdefault(listing.venue, {}), order, held=may_match)
        _place(self._on.setdefault(order.instrument, {}), order, held=may_match)
        _place(self._of.setdefault(order.strategy, {}), order, held=may_match)
        staked = may_match or (order.matched_micros > 0 and not order.settled)
        _place(self._in.setdefault((listing.venue, listing.venue_market), {}), order, held=staked)
        _place(self.at_stake, order, held=staked)
        _place(self.archive, order, held=not staked)
        if len(self.archive) > self._archive_max:
            self._forget(next(iter(self.archive)))

    def _forget(self, ref: OrderRef) -> None:
        order = self.archive.pop(ref)
        del self.changed_ns[ref]
        if order.venue_order_id is not None:
            self._venue_ids.pop((self.listing(order).venue, order.venue_order_id), None)


def _place(shelf: dict[OrderRef, Order], order: Order, *, held: bool) -> None:
    if held:
        shelf[order.ref] = order
    else:
        shelf.pop(order.ref, None)
