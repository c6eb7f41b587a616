"""What the venues show and the models say: books, market states, channels, fair values. Not part of the money state."""

from collections import defaultdict

import msgspec

from domain.book import Book
from domain.ids import EventId, InstrumentId, MarketId, VenueName
from domain.markets import Instrument, Listing, MarketStatus
from domain.messages import (
    BooksChanged,
    BooksDoubted,
    BooksProven,
    Channel,
    ChannelChanged,
    FairValueReceived,
    MarketChanged,
)
from domain.odds import Ladder
from domain.stops import WHOLE_VENUE
from domain.terms import Capabilities
from domain.venue_notes import AttestationTold, FuseState, FuseTold, QueueTold
from engine.gates import Gates, VenueMarketKey


class Fair(msgspec.Struct, frozen=True):
    """A fair value and when it was received, monotonic."""

    value: FairValueReceived
    received_ns: int


class Session(msgspec.Struct):
    """One venue's lines. `proven`: a round has ended since the last line came up, `once_proven`: since we began;
    `stopped`: a break of it stops us.

    `published_ms` is what the feed's last message was stamped with, heard at `heard_ns`; `late_ns`: when it would have
    been heard at once, if since then a book goes stale, else 0. `maintained`: when the venue will be, from and until
    which Unix millisecond. `fuse`, `attested` and `queue`: what it last told of each.
    """

    up: dict[Channel, bool]
    proven: bool = False
    once_proven: bool = False
    stopped: bool = False
    asked_ns: int = 0
    feed_ns: int = 0
    published_ms: int = 0
    heard_ns: int = 0
    late_ns: int = 0
    maintained: tuple[tuple[int, int], ...] = ()
    fuse: FuseTold | None = None
    attested: AttestationTold | None = None
    queue: QueueTold | None = None


