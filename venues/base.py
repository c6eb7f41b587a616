"""The ports of a venue: a network of byte pipes below it, facts above it, and no clock or loop inside it.

A venue adapter is synchronous and sans-I/O: it is called with bytes, commands and the time, and it calls back with
bytes and facts. The engine's shell binds it to sockets, the simulator to in-memory pipes; nothing in it can tell
the difference.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import msgspec

from domain.messages import Command, Fact
from domain.terms import Capabilities


class Endpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to dial. `tls_roots` is a PEM file to trust instead of the system's; empty for the system's."""

    host: str
    port: int
    tls: bool
    tls_roots: str = ""
    client_cert: str = ""
    client_key: str = ""


class Wire(Protocol):
    """Our end of one open connection."""

    def write(self, data: bytes) -> None:
        """Queue bytes to the peer; harmless after the connection closed."""

    def close(self) -> None:
        """Close; the peer object hears nothing more."""


class Peer(Protocol):
    """What a connection talks to. `now_ns` is monotonic."""

    def connected(self, wire: Wire, now_ns: int) -> None: ...

    def received(self, data: bytes, now_ns: int) -> None: ...

    def closed(self, reason: str, now_ns: int) -> None:
        """The connection could not be opened, or ended without our asking."""


class Network(Protocol):
    """Opens connections; answers through the peer, later, never from inside the call."""

    def dial(self, endpoint: Endpoint, peer: Peer) -> None: ...


Emit = Callable[[Fact], None]
"""Hands one fact to the engine's inbox; safe to call from any callback of the venue."""


class Venue(Protocol):
    """One exchange as the engine sees it.

    `send` must have written the command's bytes, or have emitted why not, before it returns, unless the message
    budget makes it wait; cancels and queries never wait behind placements. Answers come as facts.
    """

    capabilities: Capabilities

    def start(self, now_ns: int) -> None: ...

    def send(self, command: Command, now_ns: int) -> None: ...

    def next_deadline(self) -> int | None:
        """Monotonic time at which `on_time` wants to be called, None for never."""

    def on_time(self, now_ns: int) -> None: ...

    def tokens(self, now_ns: int) -> int:
        """How many more placements the message budget takes now."""

    def stop(self, now_ns: int) -> None:
        """Close every connection; no fact follows."""


@runtime_checkable
class TakesSeveral(Protocol):
    """A venue that writes several commands of one kind in fewer requests; it owes the same for each as for one alone.

    `emptying`: cancels are of all that rests there and is to be taken out, by whatever reaches all of it.
    """

    def send_several(self, commands: Sequence[Command], now_ns: int, *, emptying: bool) -> None: ...


class Charged(msgspec.Struct, frozen=True):
    """What a venue has charged for by the piece since this process began: how many requests, and what they come to."""

    requests: int = 0
    cost_micros: int = 0
    currency: str = ""


@runtime_checkable
class Metered(Protocol):
    """A venue that charges for requests."""

    @property
    def charged(self) -> Charged: ...


class Server(Protocol):
    """The other end: a simulated exchange accepting connections. One `Peer` per accepted connection."""

    def accept(self) -> Peer: ...

    def next_deadline(self) -> int | None: ...

    def on_time(self, now_ns: int) -> None: ...
