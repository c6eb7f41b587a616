"""The store of a live run's orders: the engine's words on one side, a file of the storage room on the other."""

from collections.abc import Iterator
from pathlib import Path

from domain.ids import OrderRef, VenueName, VenueOrderId
from oms.order_store import Stored, packed, unpacked
from storage.order_store import Shelf


class DiskStore:
    """An `oms.order_store.OrderStore` in a run's folder."""

    def __init__(self, run: Path) -> None:
        self._shelf = Shelf(run, pack=packed, unpack=unpacked)

    def put(self, stored: Stored) -> None:
        """Keep an order that leaves memory."""
        order = stored.order
        self._shelf.put(stored, ref=order.ref, venue=stored.venue, venue_order_id=order.venue_order_id)

    def find(self, ref: OrderRef) -> Stored | None:
        """The order that we call so."""
        return self._shelf.find(ref)

    def find_by_venue_id(self, venue: VenueName, venue_order_id: VenueOrderId) -> Stored | None:
        """The order that its venue calls so."""
        return self._shelf.find_by_venue_id(venue, venue_order_id)

    def every(self) -> Iterator[Stored]:
        """Everything in the store."""
        return self._shelf.values()

    def close(self) -> None:
        """Let go of the file."""
        self._shelf.close()
