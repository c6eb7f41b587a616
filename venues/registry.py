"""Which class speaks to which exchange: the one place outside their folders where venues are named."""

from collections.abc import Callable
from typing import Any

from venues.base import Venue
from venues.betfair.backtesting import open_tape
from venues.betfair.checkup import BetfairCheckup
from venues.betfair.dead_man import SWITCH as BETFAIR_SWITCH
from venues.betfair.demo import BetfairDemo
from venues.betfair.kept import BetfairKept
from venues.betfair.lister import BetfairLister
from venues.betfair.outcome_table import outcome_table as betfair_outcomes
from venues.betfair.protocol import Betfair
from venues.betfair.recording import playable
from venues.betfair.settings import Settings as BetfairSettings
from venues.checkup import Checkup
from venues.kalshi.backtesting import open_contracts_tape
from venues.kalshi.checkup import KalshiCheckup
from venues.kalshi.demo import KalshiDemo
from venues.kalshi.kept import KalshiKept
from venues.kalshi.lister import KalshiLister
from venues.kalshi.outcome_table import outcome_table as kalshi_outcomes
from venues.kalshi.protocol import Kalshi
from venues.kalshi.recording import playable_contracts
from venues.kalshi.renewing import SWITCH as KALSHI_SWITCH
from venues.kalshi.settings import Settings as KalshiSettings
from venues.listers import Lister
from venues.lmsr.checkup import LmsrCheckup, LmsrKept
from venues.lmsr.demo import LmsrDemo
from venues.lmsr.outcome_table import outcome_table as lmsr_outcomes
from venues.lmsr.protocol import Lmsr
from venues.lmsr.settings import Settings as LmsrSettings
from venues.matchbook.backtesting import open_polled_tape
from venues.matchbook.checkup import MatchbookCheckup
from venues.matchbook.demo import MatchbookDemo
from venues.matchbook.heartbeat import SWITCH as MATCHBOOK_SWITCH
from venues.matchbook.kept import MatchbookKept
from venues.matchbook.lister import MatchbookLister
from venues.matchbook.outcome_table import outcome_table as matchbook_outcomes
from venues.matchbook.protocol import Matchbook
from venues.matchbook.recording import playable_polls
from venues.matchbook.settings import Settings as MatchbookSettings
from venues.outcome_table import Row
from venues.sim.demo import DemoVenue
from venues.transport_taps import Kept

CONSTRUCTORS: dict[str, tuple[Callable[..., Venue], type[Any]]] = {
    "betfair": (Betfair, BetfairSettings),
    "kalshi": (Kalshi, KalshiSettings),
    "lmsr": (Lmsr, LmsrSettings),
    "matchbook": (Matchbook, MatchbookSettings),
}
"""By the name in the configuration: the adapter, and the struct of what it is run with."""

DEMOS: dict[str, type[DemoVenue]] = {
    "betfair": BetfairDemo,
    "kalshi": KalshiDemo,
    "lmsr": LmsrDemo,
    "matchbook": MatchbookDemo,
}
"""By the same name: how the venue joins the demo's street, if the configuration has its table."""

USUAL = ("betfair", "kalshi", "matchbook")
"""Those that the configuration of the repository opens; the other is an example, and exists in the simulator only."""

CHECKUPS: dict[str, type[Checkup]] = {
    "betfair": BetfairCheckup,
    "kalshi": KalshiCheckup,
    "lmsr": LmsrCheckup,
    "matchbook": MatchbookCheckup,
}
"""By the same name: what looks the account over before anything is traded."""

KEPT: dict[str, Callable[[Any], Kept]] = {
    "betfair": BetfairKept,
    "kalshi": KalshiKept,
    "lmsr": LmsrKept,
    "matchbook": MatchbookKept,
}
"""By the same name: what of it is recorded, made of the venue's settings."""

LISTERS: dict[str, type[Lister]] = {
    "betfair": BetfairLister,
    "kalshi": KalshiLister,
    "matchbook": MatchbookLister,
}
"""By the same name: what asks the venue, blocking, which events and markets it lists."""

UNMARKED = "betfair"
"""Whose a recorded file is that does not say so itself."""

RECORDINGS = {"betfair": playable, "kalshi": playable_contracts, "matchbook": playable_polls}
"""By the same name: what makes a recorded file of the venue playable."""

TAPES = {"betfair": open_tape, "kalshi": open_contracts_tape, "matchbook": open_polled_tape}
"""By the same name: what reads a recorded file of the venue, and its table of the configuration, for a backtest."""

SWITCHES = {"betfair": BETFAIR_SWITCH, "kalshi": KALSHI_SWITCH, "matchbook": MATCHBOOK_SWITCH}
"""By the same name: its dead man's switch, where it has one."""

OUTCOMES: dict[str, Callable[[], tuple[Row, ...]]] = {
    "betfair": betfair_outcomes,
    "kalshi": kalshi_outcomes,
    "lmsr": lmsr_outcomes,
    "matchbook": matchbook_outcomes,
}
"""By the same name: what each of its answers means for an order."""
