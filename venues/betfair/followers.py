"""What the two streams say, as facts: books and market states from one, our bets from the other, and their health."""

from collections.abc import Callable

from domain.ids import OrderRef, VenueMarketId, VenueName
from domain.messages import BooksDoubted, BooksProven, Channel, ChannelChanged
from domain.orders import Evidence
from venues.base import Emit
from venues.betfair.bets import Bets
from venues.betfair.market_feed import MarketFeed
from venues.betfair.order_codec import bet_reported, bets_of
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


class MarketFollower(Health):
    """Hears the market stream.

    Every message proves that the stream is alive, and with it all books that the message does not touch; that is
    told on each heartbeat, and between changes once in `proof_ns`. A market of ours that an image does not hold is
    asked for: it may have closed while we were away, which no later message tells.
    """

    def __init__(
        self,
        venue: VenueName,
        feed: MarketFeed,
        emit: Emit,
        *,
        proof_ns: int,
        ask: Callable[[VenueMarketId, int], None],
    ) -> None:
        super().__init__(venue, Channel.MARKET_DATA, emit)
        self._feed = feed
        self._ask = ask
        self._proof_ns = proof_ns
        self._proof = BooksProven(venue)
        self._proof_due_ns = 0

    def heard(self, whole: ChangeMessage, now_ns: int) -> None:
        changes, is_image = whole.changes or [], whole.ct == IMAGE
        if is_image:
            for venue_market in self._feed.absent(changes):
                self._ask(VenueMarketId(venue_market), now_ns)
        if changes or is_image:
            for fact in self._feed.facts(changes, whole.pt, image=is_image):
                self._emit(fact)
        if now_ns >= self._proof_due_ns or whole.ct == "HEARTBEAT":
            self._proof_due_ns = now_ns + self._proof_ns
            self._emit(self._proof)

    def doubted(self, reason: str) -> None:
        self._emit(BooksDoubted(self._venue, (), reason))


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
            known.is_closed = fact.closed
            if (smaller := known.taken_over(ref, bet.s, Evidence.PUSH)) is not None:
                self._emit(smaller)
            self._emit(fact)
            self._learned(ref, now_ns)

    def doubted(self, reason: str) -> None:
        """Nothing to take back: figures of bets are cumulative, and the channel going down is told."""
