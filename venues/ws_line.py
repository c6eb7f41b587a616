"""Keeps one WebSocket connection: dials on schedule, asks a silent peer for a sign of life, gives a dead one up.

    WAITING --dial--> OPENING --upgraded--> OPEN
       ^                                      |
       '------ lost, silent, given up --------'

A venue's own pings are too seldom to trade on, so we ping whenever nothing came for a heartbeat.
"""

import enum
from collections.abc import Callable
from typing import Protocol

import msgspec

from venues.base import Endpoint, Network
from venues.redial import Chance, Redial
from venues.ws import Sign, WebSocket

STEP_NS = 10_000_000_000
SILENT_HEARTBEATS = 5


class Place(msgspec.Struct, frozen=True):
    """Where to connect and how: `sign` makes the headers of the upgrade, messages past `bytes_max` are refused."""

    endpoint: Endpoint
    path: str
    sign: Sign
    heartbeat_ns: int
    dials_per_minute: int
    bytes_max: int


class Owner(Protocol):
    """Who hears what the connection carries; `lost` is told after every attempt that came to an end."""

    def opened(self, now_ns: int) -> None: ...

    def said(self, text: bytes, now_ns: int) -> None: ...

    def alive(self, now_ns: int) -> None: ...

    def lost(self, reason: str, now_ns: int) -> None: ...


class Stage(enum.Enum):
    """Where the connection stands; see the picture above."""

    WAITING = "waiting"
    OPENING = "opening"
    OPEN = "open"


class Connection:
    """`is_wanted` says whether there is anything to connect for."""

    def __init__(
        self,
        network: Network,
        place: Place,
        owner: Owner,
        *,
        chance: Chance,
        is_wanted: Callable[[], bool],
    ) -> None:
        self._network = network
        self._place = place
        self._owner = owner
        self._is_wanted = is_wanted
        self._redial = Redial(chance, per_minute=place.dials_per_minute)
        self._stage = Stage.WAITING
        self._socket: WebSocket | None = None
        self._heard_ns = 0
        self._ping_ns = 0

    @property
    def is_open(self) -> bool:
        return self._stage is Stage.OPEN

    def next_deadline(self) -> int | None:
        """When to dial, to ping, or to give a silent peer up."""
        if self._stage is Stage.WAITING:
            return self._redial.due_ns() if self._is_wanted() else None
        if self._stage is Stage.OPENING:
            return self._heard_ns + STEP_NS
        return min(self._ping_ns, self._silent_ns())

    def on_time(self, now_ns: int) -> None:
        """Dial if there is something to connect for and the schedule allows, or do what is due."""
        if self._stage is Stage.WAITING:
            if self._is_wanted() and self._redial.due_ns() <= now_ns:
                self._dial(now_ns)
        elif self._stage is Stage.OPENING:
            if now_ns >= self._heard_ns + STEP_NS:
                self.lose("no answer to the upgrade", now_ns)
        elif now_ns >= self._silent_ns():
            self.lose(f"silent for {SILENT_HEARTBEATS} heartbeats", now_ns)
        elif now_ns >= self._ping_ns:
            due_ns = self._heard_ns + self._place.heartbeat_ns
            if now_ns >= due_ns and self._socket is not None:
                self._socket.ping()
                due_ns = now_ns + self._place.heartbeat_ns
            self._ping_ns = due_ns

    def say(self, text: bytes) -> None:
        """Send one message; dropped unless the connection is open."""
        if self._socket is not None:
            self._socket.say(text)

    def proved(self) -> None:
        """The connection was of use: the next loss starts from the short waits."""
        self._redial.proved()

    def close(self) -> None:
        """Hang up; the owner hears nothing more."""
        if self._socket is not None:
            self._socket.give_up()
        self._socket = None

    def lose(self, reason: str, now_ns: int) -> None:
        """The connection is gone, or is given up: try again on schedule."""
        self.close()
        self._stage = Stage.WAITING
        self._redial.failed(now_ns)
        self._owner.lost(reason, now_ns)

    # --- what the socket says ---

    def socket_opened(self, now_ns: int) -> None:
        self._stage = Stage.OPEN
        self._heard_ns, self._ping_ns = now_ns, now_ns + self._place.heartbeat_ns
        self._owner.opened(now_ns)

    def socket_said(self, text: bytes, now_ns: int) -> None:
        self._owner.said(text, now_ns)

    def socket_alive(self, now_ns: int) -> None:
        self._heard_ns = now_ns
        if self._stage is Stage.OPEN:
            self._owner.alive(now_ns)

    def socket_lost(self, reason: str, now_ns: int) -> None:
        self.lose(reason, now_ns)

    # --- leaves ---

    def _silent_ns(self) -> int:
        return self._heard_ns + SILENT_HEARTBEATS * self._place.heartbeat_ns

    def _dial(self, now_ns: int) -> None:
        place = self._place
        self._stage, self._heard_ns = Stage.OPENING, now_ns
        self._redial.dialled(now_ns)
        self._socket = WebSocket(self, place.endpoint, place.path, place.sign, bytes_max=place.bytes_max)
        self._network.dial(place.endpoint, self._socket)
