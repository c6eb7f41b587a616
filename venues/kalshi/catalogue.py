"""What Kalshi lists: its events of contracts as events in the house's words, and the conversation that asks for them.

A game is listed as several events of contracts, one for each thing to bet on: who wins, the total, the spread. What
belongs together is told by a milestone, which also tells when the game starts; without one by the sides' names and the
day, and the start is known by the day that the rules name. Each outcome is a contract: the draw is `Tie`, a total of
2.5 has one contract whose YES is over and whose NO is under. Tickers are names and nothing is read out of them.
Source: Kalshi docs, "Terms"; OpenAPI 3.28, GetEvents, GetSeriesList, Milestone; recorded markets.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec

from domain.ids import VenueMarketId, VenueName
from venues.catalogue.listed import ListedEvent, ListedQuestion, ListedSelection, Role
from venues.catalogue.talk import Asking, Talk, Window, unix_ms
from venues.errors import PeerBroke
from venues.kalshi import rules
from venues.kalshi.rest_targets import query

EVENTS_PER_PAGE = 200
DAY_MS = 86_400_000

SPORTS = {
    "soccer": "football", "football": "american_football", "baseball": "baseball", "basketball": "basketball",
    "hockey": "ice_hockey", "tennis": "tennis", "golf": "golf", "ufc": "mma", "mma": "mma", "boxing": "boxing",
    "cricket": "cricket", "rugby": "rugby_union", "esports": "esports", "darts": "darts", "snooker": "snooker",
    "horse racing": "horse_racing",
}  # fmt: skip
"""Sports by the tag of a series."""

SCOPES = {
    "game": "game", "match": "game", "winner": "game", "moneyline": "game", "fight": "game",
    "total": "over_under", "totals": "over_under", "total goals": "over_under", "total points": "over_under",
    "total runs": "over_under", "both teams to score": "both_to_score", "btts": "both_to_score",
    "advance": "to_qualify", "to advance": "to_qualify",
}  # fmt: skip
"""What is bet on, by what the venue calls a competition's scope."""

_BETWEEN = re.compile(r"\s+(?:vs\.?|v|at|@)\s+")
_WINNER = re.compile(r"\s+(?:Winner|Match|Game)?\??$")
_DAY = re.compile(
    r"scheduled for (\w{3})\w* (\d{1,2}), (\d{4})(?: at (\d{1,2}):(\d\d) (AM|PM) (E[DS]T|UTC))?", re.IGNORECASE
)
_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_ZONES = {"EDT": -4, "EST": -5, "UTC": 0}
TIE = frozenset({"Tie", "Draw"})


class _Market(msgspec.Struct):
    """One contract."""

    ticker: str
    market_type: str = "binary"
    title: str = ""
    yes_sub_title: str = ""
    rules_primary: str = ""
    rules_secondary: str = ""
    strike_type: str | None = None
    floor_strike: float | None = None
    occurrence_datetime: str | None = None
    expected_expiration_time: str | None = None


class _Event(msgspec.Struct):
    """One thing to bet on about a game."""

    event_ticker: str
    series_ticker: str = ""
    title: str = ""
    sub_title: str = ""
    product_metadata: dict[str, Any] | None = None
    markets: list[_Market] | None = None


class _Milestone(msgspec.Struct):
    """A game, and the events that are about it."""

    id: str
    start_date: str = ""
    related_event_tickers: list[str] = []


class _EventsPage(msgspec.Struct):
    """A page of events; the last has no cursor."""

    events: list[_Event]
    cursor: str | None = None
    milestones: list[_Milestone] | None = None


class _Series(msgspec.Struct):
    """What a series is about."""

    ticker: str
    title: str = ""
    tags: list[str] | None = None


class _SeriesPage(msgspec.Struct):
    """Every series of a category."""

    series: list[_Series] | None


_series = msgspec.json.Decoder(_SeriesPage, strict=False)
_events = msgspec.json.Decoder(_EventsPage, strict=False)


def listed_talk(venue: VenueName, window: Window) -> Talk:
    """Every game that is open or will be, with what can be bet on it."""
    answer = yield Asking("/series" + query(category="Sports"))
    series = {one.ticker: one for one in _read(answer, _series).series or ()}
    events: dict[str, _Event] = {}
    milestones: dict[str, _Milestone] = {}
    for status in ("open", "unopened"):
        cursor = ""
        while True:
            asked = query(
                limit=EVENTS_PER_PAGE,
                status=status,
                with_nested_markets="true",
                with_milestones="true",
                cursor=cursor or None,
            )
            answer = yield Asking("/events" + asked)
            page = _read(answer, _events)
            events |= {event.event_ticker: event for event in page.events if event.series_ticker in series}
            milestones |= {ticker: one for one in page.milestones or () for ticker in one.related_event_tickers}
            if not page.cursor or page.cursor == cursor:
                break
            cursor = page.cursor
    return tuple(one for one in listed_events(venue, events.values(), series, milestones) if window.takes(one))


