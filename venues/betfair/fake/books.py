"""All that the venue knows of its markets and of our customer's bets, kept up to date batch by batch."""

from collections.abc import Callable

from domain.ids import VenueMarketId
from venues.betfair.fake.bets import Bet, BetBook
from venues.betfair.fake.forms import MS
from venues.betfair.fake.markets import MarketState
from venues.betfair.fake.options import FakeOptions, MarketDetails
from venues.betfair.fake.starts import Starts
from venues.sim.exchange import Exchange
from venues.sim.notices import LevelChanged, MarketSettled, MarketTurned, MarketUnsettled, Notice, Traded

Heard = Callable[[list[VenueMarketId], list[VenueMarketId], int], None]
"""Told after each batch: the markets whose feed changed, the markets in which a bet of ours did, and the time."""


class Books:
    """Markets, bets, and the number of the last batch, by which everything is stamped."""

    def __init__(self, exchange: Exchange, options: FakeOptions) -> None:
        self.exchange = exchange
        self.options = options
        self.stamp = 1
        self.markets: dict[VenueMarketId, MarketState] = {}
        self.bets = BetBook(exchange.floor, options.account)
        self.starts = Starts(exchange, self.bets)
        self.tell: list[Heard] = []
        for details in options.markets:
            self.list_market(details)
        exchange.listen(self._listen)

    def wall_ms(self, now_ns: int) -> int:
        """Unix milliseconds of a monotonic time."""
        return (self.options.epoch_ns + now_ns) // MS

    def list_market(self, details: MarketDetails) -> None:
        """Show a market that the exchange trades, from now on."""
        self.stamp += 1
        self.markets[details.id] = MarketState(self.exchange, details, stamp=self.stamp)

    def touch(self, bet: Bet, now_ns: int) -> None:
        """A bet of ours changed in a way that the exchange has no notice for."""
        self.stamp += 1
        self.bets.stamp(bet, self.stamp)
        for heard in self.tell:
            heard([], [bet.order.market], now_ns)

    def _listen(self, notices: list[Notice], now_ns: int) -> None:
        self.stamp += 1
        now_ms = self.wall_ms(now_ns)
        feed: dict[VenueMarketId, None] = {}
        own: dict[VenueMarketId, None] = {}
        turned: dict[VenueMarketId, None] = {}
        for notice in notices:
            changed = self.bets.heard(notice, stamp=self.stamp, now_ms=now_ms)
            if changed is not None:
                own[changed] = None
            elif isinstance(notice, LevelChanged | Traded):
                if notice.market in self.markets:
                    feed[notice.market] = None
                    self._tick(notice, now_ms)
            elif isinstance(notice, MarketTurned | MarketSettled | MarketUnsettled):
                turned[notice.market] = None
        own |= dict.fromkeys(self.bets.released(self.stamp))
        for market in turned:
            if market in self.markets:
                self.starts.turned(self.markets[market], now_ns)
                self.markets[market].turned(self.stamp, now_ms)
                feed[market] = None
                if market in self.bets.markets:
                    own[market] = None
        for market in feed:
            for runner in self.markets[market].runners.values():
                runner.rank(self.stamp)
        for heard in self.tell:
            heard(list(feed), list(own), now_ns)
        if turned:
            self.exchange.publish(now_ns)  # what was matched at a starting price

    def _tick(self, notice: LevelChanged | Traded, now_ms: int) -> None:
        state = self.markets[notice.market]
        runner = state.runners[notice.selection]
        if isinstance(notice, LevelChanged):
            runner.level(notice, self.stamp)
        else:
            runner.trade(notice, self.stamp)
            state.traded_ms = now_ms
