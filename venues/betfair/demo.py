"""Betfair in the demo: an exchange with in-play delay and suspensions, its fake, and the adapter that dials it."""

import msgspec

from domain.ids import Currency, SelectionId, VenueMarketId, VenueName
from venues.base import Venue
from venues.betfair import rules
from venues.betfair.catalogue import listed_talk
from venues.betfair.fake.catalogue import list_market_catalogue
from venues.betfair.fake.options import FakeOptions, MarketDetails, RunnerDetails
from venues.betfair.fake.server import BetfairFake
from venues.betfair.market_codec import parse_selection
from venues.betfair.protocol import Betfair
from venues.betfair.settings import Settings
from venues.catalogue.listed import ListedEvent
from venues.catalogue.talk import ALWAYS, Asking, hold
from venues.secret import Secret
from venues.sim.accounts import Collateral
from venues.sim.demo import Guide, Ports, Staging, Wiring
from venues.sim.football import KINDS, Match
from venues.sim.listing import LEAGUE, RULES_TOLD, is_football, short_name
from venues.sim.notices import WISHED, Cause
from venues.sim.world import DESK, VenueOptions

VENUE = VenueName("betfair")
GBP = Currency("GBP")
BASE_RATE_PPM = 50_000
IN_PLAY_DELAY_MS = 5_000
FOOTBALL: dict[str, tuple[str, tuple[str, ...]]] = {
    "match_odds": ("Match Odds", ()),
    "over_under_25": ("Over/Under 2.5 Goals", ("Over 2.5 Goals", "Under 2.5 Goals")),
}
"""How the catalogue writes a football match's markets and runners; teams have their own names."""
FIRST_RUNNER = 47_972
CROSS_CHECK_MS = 1_000
CONNECTIONS = 32
"""Each placement in play holds one for the length of the bet delay."""


def naming(match: Match, kind: str, outcome: int) -> tuple[VenueMarketId, SelectionId]:
    """One market for each question, numbered, those that only a recording asks behind the rest; runners inside it."""
    question = list(dict.fromkeys([*KINDS, *dict(match.questions)])).index(kind)
    market = VenueMarketId(f"1.{200_000_000 + 10 * match.number + question}")
    return market, SelectionId(str(FIRST_RUNNER + 1_000 * match.number + 10 * question + outcome))


def exchange_options() -> VenueOptions:
    """The exchange behind the fake, as the venue's own rules make it."""
    fee = rules.CommissionPlan().fee(BASE_RATE_PPM, discount_allowed=False)
    terms = rules.terms(ladder="CLASSIC", currency=GBP, fee=fee)
    assert terms is not None
    return VenueOptions(
        venue=VENUE,
        terms=terms,
        collateral=Collateral.NET,
        naming=naming,
        suspends=True,
        delay_ms=IN_PLAY_DELAY_MS,
        bet_step_micros=10_000,
        cancellations=WISHED | {Cause.NOT_MATCHED_AT_ONCE},
    )


class BetfairDemo:
    """This venue's part of the demo."""

    def __init__(self) -> None:
        self.options = exchange_options()
        login = {"app_key": "demo-live-app-key", "username": "demo", "password": "demo-password"}
        self.guide = Guide({"rest": ("http", ""), "stream": ("tcp", "")}, login)

    def open_fake(self, staging: Staging) -> Ports:
        """The venue's two ports over one exchange."""
        markets = tuple(
            _details(match, kind, names, staging)
            for match in staging.matches
            for kind, names in match.questions
            if kind in staging.kinds
        )
        options = FakeOptions(account=DESK, epoch_ns=staging.epoch_ns, markets=markets, seed=staging.seed)
        fake = BetfairFake(staging.exchange, options, staging.faults)
        return Ports({"rest": fake.rest, "stream": fake.stream}, lambda _: _listed(fake))

    def open_venue(self, wiring: Wiring) -> Venue:
        """The real adapter, told the fake's addresses."""
        rest = wiring.ports["rest"]
        settings = Settings(
            login=rest,
            identity=rest,
            betting=rest,
            stream=wiring.ports["stream"],
            app_key=Secret("demo-live-app-key"),
            username=Secret("demo"),
            password=Secret("demo-password"),
            strategy_ref="crossbook",
            heartbeat_ms=min(2_000 * wiring.patience, rules.HEARTBEAT_MS_MAX),
            connections=CONNECTIONS,
            cross_check_ms=CROSS_CHECK_MS * wiring.patience,
            dead_man_s=_chosen(wiring).dead_man_s,
        )
        settings, network = wiring.tap(settings, wiring.network)
        return Betfair(
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

    dead_man_s: int = 0


def _chosen(wiring: Wiring) -> Chosen:
    """Whether the venue's dead man watches over us. ValueError for what makes no sense."""
    table = {name: value for name, value in wiring.settings.items() if name in Chosen.__struct_fields__}
    try:
        return msgspec.convert(table, Chosen, strict=False)  # what a command line sets is text
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def _listed(fake: BetfairFake) -> tuple[ListedEvent, ...]:
    """What its catalogue would answer."""

    def ask(asking: Asking) -> bytes:
        return msgspec.json.encode(
            {"jsonrpc": "2.0", "result": list_market_catalogue(fake.books, asking.params), "id": 1}
        )

    return hold(listed_talk(VENUE, ALWAYS), ask)


def _details(match: Match, kind: str, names: tuple[str, ...], staging: Staging) -> MarketDetails:
    title, runners, event = kind.replace("_", " ").title(), names, match.title
    if match.away:
        title, runners = FOOTBALL[kind]
        home, away = short_name(match.home), short_name(match.away)
        runners = (home, "The Draw", away) if kind == "match_odds" else runners
        event = f"{home} v {away}"
    sport = ("1", "Soccer", LEAGUE) if is_football(match) else ("7", "Horse Racing", "")
    places = [staging.naming(match, kind, outcome) for outcome in range(len(names))]
    return MarketDetails(
        id=places[0][0],
        name=title,
        event_id=str(30_000_000 + match.number),
        event_name=event,
        starts_ms=staging.start_ms + int(match.kickoff_ns / staging.speed) // 1_000_000,
        runners=tuple(
            RunnerDetails(parse_selection(place[1])[0], name) for place, name in zip(places, runners, strict=True)
        ),
        market_type=kind.upper(),
        event_type_id=sport[0],
        event_type_name=sport[1],
        competition_name=sport[2],
        rules=RULES_TOLD if match.away else "Settled as the recorded market was.",
    )
