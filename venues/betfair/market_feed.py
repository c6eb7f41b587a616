"""Messages of the market stream become facts: prices to ticks, sizes to millionths, definitions to market states."""

from collections.abc import Collection, Iterable
from functools import lru_cache
from math import floor, isfinite

import msgspec

from domain.ids import Currency, InstrumentId, VenueMarketId, VenueName, instrument_id
from domain.markets import Instrument, Listing, MarketStatus
from domain.messages import BooksChanged, BooksDoubted, Fact, InstrumentsListed, Levels, MarketChanged
from domain.odds import Band, PriceKind, ladder
from domain.terms import Terms
from venues.betfair import rules
from venues.betfair.followed import Followed, FollowedMarket, TickByOdds
from venues.betfair.market_codec import (
    REMOVED,
    RESULTS,
    MarketChange,
    MarketDefinition,
    Pairs,
    RunnerChange,
    RunnerKey,
    market_status,
    parse_selection,
    ppm_of_percent,
    runner_key,
    selection_id,
)
from venues.errors import PeerBroke

Ticks = list[tuple[int, int]]


@lru_cache(maxsize=64)
def tick_by_odds(bands: tuple[Band, ...]) -> TickByOdds:
    """Ticks by the float that a JSON number of that price is read as; shared, so never to be changed."""
    return {price / 100: tick for tick, price in enumerate(ladder(PriceKind.ODDS, bands).prices)}


class Description(msgspec.Struct, frozen=True):
    """What the catalogue, or a market definition, says of a market's terms; the latter tells no rules, the former not
    whether a starting price is still to be made: None here.
    """

    ladder: str
    betting_type: str
    market_type: str
    base_rate_percent: float
    discount_allowed: bool
    runners: frozenset[RunnerKey]
    rules_hash: str | None = None
    starting_price: bool | None = None


class MarketFeed:
    """What must be remembered between messages: which runners are ours, and the ladder that each stands on.

    Prices off the ladder cannot rest there; such rows are left out and counted in `rows_dropped`. `markets` is what is
    known of each of them.
    """

    def __init__(
        self, venue: VenueName, listings: Iterable[Listing], currency: Currency, plan: rules.CommissionPlan
    ) -> None:
        self.rows_dropped = 0
        self._venue = venue
        self._currency = currency
        self._plan = plan
        self.markets = Followed(listings)

    def describe(self, venue_market: str, description: Description) -> tuple[Instrument, ...]:
        """The market's instruments if their terms are news, else none; none also for what we do not trade."""
        market = self.markets.find(venue_market)
        if market is None:
            return ()
        if description.rules_hash is not None:
            market.rules_hash = description.rules_hash
        if description.starting_price is not None:
            market.has_start = description.starting_price
        market.refused = rules.refused(
            betting_type=description.betting_type, market_type=description.market_type, ladder=description.ladder
        )
        terms = None
        if not market.refused:
            terms = self._terms(description, market.rules_hash, starting_price=market.has_start)
        listed = tuple(
            Instrument(self._instrument_id(listing), listing, terms)
            for key, listing in market.listings.items()
            if terms is not None and key in description.runners
        )
        if listed == market.listed:
            return ()
        market.listed = listed
        market.books = {
            runner_key(*parse_selection(item.listing.selection)): (item.id, tick_by_odds(item.terms.bands))
            for item in listed
        }
        return listed

    def facts(
        self,
        changes: list[MarketChange],
        published_ms: int,
        *,
        image: bool = False,
        share: Collection[str] | None = None,
    ) -> list[Fact]:
        """One message, or all segments of one, as facts.

        News that close a market come before the books, news that open it after them; all books in one fact.
        With `image` the message is all there is: markets that are not in it are doubted, of all or of a share of them.
        """
        books: list[Levels] = []
        first: list[Fact] = []
        last: list[Fact] = []
        if image:
            first = self._doubted(changes, share)
            changes = _newest(changes)
        for change in changes:
            market = self.markets.find(change.id)
            if market is None:
                continue
            if change.market_definition is not None:
                market.unseen = False
                self._define(change.id, market, change.market_definition, first, last)
            if market.is_held:
                continue
            if change.img or image:
                books += self._image(market, change)
            elif change.rc is not None:
                self._deltas(market.books, change.rc, books)
        if books:
            changed = BooksChanged(self._venue, published_ms, books)
            return [*first, changed, *last] if first or last else [changed]
        return first + last

    # --- leaves ---

    def _deltas(
        self, by_runner: dict[RunnerKey, tuple[InstrumentId, TickByOdds]], rows: list[RunnerChange], books: list[Levels]
    ) -> None:
        previous = ""
        for rc in rows:
            to_back, to_lay = rc.atb, rc.atl
            if to_back is None and to_lay is None:
                continue
            book = by_runner.get((rc.id, rc.hc) if rc.hc else rc.id)
            if book is None:
                continue
            instrument, ticks = book
            backs: Ticks = []
            lays: Ticks = []
            try:
                if to_back is not None:
                    for odds, size in to_back:
                        backs.append((ticks[odds], floor(size * 1e6 + 0.5)))
                if to_lay is not None:
                    for odds, size in to_lay:
                        lays.append((ticks[odds], floor(size * 1e6 + 0.5)))
            except (KeyError, OverflowError, ValueError):
                backs, lays = self._careful_ticks(to_back or [], ticks), self._careful_ticks(to_lay or [], ticks)
            if instrument is previous:  # historic files split one runner over neighbouring entries
                books[-1].to_back.extend(backs)
                books[-1].to_lay.extend(lays)
            elif backs or lays:
                books.append(Levels(instrument, backs, lays))
                previous = instrument

    def _image(self, market: FollowedMarket, change: MarketChange) -> list[Levels]:
        rows: dict[RunnerKey, tuple[Ticks, Ticks]] = {key: ([], []) for key in market.books}
        for rc in change.rc or ():
            key = runner_key(rc.id, rc.hc)
            if key in rows:
                ticks = market.books[key][1]
                rows[key][0].extend(self._careful_ticks(rc.atb or [], ticks))
                rows[key][1].extend(self._careful_ticks(rc.atl or [], ticks))
        return [Levels(market.books[key][0], backs, lays, image=True) for key, (backs, lays) in rows.items()]

    def _careful_ticks(self, pairs: Pairs, ticks: TickByOdds) -> Ticks:
        """Any rows: with noise in the last digits of a price, off the ladder, or not numbers at all."""
        found = []
        for odds, size in pairs:
            if not (isfinite(size) and 0 <= size < 1e12):
                raise PeerBroke(f"market stream: size {size} at odds {odds}")
            tick = ticks.get(round(odds, 2)) if isfinite(odds) and abs(round(odds, 2) - odds) < 1e-6 else None
            if tick is None:
                self.rows_dropped += 1
            else:
                found.append((tick, floor(size * 1e6 + 0.5)))
        return found

    def _define(
        self,
        venue_market: str,
        market: FollowedMarket,
        definition: MarketDefinition,
        first: list[Fact],
        last: list[Fact],
    ) -> None:
        instruments = self.describe(venue_market, description(definition))
        if instruments:
            first.append(InstrumentsListed(self._venue, instruments))
        changed = market_changed(self._venue, venue_market, definition)
        if changed != market.last_change:
            market.last_change = changed
            (last if changed.status is MarketStatus.OPEN else first).append(changed)

    def _doubted(self, changes: list[MarketChange], share: Collection[str] | None) -> list[Fact]:
        absent = self.markets.absent((change.id for change in changes), share)
        for name in absent:
            self.markets[name].unseen = True
        books = [self.markets[name].books for name in absent]
        instruments = tuple(instrument for by_runner in books for instrument, _ in by_runner.values())
        return [BooksDoubted(self._venue, instruments, "not in the image")] if instruments else []

    def _terms(self, said: Description, settled_by: str, *, starting_price: bool) -> Terms | None:
        if not 0 <= said.base_rate_percent <= 100:  # no rate of commission, and no number either it may be
            return None
        fee = self._plan.fee(ppm_of_percent(said.base_rate_percent), discount_allowed=said.discount_allowed)
        return rules.terms(
            ladder=said.ladder,
            currency=self._currency,
            fee=fee,
            settled_by=settled_by,
            starting_price=starting_price,
        )

    def _instrument_id(self, listing: Listing) -> InstrumentId:
        return instrument_id(self._venue, venue_market=listing.venue_market, selection=listing.selection)