class Prices:
    """Everything that moves on its own, changed only by facts from the tape."""

    def __init__(self, capabilities: dict[VenueName, Capabilities]) -> None:
        self.capabilities = capabilities
        self.books: dict[InstrumentId, Book] = {}
        self.statuses: dict[VenueMarketKey, MarketChanged] = {}
        self.fair: dict[MarketId, Fair] = {}
        self.sessions = {venue: Session(dict.fromkeys(Channel, False)) for venue in capabilities}
        self.epochs: defaultdict[EventId, int] = defaultdict(int)
        self.turned_ns: dict[EventId, int] = {}  # when a feed last told of a turn
        self.turned: defaultdict[EventId, dict[tuple[str, str], None]] = defaultdict(dict)
        self.crossed: set[InstrumentId] = set()
        self.quarantined: set[VenueMarketKey] = set()
        self.unproven: set[VenueMarketKey] = set()  # where a break about one order stands
        self.tripped: frozenset[VenueMarketKey] = frozenset()  # whose breaker is open, `WHOLE_VENUE` for all of one
        self.gates = Gates()
        self.best_only = False  # of a backtest: whether nobody looks deeper than the best prices
        self.turns = 0  # rises with everything that may change what is tradable, but for time and a whole venue's state
        self._by_venue: defaultdict[VenueName, list[InstrumentId]] = defaultdict(list)

    def list_instrument(self, instrument: Instrument) -> None:
        """Open an empty, doubted book for an instrument unless its ladder is unchanged."""
        self.turns += 1
        ladder = Ladder(instrument.terms.kind, instrument.terms.bands)
        known = self.books.get(instrument.id)
        if known is not None and known.ladder == ladder:
            return
        self.books[instrument.id] = Book(ladder)
        if known is None:
            self._by_venue[instrument.listing.venue].append(instrument.id)

    def books_changed(self, fact: BooksChanged, now_ns: int) -> list[InstrumentId]:
        """Apply a feed message whole; returns the instruments to look at: changed, or found unchanged after long."""
        session = self.sessions[fact.venue]
        session.published_ms, session.heard_ns = fact.published_ms, now_ns
        if not self.capabilities[fact.venue].polled:
            session.feed_ns = now_ns
        touched = []
        for levels in fact.books:
            book = self.books.get(levels.instrument)
            if book is None:
                continue
            if not (levels.to_back or levels.to_lay or levels.image):  # a poll found it as it was
                if now_ns - book.proven_ns > self.capabilities[fact.venue].stale_after_ms * 1_000_000:
                    touched.append(levels.instrument)
                book.proven_ns = now_ns
                continue
            best_back, best_lay = book.best_back, book.best_lay
            book.apply(levels, now_ns)
            if not self.best_only or levels.image or book.best_back != best_back or book.best_lay != best_lay:
                touched.append(levels.instrument)
            if book.crossed is not (levels.instrument in self.crossed):
                (self.crossed.add if book.crossed else self.crossed.discard)(levels.instrument)
                self.turns += 1
            elif levels.image:
                self.turns += 1
        return touched

    def books_proven(self, fact: BooksProven, now_ns: int) -> None:
        """The feed is alive: clean books are as fresh as now."""
        self.sessions[fact.venue].feed_ns = now_ns

    def books_doubted(self, fact: BooksDoubted) -> list[InstrumentId]:
        """Mark books as possibly wrong until their next image."""
        self.turns += 1
        doubted = list(fact.instruments or self._by_venue[fact.venue])
        for instrument in doubted:
            if (book := self.books.get(instrument)) is not None:
                book.doubt()
        return doubted

    def channel_changed(self, fact: ChannelChanged) -> list[InstrumentId]:
        """A line came or went; the session is unproven until a round has ended.

        Books are not doubted by it: a venue whose feed goes on with a patch keeps them right, and one whose feed cannot
        says so itself.
        """
        session = self.sessions[fact.venue]
        session.up[fact.channel] = fact.up
        session.proven = False
        return list(self._by_venue[fact.venue])

    def market_changed(self, fact: MarketChanged, event: EventId | None) -> bool:
        """Note a market's state; true when it is a new epoch of its event (suspension, turn, new version)."""
        key = (fact.venue, fact.venue_market)
        self.turns += 1
        before = self.statuses.get(key)
        self.statuses[key] = fact
        material = before is not None and (
            fact.status is not before.status or fact.in_play != before.in_play or fact.version != before.version
        )
        if material and event is not None:
            self.epochs[event] += 1
        return material

    def instruments_of(self, venue: VenueName) -> list[InstrumentId]:
        """Every instrument listed at a venue."""
        return self._by_venue[venue]

    def is_proven(self, listing: Listing) -> bool:
        """Whether a round has proven the venue since its lines came up, and no break stops us there or in the market.

        An order in doubt shuts its market to added risk alone, see `has_doubts`.
        """
        session = self.sessions[listing.venue]
        key = listing.venue, listing.venue_market
        return session.proven and not session.stopped and key not in self.quarantined

    def reachable(self, venue: VenueName) -> bool:
        """Whether requests get through to a venue."""
        return self.sessions[venue].up[Channel.REQUESTS]

    def reachable_venues(self) -> set[VenueName]:
        """Every venue that requests get through to."""
        return {venue for venue in self.sessions if self.reachable(venue)}

    def proven_ns(self, instrument: Instrument) -> int:
        """The last proof that an instrument's book is fresh: its own, or its whole feed's, unless that is late."""
        session = self.sessions[instrument.listing.venue]
        return session.late_ns or max(self.books[instrument.id].proven_ns, session.feed_ns)

    def why_venue_not_tradable(self, venue: VenueName) -> str:
        """The reason code that forbids new risk at a whole venue, empty if none does."""
        session = self.sessions[venue]
        if not all(session.up.values()):
            return "session_down"
        if self.tripped and (venue, WHOLE_VENUE) in self.tripped:
            return "venue_breaker"
        return said_against(session) or ("" if session.proven and not session.stopped else "session_unproven")

    def why_not_tradable(self, instrument: Instrument, now_ns: int) -> str:
        """The reason code that forbids new risk on an instrument now, empty if none does."""
        return self.why_venue_not_tradable(instrument.listing.venue) or self.why_book_not_tradable(instrument, now_ns)

    def why_book_not_tradable(self, instrument: Instrument, now_ns: int) -> str:
        """The reason code that forbids new risk in one book of a tradable venue now, empty if none does."""
        key = instrument.listing.venue, instrument.listing.venue_market
        return why_market_not_tradable(self, key) or why_not_in_open_market(self, instrument, now_ns)


