"""Kalshi in the demo: an exchange of contracts that never suspends in play, its fake, and the adapter that dials it."""

import re
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from domain.ids import Currency, SelectionId, VenueMarketId, VenueName
from venues.base import Venue
from venues.catalogue.listed import ListedEvent
from venues.catalogue.talk import ALWAYS, Asking, hold
from venues.kalshi import rules
from venues.kalshi.catalogue import listed_talk
from venues.kalshi.fake.catalogue import Catalogue
from venues.kalshi.fake.options import SETTLEMENT_TIMER_S, FakeOptions, MarketDetails
from venues.kalshi.fake.questions import Question
from venues.kalshi.fake.server import KalshiFake
from venues.kalshi.fix.settings import FixLine, FixSettings
from venues.kalshi.protocol import Kalshi
from venues.kalshi.settings import BookFeed, OrderEntry, Settings
from venues.kalshi.signing import Signer
from venues.secret import Secret
from venues.sim.accounts import Collateral
from venues.sim.demo import Guide, Ports, Staging, Wiring
from venues.sim.football import Match
from venues.sim.listing import LEAGUE, is_football
from venues.sim.notices import Cause
from venues.sim.world import DESK, VenueOptions

VENUE = VenueName("kalshi")
USD = Currency("USD")
STRUCTURE = "linear_cent"
FEE_TYPE = "quadratic_with_maker_fees"
SERIES = {"match_odds": ("KXSOCC", "Soccer match"), "over_under_25": ("KXSOCCTOTAL", "Soccer total goals")}
SCOPES = {"match_odds": "Game", "over_under_25": "Totals"}
GOALS = ("Over 2.5 goals scored", "Under 2.5 goals scored")
RULES_TOLD = (
    "If {} is the result after 90 minutes plus stoppage time, then the market resolves to Yes.",
    "Extra time is not included. If the match is not played, what was paid is given back.",
)
RECORDED = ("If {} wins, then the market resolves to Yes.", "Without it the market resolves to No.")
KEY_ID = "a952bcbe-ec3b-4b5b-b8f9-11dae589608c"
FIX_KEY_IDS = tuple(f"{KEY_ID[:-1]}{n}" for n in range(3))
"""The key once more for each FIX session, as the venue takes one connection of each."""
VISIBLE_AFTER_MS = 400
CONNECTIONS = 16
HEARTBEAT_MS = 1_000
FIRST_DAY = date(2026, 11, 20)
MATCHES_A_DAY = 12
"""After so many matches the towns play again."""

DAY_MS = 86_400_000
SECOND_NS = 1_000_000_000


def naming(match: Match, kind: str, outcome: int) -> tuple[VenueMarketId, SelectionId]:
    """One market for each outcome: series, day and sides, and the outcome's own code."""
    sides = _codes((match.home, match.away))
    if not match.away:
        code = f"N{outcome + 1:02d}"
    elif kind == "match_odds":
        code = (sides[0], "TIE", sides[1])[outcome]
    else:
        code = f"{match.outcomes(kind)[outcome][0].upper()}{kind.rpartition('_')[2]}"
    return VenueMarketId(f"{_event_ticker(match, kind)}-{code}"), rules.YES


def private_key() -> str:
    """The key of the demo's account as PEM text, the same in every process; it opens nothing else."""
    key = Ed25519PrivateKey.from_private_bytes(blake2b(KEY_ID.encode(), digest_size=32).digest())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_key() -> str:
    """Its other half, as the venue knows it."""
    key = Ed25519PrivateKey.from_private_bytes(blake2b(KEY_ID.encode(), digest_size=32).digest())
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def exchange_options() -> VenueOptions:
    """The exchange behind the fake, as the venue's own rules make it."""
    fee = rules.fee(FEE_TYPE, 1, is_direct_member=False)
    assert fee is not None
    terms = rules.terms(rules.PRICE_STRUCTURES[STRUCTURE], fee, USD)
    assert terms is not None
    return VenueOptions(
        venue=VENUE,
        terms=terms,
        collateral=Collateral.FULL,
        naming=naming,
        suspends=False,
        flushes_on_reopen=True,
        cancellations=frozenset(Cause),
        tells_maker=True,
        final_after_ns=SETTLEMENT_TIMER_S * SECOND_NS,
    )


class Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of the venue's table that the demo leaves to the configuration."""

    order_entry: OrderEntry = "rest"
    books: BookFeed = "stream"
    fix: FixSettings = FixSettings()
    expires_s: int | None = None
    group_contracts: int = 0
    group_reset_s: int = 60
    owns_account: bool = False
    queue_every_s: int = 5


