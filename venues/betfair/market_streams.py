"""The market streams: our markets spread over as many connections as they need, and the check that they tell the truth.

A connection carries up to 200 markets and has clocks of its own; when it breaks, only its own markets are in doubt. The
account may keep ten connections open, one of which carries our orders and comes before all but the first of these.
Source: Betfair developer docs, "Exchange Stream API", subscription limits.
"""

from collections.abc import Callable, Collection, Iterable

from domain.ids import VenueMarketId
from domain.markets import Listing
from venues.base import Emit
from venues.betfair import rules
from venues.betfair.api import Api
from venues.betfair.cross_check import CrossCheck
from venues.betfair.followed import check_lines
from venues.betfair.followers import FeedLines, MarketFollower
from venues.betfair.market_codec import decode_market_line
from venues.betfair.market_feed import MarketFeed
from venues.betfair.settings import Settings
from venues.betfair.stream import Access, Stream
from venues.http import HttpClient

RENEW_NS = 10_000_000_000
"""How soon after one image the check may want another from the same stream."""


def market_feed(settings: Settings, listings: Iterable[Listing]) -> MarketFeed:
    """The feed of the mapped markets; ValueError if the streams that the account may open cannot follow them, or if a
    market of ours is mapped to runners that are no line.
    """
    listings = tuple(listings)
    check_lines(listings)
    feed = MarketFeed(settings.venue, listings, settings.currency, settings.commission)
    followed, most = len(feed.markets.names()), (settings.streams_max - 1) * rules.MARKETS_PER_STREAM
    if not 0 < followed <= most:
        raise ValueError(
            f"1 to {most} markets can be followed over {settings.streams_max - 1} market streams (streams_max less one "
            f"for orders), the mapping lists {followed}: map fewer, or raise streams_max up to {rules.STREAMS_MAX}"
        )
    return feed


class MarketStreams:
    """`with_bets` names the markets with open bets of ours; `ask` has one market looked at by request."""

    def __init__(
        self,
        access: Access,
        feed: MarketFeed,
        emit: Emit,
        *,
        with_bets: Callable[[], Collection[str]],
        ask: Callable[[VenueMarketId, int], None],
    ) -> None:
        settings = access.settings
        names = feed.markets.names()
        self._lines = lines = FeedLines(settings.venue, feed, emit)
        self._by_market: dict[str, Stream] = {}
        self._renewed_ns: dict[Stream, int] = {}
        self.streams: list[Stream] = []
        for first in range(0, len(names), rules.MARKETS_PER_STREAM):
            share = names[first : first + rules.MARKETS_PER_STREAM]
            follower = MarketFollower(lines, share, feed, emit, proof_ns=settings.heartbeat_ms * 500_000, ask=ask)
            stream = market_stream(access, follower, share)
            self.streams.append(stream)
            self._by_market |= dict.fromkeys(share, stream)
        lines.are_several = len(self.streams) > 1
        lines.streamed.keeps = lines.are_several or settings.cross_check_ms > 0
        self._http = HttpClient(access.network, settings.betting, connections=1, chance=access.chance, keep_open=False)
        self._check = CrossCheck(
            Api(settings, self._http, access.session),
            lines.streamed,
            every_ms=settings.cross_check_ms,
            with_bets=with_bets,
            followed=feed.markets.traded,
            lagged=self._lagged,
            agreed=lambda name, _: lines.give_back(name),
        )
        self.keepers = (self._http, self._check)

    def begin(self, now_ns: int) -> None:
        """There is a session."""
        self._check.begin(now_ns)

    def close(self) -> None:
        """Hang up; the streams are closed by whoever runs them."""
        self._http.close()

    def _lagged(self, name: str, why: str, now_ns: int) -> None:
        """A stream is behind in one of its markets: trade on nothing of it, and have an image sent."""
        self._lines.hold(name, f"the stream is behind in {name}: {why}")
        stream = self._by_market[name]
        if now_ns - self._renewed_ns.get(stream, -RENEW_NS) >= RENEW_NS:
            self._renewed_ns[stream] = now_ns
            stream.renew()


def market_stream(access: Access, follower: MarketFollower, markets: list[str]) -> Stream:
    """The stream of these markets' definitions and full books. With no market named it would be all of the venue's."""
    assert markets, "a subscription names its markets"
    settings = access.settings
    subscription = {
        "op": "marketSubscription",
        "segmentationEnabled": True,
        "conflateMs": 0,
        "heartbeatMs": settings.heartbeat_ms,
        "marketFilter": {"marketIds": markets},
        "marketDataFilter": {
            "fields": ["EX_MARKET_DEF", "EX_ALL_OFFERS", *(["EX_TRADED"] if settings.with_trades else [])]
        },
    }
    return Stream(access, subscription=subscription, decode=decode_market_line, follower=follower)
