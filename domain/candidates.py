"""Candidates: each place where an order could have gone, with every number that its choice was computed from."""

import msgspec

from domain.chances import Queue
from domain.fees import FeeTerms
from domain.ids import InstrumentId
from domain.odds import PriceKind

NO_QUEUE = Queue(0, 0)


class Candidate(msgspec.Struct, frozen=True):
    """One place where an intent could have gone, with everything its net price and its share were computed from.

    `levels` are `(price, size_micros)` in native integers, best first. `win_micros` and `lose_micros` are our gross
    P&L in that venue market if the outcome wins or loses, before this intent (commission has a kink there).
    `net_price` is numerator and denominator of the net price of one claim: at the first level, or where the order
    of a `maker` rests; both 0 where there is no price. `allotted` are `(price, size_micros)` that the router gave
    to it. `available_micros` is what the venue let us spend, in its currency; a lower `priority` goes first
    where net prices are equal.

    What is not sure has its price: `fill_ppm` is the share of our immediate orders that the venue matched lately,
    `delay_e9` what its bet delay may cost a claim, and `answer_e9` what its time to answer may, which lately was
    `answer_us` (without bet delays). `score` is the net price expected with all of them (numerator and denominator, as
    `net_price`), by which places are ranked. From `own_price` on an order of ours stands in the book: what is there or
    behind is not offered to us; 0 for none. `under_way_micros` of what is shown, best first, is left out of `levels`:
    takes of ours are on their way to it. Where the order of a `maker` rests `queue` is what it comes to stand in, and
    `rest_ppm` the chance that its strategy supposed of being matched in time with nobody before it (0: it supposed
    none); then `fill_ppm` is what is left of that in this queue, behind the venue's answer and its bet delay.
    """

    instrument: InstrumentId
    kind: PriceKind
    fee: FeeTerms
    levels: tuple[tuple[int, int], ...]
    lot_micros: int
    size_min_micros: int
    payout_min_micros: int
    available_micros: int
    priority: int
    rate_e8: int
    win_micros: int
    lose_micros: int
    net_price: tuple[int, int]
    allotted: tuple[tuple[int, int], ...]
    maker: bool = False
    refused: str = ""
    fill_ppm: int = 1_000_000
    delay_e9: int = 0
    answer_us: int = 0
    own_price: int = 0
    under_way_micros: int = 0
    score: tuple[int, int] = (0, 0)
    answer_e9: int = 0
    queue: Queue = NO_QUEUE
    rest_ppm: int = 0
