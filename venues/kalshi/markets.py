"""What is known of our markets: terms, state, shard; and the facts that follow when any of it changes.

The venue tells of pauses, determinations and new price grids, but neither of the opening nor of the closing of a
market: those come by the clock, from times that may still be moved. A market that is open by itself is suspended while
its shard does not trade, and for a while after an order was refused because trading was paused.
Source: Kalshi docs, "Market Lifecycle" and "Maintenance and Pauses".
"""

from collections.abc import Iterable

import msgspec

from domain.fees import QuadraticFee
from domain.ids import Currency, InstrumentId, SelectionId, VenueMarketId, VenueName, instrument_id
from domain.markets import Instrument, Listing, MarketStatus, Result
from domain.messages import InstrumentsListed, MarketChanged
from domain.odds import Band, Ladder, ladder
from venues.base import Emit
from venues.kalshi import rules
from venues.kalshi.amounts import unix_ms
from venues.kalshi.market_codec import EVENT_WORDS, RESULTS, WITH_RESULT, LifecycleDetail, bands, market_status
from venues.kalshi.rest_codec import ExchangeStatus, MarketRow
from venues.kalshi.rest_targets import Place

HALT_MS = 30_000
"""How long a market is left alone after it refused an order because trading was paused."""


class Known(msgspec.Struct):
    """One market of ours: as listed, as the venue described it, and as it was last told to the engine."""

    listing: Listing
    instrument: Instrument | None = None
    event: str = ""
    shard: int | None = None
    word: str = ""
    result: str = ""
    opens_ms: int = 0
    closes_ms: int = 0
    halted_until_ms: int = 0
    bands: tuple[Band, ...] | None = None
    fee: QuadraticFee | None = None
    rules_hash: str = ""
    told: MarketChanged | None = None


class Target(msgspec.Struct, frozen=True):
    """Where an instrument's orders go, and the prices that they may have."""

    place: Place
    ladder: Ladder


def yes_book(venue: VenueName, ticker: str) -> InstrumentId:
    """The key of a market's YES book, whether or not we trade it."""
    return instrument_id(venue, venue_market=VenueMarketId(ticker), selection=rules.YES)


