"""What we traded lately in each contract, so that nothing of ours is sent to trade straight back against it.

The rule: no opposite orders at one exchange within some seconds from the same beneficial owner without a reason
(MECHANICS §11, Commodity Exchange Act 4c(a)). All strategies and all accounts here are one owner's. It is read so:

- *Opposite* is what would undo what we traded, not what we merely ordered: who quotes both sides of a book is there for
  everybody, and no two of his quotes are matched with each other (`risk.checks.self_match`, `strategy.uncrossed`). What
  moves nothing but names, through a stranger who is ahead of us for a moment, is a trade and the way back.
- It holds for orders that would be matched at once. One that rests is matched when somebody else decides, and passes.
- *A reason* is one that is proven and not one that is written down: an order that lowers the event's worst loss closes
  what we hold, and one of an arbitrage under way evens out its first leg. Both pass; any other waits for a few seconds.
- One contract is one outcome of our market at one exchange, whatever the account; where one of two outcomes wins, a bet
  on the second is the opposite bet on the first, in a venue market of its own too.
"""

from domain.ids import MarketId, OrderRef, VenueName, exchange_of
from domain.markets import Listing, Market
from domain.orders import OTHER_SIDE, Side

Contract = tuple[str, MarketId, int, Side]
"""An exchange, and a side of an outcome there."""


class Traded:
    """The latest match of each side of each contract; part of what replay rebuilds."""

    def __init__(self) -> None:
        self._latest: dict[Contract, tuple[int, OrderRef]] = {}

    def note(self, ref: OrderRef, side: Side, listing: Listing, market: Market, now_ns: int) -> None:
        """An order was matched."""
        self._latest[contract(side, listing, market)] = now_ns, ref

    def against(self, side: Side, listing: Listing, market: Market, *, since_ns: int) -> OrderRef | None:
        """The order that was matched on the other side later than that, None if none was."""
        found = self._latest.get(reverse(contract(side, listing, market)))
        return None if found is None or found[0] <= since_ns else found[1]

    def moved(self, by_ns: int, now_ns: int) -> None:
        """From now on another clock is read, ahead of the one so far by so much."""
        self._latest = {one: (min(at_ns + by_ns, now_ns), ref) for one, (at_ns, ref) in self._latest.items()}

    def forget(self, venue: VenueName, market: Market) -> None:
        """The market is settled there."""
        for outcome in range(len(market.outcomes)):
            for side in Side:
                self._latest.pop((exchange_of(venue), market.id, outcome, side), None)


def reverse(one: Contract) -> Contract:
    """The other side of a contract."""
    exchange, market, outcome, side = one
    return exchange, market, outcome, OTHER_SIDE[side]


def contract(side: Side, listing: Listing, market: Market) -> Contract:
    """What is bet on at an exchange, as a bet on the first of two outcomes where one of two wins."""
    if listing.outcome == 1 and len(market.outcomes) == 2 and market.winners == 1:
        return exchange_of(listing.venue), market.id, 0, OTHER_SIDE[side]
    return exchange_of(listing.venue), market.id, listing.outcome, side
