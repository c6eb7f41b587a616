"""What a live run keeps on disk and not in memory, in the words of the engine; the files are the storage room's."""

from collections.abc import Iterator
from pathlib import Path

from domain.account_lines import AccountLine
from domain.ids import OrderRef, VenueMarketId, VenueName, VenueOrderId
from engine.state import State
from oms.line_store import StoredLine, packed_line, unpacked_line
from oms.order_store import Stored, packed, unpacked
from storage.shelf import Shelf

ORDERS, LINES = "orders.sqlite", "lines.sqlite"


def move_to_disk(state: State, run: Path) -> None:
    """From now on, what has no room in memory goes to files in a run's folder."""
    state.blotter.orders.move_to(DiskStore(run))
    state.ledger.lines.move_to(DiskLines(run))


class DiskStore:
    """An `oms.order_store.OrderStore` in a run's folder."""

    def __init__(self, run: Path) -> None:
        self._shelf = Shelf(run / ORDERS, pack=packed, unpack=unpacked)

    def put(self, stored: Stored) -> None:
        """Keep an order that leaves memory."""
        name = stored.order.venue_order_id
        self._shelf.put(stored, stored.order.ref, () if name is None else (_key(stored.venue, name),))

    def find(self, ref: OrderRef) -> Stored | None:
        """The order that we call so."""
        return self._shelf.find(ref)

    def find_by_venue_id(self, venue: VenueName, venue_order_id: VenueOrderId) -> Stored | None:
        """The order that its venue calls so; of several the one that changed last."""
        named = self._shelf.under(_key(venue, venue_order_id))
        return max(reversed(named), key=lambda one: one.changed_ns, default=None)

    def every(self) -> Iterator[Stored]:
        """Everything in the store."""
        return self._shelf.values()

    def close(self) -> None:
        """Let go of the file."""
        self._shelf.close()


class DiskLines:
    """An `oms.line_store.LineStore` in a run's folder."""

    def __init__(self, run: Path) -> None:
        self._shelf = Shelf(run / LINES, pack=packed_line, unpack=unpacked_line)

    def put(self, stored: StoredLine) -> None:
        """Keep a line that leaves memory."""
        venue, line = stored.venue, stored.line
        keys = [_key(venue, "market", line.venue_market)] if line.venue_market else []
        if line.venue_order_id is not None:
            keys.append(_key(venue, "order", line.venue_order_id))
        self._shelf.put(stored, _key(venue, line.id), tuple(keys))

    def find(self, venue: VenueName, name: str) -> AccountLine | None:
        """The line that its venue calls so."""
        found = self._shelf.find(_key(venue, name))
        return None if found is None else found.line

    def in_market(self, venue: VenueName, market: VenueMarketId) -> list[AccountLine]:
        """The lines of one market, in the order in which they came here."""
        return [one.line for one in self._shelf.under(_key(venue, "market", market))]

    def of_order(self, venue: VenueName, name: VenueOrderId) -> list[AccountLine]:
        """The lines of one order, in the order in which they came here."""
        return [one.line for one in self._shelf.under(_key(venue, "order", name))]

    def every(self) -> Iterator[StoredLine]:
        """Everything in the store."""
        return self._shelf.values()

    def close(self) -> None:
        """Let go of the file."""
        self._shelf.close()


def _key(*words: str) -> str:
    """One word of several: ids of venues may hold any character but this."""
    return "\n".join(words)
