"""Every order by our ref, by the venue's id, and, while it may still be matched, by venue, instrument and strategy."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import TypeVar

from domain.ids import InstrumentId, OrderRef, StrategyName, VenueMarketId, VenueName, VenueOrderId
from domain.markets import Instrument, Listing
from domain.orders import Order
from oms.order_store import MemoryStore, OrderStore, Stored

K = TypeVar("K", bound=Hashable)

ARCHIVE_MAX = 20_000
"""Orders kept at hand after nothing is at stake in them, one to three kB each; then the oldest goes to the store."""


class OrderIndex:
    """Orders with money at stake, an archive of those without, and behind it a store that forgets none.

    At stake is an order that may still be matched, or was matched and is not settled. The others (settled, or closed
    with nothing matched) move to the archive; when that holds `archive_max`, its oldest is packed into the store. A
    late fact finds its order wherever it is and may bring it back. Of two orders that bear one name of a venue's, as
    one does that was a stranger's until our placement was answered, the name is that of the one which changed last.
    Views are live: copy before changing.
    """

    def __init__(
        self,
        instruments: Mapping[InstrumentId, Instrument],
        *,
        store: OrderStore | None = None,
        archive_max: int = ARCHIVE_MAX,
    ) -> None:
        self.at_stake: dict[OrderRef, Order] = {}
        self.archive: dict[OrderRef, Order] = {}
        self.unknown: dict[OrderRef, Order] = {}
        self.changed_ns: dict[OrderRef, int] = {}
        self._instruments = instruments
        self._store = store or MemoryStore()
        self.archive_max = archive_max
        self._venue_ids: dict[tuple[VenueName, VenueOrderId], OrderRef] = {}
        self._at: defaultdict[VenueName, dict[OrderRef, Order]] = defaultdict(dict)
        self._on: dict[InstrumentId, dict[OrderRef, Order]] = {}
        self._of: defaultdict[StrategyName, dict[OrderRef, Order]] = defaultdict(dict)
        self._in: dict[tuple[VenueName, VenueMarketId], dict[OrderRef, Order]] = {}

    def listing(self, order: Order) -> Listing:
        """Where the order stands."""
        return self._instruments[order.instrument].listing

    def at_hand(self, ref: OrderRef) -> Order | None:
        """The order if it is in memory."""
        return self.at_stake.get(ref) or self.archive.get(ref)

    def get(self, ref: OrderRef) -> Order | None:
        """The order, fetched back from the store if it has to be."""
        return self.at_stake.get(ref) or self.archive.get(ref) or self._recall(self._store.find(ref))

    def get_by_venue_id(self, venue: VenueName, venue_order_id: VenueOrderId) -> Order | None:
        """The order that the venue calls by this id."""
        ref = self._venue_ids.get((venue, venue_order_id))
        if ref is None:
            return self._recall(self._store.find_by_venue_id(venue, venue_order_id))
        return self.at_hand(ref)

    def every(self) -> Iterator[Order]:
        """Every order of the run as it stands, in no order."""
        yield from self.at_stake.values()
        yield from self.archive.values()
        yield from (one.order for one in self._store.every() if self.at_hand(one.order.ref) is None)

    def move_to(self, store: OrderStore) -> None:
        """Have another store from now on, with everything that the one so far holds."""
        for stored in self._store.every():
            store.put(stored)
        self._store = store

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
        ref, listing = order.ref, self._instruments[order.instrument].listing
        may_match = order.exposed_micros > 0
        self.changed_ns[ref] = now_ns
        if order.venue_order_id is not None:
            self._venue_ids[listing.venue, order.venue_order_id] = ref
        if order.unknown:
            self.unknown[ref] = order
        elif ref in self.unknown:
            del self.unknown[ref]
        if may_match:
            self._at[listing.venue][ref] = self._of[order.strategy][ref] = order
            self._on.setdefault(order.instrument, {})[ref] = order
        elif ref in self._on.get(order.instrument, ()):
            del self._at[listing.venue][ref], self._of[order.strategy][ref]
            _take_from(self._on, order.instrument, ref)
        if may_match or (order.matched_micros > 0 and not order.settled):
            self.at_stake[ref] = order
            self._in.setdefault((listing.venue, listing.venue_market), {})[ref] = order
            self.archive.pop(ref, None)
            return
        if ref in self.at_stake:
            del self.at_stake[ref]
            _take_from(self._in, (listing.venue, listing.venue_market), ref)
        self.archive[ref] = order
        if len(self.archive) > self.archive_max:
            oldest = self.archive.pop(next(iter(self.archive)))
            venue = self.listing(oldest).venue
            self._store.put(Stored(oldest, venue, self.changed_ns.pop(oldest.ref)))
            if oldest.venue_order_id is not None and self._venue_ids.get((venue, oldest.venue_order_id)) == oldest.ref:
                del self._venue_ids[venue, oldest.venue_order_id]

    def _recall(self, stored: Stored | None) -> Order | None:
        """Have a stored order at hand again, with the time of its last change."""
        if stored is None:
            return None
        order = stored.order
        if (known := self.at_hand(order.ref)) is not None:
            return known
        if order.venue_order_id is None:
            self.keep(order, stored.changed_ns)
            return order
        name = stored.venue, order.venue_order_id
        latest = self._store.find_by_venue_id(*name)
        bearer = self._venue_ids.get(name) or (order.ref if latest is None else latest.order.ref)
        self.keep(order, stored.changed_ns)
        self._venue_ids[name] = bearer  # who changed later than what was in the store
        if self.at_hand(bearer) is None:  # as it may be only now, for what comes back takes room
            del self._venue_ids[name]
        return order


def _take_from(shelves: dict[K, dict[OrderRef, Order]], key: K, ref: OrderRef) -> None:
    """Take an order off one of many shelves, of which empty ones are not kept: instruments come and go."""
    shelf = shelves[key]
    del shelf[ref]
    if not shelf:
        del shelves[key]


def at_hand_in(orders: OrderIndex, venue: VenueName, venue_market: VenueMarketId) -> Iterator[Order]:
    """Orders of one venue market that are in memory: those with money at stake, then the others, the latest first.

    Looks through the whole archive.
    """
    yield from orders.at_stake_in(venue, venue_market)
    for order in reversed(orders.archive.values()):
        listing = orders.listing(order)
        if (listing.venue, listing.venue_market) == (venue, venue_market):
            yield order
