"""Read-only views: what a strategy sees of one market at one moment."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from domain.book import Book, Sparse
from domain.chances import Chance, Queue
from domain.ids import InstrumentId, StrategyName, VenueName
from domain.markets import Instrument, Market
from domain.messages import FairValueReceived
from domain.orders import BACK, LAY, Order, Side
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
    so that whoever sizes by money stops there where odds are long. `chances` is what each venue has shown of being
    matched, none for one that showed nothing yet. `coming_micros[k]` is what plans that even something out are still to
    bring under outcome k: what they sent and what they will send, as if matched; empty where none is under way.
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
    chances: Mapping[VenueName, Chance] = {}
    coming_micros: tuple[int, ...] = ()

    @property
    def left_micros(self) -> tuple[int, ...]:
        """`pnl_micros` behind what is coming: who evens that out too does it a second time."""
        if not self.coming_micros:
            return self.pnl_micros
        return tuple(map(sum, zip(self.pnl_micros, self.coming_micros, strict=True)))


def listing_of(view: MarketView, instrument: InstrumentId) -> InstrumentView:
    """The listing of an instrument in the market that it belongs to."""
    for one in view.listings:
        if one.instrument.id == instrument:
            return one
    raise AssertionError(f"{instrument} is not listed in {view.market.id}")


def queue_at(view: InstrumentView, side: Side, price: int, ours: Iterable[Order]) -> Queue:
    """What an order would wait behind at a price, and what stands against it; what is `ours` there is not before it.

    Who waits at a better price is before it too. A price that is not the ladder's has no queue.
    """
    book = view.book
    tick = book.ladder.tick_by_price.get(price)
    if tick is None:
        return Queue(0, 0)
    touches = (book.best_lay, book.to_lay), (book.best_back, book.to_back)
    (best, waiting), (other, opposite) = touches if side is BACK else touches[::-1]
    low, high = (tick, best) if book.best_back_is_high is (side is LAY) else (best, tick)
    against = opposite[other] if other >= 0 else 0
    if best < 0 or low > high:
        return Queue(0, against)
    if isinstance(waiting, Sparse):
        ahead = sum(size for at, size in waiting.items() if low <= at <= high)
    else:
        ahead = sum(waiting[low : high + 1])
    within = range(low, high + 1)
    at = book.ladder.tick_by_price
    mine = sum(one.remaining_micros for one in ours if one.side is side and at.get(one.price) in within)
    return Queue(max(0, ahead - mine), against)
