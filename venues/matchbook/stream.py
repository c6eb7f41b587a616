"""The pushed feed: one WebSocket with two subscriptions, each message counted, and what it says handed to followers.

    lost --dial--> opened --login--> let in --subscribe--> first message of each row: whole
                                                   gap, error, silence --> subscribed anew, else dialled anew

A number that is not the next one means that something was lost: the subscription is begun again, which brings a whole
picture; a number that was heard already is passed over. A feed that stands still says so by leaving a ping without its
answer, which takes its place behind what was said before. Nothing is ever ordered here.
"""

from collections.abc import Callable
from typing import Protocol

from venues.base import Network
from venues.errors import PeerBroke
from venues.matchbook import stream_codec as codec
from venues.matchbook.answers import BODY_BYTES_MAX, USER_AGENT, errors_text
from venues.matchbook.settings import Settings
from venues.matchbook.stream_codec import ACCOUNT, PRICES, Frame
from venues.redial import Chance
from venues.secret import Secret
from venues.ws_line import Connection, Place

MS = 1_000_000
ANSWER_NS = 10_000_000_000
"""How long a login or a subscription may stay without its answer, or without its first picture."""
SILENT_NS = 15_000_000_000
"""How long a subscription may say nothing: it beats every five seconds."""
AGAIN_NS = 10_000_000_000
"""A row that breaks a second time within this is not mended on the same connection."""


class Follower(Protocol):
    """Who hears one channel. `heard` raises PeerBroke for what makes no sense."""

    def whole(self, frame: Frame, now_ns: int) -> None:
        """The first message of a row: everything that there is."""

    def heard(self, frame: Frame, now_ns: int) -> None:
        """The next message of a row."""

    def proven(self, now_ns: int) -> None:
        """Everything that was said until now has been heard."""

    def broken(self, reason: str, now_ns: int) -> None:
        """What was heard may be wrong by now; told once until the next whole picture."""


class _Row:
    """One subscription: its name once it has one, the last number heard, when it last spoke."""

    __slots__ = ("channel", "follower", "wish", "req", "sub", "seq", "heard_ns", "mended_ns", "is_whole")

    def __init__(self, channel: str, follower: Follower, wish: Callable[[int], bytes]) -> None:
        self.channel = channel
        self.follower = follower
        self.wish = wish
        self.mended_ns: int | None = None
        self.is_whole = False
        self.reset()

    def begin(self, say: "Says", now_ns: int) -> None:
        """Subscribe, from the first number on."""
        self.reset()
        self.heard_ns = now_ns
        self.req = say(self.wish)

    def reset(self) -> None:
        self.req, self.sub, self.seq, self.heard_ns = 0, "", 0, 0

    def breaks(self, reason: str, now_ns: int) -> None:
        was_whole, self.is_whole = self.is_whole, False
        if was_whole:
            self.follower.broken(reason, now_ns)


class Says:
    """Numbers what we say."""

    def __init__(self, say: Callable[[bytes], None]) -> None:
        self._say = say
        self._count = 0

    def __call__(self, encode: Callable[[int], bytes]) -> int:
        """Say one thing; its number."""
        self._count += 1
        self._say(encode(self._count))
        return self._count


