"""What a strategy may ask for: a quote, a take, a cancel. None of it is a promise yet."""

import msgspec

from domain.ids import InstrumentId, MarketId, OrderRef, StrategyName
from domain.orders import Side, TimeInForce


class QuoteIntent(msgspec.Struct, frozen=True, tag=True):
    """Rest an order on one instrument. `price` is native, `size_micros` native size (see `domain.orders.Order`).

    `keep_price` is the worst price for us at which an order that rests already may stay; 0 for `price` itself.
    `at_start`: it does not rest in the book but waits for the venue's starting price; `price` is its limit.
    """

    strategy: StrategyName
    instrument: InstrumentId
    side: Side
    price: int
    size_micros: int
    because: str
    keep_price: int = 0
    at_start: bool = False


class TakeIntent(msgspec.Struct, frozen=True, tag=True):
    """Acquire (BACK) or give (LAY) up to `claims_micros` claims of one outcome, wherever it is best net of fees.

    Claims pay one unit of the base currency each. `limit_e9` is the worst acceptable net price of a claim in 1e-9.
    """

    strategy: StrategyName
    market: MarketId
    outcome: int
    side: Side
    limit_e9: int
    claims_micros: int
    because: str


class CancelIntent(msgspec.Struct, frozen=True, tag=True):
    """Take an order of ours out of the book."""

    strategy: StrategyName
    ref: OrderRef
    because: str


Intent = QuoteIntent | TakeIntent | CancelIntent


class Child(msgspec.Struct, frozen=True):
    """A concrete order that the router proposes: what the gate judges."""

    strategy: StrategyName
    instrument: InstrumentId
    side: Side
    price: int
    size_micros: int
    tif: TimeInForce
    decision: int
