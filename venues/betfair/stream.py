"""One stream connection: greet, authenticate, subscribe, follow, and take the thread up again after a drop.

    WAITING --dial--> GREETING --connection--> AUTHENTICATING --success--> SUBSCRIBING --success--> FOLLOWING
       ^                                                                                               |
       '-------- lost, silent, refused or broken: the clocks are kept, so that only the gap is sent ---'

A step without an answer, or two heartbeats of silence, end the connection. The clocks of the last whole message go
with the next subscription, and the venue patches what we hold. It may send a new image instead, or say that it does
not know the clock: then they are forgotten, and what we hold is in doubt. So it is after bytes that we could not
read, and while the venue calls its own data unreliable (status 503): once that is over we subscribe anew. A stream that
the venue conflates, though nobody asked for it, is that of a delayed key, minutes late: it never counts as up.
Source: Betfair developer docs, "Exchange Stream API".
"""

import enum
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import msgspec

from venues.base import Network, Wire
from venues.betfair.market_codec import ConnectionMessage, StatusMessage
from venues.betfair.session import Session
from venues.betfair.settings import Settings
from venues.betfair.thread import IMAGE, ChangeMessage, LineBuffer, Thread
from venues.errors import PeerBroke
from venues.redial import Chance, Redial
from venues.secret import Secret

STEP_NS = 10_000_000_000
SESSION_ERRORS = frozenset({"INVALID_SESSION_INFORMATION", "NO_SESSION"})
UNRELIABLE = 503

Decode = Callable[[bytes], ChangeMessage | StatusMessage | ConnectionMessage | None]


class Access(NamedTuple):
    """What every stream of one account is opened with."""

    settings: Settings
    network: Network
    session: Session
    chance: Chance


class Follower(Protocol):
    """Who hears a stream; states are told as often as they are met. `doubted`: what was told before may be wrong
    until an image comes.
    """

    def heard(self, whole: ChangeMessage, now_ns: int) -> None: ...

    def went_up(self) -> None: ...

    def went_down(self, reason: str) -> None: ...

    def doubted(self, reason: str) -> None: ...


class Step(enum.Enum):
    """Who speaks next; see the picture above."""

    WAITING = "waiting"
    GREETING = "greeting"
    AUTHENTICATING = "authenticating"
    SUBSCRIBING = "subscribing"
    FOLLOWING = "following"


class _Link:
    """One attempt at a connection: what arrives on one that was given up goes nowhere."""

    def __init__(self, stream: "Stream") -> None:
        self.stream: Stream | None = stream
        self.wire: Wire | None = None

    def connected(self, wire: Wire, now_ns: int) -> None:
        if self.stream is None:
            wire.close()
            return
        self.wire = wire

    def received(self, data: bytes, now_ns: int) -> None:
        if self.stream is not None:
            self.stream.received(data, now_ns)

    def closed(self, reason: str, now_ns: int) -> None:
        if self.stream is not None:
            self.stream.lose(reason, now_ns)

    def give_up(self) -> None:
        self.stream = None
        if self.wire is not None:
            self.wire.close()


