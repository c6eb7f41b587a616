"""What one simulated Matchbook is told at its start: whom it serves, what it lists, how slow and how strict it is."""

import enum

import msgspec

from domain.ids import VenueMarketId


class Group(enum.StrEnum):
    """Calls that share a limit by the minute. Source: Matchbook API docs, FAQ and fair usage policy."""

    EVENTS = "EVENTS"
    BETTING_READ = "BETTING_READ"
    BETTING_WRITE = "BETTING_WRITE"
    ACCOUNT = "ACCOUNT"
    REPORTS = "REPORTS"
    SECURITY = "SECURITY"
    NAVIGATION = "NAVIGATION"
    DEFAULT = "DEFAULT"


class RunnerDetails(msgspec.Struct, frozen=True):
    """One runner as the catalogue names it; participant 0 is nobody, as for a draw."""

    id: int
    name: str
    participant: int = 0


class MarketDetails(msgspec.Struct, frozen=True):
    """What the catalogue says of a market. `handicap` is its line as a decimal text, empty without one."""

    id: VenueMarketId
    name: str
    market_type: str
    runners: tuple[RunnerDetails, ...]
    handicap: str = ""
    live_betting: bool = True


class EventDetails(msgspec.Struct, frozen=True):
    """One event with its markets; `tags` are (id, name, type) as they are filtered by."""

    id: int
    name: str
    starts_ms: int
    markets: tuple[MarketDetails, ...]
    participants: tuple[tuple[int, str], ...] = ()
    sport_id: int = 15
    tags: tuple[tuple[int, str, str], ...] = ((15, "Soccer", "SPORT"),)


PER_MINUTE = (
    (Group.EVENTS, 700),
    (Group.BETTING_WRITE, 3_000),
    (Group.ACCOUNT, 300),
    (Group.REPORTS, 40),
    (Group.SECURITY, 200),
    (Group.NAVIGATION, 100),
)
"""Calls in a minute; a group without a number is not counted. Source: figures of several clients that agree."""


class FakeOptions(msgspec.Struct, frozen=True):
    """How this exchange treats its one customer.

    `account` is the customer's name at the exchange behind. `epoch_ns` is the Unix time at monotonic zero.
    `reply_lag_ms` bounds the delay of an answer, lowest and highest, `private_lag_ms` that of a pushed offer.
    `mfa_code` is asked for at login unless empty. `block_ms`: how long a group stays shut after too many calls. In
    so many millionths of cases an answer about offers writes ids as text (`text_ids_ppm`), and a call without a
    session is answered 400 instead of 401 (`auth_400_ppm`). `unlisted_after_ms`: when an offer that was cancelled
    or flushed unmatched leaves the list. `report_lag_ms`: how long after its settlement a market appears in the
    report. `rates_ppm`: what a unit of the account's currency is worth in others, for prices. `mirrors`: whether
    markets of two runners show the offers on one on the other too. `feed_answers_still`: a feed that is frozen goes on
    answering pings, as a gateway does whose own source has dried up.
    """

    account: str
    epoch_ns: int
    events: tuple[EventDetails, ...]
    username: str = "demo"
    password: str = "demo-password"
    mfa_code: str = ""
    session_life_ms: int = 6 * 3_600_000
    logins_failed_max: int = 5
    reply_lag_ms: tuple[int, int] = (1, 8)
    private_lag_ms: tuple[int, int] = (5, 60)
    per_minute: tuple[tuple[Group, int], ...] = PER_MINUTE
    block_ms: int = 600_000
    text_ids_ppm: int = 250_000
    auth_400_ppm: int = 500_000
    unlisted_after_ms: int = 3_600_000
    report_lag_ms: int = 0
    heartbeat_seconds: tuple[int, int] = (10, 300)
    mirrors: bool = True
    feed_answers_still: bool = False
    rates_ppm: tuple[tuple[str, int], ...] = (("USD", 1_080_000), ("GBP", 860_000))
    seed: int = 0
