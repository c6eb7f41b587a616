"""Our place in a queue that only the recording knows: what was traded and cancelled before us, and when it is our turn.

A recorded book shows sizes, not orders. An order of ours that would have rested at a price has the size displayed
there ahead of it. Prints at its price eat that first and then fill it; prints through its price clear the queue
and fill it up to the size printed; prints on the other side do nothing. What a level loses beyond its prints was
cancelled: in proportion from ahead of us and from behind us (`CENTRAL`), or from behind as far as possible
(`PESSIMISTIC`), or from ahead (`OPTIMISTIC`). Volumes that count both sides of a match are halved.
"""

import enum

from domain.odds import PriceKind
from domain.orders import Side


class Bound(enum.StrEnum):
    """Whose cancels they were that nobody saw."""

    PESSIMISTIC = "pessimistic"
    CENTRAL = "central"
    OPTIMISTIC = "optimistic"


class QueuePosition:
    """One resting order of ours in a recorded book; sizes in native millionths."""

    __slots__ = (
        "_bound",
        "_level",
        "_lot_micros",
        "_print_share",
        "_up",
        "ahead_micros",
        "matched_micros",
        "price",
        "remaining_micros",
    )

    def __init__(  # noqa: PLR0913  (one argument for each thing known when an order joins)
        self,
        *,
        kind: PriceKind,
        side: Side,
        price: int,
        size_micros: int,
        level_micros: int,
        ahead_micros: int | None = None,
        double_counted: bool = False,
        bound: Bound = Bound.CENTRAL,
        lot_micros: int = 1,
    ) -> None:
        """Join the end of the queue; `ahead_micros` below the level's size if others have already come behind us.

        Of what would be ours, whole lots are: half of a print may end inside one.
        """
        self.price = price
        self.remaining_micros = size_micros
        self.matched_micros = 0
        self.ahead_micros = level_micros if ahead_micros is None else ahead_micros
        self._level = level_micros
        self._up = (kind is PriceKind.CONTRACT) is (side is Side.LAY)
        self._print_share = 2 if double_counted else 1
        self._bound = bound
        self._lot_micros = lot_micros

    def traded(self, price: int, size_micros: int) -> int:
        """A print of the recording; returns how much of it was ours."""
        size = size_micros // self._print_share
        if price == self.price:
            eaten = min(self.ahead_micros, size)
            self.ahead_micros -= eaten
            self._level = max(0, self._level - size)
            return self._fill(size - eaten)
        if (price > self.price) is self._up:
            self.ahead_micros = 0
            return self._fill(size)
        return 0

    def displayed(self, size_micros: int) -> None:
        """The size that the recording shows at our price now, ours left out."""
        gone = self._level - size_micros
        if gone > 0:
            self.ahead_micros -= self._cancelled_ahead(gone)
        self._level = size_micros
        self.ahead_micros = min(self.ahead_micros, size_micros)

    def shrunk(self, size_micros: int) -> None:
        """We took so much of our own order out; the place stays."""
        self.remaining_micros -= size_micros

    def _cancelled_ahead(self, gone: int) -> int:
        if self._bound is Bound.PESSIMISTIC:
            return 0
        if self._bound is Bound.OPTIMISTIC:
            return min(gone, self.ahead_micros)
        return gone * self.ahead_micros // self._level

    def _fill(self, size: int) -> int:
        filled = min(size, self.remaining_micros) // self._lot_micros * self._lot_micros
        self.remaining_micros -= filled
        self.matched_micros += filled
        return filled
