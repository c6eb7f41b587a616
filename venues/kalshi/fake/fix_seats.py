"""One customer's FIX session at the simulated venue: its connection, and what is told to it.

A seat outlives its connections: the numbers of a session that repeats go on, and what is told while nobody listens can
be asked for. Reports leave after a lag, in order; trouble may hold them back, cut the connection or lose a message.
"""

from functools import partial

from venues.base import Wire
from venues.kalshi.fake.books import News
from venues.kalshi.fake.fix_clerks import BOOKS, DOING, REPEATING, Clerk
from venues.kalshi.fake.fix_reports import Told, spell
from venues.kalshi.fake.fix_room import ORDERS_PATH, Room
from venues.kalshi.fake.forms import MS
from venues.kalshi.fix import tags
from venues.kalshi.fix.codec import Field, Message
from venues.kalshi.fix.line import Sent, SessionSettings
from venues.kalshi.fix.session import Session
from venues.kalshi.fix.store import MemoryStore
from venues.sim.faults import Danger


class Seat:
    """The venue's end of one session of one key."""

    def __init__(self, room: Room, key: str, target: str) -> None:
        self.wire: Wire | None = None
        self._room = room
        self._key = key
        self._target = target
        self._entity = f"{room.books.exchange.options.venue} fix {target}"
        self._clerk = Clerk(room, key, target, self._entity)
        self._due_ns = self._now_ns = self._connections = 0
        self._sent: Sent = {}
        settings = SessionSettings(
            ours=target,
            theirs=(key,),
            is_initiator=False,
            resets=False,
            recovers=target == REPEATING,
            repeats=frozenset({tags.EXECUTION_REPORT}) if target == REPEATING else frozenset(),
        )
        self.session = Session(
            settings, MemoryStore(), self, wall_ms=lambda: room.books.wall_ms(self._now_ns), sent=self._sent
        )

    # --- from the port ---

    def connected(self, wire: Wire, now_ns: int) -> None:
        self.wire, self._now_ns = wire, now_ns
        if self._target == BOOKS:  # each connection begins with images: what the last one held back is gone
            self._due_ns, self._connections = 0, self._connections + 1
        self.session.connected(now_ns)

    def received(self, data: bytes, now_ns: int) -> None:
        self._now_ns = now_ns
        self.session.received(data, now_ns)

    def on_time(self, now_ns: int) -> None:
        self._now_ns = now_ns
        self.session.on_time(now_ns)

    def news(self, told: list[Told], news: News) -> None:
        """Something happened at the exchange: what of it this session hears."""
        if self._target == BOOKS and self.session.is_up:
            said, faults = self._clerk.watch.news(news), self._room.faults
            if said and faults.strikes(Danger.FEED_FROZEN, self._entity, "books"):
                self._due_ns = max(self._due_ns, news.at_ns + faults.frozen_ns(self._entity))
            for kind, fields in said:
                self._post(kind, fields, news.at_ns)
        if told and self._clerk.hears_orders and self._room.faults.strikes(Danger.FEED_FROZEN, self._entity, "orders"):
            self._due_ns = max(self._due_ns, news.at_ns + self._room.faults.frozen_ns(self._entity))
        for one in told if self._clerk.hears_orders else ():
            if self._clerk.is_listener or self._room.orders.origins.get(one.own.id) == self._key:
                fields_wanted = spell(self._room.books, one, self._clerk.how)
                if fields_wanted is not None:
                    self._post(tags.EXECUTION_REPORT, fields_wanted, news.at_ns)

    # --- what the session says ---

    def logon_fields(self, sent_at: str, seq: int) -> list[Field]:
        return []

    def judge_logon(self, logon: Message, now_ns: int) -> str:
        return self._clerk.judge(logon)

    def write(self, data: bytes) -> None:
        """Bytes leave; the connection may break in the middle of them, or they may be lost."""
        if self.wire is None:
            return
        faults, is_up = self._room.faults, self.session.is_up
        doing = "books" if self._target == BOOKS else "orders"
        if is_up and faults.strikes(Danger.MESSAGE_LOST, self._entity, doing):
            return
        if is_up and faults.strikes(Danger.FEED_CUT, self._entity, doing):
            self.wire.write(data[: faults.below(len(data), self._entity)])
            self.hang_up(self._now_ns)
            return
        self.wire.write(data)

    def opened(self, now_ns: int) -> None:
        """Nothing is told of what was before."""

    def heard(self, message: Message, seq: int, now_ns: int) -> None:
        doing = DOING.get(message.type, "cancel")
        if message.type in ORDERS_PATH and self._room.faults.strikes(Danger.REPLY_DELAYED, self._entity, doing):
            self._due_ns = max(self._due_ns, now_ns + self._room.faults.delay_ns(self._entity))
        said = [] if message.type == tags.REJECT else self._clerk.answer(message, seq, now_ns)
        if said is None:
            self.hang_up(now_ns)
        for kind, fields in said or ():
            self._post(kind, fields, now_ns)
        self._room.books.exchange.publish(now_ns)

    def ended(self, reason: str, now_ns: int) -> None:
        self.hang_up(now_ns)

    # --- leaves ---

    def hang_up(self, now_ns: int) -> None:
        """The connection is over; so are the orders, if that was wished for."""
        wire, self.wire = self.wire, None
        self.session.disconnected()
        if wire is None:
            return
        wire.close()
        if self._clerk.cancels:
            self._room.orders.withdraw(self._key, now_ns)
            self._room.books.exchange.publish(now_ns)

    def _post(self, kind: str, fields: list[Field], now_ns: int) -> None:
        """Say something: about orders after a lag, behind all that was said before."""
        lowest, highest = self._room.books.options.private_lag_ms if self._clerk.hears_orders else (0, 0)
        due_ns = now_ns + self._room.lags.between(lowest * MS, highest * MS)
        mishaps = self._room.books.exchange.mishaps
        if mishaps is not None and kind == tags.EXECUTION_REPORT and self._clerk.hears_orders:
            due_ns = max(due_ns, mishaps.late_until_ns())
        self._due_ns = max(self._due_ns, due_ns)
        if self._due_ns <= now_ns:
            self._say(kind, fields, now_ns)
        else:
            self._room.books.agenda.at(self._due_ns, partial(self._say_late, self._connections, kind, fields))

    def _say_late(self, connection: int, kind: str, fields: list[Field], now_ns: int) -> None:
        if connection == self._connections:
            self._say(kind, fields, now_ns)

    def _say(self, kind: str, fields: list[Field], now_ns: int) -> None:
        self._now_ns = now_ns
        if self.session.is_up or self._target == REPEATING:
            self.session.keep(kind, fields, now_ns)