def find_late(prices: Prices, venue: VenueName, late_ns: int) -> None:
    """What a feed tells is as old as a stale book and should have come then, or 0: it is not any more."""
    session = prices.sessions[venue]
    if bool(session.late_ns) is not bool(late_ns):
        prices.turns += 1
    session.late_ns = late_ns


def said_against(session: Session) -> str:
    """The reason code of what a venue said itself against orders of ours, empty if it said nothing."""
    if session.fuse is not None and session.fuse.state is FuseState.BLOWN:
        return "fuse_blown"
    return "not_attested" if session.attested is not None and session.attested.days_left < 0 else ""


def has_doubts(prices: Prices, key: VenueMarketKey) -> bool:
    """Whether something about an order of ours in a venue market is in doubt, so that added risk waits there."""
    return prices.gates.is_shut(key) or key in prices.unproven


def why_market_not_tradable(prices: Prices, key: VenueMarketKey) -> str:
    """The reason code that forbids new risk in a whole venue market, empty if none does."""
    if prices.tripped and key in prices.tripped:
        return "market_breaker"
    if has_doubts(prices, key):
        return "order_unproven"
    if key in prices.quarantined:
        return "quarantined"
    status = prices.statuses.get(key)
    return "market_not_open" if status is None or status.status is not MarketStatus.OPEN else ""


def why_not_in_open_market(prices: Prices, instrument: Instrument, now_ns: int) -> str:
    """The reason code that forbids new risk in one book of a market that is open, empty if none does."""
    listing = instrument.listing
    removed = prices.statuses[listing.venue, listing.venue_market].removed
    if removed and listing.selection in removed:
        return "selection_removed"
    book = prices.books[instrument.id]
    if not book.clean:
        return "book_doubted"
    if prices.crossed and instrument.id in prices.crossed:
        return "book_crossed"
    stale_ns = now_ns - prices.capabilities[listing.venue].stale_after_ms * 1_000_000
    session = prices.sessions[listing.venue]
    if session.late_ns or (book.proven_ns < stale_ns and session.feed_ns < stale_ns):
        return "book_stale"
    return ""


def why_not_even_reducing(prices: Prices, instrument: Instrument, now_ns: int) -> str:
    """The reason code that forbids an order that reduces too, empty if none does.

    Breakers and orders in doubt hold back added risk alone, see `risk.refusals`.
    """
    venue, key = instrument.listing.venue, (instrument.listing.venue, instrument.listing.venue_market)
    session = prices.sessions[venue]
    if not all(session.up.values()):
        return "session_down"
    if said := said_against(session):
        return said
    if not prices.is_proven(instrument.listing):
        return "quarantined" if key in prices.quarantined else "session_unproven"
    status = prices.statuses.get(key)
    if status is None or status.status is not MarketStatus.OPEN:
        return "market_not_open"
    return why_not_in_open_market(prices, instrument, now_ns)


def is_fed(prices: Prices, venue: VenueName, now_ns: int) -> bool:
    """Whether a venue's feed itself proves that none of its books is stale."""
    return now_ns - prices.sessions[venue].feed_ns <= prices.capabilities[venue].stale_after_ms * 1_000_000
