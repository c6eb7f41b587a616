"""Our offers by asking again and again for what changed: fast while some live, at once after each write."""

from collections.abc import Callable

import msgspec

from domain.ids import OrderRef
from domain.orders import Evidence
from venues.base import Emit
from venues.matchbook.amending import amended
from venues.matchbook.api import Api
from venues.matchbook.health import Health
from venues.matchbook.offer_facts import owner_of, take
from venues.matchbook.offers import OwnOffer
from venues.matchbook.offers_codec import Offer
from venues.matchbook.queries import Asker, changed_talk
from venues.matchbook.talking import Talker

MS = 1_000_000
SECOND_NS = 1_000_000_000
FIRST_INTERVAL_S = 3_600
"""What an earlier process may have left: offers that ended are listed for about an hour."""
SOON_NS = 200 * MS
"""The least distance of two polls, also after writes."""


class OrderPoller:
    """Asks for changes since the last good answer, and some seconds more; tells what is news.

    `learned` is called for each offer of ours that was seen, `on_offer` gets it as the venue told it, `ask` reads one
    order: an offer whose delay in play is over and that no list shows has failed, and only its own page says so.
    `is_pushed`: a feed tells of our offers too, so that polls are few and look it over.
    """

    def __init__(
        self,
        api: Api,
        asker: Asker,
        emit: Emit,
        health: Health,
        *,
        learned: Callable[[OwnOffer, int], None],
        on_offer: Callable[[Offer], None],
        ask: Callable[[OrderRef, int], None],
    ) -> None:
        self._api = api
        self._asker = asker
        self._settings = asker.settings
        self._offers = asker.offers
        self._emit = emit
        self._health = health
        self._learned = learned
        self._on_offer = on_offer
        self._ask = ask
        self._talker = Talker(api)
        self._good_ns: int | None = None
        self._asked_ns = 0
        self._due_ns: int | None = None
        self.is_pushed = False

    def begin(self, now_ns: int) -> None:
        """There is a session: poll from now on."""
        self._due_ns = now_ns
        self.on_time(now_ns)

    def soon(self, now_ns: int) -> None:
        """Something of ours changed: ask at once."""
        if self._due_ns is not None:
            self._due_ns = min(self._due_ns, max(now_ns, self._asked_ns + SOON_NS))

    def wrote(self, now_ns: int) -> None:
        """A write was answered: a poll shows what came of it, unless a feed does."""
        if not self.is_pushed:
            self.soon(now_ns)

    def doubt(self, reason: str, now_ns: int) -> None:
        """Our offers may be others than we know: nothing counts as proven until they have been read."""
        self._health.went_down(reason)
        self.soon(now_ns)

    def next_deadline(self) -> int | None:
        """When to ask again."""
        return None if self._talker.is_busy or not self._api.is_ready else self._due_ns

    def on_time(self, now_ns: int) -> None:
        """Ask if it is time to."""
        due_ns = self.next_deadline()
        if due_ns is None or now_ns < due_ns:
            return
        interval_s = FIRST_INTERVAL_S
        if self._good_ns is not None:
            interval_s = -(-(now_ns - self._good_ns) // SECOND_NS) + self._settings.overlap_s
        self._asked_ns = now_ns
        is_busy = bool(self._offers.live()) and not self.is_pushed
        period_ms = self._settings.orders_live_ms if is_busy else self._settings.orders_idle_ms
        self._due_ns = now_ns + period_ms * MS
        self._talker.begin(changed_talk(self._asker, interval_s=interval_s), self._heard, now_ns)

    def pushed(self, rows: list[Offer], now_ns: int) -> None:
        """Offers as a feed tells them, late perhaps: what is known to have ended is not alive because of it."""
        for row in rows:
            own = owner_of(row, self._offers)
            if own is None:
                continue
            self._on_offer(row)
            told = own.told
            report = msgspec.structs.replace(take(own, row, self._offers, now_ns), evidence=Evidence.PUSH)
            if told is not None and told.closed and report.voided_micros <= told.voided_micros:
                continue
            if told is None or report != msgspec.structs.replace(told, evidence=Evidence.PUSH):
                self._emit(report)
            self._learned(own, now_ns)

    # --- leaves ---

    def _heard(self, changed: tuple[list[Offer], int] | None, reason: str, now_ns: int) -> None:
        if changed is None:
            self._health.failed(reason)
            return
        rows, self._good_ns = changed
        for row in rows:
            own = owner_of(row, self._offers)
            if own is None:
                continue
            self._on_offer(row)
            report = take(own, row, self._offers, now_ns)
            if report != own.told:
                self._emit(report)
            if own.amend is not None and (fact := amended(own, row, asked_ns=self._good_ns)) is not None:
                self._emit(fact)
            self._learned(own, now_ns)
        for own in self._offers.live():
            if own.held_until_ns and own.held_until_ns <= now_ns:
                own.held_until_ns = now_ns + SECOND_NS
                self._ask(own.ref, now_ns)
        self._health.went_well()
