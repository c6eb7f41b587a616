"""One market as the venue shows it: its book in YES prices, its figures, its life from open to final."""

import msgspec

from domain.ids import VenueMarketId
from domain.markets import MarketStatus
from domain.orders import Side
from venues.kalshi.fake.options import MarketDetails
from venues.sim.exchange import Exchange
from venues.sim.markets import SimMarket
from venues.sim.notices import LevelChanged, Traded

YES_SIDE = {Side.BACK: "yes", Side.LAY: "no"}
"""Which side of the venue's book resting orders of a side stand on: both are bids, for YES and for NO."""


DETERMINED = ("determined", "amended")
"""A result is known, and not paid yet. One that is disputed is open again until it is amended.

Source: Kalshi docs, "Market Lifecycle"."""


class Delta(msgspec.Struct, frozen=True):
    """A level gained or lost size. `price` is the YES price, whatever the side."""

    market: VenueMarketId
    side: str
    price: int
    change_micros: int
    client_id: str = ""


class Trade(msgspec.Struct, frozen=True):
    """A match as the public sees it."""

    number: int
    market: VenueMarketId
    price: int
    size_micros: int
    taker: Side
    at_ns: int


class MarketState:
    """A market after the last batch that was told."""

    def __init__(self, exchange: Exchange, details: MarketDetails) -> None:
        self.details = details
        self.sim: SimMarket = exchange.floor.markets[details.ticker]
        self.sides: dict[str, dict[int, int]] = {"yes": {}, "no": {}}
        self.trades: list[Trade] = []
        self.volume_micros = 0
        self.spent_micros = 0
        self.status = _status(self.sim)
        self.closed_ns = 0
        self.determined_ns = 0
        self.final_ns = 0
        self.value = 0
        (self._selection,) = self.sim.selections.values()
        for side, name in YES_SIDE.items():
            book = self._selection.books[side]
            self.sides[name] = {price: book.total(price) for price in book.prices()}

    def move(self, notice: LevelChanged, client_id: str) -> Delta | None:
        """Take a level over; what to add to it, None if it is as it was."""
        side = YES_SIDE[notice.side]
        levels = self.sides[side]
        change = notice.size_micros - levels.get(notice.price, 0)
        if notice.size_micros:
            levels[notice.price] = notice.size_micros
        else:
            levels.pop(notice.price, None)
        return Delta(notice.market, side, notice.price, change, client_id) if change else None

    def trade(self, notice: Traded, now_ns: int) -> Trade:
        """Take a match over."""
        trade = Trade(notice.match, notice.market, notice.price, notice.size_micros, notice.taker, now_ns)
        self.trades.append(trade)
        self.volume_micros += trade.size_micros
        self.spent_micros += trade.size_micros * trade.price // 10_000
        return trade

    def turn(self) -> tuple[str, str]:
        """Look at the exchange again: the status before and after."""
        before, now = self.status, _status(self.sim)
        if before == "finalized" and now == "determined":
            return before, before
        if before in DETERMINED and now == "closed":
            now = "disputed"
        elif before == "disputed":
            now = "amended" if now == "determined" else before
        elif before == "amended" and now == "determined":
            now = before
        self.status = now
        return before, self.status

    @property
    def best_bid(self) -> int:
        return max(self.sides["yes"], default=0)

    @property
    def best_ask(self) -> int:
        return min(self.sides["no"], default=10_000)

    def size(self, side: str, price: int) -> int:
        return self.sides[side].get(price, 0)

    def open_interest_micros(self) -> int:
        """Contracts that somebody holds."""
        return sum(max(0, held.win[0] - held.lose[0]) for held in self.sim.positions.values())

    @property
    def result(self) -> str:
        """`yes`, `no` or `scalar` once it is known."""
        if self.status not in (*DETERMINED, "finalized"):
            return ""
        return {0: "no", 10_000: "yes"}.get(self.value, "scalar")


def settled_value(exchange: Exchange, market: SimMarket) -> int:
    """What a YES contract was worth, in ten-thousandths: read from any order that was settled, else from the result."""
    (selection,) = market.selections.values()
    assert selection.result is not None, "the market is not settled"
    for statement in market.statements.values():
        for line in statement.lines:
            order = exchange.floor.orders[line.order]
            if order.claims_micros:
                profit = line.profit_micros if line.side is Side.BACK else -line.profit_micros
                return round_half_up(profit + order.cost_micros, order.claims_micros)
    return 10_000 if selection.result.value == "won" else 0


def round_half_up(paid_micros: int, claims_micros: int) -> int:
    """Ten-thousandths of a dollar for one contract."""
    return (2 * paid_micros * 10_000 + claims_micros) // (2 * claims_micros)


def _status(market: SimMarket) -> str:
    if market.settled:
        return "determined"
    return {MarketStatus.OPEN: "active", MarketStatus.SUSPENDED: "inactive"}.get(market.status, "closed")
