"""The markets that we follow at the venue, what was last told of each, and which word about one holds."""

from collections.abc import Iterable

from domain.fees import FeeTerms
from domain.ids import InstrumentId
from domain.markets import Instrument, Listing, MarketStatus
from domain.messages import Levels, MarketChanged
from venues.matchbook.events_codec import Event, venue_id


class FollowedBook:
    """One runner of ours: its prices as last told, and the fact that says that they have not changed."""

    __slots__ = ("instrument", "prices", "proof")

    def __init__(self, instrument: InstrumentId) -> None:
        self.instrument = instrument
        self.prices = b""
        self.proof = Levels(instrument, [], [])


class FollowedMarket:
    """One market of ours. `asked` numbers the request whose answer was heard last."""

    __slots__ = ("listings", "event_id", "listed", "books", "fee", "delay_ms", "asked", "last_change")

    def __init__(self) -> None:
        self.listings: dict[int, Listing] = {}
        self.event_id = 0
        self.listed: tuple[Instrument, ...] = ()
        self.books: dict[int, FollowedBook] = {}
        self.fee: FeeTerms | None = None
        self.delay_ms = 0
        self.asked = 0
        self.last_change: MarketChanged | None = None

    @property
    def is_closed(self) -> bool:
        return self.last_change is not None and self.last_change.status is MarketStatus.CLOSED


class Followed:
    """Our markets by the venue's numbers, and the count of requests and pushed messages about them."""

    def __init__(self, listings: Iterable[Listing]) -> None:
        self.markets: dict[int, FollowedMarket] = {}
        self._asked = 0
        for listing in listings:
            market = self.markets.setdefault(venue_id(listing.venue_market, of="market"), FollowedMarket())
            market.listings[venue_id(listing.selection, of="selection")] = listing

    def number(self) -> int:
        """The number of the next request, or of the next message that is pushed: the later one holds."""
        self._asked += 1
        return self._asked

    def unfound(self) -> set[int]:
        """Markets whose event is not known yet."""
        return {number for number, market in self.markets.items() if not market.event_id}

    def events(self) -> tuple[list[int], list[int]]:
        """Events in which a market of ours may still be traded, and those in which all have closed."""
        open_: dict[int, bool] = {}
        for market in self.markets.values():
            if market.event_id:
                open_[market.event_id] = open_.get(market.event_id, False) or not market.is_closed
        return [event for event, is_open in open_.items() if is_open], [
            e for e, is_open in open_.items() if not is_open
        ]

    def missing(self, events: list[int], heard: list[Event]) -> list[tuple[int, int]]:
        """Event and number of each market of ours that an answer about these events does not hold."""
        present = {market.id for event in heard for market in event.markets}
        return [
            (market.event_id, number)
            for number, market in self.markets.items()
            if market.event_id in events and number not in present
        ]

    def __contains__(self, number: int) -> bool:
        """Whether a market is one of those that we follow."""
        return number in self.markets
