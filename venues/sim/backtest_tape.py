"""A recording as a backtest reads it, whatever venue it came from: facts as the live feed gives them, prints, turns.

Whoever decodes a venue's file makes a `Tape` of it. A moment is one message of the recording: the facts that the
venue's own codec makes of it, what was traded in it (each match counted once), and how its markets turned.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction

import msgspec

from domain.ids import Currency, InstrumentId, SelectionId, VenueMarketId, VenueName
from domain.markets import Event, Listing, Market, MarketStatus, Result
from domain.messages import Fact

Print = tuple[InstrumentId, int, int]
"""Instrument, price in hundredths, size in millionths: volume that was matched, one side of it."""


class Turn(msgspec.Struct, frozen=True):
    """A market's state from now on. `removed` holds reduction factors in per cent, `starting_prices` decimal odds.

    `reduces_from` is the least factor that reduces odds in this market. `results` are there once it is CLOSED; more
    winners than `winners` share the places.
    """

    market: VenueMarketId
    status: MarketStatus
    in_play: bool
    delay_ms: int = 0
    version: int = 0
    winners: int = 1
    removed: dict[SelectionId, Fraction] = {}
    reduces_from: Fraction = Fraction(5, 2)
    place_market: bool = False
    starting_prices: dict[SelectionId, Fraction] = {}
    results: dict[SelectionId, Result] = {}


class Moment(msgspec.Struct, gc=False):
    """One message: when it was received, in Unix milliseconds, and what it says."""

    at_ms: int
    facts: list[Fact]
    prints: list[Print]
    turns: list[Turn]


class TapeMarket(msgspec.Struct, frozen=True):
    """A market of a recording and whether it can be simulated: `why_not` is empty if it can."""

    id: VenueMarketId
    name: str
    event: str
    why_not: str = ""


class Tape(msgspec.Struct, frozen=True):
    """One file. `moments` begins anew with each call; what could not be read of it is in `skipped` when it has ended.

    `events`, `markets` and `listings` are of those markets only that can be simulated.
    """

    venue: VenueName
    currency: Currency
    found: tuple[TapeMarket, ...]
    events: tuple[Event, ...]
    markets: tuple[Market, ...]
    listings: tuple[Listing, ...]
    moments: Callable[[], Iterator[Moment]]
    skipped: list[tuple[int, str]]
