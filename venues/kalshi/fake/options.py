"""What one simulated Kalshi is told at its start: whom it serves, what it lists, and how slow it is."""

import msgspec

from domain.ids import VenueMarketId
from domain.odds import Band

SETTLEMENT_TIMER_S = 2
"""From a result's determination to its payment."""


class MarketDetails(msgspec.Struct, frozen=True):
    """What the catalogue says of a market beyond what the exchange knows. Times are Unix milliseconds.

    `tag` is the sport of its series; `scope` what is bet on in its `competition`, with `line` where it has one. `rules`
    are the words it settles by, the second part as it stands, `{}` in the first for the outcome.
    """

    ticker: VenueMarketId
    event_ticker: str
    series_ticker: str
    series_title: str
    event_title: str
    outcome: str
    opens_ms: int
    starts_ms: int
    closes_ms: int
    tag: str = "Soccer"
    competition: str = ""
    scope: str = ""
    line: float | None = None
    rules: tuple[str, str] = (
        "If {} is the result after ninety minutes and stoppage time, it is Yes.",
        "If the match is not played, the market resolves to a fair price.",
    )


class Tier(msgspec.Struct, frozen=True):
    """Token budgets of an account: gained each second, and held at most."""

    name: str = "advanced"
    read_rate: int = 300
    read_capacity: int = 600
    write_rate: int = 300
    write_capacity: int = 600


class FakeOptions(msgspec.Struct, frozen=True):
    """How this exchange treats its one customer.

    `account` is the customer's name at the exchange behind, `public_key` the PEM text of the registered key.
    `epoch_ns` is the Unix time at monotonic zero. `price_ranges` are (start, end, step) in ten-thousandths.
    `reply_lag_ms` and `private_lag_ms` bound, lowest and highest, the independent delays of an answer to a request
    and of the messages about our orders; what the portfolio's reads show is `visible_after_ms` old.
    `shard` is where all markets live; requests that address another one find nothing. `fix_key_ids` are other names of
    the same key, for further connections. `is_direct_member`: everything can be cancelled at once. `attested_until_ms`:
    Unix time until which the account has said where it is; a month from whenever it is asked where it is None.
    `ends_with`: the error by which it ends a subscription that it cannot keep up, 10, 17 or 25.
    """

    account: str
    epoch_ns: int
    key_id: str
    public_key: str
    markets: tuple[MarketDetails, ...]
    price_structure: str = "linear_cent"
    price_ranges: tuple[Band, ...] = ((0, 10_000, 100),)
    tier: Tier = Tier()
    shard: int = 0
    clock_window_ms: int = 15_000
    reply_lag_ms: tuple[int, int] = (1, 8)
    private_lag_ms: tuple[int, int] = (0, 10)
    visible_after_ms: int = 0
    settlement_timer_s: int = SETTLEMENT_TIMER_S
    connections_max: int = 200
    subscription_markets_max: int = 10_000
    backlog_bytes_max: int = 262_144
    seed: int = 0
    fix_key_ids: tuple[str, ...] = ()
    is_direct_member: bool = True
    attested_until_ms: int | None = None
    ends_with: int = 25
