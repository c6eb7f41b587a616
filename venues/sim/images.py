"""What can be read from the simulated exchange: levels, open orders, balances."""

from collections.abc import Iterator

from domain.ids import SelectionId, VenueMarketId
from domain.orders import Side
from venues.sim.accounts import Collateral, full_lock, net_lock
from venues.sim.exchange import Exchange
from venues.sim.queues import SimOrder


def levels(
    exchange: Exchange, market: VenueMarketId, selection: SelectionId, *, resting: Side, depth: int | None = None
) -> list[tuple[int, int]]:
    """`(price, size_micros)` of one side, best first. Resting LAY orders are what can be backed."""
    side = exchange.floor.markets[market].selections[selection].books[resting]
    return [(price, side.total(price)) for price in side.prices()[:depth]]


def open_orders(exchange: Exchange, account: str, *, market: VenueMarketId | None = None) -> Iterator[SimOrder]:
    """A watched account's orders that may still be matched, waiting ones included, by market and then by age."""
    for state in exchange.floor.markets.values():
        if market is None or state.spec.id == market:
            yield from state.open_orders.get(account, {}).values()


def position_lock_micros(exchange: Exchange, account: str) -> int:
    """What matched bets alone lock, over all markets; below zero when offsetting contracts have freed a profit.

    An exchange whose balance leaves positions out shows the wallet less this.
    """
    floor = exchange.floor
    locked = 0
    for state in floor.markets.values():
        position = state.positions.get(account)
        if position is None:
            continue
        if floor.collateral is Collateral.FULL:
            locked += full_lock(position, (), kind=floor.terms.kind, fee=floor.terms.fee)
        else:
            winners = range(state.spec.winners[0], state.spec.winners[1] + 1)
            locked += net_lock(position, (), kind=floor.terms.kind, index=state.index, winners=winners)
    return locked
