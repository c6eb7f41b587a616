"""The floor of the exchange: books, orders, positions and wallets, moved together so that none disagrees."""

from domain.claims import claims_and_cost_micros
from domain.fees import QuadraticFee, fill_fee_micros, round_fill
from domain.ids import SelectionId, VenueMarketId, VenueName
from domain.odds import Ladder, ladder
from domain.orders import Side
from domain.terms import Terms
from venues.sim.accounts import Account, Collateral, full_lock, net_lock
from venues.sim.markets import Match, SimMarket
from venues.sim.notices import WISHED, Cause, LevelChanged, Notice, OrderCancelled, OrderLapsed, OrderMatched, Traded
from venues.sim.queues import SideBook, SimOrder

HOUSE = "house"
"""The exchange's own account: fees, commission and what rounding leaves over."""


class Floor:
    """All state of one exchange, and the moves by which an order's quantities change."""

    def __init__(self, *, venue: VenueName, terms: Terms, collateral: Collateral) -> None:
        self.venue = venue
        self.terms = terms
        self.ladder: Ladder = ladder(terms.kind, terms.bands)
        self.collateral = collateral
        self.accounts: dict[str, Account] = {HOUSE: Account(HOUSE, 0, crowd=True)}
        self.markets: dict[VenueMarketId, SimMarket] = {}
        self.orders: dict[int, SimOrder] = {}
        self.placed = 0
        self.matches = 0
        self.notices: list[Notice] = []
        self._dirty: dict[tuple[VenueMarketId, SelectionId, Side, int], None] = {}

    def tell(self, account: str, notice: Notice) -> None:
        """Keep an order notice for the next batch, if somebody watches the account."""
        if not self.accounts[account].crowd:
            self.notices.append(notice)

    def batch(self) -> list[Notice]:
        """Notices since the last batch, with every touched level once, as it is now."""
        notices, self.notices = self.notices, []
        for market, selection, side, price in self._dirty:
            total = self.markets[market].selections[selection].books[side].total(price)
            notices.append(LevelChanged(market, selection, side, price, total))
        self._dirty.clear()
        return notices

    def admit(self, order: SimOrder) -> None:
        """The exchange has a new order; it counts against its owner's funds from here on."""
        self.placed += 1
        self.orders[order.number] = order
        if not self.accounts[order.account].crowd:
            self.markets[order.market].open_orders.setdefault(order.account, {})[order.number] = order

    def rest(self, order: SimOrder) -> None:
        """Into the book, last at its price."""
        self._touched(order).add(order)

    def edit(self, order: SimOrder, *, price: int, remaining_micros: int, in_place: bool) -> bool:
        """Write a resting order anew, or leave it as it was if its owner lacks the money.

        In place it keeps its queue; otherwise it leaves the book, and the caller sends it in again.
        """
        before = order.price, order.size_micros
        size = order.size_micros + remaining_micros - order.remaining_micros
        order.price, order.size_micros = price, size
        if not self.funded(order):
            order.price, order.size_micros = before
            self.settle_funds(order)
            return False
        order.price, order.size_micros = before
        side = self._touched(order)
        if in_place:
            side.shrink(order, order.size_micros - size)
        else:
            side.remove(order)
        order.price, order.size_micros = price, size
        return True

    def funded(self, order: SimOrder) -> bool:
        """Lock what the order asks for as it stands; whether its owner had it."""
        self.settle_funds(order)
        account = self.accounts[order.account]
        return account.crowd or account.available_micros >= 0

    def forget(self, order: SimOrder) -> None:
        """An order that its owner cannot pay for was never there."""
        del self.orders[order.number]
        market = self.markets[order.market]
        del market.open_orders[order.account][order.number]
        self.lock(self.accounts[order.account], market)

    def drop(self, order: SimOrder, size_micros: int, cause: Cause, now_ns: int) -> None:
        """Size leaves an order unmatched: cancelled if its owner or a dead-man switch wished so, lapsed otherwise."""
        assert 0 < size_micros <= order.remaining_micros, "an order cannot lose what it does not have"
        if order.resting:
            self._touched(order).shrink(order, size_micros)
        order.changed_ns = now_ns
        if cause in WISHED:
            order.cancelled_micros += size_micros
            self.tell(order.account, OrderCancelled(order.account, order.number, size_micros, cause))
        else:
            order.lapsed_micros += size_micros
            self.tell(order.account, OrderLapsed(order.account, order.number, size_micros, cause))
        self.settle_funds(order)

    def match(self, taker: SimOrder, maker: SimOrder, now_ns: int) -> None:
        """As much as both have left trades at the maker's price."""
        size = min(taker.remaining_micros, maker.remaining_micros)
        market = self.markets[maker.market]
        self._touched(maker).shrink(maker, size)
        self.matches += 1
        fees = {
            order.side: self.fill(market, order, maker.price, size, maker=order is maker, now_ns=now_ns)
            for order in (maker, taker)
        }
        backer, layer = (taker, maker) if taker.side is Side.BACK else (maker, taker)
        selection = market.selections[maker.selection]
        selection.traded_micros[maker.price] = selection.traded_micros.get(maker.price, 0) + size
        selection.last_price = maker.price
        market.matches.append(
            Match(
                self.matches,
                maker.selection,
                backer.number,
                layer.number,
                maker.price,
                size,
                now_ns,
                fees[Side.BACK],
                fees[Side.LAY],
            )
        )
        self.notices.append(Traded(maker.market, maker.selection, self.matches, maker.price, size, taker.side))

    def settle_funds(self, order: SimOrder) -> None:
        """Bring the lock of the order's owner in its market up to date.

        An order of the crowd that ends without a match is forgotten: nobody will ask for it.
        """
        account = self.accounts[order.account]
        if account.crowd:
            if order.remaining_micros == order.matched_micros + order.voided_micros == 0:
                self.orders.pop(order.number, None)
            return
        market = self.markets[order.market]
        if order.remaining_micros == 0:
            market.open_orders.get(order.account, {}).pop(order.number, None)
        self.lock(account, market)

    def lock(self, account: Account, market: SimMarket) -> None:
        """Recompute what one market locks of one account."""
        orders = market.open_orders.get(account.name, {}).values()
        position = market.position(account.name)
        if self.collateral is Collateral.FULL:
            locked = full_lock(position, orders, kind=self.terms.kind, fee=self.terms.fee)
        else:
            winners = range(market.spec.winners[0], market.spec.winners[1] + 1)
            locked = net_lock(position, orders, kind=self.terms.kind, index=market.index, winners=winners)
        account.locked_micros[market.spec.id] = locked

    def fill(self, market: SimMarket, order: SimOrder, price: int, size: int, *, maker: bool, now_ns: int) -> int:
        """Book one side of a match and return its fee."""
        claims, cost = claims_and_cost_micros(self.terms.kind, price, size)
        order.matched_micros += size
        order.claims_micros += claims
        order.cost_micros += cost
        order.changed_ns = now_ns
        fee = self._charge(order, claims, cost, maker=maker)
        position = market.position(order.account)
        position.add(market.index[order.selection], order.side, claims_micros=claims, cost_micros=cost)
        self.tell(
            order.account,
            OrderMatched(order.account, order.number, self.matches, maker, price, size, claims, cost, fee),
        )
        self.settle_funds(order)
        return fee

    def _charge(self, order: SimOrder, claims: int, cost: int, *, maker: bool) -> int:
        """Take the fee of one fill from the wallet, rounded the way the account's balance is kept."""
        fee = fill_fee_micros(self.terms.fee, claims_micros=claims, cost_micros=cost, maker=maker)
        if isinstance(self.terms.fee, QuadraticFee):
            revenue = -cost if order.side is Side.BACK else cost - claims
            rounded = round_fill(
                revenue_micros=revenue,
                trade_fee_micros=fee,
                accumulator_micros=order.fee_accumulator_micros,
                precision_micros=self.terms.fee.precision_micros,
            )
            order.fee_accumulator_micros = rounded.accumulator_micros
            fee = rounded.net_fee_micros
        order.fee_micros += fee
        self.accounts[order.account].wallet_micros -= fee
        self.accounts[HOUSE].wallet_micros += fee
        return fee

    def _touched(self, order: SimOrder) -> SideBook:
        """The side of the book that is about to change at the order's price."""
        self._dirty[order.market, order.selection, order.side, order.price] = None
        return self.markets[order.market].selections[order.selection].books[order.side]


def match_at(floor: Floor, backer: SimOrder, layer: SimOrder, *, price: int, size_micros: int, now_ns: int) -> None:
    """Two orders that rest nowhere trade at a price of the exchange's own making, which may be off the ladder."""
    market = floor.markets[backer.market]
    floor.matches += 1
    fees = [floor.fill(market, order, price, size_micros, maker=False, now_ns=now_ns) for order in (backer, layer)]
    numbers = backer.number, layer.number
    market.matches.append(
        Match(floor.matches, backer.selection, *numbers, price, size_micros, now_ns, fees[0], fees[1])
    )
