"""What somebody else bets on our accounts by hand is counted as it stands at the venue, matched, taken back or both."""

from pathlib import Path

import pytest

from domain.breaks import BreakResolved
from domain.ids import VenueName
from domain.markets import MarketStatus
from domain.money import MICROS
from domain.orders import Side
from engine.config import load
from engine.simulate.options import SeedOptions
from engine.simulate.run import BEGIN_NS, Simulation
from oms.blotter import ORPHANS
from oms.order_states import is_open
from tests.conftest import ROOT
from tests.simulation.test_planted import SECOND_NS
from venues.registry import CONSTRUCTORS, USUAL
from venues.sim.exchange import Exchange
from venues.sim.notices import Cause
from venues.sim.placements import Placement
from venues.sim.queues import SimOrder
from venues.sim.world import DESK


class Stranger:
    """Bets by hand at one exchange, and takes back what nobody has met."""

    def __init__(self, simulation: Simulation, venue: str) -> None:
        self.simulation = simulation
        self.exchange: Exchange = simulation.exchanges.world.exchanges[VenueName(venue)]
        self.order: SimOrder | None = None

    def bets(self, now_ns: int) -> None:
        """More than stands at the best price: so much is matched at once, and the rest waits behind it."""
        market, selection, offered, price = next(
            (market, name, found.books[Side.LAY], best)
            for market in self.exchange.floor.markets.values()
            for name, found in market.selections.items()
            if market.status is MarketStatus.OPEN and (best := found.books[Side.LAY].best()) is not None
        )
        size = offered.total(price) + 2 * MICROS
        wish = Placement(DESK, market.spec.id, selection, Side.BACK, price, size, persist=True)
        placed = self.exchange.place(wish, now_ns)
        assert isinstance(placed, SimOrder), placed
        self.order = placed
        self.exchange.publish(now_ns)

    def takes_back(self, now_ns: int) -> None:
        assert self.order is not None
        self.exchange.cancel(self.order.number, account=DESK, now_ns=now_ns, cause=Cause.CLOSED)
        self.exchange.publish(now_ns)

    def explains(self, _: int) -> None:
        for venue, key, kind in [*self.simulation.process.state.breaks.standing]:
            self.simulation._hear(BreakResolved(VenueName(venue), key, kind, "ann", "it was mine"))


@pytest.mark.parametrize("venue", USUAL)
def test_a_strangers_order_is_counted_as_its_venue_has_it_until_it_is_over(venue: str, tmp_path: Path) -> None:
    options = SeedOptions(1, 0.02, "none", matches=2, recon_s=10)
    desk = load(ROOT / "config.toml", {name: settings for name, (_, settings) in CONSTRUCTORS.items()})
    simulation = Simulation(options, desk, tuple(VenueName(name) for name in USUAL), tmp_path)
    stranger = Stranger(simulation, venue)
    for at_s, act in ((20, stranger.bets), (50, stranger.takes_back), (110, stranger.explains)):
        simulation.agenda.at(BEGIN_NS + at_s * SECOND_NS, act)
    simulation.run()
    assert simulation.oracle.violations == []
    theirs = stranger.order
    assert theirs is not None
    assert theirs.matched_micros > 0
    (ours,) = [one for one in simulation.process.state.blotter.orders.every() if one.strategy == ORPHANS]
    assert (ours.matched_micros, ours.cost_micros) == (theirs.matched_micros, theirs.cost_micros)
    assert not is_open(ours)
