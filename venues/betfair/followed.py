"""The markets that one feed follows: their listings, what was last told of each, and whether it may be believed."""

from collections.abc import Collection, Iterable

from domain.ids import InstrumentId, MarketId, VenueMarketId
from domain.markets import Instrument, Listing, MarketStatus
from domain.messages import MarketChanged
from venues.betfair.market_codec import RunnerKey, parse_selection, runner_key

TickByOdds = dict[float, int]


def check_lines(listings: Iterable[Listing]) -> None:
    """ValueError where a market of ours is anything but one line: of others both outcomes might win, or neither."""
    markets: dict[tuple[VenueMarketId, MarketId], list[Listing]] = {}
    for listing in listings:
        markets.setdefault((listing.venue_market, listing.market), []).append(listing)
    for (_, market), sides in markets.items():
        keys = [parse_selection(side.selection) for side in sides]
        is_line = len(keys) == len({runner for runner, _ in keys}) == 2 and sum(goals for _, goals in keys) == 0
        if any(goals for _, goals in keys) and len(keys) > 1 and not is_line:
            named = ", ".join(side.selection for side in sides)
            raise ValueError(f"market {market}: {named} are not one line: map a runner of either side, +x beside -x")


class FollowedMarket:
    """One market of ours: its listings, and the way from a runner to its instrument and ticks."""

    __slots__ = (
        "listings",
        "listed",
        "books",
        "last_change",
        "rules_hash",
        "unseen",
        "is_held",
        "has_start",
        "refused",
    )

    def __init__(self) -> None:
        self.rules_hash = ""
        self.listings: dict[RunnerKey, Listing] = {}
        self.listed: tuple[Instrument, ...] = ()
        self.books: dict[RunnerKey, tuple[InstrumentId, TickByOdds]] = {}
        self.last_change: MarketChanged | None = None
        self.unseen = False
        self.is_held = False
        self.has_start = False
        self.refused = ""

    @property
    def is_closed(self) -> bool:
        """Whether somebody told that it closed."""
        return self.last_change is not None and self.last_change.status is MarketStatus.CLOSED


class Followed:
    """Every mapped market by the venue's name."""

    def __init__(self, listings: Iterable[Listing]) -> None:
        self._by_name: dict[str, FollowedMarket] = {}
        for listing in listings:
            market = self._by_name.setdefault(listing.venue_market, FollowedMarket())
            market.listings[runner_key(*parse_selection(listing.selection))] = listing

    def __getitem__(self, name: str) -> FollowedMarket:
        return self._by_name[name]

    def why_not(self, instrument: InstrumentId) -> str:
        """Why nothing is sent on an instrument that is not listed."""
        market = self._by_name.get(instrument.split("/")[1])
        return f"is not listed: {market.refused}" if market is not None and market.refused else "is not listed"

    def find(self, name: str) -> FollowedMarket | None:
        """A market, None if it is not one of ours."""
        return self._by_name.get(name)

    def names(self) -> list[str]:
        """The venue's names of all markets of ours."""
        return list(self._by_name)

    def absent(self, present: Iterable[str], share: Collection[str] | None = None) -> list[str]:
        """Markets of ours, or of a share of them, that an image does not hold and that we have not seen closed: they
        closed unseen, or are not shown any more.
        """
        there, names = set(present), self._by_name if share is None else share
        return [name for name in names if name not in there and not self._by_name[name].is_closed]

    def traded(self) -> list[str]:
        """Markets with prices that are traded on: described, shown by a stream and not closed."""
        return [name for name, one in self._by_name.items() if one.listed and not one.unseen and not one.is_closed]

    def instruments(self, names: Iterable[str]) -> tuple[InstrumentId, ...]:
        """All that is listed of these markets."""
        return tuple(one.id for name in names for one in self._by_name[name].listed)

    def hold(self, name: str, *, held: bool) -> bool:
        """Keep a market's books back from now on, or do so no longer; whether that is news."""
        market = self._by_name[name]
        was, market.is_held = market.is_held, held
        return was is not held

    def unseen(self) -> list[VenueMarketId]:
        """Markets that the last image did not hold, that the stream has not shown since, and that nobody saw closed."""
        return [VenueMarketId(name) for name, one in self._by_name.items() if one.unseen and not one.is_closed]

    def remember(self, changed: MarketChanged) -> None:
        """A market's state was learned otherwise than from the stream."""
        if changed.venue_market in self._by_name:
            self._by_name[changed.venue_market].last_change = changed

    def bet_delay_ms(self, venue_market: str) -> int:
        """How long the market holds placements back now, as last told."""
        market = self._by_name.get(venue_market)
        return market.last_change.bet_delay_ms if market and market.last_change else 0
