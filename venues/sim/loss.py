"""The worst that can still happen to one account, worked out from the exchanges' own orders and from nothing else.

Under a set of winners every order has a definite result: its matched part as it is, its open part if that hurts.
Results are added up in each venue market, where commission falls on the sum and fees on the fills, converted to
base, and then added over venues. The worst winning set is the market's loss; an event's loss is the sum over its
markets, none of which counts as a credit. Where there are too many sets to look at each, the few are looked at that
are the worst when each venue's market is taken as taxed or as untaxed throughout: the worst of all is among them, but
for the last coin of a commission. A venue that may void a selection which the others settle may also give the stakes
back, whether it won or lost: there a gain counts as nothing until the venue has settled. A market is over when every
venue where the account bet on it has settled.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations, product
from math import comb

from domain.claims import claims_and_cost_micros, results
from domain.fees import NetWinFee, fee_estimate_micros, net_result_micros
from domain.ids import EventId, MarketId, VenueMarketId, VenueName
from domain.markets import Listing, Market
from domain.money import FX_SCALE, MICROS
from domain.terms import Terms
from venues.sim.queues import SimOrder

SETS_MAX = 60
"""So many sets of winners are looked at one by one: three of eight."""

Place = tuple[VenueName, VenueMarketId]


class Share:
    """What one order adds to its selection: gross results if it wins and loses, matched and open, and fees of both."""

    __slots__ = ("fees", "lose", "open_fees", "open_lose", "open_win", "win")

    def __init__(self, order: SimOrder | None = None, terms: Terms | None = None) -> None:
        self.win = self.lose = self.open_win = self.open_lose = self.open_fees = self.fees = 0
        if order is not None and terms is not None:
            self.win, self.lose = results(order.side, claims=order.claims_micros, cost=order.cost_micros)
            self.fees = order.fee_micros
            if order.remaining_micros:
                claims, cost = claims_and_cost_micros(terms.kind, order.price, order.remaining_micros)
                self.open_fees = fee = fee_estimate_micros(terms.fee, claims_micros=claims, cost_micros=cost)
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

    def result_e8(self, winners: tuple[int, ...]) -> int:
        """Net result if exactly these outcomes win and every open order that hurts is matched.

        In 1e-8 of a base millionth, so that results in several currencies add up before anything is rounded.
        """
        gross = fees = 0
        for outcome, share in self.outcomes.items():
            fees += share.fees
            gross += self._won(share) if outcome in winners else self._lost(share)
        net = net_result_micros(self.terms.fee, gross)
        return (net - fees) * self.rate_e8

    def rise(self, share: Share) -> int:
        """What an outcome adds to the gross result by winning."""
        return self._won(share) - self._lost(share)

    @property
    def kept(self) -> Fraction:
        """What is left of a gain, coins aside."""
        fee = self.terms.fee
        if not isinstance(fee, NetWinFee):
            return Fraction(1)
        return 1 - Fraction(fee.rate_ppm, MICROS) * (1 - Fraction(fee.discount_ppm, MICROS))

    def _won(self, share: Share) -> int:
        return self._or_void(share, share.win + share.open_win)

    def _lost(self, share: Share) -> int:
        return self._or_void(share, share.lose + share.open_lose)

    def _or_void(self, share: Share, result: int) -> int:
        """The worse of a result and the stakes back."""
        return min(-share.open_fees, result) if self.void_alone and not self.settled else result


def market_loss_micros(market: Market, columns: Iterable[Column], *, sets_max: int = SETS_MAX) -> int:
    """The most that the market can still cost, base millionths; zero if nothing, or if it is over."""
    live = [column for column in columns if not column.idle]
    if all(column.settled for column in live):
        return 0
    outcomes = range(len(market.outcomes))
    few = comb(len(outcomes), market.winners) <= sets_max
    sets = combinations(outcomes, market.winners) if few else _corners(market, live)
    worst_e8 = min(sum(column.result_e8(winners) for column in live) for winners in sets)
    return max(0, -(worst_e8 // FX_SCALE))


def _corners(market: Market, columns: Sequence[Column]) -> Iterator[tuple[int, ...]]:
    """For each choice of taxed columns the set whose winners add least to the sum."""
    for kept in product(*({Fraction(1), column.kept} for column in columns)):
        rises = [Fraction(0)] * len(market.outcomes)
        for column, part in zip(columns, kept, strict=True):
            for outcome, share in column.outcomes.items():
                rises[outcome] += column.rise(share) * part * column.rate_e8
        yield tuple(sorted(range(len(rises)), key=rises.__getitem__)[: market.winners])


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
