"""Runs conversations in two lanes, orders in doubt and everything else; the venue lets few order queries wait.

An answer that never comes holds up its own lane alone. What is not about single orders takes turns: many markets to
look at must not keep a statement waiting.
"""

from collections.abc import Callable, Iterable
from typing import Any

from domain.ids import OrderRef, VenueMarketId
from domain.messages import Fact
from venues.betfair.api import Answered, Api, Faulted, OnAnswer
from venues.betfair.bets import Bets
from venues.betfair.queries import Account, Ask, Talk, Unusable, market_talk, order_talk, settlement_talk, venue_talk
from venues.betfair.rules import REFS_PER_QUERY
from venues.betfair.statement import statement_talk
from venues.errors import Failure, PeerBroke
from venues.http import HttpFailed
from venues.reading_again import read_again
from venues.turns import Turns

WAITING_MAX = 10_000
HASTE = 2
"""The first try of a question is waited for half of the patience: a slow venue shall not have more to do for it."""


class _Lane:
    """Conversations one behind the other, of kinds that take turns: the one that goes on, and its calls so far."""

    __slots__ = ("turns", "talk", "asked")

    def __init__(self, *kinds: Callable[[], Talk | None]) -> None:
        self.turns = Turns(*kinds)
        self.talk: Talk | None = None
        self.asked = 0

    def next_talk(self) -> Talk | None:
        """The next conversation that is wanted; None if none is, or if one goes on."""
        return None if self.talk is not None else self.turns.next()


class Asking:
    """What shall be asked, at most once each, and the conversations that are going on.

    `on_facts` gets what a conversation ended in. One that failed ends in nothing: whoever wanted to know asks again.
    Source: Betfair developer docs, "TOO_MANY_REQUESTS": three order queries of an account may wait.
    """

    def __init__(
        self,
        api: Api,
        bets: Bets,
        account: Account,
        *,
        query_ms: int,
        is_ready: Callable[[], bool],
        wall_ms: Callable[[], int],
        on_facts: Callable[[list[Fact], int], None],
    ) -> None:
        self.conversations_failed = 0
        self._api = api
        self._bets = bets
        self._account = account
        self._query_ms = query_ms
        self._is_ready = is_ready
        self._wall_ms = wall_ms
        self._on_facts = on_facts
        self._orders: dict[OrderRef, None] = {}
        self._venue = False
        self._markets: dict[VenueMarketId, None] = {}
        self._settlements: dict[VenueMarketId, None] = {}
        self._lines_since_ms: int | None = None
        self._is_beginning = False
        self._lanes = (
            _Lane(self._next_orders),
            _Lane(self._next_venue, self._next_market, self._next_settlement, self._next_lines),
        )

    def order(self, ref: OrderRef, now_ns: int) -> None:
        """Find out what became of one order."""
        if len(self._orders) < WAITING_MAX:
            self._orders[ref] = None
        self.begin(now_ns)

    def venue(self, unseen: Iterable[VenueMarketId], now_ns: int) -> None:
        """Read every open bet and the wallet, and once more the markets that the stream does not show."""
        self._venue = True
        self._markets |= dict.fromkeys(unseen)
        self.begin(now_ns)

    def market(self, venue_market: VenueMarketId, now_ns: int) -> None:
        """Read the state of one market."""
        if len(self._markets) < WAITING_MAX:
            self._markets[venue_market] = None
        self.begin(now_ns)

    def settlement(self, venue_market: VenueMarketId, now_ns: int) -> None:
        """Read the statement of one market."""
        if len(self._settlements) < WAITING_MAX:
            self._settlements[venue_market] = None
        self.begin(now_ns)

    def lines(self, since_ms: int, now_ns: int) -> None:
        """Read the movements of money since a moment; of several the earliest."""
        self._lines_since_ms = since_ms if self._lines_since_ms is None else min(since_ms, self._lines_since_ms)
        self.begin(now_ns)

    def begin(self, now_ns: int) -> None:
        """Start what is wanted in lanes that are free, if calls can be made; what cannot start yet is kept."""
        if self._is_beginning:  # a call that failed at once answers from inside `_step`
            return
        self._is_beginning = True
        for lane in self._lanes:
            while self._is_ready() and (talk := lane.next_talk()) is not None:
                lane.talk = talk
                self._step(lane, talk, None, now_ns)
        self._is_beginning = False

    # --- leaves ---

    def _next_orders(self) -> Talk | None:
        refs = list(self._orders)[:REFS_PER_QUERY]
        for ref in refs:
            del self._orders[ref]
        return order_talk(refs, self._bets, self._wall_ms()) if refs else None

    def _next_venue(self) -> Talk | None:
        wanted, self._venue = self._venue, False
        return venue_talk(self._account, self._bets, self._wall_ms()) if wanted else None

    def _next_market(self) -> Talk | None:
        return market_talk(self._account, _first(self._markets)) if self._markets else None

    def _next_settlement(self) -> Talk | None:
        return settlement_talk(self._account, _first(self._settlements), self._wall_ms()) if self._settlements else None

    def _next_lines(self) -> Talk | None:
        since_ms, self._lines_since_ms = self._lines_since_ms, None
        return None if since_ms is None else statement_talk(self._account, since_ms)

    def _step(self, lane: _Lane, talk: Talk, answered: Answered[object] | None, now_ns: int) -> None:
        """Take a conversation to its next question, or to its end."""
        try:
            ask = next(talk) if answered is None else talk.send(answered)
        except StopIteration as end:
            lane.talk = None
            self._on_facts(end.value, now_ns)
        except (Unusable, PeerBroke):
            self._fail(lane)
        else:
            self._call(lane, talk, ask, now_ns)

    def _call(self, lane: _Lane, talk: Talk, ask: Ask, now_ns: int) -> None:
        lane.asked += 1
        asked = lane.asked

        def hear(answer: Answered[Any] | Faulted | HttpFailed) -> None:
            if asked != lane.asked or lane.talk is not talk:
                return  # an answer after its deadline: the conversation has ended without it
            heard_ns = answer.failed_ns if isinstance(answer, HttpFailed) else answer.received_ns
            if isinstance(answer, Answered):
                self._step(lane, talk, answer, heard_ns)
            else:
                self._fail(lane)
            self.begin(heard_ns)

        def call(heard: OnAnswer[Any], at_ns: int, answer_ms: int) -> None:
            self._api.call(ask.method, ask.params, ask.decoder, heard, at_ns, answer_ms=answer_ms)

        patience = self._query_ms
        read_again(call, hear, now_ns, hasty_ms=patience // HASTE, patience_ms=patience, lost_ns=_lost_ns)

    def _fail(self, lane: _Lane) -> None:
        lane.talk = None
        self.conversations_failed += 1


def _lost_ns(answer: Answered[Any] | Faulted | HttpFailed) -> int | None:
    """When an answer failed that the same call may get at the next try; None for any other."""
    if not isinstance(answer, HttpFailed) or answer.failure is Failure.NOT_SENT:
        return None
    return answer.failed_ns


def _first(waiting: dict[VenueMarketId, None]) -> VenueMarketId:
    """Take out the market that waits longest."""
    venue_market = next(iter(waiting))
    del waiting[venue_market]
    return venue_market
