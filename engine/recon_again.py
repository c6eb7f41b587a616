"""Statements that are booked and asked for once more, in case that a venue corrected them; nobody waits for them."""

from collections.abc import Callable

import msgspec

from domain.ids import VenueMarketId, VenueName
from domain.messages import QuerySettlement

AGAIN_NS, TRIES = 30_000_000_000, 5
"""How often one is asked for, and how many times if nothing comes: a venue may have forgotten it."""


class Asked(msgspec.Struct):
    """A question that is asked so many times more and then given up."""

    due_ns: int
    tries_left: int = TRIES


class OldStatements:
    """What is asked for after everything else, as far as a venue's budget of questions goes."""

    def __init__(self) -> None:
        self._asked: dict[tuple[VenueName, VenueMarketId], Asked] = {}

    def __len__(self) -> int:
        return len(self._asked)

    def holds(self, venue: VenueName, venue_market: VenueMarketId) -> bool:
        """Whether a statement is being asked for once more."""
        return (venue, venue_market) in self._asked

    def ask(self, venue: VenueName, venue_market: VenueMarketId, now_ns: int) -> None:
        """Have a statement asked for from now on."""
        self._asked[venue, venue_market] = Asked(now_ns)

    def came(self, venue: VenueName, venue_market: VenueMarketId) -> None:
        """It came, the same or another."""
        self._asked.pop((venue, venue_market), None)

    def due(
        self, now_ns: int, reachable: set[VenueName], may_ask: Callable[[VenueName, int], bool]
    ) -> list[QuerySettlement]:
        """The questions to ask now."""
        commands = []
        for place, asked in [*self._asked.items()]:
            venue, venue_market = place
            if asked.due_ns > now_ns or venue not in reachable or not may_ask(venue, now_ns):
                continue
            asked.due_ns, asked.tries_left = now_ns + AGAIN_NS, asked.tries_left - 1
            if asked.tries_left == 0:
                del self._asked[place]
            commands.append(QuerySettlement(venue, venue_market))
        return commands
