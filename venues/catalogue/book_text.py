"""The mapping file: TOML that a person can read and mend, the same mapping when it is read back.

`[[events]]`, `[[markets]]` and `[[listings]]` are the mapping itself; `[[reviews]]` say whose word each pair rests on,
and may be missing in a file written by hand.
"""

import json
from collections.abc import Iterator

import msgspec

from domain.markets import Event, Listing, Mapping, Market
from venues.catalogue.reviews import Review, ReviewBook


class _File(msgspec.Struct, frozen=True):
    """The file as it is decoded."""

    events: tuple[Event, ...]
    markets: tuple[Market, ...]
    listings: tuple[Listing, ...] = ()
    reviews: tuple[Review, ...] = ()


def read_book(data: bytes) -> ReviewBook:
    """The bytes of a mapping file. Raises msgspec.MsgspecError or UnicodeDecodeError for what is none, and ValueError
    where its parts do not fit together.
    """
    found = msgspec.toml.decode(data, type=_File)
    events = {event.id for event in found.events}
    markets = {market.id: market for market in found.markets}
    for market in found.markets:
        if market.event not in events:
            raise ValueError(f"market {market.id}: there is no event {market.event}")
    for one in found.listings:
        if one.market not in markets:
            raise ValueError(f"listing {one.venue_market} of {one.venue}: there is no market {one.market}")
        if not 0 <= one.outcome < len(markets[one.market].outcomes):
            raise ValueError(f"listing {one.venue_market} of {one.venue}: {one.market} has no outcome {one.outcome}")
    return ReviewBook(Mapping(found.events, found.markets, found.listings), found.reviews)


def book_toml(book: ReviewBook) -> str:
    """The text of a mapping file."""
    mapping = book.mapping
    tables: dict[str, tuple[msgspec.Struct, ...]] = {
        "events": mapping.events,
        "markets": mapping.markets,
        "listings": mapping.listings,
        "reviews": book.reviews,
    }
    return "\n".join(line for name, rows in tables.items() for row in rows for line in _table(name, row))


def _table(name: str, row: msgspec.Struct) -> Iterator[str]:
    """One entry of an array of tables. A JSON text, number or list of texts is also TOML."""
    yield f"[[{name}]]"
    for key, value in msgspec.to_builtins(row).items():
        yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
    yield ""
