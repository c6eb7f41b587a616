"""Polled events become facts: prices to ticks, sizes to millionths, only what changed, and proof for the rest."""

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from domain.fees import FeeTerms
from domain.ids import VenueMarketId, VenueName, instrument_id
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
)
from venues.matchbook.followed import Followed, FollowedBook, FollowedMarket
from venues.matchbook.offers_codec import Offer
from venues.matchbook.settings import Settings

Ticks = list[tuple[int, int]]

TICK_BY_PRICE = CLASSIC.tick_by_price
TICK_BY_ODDS: dict[Decimal, int] = {Decimal(price) / 100: tick for tick, price in enumerate(CLASSIC.prices)}
TO_BACK, TO_LAY = "back", "lay"


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
        self.followed = Followed(listings)
        self._markets = self.followed.markets

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

    def doubted(self, numbers: Iterable[int], reason: str) -> list[Fact]:
        """Markets could not be seen: their books may be wrong until they are seen again."""
        books = [book for number in numbers for book in self._markets[number].books.values()]
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
                    first += self.doubted([seen.id], str(error))
        return [*first, *self._changes(books), *last]

    def pushed(self, event: int, seen: Market, runners: list[Runner]) -> list[Fact]:
        """One market of ours as a feed pushed it, with its runners beside it."""
        first: list[Fact] = []
        last: list[Fact] = []
        market = self._markets[seen.id]
        market.asked, market.event_id = self.followed.number(), event
        self._define(market, seen, runners, first, last)
        return [*first, *self._changes(self._books(market, runners)), *last]

    def proofs(self, numbers: Iterable[int]) -> list[Fact]:
        """The books of these markets are as they were told."""
        books = [book.proof for one in numbers for book in self._markets[one].books.values() if book.prices]
        return self._changes(books)

    # --- leaves ---

    def _changes(self, books: list[Levels]) -> list[Fact]:
        return [BooksChanged(self._venue, 0, books)] if books else []

    def _define(
        self, market: FollowedMarket, seen: Market, runners: list[Runner], first: list[Fact], last: list[Fact]
    ) -> None:
        listed = self._listed(market, seen, runners)
        if listed != market.listed:
            market.listed = listed
            market.books = {int(item.listing.selection): FollowedBook(item.id) for item in listed}
            first.append(InstrumentsListed(self._venue, listed))
        changed = self._changed(market, seen, runners)
        if changed != market.last_change:
            market.last_change = changed
            (last if changed.status is MarketStatus.OPEN else first).append(changed)

    def _listed(self, market: FollowedMarket, seen: Market, runners: list[Runner]) -> tuple[Instrument, ...]:
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

    def _changed(self, market: FollowedMarket, seen: Market, runners: list[Runner]) -> MarketChanged:
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

    def _books(self, market: FollowedMarket, runners: list[Runner]) -> list[Levels]:
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
