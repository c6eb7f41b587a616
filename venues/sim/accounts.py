"""Money at the simulated exchange: wallets, positions by outcome, and what is locked behind bets and orders."""

import enum
from collections.abc import Iterable, Sequence

import msgspec

from domain.claims import claims_and_cost_micros, liability, results
from domain.fees import FeeTerms, fee_estimate_micros
from domain.ids import VenueMarketId
from domain.odds import PriceKind
from domain.orders import Side
from venues.sim.queues import SimOrder


class Collateral(enum.StrEnum):
    """What an exchange locks.

    NET: the worst result of each market over matched bets and open orders together.
    FULL: the cost of every contract and every order on its own; only contracts that offset each other are
    released, and then their profit is cash at once. FULL markets have one selection.
    """

    NET = "net"
    FULL = "full"


class Position:
    """Gross result of one account in one market: `win[k]` if selection k wins, `lose[k]` if it does not, added up."""

    __slots__ = ("lose", "win")

    def __init__(self, selections: int) -> None:
        self.win = [0] * selections
        self.lose = [0] * selections

    def add(self, k: int, side: Side, *, claims_micros: int, cost_micros: int) -> None:
        if_win, if_lose = results(side, claims=claims_micros, cost=cost_micros)
        self.win[k] += if_win
        self.lose[k] += if_lose


class Account(msgspec.Struct):
    """One customer. `wallet_micros` holds deposits and everything settled or charged, before any lock.

    A crowd account has unlimited credit and nobody listens to its orders. `locked` is kept by market. `moved` is what
    was paid in, and out below zero, since the account was opened: monotonic times and micros.
    """

    name: str
    wallet_micros: int
    crowd: bool = False
    locked_micros: dict[VenueMarketId, int] = {}
    moved: list[tuple[int, int]] = []

    @property
    def available_micros(self) -> int:
        """What new orders may still lock."""
        return self.wallet_micros - sum(self.locked_micros.values())


def worst_result(win: Sequence[int], lose: Sequence[int], winners: range) -> int:
    """The worst sum over every set of winning selections that is as large as one of `winners`.

    Starting from all selections losing, a winning set of size w adds its differences; the w smallest are worst.
    """
    differences = sorted(a - b for a, b in zip(win, lose, strict=True))
    return sum(lose) + min(sum(differences[:w]) for w in winners)


def net_lock(
    position: Position, orders: Iterable[SimOrder], *, kind: PriceKind, index: dict[str, int], winners: range
) -> int:
    """Locked when the exchange nets a market: its worst case if any subset of the open orders is matched."""
    win, lose = list(position.win), list(position.lose)
    for order in orders:
        k = index[order.selection]
        claims, cost = claims_and_cost_micros(kind, order.price, order.remaining_micros)
        if_win, if_lose = results(order.side, claims=claims, cost=cost)
        win[k] += min(0, if_win)
        lose[k] += min(0, if_lose)
    return max(0, -worst_result(win, lose, winners))


def full_lock(position: Position, orders: Iterable[SimOrder], *, kind: PriceKind, fee: FeeTerms) -> int:
    """Locked when every contract is paid for: below zero when offsetting contracts have freed a profit.

    An order that closes contracts locks nothing for them; orders are looked at by age.
    """
    long = position.win[0] - position.lose[0]
    closable = {Side.LAY: max(0, long), Side.BACK: max(0, -long)}
    locked = -min(position.win[0], position.lose[0])
    for order in orders:
        closing = min(closable[order.side], order.remaining_micros)
        closable[order.side] -= closing
        claims, cost = claims_and_cost_micros(kind, order.price, order.remaining_micros - closing)
        locked += liability(order.side, claims=claims, cost=cost)
        claims, cost = claims_and_cost_micros(kind, order.price, order.remaining_micros)
        locked += fee_estimate_micros(fee, claims_micros=claims, cost_micros=cost)
    return locked
