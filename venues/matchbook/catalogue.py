"""What Matchbook lists: its events as events in the house's words, and the conversation that asks for them.

Sides are `A vs B`, American ones `A at B`, in baseball with each side's pitcher in brackets; a draw is
`DRAW (Abc/Def)`, and each line of a total is a market of its own under one name. The interface tells no text of rules:
what a market settles by is its type, its line and the venue's general rules.
Source: Matchbook API docs, "Get events"; recorded answers.
"""

import re
from decimal import Decimal

import msgspec

from domain.ids import SelectionId, VenueMarketId, VenueName
from venues.catalogue.listed import ListedEvent, ListedQuestion, ListedSelection, Role
from venues.catalogue.talk import Asking, Talk, Window, unix_ms
from venues.errors import PeerBroke
from venues.matchbook.answers import UNREADABLE
from venues.matchbook.events_codec import EVENTS_PATH, path
from venues.matchbook.rules import settled_by

PER_PAGE = 100

SPORTS = {
    1: "american_football", 2: "american_football", 3: "baseball", 4: "basketball", 5: "basketball", 6: "ice_hockey",
    8: "golf", 9: "tennis", 14: "boxing", 15: "football", 18: "rugby_union", 110: "cricket", 112: "australian_rules",
    114: "rugby_league", 116: "darts", 120: "snooker", 123: "esports", 126: "mma", 24735152712200: "horse_racing",
    241798357140019: "greyhounds",
}  # fmt: skip
"""Sports by id; college sports are the same games in other competitions."""

KINDS = {
    "one_x_two": "match_odds",
    "money_line": "moneyline",
    "both_to_score": "both_to_score",
    "to_qualify": "to_qualify",
    "total": "over_under",
    "outright": "win",
    "outright_ded_fact": "win",
}
_BETWEEN = re.compile(r"\s+(?:vs|v|at|@)\s+")
_PITCHER = re.compile(r"\s*\([^)]*\)")
_CLOTH = re.compile(r"^\d+\s+")


class _Runner(msgspec.Struct, rename="kebab"):
    """One runner."""

    id: int
    name: str = ""


class _Market(msgspec.Struct, rename="kebab"):
    """One market."""

    id: int
    name: str = ""
    market_type: str = ""
    handicap: Decimal | None = None
    runners: list[_Runner] = []


class _Participant(msgspec.Struct, rename="kebab"):
    """A side; the list's order says nothing, the number does."""

    participant_name: str = ""
    number: int = 0


class _Tag(msgspec.Struct, rename="kebab"):
    """What an event is filed under."""

    name: str = ""
    type: str = ""


class _Event(msgspec.Struct, rename="kebab"):
    """One event with its markets."""

    id: int
    name: str = ""
    sport_id: int = 0
    start: str = ""
    event_participants: list[_Participant] = []
    meta_tags: list[_Tag] = []
    markets: list[_Market] = []


class _Page(msgspec.Struct, rename="kebab"):
    """One page of events; `total` counts all of them."""

    events: list[_Event]
    total: int


_page = msgspec.json.Decoder(_Page, strict=False)


def listed_talk(venue: VenueName, window: Window) -> Talk:
    """Every event that starts in a window, page after page; one that comes twice counts once."""
    found: dict[str, ListedEvent] = {}
    offset, total = 0, 1
    ids = [str(number) for number, sport in SPORTS.items() if sport in window.sports]
    while offset < total:
        query: dict[str, object] = {"offset": offset, "per-page": PER_PAGE, "include-event-participants": "true"}
        query |= {"after": window.from_ms // 1000, "before": -(-window.to_ms // 1000), "states": "open,suspended"}
        if ids:
            query["sport-ids"] = ",".join(ids)
        answer = yield Asking(path(EVENTS_PATH, query))
        page = _read(answer)
        total = page.total
        if not page.events:
            break
        offset += len(page.events)
        found |= {str(event.id): listed_event(venue, event) for event in page.events}
    return tuple(one for one in found.values() if window.takes(one))


def _read(answer: bytes) -> _Page:
    try:
        return _page.decode(answer)
    except UNREADABLE as error:
        raise PeerBroke(f"not a page of events: {error}, in {answer[:60]!r}") from error


def listed_event(venue: VenueName, event: _Event) -> ListedEvent:
    """An event with its sides in order and its questions."""
    sport = SPORTS.get(event.sport_id, "")
    numbered = sorted(event.event_participants, key=lambda one: one.number)
    sides = tuple(_plain(one.participant_name, sport) for one in numbered)
    if len(sides) != 2:
        sides = tuple(_plain(part, sport) for part in _BETWEEN.split(event.name))
    tags = {tag.type: tag.name for tag in event.meta_tags}
    return ListedEvent(
        venue,
        str(event.id),
        event.name,
        sport,
        unix_ms(event.start) or 0,
        participants=sides if len(sides) == 2 else (),
        competition=tags.get("COMPETITION", ""),
        country=tags.get("COUNTRY", ""),
        questions=tuple(_question(market, sport, len(sides) == 2) for market in event.markets),
    )


def _plain(name: str, sport: str) -> str:
    return _PITCHER.sub("", name) if sport == "baseball" else name


def _question(market: _Market, sport: str, has_sides: bool) -> ListedQuestion:
    kind = KINDS.get(market.market_type, market.market_type.lower())
    if kind == "win" and market.name.upper() not in ("WIN", "OUTRIGHT"):
        kind = market.name.lower().replace(" ", "_")
    if kind == "match_odds" and len(market.runners) == 2:
        kind = "moneyline"
    line = f"{market.handicap.normalize():f}" if market.handicap else ""
    hashed = settled_by(market.market_type, market.handicap, market.name)
    return ListedQuestion(
        kind,
        market.name,
        tuple(
            ListedSelection(
                VenueMarketId(str(market.id)),
                SelectionId(str(runner.id)),
                _plain(runner.name, sport) if has_sides else _CLOTH.sub("", runner.name),
                _role(kind, runner.name),
                rules_hash=hashed,
            )
            for runner in market.runners
        ),
        line,
    )


def _role(kind: str, name: str) -> Role:
    word = name.partition(" ")[0].upper()
    if kind == "over_under":
        return {"OVER": Role.OVER, "UNDER": Role.UNDER}.get(word, Role.NAMED)
    if kind == "both_to_score":
        return {"YES": Role.YES, "NO": Role.NO}.get(word, Role.NAMED)
    return Role.DRAW if kind == "match_odds" and word == "DRAW" else Role.NAMED
