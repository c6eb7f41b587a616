"""What this simulated exchange is told at its start: whom it serves, and how its maker quotes."""

from decimal import Decimal

import msgspec

from domain.ids import VenueMarketId


class FakeOptions(msgspec.Struct, frozen=True):
    """`account` is the customer's name at the exchange behind. `epoch_ns` is the Unix time at monotonic zero.

    `liquidity` is the b of the maker's curves, in claims, 0 for no maker; `chances` are where each market's curve
    begins, one for each selection. `depth`: ticks of the ladder that it quotes on each side.
    """

    account: str
    epoch_ns: int
    key: str
    chances: dict[VenueMarketId, tuple[Decimal, ...]]
    liquidity: int = 0
    depth: int = 8
    connections_max: int = 20
