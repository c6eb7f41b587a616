"""What follows from a person's word on pairs: they are taken into the book, or put aside."""

from collections.abc import Iterable

import msgspec

from domain.markets import Mapping
from venues.catalogue.matching import Matched, Pair, Standing, traded_as
from venues.catalogue.reviews import Review, ReviewBook, Word


def admitted(
    book: ReviewBook, found: Matched, *, who: str, why: str, at_ms: int, ids: Iterable[str] = ()
) -> ReviewBook:
    """The book with every confident pair, or those with these ids, taken in on somebody's word."""
    wanted = set(ids)
    chosen = [
        one
        for one in found.pairs
        if one.open and one.market is not None and (one.id in wanted if wanted else one.standing is Standing.CONFIDENT)
    ]
    events = {event.id: event for event in book.mapping.events}
    markets = {market.id: market for market in book.mapping.markets}
    listings = {traded_as(listing): listing for listing in book.mapping.listings}
    reviews = {review.pair: review for review in book.reviews}
    for one in chosen:
        assert one.market is not None, "what has listings has a market"
        events.setdefault(one.event.id, one.event)
        markets.setdefault(one.market.id, one.market)
        listings |= {traded_as(listing): listing for listing in one.listings}
        reviews[one.id] = _review(one, Word.ACCEPTED, who=who, why=why, at_ms=at_ms)
    mapping = Mapping(tuple(events.values()), tuple(markets.values()), tuple(listings.values()))
    return ReviewBook(mapping, tuple(reviews.values()))


def dismissed(book: ReviewBook, found: Matched, *, who: str, why: str, at_ms: int, ids: Iterable[str]) -> ReviewBook:
    """The book with these pairs rejected: what stands in it of them goes, and they are not asked about again."""
    chosen = {one.id: one for one in found.pairs if one.id in set(ids)}
    gone = {instrument for one in chosen.values() for instrument in one.selections}
    kept = tuple(listing for listing in book.mapping.listings if traded_as(listing) not in gone)
    reviews = {review.pair: review for review in book.reviews}
    reviews |= {one.id: _review(one, Word.REJECTED, who=who, why=why, at_ms=at_ms) for one in chosen.values()}
    return ReviewBook(msgspec.structs.replace(book.mapping, listings=kept), tuple(reviews.values()))


def _review(one: Pair, word: Word, *, who: str, why: str, at_ms: int) -> Review:
    hashes = tuple(listing.rules_hash for listing in one.listings)
    return Review(one.id, one.venue, one.venue_event, one.question, word, who, why, at_ms, hashes)
