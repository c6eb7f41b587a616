"""What a backtest writes down: the rows of its tables, and what one file gave, as values that travel between processes.

Amounts end in `_micros` and are millionths: stakes and claims in the venue's currency, results in the base currency.
Times are Unix milliseconds of the recording.
"""

import msgspec

from desk.reports.results import EdgeResult, FileResult, HourResult, MarketResult, Markout


class FillRow(msgspec.Struct, frozen=True, kw_only=True):
    """One match. `probability` is the fair one when the order was decided, None without a fair value."""

    assumption: str
    file: str
    at_ms: int
    market: str
    outcome: str
    strategy: str
    ref: str
    side: str
    odds: float
    stake_micros: int
    claims_micros: int
    maker: bool
    probability: float | None


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One order as it ended."""

    assumption: str
    file: str
    at_ms: int
    market: str
    outcome: str
    strategy: str
    ref: str
    side: str
    odds: float
    stake_micros: int
    life: str
    state: str
    matched_micros: int
    claims_micros: int
    cancelled_micros: int
    lapsed_micros: int
    voided_micros: int
    probability: float | None
    because: str


class MarketRow(msgspec.Struct, frozen=True, kw_only=True):
    """One market; `note` says why it was not simulated, or what is special about how it was settled."""

    assumption: str
    file: str
    market: str
    event: str
    name: str
    gross_micros: int
    commission_micros: int
    net_micros: int
    matched_micros: int
    orders: int
    fills: int
    settled: bool
    note: str


class EquityRow(msgspec.Struct, frozen=True):
    """Net profit so far with open positions marked, and what is at risk in them."""

    assumption: str
    file: str
    at_ms: int
    equity_micros: int
    inventory_micros: int


class MarkoutRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where prices stood some seconds after our fills; see `desk.reports.results.Markout`."""

    assumption: str
    file: str
    horizon_s: int
    fills: int
    matched_micros: int
    gained_micros: int
    unmeasured: int


class HourRow(msgspec.Struct, frozen=True):
    """Net profit that came in during one hour of the day, UTC."""

    assumption: str
    file: str
    hour: int
    net_micros: int


class LaneResult(msgspec.Struct, frozen=True, kw_only=True):
    """One file under one queue assumption."""

    assumption: str
    summary: dict[str, object]
    fills: tuple[FillRow, ...]
    orders: tuple[OrderRow, ...]
    markets: tuple[MarketRow, ...]
    results: tuple[MarketResult, ...]
    equity: tuple[tuple[int, int], ...]
    inventory: tuple[tuple[int, int], ...]
    markouts: tuple[Markout, ...]
    edges: tuple[EdgeResult, ...]
    worst_loss_micros: int
    refused: int
    orders_filled: int
    placed_micros: int


class FilePlayed(msgspec.Struct, frozen=True, kw_only=True):
    """One file under every assumption asked for. `skipped` are lines that could not be read, by number."""

    file: FileResult
    skipped: tuple[tuple[int, str], ...]
    crossed: int
    unplayed: tuple[MarketRow, ...]
    lanes: tuple[LaneResult, ...]


def hours_of(equity: tuple[tuple[int, int], ...]) -> tuple[HourResult, ...]:
    """What each hour of the day brought: every step of a series counts where it ends."""
    by_hour = dict.fromkeys(range(24), 0)
    before = 0
    for at_ms, micros in equity:
        by_hour[at_ms // 3_600_000 % 24] += micros - before
        before = micros
    return tuple(HourResult(hour, net) for hour, net in by_hour.items() if net)
