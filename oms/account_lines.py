"""What venues' statements told, line by line: each line once, what stood before us, and what people left as it is."""

from collections.abc import Iterable, Iterator

import msgspec

from domain.account_lines import PAID_BY_RESULT, AccountLine, LineKind
from domain.ids import VenueMarketId, VenueName, VenueOrderId
from domain.treasury import AccountLinesReported
from oms.suspense import line_item


class Told:
    """One venue's lines by name, those of each market and order, and the day from which on they are ours to explain."""

    def __init__(self, since_ms: int) -> None:
        self.since_ms = since_ms
        self.latest_ms = since_ms
        self.before: dict[str, AccountLine] = {}
        self.lines: dict[str, AccountLine] = {}
        self.by_market: dict[VenueMarketId, dict[str, AccountLine]] = {}
        self.by_order: dict[VenueOrderId, dict[str, AccountLine]] = {}


class OfMarket(msgspec.Struct, frozen=True):
    """What the lines of a market add up to: what its bets paid, gross, and what was taken as commission."""

    profit_micros: int
    commission_micros: int


class AccountLines:
    """Changed by journalled facts alone."""

    def __init__(self) -> None:
        self.venues: dict[VenueName, Told] = {}
        self._left: dict[str, None] = {}

    def news(self, fact: AccountLinesReported) -> tuple[AccountLine, ...]:
        """The lines of a report that are new, or say something else than before; none from before our books."""
        told = self.venues.get(fact.venue)
        if told is None:
            return fact.lines
        return tuple(
            line
            for line in fact.lines
            if line not in (told.lines.get(line.id), told.before.get(line.id)) and not 0 < line.venue_ms < told.since_ms
        )

    def apply(self, fact: AccountLinesReported) -> None:
        """Take one record over. The first of a venue is what was there before us."""
        told = self.venues.get(fact.venue)
        if told is None:
            told = self.venues[fact.venue] = Told(fact.since_ms)
        for line in fact.lines:
            told.latest_ms = max(told.latest_ms, line.venue_ms)
            if line.venue_order_id is not None:
                told.by_order.setdefault(line.venue_order_id, {})[line.id] = line
            if fact.opening or line.id in told.before:
                told.before[line.id] = line
                continue
            was = told.lines.get(line.id)
            if was is not None and was.venue_market:
                del told.by_market[was.venue_market][line.id]
            told.lines[line.id] = line
            if line.venue_market:
                told.by_market.setdefault(line.venue_market, {})[line.id] = line

    def left(self, item: str) -> None:
        """Two people left what stood in suspense as it was."""
        self._left[item] = None

    def is_left(self, venue: VenueName, line: AccountLine) -> bool:
        """Whether a line was left as it is."""
        return line_item(venue, line.id) in self._left

    def of(self, venue: VenueName) -> Iterable[AccountLine]:
        """A venue's lines since our books were opened, in the order in which we heard of them."""
        told = self.venues.get(venue)
        return () if told is None else told.lines.values()

    def in_market(self, venue: VenueName, market: VenueMarketId) -> Iterator[AccountLine]:
        """The lines of one market."""
        told = self.venues.get(venue)
        yield from () if told is None else told.by_market.get(market, {}).values()

    def of_order(self, venue: VenueName, name: VenueOrderId | None) -> Iterable[AccountLine]:
        """The lines of one order, those too that were there before our books."""
        told = self.venues.get(venue)
        return () if told is None or name is None else told.by_order.get(name, {}).values()

    def snapshot(self) -> object:
        """What a digest holds of it: how many lines each venue told, and what they come to."""
        sums = [
            (venue, len(told.lines), sum(line.micros for line in told.lines.values()))
            for venue, told in sorted(self.venues.items())
        ]
        return sums, sorted(self._left)


def running(lines: Iterable[AccountLine]) -> Iterator[OfMarket]:
    """What lines of one market come to behind each of them."""
    profit = commission = 0
    for line in lines:
        if line.kind in PAID_BY_RESULT:
            profit += line.micros
        elif line.kind is LineKind.COMMISSION:
            commission -= line.micros
        yield OfMarket(profit, commission)


def summed(lines: Iterable[AccountLine]) -> OfMarket:
    """What lines of one market come to."""
    return [OfMarket(0, 0), *running(lines)][-1]
