"""A market of Asian lines at the simulated venue: both sides of each line, and a final score that ends them all."""

from fractions import Fraction

from domain.ids import VenueMarketId
from domain.settlement import asian_handicap
from tests.venues.betfair.fake.world import AWAY, EPOCH_NS, HOME, World
from venues.betfair.fake.options import MarketDetails, RunnerDetails, selection_of
from venues.sim.lifecycle import close
from venues.sim.markets import MarketSpec
from venues.sim.settling import settle

LINES_MARKET = VenueMarketId("1.234567899")
LINES = (-0.5, -0.25, 0.0, 0.5)
"""Goals that the home side begins with; the away side begins with as many the other way."""


def list_lines(world: World, lines: tuple[float, ...] = LINES) -> None:
    """Trade and show the market from now on: one side of each line can win."""
    runners = tuple(
        one
        for line in lines
        for one in (RunnerDetails(HOME, "Harbour", line), RunnerDetails(AWAY, "Castle", -line + 0.0))
    )
    winners = (len(lines), len(lines))
    world.exchange.list_market(MarketSpec(LINES_MARKET, tuple(one.selection for one in runners), winners))
    world.fake.books.list_market(
        MarketDetails(
            id=LINES_MARKET,
            name="Asian Handicap",
            event_id="35187438",
            event_name="Harbour v Castle",
            starts_ms=EPOCH_NS // 1_000_000,
            runners=runners,
            market_type="ASIAN_HANDICAP",
            betting_type="ASIAN_HANDICAP_DOUBLE_LINE",
        )
    )
    world.exchange.publish(world.now)


def end_lines(world: World, home: int, away: int, lines: tuple[float, ...] = LINES) -> None:
    """The match is over with this score, and the market is paid out."""
    payouts = {}
    for line in lines:
        for runner, goals, diff in ((HOME, line, home - away), (AWAY, -line + 0.0, away - home)):
            parts = asian_handicap(line=Fraction(goals), goal_diff=Fraction(diff))
            payouts[selection_of(runner, goals)] = parts
    close(world.exchange, LINES_MARKET, world.now)
    settle(world.exchange, LINES_MARKET, payouts, world.now)
    world.exchange.publish(world.now)
