"""The worst that can still happen to one account, worked out from the exchanges' own orders and from nothing else.

Under a set of winners every order has a definite result: its matched part as it is, its open part if that hurts.
Results are added up in each venue market, where commission falls on the sum and fees on the fills, converted to
base, and then added over venues. The worst winning set is the market's loss; an event's loss is the sum over its
markets, none of which counts as a credit. A venue that may void a selection which the others settle as lost may also
give the stakes back: there a gain from losing counts as nothing until the venue has settled. A market is over when
every venue where the account bet on it has settled.
"""

from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations
from math import floor

from domain.claims import claims_and_cost_micros, results
from domain.fees import fee_estimate_micros, net_result_micros
from domain.ids import EventId, MarketId, VenueMarketId, VenueName
from domain.markets import Listing, Market
from domain.money import FX_SCALE
from domain.terms import Terms
from venues.sim.queues import SimOrder

Place = tuple[VenueName, VenueMarketId]


class Share:
    """What one order adds to its selection: gross results if it wins and loses, matched and open, and its fees."""

    __slots__ = ("fees", "lose", "open_lose", "open_win", "win")

    def __init__(self, order: SimOrder | None = None, terms: Terms | None = None) -> None:
        self.win = self.lose = self.open_win = self.open_lose = self.fees = 0
        if order is not None and terms is not None:
            self.win, self.lose = results(order.side, claims=order.claims_micros, cost=order.cost_micros)
            self.fees = order.fee_micros
            if order.remaining_micros:
                claims, cost = claims_and_cost_micros(terms.kind, order.price, order.remaining_micros)
                fee = fee_estimate_micros(terms.fee, claims_micros=claims, cost_micros=cost)
                win, lose = results(order.side, claims=claims, cost=cost)
                self.open_win, self.open_lose = min(0, win - fee), min(0, lose - fee)

    def move(self, before: "Share", after: "Share") -> None:
        """Replace one order's share in a sum."""
        for name in Share.__slots__:
            setattr(self, name, getattr(self, name) + getattr(after, name) - getattr(before, name))


class Column:
    """All of the account's orders in one venue market, added up by outcome."""

    __slots__ = ("outcomes", "rate_e8", "settled", "terms", "void_alone")

    def __init__(self, terms: Terms, *, rate_e8: int, void_alone: bool) -> None:
        self.terms = terms
        self.rate_e8 = rate_e8
        self.void_alone = void_alone
        self.settled = False
        self.outcomes: dict[int, Share] = {}

    @property
    def idle(self) -> bool:
        """Nothing matched that stands, and nothing open."""
        return not any(getattr(share, name) for share in self.outcomes.values() for name in Share.__slots__)

    def result(self, winners: tuple[int, ...]) -> Fraction:
        """Net result in base millionths if exactly these outcomes win and every open order that hurts is matched."""
        gross = fees = 0
        for outcome, share in self.outcomes.items():
            fees += share.fees
            if outcome in winners:
                gross += share.win + share.open_win
            else:
                lose = share.lose + share.open_lose
                gross += min(0, lose) if self.void_alone and not self.settled else lose
        net = net_result_micros(self.terms.fee, gross)
        return Fraction((net - fees) * self.rate_e8, FX_SCALE)


def market_loss_micros(market: Market, columns: Iterable[Column]) -> int:
    """The most that the market can still cost, base millionths; zero if nothing, or if it is over."""
    live = [column for column in columns if not column.idle]
    if all(column.settled for column in live):
        return 0
    sets = combinations(range(len(market.outcomes)), market.winners)
    worst = min(sum((column.result(winners) for column in live), Fraction(0)) for winners in sets)
    return max(0, -floor(worst))


class Losses:
    """The account's worst loss by market and event, kept up to date order by order."""

    def __init__(self, markets: Iterable[Market]) -> None:
        self._markets = {market.id: market for market in markets}
        self._columns: dict[MarketId, dict[Place, Column]] = {market: {} for market in self._markets}
        self._losses = dict.fromkeys(self._markets, 0)
        self._shares: dict[tuple[VenueName, int], Share] = {}

    def update(self, listing: Listing, order: SimOrder, terms: Terms, *, rate_e8: int) -> None:
        """Take over what became of one order."""
        columns = self._columns[listing.market]
        place = (listing.venue, listing.venue_market)
        column = columns.get(place)
        if column is None:
            void_alone = listing.venue in self._markets[listing.market].void_alone
            column = columns[place] = Column(terms, rate_e8=rate_e8, void_alone=void_alone)
        key = (listing.venue, order.number)
        share = Share(order, terms)
        column.outcomes.setdefault(listing.outcome, Share()).move(self._shares.get(key, Share()), share)
        self._shares[key] = share
        self._add_up(listing.market)

    def settle(self, listing: Listing, *, settled: bool) -> None:
        """A venue paid one of its markets out, or took that back."""
        column = self._columns[listing.market].get((listing.venue, listing.venue_market))
        if column is not None:
            column.settled = settled
            self._add_up(listing.market)

    def event_micros(self, event: EventId) -> int:
        """The most that the event can still cost, base millionths."""
        return sum(loss for market, loss in self._losses.items() if self._markets[market].event == event)

    def event_of(self, market: MarketId) -> EventId:
        return self._markets[market].event

    def _add_up(self, market: MarketId) -> None:
        self._losses[market] = market_loss_micros(self._markets[market], self._columns[market].values())
