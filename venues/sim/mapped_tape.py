"""A recording with the mapping beside it: which of its markets are ours, and the tape that they make."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from domain.ids import Currency, VenueMarketId, VenueName
from domain.markets import Mapping
from domain.messages import Fact, InstrumentsListed, MarketChanged
from venues.sim.backtest_tape import Moment, Tape, TapeMarket

MAPPING = "mapping.toml"


def is_mapped(path: Path) -> bool:
    """Whether there is a mapping beside it."""
    return _file(path).exists()


def _file(path: Path) -> Path:
    return (path if path.is_dir() else path.parent) / MAPPING


def mapping_beside(path: Path) -> Mapping:
    """The mapping that a folder, or a segment of it, is kept with. ValueError names the file and what is wrong."""
    file = _file(path)
    try:
        return msgspec.toml.decode(file.read_bytes(), type=Mapping)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"{file}: the mapping that a recording is kept with cannot be read: {error}") from error


def mapped_tape(
    mapping: Mapping,
    venue: VenueName,
    currency: Currency,
    moments: Callable[[], Iterator[Moment]],
    skipped: list[tuple[int, str]],
) -> Tape:
    """A tape of those markets of a mapping that the venue lists."""
    listings = tuple(one for one in mapping.listings if one.venue == venue)
    markets = {one.market for one in listings}
    events = {one.event for one in mapping.markets if one.id in markets}
    names = {one.id: one for one in mapping.markets}
    titles = {one.id: one.name for one in mapping.events}
    found = {one.venue_market: names[one.market] for one in listings}
    return Tape(
        venue=venue,
        currency=currency,
        found=tuple(TapeMarket(name, market.kind, titles[market.event]) for name, market in found.items()),
        events=tuple(one for one in mapping.events if one.id in events),
        markets=tuple(one for one in mapping.markets if one.id in markets),
        listings=listings,
        moments=moments,
        skipped=skipped,
    )


def touched(facts: list[Fact], states: dict[VenueMarketId, MarketChanged]) -> list[MarketChanged]:
    """The states that these facts are about, kept in `states`; new terms are told with the state that holds."""
    found: dict[VenueMarketId, None] = {}
    for fact in facts:
        if isinstance(fact, MarketChanged):
            states[fact.venue_market] = fact
            found[fact.venue_market] = None
        elif isinstance(fact, InstrumentsListed):
            found |= {one.listing.venue_market: None for one in fact.instruments}
    return [one for market in found if (one := states.get(market)) is not None]
