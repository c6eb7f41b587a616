"""Where the market stood when we were matched and some seconds later: notes that say what a price was worth."""

import msgspec

from domain.ids import OrderRef
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