class KalshiDemo:
    """This venue's part of the demo."""

    def __init__(self) -> None:
        self.options = exchange_options()
        urls = {"rest": ("http", "/trade-api/v2"), "ws": ("ws", "/trade-api/ws/v2"), "fix": ("tcp", "")}
        self.guide = Guide(urls, {"key_id": KEY_ID, "fix_key_ids": ", ".join(FIX_KEY_IDS), "key": private_key()})

    def open_fake(self, staging: Staging) -> Ports:
        """The venue's two ports over one exchange."""
        options = FakeOptions(
            account=DESK,
            epoch_ns=staging.epoch_ns,
            key_id=KEY_ID,
            public_key=public_key(),
            markets=tuple(
                details
                for match in staging.matches
                for kind, names in match.questions
                if kind in staging.kinds
                for details in _details(match, kind, names, staging)
            ),
            price_structure=STRUCTURE,
            price_ranges=rules.PRICE_STRUCTURES[STRUCTURE],
            visible_after_ms=VISIBLE_AFTER_MS,
            seed=staging.seed,
            fix_key_ids=FIX_KEY_IDS,
        )
        fake = KalshiFake(staging.exchange, options, staging.faults)
        return Ports({"rest": fake.rest, "ws": fake.ws, "fix": fake.fix}, lambda now_ns: _listed(fake, now_ns))

    def open_venue(self, wiring: Wiring) -> Venue:
        """The real adapter, told the fake's addresses."""
        key_id = Secret(KEY_ID)
        settings = Settings(
            rest=wiring.ports["rest"],
            stream=wiring.ports["ws"],
            key_id=key_id,
            connections=CONNECTIONS,
            signatures_ahead=0,  # in virtual time nothing waits for a signature
            heartbeat_ms=HEARTBEAT_MS * wiring.patience,
            **_chosen(wiring),
        )
        settings, network = wiring.tap(settings, wiring.network)
        return Kalshi(
            settings,
            wiring.listings,
            network,
            wiring.emit,
            wall_ns=wiring.wall_ns,
            chance=wiring.chance,
            signer=Signer(key_id, Secret(private_key())),
        )


def _listed(fake: KalshiFake, now_ns: int) -> tuple[ListedEvent, ...]:
    """What its lists of series and events would answer."""
    catalogue = Catalogue(fake.books)

    def ask(asking: Asking) -> bytes:
        path, _, query = asking.target.partition("?")
        question = Question("GetEvents", {}, parse_qs(query), b"", now_ns)
        return msgspec.json.encode((catalogue.series_list if path == "/series" else catalogue.events)(question))

    return hold(listed_talk(VENUE, ALWAYS), ask)


def _chosen(wiring: Wiring) -> dict[str, Any]:
    """What the configuration says of ways and switches, FIX at the fake's port. ValueError for what makes no sense."""
    table = {name: value for name, value in wiring.settings.items() if name in Chosen.__struct_fields__}
    lines = {
        name: FixLine(endpoint=wiring.ports["fix"], key_id=Secret(key_id))
        for name, key_id in zip(("orders", "copy", "books"), FIX_KEY_IDS, strict=True)
    }
    try:
        said = msgspec.convert(table, Chosen, strict=False)  # what a command line sets is text
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
    heartbeat_s = min(60, said.fix.heartbeat_s * wiring.patience)
    fix = msgspec.structs.replace(said.fix, heartbeat_s=heartbeat_s, **lines)
    return {name: getattr(said, name) for name in Chosen.__struct_fields__} | {"fix": fix}


def _details(match: Match, kind: str, names: tuple[str, ...], staging: Staging) -> list[MarketDetails]:
    """Every market of one question; its sides go by their names."""
    starts_ms = staging.start_ms + int(match.kickoff_ns / staging.speed) // 1_000_000
    series, title = _series(kind)
    names = _outcomes(match, kind, names)
    return [
        MarketDetails(
            ticker=staging.naming(match, kind, outcome)[0],
            event_ticker=_event_ticker(match, kind),
            series_ticker=series,
            series_title=title,
            event_title=f"{match.home} vs {match.away}" if match.away else match.title,
            outcome=name,
            opens_ms=starts_ms - 7 * DAY_MS,
            starts_ms=starts_ms,
            closes_ms=starts_ms + 14 * DAY_MS,
            tag="Soccer" if is_football(match) else "Horse Racing",
            competition=LEAGUE if match.away else "Recorded",
            scope=SCOPES.get(kind, kind) if match.away else kind,
            line=2.5 if match.away and kind == "over_under_25" else None,
            rules=RULES_TOLD if match.away else RECORDED,
        )
        for outcome, name in enumerate(names)
    ]


def _outcomes(match: Match, kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """What each contract of a question is on, as the venue writes it."""
    if not match.away:
        return names
    return (match.home, "Tie", match.away) if kind == "match_odds" else GOALS


def _event_ticker(match: Match, kind: str) -> str:
    day = FIRST_DAY + timedelta(days=match.number // MATCHES_A_DAY)
    home, away = _codes((match.home, match.away))
    return f"{_series(kind)[0]}-{day:%y%b%d}{home}{away or f'{match.number:02d}'}".upper()


def _series(kind: str) -> tuple[str, str]:
    """Ticker and title; questions that are not of football have series under their own names."""
    words = re.findall(r"[a-z0-9]+", kind.lower())
    return SERIES.get(kind) or ("KX" + "".join(words).upper(), " ".join(words).title())


def _codes(names: tuple[str, str]) -> tuple[str, str]:
    """Three letters for each side, told apart; none for a side that there is not."""
    first, second = ("".join(re.findall(r"[A-Z0-9]", name.upper()))[:3] for name in names)
    return first, f"{second[:2]}2" if second == first and second else second
