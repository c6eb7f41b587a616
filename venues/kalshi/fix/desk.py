"""The adapter's FIX side: its sessions, each on a connection of its own, and what they mean for the adapter."""

from collections.abc import Callable, Sequence
from pathlib import Path

from domain.amending import AmendOrder
from domain.messages import CancelOrder, Channel, PlaceOrder
from venues.base import Emit
from venues.kalshi.amending import Amending
from venues.kalshi.books import Books
from venues.kalshi.budgets import Budgets
from venues.kalshi.connection import Access
from venues.kalshi.fix import tags
from venues.kalshi.fix.book_line import BookLine
from venues.kalshi.fix.codec import Field
from venues.kalshi.fix.copy_line import CopyLine, ListenerLine
from venues.kalshi.fix.line import SessionSettings
from venues.kalshi.fix.link import Link, Place, User
from venues.kalshi.fix.order_line import OrderLine
from venues.kalshi.fix.ordering import FixOrdering
from venues.kalshi.fix.reports import FLAGS
from venues.kalshi.fix.settings import BOOKS, COPY, FixLine
from venues.kalshi.fix.store import FileStore, MemoryStore, Store
from venues.kalshi.followers import Health
from venues.kalshi.ordering import Ordering, Ways
from venues.kalshi.orders import Orders
from venues.kalshi.rules import VISIBLE_AFTER_MS
from venues.kalshi.signing import Signer, load_key

VENUE_NAME = "Kalshi"
"""What the venue may call itself beside the name of the session. Source: Kalshi docs, FIX "Connectivity"."""

WINDOW_MS = 30_000
"""How old a message may be that the venue takes: an order that was lost on the way may land so late.

Source: Kalshi docs, FIX "Error Handling" (SendingTime accuracy).
"""

Sign = Callable[[FixLine], Signer]
"""Finds the key of a line."""


def opened(line: FixLine) -> Signer:
    """The key of a line out of its file; ValueError if there is none."""
    return Signer(line.key_id, load_key(line.key_file))


class FixDesk:
    """Every session that is configured."""

    def __init__(self, access: Access, sign: Sign) -> None:
        self._access = access
        self._sign = sign
        self._orders: OrderLine | None = None
        self._copy: CopyLine | None = None
        self._listener: ListenerLine | None = None
        self._books: BookLine | None = None
        self._numbers: FileStore | None = None

    def trade(
        self, budgets: Budgets, orders: Orders, emit: Emit, by_request: Ordering, amends: Amending, ways: Ways
    ) -> None:
        """Carry orders; `emit` takes the facts and whether the session stands."""
        settings = self._access.settings
        line = settings.fix.orders
        assert line is not None, "orders by FIX without a line for them"
        numbers = settings.fix.numbers if settings.fix.session == "KalshiRT" else ""
        orders.late_ms = WINDOW_MS + VISIBLE_AFTER_MS
        flags = (*FLAGS, (tags.CANCEL_ON_DISCONNECT, "Y")) if settings.fix.cancel_on_disconnect else FLAGS
        entry = OrderLine(Health(settings.venue, Channel.ORDERS, emit), stood=self._order_line_stood)
        entry.ordering = FixOrdering(
            self._access, budgets, orders, emit, say=entry.say, by_request=by_request, amends=amends, ways=ways
        )
        self._numbers = FileStore(Path(numbers)) if numbers else None
        entry.link = self._link(line, settings.fix.session, entry, flags, self._numbers or MemoryStore())
        self._orders = entry
        if settings.fix.copy is not None:
            copy = CopyLine(settings.fix.copy_every_s, told=entry.ordering.hear_copy)
            copy.link = self._link(settings.fix.copy, COPY, copy, FLAGS, MemoryStore())
            entry.ordering.seen = copy.seen
            self._copy = copy
        if settings.fix.listener is not None:
            listener = ListenerLine(told=entry.ordering.hear_copy)
            flags = (*FLAGS, (tags.LISTENER, "Y"))
            listener.link = self._link(settings.fix.listener, settings.fix.session, listener, flags, MemoryStore())
            self._listener = listener

    def show(self, books: Books, emit: Emit) -> None:
        """Carry books; `emit` takes their changes and whether the session stands."""
        settings = self._access.settings
        line = settings.fix.books
        assert line is not None, "books by FIX without a line for them"
        health = Health(settings.venue, Channel.MARKET_DATA, emit)
        shown = BookLine(settings.venue, books, emit, health, heartbeat_ms=settings.heartbeat_ms)
        shown.link = self._link(line, BOOKS, shown, (), MemoryStore())
        self._books = shown

    def follow(self, tickers: Sequence[str], now_ns: int) -> None:
        """Have the books of these markets sent."""
        if self._books is not None:
            self._books.follow(tickers, now_ns)

    def place(self, order: PlaceOrder, now_ns: int) -> None:
        """Send an order over the session of order entry."""
        self._entry().ordering.place(order, now_ns)

    def cancel(self, cancel: CancelOrder, now_ns: int) -> None:
        """Send a cancel over the same, or by request."""
        self._entry().ordering.cancel(cancel, now_ns)

    def amend(self, amend: AmendOrder, now_ns: int) -> None:
        """Send a change over the same, or by request."""
        self._entry().ordering.amend(amend, now_ns)

    @property
    def takes_orders(self) -> bool:
        """Whether the session of order entry stands."""
        return self._entry().link.is_up

    def next_deadline(self) -> int | None:
        """The earliest of all sessions."""
        times = [line.next_deadline() for line in self._lines()]
        return min((due for due in times if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        """Do what is due."""
        for line in self._lines():
            due_ns = line.next_deadline()
            if due_ns is not None and due_ns <= now_ns:
                line.on_time(now_ns)

    def close(self) -> None:
        """Hang up."""
        for line in self._lines():
            line.link.close()
        if self._numbers is not None:
            self._numbers.close()

    # --- leaves ---

    def _entry(self) -> OrderLine:
        assert self._orders is not None, "no session carries orders"
        return self._orders

    def _order_line_stood(self, now_ns: int) -> None:
        """Something may have been missed."""
        if self._copy is not None:
            self._copy.ask(now_ns)

    def _lines(self) -> list[OrderLine | CopyLine | ListenerLine | BookLine]:
        return [line for line in (self._orders, self._copy, self._listener, self._books) if line is not None]

    def _link(self, line: FixLine, target: str, user: User, flags: tuple[Field, ...], store: Store) -> Link:
        """A connection for one session: one that keeps its numbers goes on with them, any other begins anew."""
        access, signer, goes_on = self._access, self._sign(line), isinstance(store, FileStore)
        session = SessionSettings(
            ours=signer.key_id.reveal(),
            theirs=(target, VENUE_NAME),
            is_initiator=True,
            heartbeat_s=access.settings.fix.heartbeat_s,
            fresh_ms=access.settings.answer_ms,
            window_ms=WINDOW_MS,
            resets=not goes_on,
            recovers=goes_on,
        )
        place = Place(line.endpoint, signer, session, flags, access.settings.dials_per_minute)
        return Link(place, access.network, store, user, chance=access.chance, wall_ms=access.wall_ms)
