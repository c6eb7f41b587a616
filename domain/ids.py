"""Identifiers: every key of the house has its own type, so that no two kinds can be swapped by accident."""

from typing import NewType

VenueName = NewType("VenueName", str)
"""The name a venue carries in the configuration; another account at it has a name of its own, as in `it.second`."""

EventId = NewType("EventId", str)
"""Our name of a sporting event; caps on the worst loss are set per event."""

MarketId = NewType("MarketId", str)
"""Our name of one question about an event, with its exclusive outcomes; shared by all venues that list it."""

VenueMarketId = NewType("VenueMarketId", str)
"""A venue's own name of one of its markets; commission and settlement happen per venue market."""

SelectionId = NewType("SelectionId", str)
"""A venue's own name of what is bought inside one of its markets (a runner, or YES)."""

InstrumentId = NewType("InstrumentId", str)
"""One order book: `venue/venue market/selection`, unique over the house."""

OrderRef = NewType("OrderRef", str)
"""Our name of one order, journalled before the order is sent and never used again."""

VenueOrderId = NewType("VenueOrderId", str)
"""The venue's name of one order."""

StrategyName = NewType("StrategyName", str)
"""The name a strategy carries in the configuration."""

Currency = NewType("Currency", str)
"""ISO 4217 code."""


def exchange_of(venue: VenueName) -> str:
    """The exchange at which a venue is an account: what stands before the first dot of its name."""
    return venue.partition(".")[0]


def stranger_ref(venue: VenueName, order: VenueOrderId) -> OrderRef:
    """What an order is called by us that somebody else placed on our account."""
    return OrderRef(f"{venue}/{order}")


def stranger_id(ref: OrderRef) -> str:
    """The venue's name of an order that somebody else placed on our account; empty for an order of ours."""
    return ref.partition("/")[2]


def instrument_id(venue: VenueName, *, venue_market: VenueMarketId, selection: SelectionId) -> InstrumentId:
    """The one spelling of an instrument's key."""
    return InstrumentId(f"{venue}/{venue_market}/{selection}")


def book_of(instrument: InstrumentId) -> tuple[str, str]:
    """The book that an instrument is: the same for every account at its exchange."""
    venue, _, rest = instrument.partition("/")
    return exchange_of(VenueName(venue)), rest