class Stream:
    """The state of one stream; `subscription` is all of its request but the id and the clocks."""

    def __init__(
        self,
        access: Access,
        *,
        subscription: dict[str, Any],
        decode: Decode,
        follower: Follower,
    ) -> None:
        self._settings = access.settings
        self._network = access.network
        self._session = access.session
        self._subscription = subscription
        self._decode = decode
        self._follower = follower
        self._redial = Redial(access.chance, per_minute=access.settings.dials_per_minute)
        self._thread = Thread()
        self._lines = LineBuffer()
        self._link: _Link | None = None
        self._token: Secret | None = None
        self._step = Step.WAITING
        self._request = 0
        self._is_patched = False
        self._silence_ns = STEP_NS
        self._heard_ns = 0
        self._calm_ns: int | None = None
        self._conflated_ms = 0

    def next_deadline(self) -> int | None:
        """When to dial, to give a silent peer up, or to subscribe anew after unreliable data."""
        if self._step is Step.WAITING:
            return self._redial.due_ns() if self._session.token is not None else None
        silent_ns = self._heard_ns + self._silence_ns
        return silent_ns if self._calm_ns is None else min(silent_ns, self._calm_ns)

    def on_time(self, now_ns: int) -> None:
        """Dial once there is a session and the schedule allows, or do what is due."""
        if self._step is Step.WAITING:
            if self._session.token is not None and self._redial.due_ns() <= now_ns:
                self._dial(self._session.token, now_ns)
        elif now_ns >= self._heard_ns + self._silence_ns:
            self.lose(f"silent for {self._silence_ns // 1_000_000} ms while {self._step.value}", now_ns)
        elif self._calm_ns is not None and now_ns >= self._calm_ns:
            self._calm_ns = None
            self._thread.forget()
            self._subscribe()

    def renew(self) -> None:
        """What this stream told may be wrong: begin anew with an image, now or with the next connection."""
        self._thread.forget()
        if self._step is Step.FOLLOWING:
            self._subscribe()

    def close(self) -> None:
        """Hang up; the follower hears nothing more."""
        if self._link is not None:
            self._link.give_up()
        self._link = None

    def received(self, data: bytes, now_ns: int) -> None:
        """Bytes of the open connection."""
        self._heard_ns = now_ns
        try:
            for line in self._lines.feed(data):
                if self._link is None:  # an earlier line ended the connection
                    return
                message = self._decode(line)
                if isinstance(message, StatusMessage):
                    self._hear_status(message, now_ns)
                elif isinstance(message, ConnectionMessage):
                    self._authenticate()
                elif message is not None and message.id == self._request:
                    self._hear_change(message, now_ns)
        except PeerBroke as error:
            self._thread.forget()
            self._follower.doubted(str(error))
            self.lose(str(error), now_ns)

    def lose(self, reason: str, now_ns: int) -> None:
        """The connection is gone, or is given up: try again on schedule."""
        self.close()
        self._step = Step.WAITING
        if self._calm_ns is None:
            self._thread.cut()
        else:  # what was told since the doubt is doubtful too: a patch would build on it
            self._thread.forget()
        self._redial.failed(now_ns)
        self._follower.went_down(reason)

    # --- leaves ---

    def _dial(self, token: Secret, now_ns: int) -> None:
        self._step, self._token = Step.GREETING, token
        self._lines = LineBuffer()
        self._heard_ns, self._silence_ns, self._calm_ns = now_ns, STEP_NS, None
        self._redial.dialled(now_ns)
        self._link = _Link(self)
        self._network.dial(self._settings.stream, self._link)

    def _authenticate(self) -> None:
        if self._step is Step.GREETING and self._token is not None:
            self._step = Step.AUTHENTICATING
            app_key, session = self._settings.app_key.reveal(), self._token.reveal()
            self._send({"op": "authentication", "appKey": app_key, "session": session})

    def _subscribe(self) -> None:
        self._step = Step.SUBSCRIBING
        self._silence_ns = STEP_NS
        clocks = self._thread.clocks
        self._is_patched = bool(clocks)
        self._send(self._subscription | clocks)

    def _send(self, request: dict[str, Any]) -> None:
        self._request += 1
        if self._link is not None and self._link.wire is not None:
            self._link.wire.write(msgspec.json.encode(request | {"id": self._request}) + b"\r\n")

    def _hear_status(self, message: StatusMessage, now_ns: int) -> None:
        if message.status_code == "SUCCESS":
            if message.id == self._request and self._step is Step.AUTHENTICATING:
                self._subscribe()
            elif message.id == self._request and self._step is Step.SUBSCRIBING:
                self._step = Step.FOLLOWING
            return
        if message.error_code in SESSION_ERRORS and self._token is not None:
            self._session.forget(self._token, now_ns)
        if message.error_code == "INVALID_CLOCK":
            self._thread.forget()
            self._follower.doubted("the venue does not know the clock")
        self.lose(f"{message.error_code}: {message.error_message}", now_ns)

    def _hear_change(self, message: ChangeMessage, now_ns: int) -> None:
        if message.status == UNRELIABLE:
            if self._calm_ns is None:
                self._follower.doubted("status 503")
                self._follower.went_down("status 503")
            self._calm_ns = now_ns + 2_000_000 * self._settings.heartbeat_ms
        whole = self._thread.take(message)
        if whole is None:
            return
        self._follower.heard(whole, now_ns)
        if whole.ct in (IMAGE, "RESUB_DELTA") or (self._is_patched and whole.ct == "HEARTBEAT"):
            self._redial.proved()
            self._silence_ns = 2_000_000 * (message.heartbeat_ms or self._settings.heartbeat_ms)
            if message.conflate_ms is not None:
                self._conflated_ms = message.conflate_ms
            if self._conflated_ms:
                self._follower.went_down(
                    f"the venue merges changes over {self._conflated_ms} ms: a delayed key's prices"
                )
            elif self._calm_ns is None:
                self._follower.went_up()
