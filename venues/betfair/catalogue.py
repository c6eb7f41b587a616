"""What Betfair lists: its catalogue of markets as events in the house's words, and the conversation that asks for it.

A football match is `Home v Away`, an American one `Away @ Home`; a draw is `The Draw`. Races share an event by meeting:
each market of one is an event of its own here. A market of Asian handicaps asks as many questions as it has lines, each
about a runner of either side, whose handicaps are opposite. Descriptions weigh 1 a market; an answer carries 200.
Source: Betfair developer docs, "listListedMarket", "Market Data Request Limits"; recorded catalogues.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from domain.ids import VenueMarketId, VenueName
from venues.betfair.market_codec import selection_id
from venues.betfair.query_codec import CATALOGUE
from venues.betfair.rpc import Fault, answerer, decode_answer
from venues.betfair.rules import LINES, settled_by
from venues.catalogue.listed import ListedEvent, ListedQuestion, ListedSelection, Role
from venues.catalogue.talk import Asking, Talk, Window, unix_ms
from venues.errors import PeerBroke

MARKETS_PER_PAGE = 200

SPORTS = {
    "1": "football", "2": "tennis", "3": "golf", "4": "cricket", "5": "rugby_union", "6": "boxing",
    "7": "horse_racing", "4339": "greyhounds", "6422": "snooker", "6423": "american_football", "7511": "baseball",
    "7522": "basketball", "7524": "ice_hockey", "1477": "rugby_league", "26420387": "mma", "3503": "darts",
    "61420": "australian_rules",
}  # fmt: skip
"""Event types by id. Source: Betfair, navigation menu."""

KINDS = {
    "MATCH_ODDS": "match_odds", "MONEY_LINE": "moneyline", "DRAW_NO_BET": "draw_no_bet", "TO_QUALIFY": "to_qualify",
    "BOTH_TEAMS_TO_SCORE": "both_to_score", "WIN": "win",
}  # fmt: skip
_TOTAL = re.compile(r"OVER_UNDER_(\d+)5")
_BETWEEN = re.compile(r"\s+(?:v|vs|@)\s+")
_CLOTH = re.compile(r"^\d+\.\s+")
ROLES = {"The Draw": Role.DRAW, "Yes": Role.YES, "No": Role.NO}


class _Named(msgspec.Struct, rename="camel"):
    """A sport or a competition; some clients' records write the id as a number."""

    id: str | int = ""
    name: str = ""


class _Event(msgspec.Struct, rename="camel"):
    """The event that a market belongs to."""

    id: str | int = ""
    name: str = ""
    country_code: str | None = None


class _Description(msgspec.Struct, rename="camel"):
    """What a market is and how it settles."""

    betting_type: str = "ODDS"
    market_type: str = ""
    rules: str | None = None


class _Runner(msgspec.Struct, rename="camel"):
    """One runner."""

    selection_id: int
    runner_name: str = ""
    handicap: float = 0.0


class ListedMarket(msgspec.Struct, rename="camel"):
    """One market as the catalogue describes it to whoever looks for markets."""

    market_id: str
    market_name: str = ""
    market_start_time: str = ""
    event: _Event = msgspec.field(default_factory=_Event)
    event_type: _Named = msgspec.field(default_factory=_Named)
    competition: _Named | None = None
    description: _Description = msgspec.field(default_factory=_Description)
    runners: list[_Runner] = []


listed_answer = answerer(list[ListedMarket])


def listed_talk(venue: VenueName, window: Window) -> Talk:
    """Every market that starts in a window, page after page in order of start."""
    found: dict[str, ListedMarket] = {}
    from_ms = window.from_ms
    while True:
        answer = yield Asking(CATALOGUE, _params(window, from_ms))
        rows = decode_answer(answer, listed_answer)
        if isinstance(rows, Fault):
            raise PeerBroke(f"{CATALOGUE}: {rows.word}")
        found |= {row.market_id: row for row in rows}
        if len(rows) < MARKETS_PER_PAGE:
            return tuple(one for one in listed_events(venue, found.values()) if window.takes(one))
        last_ms = max(unix_ms(row.market_start_time) or 0 for row in rows)
        if last_ms <= from_ms:
            raise PeerBroke(f"{len(rows)} markets start at once; ask for fewer sports at a time")
        from_ms = last_ms


