"""The session of order entry: its connection, the orders that go over it, and whether it stands."""

from collections.abc import Callable

from venues.kalshi.fix.codec import Message
from venues.kalshi.fix.link import Link
from venues.kalshi.fix.ordering import FixOrdering
from venues.kalshi.followers import Health


class OrderLine:
    """Carries orders; `stood` hears each time that the session stands anew."""

    def __init__(self, health: Health, *, stood: Callable[[int], None]) -> None:
        self.link: Link
        self.ordering: FixOrdering
        self._health = health
        self._stood = stood

    def say(self, kind: str, fields: list[tuple[int, str]], now_ns: int) -> int | None:
        """Send a message; its number, None while the session is down."""
        return self.link.send(kind, fields, now_ns) if self.link.is_up else None

    def next_deadline(self) -> int | None:
        """When the connection or an unanswered order wants attention."""
        times = (self.link.next_deadline(), self.ordering.next_deadline())
        return min((due for due in times if due is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        """Do what is due."""
        self.ordering.on_time(now_ns)
        due_ns = self.link.next_deadline()
        if due_ns is not None and due_ns <= now_ns:
            self.link.on_time(now_ns)

    # --- what the link says ---

    def opened(self, now_ns: int) -> None:
        self._health.went_up()
        self._stood(now_ns)

    def heard(self, message: Message, seq: int, now_ns: int) -> None:
        self.ordering.hear(message, now_ns)

    def alive(self, now_ns: int) -> None:
        """Orders are not proven fresh by a sign of life."""

    def lost(self, reason: str, now_ns: int) -> None:
        self.ordering.lost(reason)
        self._health.went_down(reason)
