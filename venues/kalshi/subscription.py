"""One channel of a stream: its number, the row of its messages, and the ladder by which it is mended.

Most messages of a channel are numbered in one row, answers to our commands included. A number that is not the next
one means that something was lost or came twice, and nothing tells for which market. So the channel is mended, by the
next rung of a ladder each time that it breaks again, or that nothing of it is whole, within ten seconds:

1. ask for new images of the books that are in doubt (books only)
2. subscribe anew
3. connect anew

The same ladder serves commands that fail, subscriptions that the venue ends or forgets, and a channel that stands
still: a quiet book sends nothing and neither does a feed that hangs, so one book after another is asked for its image,
and an answer proves that the row moves.
Source: Kalshi AsyncAPI (numbers, error codes); docs, "WebSocket Connection".
"""

from collections.abc import Callable
from typing import Protocol

from venues.kalshi import frames
from venues.kalshi.rules import TICKERS_PER_COMMAND

JUDGED_NS = 10_000_000_000
AGAIN_NS = 60_000_000_000
"""How often the image of a market is asked for that does not come, the rest of the channel being whole."""
PENDING_MAX = 1_000
IMAGES, ANEW = 1, 2
"""Rungs of the ladder; past the last one the connection is given up."""


class Follower(Protocol):
    """Who knows what a channel should hold.

    `tickers`: the markets to ask for, none for all that the channel has. `broken`: what the channel told may be wrong
    or incomplete. `missing`: the markets without a whole image. `has_some`: other markets do have one.
    """

    def tickers(self, channel: str) -> list[str]: ...

    def broken(self, channel: str, reason: str, now_ns: int) -> None: ...

    def missing(self, channel: str) -> list[str]: ...

    def has_some(self, channel: str) -> bool: ...


class Commands:
    """Numbers commands and remembers which channel each is about until it is answered."""

    def __init__(self, say: Callable[[bytes], None]) -> None:
        self._say = say
        self._count = 0
        self._pending: dict[int, str] = {}

    def send(self, encode: Callable[[int], bytes], channel: str) -> None:
        self._count += 1
        if len(self._pending) >= PENDING_MAX:
            del self._pending[next(iter(self._pending))]
        self._pending[self._count] = channel
        self._say(encode(self._count))

    def answered(self, number: int) -> str | None:
        """The channel that a command was about; None if it is not one of ours, or answered already."""
        return self._pending.pop(number, None)

    def forget(self) -> None:
        """Nothing will be answered any more."""
        self._pending.clear()


class Subscription:
    """The state of one channel on the connection that is open now."""

    def __init__(self, channel: str, follower: Follower, commands: Commands) -> None:
        self.channel = channel
        self.sid: int | None = None
        self._follower = follower
        self._commands = commands
        self._seq: int | None = None
        self._rung = 0
        self._judged_ns: int | None = None
        self._probed_ns: int | None = None
        self._probes = 0

    def reset(self) -> None:
        """The connection is gone, and everything with it."""
        self.sid = self._seq = self._judged_ns = self._probed_ns = None
        self._rung = 0

    def begin(self, now_ns: int) -> None:
        """Ask for the channel; of many markets the first now, the rest once it has its number."""
        tickers = self._follower.tickers(self.channel)[:TICKERS_PER_COMMAND]
        self.sid = self._seq = None
        self._judged_ns = now_ns + JUDGED_NS
        self._commands.send(lambda number: frames.subscribe(number, self.channel, tickers), self.channel)

    def numbered(self, sid: int) -> None:
        """The venue gave the channel its number."""
        self.sid = sid
        self._update("add_markets", self._follower.tickers(self.channel)[TICKERS_PER_COMMAND:])

    def ask(self, action: str, tickers: list[str], now_ns: int) -> None:
        """`add_markets` or `get_snapshot`; a channel without its number will ask for all its markets by itself."""
        if self.sid is not None and tickers:
            self._update(action, tickers)
            self._judged_ns = self._judged_ns or now_ns + JUDGED_NS

    def probe(self, now_ns: int, *, within_ns: int) -> None:
        """Ask for the image of one market, of each that is whole in its turn; anything that comes answers it in time.

        One that is still out is left to its own time.
        """
        if self._probed_ns is not None or self.channel == frames.TRADES:
            return
        missing = set(self._follower.missing(self.channel))
        whole = [ticker for ticker in self._follower.tickers(self.channel) if ticker not in missing]
        if self.sid is not None and whole:
            self._probes += 1
            self._probed_ns = now_ns + within_ns
            self._update("get_snapshot", [whole[self._probes % len(whole)]])

    def gap(self, seq: int | None) -> str:
        """Take the number of a message; what is wrong with it, empty if nothing."""
        self._probed_ns = None
        if seq is None:
            return ""
        expected = seq if self._seq is None else self._seq + 1
        self._seq = seq
        return "" if seq == expected else f"{self.channel}: message {seq} came where {expected} was due"

    def mend(self, reason: str, now_ns: int, *, least: int = IMAGES) -> bool:
        """Take the next rung, `least` at the lowest; False if there is none left."""
        self._rung, self._probed_ns = max(self._rung + 1, least), None
        if self._rung > ANEW:
            return False
        self._follower.broken(self.channel, reason, now_ns)
        missing = self._follower.missing(self.channel)
        if self._rung == IMAGES and missing and self.sid is not None:
            self._update("get_snapshot", missing)
            self._judged_ns = now_ns + JUDGED_NS
            return True
        self._rung = ANEW
        if (sid := self.sid) is not None:
            self._commands.send(lambda number: frames.unsubscribe(number, sid), "")
        self.begin(now_ns)
        return True

    def next_deadline(self) -> int | None:
        """When the channel is to be judged, or a probe is overdue."""
        return min((due for due in (self._judged_ns, self._probed_ns) if due is not None), default=None)

    def on_time(self, now_ns: int) -> bool:
        """Judge what is due; False if the channel is past mending."""
        if self._probed_ns is not None and self._probed_ns <= now_ns:
            return self.mend(f"{self.channel}: stands still", now_ns)
        if self._judged_ns is not None and self._judged_ns <= now_ns:
            return self._judge(now_ns)
        return True

    def _judge(self, now_ns: int) -> bool:
        """Some time after a step: the channel is whole, or the next rung is taken.

        Where some markets are whole, those that are not are only asked for again: the row is unbroken.
        """
        self._judged_ns = None
        missing = self._follower.missing(self.channel)
        if self.sid is None or (missing and not self._follower.has_some(self.channel)):
            return self.mend(f"{self.channel}: not whole in time", now_ns)
        self._rung = 0
        if missing:
            self._update("get_snapshot", missing)
            self._judged_ns = now_ns + AGAIN_NS
        return True

    def _update(self, action: str, tickers: list[str]) -> None:
        sid = self.sid
        assert sid is not None, "an update names its subscription"
        for first in range(0, len(tickers), TICKERS_PER_COMMAND):
            some = tickers[first : first + TICKERS_PER_COMMAND]
            self._commands.send(lambda number, some=some: frames.update(number, sid, action, some), self.channel)  # type: ignore[misc]
