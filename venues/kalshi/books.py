"""Book messages become levels: YES bids are what we can lay against, YES asks what we can back against."""

from functools import lru_cache

from domain.ids import InstrumentId, VenueName
from domain.messages import BooksChanged, Levels
from domain.odds import Band, PriceKind, ladder
from venues.errors import PeerBroke
from venues.kalshi.amounts import Amount, micros, native, price_text
from venues.kalshi.market_codec import Delta, Row, Snapshot

TickByPrice = dict[Amount, int]


@lru_cache(maxsize=64)
def tick_by_price(bands: tuple[Band, ...]) -> TickByPrice:
    """Ticks by the text that the venue writes a price as; shared, so never to be changed."""
    return {price_text(price): tick for tick, price in enumerate(ladder(PriceKind.CONTRACT, bands).prices)}


class _Book:
    """One market's way from prices to ticks, and whether what was told of it since its last image is unbroken."""

    __slots__ = ("instrument", "bands", "ticks", "is_clean")

    def __init__(self, instrument: InstrumentId, bands: tuple[Band, ...]) -> None:
        self.instrument = instrument
        self.bands = bands
        self.ticks = tick_by_price(bands)
        self.is_clean = False


class Books:
    """The books that should be followed.

    Changes of a level are passed on as the venue tells them, to be added to what stands there; a level that falls to
    nothing or below is empty. A change of a book without a whole image is dropped, for the image will hold it. Prices
    off the grid cannot rest there; such rows are left out and counted in `rows_dropped`.
    Source: Kalshi AsyncAPI, orderbook_delta.
    """

    def __init__(self, venue: VenueName) -> None:
        self.rows_dropped = 0
        self._venue = venue
        self._books: dict[str, _Book] = {}

    def follow(self, ticker: str, instrument: InstrumentId, bands: tuple[Band, ...]) -> str:
        """Follow a market on this price grid; what to ask an open channel for so that its image comes, if anything."""
        book = self._books.get(ticker)
        if book is not None and book.bands == bands:
            return ""
        self._books[ticker] = _Book(instrument, bands)
        return "add_markets" if book is None else "get_snapshot"

    def drop(self, ticker: str) -> None:
        """Nothing more is expected of a market."""
        self._books.pop(ticker, None)

    def doubt(self) -> None:
        """No book is whole until its next image."""
        for book in self._books.values():
            book.is_clean = False

    def tickers(self) -> list[str]:
        """The markets to be followed."""
        return list(self._books)

    def missing(self) -> list[str]:
        """Those without a whole image."""
        return [ticker for ticker, book in self._books.items() if not book.is_clean]

    def take(self, message: Snapshot | Delta) -> BooksChanged | None:
        """A message as a fact; None for a market that is not followed, and for a change that an image will hold."""
        book = self._books.get(message.msg.market_ticker)
        if book is None:
            return None
        if isinstance(message, Snapshot):
            said = message.msg
            book.is_clean = True
            levels = Levels(
                book.instrument,
                self._image(book, said.no_dollars_fp or []),
                self._image(book, said.yes_dollars_fp or []),
                image=True,
            )
            return BooksChanged(self._venue, 0, [levels])
        return self._change(book, message) if book.is_clean else None

    def stand(self, ticker: str, to_back: list[Row], to_lay: list[Row], *, image: bool) -> BooksChanged | None:
        """Levels as they stand, of the whole book or of some prices; None as `take` gives it."""
        book = self._books.get(ticker)
        if book is None or not (image or book.is_clean):
            return None
        book.is_clean = True
        back, lay = (self._image(book, rows, keeps_empty=not image) for rows in (to_back, to_lay))
        return BooksChanged(self._venue, 0, [Levels(book.instrument, back, lay, image=image)])

    # --- leaves ---

    def _change(self, book: _Book, message: Delta) -> BooksChanged | None:
        said = message.msg
        tick = self._tick(book, said.price_dollars)
        change = [] if tick is None else [(tick, micros(said.delta_fp))]
        if said.side == "yes":
            levels = Levels(book.instrument, [], change, relative=True)
        elif said.side == "no":
            levels = Levels(book.instrument, change, [], relative=True)
        else:
            raise PeerBroke(f"a change of the side {said.side!r} of {said.market_ticker}")
        return BooksChanged(self._venue, said.ts_ms, [levels]) if change else None

    def _image(self, book: _Book, rows: list[Row], *, keeps_empty: bool = False) -> list[tuple[int, int]]:
        found = []
        for price, count in rows:
            size = micros(count)
            if size < 0:
                raise PeerBroke(f"{count} contracts at {price}")
            tick = self._tick(book, price)
            if tick is not None and (size or keeps_empty):
                found.append((tick, size))
        return found

    def _tick(self, book: _Book, price: Amount) -> int | None:
        tick = book.ticks.get(price)
        if tick is None and (exact := native(price)) is not None:
            tick = book.ticks.get(price_text(exact))
        if tick is None:
            self.rows_dropped += 1
        return tick
