"""Whether requests get through, and what the account may ask for: read at the start, again on schedule, after a no.

The line is up while a connection stands and the venue has accepted our signature; being told that it does not, it is
down until the account can be read again. Terms, fees and the exchange's state are read on the same schedule.
"""

from collections.abc import Callable

from venues.kalshi.api import Faulted
from venues.kalshi.asking import Asking
from venues.kalshi.attesting import Attestation, keys_talk
from venues.kalshi.budgets import Budgets
from venues.kalshi.feed import MarketFeed
from venues.kalshi.followers import Health
from venues.kalshi.listing import Charged, limits_talk, listing_talk, schedule_talk, status_talk
from venues.kalshi.outcomes import CLOCK_CODES
from venues.kalshi.rest_codec import Costs, ExchangeStatus, Limits
from venues.kalshi.settings import Settings
from venues.kalshi.side_codec import ApiKeys
from venues.kalshi.talks import Steps

MS = 1_000_000
SECOND_NS = 1_000_000_000
RETRY_NS = 5 * SECOND_NS
GIVEN_UP_NS = 600 * SECOND_NS
"""An errand that goes on is not begun again; it sets its own time when it ends, as each of its calls does."""
LIMITS, LISTING, STATUS, SCHEDULE, KEYS = "limits", "listing", "status", "schedule", "keys"
SCHEDULE_NS = 3_600 * SECOND_NS
"""Maintenance is announced days ahead."""
KEYS_NS, KEYS_RETRY_NS = 3_600 * SECOND_NS, 300 * SECOND_NS
UNAUTHORISED = 401


class Standing:
    """Runs the adapter's own errands; `listed` is told when markets were described."""

    def __init__(
        self,
        settings: Settings,
        asking: Asking,
        budgets: Budgets,
        feed: MarketFeed,
        health: Health,
        attestation: Attestation,
        *,
        wall_ms: Callable[[], int],
        listed: Callable[[int], None],
    ) -> None:
        self._settings = settings
        self._asking = asking
        self._budgets = budgets
        self._feed = feed
        self._health = health
        self._attestation = attestation
        self._wall_ms = wall_ms
        self._listed = listed
        self._http_fault = "no connection yet"
        self._is_accepted = False
        self._denial = ""
        self._due_ns: dict[str, int] = {}

    def start(self, now_ns: int) -> None:
        """Read everything."""
        for kind in (LIMITS, LISTING, STATUS, SCHEDULE, KEYS):
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
            elif kind == KEYS:
                self._asking.errand(kind, keys_talk, self._hear_keys, now_ns)
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
        self._listed(now_ns)

    def _hear_status(self, result: ExchangeStatus | None, now_ns: int) -> None:
        self._due_ns[STATUS] = now_ns + self._settings.status_every_s * SECOND_NS
        if result is not None:
            self._feed.pause(result, now_ns)

    def _hear_schedule(self, result: tuple[tuple[int, int], ...] | None, now_ns: int) -> None:
        self._due_ns[SCHEDULE] = now_ns + (RETRY_NS if result is None else SCHEDULE_NS)
        if result is not None:
            self._feed.plan(result)

    def _hear_keys(self, result: ApiKeys | None, now_ns: int) -> None:
        """A key that may not list the keys knows nothing of the date: the venue judges by itself."""
        wall_ms = self._wall_ms()
        if result is not None:
            self._attestation.learn(result, wall_ms)
        self._attestation.look(wall_ms)
        self._due_ns[KEYS] = now_ns + (KEYS_RETRY_NS if result is None else KEYS_NS)
        turns_ms = self._attestation.turns_ms(wall_ms)
        if turns_ms is not None:
            self._due_ns[KEYS] = min(self._due_ns[KEYS], now_ns + (turns_ms - wall_ms) * MS)

    def _show(self) -> None:
        if reason := self._http_fault or self._denial:
            self._health.went_down(reason)
        elif self._is_accepted:
            self._health.went_up()
