"""Which class speaks to which exchange: the one place outside their folders where venues are named."""

from venues.betfair.backtesting import open_tape
from venues.betfair.demo import BetfairDemo
from venues.betfair.protocol import Betfair
from venues.betfair.recording import playable
from venues.betfair.settings import Settings as BetfairSettings
from venues.kalshi.demo import KalshiDemo
from venues.kalshi.protocol import Kalshi
from venues.kalshi.settings import Settings as KalshiSettings
from venues.matchbook.demo import MatchbookDemo
from venues.matchbook.protocol import Matchbook
from venues.matchbook.settings import Settings as MatchbookSettings
from venues.sim.demo import DemoVenue

CONSTRUCTORS = {
    "betfair": (Betfair, BetfairSettings),
    "kalshi": (Kalshi, KalshiSettings),
    "matchbook": (Matchbook, MatchbookSettings),
}
"""By the name in the configuration: the adapter, and the struct of what it is run with."""

DEMOS: dict[str, type[DemoVenue]] = {"betfair": BetfairDemo, "kalshi": KalshiDemo, "matchbook": MatchbookDemo}
"""By the same name: how the venue joins the demo's street."""

RECORDINGS = {"betfair": playable}
"""By the same name: what makes a recorded file of the venue playable."""

TAPES = {"betfair": open_tape}
"""By the same name: what reads a recorded file of the venue, and its table of the configuration, for a backtest."""
