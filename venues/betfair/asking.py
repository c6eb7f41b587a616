"""Runs conversations one after another: the venue lets few order queries wait, so orders in doubt share one."""

from collections.abc import Callable, Iterable

from domain.ids import OrderRef, VenueMarketId
from domain.messages import Fact
from venues.betfair.api import Answered, Api, Faulted
from venues.betfair.bets import Bets
from venues.betfair.queries import Account, Talk, Unusable, market_talk, order_talk, settlement_talk, venue_talk
from venues.betfair.rules import REFS_PER_QUERY
from venues.betfair.statement import statement_talk
from venues.errors import PeerBroke
from venues.http import HttpFailed

WAITING_MAX = 10_000


class Asking:
    """What shall be asked, at most once each, and the one conversation that is going on.

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
        self._talk: Talk | None = None
        self._asked = 0
        self._is_beginning = False

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
        """Start the next conversation if none goes on and calls can be made; what cannot start yet is kept."""
        if self._is_beginning:  # a call that failed at once answers from inside `_step`
            return
        self._is_beginning = True
        while self._talk is None and self._is_ready():
            self._talk = self._next_talk()
            if self._talk is None:
                break
            self._step(None, now_ns)
        self._is_beginning = False

    # --- leaves ---

    def _next_talk(self) -> Talk | None:
        if self._orders:
            refs = list(self._orders)[:REFS_PER_QUERY]
            for ref in refs:
                del self._orders[ref]
            return order_talk(refs, self._bets, self._wall_ms())
        if self._venue:
            self._venue = False
            return venue_talk(self._account, self._bets, self._wall_ms())
        if self._markets:
            return market_talk(self._account, _first(self._markets))
        if self._settlements:
            return settlement_talk(self._account, _first(self._settlements), self._wall_ms())
        if self._lines_since_ms is not None:
            since_ms, self._lines_since_ms = self._lines_since_ms, None
            return statement_talk(self._account, since_ms)
        return None

    def _step(self, answered: Answered[object] | None, now_ns: int) -> None:
        """Take the conversation to its next question, or to its end."""
        talk = self._talk
        assert talk is not None, "a step without a conversation"
        try:
            ask = next(talk) if answered is None else talk.send(answered)
        except StopIteration as end:
            self._talk = None
            self._on_facts(end.value, now_ns)
            return
        except (Unusable, PeerBroke):
            self._fail()
            return
        self._asked += 1
        asked = self._asked

        def hear(answer: Answered[object] | Faulted | HttpFailed) -> None:
            if asked != self._asked or self._talk is not talk:
                return  # an answer after its deadline: the conversation has ended without it
            heard_ns = answer.failed_ns if isinstance(answer, HttpFailed) else answer.received_ns
            if isinstance(answer, Answered):
                self._step(answer, heard_ns)
            else:
                self._fail()
            self.begin(heard_ns)

        self._api.call(ask.method, ask.params, ask.decoder, hear, now_ns, answer_ms=self._query_ms)

    def _fail(self) -> None:
        self._talk = None
        self.conversations_failed += 1


def _first(waiting: dict[VenueMarketId, None]) -> VenueMarketId:
    """Take out the market that waits longest."""
    venue_market = next(iter(waiting))
    del waiting[venue_market]
    return venue_market
