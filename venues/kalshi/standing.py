"""Whether requests get through, and what the account may ask for: read at the start, again on schedule, after a no.

The line is up while a connection stands and the venue has accepted our signature; being told that it does not, it is
down until the account can be read again. Terms, fees and the exchange's state are read on the same schedule.
"""

from venues.kalshi.api import Faulted
from venues.kalshi.asking import Asking
from venues.kalshi.budgets import Budgets
from venues.kalshi.feed import MarketFeed
from venues.kalshi.followers import Health
from venues.kalshi.listing import Charged, limits_talk, listing_talk, schedule_talk, status_talk
from venues.kalshi.outcomes import CLOCK_CODES
from venues.kalshi.rest_codec import Costs, ExchangeStatus, Limits
from venues.kalshi.settings import Settings
from venues.kalshi.talks import Steps

SECOND_NS = 1_000_000_000
RETRY_NS = 5 * SECOND_NS
GIVEN_UP_NS = 600 * SECOND_NS
"""An errand that goes on is not begun again; it sets its own time when it ends, as each of its calls does."""
LIMITS, LISTING, STATUS, SCHEDULE = "limits", "listing", "status", "schedule"
SCHEDULE_NS = 3_600 * SECOND_NS
"""Maintenance is announced days ahead."""
UNAUTHORISED = 401


class Standing:
    """Runs the adapter's own errands."""

    def __init__(
        self,
        settings: Settings,
        asking: Asking,
        budgets: Budgets,
        feed: MarketFeed,
        health: Health,
    ) -> None:
        self._settings = settings
        self._asking = asking
        self._budgets = budgets
        self._feed = feed
        self._health = health
        self._http_fault = "no connection yet"
        self._is_accepted = False
        self._denial = ""
        self._due_ns: dict[str, int] = {}

    def start(self, now_ns: int) -> None:
        """Read everything."""
        for kind in (LIMITS, LISTING, STATUS, SCHEDULE):
            self._due_ns[kind] = now_ns
        self.on_time(now_ns)

    def list_again(self, now_ns: int) -> None:
        """Terms or states may have changed without our hearing of it."""
        self._due_ns[LISTING] = now_ns

    def next_deadline(self) -> int | None:
        """When the next errand is due."""
        return min(self._due_ns.values(), default=None)

    def on_time(self, now_ns: int) -> None:
        """Start the errands that are due; each sets the time of the next when it ends."""
        for kind in [kind for kind, due_ns in self._due_ns.items() if due_ns <= now_ns]:
            self._due_ns[kind] = now_ns + GIVEN_UP_NS
            if kind == LIMITS:
                self._asking.errand(kind, limits_talk, self._hear_limits, now_ns)
            elif kind == STATUS:
                self._asking.errand(kind, status_talk, self._hear_status, now_ns)
            elif kind == SCHEDULE:
                self._asking.errand(kind, schedule_talk, self._hear_schedule, now_ns)
            else:
                self._asking.errand(kind, self._listing_talk, self._hear_listing, now_ns)

    def http_changed(self, up: bool, reason: str) -> None:
        """The connections for requests came up or went down."""
        self._http_fault = "" if up else reason
        self._show()

    def heard_fault(self, fault: Faulted) -> None:
        """Any answer that was no success: one that denies who we are takes the line down until that is settled."""
        if fault.status == UNAUTHORISED:
            said = "our clock, or a slow line" if fault.code in CLOCK_CODES else fault.detail
            self._is_accepted, self._denial = False, f"not authorised: {fault.code} ({said})"
            self._due_ns[LIMITS] = min(self._due_ns.get(LIMITS, fault.received_ns), fault.received_ns + RETRY_NS)
            self._show()

    # --- leaves ---

    def _listing_talk(self) -> Steps[list[Charged]]:
        return listing_talk(self._feed.markets.tickers(), is_direct_member=self._settings.is_direct_member)

    def _hear_limits(self, result: tuple[Limits, Costs] | None, now_ns: int) -> None:
        if result is None:
            self._due_ns[LIMITS] = now_ns + RETRY_NS
            return
        limits, costs = result
        self._budgets.learn_limits(limits, now_ns)
        self._budgets.learn_costs(costs, self._settings.rest_root)
        self._due_ns[LIMITS] = now_ns + self._settings.account_every_s * SECOND_NS
        self._is_accepted, self._denial = True, ""
        self._show()

    def _hear_listing(self, result: list[Charged] | None, now_ns: int) -> None:
        if result is None:
            self._due_ns[LISTING] = now_ns + RETRY_NS
            return
        self._due_ns[LISTING] = now_ns + self._settings.account_every_s * SECOND_NS
        self._feed.describe(result, now_ns)

    def _hear_status(self, result: ExchangeStatus | None, now_ns: int) -> None:
        self._due_ns[STATUS] = now_ns + self._settings.status_every_s * SECOND_NS
        if result is not None:
            self._feed.pause(result, now_ns)

    def _hear_schedule(self, result: tuple[tuple[int, int], ...] | None, now_ns: int) -> None:
        self._due_ns[SCHEDULE] = now_ns + (RETRY_NS if result is None else SCHEDULE_NS)
        if result is not None:
            self._feed.plan(result)

    def _show(self) -> None:
        if reason := self._http_fault or self._denial:
            self._health.went_down(reason)
        elif self._is_accepted:
            self._health.went_up()
