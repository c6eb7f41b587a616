"""What a venue lists, in the house's words: events with their participants, questions about them, what can be bought.

Each venue's own codec fills these in; nobody after it needs to know how that venue spells a draw or numbers a runner.
"""

import enum
from hashlib import blake2b

import msgspec

from domain.ids import SelectionId, VenueMarketId, VenueName


class Role(enum.StrEnum):
    """What a selection stands for, where its name does not have to be read: the venue's codec knows."""

    NAMED = "named"
    DRAW = "draw"
    OVER = "over"
    UNDER = "under"
    YES = "yes"
    NO = "no"


class ListedSelection(msgspec.Struct, frozen=True):
    """One thing that can be backed and laid. `name` is the venue's, `rules` the text it settles by.

    `rules_hash` is that of all the words by which the venue settles it, as its adapter tells them in the terms; empty
    where the venue tells none.
    """

    venue_market: VenueMarketId
    selection: SelectionId
    name: str
    role: Role = Role.NAMED
    rules: str = ""
    rules_hash: str = ""


class ListedQuestion(msgspec.Struct, frozen=True):
    """One question about an event. `kind` is our word for it, empty where we have none; `line` its goals or points.

    `alone`: each selection is a contract of its own, so that some may be missing; otherwise they exclude each other and
    are all there.
    """

    kind: str
    name: str
    selections: tuple[ListedSelection, ...]
    line: str = ""
    alone: bool = False


class ListedEvent(msgspec.Struct, frozen=True):
    """One event as one venue lists it. `sport` is our word, `competition` and `country` the venue's, empty if untold.

    It starts within `starts_within_ms` of `starts_ms`, Unix milliseconds: 0 where the venue tells the minute. An event
    without sides, such as a race, has no participants: its runners are the selections of its questions.
    """

    venue: VenueName
    id: str
    name: str
    sport: str
    starts_ms: int
    participants: tuple[str, ...] = ()
    competition: str = ""
    country: str = ""
    starts_within_ms: int = 0
    questions: tuple[ListedQuestion, ...] = ()


def rules_hash(*texts: str) -> str:
    """The hash of all words by which something is settled; empty if there are none. Spaces do not count."""
    words = "\x1f".join(" ".join(text.split()) for text in texts)
    return blake2b(words.encode(), digest_size=12).hexdigest() if words.strip("\x1f") else ""
