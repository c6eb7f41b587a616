"""Runs conversations, each kind in a place of its own, and pauses between their steps; orders have several places.

An order in doubt waits for no other order's answer: one that never comes holds up its own place alone.
"""

from collections.abc import Callable
from typing import Any

from domain.ids import OrderRef, VenueMarketId
from domain.messages import Fact
from venues.errors import Failure, PeerBroke
from venues.http import HttpFailed
from venues.kalshi.api import Answered, Api, Faulted, OnAnswer
from venues.kalshi.budgets import Budgets
from venues.kalshi.queries import order_talk, positions_talk, search_talk, settlement_talk, venue_talk
from venues.kalshi.statement import statement_talk
from venues.kalshi.talks import Account, Ask, Pause, Steps, Unusable
from venues.reading_again import read_again

WAITING_MAX = 10_000
SOUGHT_PER_TALK = 100
HASTE = 4
"""The first try of a question is waited for a quarter of the patience."""

NOT_FOUND, SERVER_FAULT = 404, 500
ORDER_TALKS = ("order", "second order", "third order")
VENUE_TALK, POSITIONS_TALK = "venue", "positions"
SETTLEMENT_TALK, LINES_TALK = "settlement", "lines"

OnEnd = Callable[[Any, int], None]
"""Told what a conversation ended in and when; None if it failed."""


