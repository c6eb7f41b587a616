"""What must be asked of the venues and when: doubtful orders, reconciliation rounds, settlements."""

import msgspec

from domain.ids import OrderRef, VenueMarketId, VenueName
from domain.messages import Command, QueryOrder, QuerySettlement, QueryVenue

ASK_AGAIN_NS_MAX = 4_000_000_000
"""A question is repeated at growing distance, at most this far apart."""

ROUND_AGAIN_NS = 10_000_000_000
"""A round that brought no answer is begun again after this, at the latest with the next."""


class Asked(msgspec.Struct):
    """One open question: when it is due, and how long to wait after asking it."""

    due_ns: int
    wait_ns: int

    def again(self, now_ns: int, *, wait_max_ns: int = ASK_AGAIN_NS_MAX) -> None:
        """It was asked now: wait, and longer the next time."""
        self.due_ns = now_ns + self.wait_ns
        self.wait_ns = min(2 * self.wait_ns, wait_max_ns)


class Questions:
    """Keeps open questions and hands out those that are due, each at a growing distance from the last."""

    def __init__(self, *, recon_every_ns: int, again_ns: int, settlement_every_ns: int) -> None:
        self._recon_every_ns = recon_every_ns
        self._again_ns = again_ns
        self._settlement_every_ns = settlement_every_ns
        self.orders: dict[OrderRef, Asked] = {}
        self._settlements: dict[tuple[VenueName, VenueMarketId], Asked] = {}
        self._rounds: dict[VenueName, Asked] = {}

    def doubt(self, ref: OrderRef, now_ns: int) -> None:
        """Something about an order is open: ask soon, and again until it is answered."""
        asked = self.orders.get(ref)
        if asked is None:
            self.orders[ref] = Asked(now_ns, self._again_ns)

    def answered(self, ref: OrderRef) -> None:
        """Nothing is open about an order any more."""
        self.orders.pop(ref, None)

    def reconcile(self, venue: VenueName, now_ns: int) -> None:
        """Have the venue's next round begin now."""
        self._rounds[venue] = self._round(now_ns)

    def reconciled(self, venue: VenueName, now_ns: int) -> None:
        """A round of the venue has ended."""
        self._rounds[venue] = self._round(now_ns + self._recon_every_ns)

    def market_closed(self, venue: VenueName, venue_market: VenueMarketId, now_ns: int) -> None:
        """Ask for a market's statement until it comes."""
        self._settlements.setdefault((venue, venue_market), Asked(now_ns, self._settlement_every_ns))

    def market_settled(self, venue: VenueName, venue_market: VenueMarketId) -> None:
        """The statement came."""
        self._settlements.pop((venue, venue_market), None)

    @property
    def awaiting_settlement(self) -> int:
        """Closed markets whose statement has not come."""
        return len(self._settlements)

    def awaits_settlement(self, venue: VenueName) -> bool:
        """Whether a statement of this venue is still to come."""
        return any(where == venue for where, _ in self._settlements)

    def due(self, now_ns: int, *, reachable: set[VenueName]) -> list[Command]:
        """The questions to ask now; a venue that cannot be reached is asked once it can."""
        commands: list[Command] = []
        for ref, asked in self.orders.items():
            if asked.due_ns <= now_ns:
                asked.again(now_ns)
                commands.append(QueryOrder(ref))
        for (venue, venue_market), asked in self._settlements.items():
            if asked.due_ns <= now_ns and venue in reachable:
                asked.again(now_ns)
                commands.append(QuerySettlement(venue, venue_market))
        for venue in sorted(reachable):
            asked_round = self._rounds.setdefault(venue, self._round(now_ns))
            if asked_round.due_ns <= now_ns:
                asked_round.again(now_ns, wait_max_ns=self._recon_every_ns)
                commands.append(QueryVenue(venue))
        return commands

    def _round(self, due_ns: int) -> Asked:
        return Asked(due_ns, min(ROUND_AGAIN_NS, self._recon_every_ns))
