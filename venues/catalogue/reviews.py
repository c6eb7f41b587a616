"""What people have said of pairs: the reviewed mapping, with who said what of which, when and by which rules."""

import enum

import msgspec

from domain.ids import VenueName
from domain.markets import Mapping


class Word(enum.StrEnum):
    """What a reviewer said."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Review(msgspec.Struct, frozen=True):
    """One word on one pair. `rules_hashes` are those of its selections as they were read then, in outcomes' order."""

    pair: str
    venue: VenueName
    venue_event: str
    question: str
    word: Word
    who: str
    why: str
    at_ms: int
    rules_hashes: tuple[str, ...] = ()


class ReviewBook(msgspec.Struct, frozen=True):
    """A mapping and the words by which it came about; a mapping written by hand has none."""

    mapping: Mapping
    reviews: tuple[Review, ...] = ()
