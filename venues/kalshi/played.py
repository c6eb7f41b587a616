"""Recorded frames of Kalshi for a backtest: the live codec's facts, and beside them trades and how markets turned.

Trades come on a channel of their own, so a trade may be told before or after the change of the book that it made. The
two carry the same time of the matching engine: a trade that comes soon after its change is played with it, so that what
it took is not first counted as cancelled.
"""

from collections import deque
from collections.abc import Iterable, Iterator

import msgspec

from domain.book import Book
from domain.calendar import MaintenancePlanned
from domain.ids import Currency, InstrumentId, VenueMarketId, VenueName
from domain.markets import Listing, MarketStatus
from domain.messages import BooksChanged, BooksDoubted, Fact, InstrumentsListed, Levels, MarketChanged
from domain.odds import ladder
from venues.errors import PeerBroke
from venues.frames_file import ANSWER, CLOSED, MESSAGE, OPENED, Frame
from venues.kalshi import rest_codec as codec
from venues.kalshi.amounts import Amount, micros, native, unix_ms
from venues.kalshi.books import Books
from venues.kalshi.frames import Control, FrameDecoder, Unread
from venues.kalshi.listing import fee_of
from venues.kalshi.market_codec import Delta, FeeUpdate, Lifecycle, Snapshot
from venues.kalshi.markets import Markets, yes_book
from venues.sim.backtest_tape import Moment, Print, Turn
from venues.sim.mapped_tape import touched

WAIT_MS = 250
"""So long after a change of the book its trade is looked for."""
AHEAD_MAX = 2_000
FINAL_STATUS, FINAL_EVENT = "finalized", "settled"
"""What is determined may still be disputed and amended; what is settled is paid. Source: docs, "Market Lifecycle"."""


class TradeDetail(msgspec.Struct, gc=False):
    """One match of other people's, at the price of YES. A block trade was agreed away from the book."""

    market_ticker: str
    yes_price_dollars: Amount
    count_fp: Amount
    ts_ms: int = 0
    is_block_trade: bool = False


class Trade(msgspec.Struct, tag_field="type", tag="trade", gc=False):
    """News of a match."""

    sid: int
    msg: TradeDetail
    seq: int | None = None
    id: int = 0


Message = Control | Snapshot | Delta | Lifecycle | FeeUpdate | Trade | Unread

played_frames: FrameDecoder[Snapshot | Delta | Lifecycle | FeeUpdate | Trade] = FrameDecoder(
    Snapshot, Delta, Lifecycle, FeeUpdate, Trade
)


class _Heard(msgspec.Struct):
    """One frame in its row; `message` where it is one of a stream, `is_done` once it was played with another."""

    number: int
    frame: Frame
    message: Message | None
    is_done: bool = False


