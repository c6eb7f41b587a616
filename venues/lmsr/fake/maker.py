"""The automated market maker: one account that always quotes its curve on every selection of a market.

What it has sold stands in the exchange's own positions, so the curve needs no memory: after each batch in which it
traded it takes its quotes out and shows the new ones.
"""

from decimal import Decimal

from domain.ids import VenueMarketId
from domain.markets import MarketStatus
from domain.money import MICROS
from domain.orders import Side
from venues.lmsr.curve import Curve, ladder, opened_at
from venues.lmsr.fake.options import FakeOptions
from venues.sim.exchange import Exchange
from venues.sim.markets import SimMarket
from venues.sim.notices import MarketTurned, Notice, Traded
from venues.sim.placements import Placement
from venues.sim.queues import SimOrder

MAKER = "curve"
SCALE = 10_000


class Maker:
    """Quotes every market that has a curve."""

    def __init__(self, exchange: Exchange, options: FakeOptions) -> None:
        self._exchange = exchange
        self._depth = options.depth
        liquidity = Decimal(options.liquidity)
        self._curves = {market: opened_at(liquidity, chances) for market, chances in options.chances.items()}
        self._quotes: dict[VenueMarketId, list[SimOrder]] = {}
        self._stale: dict[VenueMarketId, None] = dict.fromkeys(self._curves)
        exchange.open_account(MAKER, deposit_micros=0, crowd=True)
        exchange.listen(self._hear)

    @property
    def is_due(self) -> bool:
        """Whether some quotes are not those of the curve."""
        return bool(self._stale)

    def curve(self, market: VenueMarketId) -> Curve:
        """Where a market's curve stands: what was sold on each outcome moves it from where it began."""
        began, position = self._curves[market], self._exchange.floor.markets[market].position(MAKER)
        moved = (Decimal(lose - win) / MICROS for win, lose in zip(position.win, position.lose, strict=True))
        return Curve(began.liquidity, tuple(map(sum, zip(began.sold, moved, strict=True))))  # type: ignore[arg-type]

    def quote(self, now_ns: int) -> None:
        """Show the curve wherever it moved."""
        stale, self._stale = self._stale, {}
        for market in stale:
            for order in self._quotes.pop(market, ()):
                if order.resting:
                    self._exchange.cancel(order.number, account=MAKER, now_ns=now_ns)
            state = self._exchange.floor.markets[market]
            if state.status is MarketStatus.OPEN:
                self._quotes[market] = self._placed(state, self.curve(market), now_ns)

    def _placed(self, state: SimMarket, curve: Curve, now_ns: int) -> list[SimOrder]:
        floor = self._exchange.floor
        found = []
        for outcome, selection in enumerate(state.spec.selections):
            sells, buys = ladder(
                curve, outcome, floor.ladder.prices, SCALE, lot_micros=floor.terms.lot_micros, depth=self._depth
            )
            for side, levels in ((Side.LAY, sells), (Side.BACK, buys)):
                for price, size in levels:
                    placed = self._exchange.place(
                        Placement(MAKER, state.spec.id, selection, side, price, size, persist=True), now_ns
                    )
                    found += [placed] if isinstance(placed, SimOrder) else []
        return found

    def _hear(self, batch: list[Notice], now_ns: int) -> None:
        for notice in batch:
            if isinstance(notice, Traded | MarketTurned) and notice.market in self._curves:
                self._stale[notice.market] = None
