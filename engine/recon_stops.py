"""Where standing breaks stop added risk: read off the journalled queue, so that a process that resumes stops there too.

A break stops its own market, and its whole venue only when it should have healed and did not, when it lies in no
market, or when positions are so far apart that no grace explains it (`drift.hard_claims`). Every other venue and market
goes on.
"""

from domain.ids import VenueName
from engine.gates import VenueMarketKey
from engine.prices import Prices
from recon.breaks import BreakKind
from recon.positions import is_position_key
from recon.queue import OpenBreaks, Standing
from recon.repair import Stop, repair


def stop_of(standing: Standing, *, hard_micros: int) -> Stop:
    """What a standing break stops: its whole venue too where it lies in no market, nothing once both sides agree.

    Positions that are more than `hard_micros` apart stop their venue: that much is no single match that was missed, and
    who says so wrongly of one market is not to be believed of the others.
    """
    fact = standing.fact
    if standing.explained:
        return Stop.NOTHING
    position = is_position_key(fact.key)
    if position and abs(fact.apart_micros) > hard_micros:
        return Stop.VENUE
    stop = repair(BreakKind(fact.kind), rounds=standing.rounds, foreign=fact.foreign, position=position).stop
    return Stop.VENUE if stop is Stop.MARKET and not fact.venue_market else stop


class Stops:
    """Keeps what whoever looks at prices sees in step with the queue."""

    def __init__(self, breaks: OpenBreaks, prices: Prices, hard_micros: int) -> None:
        self._breaks = breaks
        self._hard_micros = hard_micros
        self._prices = prices
        self._apart: set[VenueName] = set()
        self.show()

    def halt(self, venue: VenueName, *, apart: bool) -> None:
        """Positions at a venue are so far apart that it has to stop, or are not any more."""
        (self._apart.add if apart else self._apart.discard)(venue)
        self.show()

    def show(self) -> None:
        """Work out anew what is stopped."""
        markets: set[VenueMarketKey] = set()
        unproven: set[VenueMarketKey] = set()
        venues = set(self._apart)
        for (venue, _, kind), standing in self._breaks.standing.items():
            stop = stop_of(standing, hard_micros=self._hard_micros)
            if stop is Stop.VENUE:
                venues.add(venue)
            elif stop is Stop.MARKET:
                about_order = kind == BreakKind.STATUS  # what we hold is not in doubt: what reduces it may go on
                (unproven if about_order else markets).add((venue, standing.fact.venue_market))
        if (markets, unproven) != (self._prices.quarantined, self._prices.unproven):
            self._prices.quarantined, self._prices.unproven = markets, unproven
            self._prices.turns += 1
        for venue, session in self._prices.sessions.items():
            session.stopped = venue in venues