def description(definition: MarketDefinition) -> Description:
    """What a market definition says of the market's terms."""
    return Description(
        ladder=definition.price_ladder_definition.type,
        betting_type=definition.betting_type,
        market_type=definition.market_type,
        base_rate_percent=definition.market_base_rate,
        discount_allowed=definition.discount_allowed,
        runners=frozenset(runner_key(runner.id, runner.hc) for runner in definition.runners),
        starting_price=definition.bsp_market and not definition.bsp_reconciled and not definition.in_play,
    )


def market_changed(venue: VenueName, venue_market: str, definition: MarketDefinition) -> MarketChanged:
    """The market's state as a fact; results only once it is closed, since statuses before that are not final.

    Of lines none at all: how much of a bet on one won is not for a word to say; see `venues.betfair.lines`.
    """
    status = market_status(definition.status)
    runners = [(selection_id(runner.id, runner.hc), runner.status) for runner in definition.runners]
    judged = status is MarketStatus.CLOSED and not any(runner.hc for runner in definition.runners)
    return MarketChanged(
        venue=venue,
        venue_market=VenueMarketId(venue_market),
        status=status,
        in_play=definition.in_play,
        bet_delay_ms=definition.bet_delay * 1000,
        version=definition.version,
        removed=tuple(selection for selection, word in runners if word in REMOVED),
        results={selection: RESULTS[word] for selection, word in runners if judged and word in RESULTS},
    )


def _newest(changes: list[MarketChange]) -> list[MarketChange]:
    """An image may hold a market twice, once under an event that it has left: the higher version counts."""
    by_market: dict[str, MarketChange] = {}
    for change in changes:
        known = by_market.get(change.id)
        if known is None or _version(change) >= _version(known):
            by_market[change.id] = change
    return list(by_market.values())


def _version(change: MarketChange) -> int:
    return change.market_definition.version if change.market_definition is not None else -1
