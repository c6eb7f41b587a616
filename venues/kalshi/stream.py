"""One stream: its channels on one connection, every message counted, and what it says handed to who follows it."""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from venues.errors import PeerBroke
from venues.kalshi import frames
from venues.kalshi.connection import Access
from venues.kalshi.frames import Control, Error, FrameDecoder, Ok, Subscribed, Unread, Unsubscribed
from venues.kalshi.subscription import ANEW, IMAGES, Commands, Subscription
from venues.kalshi.subscription import Follower as ChannelFollower
from venues.ws_line import Connection

CHECK_NS = 10_000_000_000
"""How often the venue is asked which subscriptions it thinks that we have."""
PROBE_PARTS, ANSWER_PARTS = 5, 6
"""Quarters of the time between two heartbeats: how often books are probed, and how long a probe may take.

Together they stay below the three heartbeats after which a book counts as stale: a feed that stands still while its
heartbeats go on is noticed as soon as one that is silent.
"""


class Numbered(Protocol):
    """What all messages have: the channel that they belong to, and their number in its row."""

    @property
    def sid(self) -> int | None: ...

    @property
    def seq(self) -> int | None: ...


M = TypeVar("M", bound=Numbered)
M_contra = TypeVar("M_contra", bound=Numbered, contravariant=True)


class Follower(ChannelFollower, Protocol[M_contra]):
    """Who hears a stream; states are told as often as they are met."""

    def heard(self, message: M_contra, now_ns: int) -> None: ...

    def alive(self, now_ns: int) -> None: ...

    def unknown_market(self, ticker: str) -> None: ...

    def went_up(self) -> None: ...

    def went_down(self, reason: str) -> None: ...


class Stream(Generic[M]):
    """The state of one stream; `is_wanted` says whether there is anything to connect for."""

    def __init__(
        self,
        access: Access,
        decoder: FrameDecoder[M],
        follower: Follower[M],
        *,
        channels: tuple[str, ...],
        is_wanted: Callable[[], bool],
    ) -> None:
        self._follower = follower
        self._decode = decoder.decode
        self._connection = Connection(access.network, access.stream(), self, chance=access.chance, is_wanted=is_wanted)
        self._commands = Commands(self._connection.say)
        self._channels = [Subscription(channel, follower, self._commands) for channel in channels]
        self._check_ns: int | None = None
        self._probe_ns: int | None = None
        self._quarter_ns = access.settings.heartbeat_ms * 250_000

    def next_deadline(self) -> int | None:
        """When the connection has something to do, or a channel is to be judged."""
        times = [channel.next_deadline() for channel in self._channels]
        times += [self._connection.next_deadline(), self._check_ns, self._probe_ns]
        return min((due for due in times if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        """Do what is due."""
        self._connection.on_time(now_ns)
        for channel in self._channels:
            if not channel.on_time(now_ns):
                self._connection.lose(f"{channel.channel}: past mending", now_ns)
        if self._check_ns is not None and self._check_ns <= now_ns:
            self._check_ns = now_ns + CHECK_NS
            self._commands.send(frames.list_subscriptions, "")
        if self._probe_ns is not None and self._probe_ns <= now_ns:
            self._probe_ns = now_ns + PROBE_PARTS * self._quarter_ns
            for channel in self._channels:
                channel.probe(now_ns, within_ns=ANSWER_PARTS * self._quarter_ns)

    def close(self) -> None:
        """Hang up; the follower hears nothing more."""
        self._connection.close()

    def ask(self, channel: str, action: str, tickers: list[str], now_ns: int) -> None:
        """`add_markets` or `get_snapshot` on a channel, if it is open."""
        for one in self._channels:
            if one.channel == channel:
                one.ask(action, tickers, now_ns)

    # --- what the connection says ---

    def opened(self, now_ns: int) -> None:
        self._check_ns = now_ns + CHECK_NS
        self._probe_ns = now_ns + PROBE_PARTS * self._quarter_ns
        for channel in self._channels:
            channel.begin(now_ns)

    def said(self, text: bytes, now_ns: int) -> None:
        try:
            self._hear(self._decode(text), now_ns)
        except PeerBroke as error:
            self._connection.lose(str(error), now_ns)

    def alive(self, now_ns: int) -> None:
        self._follower.alive(now_ns)

    def lost(self, reason: str, now_ns: int) -> None:
        self._check_ns = self._probe_ns = None
        self._commands.forget()
        for channel in self._channels:
            channel.reset()
        self._follower.went_down(reason)

    # --- leaves ---

    def _hear(self, message: Control | M | Unread, now_ns: int) -> None:
        if isinstance(message, Subscribed):
            self._hear_subscribed(message)
            return
        channel = self._of(message.sid)
        if channel is not None and (reason := channel.gap(message.seq)):
            self._mend(channel, reason, now_ns)
            channel = self._of(message.sid)  # what was subscribed anew says nothing under its old number
        if isinstance(message, Ok):
            self._hear_ok(message, now_ns)
        elif isinstance(message, Error):
            self._hear_error(message, channel, now_ns)
        elif isinstance(message, Unsubscribed):
            self._commands.answered(message.id)
            if channel is not None:
                self._mend(channel, f"{channel.channel}: ended by the venue", now_ns, least=ANEW)
        elif channel is not None and not isinstance(message, Unread):
            self._follower.heard(message, now_ns)

    def _hear_subscribed(self, message: Subscribed) -> None:
        self._commands.answered(message.id)
        for channel in self._channels:
            if channel.channel == message.msg.channel and channel.sid is None:
                channel.numbered(message.msg.sid)
        if all(channel.sid is not None for channel in self._channels):
            self._connection.proved()
            self._follower.went_up()

    def _hear_ok(self, message: Ok, now_ns: int) -> None:
        self._commands.answered(message.id)
        if isinstance(message.msg, list):
            listed = {one.sid for one in message.msg}
            for channel in self._channels:
                if channel.sid is not None and channel.sid not in listed:
                    self._mend(channel, f"{channel.channel}: the venue does not list it", now_ns, least=ANEW)

    def _hear_error(self, message: Error, channel: Subscription | None, now_ns: int) -> None:
        """A failed command, or a failed subscription: of one channel if it says which, else of all."""
        said, asked = message.msg, self._commands.answered(message.id)
        if said.code == frames.UNKNOWN_MARKET and said.market_ticker:
            self._follower.unknown_market(said.market_ticker)
        is_terminal = said.code in frames.TERMINAL
        if asked == "" and not is_terminal:
            return  # the list could not be told, or what we wanted to end was gone
        about = [channel] if channel else [one for one in self._channels if one.channel == asked]
        for one in about or self._channels:
            reason = f"{one.channel}: error {said.code} {said.msg}"
            self._mend(one, reason, now_ns, least=ANEW if is_terminal else IMAGES)

    def _mend(self, channel: Subscription, reason: str, now_ns: int, *, least: int = IMAGES) -> None:
        if self._connection.is_open and not channel.mend(reason, now_ns, least=least):
            self._connection.lose(reason, now_ns)

    def _of(self, sid: int | None) -> Subscription | None:
        if sid is None:
            return None
        return next((channel for channel in self._channels if channel.sid == sid), None)
