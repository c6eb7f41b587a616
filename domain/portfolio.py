"""Read-only views: what a strategy sees of one market at one moment."""

from collections.abc import Sequence

import msgspec

from domain.book import Book
from domain.ids import InstrumentId, StrategyName
from domain.markets import Instrument, Market
from domain.messages import FairValueReceived
from domain.orders import Order, Side
from domain.terms import Amends


class InstrumentView(msgspec.Struct):
    """One venue's book of one outcome.

    `tradable` is false while the book is stale, doubted, crossed or suspended, the venue's session unproven or a
    breaker open; `why_not` names the reason. `reducible` is true while what stands against it holds back added risk
    alone: an order that reduces may go there all the same. `tokens` is how many more orders the venue's message budget
    takes now. `rate_e8` converts one unit of its currency to base, in 1e-8. `amends` is how its venue changes resting
    orders. `delay_e9` is what its bet delay may cost a claim now, in 1e-9, as the desk reckons.
    """

    instrument: Instrument
    book: Book
    tradable: bool
    why_not: str
    in_play: bool
    bet_delay_ms: int
    tokens: int
    rate_e8: int
    amends: Amends | None = None
    reducible: bool = False
    delay_e9: int = 0


class Match(msgspec.Struct, frozen=True):
    """An order of ours was matched, in whole or in part, at a monotonic time."""

    at_ns: int
    strategy: StrategyName
    outcome: int
    side: Side


class MarketView(msgspec.Struct):
    """Everything a strategy may know about one market.

    `pnl_micros[k]` is the matched P&L of the whole desk if outcome k alone wins, in base-currency millionths. Where
    several win, `pnl_none_micros` is what it would be if none did: each winner adds its difference to that.
    `working` are this strategy's own orders that may still be matched. `fair_ns` is when the fair value was
    received; `state` is the event epoch now. Listings of one outcome stand together. `matches` are the desk's latest
    in this market, the oldest first. `claims_max_micros`: an order for more claims is refused (None: of any size),
    so that whoever sizes by money stops there where odds are long.
    """

    market: Market
    strategy: StrategyName
    fair: FairValueReceived | None
    fair_ns: int
    state: str
    listings: tuple[InstrumentView, ...]
    pnl_micros: tuple[int, ...]
    working: tuple[Order, ...]
    budget_micros: int
    now_ns: int
    pnl_none_micros: int = 0
    matches: Sequence[Match] = ()
    claims_max_micros: int | None = None


def listing_of(view: MarketView, instrument: InstrumentId) -> InstrumentView:
    """The listing of an instrument in the market that it belongs to."""
    for one in view.listings:
        if one.instrument.id == instrument:
            return one
    raise AssertionError(f"{instrument} is not listed in {view.market.id}")
