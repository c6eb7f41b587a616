"""What the simulated exchange tells its listeners: one frozen struct for each thing that happened.

A batch of notices belongs to one moment. Order notices are told for watched accounts only; book changes and
trades for everyone. Sizes and money are millionths of the native size and of the exchange's currency.
"""

import enum
from collections.abc import Callable

import msgspec

from domain.ids import SelectionId, VenueMarketId
from domain.orders import Side


class Cause(enum.StrEnum):
    """Why size left an order without being matched."""

    REQUESTED = "requested"
    NOT_MATCHED_AT_ONCE = "not_matched_at_once"
    SELF_MATCH = "self_match"
    POST_ONLY = "post_only"
    MARKET_VERSION = "market_version"
    SUSPENDED = "suspended"
    IN_PLAY = "in_play"
    REOPENED = "reopened"
    SELECTION_REMOVED = "selection_removed"
    CLOSED = "closed"
    DEAD_MAN = "dead_man"


WISHED = frozenset({Cause.REQUESTED, Cause.DEAD_MAN})
"""Its owner, or a switch that he set, had it taken out."""


class OrderPlaced(msgspec.Struct, frozen=True, tag=True):
    """The exchange has the order. With `held_until_ns` above 0 it waits for the in-play delay before it may match."""

    account: str
    order: int
    held_until_ns: int = 0


class OrderAmended(msgspec.Struct, frozen=True, tag=True):
    """Price or size of an order changed at its owner's wish, on the same order."""

    account: str
    order: int


class OrderMatched(msgspec.Struct, frozen=True, tag=True):
    """One side of one match, at the resting order's price. `maker`: this order was the resting one."""

    account: str
    order: int
    match: int
    maker: bool
    price: int
    size_micros: int
    claims_micros: int
    cost_micros: int
    fee_micros: int


class OrderCancelled(msgspec.Struct, frozen=True, tag=True):
    """Size taken out at the owner's wish."""

    account: str
    order: int
    size_micros: int
    cause: Cause


class OrderLapsed(msgspec.Struct, frozen=True, tag=True):
    """Size taken out by the exchange's own rules."""

    account: str
    order: int
    size_micros: int
    cause: Cause


class OrderVoided(msgspec.Struct, frozen=True, tag=True):
    """A match was annulled: its size is no longer matched but voided, its fee is paid back."""

    account: str
    order: int
    match: int
    size_micros: int


class OrderRepriced(msgspec.Struct, frozen=True, tag=True):
    """A removal reduced the odds of one matched part."""

    account: str
    order: int
    match: int
    price: int


class LevelChanged(msgspec.Struct, frozen=True, tag=True):
    """What rests at one price now, 0 for nothing. `side` is the side of the resting orders: LAY can be backed."""

    market: VenueMarketId
    selection: SelectionId
    side: Side
    price: int
    size_micros: int


class Traded(msgspec.Struct, frozen=True, tag=True):
    """A match as the public sees it; `size_micros` is counted once, not for each side."""

    market: VenueMarketId
    selection: SelectionId
    match: int
    price: int
    size_micros: int
    taker: Side


class MarketTurned(msgspec.Struct, frozen=True, tag=True):
    """Status, in-play flag, version or a selection's state changed: read the market."""

    market: VenueMarketId


class MarketSettled(msgspec.Struct, frozen=True, tag=True):
    """Every account's statement of this market stands; `round` rises with each re-settlement."""

    market: VenueMarketId
    round: int


class MarketUnsettled(msgspec.Struct, frozen=True, tag=True):
    """The last settlement was taken back, its money reversed."""

    market: VenueMarketId
    round: int


OrderNotice = OrderPlaced | OrderAmended | OrderMatched | OrderCancelled | OrderLapsed | OrderVoided | OrderRepriced
MarketNotice = LevelChanged | Traded | MarketTurned | MarketSettled | MarketUnsettled
Notice = OrderNotice | MarketNotice

Listener = Callable[[list[Notice], int], None]
"""Called with one moment's notices and its monotonic time; must not change the exchange from inside the call."""
