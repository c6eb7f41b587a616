"""One subscription at work: its image, its changes when they are due, its heartbeats, and its place for next time.

Changes wait for the conflation, for the order stream's own lag, and for a reader that is slow; what waited together
is merged. A change is absolute, so a subscriber that hears one twice is no worse off. Of several messages only
the last carries the clock of the place that they lead to: who loses the connection in between hears all of them again.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from domain.ids import VenueMarketId
from venues.betfair.fake.books import Books
from venues.betfair.fake.clocks import Place, clock, read_clock
from venues.betfair.fake.feeds import Change, Feed
from venues.betfair.fake.forms import MS
from venues.sim.faults import Danger, Faults

RETRY_NS = 50 * MS
"""How soon a slow reader is looked at again."""

UNHEALTHY = 503


class Agreement(msgspec.Struct, frozen=True):
    """What was agreed: who asked, how often, under which name. `lag` draws how long each change waits, in ns."""

    id: int
    initial_clk: str
    conflate_ms: int
    heartbeat_ms: int
    segments: bool
    lag: Callable[[], int]


class Publication:
    """Writes one feed to one connection."""

    def __init__(
        self,
        books: Books,
        feed: Feed,
        agreed: Agreement,
        *,
        faults: Faults,
        write: Callable[[dict[str, Any], int], None],
        backlog: Callable[[], int],
    ) -> None:
        self._books = books
        self.feed = feed
        self._agreed = agreed
        self._faults = faults
        self._write = write
        self._backlog = backlog
        self._stamp = 0
        self._dirty: dict[VenueMarketId, int] = {}
        self._due_ns: int | None = None
        self._said_ns = 0
        self._flushed_ns = 0
        self._frozen_until_ns = 0
        self._unhealthy = False

    # --- the first message ---

    def knows(self, clk: str | None) -> bool:
        """Whether a clock names a place that there has been."""
        place = read_clock(clk) if clk else None
        return place is not None and place.stamp <= self._books.stamp

    def start(self, clk: str | None, now_ns: int) -> None:
        """Say what is new since a place that is not too old, else the image."""
        place = read_clock(clk) if clk else None
        fresh = place is not None and self._age_ms(place, now_ns) <= self._books.options.clock_life_ms
        since = place.stamp if place is not None and fresh else 0
        # Who was here before also hears what ended meanwhile.
        markets = self.feed.known() if since else self.feed.shown()
        changes = [change for market in markets if (change := self.feed.change(market, since))]
        self._stamp = self._books.stamp
        self._say_image(changes, "RESUB_DELTA" if since else "SUB_IMAGE", now_ns)

    def _age_ms(self, place: Place, now_ns: int) -> int:
        return self._books.wall_ms(now_ns) - place.told_ms

    def _say_image(self, changes: list[Change], kind: str, now_ns: int) -> None:
        agreed = self._agreed
        rates = {"conflateMs": agreed.conflate_ms, "heartbeatMs": agreed.heartbeat_ms}
        parts = _parts(changes, self._books.options.segment_markets if agreed.segments else len(changes))
        for k, part in enumerate(parts):
            message: dict[str, Any] = {}
            if k == len(parts) - 1:
                message = {"initialClk": agreed.initial_clk, "clk": self._clock(now_ns)}
            message |= rates | {"pt": self._books.wall_ms(now_ns), "ct": kind}
            if len(parts) > 1:
                message["segmentType"] = "SEG_START" if k == 0 else "SEG_END" if k == len(parts) - 1 else "SEG"
            if part:
                message[self.feed.key] = part
            self._say(message, now_ns)

    # --- changes ---

    def touch(self, markets: list[VenueMarketId], now_ns: int) -> None:
        """Something happened in these markets."""
        for market in markets:
            self._dirty[market] = self._dirty.get(market, 0) + 1
        conflated = self._flushed_ns + self._agreed.conflate_ms * MS if self._agreed.conflate_ms else 0
        due = max(now_ns + self._agreed.lag(), conflated, self._frozen_until_ns, self._late_until_ns())
        self._due_ns = due if self._due_ns is None else min(self._due_ns, due)
        if self._due_ns <= now_ns:
            self._flush(now_ns)

    def _late_until_ns(self) -> int:
        """Until when news about bets is held back."""
        mishaps = self._books.exchange.mishaps
        return 0 if mishaps is None or self.feed.op != "ocm" else mishaps.late_until_ns()

    def next_deadline(self) -> int:
        heartbeat = self._said_ns + self._agreed.heartbeat_ms * MS
        return heartbeat if self._due_ns is None else min(heartbeat, self._due_ns)

    def on_time(self, now_ns: int) -> None:
        if self._due_ns is not None and self._due_ns <= now_ns:
            self._flush(now_ns)
        if self._said_ns + self._agreed.heartbeat_ms * MS <= now_ns:
            message: dict[str, Any] = {"clk": self._clock(now_ns)}
            if self._unhealthy and now_ns < self._frozen_until_ns:
                message["status"] = UNHEALTHY
            self._say(message | {"pt": self._books.wall_ms(now_ns), "ct": "HEARTBEAT"}, now_ns)

    def _flush(self, now_ns: int) -> None:
        entity = f"{self._books.exchange.options.venue} {self.feed.op}"
        doing = "orders" if self.feed.op == "ocm" else "books"
        if self._backlog() > self._books.options.backlog_bytes_max:
            self._due_ns = now_ns + RETRY_NS
            return
        if self._faults.strikes(Danger.FEED_FROZEN, entity, doing):
            self._frozen_until_ns = self._due_ns = now_ns + self._faults.frozen_ns(entity)
            self._unhealthy = bool(self._faults.below(2, entity))
            return
        changes = [self._merged(market) for market in self._dirty]
        news = [change for change in changes if change is not None]
        self._dirty.clear()
        self._due_ns, self._flushed_ns = None, now_ns
        if len(news) > 1 and self._faults.strikes(Danger.MESSAGES_SWAPPED, entity, doing):
            news.reverse()
        before, self._stamp = self._stamp, self._books.stamp
        for k, change in enumerate(news, 1):
            place = Place(self._stamp if k == len(news) else before, self._books.wall_ms(now_ns))
            message = {"clk": clock(place), "pt": self._books.wall_ms(now_ns), self.feed.key: [change]}
            self._say(message, now_ns)
            if self._faults.strikes(Danger.MESSAGE_DOUBLED, entity, doing):
                self._say(message, now_ns)

    def _merged(self, market: VenueMarketId) -> Change | None:
        change = self.feed.change(market, self._stamp)
        if change is not None and self.feed.key == "mc" and self._dirty[market] > 1:
            change["con"] = True
        return change

    def _clock(self, now_ns: int) -> str:
        return clock(Place(self._stamp, self._books.wall_ms(now_ns)))

    def _say(self, message: dict[str, Any], now_ns: int) -> None:
        self._said_ns = now_ns
        self._write({"op": self.feed.op, "id": self._agreed.id} | message, now_ns)


def _parts(changes: list[Change], most: int) -> list[list[Change]]:
    """The changes in pieces of at most `most`; one piece even if there is nothing to tell."""
    return [changes[start : start + most] for start in range(0, len(changes), most or 1)] or [[]]
