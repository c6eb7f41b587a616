"""What the world lists where: each venue's names for the questions of a match, and the reviewed mapping of them."""

from collections.abc import Callable, Iterable

import msgspec

from domain.ids import EventId, MarketId, SelectionId, VenueMarketId, VenueName
from domain.markets import Event, Listing, Mapping, Market
from venues.catalogue.book_text import book_toml
from venues.catalogue.listed import ListedEvent, ListedQuestion, ListedSelection, Role
from venues.catalogue.reviews import ReviewBook
from venues.sim.football import KINDS, Match
from venues.sim.markets import MarketSpec

RULES = "ninety minutes and stoppage time"
ENDINGS = frozenset("Town Rovers Athletic City Albion Wanderers County".split())
SPORT, LEAGUE = "football", "Sim League"
"""Of every match that has two sides; what is no match has neither."""

RULES_TOLD = (
    "This market is settled on 90 minutes play plus stoppage time; extra time is not included. "
    "If the match is not played all bets are void."
)
"""How an exchange that tells its rules writes the same."""

Naming = Callable[[Match, str, int], tuple[VenueMarketId, SelectionId]]
"""A venue's own names for outcome number `int` of a kind of market on a match."""


class Book(msgspec.Struct, frozen=True):
    """One order book of a venue: where outcome number `outcome` of a question is traded."""

    market: VenueMarketId
    selection: SelectionId
    kind: str
    outcome: int


def is_football(match: Match) -> bool:
    """Whether a match is asked what football matches are; of a recorded one that is all that is known of its sport."""
    return bool(KINDS.keys() & dict(match.questions).keys())


def short_name(name: str) -> str:
    """A side as those call it who are short of space: Calder for Calder Town, Calder Utd for Calder United."""
    words = name.split()
    kept = [("Utd" if word == "United" else word) for n, word in enumerate(words) if n == 0 or word not in ENDINGS]
    return " ".join(kept)


def event_id(match: Match) -> EventId:
    return EventId(match.slug)


def market_id(match: Match, kind: str) -> MarketId:
    return MarketId(f"{match.slug}/{kind}")


def books(match: Match, kinds: Iterable[str], naming: Naming) -> tuple[Book, ...]:
    """Every book that a venue keeps on a match."""
    return tuple(
        Book(*naming(match, kind, outcome), kind=kind, outcome=outcome)
        for kind in kinds
        for outcome in range(len(match.outcomes(kind)))
    )


def plainly_listed(
    venue: VenueName, matches: Iterable[Match], kinds: Iterable[str], naming: Naming, starts_ms: Callable[[Match], int]
) -> tuple[ListedEvent, ...]:
    """What a venue lists that has no names of its own for anything."""
    kinds = tuple(kinds)
    return tuple(
        ListedEvent(
            venue,
            match.slug,
            match.title,
            SPORT if is_football(match) else "",
            starts_ms(match),
            participants=(match.home, match.away) if match.away else (),
            competition=LEAGUE if match.away else "",
            questions=tuple(_question(match, kind, naming) for kind, _ in match.questions if kind in kinds),
        )
        for match in matches
    )


def _question(match: Match, kind: str, naming: Naming) -> ListedQuestion:
    """One question with its outcomes; those of a match of this world stand for what they say."""
    names = match.outcomes(kind)
    roles = [Role(name) if match.away and name in set(Role) else Role.NAMED for name in names]
    if match.away and kind == "match_odds":
        names = (match.home, "draw", match.away)
    chosen = tuple(
        ListedSelection(*naming(match, kind, outcome), name, role)
        for outcome, (name, role) in enumerate(zip(names, roles, strict=True))
    )
    total = match.away and kind == "over_under_25"
    return ListedQuestion("over_under" if total else kind, kind, chosen, "2.5" if total else "")


def market_specs(listed: Iterable[Book]) -> list[MarketSpec]:
    """The venue's markets that hold these books; a market of one book is a contract that may also lose."""
    selections: dict[VenueMarketId, list[SelectionId]] = {}
    for book in listed:
        selections.setdefault(book.market, []).append(book.selection)
    return [
        MarketSpec(market, tuple(names), winners=(1, 1) if len(names) > 1 else (0, 1))
        for market, names in selections.items()
    ]


def mapping(
    matches: Iterable[Match],
    kinds: Iterable[str],
    venues: dict[VenueName, Naming],
    *,
    starts_ms: Callable[[Match], int],
) -> Mapping:
    """The reviewed mapping of a world: every match, every question, every book."""
    matches, kinds = tuple(matches), tuple(kinds)
    asked = [(match, kind) for match in matches for kind, _ in match.questions if kind in kinds]
    events: dict[EventId, Event] = {}
    for match in matches:
        league, sport = (LEAGUE, SPORT) if match.away else ("", "")
        events.setdefault(
            event_id(match), Event(event_id(match), match.title, starts_ms(match), league=league, sport=sport)
        )
    markets = tuple(
        Market(market_id(match, kind), event_id(match), kind, match.outcomes(kind), rules=RULES)
        for match, kind in asked
    )
    listings = tuple(
        Listing(venue, book.market, book.selection, market_id(match, book.kind), book.outcome)
        for match, kind in asked
        for venue, naming in venues.items()
        for book in books(match, (kind,), naming)
    )
    return Mapping(tuple(events.values()), markets, listings)


def mapping_toml(reviewed: Mapping) -> str:
    """The mapping as the text of `mapping.toml`: read back with a TOML parser, it is the same mapping."""
    return book_toml(ReviewBook(reviewed))
