"""The customer's side of the venue: orders with their past, fills, positions, settlements, cash.

All of it follows from what the exchange tells; the portfolio's reads show it as it was a while ago.
"""

from collections.abc import Iterator

import msgspec

from domain.ids import VenueMarketId
from domain.orders import Side
from venues.kalshi.fake.forms import MS, unique_id
from venues.kalshi.fake.holdings import Holding
from venues.kalshi.fake.options import FakeOptions
from venues.kalshi.fake.timeline import Timeline
from venues.sim.exchange import Exchange
from venues.sim.images import position_lock_micros
from venues.sim.notices import Notice, OrderAmended, OrderCancelled, OrderLapsed, OrderMatched, OrderPlaced
from venues.sim.queues import SimOrder


class OrderImage(msgspec.Struct, frozen=True):
    """One order at one moment."""

    status: str
    client_id: str
    price: int
    initial_micros: int
    filled_micros: int
    remaining_micros: int
    taker_cost_micros: int
    maker_cost_micros: int
    taker_fees_micros: int
    maker_fees_micros: int
    updated_ns: int
    expires_s: int


class OwnOrder:
    """One order of the customer. Costs are of its own side: YES for a bid, NO for an ask."""

    def __init__(self, order: SimOrder, order_id: str, keep_ns: int) -> None:
        self.order = order
        self.id = order_id
        self.client_id = order.client_ref
        self.self_trade = "taker_at_cross"
        self.cancels_on_pause = False
        self.group_id = ""
        self.expires_s = 0
        self.ended_by_match = False
        self.costs_micros = {"taker": 0, "maker": 0}
        self.fees_micros = {"taker": 0, "maker": 0}
        self.images: Timeline[OrderImage] = Timeline(keep_ns)

    @property
    def status(self) -> str:
        if self.order.remaining_micros:
            return "resting"
        return "executed" if self.ended_by_match else "canceled"

    def image(self) -> OrderImage:
        """The order now."""
        return OrderImage(
            status=self.status,
            client_id=self.client_id,
            price=self.order.price,
            initial_micros=self.order.size_micros,
            filled_micros=self.order.matched_micros,
            remaining_micros=self.order.remaining_micros,
            taker_cost_micros=self.costs_micros["taker"],
            maker_cost_micros=self.costs_micros["maker"],
            taker_fees_micros=self.fees_micros["taker"],
            maker_fees_micros=self.fees_micros["maker"],
            updated_ns=self.order.changed_ns,
            expires_s=self.expires_s,
        )


class Fill(msgspec.Struct, frozen=True):
    """One fill of the customer. `number` counts them; `cost` is of its own side, `position` the net one after it."""

    number: int
    id: str
    order: OwnOrder
    price: int
    size_micros: int
    cost_micros: int
    maker: bool
    fee_micros: int
    position_micros: int
    at_ns: int


class Settlement(msgspec.Struct, frozen=True):
    """What one market paid for a position. `value` is of one YES contract, in ten-thousandths of a dollar."""

    number: int
    market: VenueMarketId
    result: str
    value: int
    holding: Holding
    revenue_micros: int
    settled_ns: int


