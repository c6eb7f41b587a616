"""What one account on Matchbook is run with: where to dial, who we are, how often to ask."""

from typing import Literal

import msgspec

from domain.ids import Currency, VenueName
from venues.base import Endpoint
from venues.matchbook.rules import (
    CURRENCIES,
    EVENTS_PER_POLL_MAX,
    ROWS_PER_PAGE_MAX,
    SIZE_MIN_MICROS,
    CommissionPlan,
)
from venues.secret import Secret

API_HOST = "api.matchbook.com"
"""The only environment: there is no sandbox. Source: Matchbook API docs, "Getting started"."""


GETS_CURRENCY = "GBP"
"""GETs are charged in it, by the million. Source: second-hand notes on Matchbook's pricing page, which disagree on
whether the first million is free."""

Feed = Literal["poll", "websocket"]


class PerMinute(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many requests of each group we allow ourselves in a minute.

    The venue's own limits are 700 for events, 3,000 for writes, 300 for the account and 40 for reports as far as is
    known, and are not published for the rest. Source: Matchbook API docs, "Fair usage policy" and FAQ.
    """

    events: int = 600
    writes: int = 2_500
    account: int = 200
    reports: int = 30
    offers: int = 300
    other: int = 60


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Endpoint, credentials, schedule and limits; ValueError for what cannot work.

    `session_s`: a new login is made this long after the last; a session lives for six hours. `poll_ms`: how often a
    book is fetched, longer if the budget of events allows no more; a book is stale after `silent_polls` of these.
    `sport_ids` and the window around now (`look_back_h`, `look_ahead_h`) narrow the search for our markets.
    `orders_live_ms` and `orders_idle_ms`: how often changed offers are fetched while some of ours are live, and while
    none is; each time the last `overlap_s` again. `in_play_delay_ms` is assumed until an offer tells a market's own.
    `heartbeat_s`: all offers of the account are cancelled when we are silent this long; 0 leaves that unarmed. `burst`:
    requests of one group in one moment, `cancel_reserve` of them kept for cancels. `blocked_s`: how long a group rests
    after the venue refused it for too many requests and did not say how long. `feed`: whether books and our offers are
    only asked for, or pushed as well by a gateway of ours at `stream`; then polls look it over every `stream_check_s`,
    and a ping that has no answer within `silent_polls - 1` of `poll_ms` ends the line. `million_gets_price`: what the
    venue charges for a million GETs, in GBP; it is shown, not booked.
    """

    api: Endpoint
    username: Secret
    password: Secret
    venue: VenueName = VenueName("matchbook")
    currency: Currency = Currency("EUR")
    commission: CommissionPlan = CommissionPlan()
    size_min_micros: int = SIZE_MIN_MICROS
    per_minute: PerMinute = PerMinute()
    burst: int = 10
    cancel_reserve: int = 4
    blocked_s: int = 600
    session_s: int = 14_400
    poll_ms: int = 1_000
    silent_polls: int = 4
    poll_answer_ms: int = 2_000
    events_per_poll: int = 20
    price_depth: int = 6
    catalogue_s: int = 60
    sport_ids: tuple[int, ...] = ()
    look_back_h: int = 48
    look_ahead_h: int = 168
    orders_live_ms: int = 1_000
    orders_idle_ms: int = 5_000
    overlap_s: int = 5
    in_play_delay_ms: int = 6_000
    heartbeat_s: int = 20
    connections: int = 8
    read_connections: int = 8
    answer_ms: int = 5_000
    query_ms: int = 10_000
    rows_per_page: int = 100
    dials_per_minute: int = 6
    feed: Feed = "poll"
    stream: Endpoint | None = None
    stream_path: str = "/ws"
    stream_check_s: int = 10
    million_gets_price: int = 100

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise ValueError(f"currency must be one of {', '.join(sorted(CURRENCIES))}, not {self.currency!r}")
        if not 0 <= self.cancel_reserve < self.burst:
            raise ValueError(f"cancel_reserve must lie below burst, not {self.cancel_reserve} of {self.burst}")
        if self.connections < 2:
            raise ValueError(f"connections must be at least 2, one is kept for cancels, not {self.connections}")
        if not 1 <= self.events_per_poll <= EVENTS_PER_POLL_MAX:
            raise ValueError(f"events_per_poll must lie in 1 to {EVENTS_PER_POLL_MAX}, not {self.events_per_poll}")
        if not 1 <= self.rows_per_page <= ROWS_PER_PAGE_MAX:
            raise ValueError(f"rows_per_page must lie in 1 to {ROWS_PER_PAGE_MAX}, not {self.rows_per_page}")
        if self.heartbeat_s and self.heartbeat_s < 6:
            raise ValueError(
                f"heartbeat_s must be 0 or at least 6, it is sent three times as often: {self.heartbeat_s}"
            )
        if not 60 <= self.session_s <= 21_600:
            raise ValueError(f"session_s must lie in 60 to 21600, the life of a session, not {self.session_s}")
        if self.feed == "websocket" and self.stream is None:
            raise ValueError('feed = "websocket" needs stream, the endpoint of the gateway; the venue has none itself')
        if not self.stream_path.startswith("/") or not self.stream_path.isascii() or not self.stream_path.isprintable():
            raise ValueError(f"stream_path must be a path such as /ws, not {self.stream_path!r}")
        if self.million_gets_price < 0:
            raise ValueError(f"million_gets_price must not be below 0, it is {self.million_gets_price}")
        if self.stream_check_s < 1:
            raise ValueError(f"stream_check_s must be at least 1, not {self.stream_check_s}")
        if self.feed == "websocket" and self.silent_polls < 2:
            raise ValueError(f"silent_polls must be at least 2 with a pushed feed, not {self.silent_polls}")
