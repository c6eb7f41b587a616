"""The counter of a venue on paper: our orders, the recorded books with them in it, and their matches."""

from collections.abc import Callable

import msgspec

from domain.book import Book
from domain.ids import InstrumentId, OrderRef, SelectionId, VenueMarketId, VenueName
from domain.markets import Instrument, MarketStatus
from domain.messages import BooksChanged, Fact, Levels
from domain.orders import Evidence, Side
from domain.venue_acts import OrderLapsed
from venues.sim.backtest_tape import Print
from venues.sim.paper_orders import PaperBook, PaperOrder
from venues.sim.paper_settling import PaperMarket, Statement
from venues.sim.queue import Bound

MS = 1_000_000


class PaperFill(msgspec.Struct, frozen=True):
    """One match on paper. `cost_micros` is the backer's stake, what the claims cost; `maker`: it had rested."""

    at_ms: int
    ref: OrderRef
    instrument: InstrumentId
    side: Side
    cost_micros: int
    claims_micros: int
    maker: bool

    @property
    def odds(self) -> float:
        """Decimal odds, before fees."""
        return self.claims_micros / self.cost_micros


class PaperFloor:
    """Everything that one account has at the recorded venue. `recorded` are the books as recorded, shared by many."""

    def __init__(
        self,
        venue: VenueName,
        emit: Callable[[Fact], None],
        recorded: dict[InstrumentId, Book],
        *,
        bound: Bound,
        fills: list[PaperFill] | None = None,
    ) -> None:
        self.bound = bound
        self.emit = emit
        self.fills: list[PaperFill] = [] if fills is None else fills
        self.orders: dict[OrderRef, PaperOrder] = {}
        self.statements: dict[VenueMarketId, Statement] = {}
        self.instruments: dict[InstrumentId, Instrument] = {}
        self.markets: dict[VenueMarketId, PaperMarket] = {}
        self.books: dict[InstrumentId, PaperBook] = {}
        self._recorded = recorded
        self._venue = venue

    # --- reading ---

    def market_of(self, instrument: InstrumentId) -> PaperMarket:
        """The venue's market of an instrument."""
        return self.markets[self.instruments[instrument].listing.venue_market]

    def selection(self, instrument: InstrumentId) -> SelectionId:
        """The venue's name of what is bet on."""
        return self.instruments[instrument].listing.selection

    def placed_in(self, market: PaperMarket) -> list[PaperOrder]:
        """Every order that was ever accepted in a market, in order."""
        return [paper for paper in self.orders.values() if self.market_of(paper.order.instrument) is market]

    def book(self, instrument: InstrumentId) -> PaperBook:
        """The book of an instrument with us in it, made when we first come there."""
        book = self.books.get(instrument)
        if book is None:
            book = self.books[instrument] = PaperBook(instrument, self._recorded[instrument])
        return book

    def news(self) -> list[Levels]:
        """All levels that changed because of us alone."""
        return [news for book in self.books.values() if book.dirty and (news := book.news()) is not None]

    def show(self, book: PaperBook, now_ns: int) -> None:
        """Tell everybody what we changed in a book."""
        news = book.news()
        if news is not None:
            self.emit(BooksChanged(self._venue, now_ns // MS, [news]))

    # --- the recording ---

    def list_instruments(self, instruments: tuple[Instrument, ...], now_ns: int) -> None:
        """The venue's terms as the feed tells them; on a new grid of prices nothing of ours goes on resting."""
        for instrument in instruments:
            before = self.instruments.get(instrument.id)
            if before is not None and before.terms.bands != instrument.terms.bands:
                book = self.books.pop(instrument.id, None)
                for paper in [*book.orders.values()] if book is not None else ():
                    paper.resting = False
                    self.lapse(paper, now_ns)
            self.instruments[instrument.id] = instrument
            self.markets.setdefault(instrument.listing.venue_market, PaperMarket(instrument.listing.venue_market))

    def shown(self, fact: BooksChanged, now_ns: int) -> BooksChanged:
        """The recorded books, which have changed already, as everybody sees them with us there."""
        mine = self.books
        if not mine:
            return fact
        shown: list[Levels] | None = None
        for n, levels in enumerate(fact.books):
            book = mine.get(levels.instrument)
            if book is None:
                continue
            concerned = book.recorded_changed(levels)
            if book.orders and book.crosses():
                self._meet(book, now_ns)
            if concerned or book.dirty:
                seen, more = book.shown(levels), book.news()
                if seen is not levels or more is not None:
                    shown = list(fact.books) if shown is None else shown
                    shown[n] = seen
                    if more is not None:
                        shown.append(more)
            if book.idle:
                del mine[levels.instrument]
        return fact if shown is None else BooksChanged(fact.venue, fact.published_ms, shown)

    def printed(self, book: PaperBook, printed: Print, now_ns: int) -> None:
        """One print fills our orders, its best price first; what one took, the next cannot have."""
        instrument, price, size = printed
        if self.market_of(instrument).status is not MarketStatus.OPEN:
            return
        for paper in _in_turn(book):
            assert paper.place is not None, "what rests has a place in the queue"
            filled = paper.place.traded(price, size)
            if filled:
                self._made(paper, book, filled, now_ns, queued=True)
                size -= filled

    # --- matches ---

    def take(self, paper: PaperOrder, book: PaperBook, now_ns: int) -> None:
        """What the recording shows at the limit or better, best first, each level at its own odds."""
        back = paper.order.side is Side.BACK
        prices = self._recorded[paper.order.instrument].ladder.prices
        for tick in book.reached(paper):
            size = min(paper.remaining, book.free(to_back=back, tick=tick))
            if size > 0:
                book.take(to_back=back, tick=tick, size=size)
                self.fill(paper, prices[tick], size, now_ns, maker=False)
                if not paper.remaining:
                    return

    def _meet(self, book: PaperBook, now_ns: int) -> None:
        """Size that is displayed where it would have met our resting orders has met them, its best price first."""
        for paper in _in_turn(book):
            back, reached = paper.order.side is Side.BACK, book.reached(paper)
            if not reached:
                continue
            market = self.market_of(paper.order.instrument)
            if market.status is not MarketStatus.OPEN:
                continue
            lot = self.instruments[paper.order.instrument].terms.lot_micros
            for tick in reached:
                size = min(paper.remaining, book.free(to_back=back, tick=tick)) // lot * lot
                if size > 0:
                    book.take(to_back=back, tick=tick, size=size)
                    self._made(paper, book, size, now_ns, queued=False)
                if not paper.remaining:
                    break

    def _made(self, paper: PaperOrder, book: PaperBook, size: int, now_ns: int, *, queued: bool) -> None:
        """Somebody took so much of a resting order, at its price."""
        self.fill(paper, paper.order.price, size, now_ns, maker=True)
        if not queued and paper.place is not None:
            paper.place.shrunk(size)
        if paper.remaining:
            book.touched(paper)
        else:
            book.leave(paper)
        self.emit(paper.report(now_ns // MS))

    def fill(self, paper: PaperOrder, price: int, size: int, now_ns: int, *, maker: bool) -> None:
        """One match, with what it is charged."""
        order = paper.order
        instrument = self.instruments[order.instrument]
        claims, cost = paper.add(price, size)
        charged = paper.charge(instrument.terms.fee, claims=claims, cost=cost, maker=maker)
        self.markets[instrument.listing.venue_market].fees_micros += charged
        self.fills.append(PaperFill(now_ns // MS, order.ref, order.instrument, order.side, cost, claims, maker))

    def lapse(self, paper: PaperOrder, now_ns: int) -> None:
        size = paper.remaining
        if size:
            paper.lapsed += size
            self.emit(OrderLapsed(paper.order.ref, f"{paper.venue_id}-lapse", size, Evidence.PUSH))


def _in_turn(book: PaperBook) -> list[PaperOrder]:
    """Our orders as they are served: on each side the best price for the market first, at one price as they came."""
    papers = [*book.orders.values()]
    if len(papers) > 1:
        papers.sort(key=lambda paper: paper.tick if (paper.order.side is Side.BACK) is book.high else -paper.tick)
    return papers
