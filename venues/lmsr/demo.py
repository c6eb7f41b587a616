"""This venue in the demo: contracts on every outcome, quoted by a crowd and by a maker with a cost function."""

from decimal import Decimal

from domain.ids import SelectionId, VenueMarketId, VenueName
from venues.base import Venue
from venues.lmsr import rules
from venues.lmsr.fake.options import FakeOptions
from venues.lmsr.fake.server import LmsrFake
from venues.lmsr.protocol import Lmsr
from venues.lmsr.settings import Settings
from venues.secret import Secret
from venues.sim.accounts import Collateral
from venues.sim.demo import Guide, Ports, Staging, Wiring
from venues.sim.football import Match, belief
from venues.sim.listing import market_id
from venues.sim.world import DESK, VenueOptions

VENUE = VenueName("lmsr")
KEY = "demo-key"
LIQUIDITY = 400
"""Claims: the maker of a market of three outcomes risks about so many times 1.1 of the currency."""
LEAST = Decimal("0.01")


def naming(match: Match, kind: str, outcome: int) -> tuple[VenueMarketId, SelectionId]:
    """One market for each question, its selections by their names."""
    return VenueMarketId(market_id(match, kind)), SelectionId(match.outcomes(kind)[outcome])


class LmsrDemo:
    """This venue's part of the demo. `liquidity` is the maker's, in claims; 0 leaves the books to others."""

    def __init__(self, liquidity: int = LIQUIDITY) -> None:
        self.options = VenueOptions(
            venue=VENUE,
            terms=rules.terms(),
            collateral=Collateral.NET,
            naming=naming,
            suspends=True,
        )
        self.guide = Guide({"line": ("tcp", "")}, {"key": KEY})
        self._liquidity = liquidity

    def open_fake(self, staging: Staging) -> Ports:
        """The venue's one port."""
        chances = {
            staging.naming(match, kind, 0)[0]: _chances(match, kind)
            for match in staging.matches
            for kind, _ in match.questions
            if kind in staging.kinds
        }
        options = FakeOptions(
            account=DESK, epoch_ns=staging.epoch_ns, key=KEY, chances=chances, liquidity=self._liquidity
        )
        return Ports({"line": LmsrFake(staging.exchange, options, staging.faults)})

    def open_venue(self, wiring: Wiring) -> Venue:
        """The real adapter, told the fake's address."""
        settings = Settings(line=wiring.ports["line"], key=Secret(KEY), patience=wiring.patience)
        settings, network = wiring.tap(settings, wiring.network)
        return Lmsr(settings, wiring.listings, network, wiring.emit, chance=wiring.chance)


def _chances(match: Match, kind: str) -> tuple[Decimal, ...]:
    """Where a curve begins: what was likely when the world began, no outcome below a hundredth."""
    raw = belief(match, 0).probabilities(kind) if match.away else (1.0,) * len(match.outcomes(kind))
    parts = [max(LEAST, Decimal(str(round(one, 6)))) for one in raw]
    return tuple(one / sum(parts) for one in parts)