def _params(window: Window, from_ms: int) -> bytes:
    ids = [number for number, sport in SPORTS.items() if sport in window.sports]
    asked: dict[str, object] = {
        "marketStartTime": {"from": _iso(from_ms), "to": _iso(window.to_ms)},
    }
    if window.sports:
        asked["eventTypeIds"] = ids
    return msgspec.json.encode(
        {
            "filter": asked,
            "marketProjection": [
                "COMPETITION",
                "EVENT",
                "EVENT_TYPE",
                "MARKET_START_TIME",
                "MARKET_DESCRIPTION",
                "RUNNER_DESCRIPTION",
            ],
            "sort": "FIRST_TO_START",
            "maxResults": MARKETS_PER_PAGE,
        }
    )


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def listed_events(venue: VenueName, rows: Iterable[ListedMarket]) -> tuple[ListedEvent, ...]:
    """Markets gathered to the events that they are about."""
    gathered: dict[str, list[ListedMarket]] = {}
    for row in rows:
        is_race = not _sides(row)
        gathered.setdefault(row.market_id if is_race else str(row.event.id), []).append(row)
    return tuple(_event(venue, key, markets) for key, markets in gathered.items())


def _sides(row: ListedMarket) -> tuple[str, ...]:
    sides = tuple(_BETWEEN.split(row.event.name))
    return sides if len(sides) == 2 and all(sides) else ()


def _event(venue: VenueName, key: str, markets: Sequence[ListedMarket]) -> ListedEvent:
    first = markets[0]
    return ListedEvent(
        venue,
        key,
        first.event.name,
        SPORTS.get(str(first.event_type.id), first.event_type.name.lower().replace(" ", "_")),
        min(unix_ms(market.market_start_time) or 0 for market in markets),
        participants=_sides(first),
        competition=first.competition.name if first.competition else "",
        country=first.event.country_code or "",
        questions=tuple(one for market in markets for one in _questions(market)),
    )


def _questions(row: ListedMarket) -> tuple[ListedQuestion, ...]:
    """What a market asks: one question, or one of each line."""
    if (row.description.betting_type, row.description.market_type) != LINES:
        return (_question(row, row.runners),)
    home = next(iter(_sides(row)), "")
    lines = {one.handicap: one for one in row.runners if one.runner_name == home}
    others = {-one.handicap: one for one in row.runners if one.runner_name != home}
    return tuple(_question(row, [one, others[goals]], goals) for goals, one in lines.items() if goals in others)


def _question(row: ListedMarket, runners: Sequence[_Runner], handicap: float | None = None) -> ListedQuestion:
    said = row.description
    kind, line = KINDS.get(said.market_type, ""), ""
    total = _TOTAL.fullmatch(said.market_type)
    if total:
        kind, line = "over_under", f"{total[1]}.5"
    if kind == "match_odds" and len(runners) == 2:
        kind = "moneyline"
    if said.betting_type != "ODDS":
        kind = ""
    if handicap is not None:
        kind, line = "asian_handicap", f"{handicap + 0.0:g}"
    kind = kind or said.market_type.lower()
    hashed = settled_by(said.rules or "", said.market_type)
    return ListedQuestion(
        kind,
        f"{row.market_name} {line}" if handicap is not None else row.market_name,
        tuple(
            ListedSelection(
                VenueMarketId(row.market_id),
                selection_id(runner.selection_id, runner.handicap),
                runner.runner_name if _sides(row) else _CLOTH.sub("", runner.runner_name),
                _role(kind, runner.runner_name),
                said.rules or "",
                hashed,
            )
            for runner in runners
        ),
        line,
    )


def _role(kind: str, name: str) -> Role:
    if kind == "over_under":
        return Role.OVER if name.startswith("Over") else Role.UNDER if name.startswith("Under") else Role.NAMED
    return ROLES.get(name, Role.NAMED)