def _read(answer: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:  # noqa: ANN401 the decoder's own type
    try:
        return decoder.decode(answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise PeerBroke(f"not a list: {error}, in {answer[:60]!r}") from error


class _Part(msgspec.Struct):
    """One event of contracts with what is known around it."""

    event: _Event
    scope: str
    sport: str
    competition: str
    sides: tuple[str, ...]
    starts_ms: int
    within_ms: int
    milestone: str


def listed_events(
    venue: VenueName, events: Iterable[_Event], series: dict[str, _Series], milestones: dict[str, _Milestone]
) -> tuple[ListedEvent, ...]:
    """Events of contracts gathered to the games that they are about."""
    games: dict[object, list[_Part]] = {}
    for event in events:
        part = _part(event, series[event.series_ticker], milestones.get(event.event_ticker))
        if part is not None:
            key = part.milestone or (frozenset(part.sides), part.starts_ms, part.within_ms, part.competition)
            games.setdefault(key, []).append(part)
    return tuple(_game(venue, parts) for parts in games.values())


def _part(event: _Event, series: _Series, milestone: _Milestone | None) -> _Part | None:
    """What is known of an event; None for one of which no start is told."""
    told = event.product_metadata or {}
    start = _start(event, milestone)
    if start is None or not event.markets:
        return None
    scope = str(told.get("competition_scope") or event.title.partition(": ")[2] or series.title.rpartition(" ")[2])
    tags = [SPORTS[tag.lower()] for tag in series.tags or () if tag.lower() in SPORTS]
    return _Part(
        event,
        SCOPES.get(_word(scope), _word(scope).replace(" ", "_")),
        tags[0] if tags else "",
        str(told.get("competition") or series.title),
        _sides(event),
        *start,
        milestone.id if milestone else "",
    )


def _word(text: str) -> str:
    return text.strip(" ?").lower()


def _sides(event: _Event) -> tuple[str, ...]:
    title = _WINNER.sub("", event.title.partition(":")[0])
    sides = tuple(_BETWEEN.split(title))
    return sides if len(sides) == 2 and all(sides) else ()


def _start(event: _Event, milestone: _Milestone | None) -> tuple[int, int] | None:
    """The start in Unix milliseconds and how far it may be off: from the milestone, else from the rules' own words."""
    told = unix_ms(milestone.start_date) if milestone else None
    if told is not None:
        return told, 0
    for market in event.markets or ():
        found = _DAY.search(market.rules_primary) or _DAY.search(market.rules_secondary)
        if found and found[1].lower() in _MONTHS:
            return _scheduled(found)
    return None


def _scheduled(found: re.Match[str]) -> tuple[int, int] | None:
    """What `scheduled for Jun 11, 2026 at 1:10 PM EDT` means; without a time any moment of an eastern day.

    None for a day or a minute that there is none of.
    """
    try:
        day = datetime(int(found[3]), _MONTHS[found[1].lower()], int(found[2]), tzinfo=UTC)
        if found[4] is None:
            middle = day.replace(tzinfo=timezone(timedelta(hours=_ZONES["EST"]))) + timedelta(hours=12)
            return round(middle.timestamp() * 1000), DAY_MS // 2
        hour = int(found[4]) % 12 + 12 * (found[6].upper() == "PM")
        at = day.replace(hour=hour, minute=int(found[5]), tzinfo=timezone(timedelta(hours=_ZONES[found[7].upper()])))
    except ValueError:
        return None
    return round(at.timestamp() * 1000), 0


def _game(venue: VenueName, parts: Sequence[_Part]) -> ListedEvent:
    """One game. Its sides go by the names of the contracts on them, which are fuller than the title's."""
    first = min(parts, key=lambda part: (part.scope != "game", part.event.event_ticker))
    sides = first.sides
    named = [market.yes_sub_title for market in first.event.markets or () if market.yes_sub_title not in TIE]
    if first.scope == "game" and len(named) == 2:
        sides = _in_order(sides, tuple(named))
    return ListedEvent(
        venue,
        first.event.event_ticker,
        _WINNER.sub("", first.event.title),
        first.sport,
        first.starts_ms,
        participants=sides if len(sides) == 2 else (),
        competition=first.competition,
        starts_within_ms=first.within_ms,
        questions=tuple(question for part in parts for question in _questions(part)),
    )


def _in_order(title: tuple[str, ...], named: tuple[str, ...]) -> tuple[str, ...]:
    """The contracts' names in the order of the title, where that can be told."""
    if len(title) == 2 and (title[0] in named[1] or title[1] in named[0]) and title[0] not in named[0]:
        return named[::-1]
    return named


def _questions(part: _Part) -> list[ListedQuestion]:
    """What can be bet on: one question of several contracts, or one for each line."""
    markets = [market for market in part.event.markets or () if market.market_type == "binary"]
    title = part.event.title
    if part.scope == "over_under":
        return _totals(title, markets)
    kind = part.scope
    if kind == "game":
        kind = "match_odds" if any(market.yes_sub_title in TIE for market in markets) else "moneyline"
        if kind == "moneyline" and part.sport == "football":
            kind = "match_odds"  # a draw without a contract of its own is lost on both sides
    role = Role.YES if kind == "both_to_score" else None
    chosen = tuple(
        _selection(market, role or (Role.DRAW if market.yes_sub_title in TIE else Role.NAMED)) for market in markets
    )
    return [ListedQuestion(kind, title, chosen, alone=True)] if chosen else []


def _totals(title: str, markets: Sequence[_Market]) -> list[ListedQuestion]:
    """Contracts gathered by line; a contract that is not plainly over or under one is left out."""
    lines: dict[str, list[ListedSelection]] = {}
    for market in markets:
        word = market.yes_sub_title.partition(" ")[0].lower()
        if market.floor_strike is not None and word in ("over", "under"):
            line = f"{market.floor_strike:g}"
            lines.setdefault(line, []).append(_selection(market, Role.OVER if word == "over" else Role.UNDER))
    return [ListedQuestion("over_under", title, tuple(chosen), line, alone=True) for line, chosen in lines.items()]


def _selection(market: _Market, role: Role) -> ListedSelection:
    return ListedSelection(
        VenueMarketId(market.ticker),
        rules.YES,
        market.yes_sub_title,
        role,
        f"{market.rules_primary}\n{market.rules_secondary}".strip(),
        rules.settled_by(market.rules_primary, market.rules_secondary, market.yes_sub_title),
    )
