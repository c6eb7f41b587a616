"""Polled events become facts: prices to ticks, sizes to millionths, only what changed, and proof for the rest."""

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from domain.fees import FeeTerms
from domain.ids import InstrumentId, VenueMarketId, VenueName, instrument_id
from domain.markets import Instrument, Listing, MarketStatus
from domain.messages import BooksChanged, BooksDoubted, Fact, InstrumentsListed, Levels, MarketChanged
from domain.odds import CLASSIC
from venues.errors import PeerBroke
from venues.matchbook import rules
from venues.matchbook.amounts import exact, micros, ppm
from venues.matchbook.events_codec import (
    Event,
    Market,
    Price,
    Runner,
    decode_prices,
    decode_runners,
    market_status,
    selection_id,
    venue_id,
)
from venues.matchbook.offers_codec import Offer
from venues.matchbook.settings import Settings

Ticks = list[tuple[int, int]]

TICK_BY_PRICE = CLASSIC.tick_by_price
TICK_BY_ODDS: dict[Decimal, int] = {Decimal(price) / 100: tick for tick, price in enumerate(CLASSIC.prices)}
TO_BACK, TO_LAY = "back", "lay"


class _Book:
    """One runner of ours: its prices as last told, and the fact that says that they have not changed."""

    __slots__ = ("instrument", "prices", "proof")

    def __init__(self, instrument: InstrumentId) -> None:
        self.instrument = instrument
        self.prices = b""
        self.proof = Levels(instrument, [], [])


class _Market:
    """One market of ours. `asked` numbers the request whose answer was heard last."""

    __slots__ = ("listings", "event_id", "listed", "books", "fee", "delay_ms", "asked", "last_change")

    def __init__(self) -> None:
        self.listings: dict[int, Listing] = {}
        self.event_id = 0
        self.listed: tuple[Instrument, ...] = ()
        self.books: dict[int, _Book] = {}
        self.fee: FeeTerms | None = None
        self.delay_ms = 0
        self.asked = 0
        self.last_change: MarketChanged | None = None

    @property
    def is_closed(self) -> bool:
        return self.last_change is not None and self.last_change.status is MarketStatus.CLOSED


