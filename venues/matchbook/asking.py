"""What the engine wants to know, asked in conversations: orders by id, orders sought, lists and reports side by side.

An answer that never comes holds up its own lane alone. Within a lane the kinds of question take turns: many doubts,
asked again and again, must not keep the statement waiting that would answer them all. Whoever needs a report waits in
its lane, so that what the lists show is told before.
"""

from collections.abc import Callable

from domain.ids import OrderRef, VenueMarketId
from domain.messages import Fact, VenueReported
from venues.matchbook.api import Api
from venues.matchbook.queries import (
    Asker,
    Unlisted,
    offer_talk,
    positions_talk,
    search_talk,
    settlement_talk,
    unlisted_talk,
    venue_talk,
)
from venues.matchbook.statement import statement_talk
from venues.matchbook.talking import Steps, Talker
from venues.turns import Turns

WAITING_MAX = 10_000
MARKETS_PER_TALK = 20
"""So many markets, or orders with a market each, are asked about in one read of a report."""


class _Lane:
    """Conversations one behind the other, of kinds that take turns."""

    def __init__(self, api: Api, *kinds: Callable[[], Steps[list[Fact]] | None]) -> None:
        self.talker = Talker(api, again=True)
        self._turns = Turns(*kinds)

    def next_talk(self) -> Steps[list[Fact]] | None:
        """The next conversation that is wanted; None if none is, or if one goes on."""
        return None if self.talker.is_busy else self._turns.next()


class Asking:
    """What shall be asked, at most once each, and the conversations that are going on.

    `on_facts` gets what a conversation ended in. One that failed ends in nothing: whoever wanted to know asks again.
    """

    def __init__(
        self,
        api: Api,
        asker: Asker,
        *,
        on_facts: Callable[[list[Fact], int], None],
    ) -> None:
        self._api = api
        self._asker = asker
        self._on_facts = on_facts
        self._orders: dict[OrderRef, None] = {}
        self._unlisted: dict[OrderRef, Unlisted] = {}
        self._venue = self._positions = False
        self._settlements: dict[VenueMarketId, None] = {}
        self._lines_since_ms: int | None = None
        self._is_beginning = False
        self._lanes = (
            _Lane(api, self._next_known),
            _Lane(api, self._next_sought),
            _Lane(api, self._next_venue, self._next_positions),
            _Lane(api, self._next_unlisted, self._next_settlement, self._next_lines),
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
        """Start what is wanted in lanes that are free, if requests can be made; what cannot start yet is kept."""
        if self._is_beginning:  # a request that failed at once ends its conversation from inside
            return
        self._is_beginning = True
        for lane in self._lanes:
            while self._api.is_ready and (talk := lane.next_talk()) is not None:
                lane.talker.begin(talk, self._heard, now_ns)
        self._is_beginning = False

    # --- leaves ---

    def _next_known(self) -> Steps[list[Fact]] | None:
        for ref in self._orders:
            own = self._asker.offers.offer(ref)
            if own.offer_id:
                del self._orders[ref]
                return offer_talk(self._asker, own, self._is_unlisted)
        return None

    def _next_sought(self) -> Steps[list[Fact]] | None:
        owns = [self._asker.offers.offer(ref) for ref in self._orders]
        seekers = [own for own in owns if not own.offer_id][:MARKETS_PER_TALK]
        for own in seekers:
            del self._orders[own.ref]
        return search_talk(self._asker, seekers, self._is_unlisted) if seekers else None

    def _is_unlisted(self, unlisted: Unlisted) -> None:
        """Have an offer looked up in its market's reports; a stranger's market nobody knows."""
        if unlisted.own.market_id:
            self._unlisted[unlisted.own.ref] = unlisted

    def _next_unlisted(self) -> Steps[list[Fact]] | None:
        wanted = [self._unlisted.pop(ref) for ref in list(self._unlisted)[:MARKETS_PER_TALK]]
        # what is found there is read by its id
        return unlisted_talk(self._asker, wanted, self._orders.setdefault) if wanted else None

    def _next_venue(self) -> Steps[list[Fact]] | None:
        wanted, self._venue = self._venue, False
        return venue_talk(self._asker) if wanted else None

    def _next_positions(self) -> Steps[list[Fact]] | None:
        wanted, self._positions = self._positions, False
        return positions_talk(self._asker) if wanted else None

    def _next_settlement(self) -> Steps[list[Fact]] | None:
        markets = list(self._settlements)[:MARKETS_PER_TALK]
        for venue_market in markets:
            del self._settlements[venue_market]
        return settlement_talk(self._asker, markets) if markets else None

    def _next_lines(self) -> Steps[list[Fact]] | None:
        since_ms, self._lines_since_ms = self._lines_since_ms, None
        return None if since_ms is None else statement_talk(self._asker, since_ms)

    def _heard(self, facts: list[Fact] | None, reason: str, now_ns: int) -> None:
        if facts:
            self._positions |= any(isinstance(fact, VenueReported) for fact in facts)
            self._on_facts(facts, now_ns)
        self.begin(now_ns)
