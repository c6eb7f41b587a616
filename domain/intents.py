"""What a strategy may ask for: a quote, a take, a cancel. None of it is a promise yet."""

import enum

import msgspec

from domain.ids import InstrumentId, MarketId, OrderRef, StrategyName
from domain.orders import Side, TimeInForce
from domain.plans import Rung


class QuoteIntent(msgspec.Struct, frozen=True, tag=True):
    """Rest an order on one instrument. `price` is native, `size_micros` native size (see `domain.orders.Order`).

    `keep_price` is the worst price for us at which an order that rests already may stay; 0 for `price` itself.
    `at_start`: it does not rest in the book but waits for the venue's starting price; `price` is its limit. `rest_ppm`:
    the chance that was supposed of being matched in time with nobody before it; 0 where that did not matter.
    """

    strategy: StrategyName
    instrument: InstrumentId
    side: Side
    price: int
    size_micros: int
    because: str
    keep_price: int = 0
    at_start: bool = False
    rest_ppm: int = 0


class TakeIntent(msgspec.Struct, frozen=True, tag=True):
    """Acquire (BACK) or give (LAY) up to `claims_micros` claims of one outcome, wherever it is best net of fees.

    Claims pay one unit of the base currency each. `limit_e9` is the worst acceptable net price of a claim in 1e-9.
    With a `ladder` what was not matched is sent again until the time of its last rung is up, at prices that are worse
    than the limit by the loss of the rung; what is missing behind a ladder of several rungs may then lose no more than
    `carry_max_micros` in base (0: whatever it is). `delay_costs` is what a bet delay may cost a claim: (ms, 1e-9), for
    every delay that the strategy met; of others, and where it says none, the desk's own reckoning holds. What another
    strategy wants of this one changes hands at the middle of both prices before any venue hears of it (`oms.inside`).
    """

    strategy: StrategyName
    market: MarketId
    outcome: int
    side: Side
    limit_e9: int
    claims_micros: int
    because: str
    ladder: tuple[Rung, ...] = ()
    delay_costs: tuple[tuple[int, int], ...] = ()
    carry_max_micros: int = 0


class PairIntent(msgspec.Struct, frozen=True, tag=True):
    """Back an outcome at one venue and lay it at another, for up to `claims_micros` net claims in base of each.

    The limits are net prices in 1e-9 as in `TakeIntent`, which bear bet delays too. Matched in full the pair must bring
    `profit_min_micros` whatever happens. What one leg alone may lose is at most `naked_max_micros`; the `ladder` says
    what is done, and for how long, while the legs are uneven, and what is uneven behind it is carried if it can lose no
    more than `carry_max_micros`. Money in base.
    """

    strategy: StrategyName
    market: MarketId
    outcome: int
    back: InstrumentId
    lay: InstrumentId
    back_limit_e9: int
    lay_limit_e9: int
    claims_micros: int
    profit_min_micros: int
    naked_max_micros: int
    carry_max_micros: int
    ladder: tuple[Rung, ...]
    because: str


class SetLeg(msgspec.Struct, frozen=True):
    """One outcome of a set, where it is bet, and the worst net price of a claim there in 1e-9."""

    instrument: InstrumentId
    outcome: int
    limit_e9: int


class SetIntent(msgspec.Struct, frozen=True, tag=True):
    """Back, or lay, every outcome of a market with one winner for up to `claims_micros` net claims in base of each.

    Everything else is as with a `PairIntent`; `naked_max_micros` bounds what all legs but one may lose.
    """

    strategy: StrategyName
    market: MarketId
    side: Side
    legs: tuple[SetLeg, ...]
    claims_micros: int
    profit_min_micros: int
    naked_max_micros: int
    carry_max_micros: int
    ladder: tuple[Rung, ...]
    because: str


class AmendIntent(msgspec.Struct, frozen=True, tag=True):
    """Give an order of ours that rests the price of a quote, and let so much of it rest, in one act of its venue.

    Where the venue or the gate will not have it the order is cancelled instead. `may_stay`: unless it is only a message
    that is lacking, for where the order is it still has its edge.
    """

    strategy: StrategyName
    ref: OrderRef
    quote: QuoteIntent
    remaining_micros: int
    because: str
    may_stay: bool = False


class CancelIntent(msgspec.Struct, frozen=True, tag=True):
    """Take an order of ours out of the book."""

    strategy: StrategyName
    ref: OrderRef
    because: str


class Lack(enum.StrEnum):
    """Why an order that is wanted is not even asked for, in the words of `risk.refusals`."""

    VENUE_BUDGET = "venue_budget"
    QUOTES_CROSS = "quotes_cross"
    CAP_EVENT = "cap_event"


class Withheld(msgspec.Struct, frozen=True, tag=True):
    """An order that a strategy would ask for and does not, as it is known already what would be said: it is counted.

    Price and size are native. `edge_micros` is what it should bring, in base, where that does not follow from the fair
    value.
    """

    strategy: StrategyName
    instrument: InstrumentId
    side: Side
    price: int
    size_micros: int
    lack: Lack
    edge_micros: int | None = None


Intent = QuoteIntent | TakeIntent | PairIntent | SetIntent | CancelIntent | AmendIntent | Withheld


class Child(msgspec.Struct, frozen=True):
    """A concrete order that the router proposes: what the gate judges."""

    strategy: StrategyName
    instrument: InstrumentId
    side: Side
    price: int
    size_micros: int
    tif: TimeInForce
    decision: int
