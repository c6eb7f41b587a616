"""The pushed feed's port: connections, heartbeats, and how messages leave, late or harmed.

While a channel is frozen nothing leaves on it but heartbeats; answers to pings stand behind prices and are still too,
unless the options have it otherwise.
"""

from collections import deque
from collections.abc import Iterator

from websockets.http11 import Request

from domain.ids import VenueMarketId
from venues.matchbook.fake.books import Books
from venues.matchbook.fake.channels import ACCOUNT, PRICES, Channels
from venues.matchbook.fake.forms import MS, SECOND
from venues.matchbook.fake.replies import Body
from venues.matchbook.fake.sessions import Sessions
from venues.sim.faults import Danger, Dice, Faults
from venues.sim.notices import LevelChanged, MarketTurned, Notice, Traded
from venues.sim.ws_server import No, WebSocketEnd

PATH = "/ws"
BEAT_NS = 5 * SECOND


class Hall:
    """Every connection, and what they share."""

    def __init__(self, books: Books, sessions: Sessions, faults: Faults) -> None:
        self.books = books
        self.sessions = sessions
        self.faults = faults
        self.lags = Dice(books.options.seed, "pushed offers")
        self._connections: list[FeedConnection] = []
        books.exchange.listen(self._heard)
        books.offers.changed.append(self._offer_changed)

    def accept(self) -> WebSocketEnd:
        connection = FeedConnection(self)
        self._connections.append(connection)
        return connection.end

    def left(self, connection: "FeedConnection") -> None:
        if connection in self._connections:
            self._connections.remove(connection)

    def next_deadline(self) -> int | None:
        deadlines = [one.next_deadline() for one in self._connections]
        return min((due for due in deadlines if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        for connection in tuple(self._connections):
            connection.on_time(now_ns)

    def _heard(self, notices: list[Notice], now_ns: int) -> None:
        told = (LevelChanged, Traded, MarketTurned)
        markets = dict.fromkeys(notice.market for notice in notices if isinstance(notice, told))
        for connection in tuple(self._connections):
            connection.heard(markets, now_ns)

    def _offer_changed(self, number: int) -> None:
        for connection in tuple(self._connections):
            connection.owner_hears(number)


class Changes:
    """Offers that changed, on their way to their owner: each late by a lag, in order but for trouble."""

    def __init__(self, hall: Hall, entity: str) -> None:
        self._hall = hall
        self._entity = entity
        self._undated: dict[int, None] = {}
        self._queue: deque[tuple[int, int]] = deque()
        self._still_until_ns = 0

    def put(self, number: int) -> None:
        """An offer changed; when it is told of is settled once it is known what time it is."""
        self._undated[number] = None

    def date(self, now_ns: int) -> None:
        """Give each its lag; trouble may let two that are about different offers change places, or stop them all."""
        faults, (lowest, highest) = self._hall.faults, self._hall.books.options.private_lag_ms
        undated, self._undated = self._undated, {}
        for number in undated:
            if faults.strikes(Danger.FEED_FROZEN, self._entity, "orders"):
                self._still_until_ns = now_ns + faults.frozen_ns(self._entity)
            last = self._queue[-1] if self._queue else None
            due_ns = max(now_ns + self._hall.lags.between(lowest * MS, highest * MS), last[0] if last else 0)
            self._queue.append((due_ns, number))
            apart = last is not None and last[1] != number
            if last is not None and apart and faults.strikes(Danger.MESSAGES_SWAPPED, self._entity, "orders"):
                self._queue[-2], self._queue[-1] = (last[0], number), (due_ns, last[1])

    def due(self, now_ns: int) -> Iterator[int]:
        """Take out those that are told now."""
        while self._queue and max(self._queue[0][0], self._still_until_ns) <= now_ns:
            yield self._queue.popleft()[1]

    def next_deadline(self) -> int | None:
        if self._undated:  # at once: the clock of the exchange has no time for us
            return 0
        return max(self._queue[0][0], self._still_until_ns) if self._queue else None


class FeedConnection:
    """What is said over one connection, `end`."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._entity = f"{hall.books.exchange.options.venue} feed"
        self.end = WebSocketEnd(self, hall.faults, self._entity)
        self._channels = Channels(hall.books, hall.sessions)
        self._beat_ns = 0
        self._markets: dict[VenueMarketId, None] = {}
        self._offers = Changes(hall, self._entity)
        self._answers: list[Body] = []
        self._still_until_ns = 0

    # --- from the clock ---

    def next_deadline(self) -> int | None:
        if not self.end.is_open:
            return None
        still_ns = self._still_until_ns if self._markets or self._answers else None
        times = (self._beat_ns, still_ns, self._offers.next_deadline())
        return min(due for due in times if due is not None)

    def on_time(self, now_ns: int) -> None:
        if not self.end.is_open:
            return
        self._offers.date(now_ns)
        if self._beat_ns <= now_ns:
            self._beat_ns = now_ns + BEAT_NS
            for message in self._channels.beats(now_ns):
                self.end.say(message)
        self._tell(now_ns)

    # --- from the other end ---

    def refusal(self, request: Request, now_ns: int) -> No | None:
        return None if request.path.partition("?")[0] == PATH else No(404, "Not found.")

    def opened(self, now_ns: int) -> None:
        self._beat_ns = now_ns + BEAT_NS

    def obey(self, text: bytes, now_ns: int) -> None:
        self._tell(now_ns)  # what happened before comes before the answer
        self._answers += self._channels.obey(text, now_ns)
        self._tell(now_ns)

    def left(self) -> None:
        self._hall.left(self)

    # --- news ---

    def heard(self, markets: dict[VenueMarketId, None], now_ns: int) -> None:
        """Something happened at the exchange."""
        if not self.end.is_open:
            return
        self._offers.date(now_ns)
        wanted = {market for one in self._channels.of(PRICES) for market in one.markets}
        news = {market: None for market in markets if market in wanted}
        if news and self._hall.faults.strikes(Danger.FEED_FROZEN, self._entity, "books"):
            self._still_until_ns = now_ns + self._hall.faults.frozen_ns(self._entity)
        self._markets |= news
        self._tell(now_ns)

    def owner_hears(self, number: int) -> None:
        """An offer of the customer's changed."""
        if self.end.is_open and self._channels.of(ACCOUNT):
            self._offers.put(number)

    def _tell(self, now_ns: int) -> None:
        """Say what can be said now, prices before the answers that stand behind them."""
        if self._still_until_ns <= now_ns:
            markets, self._markets = self._markets, {}
            for message in self._channels.prices(markets):
                self._send(message, "books")
        if self._still_until_ns <= now_ns or self._hall.books.options.feed_answers_still:
            answers, self._answers = self._answers, []
            for message in answers:
                self.end.say(message)
        for number in self._offers.due(now_ns):
            for message in self._channels.offers([number], now_ns):
                self._send(message, "orders")

    # --- to the network ---

    def _send(self, message: Body, doing: str) -> None:
        """A numbered message leaves, twice or not at all where trouble has it so."""
        if self._hall.faults.strikes(Danger.MESSAGE_LOST, self._entity, doing):
            return
        self.end.say(message)
        if self._hall.faults.strikes(Danger.MESSAGE_DOUBLED, self._entity, doing):
            self.end.say(message)
