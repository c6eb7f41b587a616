"""What the engine wants to know, asked one conversation after another; orders in doubt share one.

The kinds of question take turns: many doubts, asked again and again, must not keep the statement waiting that would
answer them all.
"""

from collections import deque
from collections.abc import Callable

from domain.ids import OrderRef, VenueMarketId
from domain.messages import Fact, VenueReported
from venues.matchbook.api import Api
from venues.matchbook.queries import Asker, order_talk, positions_talk, settlement_talk, venue_talk
from venues.matchbook.statement import statement_talk
from venues.matchbook.talking import Steps, Talker

WAITING_MAX = 10_000
REFS_PER_TALK = 20


class Asking:
    """What shall be asked, at most once each, and the one conversation that is going on.

    `on_facts` gets what a conversation ended in. One that failed ends in nothing: whoever wanted to know asks again.
    """

    def __init__(
        self,
        api: Api,
        asker: Asker,
        *,
        on_facts: Callable[[list[Fact], int], None],
    ) -> None:
        self.talker = Talker(api)
        self._api = api
        self._asker = asker
        self._on_facts = on_facts
        self._orders: dict[OrderRef, None] = {}
        self._venue = self._positions = False
        self._settlements: dict[VenueMarketId, None] = {}
        self._lines_since_ms: int | None = None
        self._is_beginning = False
        self._kinds = deque(
            (self._next_orders, self._next_venue, self._next_positions, self._next_settlement, self._next_lines)
        )

    def order(self, ref: OrderRef, now_ns: int) -> None:
        """Find out what became of one order."""
        if len(self._orders) < WAITING_MAX:
            self._orders[ref] = None
        self.begin(now_ns)

    def venue(self, now_ns: int) -> None:
        """Read every open offer and the wallet; behind them what is held."""
        self._venue = True
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
        """Start the next conversation if none goes on and requests can be made; what cannot start yet is kept."""
        if self._is_beginning:  # a request that failed at once ends its conversation from inside
            return
        self._is_beginning = True
        while not self.talker.is_busy and self._api.is_ready:
            talk = self._next_talk()
            if talk is None:
                break
            self.talker.begin(talk, self._heard, now_ns)
        self._is_beginning = False

    # --- leaves ---

    def _next_talk(self) -> Steps[list[Fact]] | None:
        for _ in range(len(self._kinds)):
            self._kinds.rotate(-1)
            if (talk := self._kinds[-1]()) is not None:
                return talk
        return None

    def _next_orders(self) -> Steps[list[Fact]] | None:
        refs = list(self._orders)[:REFS_PER_TALK]
        for ref in refs:
            del self._orders[ref]
        return order_talk(self._asker, refs) if refs else None

    def _next_venue(self) -> Steps[list[Fact]] | None:
        wanted, self._venue = self._venue, False
        return venue_talk(self._asker) if wanted else None

    def _next_positions(self) -> Steps[list[Fact]] | None:
        wanted, self._positions = self._positions, False
        return positions_talk(self._asker) if wanted else None

    def _next_settlement(self) -> Steps[list[Fact]] | None:
        if not self._settlements:
            return None
        venue_market = next(iter(self._settlements))
        del self._settlements[venue_market]
        return settlement_talk(self._asker, venue_market)

    def _next_lines(self) -> Steps[list[Fact]] | None:
        since_ms, self._lines_since_ms = self._lines_since_ms, None
        return None if since_ms is None else statement_talk(self._asker, since_ms)

    def _heard(self, facts: list[Fact] | None, reason: str, now_ns: int) -> None:
        if facts:
            self._positions |= any(isinstance(fact, VenueReported) for fact in facts)
            self._on_facts(facts, now_ns)
        self.begin(now_ns)
