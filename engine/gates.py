"""Venue markets that take no added risk until something about our orders there is proven; cancels pass."""

from domain.ids import OrderRef, VenueMarketId, VenueName

VenueMarketKey = tuple[VenueName, VenueMarketId]


class Gates:
    """Which orders keep which venue markets shut. A market opens when the last of its orders is proven.

    A lost line shuts a whole venue until a round has ended (`Prices`); what the round could not prove keeps its own
    market shut and no other.
    """

    def __init__(self) -> None:
        self._waiting: dict[VenueMarketKey, set[OrderRef]] = {}
        self._where: dict[OrderRef, VenueMarketKey] = {}

    def shut(self, key: VenueMarketKey, ref: OrderRef) -> bool:
        """No added risk in the market until the order is proven; whether that is news."""
        if ref in self._where:
            return False
        self._where[ref] = key
        self._waiting.setdefault(key, set()).add(ref)
        return True

    def proven(self, ref: OrderRef) -> bool:
        """The order's part is proven; whether it kept anything shut."""
        key = self._where.pop(ref, None)
        if key is None:
            return False
        self._waiting[key].discard(ref)
        if not self._waiting[key]:
            del self._waiting[key]
        return True

    def is_shut(self, key: VenueMarketKey) -> bool:
        """Whether added risk waits in a venue market."""
        return key in self._waiting

    def holds(self, ref: OrderRef) -> bool:
        """Whether an order keeps its market shut: nobody has proven what became of it."""
        return ref in self._where

    @property
    def shut_markets(self) -> frozenset[VenueMarketKey]:
        """Every venue market that is shut."""
        return frozenset(self._waiting)
