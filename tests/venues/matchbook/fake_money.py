"""Markets of the simulated venue brought to their end."""

from fractions import Fraction

from domain.ids import VenueMarketId
from tests.venues.matchbook.fake_world import MARKET, World
from venues.sim.lifecycle import close
from venues.sim.settling import settle


def settle_on(world: World, *winners: int, market: int = MARKET, void: tuple[int, ...] = ()) -> None:
    """Close a market and pay it out."""
    world.at_exchange(close, market=market)
    pay(world, *winners, market=market, void=void)


def pay(world: World, *winners: int, market: int = MARKET, void: tuple[int, ...] = ()) -> None:
    """Pay a closed market out: several winners share, void runners are annulled."""
    name = VenueMarketId(str(market))
    payouts = {
        one: None if int(one) in void else Fraction(int(int(one) in winners), max(1, len(winners)))
        for one in world.exchange.floor.markets[name].selections
    }
    settle(world.exchange, name, payouts, world.now)
    world.exchange.publish(world.now)