class MarketFeed:
    """What must be remembered between polls.

    In a market of two runners an offer on one shows on the other as its mirror, mostly off the ladder, where no order
    can be sent. Such a level counts at the next ladder price that is worse for the taker: an order there reaches it.
    `levels_moved` counts these, `levels_dropped` those for which the ladder has no price.
    Source: recorded prices of two-runner markets; Matchbook, "Exchange odds ladder".
    """

    def __init__(self, settings: Settings, listings: Iterable[Listing]) -> None:
        self.levels_moved = 0
        self.levels_dropped = 0
        self._settings = settings
        self._venue: VenueName = settings.venue
        self._fee: FeeTerms | None = None
        self._markets: dict[int, _Market] = {}
        for listing in listings:
            market = self._markets.setdefault(venue_id(listing.venue_market, of="market"), _Market())
            market.listings[venue_id(listing.selection, of="selection")] = listing

    # --- what to ask for ---

    def unfound(self) -> set[int]:
        """Markets whose event is not known yet."""
        return {number for number, market in self._markets.items() if not market.event_id}

    def events(self) -> tuple[list[int], list[int]]:
        """Events in which a market of ours may still be traded, and those in which all have closed."""
        open_: dict[int, bool] = {}
        for market in self._markets.values():
            if market.event_id:
                open_[market.event_id] = open_.get(market.event_id, False) or not market.is_closed
        return [event for event, is_open in open_.items() if is_open], [
            e for e, is_open in open_.items() if not is_open
        ]

    def missing(self, events: list[int], heard: list[Event]) -> list[tuple[int, int]]:
        """Event and number of each market of ours that an answer about these events does not hold."""
        present = {market.id for event in heard for market in event.markets}
        return [
            (market.event_id, number)
            for number, market in self._markets.items()
            if market.event_id in events and number not in present
        ]

    # --- what is learned elsewhere ---

    def set_fee(self, fee: FeeTerms) -> None:
        """What the account is charged where an offer has not told otherwise."""
        self._fee = fee

    def learn(self, offer: Offer) -> None:
        """What an offer of ours tells of its market: commission and delay; it shows in the next poll's facts."""
        market = self._markets.get(offer.market_id)
        if market is None:
            return
        maker, taker = offer.originator_commission_rate, offer.acceptor_commission_rate
        if maker is not None and taker is not None:
            fee = rules.offer_fee(offer.commission_type, maker_ppm=ppm(maker), taker_ppm=ppm(taker))
            market.fee = fee or market.fee
        market.delay_ms = offer.delay_ms or market.delay_ms

    def forget_books(self) -> None:
        """What was told counts no more: every next poll is told whole."""
        for market in self._markets.values():
            for book in market.books.values():
                book.prices = b""

    # --- facts ---

    def doubted(self, number: int, reason: str) -> list[Fact]:
        """A market could not be seen: its books may be wrong until it is seen again."""
        books = self._markets[number].books.values()
        told = tuple(book.instrument for book in books if book.prices)
        for book in books:
            book.prices = b""
        return [BooksDoubted(self._venue, told, reason)] if told else []

    def facts(self, events: list[Event], asked: int, *, priced: bool = True) -> list[Fact]:
        """One answer as facts; `asked` is its request's number, `priced` says whether it was asked for prices.

        Of a market that a later request has told about nothing is taken, and one that cannot be read is doubted.
        News that close a market come before the books, news that open it after them; all books in one fact.
        """
        first: list[Fact] = []
        last: list[Fact] = []
        books: list[Levels] = []
        for event in events:
            for seen in event.markets:
                market = self._markets.get(seen.id)
                if market is None or asked < market.asked:
                    continue
                market.asked, market.event_id = asked, event.id
                try:
                    runners = decode_runners(seen)
                    self._define(market, seen, runners, first, last)
                    books += self._books(market, runners) if priced else []
                except PeerBroke as error:
                    first += self.doubted(seen.id, str(error))
        if books:
            first.append(BooksChanged(self._venue, 0, books))
        return first + last

    # --- leaves ---

    def _define(
        self, market: _Market, seen: Market, runners: list[Runner], first: list[Fact], last: list[Fact]
    ) -> None:
        listed = self._listed(market, seen, runners)
        if listed != market.listed:
            market.listed = listed
            market.books = {int(item.listing.selection): _Book(item.id) for item in listed}
            first.append(InstrumentsListed(self._venue, listed))
        changed = self._changed(market, seen, runners)
        if changed != market.last_change:
            market.last_change = changed
            (last if changed.status is MarketStatus.OPEN else first).append(changed)

    def _listed(self, market: _Market, seen: Market, runners: list[Runner]) -> tuple[Instrument, ...]:
        """The market's instruments; what was listed once stays, for its orders do."""
        fee = market.fee or self._fee
        line = None if seen.handicap is None else exact(seen.handicap)
        if fee is None or not rules.is_traded(line):
            return market.listed
        settled_by = rules.settled_by(seen.market_type, seen.handicap, seen.name)
        least = self._settings.size_min_micros
        terms = rules.terms(currency=self._settings.currency, fee=fee, size_min_micros=least, settled_by=settled_by)
        present = {runner.id for runner in runners} | market.books.keys()
        return tuple(
            Instrument(
                instrument_id(self._venue, venue_market=listing.venue_market, selection=listing.selection),
                listing,
                terms,
            )
            for runner, listing in market.listings.items()
            if runner in present
        )

    def _changed(self, market: _Market, seen: Market, runners: list[Runner]) -> MarketChanged:
        """The market's state. The venue numbers no versions: each withdrawn runner is one."""
        removed = tuple(selection_id(runner.id) for runner in runners if runner.withdrawn)
        delay_ms = market.delay_ms or self._settings.in_play_delay_ms
        return MarketChanged(
            venue=self._venue,
            venue_market=VenueMarketId(str(seen.id)),
            status=market_status(seen.status),
            in_play=seen.in_running_flag,
            bet_delay_ms=delay_ms if seen.in_running_flag else 0,
            version=len(removed),
            removed=removed,
        )

    def _books(self, market: _Market, runners: list[Runner]) -> list[Levels]:
        by_runner = {runner.id: runner for runner in runners}
        told = []
        for number, book in market.books.items():
            runner = by_runner.get(number)
            if runner is None:
                continue
            raw = bytes(runner.prices)
            if raw == book.prices:
                told.append(book.proof)
                continue
            prices = decode_prices(runner)
            to_back = self._ticks([price for price in prices if price.side == TO_BACK], worse_is_lower=True)
            to_lay = self._ticks([price for price in prices if price.side == TO_LAY], worse_is_lower=False)
            told.append(Levels(book.instrument, to_back, to_lay, image=True))
            book.prices = raw
        return told

    def _ticks(self, prices: list[Price], *, worse_is_lower: bool) -> Ticks:
        """Sizes by tick; the copies of several levels that count at one price add up."""
        sizes: dict[int, int] = {}
        for price in prices:
            size, odds = micros(price.available_amount), price.decimal_odds
            if size < 0 or not odds.is_finite():
                raise PeerBroke(f"a level of {price.available_amount} at {odds}")
            tick = TICK_BY_ODDS.get(odds)
            if tick is None:
                tick = nearest_tick(odds, worse_is_lower=worse_is_lower)
                self.levels_moved += tick is not None
                self.levels_dropped += tick is None
            if tick is not None:
                sizes[tick] = sizes.get(tick, 0) + size
        return list(sizes.items())


@lru_cache(maxsize=4_096)
def nearest_tick(odds: Decimal, *, worse_is_lower: bool) -> int | None:
    """The next ladder price that is no better for a taker than odds off the ladder; None if there is none."""
    value = exact(odds)
    return CLASSIC.floor_tick(value) if worse_is_lower else CLASSIC.ceil_tick(value)
