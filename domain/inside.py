"""What our own strategies trade with each other: a buyer and a seller of ours meet, and no venue hears of it."""

from domain.ids import MarketId, StrategyName
from domain.message import Message


class CrossedInside(Message, frozen=True):
    """So many net claims in base of one outcome went from one strategy to another at a net price in 1e-9.

    The desk's inventory is what it was: only whose it is has changed.
    """

    market: MarketId
    outcome: int
    buyer: StrategyName
    seller: StrategyName
    claims_micros: int
    price_e9: int