class Records:
    """Everything of one customer."""

    def __init__(self, exchange: Exchange, options: FakeOptions) -> None:
        self._exchange = exchange
        self._options = options
        self._keep_ns = options.visible_after_ms * MS
        self._by_number: dict[int, OwnOrder] = {}
        self.by_id: dict[str, OwnOrder] = {}
        self.spent: set[str] = set()
        self.fills: list[Fill] = []
        self._live: dict[int, OwnOrder] = {}
        self._fills_held: dict[VenueMarketId, list[Fill]] = {}
        self.holdings: dict[VenueMarketId, Holding] = {}
        self.settlements: list[Settlement] = []
        self.unpaid: dict[VenueMarketId, int] = {}
        self._cash: Timeline[int] = Timeline(self._keep_ns)
        self._cash.put(self.cash_micros(), 0)

    # --- what was ordered ---

    def enrol(self, order: SimOrder) -> OwnOrder:
        """Keep an order from its acceptance on; its client's id is spent for ever."""
        own = OwnOrder(order, unique_id(self._options.seed, "order", order.number), self._keep_ns)
        self._by_number[order.number] = self._live[order.number] = self.by_id[own.id] = own
        self.spent.add(own.client_id)
        return own

    def rename(self, own: OwnOrder, client_id: str) -> None:
        """The customer calls an order differently from now on; the earlier name stays spent."""
        own.client_id = own.order.client_ref = client_id
        self.spent.add(client_id)

    def resting(self) -> list[OwnOrder]:
        """Every order in a book now."""
        return [own for own in self._live.values() if own.order.resting]

    def hear(self, notice: Notice, now_ns: int) -> OwnOrder | Fill | None:
        """Take an order notice over; the fill, or the order that changed, None if it is not of this customer."""
        if not isinstance(notice, OrderPlaced | OrderAmended | OrderMatched | OrderCancelled | OrderLapsed):
            return None
        if notice.account != self._options.account:
            return None
        own = self._by_number.get(notice.order) or self.enrol(self._exchange.floor.orders[notice.order])
        own.ended_by_match = isinstance(notice, OrderMatched)
        return self._fill(own, notice, now_ns) if isinstance(notice, OrderMatched) else own

    def _fill(self, own: OwnOrder, match: OrderMatched, now_ns: int) -> Fill:
        side, role = own.order.side, "maker" if match.maker else "taker"
        cost = match.cost_micros if side is Side.BACK else match.claims_micros - match.cost_micros
        own.costs_micros[role] += cost
        own.fees_micros[role] += match.fee_micros
        holding = self.holdings.setdefault(own.order.market, Holding())
        holding.add(side, size_micros=match.size_micros, cost_micros=cost, fee_micros=match.fee_micros, now_ns=now_ns)
        fill = Fill(
            number=len(self.fills) + 1,
            id=unique_id(self._options.seed, "trade", match.match),
            order=own,
            price=match.price,
            size_micros=match.size_micros,
            cost_micros=cost,
            maker=match.maker,
            fee_micros=match.fee_micros,
            position_micros=holding.net_micros,
            at_ns=now_ns,
        )
        self.fills.append(fill)
        self._fills_held.setdefault(own.order.market, []).append(fill)
        return fill

    # --- what was paid ---

    def determine(self, market: VenueMarketId, value: int) -> None:
        """The result of a market is known and will be paid for soon; the exchange behind has paid already."""
        holding = self.holdings.get(market)
        if holding is None:
            return
        worth = value if holding.net_micros > 0 else 10_000 - value
        self.unpaid[market] = abs(holding.net_micros) * worth // 10_000

    def pay(self, market: VenueMarketId, *, result: str, value: int, now_ns: int) -> None:
        """The market settles: cash comes in, and the position is gone."""
        holding = self.holdings.pop(market, None)
        self._fills_held.pop(market, None)
        if holding is None:
            return
        settlement = Settlement(
            number=len(self.settlements) + 1,
            market=market,
            result=result,
            value=value,
            holding=holding,
            revenue_micros=self.unpaid.pop(market),
            settled_ns=now_ns,
        )
        self.settlements.append(settlement)

    def cash_micros(self) -> int:
        """Money that is not in positions; what stands behind resting orders is part of it."""
        account = self._options.account
        wallet = self._exchange.floor.accounts[account].wallet_micros
        return wallet - position_lock_micros(self._exchange, account) - sum(self.unpaid.values())

    # --- reading, as of a while ago ---

    def remember(self, changed: list[OwnOrder], now_ns: int) -> None:
        """Fix how things stand after a batch."""
        for own in changed:
            own.images.put(own.image(), now_ns)
        self._cash.put(self.cash_micros(), now_ns)

    def as_of_ns(self, now_ns: int) -> int:
        return now_ns - self._keep_ns

    def cash_seen(self, now_ns: int) -> int:
        seen = self._cash.at(self.as_of_ns(now_ns))
        return self.cash_micros() if seen is None else seen

    def orders_seen(self, now_ns: int, *, resting: bool = False) -> Iterator[tuple[OwnOrder, OrderImage]]:
        """Newest first; all of them or those that rest."""
        then_ns = self.as_of_ns(now_ns)
        for own in [*reversed((self._live if resting else self._by_number).values())]:
            image = own.images.at(then_ns)
            if image is None:
                continue
            if image.status != "resting":
                self._live.pop(own.order.number, None)
            if not resting or image.status == "resting":
                yield own, image

    def fills_seen(self, now_ns: int) -> Iterator[Fill]:
        """Newest first."""
        then_ns = self.as_of_ns(now_ns)
        return (fill for fill in reversed(self.fills) if fill.at_ns <= then_ns)

    def holdings_seen(self, now_ns: int) -> dict[VenueMarketId, Holding]:
        """Positions in markets that have not paid, worked out again from the fills that can be seen."""
        then_ns = self.as_of_ns(now_ns)
        held: dict[VenueMarketId, Holding] = {}
        for market, fills in self._fills_held.items():
            seen = [fill for fill in fills if fill.at_ns <= then_ns]
            if seen:
                held[market] = Holding()
            for fill in seen:
                held[market].add(
                    fill.order.order.side,
                    size_micros=fill.size_micros,
                    cost_micros=fill.cost_micros,
                    fee_micros=fill.fee_micros,
                    now_ns=fill.at_ns,
                )
        return held
