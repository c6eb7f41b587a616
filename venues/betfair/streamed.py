"""The books as the market streams told them, kept as the venue writes them and brought up to date when looked at.

The engine has books of its own. These are for whoever doubts the stream: to hold them against what the venue answers
when it is asked, and to give a book back that was in doubt and turned out to be right.
"""

from collections import deque
from collections.abc import Collection, Iterator
from math import isfinite

from venues.betfair.market_codec import MarketChange, Pairs, RunnerChange, RunnerKey, runner_key

NEWS_MAX = 8_192
"""Messages that wait to be written into the books, before that is done without anybody asking."""

Best = tuple[int, int]
"""The best odds to back and to lay, in hundredths, 0 for none."""


class StreamedMarket:
    """One market. `changed_ns`: when the stream last said anything about it, monotonic."""

    __slots__ = ("runners", "status", "version", "changed_ns")

    def __init__(self) -> None:
        self.runners: dict[RunnerKey, tuple[dict[int, float], dict[int, float]]] = {}
        self.status = ""
        self.version = 0
        self.changed_ns = 0

    def best(self, runner: RunnerKey) -> Best:
        """The best prices of a runner."""
        to_back, to_lay = self.runners.get(runner, ({}, {}))
        return max(to_back, default=0), min(to_lay, default=0)

    def take(self, change: MarketChange, heard_ns: int, *, image: bool) -> None:
        """Write one change in."""
        self.changed_ns = heard_ns
        if (definition := change.market_definition) is not None:
            self.status, self.version = definition.status, definition.version
        if image or change.img:
            self.runners.clear()
        for rc in change.rc or ():
            to_back, to_lay = self.runners.setdefault(runner_key(rc.id, rc.hc), ({}, {}))
            _write(to_back, rc.atb)
            _write(to_lay, rc.atl)


def _write(side: dict[int, float], rows: Pairs | None) -> None:
    for odds, size in rows or ():
        if not isfinite(odds):
            continue
        if size > 0:
            side[round(odds * 100)] = size
        else:
            side.pop(round(odds * 100), None)


News = tuple[int, list[MarketChange], bool, Collection[str]]
"""When it was heard, its changes, whether they are an image, and the markets that the image did not hold."""


class Streamed:
    """Every market of every market stream, if anybody `keeps` them. `published_ms` is the venue's time of the last
    message. What was told up to `blurred_ns` was written in at once: its single steps are not known any more.
    """

    def __init__(self, *, keeps: bool = True) -> None:
        self.keeps = keeps
        self.published_ms = 0
        self.blurred_ns = 0
        self._markets: dict[str, StreamedMarket] = {}
        self._news: deque[News] = deque()

    def heard(
        self, changes: list[MarketChange], published_ms: int, now_ns: int, *, image: bool, absent: Collection[str]
    ) -> None:
        """A message came; it is written in later."""
        if not self.keeps:
            return
        self.published_ms = published_ms
        self._news.append((now_ns, changes, image, absent))
        if len(self._news) > NEWS_MAX:
            self.blurred_ns = now_ns
            self.settle(now_ns + 1)

    def market(self, name: str) -> StreamedMarket | None:
        """A market as far as its news were written in; None if no stream showed it."""
        return self._markets.get(name)

    def settle(self, until_ns: int) -> None:
        """Write everything in that came before this."""
        while self._news and self._news[0][0] < until_ns:
            self._take(self._news.popleft())

    def steps(self) -> Iterator[Collection[str]]:
        """Write the rest in, message after message: the markets that each one touched."""
        while self._news:
            news = self._news.popleft()
            self._take(news)
            yield [change.id for change in news[1]]

    def images(self, names: Collection[str]) -> list[MarketChange]:
        """The books of those markets that a stream showed, as it would tell them anew."""
        for _ in self.steps():
            pass
        return [self._image(name) for name in names if name in self._markets]

    # --- leaves ---

    def _image(self, name: str) -> MarketChange:
        market = self._markets[name]
        rows = [
            RunnerChange(id=runner, hc=hc, atb=_pairs(to_back), atl=_pairs(to_lay))
            for key, (to_back, to_lay) in market.runners.items()
            for runner, hc in [key if isinstance(key, tuple) else (key, None)]
        ]
        return MarketChange(id=name, rc=rows, img=True)

    def _take(self, news: News) -> None:
        heard_ns, changes, image, absent = news
        for gone in absent:
            self._markets.pop(gone, None)
        for change in changes:
            market = self._markets.get(change.id)
            if market is None:
                market = self._markets[change.id] = StreamedMarket()
            market.take(change, heard_ns, image=image)


def _pairs(side: dict[int, float]) -> Pairs:
    return [(odds / 100, size) for odds, size in side.items()]
