"""What venues' statements told, line by line: each line once, what stood before us, and what people left as it is."""

from collections.abc import Hashable, Iterable, Iterator
from typing import TypeVar

import msgspec

from domain.account_lines import MOVED_BY_HAND, PAID_BY_RESULT, AccountLine, LineKind
from domain.ids import VenueMarketId, VenueName, VenueOrderId
from domain.treasury import AccountLinesReported
from oms.line_store import LineStore, MemoryLines, StoredLine
from oms.suspense import line_item

K = TypeVar("K", bound=Hashable)


LINES_MAX = 10_000
"""Lines of one venue kept at hand, up to one kB each with what finds them; then the oldest goes to the store."""


class Told:
    """One venue's lines by name, those of each market and order, and the day from which on they are ours to explain.

    `lines` are those at hand, `by_hand` all about money that people moved, of which there is little; `count` and
    `micros` are how many there are since our books were opened, wherever they are, and what they come to.
    """

    def __init__(self, since_ms: int) -> None:
        self.since_ms = since_ms
        self.latest_ms = since_ms
        self.before: dict[str, AccountLine] = {}
        self.lines: dict[str, AccountLine] = {}
        self.by_market: dict[VenueMarketId, dict[str, AccountLine]] = {}
        self.by_order: dict[VenueOrderId, dict[str, AccountLine]] = {}
        self.by_hand: dict[str, AccountLine] = {}
        self.count = self.micros = 0

    @property
    def all_at_hand(self) -> bool:
        """Whether none has gone to the store."""
        return len(self.lines) == self.count

    def keep(self, line: AccountLine) -> None:
        """Have a line at hand, in place of what it said before."""
        self._forget(self.lines.get(line.id))
        self.lines[line.id] = line
        if line.venue_market:
            self.by_market.setdefault(line.venue_market, {})[line.id] = line
        if line.venue_order_id is not None:
            self.by_order.setdefault(line.venue_order_id, {})[line.id] = line
        if line.kind in MOVED_BY_HAND:
            self.by_hand[line.id] = line
        else:
            self.by_hand.pop(line.id, None)

    def take_oldest(self) -> AccountLine:
        """Let go of the line that was heard of first."""
        line = self.lines.pop(next(iter(self.lines)))
        self._forget(line)
        return line

    def _forget(self, line: AccountLine | None) -> None:
        if line is not None and line.venue_market:
            _take_from(self.by_market, line.venue_market, line.id)
        if line is not None and line.venue_order_id is not None:
            _take_from(self.by_order, line.venue_order_id, line.id)


class OfMarket(msgspec.Struct, frozen=True):
    """What the lines of a market add up to: what its bets paid, gross, and what was taken as commission."""

    profit_micros: int
    commission_micros: int


class AccountLines:
    """Changed by journalled facts alone. What has left memory is found like what is there."""

    def __init__(self, *, store: LineStore | None = None, lines_max: int = LINES_MAX) -> None:
        self.venues: dict[VenueName, Told] = {}
        self.lines_max = lines_max
        self._store = store or MemoryLines()
        self._left: dict[str, None] = {}

    def move_to(self, store: LineStore) -> None:
        """Have another store from now on, with everything that the one so far holds."""
        for stored in self._store.every():
            store.put(stored)
        self._store = store

    def news(self, fact: AccountLinesReported) -> tuple[AccountLine, ...]:
        """The lines of a report that are new, or say something else than before; none from before our books."""
        told = self.venues.get(fact.venue)
        if told is None:
            return fact.lines
        return tuple(
            line
            for line in fact.lines
            if not 0 < line.venue_ms < told.since_ms
            and line not in (told.before.get(line.id), self.find(fact.venue, line.id))
        )

    def apply(self, fact: AccountLinesReported) -> None:
        """Take one record over. The first of a venue is what was there before us."""
        told = self.venues.get(fact.venue)
        if told is None:
            told = self.venues[fact.venue] = Told(fact.since_ms)
        for line in fact.lines:
            told.latest_ms = max(told.latest_ms, line.venue_ms)
            if fact.opening or line.id in told.before:
                told.before[line.id] = line
                if line.venue_order_id is not None:
                    told.by_order.setdefault(line.venue_order_id, {})[line.id] = line
                continue
            was = self.find(fact.venue, line.id)
            told.count += was is None
            told.micros += line.micros - (0 if was is None else was.micros)
            told.keep(line)
            if len(told.lines) > self.lines_max:
                self._store.put(StoredLine(fact.venue, told.take_oldest()))

    def left(self, item: str) -> None:
        """Two people left what stood in suspense as it was."""
        self._left[item] = None

    def is_left(self, venue: VenueName, line: AccountLine) -> bool:
        """Whether a line was left as it is."""
        return line_item(venue, line.id) in self._left

    def find(self, venue: VenueName, name: str) -> AccountLine | None:
        """A venue's line since our books were opened, by its name."""
        told = self.venues.get(venue)
        if told is None:
            return None
        return told.lines.get(name) or (None if told.all_at_hand else self._store.find(venue, name))

    def of(self, venue: VenueName) -> Iterator[AccountLine]:
        """A venue's lines since our books were opened, in no order."""
        told = self.venues.get(venue)
        if told is not None:
            yield from told.lines.values()
            if not told.all_at_hand:
                yield from (at.line for at in self._store.every() if at.venue == venue and at.line.id not in told.lines)

    def moved_by_hand(self, venue: VenueName) -> Iterable[AccountLine]:
        """Those of them about money that people moved, in the order in which we heard of them."""
        told = self.venues.get(venue)
        return () if told is None else told.by_hand.values()

    def in_market(self, venue: VenueName, market: VenueMarketId) -> Iterator[AccountLine]:
        """The lines of one market, in the order in which we heard of them."""
        told = self.venues.get(venue)
        if told is not None:
            if not told.all_at_hand:
                stored = self._store.in_market(venue, market)
                yield from (line for line in stored if line.venue_market == market and line.id not in told.lines)
            yield from told.by_market.get(market, {}).values()

    def of_order(self, venue: VenueName, name: VenueOrderId | None) -> Iterator[AccountLine]:
        """The lines of one order, those too that were there before our books."""
        told = self.venues.get(venue)
        if told is not None and name is not None:
            if not told.all_at_hand:
                stored = self._store.of_order(venue, name)
                yield from (line for line in stored if line.venue_order_id == name and line.id not in told.lines)
            yield from told.by_order.get(name, {}).values()

    def snapshot(self) -> object:
        """What a digest holds of it: how many lines each venue told, and what they come to."""
        sums = [(venue, told.count, told.micros) for venue, told in sorted(self.venues.items())]
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


def _take_from(shelves: dict[K, dict[str, AccountLine]], key: K, name: str) -> None:
    """Take a line off one of many shelves, of which empty ones are not kept."""
    shelf = shelves[key]
    del shelf[name]
    if not shelf:
        del shelves[key]
