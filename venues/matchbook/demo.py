"""Matchbook in the demo: an exchange that holds back only what would match at once, its fake, and its adapter."""

from typing import Any

import msgspec

from domain.ids import Currency, SelectionId, VenueMarketId, VenueName
from venues.base import Venue
from venues.catalogue.listed import ListedEvent
from venues.catalogue.talk import ALWAYS, Asking, hold
from venues.matchbook import rules
from venues.matchbook.catalogue import listed_talk
from venues.matchbook.fake.calls import Call, Query
from venues.matchbook.fake.catalogue import get_events
from venues.matchbook.fake.options import EventDetails, FakeOptions, MarketDetails, RunnerDetails
from venues.matchbook.fake.server import MatchbookFake
from venues.matchbook.protocol import Matchbook
from venues.matchbook.settings import Feed, Settings
from venues.secret import Secret
from venues.sim.accounts import Collateral
from venues.sim.demo import Guide, Ports, Staging, Wiring
from venues.sim.exchange import DelayScope
from venues.sim.football import Match
from venues.sim.listing import LEAGUE, Naming, is_football
from venues.sim.world import DESK, VenueOptions

VENUE = VenueName("matchbook")
EUR = Currency("EUR")
IN_PLAY_DELAY_MS = 6_000
POLL_MS = 1_000
FIRST_ID = 33_980_210_404_300_060
"""Ids of the catalogue are this plus a multiple of the step: above what a binary float holds."""
ID_STEP = 10_000
IDS_PER_MATCH = 10_000
IDS_PER_QUESTION = 1_000
"""A match has its own id and two for its teams, then each question has one and one for each outcome."""

SOCCER = ((15, "Soccer", "SPORT"), (407_888_102_180_009, LEAGUE, "COMPETITION"))
RACING = ((24_735_152_712_200, "Horse Racing", "SPORT"),)
QUESTIONS = {"match_odds": ("Match Odds", "one_x_two", ""), "over_under_25": ("Total", "total", "2.5")}
"""Names, types and lines of the questions asked of football; others go under their own names."""


def naming(match: Match, kind: str, outcome: int) -> tuple[VenueMarketId, SelectionId]:
    """One market for each question, its runners numbered behind it."""
    question = IDS_PER_QUESTION * (1 + list(dict(match.questions)).index(kind))
    return VenueMarketId(str(_id(match, question))), SelectionId(str(_id(match, question + 1 + outcome)))


def _id(match: Match, number: int) -> int:
    return FIRST_ID + ID_STEP * (IDS_PER_MATCH * match.number + number)


def exchange_options() -> VenueOptions:
    """The exchange behind the fake, as the venue's own rules make it."""
    fee = rules.CommissionPlan().fee("NET_WIN")
    assert fee is not None
    return VenueOptions(
        venue=VENUE,
        terms=rules.terms(currency=EUR, fee=fee),
        collateral=Collateral.NET,
        naming=naming,
        suspends=True,
        delay_ms=IN_PLAY_DELAY_MS,
        delay_scope=DelayScope.CROSSING,
    )


class MatchbookDemo:
    """This venue's part of the demo."""

    def __init__(self) -> None:
        self.options = exchange_options()
        self.guide = Guide(
            {"rest": ("http", ""), "feed": ("ws", "/ws")}, {"username": "demo", "password": "demo-password"}
        )

    def open_fake(self, staging: Staging) -> Ports:
        """The venue's one port, and the pushed feed's."""
        options = FakeOptions(
            account=DESK,
            epoch_ns=staging.epoch_ns,
            events=tuple(_event(match, staging) for match in staging.matches),
            mirrors=False,  # what is shown can be hit: this exchange matches each runner by itself
            seed=staging.seed,
        )
        fake = MatchbookFake(staging.exchange, options, staging.faults)
        return Ports({"rest": fake.rest, "feed": fake.feed}, lambda now_ns: _listed(fake, now_ns))

    def open_venue(self, wiring: Wiring) -> Venue:
        """The real adapter, told the fake's address."""
        settings = Settings(
            api=wiring.ports["rest"],
            username=Secret("demo"),
            password=Secret("demo-password"),
            currency=EUR,
            poll_ms=POLL_MS * wiring.patience,
            orders_live_ms=POLL_MS * wiring.patience,
            **_chosen(wiring),
        )
        settings, network = wiring.tap(settings, wiring.network)
        return Matchbook(
            settings,
            wiring.listings,
            network,
            wiring.emit,
            wall_ns=wiring.wall_ns,
            chance=wiring.chance,
            cold_http=wiring.cold_http,
        )


class Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of the venue's table that the demo leaves to the configuration."""

    feed: Feed = "poll"
    heartbeat_s: int = 20


def _chosen(wiring: Wiring) -> dict[str, Any]:
    """Whether its gateway's feed is followed, at the fake's port, and when it takes our silence for our end.

    ValueError for what makes no sense.
    """
    table = {name: value for name, value in wiring.settings.items() if name in Chosen.__struct_fields__}
    try:
        said = msgspec.convert(table, Chosen, strict=False)  # what a command line sets is text
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
    return {"feed": said.feed, "heartbeat_s": said.heartbeat_s, "stream": wiring.ports["feed"]}


def _listed(fake: MatchbookFake, now_ns: int) -> tuple[ListedEvent, ...]:
    """What its events would answer."""

    def ask(asking: Asking) -> bytes:
        return msgspec.json.encode(
            get_events(fake.books, Call((), Query(asking.target.partition("?")[2]), b"", now_ns))
        )

    return hold(listed_talk(VENUE, ALWAYS), ask)


def _event(match: Match, staging: Staging) -> EventDetails:
    teams = tuple((_id(match, n), name) for n, name in enumerate((match.home, match.away), 1) if match.away)
    tags = SOCCER if is_football(match) else RACING
    return EventDetails(
        id=_id(match, 0),
        name=f"{match.home} vs {match.away}" if match.away else match.home,
        starts_ms=staging.start_ms + int(match.kickoff_ns / staging.speed) // 1_000_000,
        markets=tuple(
            _market(match, kind, outcomes, teams, staging.naming)
            for kind, outcomes in match.questions
            if kind in staging.kinds
        ),
        participants=teams,
        sport_id=tags[0][0],
        tags=tags,
    )


def _market(
    match: Match, kind: str, outcomes: tuple[str, ...], teams: tuple[tuple[int, str], ...], spelled: Naming
) -> MarketDetails:
    name, market_type, line = QUESTIONS.get(kind, (kind.replace("_", " ").title(), "outright", ""))
    runners = []
    for n, outcome in enumerate(outcomes):
        _, selection = spelled(match, kind, n)
        team, title = _runner(match, kind, outcome, teams)
        runners.append(RunnerDetails(int(selection), title, team))
    return MarketDetails(spelled(match, kind, 0)[0], name, market_type, tuple(runners), handicap=line)


def _runner(match: Match, kind: str, outcome: str, teams: tuple[tuple[int, str], ...]) -> tuple[int, str]:
    """Whose number a runner has, 0 for nobody's, and its name; those of a recording have their own."""
    if not teams:
        return 0, outcome
    if kind != "match_odds":
        return 0, f"{outcome.upper()} 2.5"
    return (0, f"DRAW ({match.home[:3]}/{match.away[:3]})") if outcome == "draw" else teams[outcome == "away"]
