"""Where lines of venues' statements go that memory has no room for any more: found by name, by market and by order."""

from collections.abc import Iterator
from typing import Protocol

import msgspec

from domain.account_lines import AccountLine
from domain.ids import VenueMarketId, VenueName, VenueOrderId


class StoredLine(msgspec.Struct, frozen=True, array_like=True):
    """A line and its venue."""

    venue: VenueName
    line: AccountLine


class LineStore(Protocol):
    """Holds lines without a limit on their number. What is put under a name again replaces what stood there."""

    def put(self, stored: StoredLine) -> None: ...

    def find(self, venue: VenueName, name: str) -> AccountLine | None: ...

    def in_market(self, venue: VenueName, market: VenueMarketId) -> list[AccountLine]:
        """In the order in which they came here."""
        ...

    def of_order(self, venue: VenueName, name: VenueOrderId) -> list[AccountLine]: ...

    def every(self) -> Iterator[StoredLine]:
        """Everything in the store, in no order."""
        ...


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(StoredLine)


def packed_line(stored: StoredLine) -> bytes:
    """The bytes of a stored line."""
    return _encoder.encode(stored)


def unpacked_line(data: bytes) -> StoredLine:
    """The stored line of some bytes."""
    return _decoder.decode(data)


class MemoryLines:
    """A store for runs that end with their process. It is looked through from end to end: nobody asks it often."""

    def __init__(self) -> None:
        self._packed: dict[tuple[VenueName, str], bytes] = {}

    def put(self, stored: StoredLine) -> None:
        """Keep a line that leaves memory."""
        self._packed[stored.venue, stored.line.id] = packed_line(stored)

    def find(self, venue: VenueName, name: str) -> AccountLine | None:
        """The line that its venue calls so."""
        data = self._packed.get((venue, name))
        return None if data is None else unpacked_line(data).line

    def in_market(self, venue: VenueName, market: VenueMarketId) -> list[AccountLine]:
        """The lines of one market."""
        return [one.line for one in self.every() if (one.venue, one.line.venue_market) == (venue, market)]

    def of_order(self, venue: VenueName, name: VenueOrderId) -> list[AccountLine]:
        """The lines of one order."""
        return [one.line for one in self.every() if (one.venue, one.line.venue_order_id) == (venue, name)]

    def every(self) -> Iterator[StoredLine]:
        """Everything in the store."""
        return (unpacked_line(data) for data in self._packed.values())
