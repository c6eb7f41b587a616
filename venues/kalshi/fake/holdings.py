"""What the customer holds in one market: the net position, what it cost, what was won on the way.

Contracts of the other side close what is held first, at its average cost; statements count both sides in full.
"""

from fractions import Fraction

from domain.money import MICROS, half_up_to
from domain.orders import Side


class Holding:
    """One market's position: above zero YES contracts, below zero NO contracts, in millionths."""

    __slots__ = ("_cost", "_realized", "bought_micros", "fees_micros", "net_micros", "spent_micros", "updated_ns")

    def __init__(self) -> None:
        self.net_micros = 0
        self.bought_micros = {Side.BACK: 0, Side.LAY: 0}
        self.spent_micros = {Side.BACK: 0, Side.LAY: 0}
        self.fees_micros = 0
        self.updated_ns = 0
        self._cost = Fraction(0)
        self._realized = Fraction(0)

    @property
    def traded_micros(self) -> int:
        """What all contracts of either side cost, closed ones too."""
        return sum(self.spent_micros.values())

    @property
    def volume_micros(self) -> int:
        """Contracts of either side, closed ones too."""
        return sum(self.bought_micros.values())

    @property
    def cost_micros(self) -> int:
        """What the contracts held now cost, before fees."""
        return half_up_to(self._cost / MICROS)

    @property
    def realized_micros(self) -> int:
        """Profit on contracts that were closed, before fees."""
        return half_up_to(self._realized / MICROS)

    def add(self, side: Side, *, size_micros: int, cost_micros: int, fee_micros: int, now_ns: int) -> None:
        """A fill: `cost` is what `size` contracts of its own side (YES for a bid, NO for an ask) cost."""
        signed = size_micros if side is Side.BACK else -size_micros
        closing = min(size_micros, max(0, abs(self.net_micros) if signed * self.net_micros < 0 else 0))
        cost = Fraction(cost_micros)
        if closing:
            basis = self._cost * closing / abs(self.net_micros)
            spent = cost * closing / size_micros
            self._cost -= basis
            self._realized += closing - spent - basis
            cost -= spent
        self._cost += cost
        self.net_micros += signed
        self.spent_micros[side] += cost_micros
        self.bought_micros[side] += size_micros
        self.fees_micros += fee_micros
        self.updated_ns = now_ns
