"""Detectors behind the breakers: what went wrong how often, per venue and market; each says when to trip.

| breaker | of | trips on | goes back |
| --- | --- | --- | --- |
| stale, crossed | a venue's market | its book was so n times within a minute | after a quiet time |
| one side | a venue's market | n of our orders were matched within seconds on one side of an outcome | when quiet |
| fills | a venue's market | n of our orders were matched within a minute, on whichever sides | after a quiet time |
| rejects | a venue | a share of its last answers were unusual refusals | after a quiet time |
| latency | a venue | half of its last answers took too long | after a quiet time |
| clock skew | a venue | its clock and ours differ by too much | as soon as they agree again |
| complements | a venue's market | its outcomes' prices do not add up, as after a mix-up of sides | as soon as they do |
| drift | a venue's market | its position and ours differ by more than what is in flight | when they agree again |
| rules | a venue's market | it settles by another text than was reviewed | when the venue tells the old one again |

A feed that was held up and delivers what is old shows as a clock that is behind. It is stale, and no skew.

A book that is stale or crossed is not traded on at that moment anyway; a breaker says that it is so again and again.
Refusals in a row are counted beside this, in `risk.breakers`, and so are a desk's and a strategy's losses: they
latch until a person releases them.
"""

from collections import deque

import msgspec

from domain.ids import VenueMarketId, VenueName
from domain.orders import OTHER_SIDE, Side
from domain.stops import WHOLE_VENUE, BreakerCause, BreakerReset, BreakerTripped
from risk.windows import COUNT_MAX, MINUTE_NS, Lowest, Times

SECOND_NS = 1_000_000_000
LAGS_NS = 5 * MINUTE_NS
"""A stamp that lay behind is held against the promptest within so long."""

ITSELF = "desk"
"""Who resets a breaker whose cause has gone."""

NO_REST = frozenset({BreakerCause.RULES})
"""Causes that do not go by themselves with time."""

Key = tuple[VenueName, VenueMarketId, BreakerCause]


class BreakerRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[breakers]`: how much of each trouble is too much, and how long it must be quiet afterwards."""

    bad_books_per_minute: int = 6
    one_side_fills: int = 12
    one_side_s: int = 15
    fills_per_minute: int = 300
    answers: int = 20
    reject_pct: int = 50
    slow_ms: int = 3_000
    skew_ms: int = 0
    quiet_s: int = 60

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            least, most = 0 if name == "skew_ms" else 1, 100 if name == "reject_pct" else COUNT_MAX
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} must be at least {least} and at most {most}, not {getattr(self, name)}")


class _Answers:
    """The last answers of a venue: whether each was an unusual refusal, and whether it was slow."""

    def __init__(self, count: int) -> None:
        self.refused: deque[bool] = deque(maxlen=count)
        self.slow: deque[bool] = deque(maxlen=count)


class Watch:
    """Counts troubles; trips and resets wait in `news` until they are taken. Time is monotonic."""

    def __init__(self, rules: BreakerRules) -> None:
        self._rules = rules
        self._counts: dict[Key, Times] = {}
        self._sides: dict[tuple[VenueName, VenueMarketId], dict[tuple[int, Side], Times]] = {}
        self._answers: dict[VenueName, _Answers] = {}
        self._lags: dict[VenueName, Lowest] = {}
        self._last_ns: dict[Key, int] = {}
        self._news: list[BreakerTripped | BreakerReset] = []

    def news(self, now_ns: int) -> list[BreakerTripped | BreakerReset]:
        """What tripped since the last look, and what has been quiet for long enough."""
        for key, last_ns in [*self._last_ns.items()]:
            if key[2] not in NO_REST and now_ns - last_ns >= self._rules.quiet_s * SECOND_NS:
                self._reset(key, f"quiet for {self._rules.quiet_s} s")
        news, self._news = self._news, []
        return news

    def reopen(self, tripped: BreakerTripped, now_ns: int) -> None:
        """A breaker that was open when this process took over: its quiet time begins now."""
        self._last_ns[tripped.venue, tripped.venue_market, tripped.cause] = now_ns

    def book_bad(self, venue: VenueName, market: VenueMarketId, cause: BreakerCause, now_ns: int) -> None:
        """A book of the market became stale, or crossed."""
        key = venue, market, cause
        times = self._counts.get(key)
        if times is None:
            times = self._counts[key] = Times(self._rules.bad_books_per_minute, MINUTE_NS)
        if times.add(now_ns) or key in self._last_ns:
            self._trip(key, now_ns, f"{self._rules.bad_books_per_minute} times within a minute")

    def filled(self, venue: VenueName, market: VenueMarketId, side: Side, now_ns: int, *, outcome: int = 0) -> None:
        """An order of ours was matched; a match on the outcome's other side begins the count of this one anew.

        Whoever makes both sides of several outcomes is matched on either side of each; on one alone by who knows more.
        """
        self._filled((venue, market, BreakerCause.FILLS), now_ns)
        sides = self._sides.setdefault((venue, market), {})
        sides.pop((outcome, OTHER_SIDE[side]), None)
        times = sides.get((outcome, side))
        if times is None:
            times = sides[outcome, side] = Times(self._rules.one_side_fills, self._rules.one_side_s * SECOND_NS)
        if times.add(now_ns):
            times.clear()
            most, within = self._rules.one_side_fills, self._rules.one_side_s
            detail = f"{most} orders matched on the {side} side of one outcome within {within} s"
            self._trip((venue, market, BreakerCause.ONE_SIDE), now_ns, detail)

    def _filled(self, key: Key, now_ns: int) -> None:
        """Matches that come too fast for trading as it was meant, whoever is at fault."""
        times = self._counts.get(key)
        if times is None:
            times = self._counts[key] = Times(self._rules.fills_per_minute, MINUTE_NS)
        if times.add(now_ns):
            times.clear()
            self._trip(key, now_ns, f"{self._rules.fills_per_minute} orders matched within a minute")

    def forget(self, venue: VenueName, market: VenueMarketId) -> None:
        """The market is settled: no count of it is needed again. A breaker that is open there still closes in time."""
        self._sides.pop((venue, market), None)
        for cause in BreakerCause:
            self._counts.pop((venue, market, cause), None)

    def answered(self, venue: VenueName, took_ns: int, now_ns: int, *, refused: bool) -> None:
        """A venue answered a placement."""
        rules = self._rules
        last = self._answers.get(venue)
        if last is None:
            last = self._answers[venue] = _Answers(rules.answers)
        last.refused.append(refused)
        last.slow.append(took_ns > rules.slow_ms * 1_000_000)
        if len(last.slow) < rules.answers:
            return
        if refused and sum(last.refused) * 100 >= rules.reject_pct * rules.answers:
            detail = f"{sum(last.refused)} of its last {rules.answers} answers were refusals"
            last.refused.clear()
            last.slow.clear()
            self._trip((venue, WHOLE_VENUE, BreakerCause.REJECTS), now_ns, detail)
        elif last.slow[-1] and sum(last.slow) * 2 >= rules.answers:
            detail = f"{sum(last.slow)} of its last {rules.answers} answers took longer than {rules.slow_ms} ms"
            last.refused.clear()
            last.slow.clear()
            self._trip((venue, WHOLE_VENUE, BreakerCause.LATENCY), now_ns, detail)

    def refusals_left(self, venue: VenueName) -> int:
        """How many more of a venue's next answers may be unusual refusals before its breaker opens."""
        rules, last = self._rules, self._answers.get(venue)
        most = -(-rules.reject_pct * rules.answers // 100)
        return max(0, most - (sum(last.refused) if last is not None else 0))

    def stamped(self, venue: VenueName, ahead_ms: int, now_ns: int) -> int:
        """The latest stamp of a venue was so far ahead of our clock when it was heard, behind if negative.

        Returns by how many ms it came later than the promptest lately: old news, whatever the clocks read. A stamp
        that is ahead proves that the clocks differ. One that is behind may only have come late, and the clocks are
        to blame only once no other came sooner for long.
        """
        lags, most = self._lags.get(venue), self._rules.skew_ms
        if most and ahead_ms > most:
            self._skewed(venue, ahead_ms, now_ns, bad=True)
            return 0
        if lags is None:
            lags = self._lags[venue] = Lowest(LAGS_NS)
        promptest_ms = lags.add(-ahead_ms, now_ns)
        if most and (promptest_ms <= most or lags.followed_ns(now_ns) >= MINUTE_NS):
            self._skewed(venue, -promptest_ms, now_ns, bad=promptest_ms > most)
        return -ahead_ms - promptest_ms

    def _skewed(self, venue: VenueName, ahead_ms: int, now_ns: int, *, bad: bool) -> None:
        detail = f"its clock is {ahead_ms} ms ahead of ours, at most {self._rules.skew_ms} ms"
        self.judged(venue, WHOLE_VENUE, BreakerCause.CLOCK_SKEW, now_ns, bad=bad, detail=detail)

    def judged(
        self, venue: VenueName, market: VenueMarketId, cause: BreakerCause, now_ns: int, *, bad: bool, detail: str
    ) -> None:
        """Somebody looked and found this; it stays open for as long as it is found bad."""
        key = venue, market, cause
        if bad:
            self._trip(key, now_ns, detail)
        elif key in self._last_ns:
            self._reset(key, detail)

    def _trip(self, key: Key, now_ns: int, detail: str) -> None:
        """Once; while it is open, what happens again only makes the quiet time begin anew."""
        if key not in self._last_ns:
            self._news.append(BreakerTripped(*key, detail))
        self._last_ns[key] = now_ns

    def _reset(self, key: Key, why: str) -> None:
        del self._last_ns[key]
        if (times := self._counts.get(key)) is not None:
            times.clear()
        self._news.append(BreakerReset(*key, ITSELF, why))
