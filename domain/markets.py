"""Events, markets and instruments: what can be traded, where, and how venues' listings share one outcome vector."""

import enum
from typing import Final

import msgspec

from domain.ids import EventId, InstrumentId, MarketId, SelectionId, VenueMarketId, VenueName
from domain.message import Message
from domain.terms import Terms


class MarketStatus(enum.StrEnum):
    """Whether a venue takes new orders on one of its markets."""

    INACTIVE = "inactive"
    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Result(enum.StrEnum):
    """How a venue settled one selection of a market."""

    WON = "won"
    LOST = "lost"
    VOID = "void"


VOID: Final = Result.VOID
"""By itself, for it is asked for with every bet: see `domain.orders.BACK`."""


class Event(msgspec.Struct, frozen=True):
    """A sporting event. `starts_ms` is the scheduled start, Unix milliseconds; `league` is its competition."""

    id: EventId
    name: str
    starts_ms: int
    league: str = ""
    sport: str = ""


class EventTurned(Message, frozen=True):
    """A feed saw the event turn: a goal, a card, a wicket; what was valued before it is worth nothing any more.

    `id` is the source's own for that turn: told again it is the same one.
    """

    event: EventId
    source: str
    id: str


class Market(msgspec.Struct, frozen=True):
    """One question about an event.

    Exactly `winners` of `outcomes` win. `rules` names the settlement rules: two venues' listings may share
    a market only if they settle by the same rules; `void_alone` lists the venues that may void a selection
    which the others settle.
    """

    id: MarketId
    event: EventId
    kind: str
    outcomes: tuple[str, ...]
    winners: int = 1
    rules: str = ""
    void_alone: tuple[VenueName, ...] = ()


class Listing(msgspec.Struct, frozen=True):
    """One reviewed pair: a venue's selection is outcome number `outcome` of our market.

    `rules_hash` is that of the venue's rules text as it was reviewed, empty where the text was not kept; a venue that
    tells another in its terms settles by other words than were reviewed.
    """

    venue: VenueName
    venue_market: VenueMarketId
    selection: SelectionId
    market: MarketId
    outcome: int
    rules_hash: str = ""


class Mapping(msgspec.Struct, frozen=True):
    """The reviewed mapping file: what the desk may trade, and what equals what."""

    events: tuple[Event, ...]
    markets: tuple[Market, ...]
    listings: tuple[Listing, ...]


class Instrument(msgspec.Struct, frozen=True):
    """A listing with the venue's terms: one order book that can be quoted and traded."""

    id: InstrumentId
    listing: Listing
    terms: Terms
