"""Our markets as they are followed: descriptions and news go in, facts come out, and what is missing is asked for."""

from collections.abc import Callable, Iterable, Sequence

from domain.calendar import MaintenancePlanned
from domain.markets import Listing, MarketStatus
from domain.messages import Fact, InstrumentsListed, MarketChanged
from venues.base import Emit
from venues.kalshi import frames
from venues.kalshi.books import Books
from venues.kalshi.connection import Access
from venues.kalshi.followers import MarketFollower
from venues.kalshi.listing import Charged
from venues.kalshi.market_codec import LifecycleDetail, MarketData, market_frames
from venues.kalshi.markets import Markets
from venues.kalshi.rest_codec import ExchangeStatus
from venues.kalshi.stream import Stream

MS = 1_000_000


class MarketFeed:
    """Markets, their books, and the stream of both. `list_again` has the descriptions read again.

    `books_by`: who is asked for books where the stream does not carry them.
    """

    def __init__(
        self,
        access: Access,
        listings: Iterable[Listing],
        emit: Emit,
        *,
        list_again: Callable[[int], None],
        books_by: Callable[[Sequence[str], int], None] | None = None,
    ) -> None:
        settings = access.settings
        self._venue = settings.venue
        self._emit = emit
        self._wall_ms = access.wall_ms
        self._list_again = list_again
        self.books = self._books = Books(settings.venue)
        self._books_by = books_by
        self._trades = (frames.TRADES,) if settings.with_trades else ()
        self._wanted: list[tuple[str, str]] = []
        self._turn_ns: int | None = None
        self.markets = Markets(settings.venue, settings.currency, listings, self._tell)
        follower = MarketFollower(
            settings.venue,
            self._books if books_by is None else Books(settings.venue),
            emit,
            proof_ns=settings.heartbeat_ms * MS // 2,
            heard_of=self._hear,
            charged=self._charged,
            uncertain=list_again,
        )
        self._stream: Stream[MarketData] = Stream(
            access,
            market_frames,
            follower,
            channels=(frames.LIFECYCLE, *((frames.BOOKS, *self._trades) if books_by is None else ())),
            is_wanted=lambda: bool(self._books.tickers()),
        )

    def describe(self, described: list[Charged], now_ns: int) -> None:
        """Take over what the venue lists of our markets."""
        for market, fee in described:
            self.markets.learn(market, fee, self._wall_ms())
        self._ask(now_ns)

    def pause(self, status: ExchangeStatus, now_ns: int) -> None:
        """Take over whether the exchange trades."""
        self.markets.pause(status, self._wall_ms())

    def plan(self, windows: tuple[tuple[int, int], ...]) -> None:
        """Take over when the exchange will be maintained."""
        self._emit(MaintenancePlanned(self._venue, windows))

    def halt(self, ticker: str, now_ns: int) -> None:
        """A market refused an order because trading is paused."""
        self.markets.halt(ticker, self._wall_ms())
        self._list_again(now_ns)
        self._set_turn(now_ns)

    def next_deadline(self) -> int | None:
        """When the stream has something to do, or a market changes by the clock."""
        times = (self._stream.next_deadline(), self._turn_ns)
        return min((due for due in times if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        """Do what is due."""
        self._stream.on_time(now_ns)
        if self._turn_ns is not None and self._turn_ns <= now_ns:
            self.markets.turn(self._wall_ms())
            self._set_turn(now_ns)

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    # --- leaves ---

    def _tell(self, fact: Fact) -> None:
        """Follow what is listed, and no longer what is over."""
        if isinstance(fact, InstrumentsListed):
            for one in fact.instruments:
                ticker = one.listing.venue_market
                if action := self._books.follow(ticker, one.id, one.terms.bands):
                    self._wanted.append((action, ticker))
        if isinstance(fact, MarketChanged) and fact.status is MarketStatus.CLOSED:
            self._books.drop(fact.venue_market)
        self._emit(fact)

    def _hear(self, said: LifecycleDetail, now_ns: int) -> None:
        self.markets.hear(said, self._wall_ms())
        if said.event_type == "created" and said.market_ticker in self.markets.tickers():
            self._list_again(now_ns)
        self._ask(now_ns)

    def _charged(self, event: str, now_ns: int) -> None:
        if self.markets.has_event(event):
            self._list_again(now_ns)

    def _ask(self, now_ns: int) -> None:
        """Have the stream send what markets and grids that are new need."""
        wanted, self._wanted = self._wanted, []
        if self._books_by is not None:
            self._books_by([ticker for _, ticker in wanted], now_ns)
        for channel in self._trades:
            self._stream.ask(channel, "add_markets", [ticker for one, ticker in wanted if one == "add_markets"], now_ns)
        for action in ("add_markets", "get_snapshot"):
            self._stream.ask(frames.BOOKS, action, [ticker for one, ticker in wanted if one == action], now_ns)
        self._set_turn(now_ns)

    def _set_turn(self, now_ns: int) -> None:
        wall_ms = self._wall_ms()
        turn_ms = self.markets.turns_ms(wall_ms)
        self._turn_ns = None if turn_ms is None else now_ns + (turn_ms - wall_ms) * MS