class Player:
    """Carries frames to moments; what it cannot read is left out and noted with its number."""

    def __init__(
        self,
        venue: VenueName,
        currency: Currency,
        listings: Iterable[Listing],
        *,
        root: str,
        is_direct_member: bool,
    ) -> None:
        self._venue = venue
        self._root = root
        self._is_direct_member = is_direct_member
        self._facts: list[Fact] = []
        self._books = Books(venue)
        self._markets = Markets(venue, currency, listings, self._tell)
        self._whole: dict[InstrumentId, Book] = {}
        self._rows: dict[str, codec.MarketRow] = {}
        self._events: dict[str, codec.EventRow] = {}
        self._series: dict[str, codec.SeriesRow] = {}
        self._seqs: dict[tuple[int, int], int] = {}
        self._carries_books: set[int] = set()
        self._states: dict[VenueMarketId, MarketChanged] = {}
        self._final: set[VenueMarketId] = set()
        self._settled: set[VenueMarketId] = set()
        self._last_ms = 0

    def moments(self, frames: Iterable[Frame], skipped: list[tuple[int, str]]) -> Iterator[Moment]:
        """Every frame; at the end the markets are settled whose result was told and not taken back."""
        row: deque[_Heard] = deque()
        for heard in _decoded(frames, skipped):
            row.append(heard)
            while row[-1].frame.at_ms - row[0].frame.at_ms > WAIT_MS or len(row) > AHEAD_MAX:
                yield from self._played(row.popleft(), row, skipped)
        while row:
            yield from self._played(row.popleft(), row, skipped)
        self._final |= {name for name, state in self._states.items() if state.results}
        if turns := self._turns(self._final - self._settled):
            yield Moment(self._last_ms, [], [], turns)

    def _played(self, heard: _Heard, ahead: deque[_Heard], skipped: list[tuple[int, str]]) -> Iterator[Moment]:
        if heard.is_done:
            return
        frame, self._facts = heard.frame, []
        turn_ms = self._markets.turns_ms(self._last_ms)
        self._last_ms = at_ms = max(frame.at_ms, self._last_ms)
        prints: list[Print] = []
        if turn_ms is not None and turn_ms <= at_ms:
            self._markets.turn(at_ms)
        try:
            if frame.kind == ANSWER:
                self._answered(frame, at_ms)
            elif frame.kind == MESSAGE and heard.message is not None:
                prints = self._said(heard.message, frame, ahead)
            else:
                self._line(frame)
        except PeerBroke as error:
            skipped.append((heard.number, str(error)))
        about = {one.venue_market for one in touched(self._facts, self._states)}
        yield Moment(at_ms, self._facts, prints, self._turns(about | (self._final - self._settled)))

    # --- lines ---

    def _line(self, frame: Frame) -> None:
        """A connection came: its numbers begin anew. One went: the books that it carried are in doubt."""
        if frame.kind == OPENED:
            self._seqs = {key: seq for key, seq in self._seqs.items() if key[0] != frame.link}
            self._carries_books.discard(frame.link)
        elif frame.kind == CLOSED and frame.link in self._carries_books:
            self._doubt(frame.about)

    def _doubt(self, reason: str) -> None:
        self._books.doubt()
        self._facts.append(BooksDoubted(self._venue, (), reason))

    # --- answers ---

    def _answered(self, frame: Frame, at_ms: int) -> None:
        path = frame.about.removeprefix(self._root).partition(" ")[0].partition("?")[0]
        body = frame.text.encode()
        if path == "/markets":
            for row in codec.decode_answer(body, codec.markets_answer).markets or ():
                self._rows[row.ticker] = row
                self._learn(row, at_ms)
        elif path == "/events":
            for event in codec.decode_answer(body, codec.events_answer).events or ():
                self._events[event.event_ticker] = event
            self._learn_all(at_ms)
        elif path.startswith("/series/"):
            series = codec.decode_answer(body, codec.series_answer).series
            self._series[series.ticker] = series
            self._learn_all(at_ms)
        elif path == "/exchange/status":
            self._markets.pause(codec.decode_answer(body, codec.status_answer), at_ms)
        elif path == "/exchange/schedule":
            windows = codec.decode_answer(body, codec.schedule_answer).schedule.maintenance_windows or ()
            spans = sorted((unix_ms(one.start_datetime), unix_ms(one.end_datetime)) for one in windows)
            self._facts.append(MaintenancePlanned(self._venue, tuple(spans)))

    def _learn_all(self, at_ms: int) -> None:
        for row in self._rows.values():
            self._learn(row, at_ms)

    def _learn(self, row: codec.MarketRow, at_ms: int) -> None:
        """Take a description over once all that it is charged by has been told."""
        event = self._events.get(row.event_ticker)
        series = self._series.get(event.series_ticker) if event is not None else None
        if event is not None and series is not None:
            self._markets.learn(row, fee_of(event, series, is_direct_member=self._is_direct_member), at_ms)
            if row.status == FINAL_STATUS:
                self._final.add(VenueMarketId(row.ticker))

    # --- messages ---

    def _said(self, message: Message, frame: Frame, ahead: deque[_Heard]) -> list[Print]:
        sid, seq = message.sid, message.seq
        if sid is not None and seq is not None:
            last = self._seqs.get((frame.link, sid))
            self._seqs[frame.link, sid] = seq
            if last is not None and seq != last + 1 and frame.link in self._carries_books:
                self._doubt(f"message {seq} came where {last + 1} was due")
        if isinstance(message, Snapshot | Delta):
            self._carries_books.add(frame.link)
            changed = self._books.take(message)
            if changed is not None:
                self._facts.append(self._standing(changed))
            return [*self._trades_of(message, ahead)] if isinstance(message, Delta) else []
        if isinstance(message, Lifecycle):
            self._markets.hear(message.msg, self._last_ms)
            if message.msg.event_type == FINAL_EVENT:
                self._final.add(VenueMarketId(message.msg.market_ticker))
        return [*self._traded(message.msg)] if isinstance(message, Trade) else []

    def _standing(self, changed: BooksChanged) -> BooksChanged:
        """The levels that a message changed as they stand after it."""
        standing = []
        for levels in changed.books:
            book = self._whole[levels.instrument]
            book.apply(levels, 0)
            backs = [(tick, book.to_back[tick]) for tick, _ in levels.to_back]
            lays = [(tick, book.to_lay[tick]) for tick, _ in levels.to_lay]
            standing.append(Levels(levels.instrument, backs, lays, image=levels.image))
        return BooksChanged(changed.venue, changed.published_ms, standing)

    def _trades_of(self, delta: Delta, ahead: deque[_Heard]) -> Iterator[Print]:
        """The trades, told soon after it, that made a level smaller."""
        said = delta.msg
        if micros(said.delta_fp) >= 0:
            return
        for heard in ahead:
            if isinstance(heard.message, Trade) and not heard.is_done:
                trade = heard.message.msg
                if (trade.market_ticker, trade.ts_ms) == (said.market_ticker, said.ts_ms) and (
                    native(trade.yes_price_dollars) == native(said.price_dollars)
                ):
                    heard.is_done = True
                    yield from self._traded(trade)

    def _traded(self, trade: TradeDetail) -> Iterator[Print]:
        price, instrument = native(trade.yes_price_dollars), yes_book(self._venue, trade.market_ticker)
        if not trade.is_block_trade and price is not None and instrument in self._whole:
            yield instrument, price, micros(trade.count_fp)

    # --- states ---

    def _tell(self, fact: Fact) -> None:
        """What the live feed does with it: follow what is listed, and no longer what is over."""
        self._facts.append(fact)
        if isinstance(fact, InstrumentsListed):
            for one in fact.instruments:
                if self._books.follow(one.listing.venue_market, one.id, one.terms.bands):
                    self._whole[one.id] = Book(ladder(one.terms.kind, one.terms.bands))
        elif isinstance(fact, MarketChanged) and fact.status is MarketStatus.CLOSED:
            self._books.drop(fact.venue_market)

    def _turns(self, markets: Iterable[VenueMarketId]) -> list[Turn]:
        """What these markets became. They close for good when their result is final."""
        turns = []
        for name in sorted(markets):
            state = self._states.get(name)
            if state is None or name in self._settled:
                continue
            status, results = state.status, state.results
            if name in self._final and results:
                self._settled.add(name)
                status = MarketStatus.CLOSED
            elif status is MarketStatus.CLOSED:
                status, results = MarketStatus.INACTIVE, {}
            turns.append(Turn(market=name, status=status, in_play=False, results=results))
        return turns


def _decoded(frames: Iterable[Frame], skipped: list[tuple[int, str]]) -> Iterator[_Heard]:
    for number, frame in enumerate(frames, 1):
        message: Message | None = None
        if frame.kind == MESSAGE:
            try:
                message = played_frames.decode(frame.text.encode())
            except PeerBroke as error:
                skipped.append((number, str(error)))
                continue
        yield _Heard(number, frame, message)
