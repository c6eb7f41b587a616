"""Who sits at the suite: every adapter, once for each way of entering orders or of hearing books."""

from functools import partial

from tests.venues.conformance.bench import Seat
from venues.betfair.demo import BetfairDemo
from venues.kalshi.demo import KalshiDemo
from venues.lmsr.demo import LmsrDemo
from venues.matchbook.demo import MatchbookDemo

BETFAIR = Seat("Betfair", BetfairDemo)
MATCHBOOK = Seat("Matchbook, polled", MatchbookDemo)
MATCHBOOK_PUSHED = Seat("Matchbook, pushed", MatchbookDemo, {"feed": "websocket"})
KALSHI = Seat("Kalshi, REST", KalshiDemo)
KALSHI_FIX = Seat("Kalshi, FIX", KalshiDemo, {"order_entry": "fix"})
KALSHI_FIX_BOOKS = Seat("Kalshi, FIX books", KalshiDemo, {"order_entry": "fix", "books": "fix"})
LMSR = Seat("LMSR", partial(LmsrDemo, liquidity=0))
"""Its maker is silent here, so that a case's own crowd is alone; what it quotes has tests of its own."""

SEATS = (BETFAIR, KALSHI, KALSHI_FIX, KALSHI_FIX_BOOKS, MATCHBOOK, MATCHBOOK_PUSHED, LMSR)
