"""What one simulated Betfair is told at its start: whom it serves, what it lists, and how slow it is."""

import msgspec

from domain.ids import SelectionId, VenueMarketId


class RunnerDetails(msgspec.Struct, frozen=True):
    """One runner as the catalogue names it. Those of a line market share an id and differ in their `handicap`."""

    id: int
    name: str
    handicap: float = 0.0

    @property
    def selection(self) -> SelectionId:
        """What the exchange behind trades it as."""
        return selection_of(self.id, self.handicap)


def selection_of(runner: int, handicap: float | None) -> SelectionId:
    """What the exchange behind trades a runner as."""
    return SelectionId(f"{runner}@{handicap:g}" if handicap else str(runner))


def runner_of(selection: SelectionId) -> tuple[int, float]:
    """Id and handicap of what the exchange trades."""
    runner, _, handicap = selection.partition("@")
    return int(runner), float(handicap or 0)


class MarketDetails(msgspec.Struct, frozen=True):
    """What the catalogue and the market definition say of a market beyond what the exchange knows. `bsp`: a starting
    price is made when it turns in play, or closes.
    """

    id: VenueMarketId
    name: str
    event_id: str
    event_name: str
    starts_ms: int
    runners: tuple[RunnerDetails, ...]
    market_type: str = "MATCH_ODDS"
    betting_type: str = "ODDS"
    event_type_id: str = "1"
    event_type_name: str = "Soccer"
    competition_id: str = "10932509"
    competition_name: str = "English Premier League"
    country: str = "GB"
    venue: str = ""
    turns_in_play: bool = True
    rules: str = "Simulated market."
    bsp: bool = False

    @property
    def has_lines(self) -> bool:
        """Whether its runners are the two sides of Asian lines."""
        return self.betting_type.startswith("ASIAN_HANDICAP")


class FakeOptions(msgspec.Struct, frozen=True):
    """How this exchange treats its one customer.

    `account` is the customer's name at the exchange behind. `epoch_ns` is the Unix time at monotonic zero.
    `reply_lag_ms` and `order_lag_ms` bound, lowest and highest, the independent delays of an answer to a request
    and of the order stream; a bet shows in lists `visible_after_ms` after its placement. `clock_life_ms`:
    how long after its end a subscription can be gone on with; `segment_markets`: markets in one part of an image.
    """

    account: str
    epoch_ns: int
    markets: tuple[MarketDetails, ...]
    app_key: str = "demo-live-app-key"
    username: str = "demo"
    password: str = "demo-password"
    session_life_ms: int = 12 * 3_600_000
    reply_lag_ms: tuple[int, int] = (1, 8)
    order_lag_ms: tuple[int, int] = (0, 10)
    visible_after_ms: int = 0
    clock_life_ms: int = 600_000
    connections_max: int = 10
    markets_max: int = 200
    segment_markets: int = 20
    backlog_bytes_max: int = 262_144
    discount_ppm: int = 0
    seed: int = 0
