"""Keeps one FIX connection: dials on schedule, logs on with a signature, and dials again when it is gone."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from venues.base import Endpoint, Network, Wire
from venues.kalshi.fix import tags
from venues.kalshi.fix.codec import Field, Message
from venues.kalshi.fix.line import SessionSettings
from venues.kalshi.fix.session import Session
from venues.kalshi.fix.store import Store
from venues.kalshi.signing import Signer
from venues.redial import Chance, Redial

DIAL_NS = 10_000_000_000


class Place(msgspec.Struct, frozen=True):
    """Where a session is dialled, who logs on with which flags, and how its numbers are kept."""

    endpoint: Endpoint
    signer: Signer
    session: SessionSettings
    flags: tuple[Field, ...]
    dials_per_minute: int


class User(Protocol):
    """Who uses the connection."""

    def opened(self, now_ns: int) -> None: ...

    def heard(self, message: Message, seq: int, now_ns: int) -> None:
        """An application message or a Reject, in order. PeerBroke ends the connection."""

    def alive(self, now_ns: int) -> None:
        """A message came, whatever it was."""

    def lost(self, reason: str, now_ns: int) -> None:
        """An attempt or a connection came to its end."""


class Link:
    """One session's connection, from the first dial to the last."""

    def __init__(
        self,
        place: Place,
        network: Network,
        store: Store,
        user: User,
        *,
        chance: Chance,
        wall_ms: Callable[[], int],
    ) -> None:
        self._place = place
        self._network = network
        self._user = user
        self._redial = Redial(chance, per_minute=place.dials_per_minute)
        self._session = Session(place.session, store, _Voice(self), wall_ms=wall_ms)
        self._dial: _Dial | None = None
        self._dial_due_ns: int | None = None
        self._wire: Wire | None = None

    @property
    def is_up(self) -> bool:
        """Whether messages can be sent."""
        return self._session.is_up

    def send(self, kind: str, fields: list[Field], now_ns: int) -> int:
        """Say something; its number. The link must be up."""
        return self._session.send(kind, fields, now_ns)

    def poke(self, now_ns: int) -> None:
        """Ask the peer for a sign of life, before its silence would ask for it."""
        self._session.ask_for_life(now_ns)

    def next_deadline(self) -> int | None:
        """When to dial, to give a dial up, or to look after the session."""
        if self._wire is not None:
            return self._session.next_deadline()
        return self._redial.due_ns() if self._dial is None else self._dial_due_ns

    def on_time(self, now_ns: int) -> None:
        """Do what is due."""
        if self._wire is not None:
            self._session.on_time(now_ns)
        elif self._dial is None:
            if self._redial.due_ns() <= now_ns:
                self._redial.dialled(now_ns)
                self._dial, self._dial_due_ns = _Dial(self), now_ns + DIAL_NS
                self._network.dial(self._place.endpoint, self._dial)
        elif self._dial_due_ns is not None and self._dial_due_ns <= now_ns:
            self.gone("no connection in time", now_ns)

    def close(self) -> None:
        """Hang up; nobody hears anything more."""
        if self._dial is not None:
            self._dial.link = None
        if self._wire is not None:
            self._wire.close()
        self._dial = self._wire = None
        self._session.disconnected()

    # --- what the connection and the session say ---

    def stands(self, wire: Wire, now_ns: int) -> None:
        self._wire = wire
        self._session.connected(now_ns)

    def came(self, data: bytes, now_ns: int) -> None:
        if self._session.received(data, now_ns) and self._session.is_up:
            self._user.alive(now_ns)

    def gone(self, reason: str, now_ns: int) -> None:
        """The connection is over, by whoever's doing."""
        self.close()
        self._redial.failed(now_ns)
        self._user.lost(reason, now_ns)

    def logon_fields(self, sent_at: str, seq: int) -> list[Field]:
        """What the venue wants to see: a signature over time, type, number and names, and the session's flags.

        Source: Kalshi docs, FIX "Session Management", Signature Generation.
        """
        names = self._place.session
        signed = "\x01".join((sent_at, tags.LOGON, str(seq), names.ours, names.theirs[0]))
        signature = self._place.signer.sign(signed.encode("ascii"))
        return [(tags.RAW_DATA_LENGTH, str(len(signature))), (tags.RAW_DATA, signature), *self._place.flags]

    def write(self, data: bytes) -> None:
        if self._wire is not None:
            self._wire.write(data)

    def up(self, now_ns: int) -> None:
        self._redial.proved()
        self._user.opened(now_ns)

    def hear(self, message: Message, seq: int, now_ns: int) -> None:
        self._user.heard(message, seq, now_ns)


class _Dial:
    """One attempt: a peer that hears nothing more once it is let go."""

    def __init__(self, link: Link) -> None:
        self.link: Link | None = link

    def connected(self, wire: Wire, now_ns: int) -> None:
        if self.link is None:
            wire.close()
        else:
            self.link.stands(wire, now_ns)

    def received(self, data: bytes, now_ns: int) -> None:
        if self.link is not None:
            self.link.came(data, now_ns)

    def closed(self, reason: str, now_ns: int) -> None:
        if self.link is not None:
            self.link.gone(reason, now_ns)


class _Voice:
    """The link as its session sees it."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def logon_fields(self, sent_at: str, seq: int) -> list[Field]:
        return self._link.logon_fields(sent_at, seq)

    def judge_logon(self, logon: Message, now_ns: int) -> str:
        """The venue is known by its certificate and its name."""
        return ""

    def write(self, data: bytes) -> None:
        self._link.write(data)

    def opened(self, now_ns: int) -> None:
        self._link.up(now_ns)

    def heard(self, message: Message, seq: int, now_ns: int) -> None:
        self._link.hear(message, seq, now_ns)

    def ended(self, reason: str, now_ns: int) -> None:
        self._link.gone(reason, now_ns)
