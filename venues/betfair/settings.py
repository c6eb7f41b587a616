"""What one account on Betfair is run with: where to dial, who we are, how much to ask for."""

import re

import msgspec

from domain.ids import Currency, VenueName
from venues.base import Endpoint
from venues.betfair.rules import (
    CROSS_CHECK_MS_MIN,
    HEARTBEAT_MS_MAX,
    INSTRUCTIONS_PER_S_MAX,
    MINIMUM_STAKES,
    SESSION_LIFE_S,
    STREAMS_MAX,
    CommissionPlan,
)
from venues.secret import Secret

LOGIN_HOST = "identitysso-cert.betfair.com"
IDENTITY_HOST = "identitysso.betfair.com"
API_HOST = "api.betfair.com"
STREAM_HOST = "stream-api.betfair.com"
"""Hosts of .com accounts. Source: Betfair developer docs, "Getting Started" and "Exchange Stream API"."""

_STRATEGY_REF = re.compile(r"[A-Za-z0-9._+*:;~-]{1,15}", re.ASCII)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Endpoints, credentials and limits; ValueError for what the venue would refuse.

    `login` holds the client certificate where the account logs in by certificate; for an interactive login
    `login_path` is `/api/login`. `heartbeat_ms`: the streams speak at least this often, 500 to 5000. `answer_ms`
    is added to a market's bet delay, since a placement is answered after it. `keep_alive_s` must be below the
    session's life (20 minutes in Italy and Spain, 12 hours elsewhere). `dead_man_s`: silence after which the venue
    cancels all unmatched bets of the account, also those of others; 0 for never. `with_trades`: the stream tells traded
    volume by price too, which nothing here trades on and a recording is worth more with. `cross_check_ms`: how often
    the books traded on are asked for, 40 markets at a time, to see whether the streams lag; 0 for never.
    `place_async`: placements are answered before they are judged, and what became of them is told by the order stream.
    `streams_max`: connections that may be open to the stream, 10 with a live key, one of which carries the orders.
    """

    login: Endpoint
    identity: Endpoint
    betting: Endpoint
    stream: Endpoint
    app_key: Secret
    username: Secret
    password: Secret
    venue: VenueName = VenueName("betfair")
    currency: Currency = Currency("GBP")
    commission: CommissionPlan = CommissionPlan()
    strategy_ref: str = "crossbook"
    login_path: str = "/api/certlogin"
    keep_alive_s: int = 600
    heartbeat_ms: int = 500
    connections: int = 8
    answer_ms: int = 6_000
    query_ms: int = 10_000
    instructions_per_s: int = INSTRUCTIONS_PER_S_MAX
    cancel_reserve: int = 50
    transactions_per_hour: int = 4_500
    dials_per_minute: int = 6
    dead_man_s: int = 0
    with_trades: bool = False
    cross_check_ms: int = 500
    streams_max: int = STREAMS_MAX
    place_async: bool = False

    def __post_init__(self) -> None:
        if not 500 <= self.heartbeat_ms <= HEARTBEAT_MS_MAX:
            raise ValueError(f"heartbeat_ms must lie in 500 to {HEARTBEAT_MS_MAX}, not {self.heartbeat_ms}")
        if _STRATEGY_REF.fullmatch(self.strategy_ref) is None:
            raise ValueError(f"strategy_ref must be 1 to 15 of A-Z a-z 0-9 - . _ + * : ; ~, not {self.strategy_ref!r}")
        if self.currency not in MINIMUM_STAKES:
            raise ValueError(f"currency must be one of {', '.join(MINIMUM_STAKES)}, not {self.currency!r}")
        if not 0 <= self.cancel_reserve < self.instructions_per_s <= INSTRUCTIONS_PER_S_MAX:
            raise ValueError(
                f"cancel_reserve must lie below instructions_per_s, and that at or below {INSTRUCTIONS_PER_S_MAX}, "
                f"not {self.cancel_reserve} and {self.instructions_per_s}"
            )
        if self.dead_man_s and not 10 <= self.dead_man_s <= 300:
            raise ValueError(f"dead_man_s must be 0 or lie in 10 to 300, not {self.dead_man_s}")
        if self.cross_check_ms and self.cross_check_ms < CROSS_CHECK_MS_MIN:
            raise ValueError(
                f"cross_check_ms must be 0 or at least {CROSS_CHECK_MS_MIN}, not {self.cross_check_ms}: "
                "a market is answered for five times a second at most"
            )
        life_s = next(life for end, life in SESSION_LIFE_S.items() if self.identity.host.endswith(end))
        if not 0 < self.keep_alive_s < life_s:
            raise ValueError(
                f"keep_alive_s must lie above 0 and below {life_s}, the life of a session at {self.identity.host}, "
                f"not {self.keep_alive_s}"
            )
        if not 2 <= self.streams_max <= STREAMS_MAX:
            raise ValueError(f"streams_max must lie in 2 to {STREAMS_MAX}, not {self.streams_max}")
        if self.connections < 2:
            raise ValueError(f"connections must be at least 2, one is kept for cancels, not {self.connections}")
