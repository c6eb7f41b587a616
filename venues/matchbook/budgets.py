"""Requests a minute by group: local buckets with a margin below the venue's limits, rests it imposed, GETs counted."""

import enum
from collections.abc import Callable

from venues.base import Charged
from venues.matchbook.settings import GETS_CURRENCY, Settings
from venues.throttle import Throttle, TokenBucket

MINUTE_NS = 60_000_000_000
SECOND_NS = 1_000_000_000
QUEUE_MAX = 10_000

REPORTS_BURST = 5
"""More at once, with what is on its way already or was asked by an engine that died, could pass the venue's 40 reports
a minute; and ten minutes without reports are ten minutes without statements.
"""


class Group(enum.StrEnum):
    """What the venue counts together. Source: Matchbook API docs, rate limits by group."""

    EVENTS = "events"
    WRITES = "writes"
    ACCOUNT = "account"
    REPORTS = "reports"
    OFFERS = "offers"
    OTHER = "other"


class Budget:
    """One group: who may not go now waits in order, unless the venue has told the group to rest."""

    def __init__(self, per_minute: int, burst: int, *, reserve: int = 0) -> None:
        bucket = TokenBucket(refill=per_minute, period_ns=MINUTE_NS, capacity=burst)
        self._throttle: Throttle[Callable[[int], None]] = Throttle(bucket, reserve=reserve, queue_max=QUEUE_MAX)
        self.rests_until_ns = 0

    def rests(self, now_ns: int) -> bool:
        """The venue refused this group for too many requests, a while ago."""
        return now_ns < self.rests_until_ns

    def free(self, now_ns: int) -> int:
        """Requests that may be refused and would go now."""
        return 0 if self.rests(now_ns) else self._throttle.free(now_ns)

    def take(self, now_ns: int) -> bool:
        """Whether a request that may be refused goes now."""
        return not self.rests(now_ns) and self._throttle.take(1, now_ns)

    def go(self, send: Callable[[int], None], now_ns: int) -> bool:
        """Send now or in turn, also during a rest; False if too many wait already."""
        goes = self._throttle.may_go(send, 1, now_ns)
        if goes:
            send(now_ns)
        return goes is not None

    def next_deadline(self) -> int | None:
        """When the first that waits may go."""
        return self._throttle.next_deadline()

    def on_time(self, now_ns: int) -> None:
        """Send those whose turn has come."""
        for send in self._throttle.released(now_ns):
            send(now_ns)


class Budgets:
    """The groups of one account, and how many GETs they sent: these are charged for."""

    def __init__(self, settings: Settings) -> None:
        self.gets = 0
        self._million_gets_price = settings.million_gets_price
        self._blocked_ns = settings.blocked_s * SECOND_NS
        self._groups = {
            group: Budget(
                getattr(settings.per_minute, group),
                min(settings.burst, REPORTS_BURST) if group is Group.REPORTS else settings.burst,
                reserve=settings.cancel_reserve if group is Group.WRITES else 0,
            )
            for group in Group
        }

    @property
    def charged(self) -> Charged:
        """GETs so far, and what they come to at the configured price; what is free of it nobody knows for certain."""
        return Charged(self.gets, self.gets * self._million_gets_price, GETS_CURRENCY)

    def __getitem__(self, group: Group) -> Budget:
        return self._groups[group]

    def refused(self, group: Group, now_ns: int, *, retry_after_ns: int) -> None:
        """Too many requests: the group rests as long as the venue says, else as long as configured.

        Source: second-hand notes on the fair usage policy: a block of ten minutes.
        """
        self._groups[group].rests_until_ns = now_ns + (retry_after_ns or self._blocked_ns)

    def next_deadline(self) -> int | None:
        """When the first of any group may go."""
        times = [due for budget in self._groups.values() if (due := budget.next_deadline()) is not None]
        return min(times, default=None)

    def on_time(self, now_ns: int) -> None:
        """Let every group go on."""
        for budget in self._groups.values():
            budget.on_time(now_ns)
