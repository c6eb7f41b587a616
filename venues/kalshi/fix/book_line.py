"""Books over a session of market data: whole images and levels as they stand, each market asked for by its ticker.

There is no number for each book: the session's own numbers prove that nothing was lost, and where one is missing the
session ends and all books are in doubt. A quiet market says nothing, so the peer is asked for a sign of life as often
as the stream would be. That the session lives does not prove that books move: the image of one whole book after the
other is asked for as well, and where none comes in time the session is given up.
Source: Kalshi docs, FIX "Market Data".
"""

from collections.abc import Sequence

from domain.ids import VenueName
from domain.messages import BooksProven
from venues.base import Emit
from venues.errors import PeerBroke
from venues.kalshi.books import Books
from venues.kalshi.fix import tags
from venues.kalshi.fix.codec import Field, Group, Message, entries, grouped
from venues.kalshi.fix.link import Link
from venues.kalshi.followers import Health
from venues.kalshi.market_codec import Row
from venues.kalshi.rules import TICKERS_PER_COMMAND
from venues.kalshi.stream import ANSWER_PARTS, PROBE_PARTS

MS = 1_000_000
SYMBOLS = Group(tags.NO_RELATED_SYM, tags.SYMBOL, frozenset({tags.SYMBOL}))
LEVEL = frozenset({tags.MD_ENTRY_TYPE, tags.MD_ENTRY_PX, tags.MD_ENTRY_SIZE})
LEVELS = Group(tags.NO_MD_ENTRIES, tags.MD_ENTRY_TYPE, LEVEL)
UPDATES = Group(tags.NO_MD_ENTRIES, tags.MD_UPDATE_ACTION, LEVEL | {tags.MD_UPDATE_ACTION, tags.SYMBOL})
BID, OFFER, TRADE = "0", "1", "2"
GONE = "2"
IMAGE, FOLLOW = "0", "1"
REFUSALS = frozenset({tags.MD_REJECT, tags.BUSINESS_REJECT, tags.REJECT})

Sides = tuple[list[Row], list[Row]]
"""What can be backed against, and what can be laid against: prices and sizes as the venue writes them."""


class BookLine:
    """Follows the books of `books`; `emit` takes their changes, and the proofs that they are fresh."""

    def __init__(self, venue: VenueName, books: Books, emit: Emit, health: Health, *, heartbeat_ms: int) -> None:
        self.link: Link
        self._books = books
        self._emit = emit
        self._health = health
        self._heartbeat_ns = heartbeat_ms * MS
        self._proof = BooksProven(venue)
        self._proof_due_ns = 0
        self._poke_ns = self._probe_ns = 0
        self._overdue_ns: int | None = None
        self._probes = 0

    def follow(self, tickers: Sequence[str], now_ns: int) -> None:
        """Have whole images of these markets sent, and then their changes."""
        for first in range(0, len(tickers) if self.link.is_up else 0, TICKERS_PER_COMMAND):
            self._ask(FOLLOW, tickers[first : first + TICKERS_PER_COMMAND], now_ns)

    def next_deadline(self) -> int | None:
        """When the connection wants attention, or the peer is to be asked for a sign of life or for an image."""
        ours = (self._poke_ns, self._probe_ns, self._overdue_ns) if self.link.is_up else ()
        return min((due for due in (self.link.next_deadline(), *ours) if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        """Do what is due."""
        due_ns = self.link.next_deadline()
        if due_ns is not None and due_ns <= now_ns:
            self.link.on_time(now_ns)
        if self.link.is_up and self._poke_ns <= now_ns:
            self._poke_ns = now_ns + self._heartbeat_ns
            self.link.poke(now_ns)
        if self.link.is_up and self._overdue_ns is not None and self._overdue_ns <= now_ns:
            self.link.gone("books: no image came though one was asked for", now_ns)
        elif self.link.is_up and self._probe_ns <= now_ns:
            self._probe(now_ns)

    # --- what the link says ---

    def opened(self, now_ns: int) -> None:
        self._poke_ns = now_ns + self._heartbeat_ns
        self._probe_ns = now_ns + PROBE_PARTS * self._heartbeat_ns // 4
        self.follow(self._books.tickers(), now_ns)
        self._health.went_up()

    def heard(self, message: Message, seq: int, now_ns: int) -> None:
        if message.type in REFUSALS:
            raise PeerBroke(f"books refused: {message.get(tags.TEXT) or message.type}")
        self._overdue_ns = None
        if message.type == tags.MD_SNAPSHOT:
            self._image(message)
        elif message.type == tags.MD_UPDATE:
            self._change(message)

    def alive(self, now_ns: int) -> None:
        self._poke_ns = now_ns + self._heartbeat_ns
        if now_ns >= self._proof_due_ns:
            self._proof_due_ns = now_ns + self._heartbeat_ns // 2
            self._emit(self._proof)

    def lost(self, reason: str, now_ns: int) -> None:
        self._overdue_ns = None
        self._books.doubt()
        self._health.went_down(reason)

    # --- leaves ---

    def _probe(self, now_ns: int) -> None:
        """Ask for the image of a book that is whole, of each in its turn; whatever is told of books answers it."""
        self._probe_ns = now_ns + PROBE_PARTS * self._heartbeat_ns // 4
        missing = set(self._books.missing())
        whole = [ticker for ticker in self._books.tickers() if ticker not in missing]
        if whole and self._overdue_ns is None:
            self._probes += 1
            self._overdue_ns = now_ns + ANSWER_PARTS * self._heartbeat_ns // 4
            self._ask(IMAGE, [whole[self._probes % len(whole)]], now_ns)

    def _ask(self, kind: str, tickers: Sequence[str], now_ns: int) -> None:
        named: list[Field] = grouped(SYMBOLS, [{tags.SYMBOL: ticker} for ticker in tickers])
        self.link.send(tags.MD_REQUEST, [(tags.SUBSCRIPTION_TYPE, kind), *named], now_ns)

    def _image(self, message: Message) -> None:
        sides: Sides = [], []
        for entry in entries(message, LEVELS):
            _put(entry, sides)
        changed = self._books.stand(message.text(tags.SYMBOL), *sides, image=True)
        if changed is not None:
            self._emit(changed)

    def _change(self, message: Message) -> None:
        """Levels of one or several markets; prints are told on the stream."""
        by_ticker: dict[str, Sides] = {}
        for entry in entries(message, UPDATES):
            if entry.text(tags.MD_ENTRY_TYPE) != TRADE:
                _put(entry, by_ticker.setdefault(entry.text(tags.SYMBOL), ([], [])))
        for ticker, sides in by_ticker.items():
            changed = self._books.stand(ticker, *sides, image=False)
            if changed is not None:
                self._emit(changed)


def _put(entry: Message, sides: Sides) -> None:
    kind, size = entry.text(tags.MD_ENTRY_TYPE), entry.text(tags.MD_ENTRY_SIZE)
    if kind not in (BID, OFFER):
        raise PeerBroke(f"an entry of the type {kind} in a book")
    is_gone = entry.get(tags.MD_UPDATE_ACTION) == GONE
    sides[0 if kind == OFFER else 1].append((entry.text(tags.MD_ENTRY_PX), "0" if is_gone else size))
