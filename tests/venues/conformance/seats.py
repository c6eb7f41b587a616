"""Who sits at the suite: every adapter, and one of them once for each way of entering orders."""

from tests.venues.conformance.bench import Seat
from venues.betfair.demo import BetfairDemo
from venues.kalshi.demo import KalshiDemo
from venues.matchbook.demo import MatchbookDemo

BETFAIR = Seat("Betfair", BetfairDemo)
MATCHBOOK = Seat("Matchbook", MatchbookDemo)
KALSHI = Seat("Kalshi, REST", KalshiDemo)
KALSHI_FIX = Seat("Kalshi, FIX", KalshiDemo, {"order_entry": "fix"})

SEATS = (BETFAIR, KALSHI, KALSHI_FIX, MATCHBOOK)
