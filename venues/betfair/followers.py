"""What the two streams say, as facts: books and market states from one, our bets from the other, and their health."""

from collections.abc import Callable, Collection

from domain.ids import OrderRef, VenueMarketId, VenueName
from domain.messages import BooksDoubted, BooksProven, Channel, ChannelChanged
from domain.orders import Evidence
from venues.base import Emit
from venues.betfair.bets import Bets
from venues.betfair.market_feed import MarketFeed
from venues.betfair.order_codec import bet_reported, bets_of
from venues.betfair.streamed import Streamed
from venues.betfair.thread import IMAGE, ChangeMessage


class Health:
    """Whether one line to the venue is up, told when it changes and at the first sign."""

    def __init__(self, venue: VenueName, channel: Channel, emit: Emit) -> None:
        self._venue = venue
        self._channel = channel
        self._emit = emit
        self._is_up: bool | None = None

    def went_up(self) -> None:
        self._tell(up=True, reason="")

    def went_down(self, reason: str) -> None:
        self._tell(up=False, reason=reason)

    def shaken(self, reason: str) -> None:
        """What was known over this line may not hold any more: down, and up again if it was."""
        was_up = self._is_up
        self.went_down(reason)
        if was_up:
            self.went_up()

    def _tell(self, *, up: bool, reason: str) -> None:
        if up is not self._is_up:
            self._is_up = up
            self._emit(ChannelChanged(self._venue, self._channel, up, reason))


class MarketFollower:
    """Hears one market stream, which carries the `share` of our markets.

    Every message proves that the stream is alive, and with it all books that the message does not touch; that is
    told on each heartbeat, and between changes once in `proof_ns`. A market of ours that an image does not hold is
    asked for: it may have closed while we were away, which no later message tells.

    Where several streams carry them, the feed is up while one of them is. The books of one that went down are in doubt
    until it is back; if it goes on with a patch they were right after all, and are told anew.
    """

    def __init__(
        self,
        lines: "FeedLines",
        share: Collection[str],
        feed: MarketFeed,
        emit: Emit,
        *,
        proof_ns: int,
        ask: Callable[[VenueMarketId, int], None],
    ) -> None:
        self._lines = lines
        self._share = share
        self._feed = feed
        self._emit = emit
        self._ask = ask
        self._proof_ns = proof_ns
        self._proof = BooksProven(lines.venue)
        self._proof_due_ns = 0
        self._is_shaken = False

    def heard(self, whole: ChangeMessage, now_ns: int) -> None:
        changes, is_image = whole.changes or [], whole.ct == IMAGE
        absent: list[str] = []
        if is_image:
            self._is_shaken = False
            absent = self._feed.markets.absent((change.id for change in changes), self._share)
            for venue_market in absent:
                self._ask(VenueMarketId(venue_market), now_ns)
        if changes or is_image:
            for fact in self._feed.facts(changes, whole.pt, image=is_image, share=self._share):
                self._emit(fact)
            self._lines.streamed.heard(changes, whole.pt, now_ns, image=is_image, absent=absent)
        if now_ns >= self._proof_due_ns or whole.ct == "HEARTBEAT":
            self._proof_due_ns = now_ns + self._proof_ns
            self._emit(self._proof)

    def went_up(self) -> None:
        """The stream is whole again: what a patch left right is told anew if it was doubted."""
        if self._is_shaken:
            self._is_shaken = False
            self._lines.restore(self._share)
        self._lines.went_up(self)

    def went_down(self, reason: str) -> None:
        if self._lines.are_several and not self._is_shaken:
            self._is_shaken = True
            self.doubted(reason)
        self._lines.went_down(self, reason)

    def doubted(self, reason: str) -> None:
        self._lines.doubt(self._share, reason)


class FeedLines:
    """What the market streams have in common: whether the feed is up, and which of its books are in doubt.

    `streamed` keeps what they told. The books of a held market are not told until they are given back.
    """

    def __init__(self, venue: VenueName, feed: MarketFeed, emit: Emit) -> None:
        self.venue = venue
        self.streamed = Streamed()
        self.are_several = False
        self._feed = feed
        self._emit = emit
        self._health = Health(venue, Channel.MARKET_DATA, emit)
        self._up: set[MarketFollower] = set()

    def went_up(self, one: MarketFollower) -> None:
        """One stream is up, and with it the feed."""
        self._up.add(one)
        self._health.went_up()

    def went_down(self, one: MarketFollower, reason: str) -> None:
        """One stream is down; the feed is once none is left."""
        self._up.discard(one)
        if not self._up:
            self._health.went_down(reason)

    def doubt(self, share: Collection[str], reason: str) -> None:
        """The books of these markets may be wrong; with one stream that is all of the venue's."""
        instruments = self._feed.markets.instruments(share)
        if instruments or not self.are_several:
            self._emit(BooksDoubted(self.venue, instruments if self.are_several else (), reason))

    def hold(self, name: str, reason: str) -> None:
        """A market's books are wrong: doubt them, and tell none of them until they are given back."""
        if self._feed.markets.hold(name, held=True):
            self._emit(BooksDoubted(self.venue, self._feed.markets.instruments([name]), reason))

    def give_back(self, name: str) -> None:
        """A market's books are right: tell them anew if they were held."""
        if self._feed.markets.hold(name, held=False):
            self.restore([name])

    def restore(self, names: Collection[str]) -> None:
        """Tell books anew as the streams have them."""
        for fact in self._feed.facts(self.streamed.images(names), self.streamed.published_ms):
            self._emit(fact)


class OrderFollower(Health):
    """Hears the order stream. A new image holds open bets only: what ended meanwhile is found by asking.

    Source: Betfair developer docs, "Exchange Stream API", order subscription.
    """

    def __init__(
        self,
        venue: VenueName,
        bets: Bets,
        emit: Emit,
        *,
        strategy_ref: str,
        learned: Callable[[OrderRef, int], None],
    ) -> None:
        super().__init__(venue, Channel.ORDERS, emit)
        self._bets = bets
        self._strategy_ref = strategy_ref
        self._learned = learned

    def heard(self, whole: ChangeMessage, now_ns: int) -> None:
        for venue_market, _, bet in bets_of(whole.changes or []):
            if not bet.rfo or bet.rfs != self._strategy_ref:
                continue
            ref = self._bets.bind(OrderRef(bet.rfo), market_id=venue_market, bet_id=bet.id)
            if ref is None:
                continue
            known = self._bets.bet(ref)
            fact = bet_reported(bet, ref, whole.pt)
            known.is_closed, known.at_start = fact.closed, bet.ot != "L"
            if (smaller := known.taken_over(ref, bet.s, Evidence.PUSH)) is not None:
                self._emit(smaller)
            self._emit(fact)
            self._learned(ref, now_ns)

    def doubted(self, reason: str) -> None:
        """Nothing to take back: figures of bets are cumulative, and the channel going down is told."""