class Asking:
    """What shall be asked, at most once each, and the conversations that go on.

    `on_facts` gets what questions of the engine's ended in. One that failed ends in nothing: whoever wanted to know
    asks again.
    """

    def __init__(
        self, api: Api, budgets: Budgets, account: Account, *, on_facts: Callable[[list[Fact], int], None]
    ) -> None:
        self.conversations_failed = 0
        self._api = api
        self._budgets = budgets
        self._account = account
        self._on_facts = on_facts
        self._orders: dict[OrderRef, None] = {}
        self._settlements: dict[VenueMarketId, None] = {}
        self._wants_venue = self._wants_positions = False
        self._lines_since_ms: int | None = None
        self._running: dict[str, _Conversation] = {}
        self._is_beginning = False

    def order(self, ref: OrderRef, now_ns: int) -> None:
        """Find out what became of one order."""
        if len(self._orders) < WAITING_MAX:
            self._orders[ref] = None
        self._begin(now_ns)

    def venue(self, now_ns: int) -> None:
        """Read every resting order, new matches and the cash; behind them what is held."""
        self._wants_venue = True
        self._begin(now_ns)

    def settlement(self, venue_market: VenueMarketId, now_ns: int) -> None:
        """Read the statement of one market."""
        if len(self._settlements) < WAITING_MAX:
            self._settlements[venue_market] = None
        self._begin(now_ns)

    def lines(self, since_ms: int, now_ns: int) -> None:
        """Read the movements of money since a moment; of several the earliest."""
        self._lines_since_ms = since_ms if self._lines_since_ms is None else min(since_ms, self._lines_since_ms)
        self._begin(now_ns)

    def errand(self, kind: str, talk: Callable[[], Steps[Any]], on_end: OnEnd, now_ns: int) -> None:
        """Hold a conversation of the adapter's own, unless one of its kind goes on; what fails comes round again."""
        if kind not in self._running:
            self._run(kind, talk(), on_end, now_ns, again=False)

    def next_deadline(self) -> int | None:
        """When a conversation goes on after a pause."""
        times = [one.resumes_ns for one in self._running.values() if one.resumes_ns is not None]
        return min(times, default=None)

    def on_time(self, now_ns: int) -> None:
        """Go on with the conversations whose pause is over."""
        for one in [*self._running.values()]:
            if one.resumes_ns is not None and one.resumes_ns <= now_ns:
                one.resumes_ns = None
                self._step(one, None, now_ns)

    # --- leaves ---

    def _begin(self, now_ns: int) -> None:
        """Start what can be started."""
        if self._is_beginning:  # a call that failed at once ends its conversation inside of this
            return
        self._is_beginning = True
        while (next_one := self._next()) is not None:
            self._run(*next_one, self._told, now_ns)
        self._is_beginning = False

    def _next(self) -> tuple[str, Steps[list[Fact]]] | None:
        if self._orders and (free := next((one for one in ORDER_TALKS if one not in self._running), "")):
            return free, _next_order(self._account, self._orders)
        if self._wants_venue and VENUE_TALK not in self._running:
            self._wants_venue = False
            return VENUE_TALK, venue_talk(self._account)
        if self._wants_positions and POSITIONS_TALK not in self._running:
            self._wants_positions = False
            return POSITIONS_TALK, positions_talk(self._account)
        if self._settlements and SETTLEMENT_TALK not in self._running:
            venue_market = next(iter(self._settlements))
            del self._settlements[venue_market]
            return SETTLEMENT_TALK, settlement_talk(self._account, venue_market)
        if self._lines_since_ms is not None and LINES_TALK not in self._running:
            since_ms, self._lines_since_ms = self._lines_since_ms, None
            return LINES_TALK, statement_talk(self._account, since_ms)
        return None

    def _told(self, facts: list[Fact] | None, now_ns: int) -> None:
        if facts:
            self._on_facts(facts, now_ns)

    def _run(self, kind: str, talk: Steps[Any], on_end: OnEnd, now_ns: int, *, again: bool = True) -> None:
        one = self._running[kind] = _Conversation(kind, talk, on_end, again)
        self._step(one, None, now_ns)

    def _step(self, one: "_Conversation", answer: Answered[Any] | Faulted | None, now_ns: int) -> None:
        """Take a conversation to its next question, or to its end."""
        try:
            wanted = one.talk.send(answer)
        except StopIteration as end:
            self._end(one, end.value, now_ns)
        except (Unusable, PeerBroke):
            self._end(one, None, now_ns)
        else:
            if isinstance(wanted, Pause):
                one.resumes_ns = now_ns + wanted.wait_ns
            else:
                self._ask(one, wanted, now_ns)

    def _ask(self, one: "_Conversation", wanted: Ask, now_ns: int) -> None:
        one.asked += 1
        asked = one.asked

        def hear(answer: Answered[Any] | Faulted | HttpFailed) -> None:
            if asked != one.asked or self._running.get(one.kind) is not one:
                return  # an answer after its deadline: the conversation has ended without it
            if isinstance(answer, HttpFailed):
                self._end(one, None, answer.failed_ns)
            elif isinstance(answer, Faulted) and not (wanted.may_be_missing and answer.status == NOT_FOUND):
                self._end(one, None, answer.received_ns)
            else:
                self._step(one, answer, answer.received_ns)

        def read(heard: OnAnswer[Any], at_ns: int, answer_ms: int) -> None:
            self._api.read(
                wanted.target, wanted.decoder, heard, at_ns, cost=self._budgets.read_cost, answer_ms=answer_ms
            )

        patience = self._account.settings.query_ms
        if one.again:
            read_again(read, hear, now_ns, hasty_ms=patience // HASTE, patience_ms=patience, lost_ns=_lost_ns)
        else:
            read(hear, now_ns, patience)

    def _end(self, one: "_Conversation", result: object, now_ns: int) -> None:
        """It has a result, or None where it failed."""
        self.conversations_failed += result is None
        del self._running[one.kind]
        self._wants_positions |= one.kind == VENUE_TALK and result is not None
        one.on_end(result, now_ns)
        self._begin(now_ns)


def _next_order(account: Account, waiting: dict[OrderRef, None]) -> Steps[list[Fact]]:
    """About the order that waits longest; those of which no id is known are sought together."""
    first = next(iter(waiting))
    if account.orders.kept(first).order_id:
        del waiting[first]
        return order_talk(account, first)
    sought = [ref for ref in waiting if not account.orders.kept(ref).order_id][:SOUGHT_PER_TALK]
    for ref in sought:
        del waiting[ref]
    return search_talk(account, sought)


def _lost_ns(answer: Answered[Any] | Faulted | HttpFailed) -> int | None:
    """When an answer failed that the same read may get at the next try; None for any other."""
    if isinstance(answer, HttpFailed):
        return None if answer.failure is Failure.NOT_SENT else answer.failed_ns
    return answer.received_ns if isinstance(answer, Faulted) and answer.status >= SERVER_FAULT else None


class _Conversation:
    """One that goes on: whether its reads are tried twice, how many it has made, and when it goes on if it pauses."""

    __slots__ = ("kind", "talk", "on_end", "again", "asked", "resumes_ns")

    def __init__(self, kind: str, talk: Steps[Any], on_end: OnEnd, again: bool) -> None:
        self.kind = kind
        self.talk = talk
        self.on_end = on_end
        self.again = again
        self.asked = 0
        self.resumes_ns: int | None = None
