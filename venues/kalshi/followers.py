"""What the two streams say, as facts: books and market states from one, our orders from the other, and their health."""

from collections.abc import Callable

from domain.ids import OrderRef, VenueName
from domain.messages import BooksDoubted, BooksProven, Channel, ChannelChanged
from domain.orders import Evidence
from domain.venue_notes import PositionBasis, PositionsReported
from venues.base import Emit
from venues.kalshi import frames
from venues.kalshi.amounts import micros
from venues.kalshi.books import Books
from venues.kalshi.groups import Groups
from venues.kalshi.market_codec import Delta, Lifecycle, LifecycleDetail, MarketData, Snapshot
from venues.kalshi.markets import yes_book
from venues.kalshi.order_codec import (
    GroupUpdate,
    OrderData,
    PositionDetail,
    UserOrder,
    UserPosition,
    order_filled,
)
from venues.kalshi.talks import Account


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

    def _tell(self, *, up: bool, reason: str) -> None:
        if up is not self._is_up:
            self._is_up = up
            self._emit(ChannelChanged(self._venue, self._channel, up, reason))


class MarketFollower(Health):
    """Hears books and lifecycle.

    Whatever comes proves that the stream is alive, and with it all books that are whole; that is told once in
    `proof_ns`. `heard_of` takes an event in a market's life, `charged` the name of an event whose fees changed,
    `uncertain` that some news of either kind may have been missed.
    """

    def __init__(
        self,
        venue: VenueName,
        books: Books,
        emit: Emit,
        *,
        proof_ns: int,
        heard_of: Callable[[LifecycleDetail, int], None],
        charged: Callable[[str, int], None],
        uncertain: Callable[[int], None],
    ) -> None:
        super().__init__(venue, Channel.MARKET_DATA, emit)
        self._books = books
        self._proof_ns = proof_ns
        self._heard_of = heard_of
        self._charged = charged
        self._uncertain = uncertain
        self._proof = BooksProven(venue)
        self._proof_due_ns = 0
        self._was_down = False

    def tickers(self, channel: str) -> list[str]:
        return self._books.tickers() if channel in (frames.BOOKS, frames.TRADES) else []

    def missing(self, channel: str) -> list[str]:
        return self._books.missing() if channel == frames.BOOKS else []

    def has_some(self, channel: str) -> bool:
        return len(self.missing(channel)) < len(self.tickers(channel))

    def heard(self, message: MarketData, now_ns: int) -> None:
        if isinstance(message, Snapshot | Delta):
            changed = self._books.take(message)
            if changed is not None:
                self._emit(changed)
        elif isinstance(message, Lifecycle):
            self._heard_of(message.msg, now_ns)
        else:
            self._charged(message.msg.event_ticker, now_ns)

    def alive(self, now_ns: int) -> None:
        if self._was_down and self._is_up:  # what was told of markets meanwhile is not told again
            self._was_down = False
            self._uncertain(now_ns)
        if now_ns >= self._proof_due_ns:
            self._proof_due_ns = now_ns + self._proof_ns
            self._emit(self._proof)

    def broken(self, channel: str, reason: str, now_ns: int) -> None:
        if channel == frames.BOOKS:
            self._books.doubt()
            self._emit(BooksDoubted(self._venue, (), reason))
        else:
            self._uncertain(now_ns)

    def unknown_market(self, ticker: str) -> None:
        self._books.drop(ticker)

    def went_down(self, reason: str) -> None:
        self._books.doubt()
        self._was_down = True
        super().went_down(reason)


class OrderFollower(Health):
    """Hears our orders, matches and positions. These messages carry no numbers: what is lost is found by asking.

    Each break of a channel is told as the line going down, since whoever hears that it is up again asks.
    """

    def __init__(
        self, account: Account, groups: Groups, emit: Emit, *, learned: Callable[[OrderRef, int], None]
    ) -> None:
        super().__init__(account.settings.venue, Channel.ORDERS, emit)
        self._account = account
        self._orders = account.orders
        self._groups = groups
        self._was_down = False
        self._learned = learned

    def tickers(self, channel: str) -> list[str]:
        return []

    def missing(self, channel: str) -> list[str]:
        return []

    def has_some(self, channel: str) -> bool:
        return True

    def heard(self, message: OrderData, now_ns: int) -> None:
        if isinstance(message, GroupUpdate):
            self._groups.heard(message.msg, now_ns)
            return
        if isinstance(message, UserPosition):
            self._heard_position(message.msg, now_ns)
            return
        said = message.msg
        ref = self._orders.bind(said.client_order_id, said.order_id)
        if ref is None:
            return
        if isinstance(message, UserOrder):
            report = self._orders.reported(message.msg, ref, Evidence.PUSH)
            self._orders.note(report)
            self._emit(report)
        else:
            for named in self._orders.named(ref, Evidence.PUSH):
                self._emit(named)
            self._emit(order_filled(message.msg, ref, Evidence.PUSH))
        self._learned(ref, now_ns)

    def _heard_position(self, said: PositionDetail, now_ns: int) -> None:
        """News of one position; all of them are read with each round, since what is lost here nobody tells."""
        if said.subaccount == self._account.settings.subaccount:
            held = {yes_book(self._venue, said.market_ticker): micros(said.position_fp)}
            self._emit(PositionsReported(self._venue, now_ns, PositionBasis.CLAIMS, held, whole=False))

    def alive(self, now_ns: int) -> None:
        """The lines that come and go are told; what was told of groups meanwhile is not told again."""
        if self._was_down and self._is_up:
            self._was_down = False
            self._groups.look(now_ns)

    def went_down(self, reason: str) -> None:
        self._was_down = True
        super().went_down(reason)

    def broken(self, channel: str, reason: str, now_ns: int) -> None:
        self.went_down(reason)

    def unknown_market(self, ticker: str) -> None:
        """Our orders are followed in all markets at once."""