class Markets:
    """All markets of the mapping; ValueError for a listing of anything but YES."""

    def __init__(self, venue: VenueName, currency: Currency, listings: Iterable[Listing], tell: Emit) -> None:
        self._venue = venue
        self._currency = currency
        self._tell = tell
        self._paused: set[int] = set()
        self._known: dict[str, Known] = {}
        self._by_instrument: dict[InstrumentId, Known] = {}
        for listing in listings:
            if listing.selection != rules.YES:
                raise ValueError(f"selection of {listing.venue_market} must be 'yes', not {listing.selection!r}")
            known = self._known[listing.venue_market] = Known(listing)
            self._by_instrument[yes_book(venue, listing.venue_market)] = known

    def tickers(self) -> list[str]:
        """The venue's names of all markets of ours."""
        return list(self._known)

    def shards(self) -> set[int]:
        """Where the markets of ours are that are listed."""
        return {known.shard or 0 for known in self._known.values() if known.instrument is not None}

    def has_event(self, event: str) -> bool:
        """Whether a market of ours belongs to this event."""
        return any(known.event == event for known in self._known.values())

    def target(self, instrument: InstrumentId) -> Target | None:
        """Where an instrument's orders go; None if its terms are not known."""
        known = self._by_instrument.get(instrument)
        if known is None or known.instrument is None:
            return None
        terms = known.instrument.terms
        return Target(Place(known.listing.venue_market, known.shard), ladder(terms.kind, terms.bands))

    # --- what the venue says ---

    def learn(self, row: MarketRow, fee: QuadraticFee | None, wall_ms: int) -> None:
        """Take over a market's description; without a fee that we can reckon with it is not traded."""
        known = self._known.get(row.ticker)
        if known is None:
            return
        known.event, known.shard = row.event_ticker, row.exchange_index
        known.word, known.result = row.status, row.result
        known.opens_ms, known.closes_ms = unix_ms(row.open_time), unix_ms(row.close_time)
        known.bands = bands(row.price_ranges) if row.market_type == "binary" else None
        known.fee = fee
        known.rules_hash = rules.settled_by(row.rules_primary, row.rules_secondary, row.yes_sub_title)
        self._list(known)
        self._show(row.ticker, known, wall_ms)

    def hear(self, said: LifecycleDetail, wall_ms: int) -> None:
        """Take over one event in the life of a market."""
        known = self._known.get(said.market_ticker)
        if known is None:
            return
        known.word = EVENT_WORDS.get(said.event_type, known.word)
        known.result = said.result or known.result
        if said.close_ts is not None:
            known.closes_ms = said.close_ts * 1_000
            if known.word == "closed" and known.closes_ms > wall_ms:
                known.word = "active"
        if said.price_ranges:
            known.bands = bands(said.price_ranges)
            self._list(known)
        self._show(said.market_ticker, known, wall_ms)

    def pause(self, status: ExchangeStatus, wall_ms: int) -> None:
        """Which shards trade now; shard 0 stands for those that are not listed."""
        shards = {one.exchange_index: one for one in status.exchange_index_statuses or ()}
        trades = {index: one.exchange_active and one.trading_active for index, one in shards.items()}
        trades.setdefault(0, status.exchange_active and status.trading_active)
        for ticker, known in self._known.items():
            shard = known.shard or 0
            if trades.get(shard, trades[0]):
                self._paused.discard(shard)
            else:
                self._paused.add(shard)
            self._show(ticker, known, wall_ms)

    def halt(self, ticker: str, wall_ms: int) -> None:
        """An order was refused because trading is paused: leave the market alone for a while."""
        known = self._known.get(ticker)
        if known is not None:
            known.halted_until_ms = wall_ms + HALT_MS
            self._show(ticker, known, wall_ms)

    # --- the clock ---

    def turns_ms(self, wall_ms: int) -> int | None:
        """The next Unix time at which a market changes by the clock alone."""
        times = [
            turn_ms
            for known in self._known.values()
            for turn_ms in (known.opens_ms, known.closes_ms, known.halted_until_ms)
            if turn_ms > wall_ms and known.word in ("initialized", "active")
        ]
        return min(times, default=None)

    def turn(self, wall_ms: int) -> None:
        """Tell what the clock has changed."""
        for ticker, known in self._known.items():
            self._show(ticker, known, wall_ms)

    # --- leaves ---

    def _list(self, known: Known) -> None:
        terms = None
        if known.bands is not None and known.fee is not None:
            terms = rules.terms(
                known.bands, known.fee, self._currency, shard=known.shard or 0, settled_by=known.rules_hash
            )
        if terms is None:
            return
        listing = known.listing
        listed = Instrument(yes_book(self._venue, listing.venue_market), listing, terms)
        if listed != known.instrument:
            known.instrument = listed
            self._tell(InstrumentsListed(self._venue, (listed,)))

    def _show(self, ticker: str, known: Known, wall_ms: int) -> None:
        if not known.word:
            return
        has_result = known.word in WITH_RESULT and known.result in RESULTS
        results: dict[SelectionId, Result] = {rules.YES: RESULTS[known.result]} if has_result else {}
        changed = MarketChanged(
            venue=self._venue,
            venue_market=VenueMarketId(ticker),
            status=self._status(known, wall_ms),
            in_play=False,
            results=results,
        )
        if changed != known.told:
            known.told = changed
            self._tell(changed)

    def _status(self, known: Known, wall_ms: int) -> MarketStatus:
        status = market_status(known.word)
        if known.word == "initialized" and known.opens_ms and known.opens_ms <= wall_ms:
            status = MarketStatus.OPEN
        if status is not MarketStatus.OPEN:
            return status
        if known.closes_ms and known.closes_ms <= wall_ms:
            return MarketStatus.INACTIVE
        is_held = known.halted_until_ms > wall_ms or (known.shard or 0) in self._paused
        return MarketStatus.SUSPENDED if is_held else status
