"""A bug for every law: the oracle names the law that was broken, and says nothing where nothing was planted."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.breaks import BreakResolved
from domain.ids import VenueName
from domain.markets import MarketStatus
from domain.money import MICROS
from domain.odds import PriceKind
from domain.operators import KillLevel, KillLevelSet
from domain.orders import Side
from engine.config import Loaded, load
from engine.simulate.options import SeedOptions
from engine.simulate.process import endpoint
from engine.simulate.run import BEGIN_NS, Simulation
from tests.conftest import ROOT
from tests.simulation.planted import BUGS
from venues.registry import CONSTRUCTORS, USUAL
from venues.sim.exchange import Exchange
from venues.sim.notices import Cause
from venues.sim.placements import Placement
from venues.sim.queues import SimOrder
from venues.sim.world import DESK

SEEDS_MAX = 20
CAP_EVENT_MICROS = 60_000_000
"""So small that what the strategies want meets it."""
HOURS = 0.02
SECOND_NS = 1_000_000_000


def configured() -> Loaded:
    """The demo's desk with a cap that is felt."""
    loaded = load(ROOT / "config.toml", {name: settings for name, (_, settings) in CONSTRUCTORS.items()})
    return replace(loaded, limits=replace(loaded.limits, cap_event_micros=CAP_EVENT_MICROS))


def laws_broken(seed: int, folder: Path, bug: str) -> set[str]:
    """Run one short seed with what it takes to see a bug, and give back the laws that were found broken."""
    hours, faults, closing = LONGER.get(bug, HOURS), FAULTS.get(bug, "none"), bug in CLOSING
    options = SeedOptions(seed, hours, faults, matches=2, recon_s=10, closing=closing)
    simulation = Simulation(options, configured(), tuple(VenueName(name) for name in USUAL), folder)
    OCCASIONS.get(bug, lambda _: None)(simulation)
    simulation.run()
    return {violation.law for violation in simulation.oracle.violations}


def somebody_else_bets(simulation: Simulation) -> None:
    """A person bets by hand on the desk's accounts, far from any price, takes it back, and says so of the breaks."""
    placed: list[tuple[Exchange, int]] = []

    def bet(now_ns: int) -> None:
        for exchange in simulation.exchanges.world.exchanges.values():
            market = next(one for one in exchange.floor.markets.values() if one.status is MarketStatus.OPEN)
            terms, selection = exchange.options.terms, market.spec.selections[0]
            far = terms.bands[-1][1] if terms.kind is PriceKind.ODDS else terms.bands[0][0]
            size = max(10 * terms.lot_micros, 2 * MICROS)
            wish = Placement(DESK, market.spec.id, selection, Side.BACK, far, size, persist=True)
            order = exchange.place(wish, now_ns)
            assert isinstance(order, SimOrder), order
            placed.append((exchange, order.number))
            exchange.publish(now_ns)

    def take_back(now_ns: int) -> None:
        for exchange, number in placed:
            exchange.cancel(number, account=DESK, now_ns=now_ns, cause=Cause.CLOSED)
            exchange.publish(now_ns)

    def explain(_: int) -> None:
        for venue, key, kind in [*simulation.process.state.breaks.standing]:
            simulation._hear(BreakResolved(VenueName(venue), key, kind, "ann", "it was mine, and I took it back"))

    simulation.agenda.at(BEGIN_NS + 5 * SECOND_NS, bet)
    simulation.agenda.at(BEGIN_NS + 70 * SECOND_NS, take_back)
    simulation.agenda.at(BEGIN_NS + 110 * SECOND_NS, explain)


def somebody_pulls_the_feeds(simulation: Simulation) -> None:
    """Every feed is gone for three quarters of a minute, while requests go through."""
    hosts = {
        (at.host, at.port)
        for venue, port in simulation.exchanges.ports.items()
        for role in port.servers
        if role != "rest"
        for at in [endpoint(venue, role)]
    }
    back_ns = BEGIN_NS + 65 * SECOND_NS
    simulation.agenda.at(BEGIN_NS + 20 * SECOND_NS, lambda now_ns: simulation.network.take_down(hosts, back_ns, now_ns))


def somebody_stops_the_desk(simulation: Simulation, level: KillLevel = KillLevel.CANCEL_ALL) -> None:
    """A kill level, a death, another process, and later the word that lets it go on."""

    def set_level(level: KillLevel, why: str, at_s: int) -> None:
        word = KillLevelSet(level, "ann", why)
        simulation.agenda.at(BEGIN_NS + at_s * SECOND_NS, lambda _: simulation._hear(word))

    set_level(level, "a drill", 15)
    simulation.agenda.at(BEGIN_NS + 25 * SECOND_NS, lambda now_ns: simulation._kill(now_ns, False))
    set_level(KillLevel.NONE, "the drill is over", 65)


FAULTS = dict.fromkeys(("I4", "I20", "E1"), "storm")
"""Silence and doubt need trouble; the other bugs show on a quiet day."""

LONGER = {"E1": 0.1}
CLOSING = ("E1",)
"""What shows only where somebody closes while others doubt, which takes its time to come about."""

OCCASIONS: dict[str, Callable[[Simulation], None]] = {
    "I3": somebody_else_bets,
    "I7": somebody_pulls_the_feeds,
    "I9": somebody_stops_the_desk,
    "I9 no new risk": partial(somebody_stops_the_desk, level=KillLevel.NO_NEW_RISK),
    "I9 reduce only": partial(somebody_stops_the_desk, level=KillLevel.REDUCE_ONLY),
    "I9 another process": partial(somebody_stops_the_desk, level=KillLevel.REDUCE_ONLY),
    "I10": somebody_pulls_the_feeds,
}
"""What happens beside, for the bugs that show on no ordinary day."""


LIKELY = {"I5": 3, "I15": 3, "I20": 13, "E1": 11}
"""Seeds that have shown a bug before the others; they are only tried first."""


def seed_that_shows(bug: str, law: str, folder: Path) -> int | None:
    """A seed whose run breaks the law while the bug is in force."""
    for seed in dict.fromkeys((LIKELY.get(bug, 1), *range(1, SEEDS_MAX + 1))):
        with BUGS[bug]():
            if law in laws_broken(seed, folder / f"{seed}", bug):
                return seed
    return None


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_named_and_without_it_the_oracle_is_silent(bug: str, tmp_path: Path) -> None:
    law = bug.split(maxsplit=1)[0]
    seed = seed_that_shows(bug, law, tmp_path)
    assert seed is not None, f"{SEEDS_MAX} seeds, and nobody saw that {law} is broken"
    print(f"{law} seen broken at seed {seed}")
    assert laws_broken(seed, tmp_path / "without", bug) == set()
