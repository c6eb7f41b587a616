"""Books by asking again and again: events in batches, as often as the budget allows, each answer a whole picture."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from domain.markets import Listing
from domain.messages import Channel, Fact, MarketChanged
from venues.base import Emit
from venues.http import HttpFailed
from venues.matchbook.answers import Answerer
from venues.matchbook.api import Answered, Api, Faulted, OnAnswer, Question
from venues.matchbook.budgets import Group
from venues.matchbook.events_codec import (
    Event,
    EventsPage,
    Market,
    books_path,
    events_answer,
    market_answer,
    market_path,
)
from venues.matchbook.health import FAILURES_MAX, Health
from venues.matchbook.market_feed import MarketFeed
from venues.matchbook.pushed_books import PushedBooks
from venues.matchbook.queries import Asker, catalogue_talk
from venues.matchbook.settings import Settings
from venues.matchbook.talking import Talker

T = TypeVar("T")

MS = 1_000_000
SECOND_NS = 1_000_000_000
HOUR_S = 3_600
BUDGET_PERCENT = 90
"""What books may take of the budget of events; the rest is for the catalogue and for markets that went missing."""

AGAIN_NS = SECOND_NS
"""How soon what got no answer is asked again: the catalogue, without which no market is seen, or a market by itself."""

SERVER_FAULT = 500
"""From here on a status is no answer to what was asked."""

AGE_S_MAX = 1
"""Prices that have lain in a cache for longer are no answer; else a wrong book would count for as long as they lie."""


def period_ms(settings: Settings, batches: int) -> int:
    """How often each of so many batches is asked for."""
    return max(settings.poll_ms, -(-batches * 60_000 * 100 // (settings.per_minute.events * BUDGET_PERCENT)))


def stale_after_ms(settings: Settings, listings: Sequence[Listing]) -> int:
    """How long a book counts without a new answer, if each market were an event of its own."""
    batches = -(-len({listing.venue_market for listing in listings}) // settings.events_per_poll)
    return settings.silent_polls * period_ms(settings, batches)


class _Batch(msgspec.Struct):
    """Events asked for together. `asking`: number of the request that has not been answered yet, 0 if none."""

    events: list[int]
    period_ns: int
    due_ns: int
    asking: int = 0


class BookPoller:
    """Finds our markets' events, then polls them; `changed` is told of every market that changed its state.

    An answer after its deadline is thrown away: what it shows is past. A market that is missing from an answer is not
    thereby closed: its books are doubted and it is read by itself, once in a while. Of markets that a feed tells of
    nothing is taken: their polls are few, and only look the feed over.
    """

    def __init__(
        self,
        api: Api,
        asker: Asker,
        feed: MarketFeed,
        emit: Emit,
        *,
        changed: Callable[[MarketChanged, int], None],
        wall_ns: Callable[[], int],
    ) -> None:
        self._settings = asker.settings
        self._api = api
        self._asker = asker
        self._feed = feed
        self._emit = emit
        self._health = Health(self._settings.venue, Channel.MARKET_DATA, emit, failures_max=FAILURES_MAX)
        self._changed = changed
        self._wall_ns = wall_ns
        self._talker = Talker(api)
        self._pushed: PushedBooks | None = None
        self._batches: list[_Batch] = []
        self._known: tuple[list[int], list[int]] = ([], [])
        self._search_due_ns: int | None = None
        self._search_again_ns = AGAIN_NS
        self._reread: dict[int, int] = {}

    def begin(self, now_ns: int) -> None:
        """There is a session and the account's terms are known: look for our markets, poll those that are found."""
        self._search_due_ns = now_ns
        self.on_time(now_ns)

    def relieved_by(self, pushed: PushedBooks) -> None:
        """There is a feed that tells of books too."""
        self._pushed = pushed

    def fed(self) -> None:
        """The feed told the whole picture."""
        self._health.went_well()

    def hurry(self, now_ns: int) -> None:
        """The feed is gone: ask for everything at once."""
        for batch in self._batches:
            batch.due_ns = min(batch.due_ns, now_ns)

    def next_deadline(self) -> int | None:
        """When to poll or to look again."""
        if not self._api.is_ready:
            return None
        times = [batch.due_ns for batch in self._batches if not batch.asking]
        if self._search_due_ns is not None and not self._talker.is_busy:
            times.append(self._search_due_ns)
        return min(times, default=None)

    def on_time(self, now_ns: int) -> None:
        """Ask for every batch that is due, and for the catalogue."""
        if not self._api.is_ready:
            return
        if self._search_due_ns is not None and self._search_due_ns <= now_ns and not self._talker.is_busy:
            self._search(now_ns)
        for batch in self._batches:
            if batch.due_ns <= now_ns and not batch.asking:
                self._poll(batch, now_ns)

    def tell(self, facts: list[Fact], now_ns: int) -> None:
        """Hand facts on, and divide the events anew where they have changed."""
        for fact in facts:
            self._emit(fact)
            if isinstance(fact, MarketChanged):
                self._changed(fact, now_ns)
        self._arrange(now_ns)

    # --- the catalogue ---

    def _search(self, now_ns: int) -> None:
        """Look through the catalogue while markets of ours have not been found.

        One that is not answered is made again soon, and more and more slowly.
        """
        self._search_due_ns = now_ns + self._settings.catalogue_s * SECOND_NS if self._feed.followed.unfound() else None
        if self._search_due_ns is None:
            return
        asked, wall_s = self._feed.followed.number(), self._wall_ns() // SECOND_NS
        talk = catalogue_talk(
            self._asker,
            after_s=wall_s - self._settings.look_back_h * HOUR_S,
            before_s=wall_s + self._settings.look_ahead_h * HOUR_S,
            wanted=self._feed.followed.unfound,
        )

        def hear(events: list[Event] | None, reason: str, heard_ns: int) -> None:
            if events is None:
                wait_ns, slow_ns = self._search_again_ns, self._settings.catalogue_s * SECOND_NS
                self._search_due_ns, self._search_again_ns = heard_ns + wait_ns, min(2 * wait_ns, slow_ns)
                self._health.failed(reason)
            else:
                self._search_again_ns = AGAIN_NS
                self.tell(self._feed.facts(events, asked, priced=False), heard_ns)

        self._talker.begin(talk, hear, now_ns)

    def _arrange(self, now_ns: int) -> None:
        """Divide the events anew when they have changed; those that are over are only looked at now and then."""
        known = self._feed.followed.events()
        if known == self._known:
            return
        self._known = known
        hot, cold = (_chunks(events, self._settings.events_per_poll) for events in known)
        period_ns = period_ms(self._settings, len(hot)) * MS
        slow_ns = self._settings.catalogue_s * SECOND_NS
        step_ns = period_ns // max(1, len(hot))
        self._batches = [_Batch(events, period_ns, now_ns + n * step_ns) for n, events in enumerate(hot)]
        self._batches += [_Batch(events, slow_ns, now_ns + slow_ns) for events in cold]

    # --- books ---

    def _poll(self, batch: _Batch, now_ns: int) -> None:
        asked = batch.asking = self._feed.followed.number()
        check_ns = self._settings.stream_check_s * SECOND_NS if self._is_pushed(batch) else 0
        batch.due_ns = now_ns + max(batch.period_ns, check_ns)

        def hear(answer: Answered[EventsPage] | Faulted | HttpFailed) -> None:
            if batch.asking != asked:
                return
            batch.asking = 0
            if isinstance(answer, Answered) and answer.age_s <= AGE_S_MAX:
                self._health.went_well()
                self._heard(batch.events, answer, asked)
            elif not self._is_pushed(batch):
                self._health.failed(_fault(answer))
                if not self._health.is_up:
                    self._feed.forget_books()

        path = books_path(batch.events, self._settings.currency, self._settings.price_depth)
        self._ask(path, events_answer, hear, now_ns)

    def _heard(self, events: list[int], answer: Answered[EventsPage], asked: int) -> None:
        seen, now_ns, pushed = answer.result.events, answer.received_ns, self._pushed
        for event, market in self._feed.followed.missing(events, seen):
            if pushed is not None and pushed.covers(market):
                continue
            for fact in self._feed.doubted([market], "missing from a poll"):
                self._emit(fact)
            if self._reread.get(market, 0) <= now_ns:
                self._reread[market] = now_ns + self._settings.catalogue_s * SECOND_NS
                self._read_market(event, market, now_ns)
        if pushed is not None:
            pushed.check(seen, answer.sent_ns, now_ns)
            seen = [Event(one.id, [it for it in one.markets if not pushed.covers(it.id)]) for one in seen]
        self.tell(self._feed.facts(seen, asked), now_ns)

    def _is_pushed(self, batch: _Batch) -> bool:
        """Whether a feed tells of every market of these events."""
        pushed = self._pushed
        return pushed is not None and all(
            pushed.covers(one) for _, one in self._feed.followed.missing(batch.events, [])
        )

    def _read_market(self, event: int, market: int, now_ns: int) -> None:
        """A market by itself; whatever does not come of it will be asked again, soon where nobody answered."""
        asked = self._feed.followed.number()

        def hear(answer: Answered[Market] | Faulted | HttpFailed) -> None:
            if not isinstance(answer, Answered) or answer.late or answer.age_s > AGE_S_MAX:
                if not (isinstance(answer, Faulted) and answer.spoke and answer.status < SERVER_FAULT):
                    self._reread[market] = now_ns + AGAIN_NS
                return
            if answer.result.id == market:
                self.tell(self._feed.facts([Event(event, [answer.result])], asked), answer.received_ns)

        path = market_path(event, market, self._settings.currency, self._settings.price_depth)
        self._ask(path, market_answer, hear, now_ns)

    # --- leaves ---

    def _ask(self, path: str, read: Answerer[T], hear: OnAnswer[T], now_ns: int) -> None:
        answer_ms = self._settings.poll_answer_ms
        question = Question(method="GET", path=path, group=Group.EVENTS, read=read, answer_ms=answer_ms)
        self._api.ask(question, hear, now_ns)


def _chunks(events: list[int], size: int) -> list[list[int]]:
    return [events[first : first + size] for first in range(0, len(events), size)]


def _fault(answer: Answered[EventsPage] | Faulted | HttpFailed) -> str:
    """Why a poll is of no use."""
    if isinstance(answer, Answered):
        return f"prices {answer.age_s} s old, out of a cache"
    return answer.reason if isinstance(answer, HttpFailed) else f"status {answer.status}"
