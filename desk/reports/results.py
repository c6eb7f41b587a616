"""What a backtest found, as values: the one thing that a tear sheet is drawn from.

Amounts are whole millionths of the base currency, times Unix milliseconds of the market's own clock (UTC). Money that
came in is positive, commission and drawdown are positive costs. What was not measured is left empty and said to be so.
"""

import msgspec

from domain.ids import Currency

Points = tuple[tuple[int, int], ...]
"""A series as `(at_ms, value_micros)`, times never going back; each value holds until the next."""


class MarketResult(msgspec.Struct, frozen=True, kw_only=True):
    """One market under one queue assumption. `net_micros` is after commission; `settled` False: marked, not settled."""

    market: str
    event: str
    net_micros: int
    commission_micros: int
    matched_micros: int
    orders: int
    fills: int
    settled: bool = True


class HourResult(msgspec.Struct, frozen=True):
    """Net profit that came in during one hour of the day, 0 to 23 UTC, summed over days."""

    hour: int
    net_micros: int


class Markout(msgspec.Struct, frozen=True, kw_only=True):
    """Where the price stood `horizon_s` seconds after our fills, before commission.

    `gained_micros` sums, over the fills that could be measured, the matched stake times how far the middle price moved
    our way, as a fraction of the fill's price: below zero we were picked off. `fills` and `matched_micros` count the
    same fills; `unmeasured` those with no price at that time (suspended, closed, end of file).
    """

    horizon_s: int
    fills: int
    matched_micros: int
    gained_micros: int
    unmeasured: int = 0


class EdgeResult(msgspec.Struct, frozen=True, kw_only=True):
    """Fills that were promised a like edge when their order was decided, and what they brought once settled.

    Both sums are after fees; `label` names the group ("under 0.5 %", or a strategy).
    """

    label: str
    fills: int
    matched_micros: int
    promised_micros: int
    realised_micros: int


class QueueResult(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one queue assumption gave.

    `equity` is net profit so far with open positions marked, `inventory` the worst loss over matched positions (as a
    positive amount of money at risk). `worst_loss_micros` is the largest worst loss of one event over matched, working
    and unknown orders at any instant. `placed_micros` and `matched_micros` are stakes sent and stakes matched: turnover
    is the second. `gross_micros - commission_micros == net_micros`.
    """

    assumption: str
    equity: Points
    inventory: Points
    gross_micros: int
    commission_micros: int
    net_micros: int
    drawdown_micros: int
    worst_loss_micros: int
    placed_micros: int
    matched_micros: int
    orders: int
    orders_filled: int
    fills: int
    refused: int
    markets: tuple[MarketResult, ...] = ()
    hours: tuple[HourResult, ...] = ()
    markouts: tuple[Markout, ...] = ()
    edges: tuple[EdgeResult, ...] = ()


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """Net profit over two parameters, central assumption: `cells_micros[row][column]`, None where a run failed.

    Rows are `down_values`, columns `across_values`; `chosen` is the `(row, column)` of the run that the sheet shows.
    A grid of one parameter has one row and an empty `down`.
    """

    across: str
    across_values: tuple[str, ...]
    down: str
    down_values: tuple[str, ...]
    cells_micros: tuple[tuple[int | None, ...], ...]
    chosen: tuple[int, int] | None = None


class FileResult(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that was read. `note` says what could not be simulated ("no prices in this file"), else is empty."""

    name: str
    messages: int
    markets: int
    first_ms: int
    last_ms: int
    note: str = ""


class TearSheet(msgspec.Struct, frozen=True, kw_only=True):
    """One backtest. `results` hold pessimistic, central and optimistic in that order, or fewer.

    `cap_micros` is the most that one event may lose. `options` are what the run was told (`("latency", "20 ms, sd 5
    ms")`), `configuration_hash` the hex digest of its configuration, `caveats` sentences on what it does not model.
    """

    title: str
    currency: Currency
    cap_micros: int
    results: tuple[QueueResult, ...]
    files: tuple[FileResult, ...]
    options: tuple[tuple[str, str], ...]
    configuration_hash: str
    grids: tuple[Grid, ...] = ()
    caveats: tuple[str, ...] = ()
