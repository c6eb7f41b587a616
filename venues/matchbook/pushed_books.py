"""Books as the feed pushes them: what is held of each market, told as facts, and looked over by a slow poll.

A poll's answer that says otherwise of a runner about which the feed was silent all the while means that the feed is
wrong there, however well its heartbeats go on.
"""

from collections import deque
from collections.abc import Callable
from decimal import Decimal

import msgspec

from domain.markets import MarketStatus
from domain.messages import Fact
from venues.errors import PeerBroke
from venues.matchbook import stream_codec as codec
from venues.matchbook.events_codec import Event, Market, Runner, decode_prices, decode_runners, market_status
from venues.matchbook.market_feed import MarketFeed
from venues.matchbook.stream_codec import Frame

LAG_NS = 1_000_000_000
"""How much later than a poll the feed may tell the same, or earlier: within it neither can be blamed."""
CHECKS_MAX = 1_000

Level = tuple[str, Decimal, Decimal]


class _Held:
    """One market as it was pushed. `changed_ns`: when the feed last spoke of it."""

    __slots__ = ("event", "market", "runners", "changed_ns")

    def __init__(self, event: int, market: Market, now_ns: int) -> None:
        self.event = event
        self.market = market
        self.runners = {runner.id: runner for runner in decode_runners(market)}
        self.changed_ns = now_ns


class _Check(msgspec.Struct, frozen=True):
    """What a poll said of a market, and what it was compared with."""

    seen: Market
    asked_ns: int
    due_ns: int


class PushedBooks:
    """The follower of prices.

    `tell` gets the facts, `came` is called when a whole picture came, `lost` when nothing of it counts any more;
    `disproved` when a poll has shown the feed to be wrong.
    """

    def __init__(
        self,
        feed: MarketFeed,
        *,
        tell: Callable[[list[Fact], int], None],
        came: Callable[[], None],
        lost: Callable[[int], None],
        disproved: Callable[[str, int], None],
    ) -> None:
        self._feed = feed
        self._tell = tell
        self._came = came
        self._lost = lost
        self._disproved = disproved
        self._held: dict[int, _Held] = {}
        self._events: dict[int, str] = {}
        self._checks: deque[_Check] = deque(maxlen=CHECKS_MAX)

    def covers(self, market: int) -> bool:
        """Whether the feed tells of this market now: then it is the feed that is believed, and not a poll."""
        return market in self._held

    # --- the Follower port ---

    def whole(self, frame: Frame, now_ns: int) -> None:
        if frame.type != "master":
            raise PeerBroke(f"prices: {frame.type} came where a master was due")
        self._master(codec.decode_master(frame), now_ns)
        self._came()

    def heard(self, frame: Frame, now_ns: int) -> None:
        if frame.type == "price-update":
            self._update(frame, now_ns)
        elif frame.type == "event-update":
            self._update_event(frame, now_ns)
        elif frame.type == "master":
            self._master(codec.decode_master(frame), now_ns)

    def proven(self, now_ns: int) -> None:
        self._tell(self._feed.proofs(self._held), now_ns)

    def broken(self, reason: str, now_ns: int) -> None:
        held = list(self._held)
        self._held.clear()
        self._checks.clear()
        self._tell(self._feed.doubted(held, reason), now_ns)
        self._lost(now_ns)

    # --- the slow poll ---

    def check(self, events: list[Event], asked_ns: int, now_ns: int) -> None:
        """Keep what a poll says of markets that the feed tells of, until the feed has had time to say the same."""
        for event in events:
            self._checks.extend(
                _Check(seen, asked_ns, now_ns + LAG_NS) for seen in event.markets if seen.id in self._held
            )

    def next_deadline(self) -> int | None:
        """When the first answer of a poll can be judged by."""
        return self._checks[0].due_ns if self._checks else None

    def on_time(self, now_ns: int) -> None:
        """Judge the feed by the polls whose time has come."""
        while self._checks and self._checks[0].due_ns <= now_ns:
            check = self._checks.popleft()
            held = self._held.get(check.seen.id)
            if held is None or held.changed_ns > check.asked_ns - LAG_NS:
                continue
            if differs(check.seen, held.market, held.runners):
                self._disproved(f"a poll of market {check.seen.id} shows what the feed never told", now_ns)

    # --- leaves ---

    def _master(self, events: list[Event], now_ns: int) -> None:
        """The whole picture: it replaces what was held, and what it leaves out is not told of by the feed."""
        before = self._held
        self._held = {
            market.id: _Held(event.id, market, now_ns)
            for event in events
            for market in event.markets
            if market.id in self._feed.followed
        }
        self._events.clear()
        facts = self._feed.doubted(before.keys() - self._held.keys(), "missing from a master")
        for held in self._held.values():
            facts += self._facts(held)
        self._tell(facts, now_ns)

    def _update(self, frame: Frame, now_ns: int) -> None:
        news = codec.decode_market(frame)
        held = self._held.get(news.id)
        if held is None:
            return
        held.market, held.changed_ns = codec.with_news(held.market, news), now_ns
        for row in news.runners:
            if row.id in held.runners:
                held.runners[row.id] = codec.replaced(held.runners[row.id], row)
        self._tell(self._facts(held), now_ns)

    def _update_event(self, frame: Frame, now_ns: int) -> None:
        """An event that is not open has no market that is; what each is by itself its own news say."""
        news = codec.decode_event(frame)
        if news.status:
            self._events[news.id] = news.status
        facts: list[Fact] = []
        for held in self._held.values():
            if held.event == news.id:
                held.changed_ns = now_ns
                facts += self._facts(held)
        self._tell(facts, now_ns)

    def _facts(self, held: _Held) -> list[Fact]:
        market, above = held.market, self._events.get(held.event, "open")
        if market_status(above) is not MarketStatus.OPEN and market_status(market.status) is MarketStatus.OPEN:
            market = msgspec.structs.replace(market, status=above)
        return self._feed.pushed(held.event, market, list(held.runners.values()))


def differs(seen: Market, market: Market, runners: dict[int, Runner]) -> bool:
    """Whether a poll shows another state, or other prices, than are held; runners that one of them lacks are left."""
    if market_status(seen.status) is not market_status(market.status):
        return True
    if seen.in_running_flag is not market.in_running_flag:
        return True
    return any(
        levels(runner) != levels(runners[runner.id]) or runner.withdrawn is not runners[runner.id].withdrawn
        for runner in decode_runners(seen)
        if runner.id in runners
    )


def levels(runner: Runner) -> list[Level]:
    """A runner's prices in one order."""
    return sorted((price.side, price.decimal_odds, price.available_amount) for price in decode_prices(runner))