class Stream:
    """`token` gives the session, None while there is none; `markets` are those whose books are wanted."""

    def __init__(
        self,
        settings: Settings,
        network: Network,
        *,
        chance: Chance,
        token: Callable[[], Secret | None],
        markets: Callable[[], list[int]],
        prices: Follower,
        account: Follower,
    ) -> None:
        assert settings.stream is not None, "a pushed feed has an endpoint"
        self._token = token
        currency, depth = settings.currency, settings.price_depth
        self._rows = (
            _Row(
                PRICES,
                prices,
                lambda req: codec.subscribe_prices(req, markets(), currency=currency, depth=depth),
            ),
            _Row(ACCOUNT, account, codec.subscribe_account),
        )
        self._began = False
        place = Place(
            endpoint=settings.stream,
            path=settings.stream_path,
            sign=lambda: (("User-Agent", USER_AGENT),),
            heartbeat_ns=settings.poll_ms * MS,
            dials_per_minute=settings.dials_per_minute,
            bytes_max=BODY_BYTES_MAX,
        )
        self._connection = Connection(
            network,
            place,
            self,
            chance=chance,
            is_wanted=lambda: self._began and token() is not None and bool(markets()),
        )
        self._ping_ns = settings.poll_ms * MS
        self._patience_ns = (settings.silent_polls - 1) * self._ping_ns
        self._say = Says(self._connection.say)
        self._login: int | None = None
        self._login_due_ns = 0
        self._said: Secret | None = None
        self._ping: int | None = None
        self._ping_sent_ns = 0

    def begin(self, now_ns: int) -> None:
        """There is a new session: connect, or say so on the connection that stands."""
        self._began = True
        if self._connection.is_open and self._token() != self._said:
            self._log_in(now_ns)

    def next_deadline(self) -> int | None:
        """When the connection has something to do, or a silence has lasted too long."""
        times = [due for due in (self._connection.next_deadline(),) if due is not None]
        if self._connection.is_open:
            times += [due_ns for due_ns, _ in self._dues()]
        return min(times, default=None)

    def on_time(self, now_ns: int) -> None:
        """Do what is due."""
        self._connection.on_time(now_ns)
        if not self._connection.is_open:
            return
        for due_ns, reason in self._dues():
            if due_ns > now_ns:
                continue
            if reason:
                self._connection.lose(reason, now_ns)
                return
            self._ping, self._ping_sent_ns = self._say(codec.ping), now_ns

    def close(self) -> None:
        """Hang up; nobody hears anything more."""
        self._connection.close()

    def mend(self, channel: str, reason: str, now_ns: int) -> None:
        """What a channel said is wrong: begin it again, or the whole connection if that was done just now."""
        row = next(one for one in self._rows if one.channel == channel)
        if not self._connection.is_open or not row.sub:
            return
        if row.mended_ns is not None and now_ns < row.mended_ns + AGAIN_NS:
            self._connection.lose(reason, now_ns)
            return
        row.breaks(reason, now_ns)
        row.mended_ns, gone = now_ns, row.sub
        self._say(lambda req: codec.unsubscribe(req, gone))
        row.begin(self._say, now_ns)

    # --- what the connection says ---

    def opened(self, now_ns: int) -> None:
        self._log_in(now_ns)

    def said(self, text: bytes, now_ns: int) -> None:
        try:
            self._hear(codec.decode_frame(text), now_ns)
        except PeerBroke as error:
            self._connection.lose(str(error), now_ns)

    def alive(self, now_ns: int) -> None:
        """Bytes prove the line, not what is told on it."""

    def lost(self, reason: str, now_ns: int) -> None:
        self._login = self._ping = self._said = None
        for row in self._rows:
            row.reset()
            row.breaks(reason, now_ns)

    # --- leaves ---

    def _dues(self) -> list[tuple[int, str]]:
        """What happens when, and why the connection is given up then; a ping without a reason."""
        if self._login is not None:
            return [(self._login_due_ns, "no answer to the login")]
        if self._ping is None:
            dues = [(self._ping_sent_ns + self._ping_ns, "")]
        else:
            dues = [(self._ping_sent_ns + self._patience_ns, "it stands still: a ping has no answer")]
        for row in self._rows:
            if row.seq:
                dues.append((row.heard_ns + SILENT_NS, f"{row.channel}: silent"))
            elif row.req:
                dues.append((row.heard_ns + ANSWER_NS, f"{row.channel}: nothing came of the subscription"))
        return dues

    def _log_in(self, now_ns: int) -> None:
        token = self._token()
        if token is None:
            self._connection.lose("no session", now_ns)
            return
        self._said, self._login_due_ns = token, now_ns + ANSWER_NS
        self._login = self._say(lambda req: codec.login(req, token))

    def _hear(self, frame: Frame, now_ns: int) -> None:
        if frame.type == "ack":
            self._hear_ack(frame, now_ns)
        elif frame.type == "error":
            raise PeerBroke(f"error: {errors_text(frame.errors) or 'without a word'}")
        elif frame.sub:
            row = next((one for one in self._rows if one.sub == frame.sub), None)
            if row is not None:  # else of a subscription that was ended
                self._count(row, frame, now_ns)

    def _hear_ack(self, frame: Frame, now_ns: int) -> None:
        if frame.req == self._login:
            self._login, self._ping_sent_ns = None, now_ns
            for row in self._rows:
                if not row.req:
                    row.begin(self._say, now_ns)
        elif frame.req == self._ping:
            self._ping = None
            for row in self._rows:
                if row.is_whole:
                    row.follower.proven(now_ns)
        else:
            for row in self._rows:
                if row.req and row.req == frame.req:
                    row.sub = frame.sub

    def _count(self, row: _Row, frame: Frame, now_ns: int) -> None:
        """Hand on the next message of a row; pass over one that was heard, mend a row with a gap."""
        row.heard_ns = now_ns
        if frame.seq <= row.seq:
            return
        if frame.seq != row.seq + 1:
            self.mend(row.channel, f"{row.channel}: message {frame.seq} came where {row.seq + 1} was due", now_ns)
            return
        row.seq = frame.seq
        if frame.seq == 1:
            row.is_whole = True
            row.follower.whole(frame, now_ns)
            if all(one.is_whole for one in self._rows if one.req):
                self._connection.proved()
        else:
            row.follower.heard(frame, now_ns)
