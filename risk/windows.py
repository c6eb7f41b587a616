"""What happened lately: counts and sums over a stretch of time that moves along, in a fixed amount of memory."""

from collections import deque
from collections.abc import Sequence

from domain.ids import MarketId

MINUTE_NS = 60_000_000_000
COUNT_MAX = 10**9
"""No count or time of a rule is more: in nanoseconds it still fits 64 bits."""


class Times:
    """The last moments at which something happened, as many as it takes to pass a limit."""

    def __init__(self, count: int, span_ns: int) -> None:
        self._span_ns = span_ns
        self._at: deque[int] = deque(maxlen=count)

    def add(self, now_ns: int) -> bool:
        """It happened again; whether it has now happened so many times within the span."""
        self._at.append(now_ns)
        return len(self._at) == self._at.maxlen and now_ns - self._at[0] <= self._span_ns

    def clear(self) -> None:
        """Forget all of it."""
        self._at.clear()


class Paces:
    """When orders went to each market within the last minute; part of what replay rebuilds."""

    def __init__(self) -> None:
        self._sent_ns: dict[MarketId, deque[int]] = {}

    def add(self, market: MarketId, now_ns: int) -> None:
        """An order goes out there, or other terms of one: either may be matched, so either counts."""
        sent = self._sent_ns.get(market)
        if sent is None:
            sent = self._sent_ns[market] = deque()
        while sent and now_ns - sent[0] >= MINUTE_NS:
            sent.popleft()
        sent.append(now_ns)

    def sent_ns(self, market: MarketId) -> Sequence[int]:
        """The moments, the newest last."""
        return self._sent_ns.get(market, ())

    def moved(self, by_ns: int, now_ns: int) -> None:
        """From now on another clock is read, ahead of the one so far by so much."""
        for sent in self._sent_ns.values():
            for number, at_ns in enumerate(sent):
                sent[number] = min(at_ns + by_ns, now_ns)

    def forget(self, now_ns: int) -> None:
        """A venue has settled a market: keep nothing old, of this one or of those that were settled within a minute."""
        self._sent_ns = {market: sent for market, sent in self._sent_ns.items() if now_ns - sent[-1] < MINUTE_NS}


class Rolling:
    """A sum over the last stretch of time, kept in parts; what is older than the span leaves part by part."""

    def __init__(self, span_ns: int, *, parts: int = 24) -> None:
        self._part_ns = span_ns // parts
        self._parts: deque[list[int]] = deque(maxlen=parts + 1)
        self._kept = parts
        self._sum = 0

    def add(self, amount: int, now_ns: int) -> None:
        """Count an amount in."""
        part = now_ns // self._part_ns
        if not self._parts or self._parts[-1][0] < part:
            self._leave(part)
            self._parts.append([part, 0])
        self._parts[-1][1] += amount
        self._sum += amount

    def total(self, now_ns: int) -> int:
        """The sum of what was counted within the span, and at most one part longer ago."""
        if self._parts:
            self._leave(now_ns // self._part_ns)
        return self._sum

    def moved(self, by_ns: int, now_ns: int) -> None:
        """From now on another clock is read, ahead of the one so far by so much; nothing was counted after now.

        What was counted leaves when it would have left, or at most one part later.
        """
        if not self._parts:
            return
        by = min(-(-by_ns // self._part_ns), now_ns // self._part_ns - self._parts[-1][0])
        for counted in self._parts:
            counted[0] += by

    def _leave(self, part: int) -> None:
        while self._parts and self._parts[0][0] < part - self._kept:
            self._sum -= self._parts.popleft()[1]


class Drop:
    """How far a figure has fallen from its highest within the last stretch of time. Looks come in order of time."""

    def __init__(self, span_ns: int) -> None:
        self._span_ns = span_ns
        self._highs: deque[tuple[int, int]] = deque()  # each lower than the one before it: what may yet be highest

    def look(self, figure: int, now_ns: int) -> int:
        """The figure is this now; what is lost against the highest within the span, 0 or more."""
        while self._highs and self._highs[0][0] < now_ns - self._span_ns:
            self._highs.popleft()
        while self._highs and self._highs[-1][1] <= figure:
            self._highs.pop()
        self._highs.append((now_ns, figure))
        return self._highs[0][1] - figure


class Lowest:
    """The lowest that a figure was within the last stretch of time. Figures come in order of time."""

    def __init__(self, span_ns: int) -> None:
        self._span_ns = span_ns
        self._since_ns = 0
        self._lows: deque[tuple[int, int]] = deque()  # each higher than the one before it: what may yet be lowest

    def add(self, figure: int, now_ns: int) -> int:
        """It is this now; the lowest within the span, this one included."""
        while self._lows and self._lows[0][0] < now_ns - self._span_ns:
            self._lows.popleft()
        if not self._lows:
            self._since_ns = now_ns
        while self._lows and self._lows[-1][1] >= figure:
            self._lows.pop()
        self._lows.append((now_ns, figure))
        return self._lows[0][1]

    def followed_ns(self, now_ns: int) -> int:
        """For how long it has been looked at, with no gap as long as the span."""
        return now_ns - self._since_ns
