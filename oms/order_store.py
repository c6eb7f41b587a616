"""Where orders go that memory has no room for any more: packed small, and still found by our ref and the venue's id."""

from collections.abc import Iterator
from typing import Protocol

import msgspec

from domain.ids import OrderRef, VenueName, VenueOrderId
from domain.orders import Order


class Stored(msgspec.Struct, frozen=True, array_like=True):
    """An order as it was when it left memory, its venue, and when it had last changed, monotonic."""

    order: Order
    venue: VenueName
    changed_ns: int


class OrderStore(Protocol):
    """Holds orders without a limit on their number. What is put under a ref again replaces what stood there."""

    def put(self, stored: Stored) -> None: ...

    def find(self, ref: OrderRef) -> Stored | None: ...

    def find_by_venue_id(self, venue: VenueName, venue_order_id: VenueOrderId) -> Stored | None:
        """The order that its venue calls so; of several the one that changed last."""
        ...

    def every(self) -> Iterator[Stored]:
        """Everything in the store, in no order."""
        ...


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Stored)


def packed(stored: Stored) -> bytes:
    """The bytes of a stored order."""
    return _encoder.encode(stored)


def unpacked(data: bytes) -> Stored:
    """The stored order of some bytes."""
    return _decoder.decode(data)


class MemoryStore:
    """A store for runs that end with their process: replays, backtests and simulations."""

    def __init__(self) -> None:
        self._packed: dict[OrderRef, bytes] = {}
        self._refs: dict[tuple[VenueName, VenueOrderId], OrderRef] = {}

    def put(self, stored: Stored) -> None:
        """Keep an order that leaves memory."""
        order = stored.order
        self._packed[order.ref] = packed(stored)
        if order.venue_order_id is not None:
            named = self.find_by_venue_id(stored.venue, order.venue_order_id)
            if named is None or named.changed_ns <= stored.changed_ns:
                self._refs[stored.venue, order.venue_order_id] = order.ref

    def find(self, ref: OrderRef) -> Stored | None:
        """The order that we call so."""
        data = self._packed.get(ref)
        return None if data is None else unpacked(data)

    def find_by_venue_id(self, venue: VenueName, venue_order_id: VenueOrderId) -> Stored | None:
        """The order that its venue calls so."""
        ref = self._refs.get((venue, venue_order_id))
        return None if ref is None else self.find(ref)

    def every(self) -> Iterator[Stored]:
        """Everything in the store."""
        return (unpacked(data) for data in self._packed.values())
