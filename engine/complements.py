"""A check on each connect that a venue's books are the right way up: prices of all outcomes must add up to the winners.

A book whose YES and NO, or back and lay, were taken for one another shows the price of the opposite. Over all outcomes
of a market such prices add up to something else than the number of winners, unless there are two outcomes and both are
upside down: then each is far from every other venue's, and the collar around the fair value stops what would be sent.
"""

from fractions import Fraction

from domain.book import Book
from domain.ids import MarketId, VenueName
from domain.markets import Instrument
from domain.odds import claim_ratio
from domain.stops import BreakerCause
from engine.prices import Prices
from engine.state import State
from risk.watch import Watch

OFF_MAX = Fraction(1, 4)
"""How far the sum may be from the number of winners, as a part of that."""

SPREAD_MAX = Fraction(1, 10)
"""A wider book says too little of where its price is."""


class Complements:
    """Looks at every market of a venue once after it was proven, and again for as long as a sum is wrong."""

    def __init__(self, state: State, prices: Prices, watch: Watch) -> None:
        self._state = state
        self._prices = prices
        self._watch = watch
        self._right: set[tuple[VenueName, MarketId]] = set()
        self._asked_ns: dict[VenueName, int] = {}

    def look(self, now_ns: int) -> None:
        """Judge what was not judged since its venue's lines came up."""
        for venue, session in self._prices.sessions.items():
            if not session.proven:
                continue
            if self._asked_ns.get(venue) != session.asked_ns:
                self._asked_ns[venue] = session.asked_ns
                self._right = {key for key in self._right if key[0] != venue}
            for market in dict.fromkeys(
                self._state.instruments[one].listing.market
                for one in self._prices.instruments_of(venue)
                if one in self._state.instruments
            ):
                if (venue, market) not in self._right:
                    self._judge(venue, market, now_ns)

    def _judge(self, venue: VenueName, market: MarketId, now_ns: int) -> None:
        listed = [one for one in self._state.listed_for(market) if one.listing.venue == venue]
        total = self._sum(listed, len(self._state.markets[market].outcomes))
        if total is None:
            return
        winners = self._state.markets[market].winners
        off = abs(total - winners) > OFF_MAX * winners
        if not off:
            self._right.add((venue, market))
        for place in dict.fromkeys(one.listing.venue_market for one in listed):
            detail = f"prices of all outcomes add up to {float(total):.3f}, not to {winners}"
            self._watch.judged(venue, place, BreakerCause.COMPLEMENTS, now_ns, bad=off, detail=detail)

    def _sum(self, listed: list[Instrument], outcomes: int) -> Fraction | None:
        """Middle prices of all outcomes added up; None where a book is missing, doubted, one-sided or wide."""
        if {one.listing.outcome for one in listed} != set(range(outcomes)) or len(listed) != outcomes:
            return None
        total = Fraction(0)
        for one in listed:
            middle = _middle(self._prices.books[one.id], one)
            if middle is None:
                return None
            total += middle
        return total


def _middle(book: Book, instrument: Instrument) -> Fraction | None:
    if not book.clean or book.best_back < 0 or book.best_lay < 0:
        return None
    kind, prices = instrument.terms.kind, book.ladder.prices
    asked, bid = (Fraction(*claim_ratio(kind, prices[tick])) for tick in (book.best_back, book.best_lay))
    return None if abs(asked - bid) > SPREAD_MAX else (asked + bid) / 2
