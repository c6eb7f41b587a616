"""Accounts of ours at one exchange: two places of a view that are one book."""

from domain.ids import exchange_of
from domain.portfolio import InstrumentView


def is_one_book(one: InstrumentView, other: InstrumentView) -> bool:
    """Whether two places are what one exchange lists once: a back there and a lay there only move our money about."""
    ours, theirs = one.instrument.listing, other.instrument.listing
    if (ours.venue_market, ours.selection) != (theirs.venue_market, theirs.selection):
        return False
    return exchange_of(ours.venue) == exchange_of(theirs.venue)
