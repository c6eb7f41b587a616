"""Resting orders of one selection: a first-come queue at every price, best price first on either side."""

from bisect import bisect_left, insort

import msgspec

from domain.ids import SelectionId, VenueMarketId
from domain.odds import PriceKind
from domain.orders import Side


class SimOrder(msgspec.Struct):
    """One order at the exchange; the five quantities obey `domain.orders.Order`'s law.

    `number` is the exchange's key; the fakes spell it in their venue's way. `held_until_ns` is above 0 while the
    order waits for the in-play delay. `resting` says that it stands in the book. `version` is the market version
    that the placement named, 0 for any.
    """

    number: int
    account: str
    market: VenueMarketId
    selection: SelectionId
    side: Side
    price: int
    size_micros: int
    placed_ns: int
    persist: bool = False
    client_ref: str = ""
    matched_micros: int = 0
    cancelled_micros: int = 0
    lapsed_micros: int = 0
    voided_micros: int = 0
    claims_micros: int = 0
    cost_micros: int = 0
    fee_micros: int = 0
    fee_accumulator_micros: int = 0
    held_until_ns: int = 0
    resting: bool = False
    changed_ns: int = 0

    @property
    def remaining_micros(self) -> int:
        gone = self.matched_micros + self.cancelled_micros + self.lapsed_micros + self.voided_micros
        return self.size_micros - gone

    @property
    def live(self) -> bool:
        """In the book or held by the delay: it may still be matched."""
        return self.resting or self.held_until_ns > 0


class Queue:
    """Orders at one price in order of arrival, and their remaining size in sum."""

    __slots__ = ("orders", "total_micros")

    def __init__(self) -> None:
        self.orders: dict[int, SimOrder] = {}
        self.total_micros = 0


class SideBook:
    """Queues of the orders on one side. `best_is_high`: the other side prefers our highest price."""

    __slots__ = ("queues", "_keys", "_sign")

    def __init__(self, *, best_is_high: bool) -> None:
        self.queues: dict[int, Queue] = {}
        self._sign = -1 if best_is_high else 1
        self._keys: list[int] = []

    def best(self) -> int | None:
        """Price of the best queue, None when nothing rests."""
        return self._keys[0] * self._sign if self._keys else None

    def prices(self) -> list[int]:
        """Every price at which something rests, best first."""
        return [key * self._sign for key in self._keys]

    def reaches(self, limit: int) -> bool:
        """Whether an order of the other side with this limit would match the best queue."""
        return bool(self._keys) and self._keys[0] <= limit * self._sign

    def at_once(self, limit: int, size_micros: int, *, by_average: bool, lot_micros: int) -> tuple[int, int]:
        """How much of an order of the other side could match now, and the worst price that it would meet.

        With `by_average` the limit bounds the mean price of all of it: what better prices save, worse ones may cost.
        """
        bound, taken, saved, reached = limit * self._sign, 0, 0, limit
        for key in self._keys:
            size = min(self.queues[key * self._sign].total_micros, size_micros - taken)
            if key > bound:
                size = min(size, saved // (key - bound)) if by_average else 0
                size -= size % lot_micros
            if not size:
                break
            taken, saved, reached = taken + size, saved + (bound - key) * size, key * self._sign
        return taken, reached

    def total(self, price: int) -> int:
        queue = self.queues.get(price)
        return queue.total_micros if queue else 0

    def add(self, order: SimOrder) -> None:
        """Last in the queue of its price."""
        queue = self.queues.get(order.price)
        if queue is None:
            queue = self.queues[order.price] = Queue()
            insort(self._keys, order.price * self._sign)
        queue.orders[order.number] = order
        queue.total_micros += order.remaining_micros
        order.resting = True

    def remove(self, order: SimOrder) -> None:
        """Out of its queue; the order's quantities must not have changed since `shrink` was last told."""
        queue = self.queues[order.price]
        del queue.orders[order.number]
        queue.total_micros -= order.remaining_micros
        order.resting = False
        self._drop_if_empty(order.price, queue)

    def shrink(self, order: SimOrder, size_micros: int) -> None:
        """The order is about to lose this much; one that loses all leaves its queue."""
        queue = self.queues[order.price]
        queue.total_micros -= size_micros
        if size_micros == order.remaining_micros:
            del queue.orders[order.number]
            order.resting = False
            self._drop_if_empty(order.price, queue)

    def first(self) -> SimOrder:
        """The order that matches next."""
        queue = self.queues[self._keys[0] * self._sign]
        return next(iter(queue.orders.values()))

    def _drop_if_empty(self, price: int, queue: Queue) -> None:
        if not queue.orders:
            assert queue.total_micros == 0, "an empty queue still counts size"
            del self.queues[price]
            del self._keys[bisect_left(self._keys, price * self._sign)]


def side_books(kind: PriceKind) -> dict[Side, SideBook]:
    """Both sides of one selection. Backers look for high odds but for low contract prices."""
    backers_want_high = kind is PriceKind.ODDS
    return {
        Side.LAY: SideBook(best_is_high=backers_want_high),
        Side.BACK: SideBook(best_is_high=not backers_want_high),
    }
