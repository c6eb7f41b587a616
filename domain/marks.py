"""Where the market stood behind our matches, and what was open when a run ended: notes of what prices were worth."""

import msgspec

from domain.ids import MarketId, OrderRef
from domain.message import Message

HORIZONS_S = (0, 1, 10, 60)
"""Seconds behind a match at which its market is looked at."""


class FillMark(msgspec.Struct, frozen=True):
    """The match that record `seq` told of order `ref`.

    `middles_e9` are the chances in 1e-9 half way between the best prices of its book, one for each of `HORIZONS_S`,
    None where the book had not both of them, could not be trusted, or took no orders.
    """

    seq: int
    ref: OrderRef
    middles_e9: tuple[int | None, ...]


class FillsMarked(Message, frozen=True):
    """Matches whose last mark was taken by now."""

    marks: tuple[FillMark, ...]


class FairTaken(msgspec.Struct, frozen=True):
    """The fair value of a market, chances of its outcomes in 1e-9 as `model` had them."""

    market: MarketId
    model: str
    probabilities_e9: tuple[int, ...]


class FairsTaken(Message, frozen=True):
    """A run ends: what the markets are worth in which bets of ours are not settled."""

    fairs: tuple[FairTaken, ...]
