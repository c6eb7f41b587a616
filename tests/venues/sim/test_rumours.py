"""Rumours: the same at every exchange, heard later at some, and prices that stand apart until then."""

from collections.abc import Sequence

from domain.ids import VenueName
from domain.orders import Side
from tests.venues.sim.builders import NANOS, demo_world, three_venues
from venues.sim.football import matches
from venues.sim.opinions import worth
from venues.sim.rumours import IN_TIME_NS, LATE_NS, LATE_SHARE, MOVES, Rumour, rumours
from venues.sim.world import World

HERE, THERE = VenueName("here"), VenueName("there")
MATCH = matches(7, count=1)[0]
NAMINGS = {venue.venue: venue.naming for venue in three_venues()}


def heard(seed: int, venue: VenueName, *, often: float = 1.0) -> tuple[Rumour, ...]:
    return rumours(seed, MATCH, venue, often=often)


def test_a_seed_is_a_complete_report() -> None:
    assert heard(3, HERE) == heard(3, HERE)
    assert heard(3, HERE) != heard(4, HERE)
    assert heard(3, HERE, often=0) == ()


def test_all_exchanges_hear_the_same_each_in_its_own_time() -> None:
    here, there = heard(3, HERE, often=5), heard(3, THERE, often=5)
    assert [one.home_log for one in here] == [one.home_log for one in there]
    assert all(MOVES[0] <= abs(one.home_log) <= MOVES[1] and one.from_ns <= one.until_ns for one in here)
    apart = [abs(one.from_ns - other.from_ns) for one, other in zip(here, there, strict=True)]
    assert max(apart) <= LATE_NS[1]
    late = sum(ns > IN_TIME_NS[1] for ns in apart) / len(apart)
    assert abs(late - (1 - (1 - LATE_SHARE) ** 2 - LATE_SHARE**2)) < 0.2, "both late is mostly late by different times"


def test_there_are_so_many_times_as_often() -> None:
    once, often = (sum(len(heard(seed, HERE, often=much)) for seed in range(20)) for much in (1, 4))
    assert 3 < often / once < 5


def crossed(world: World, seconds: int) -> int:
    """Questions, second by second, that are offered cheaper at one exchange than they are asked for at another."""
    found = 0
    for second in range(1, seconds + 1):
        world.on_time(world.start_ns + second * NANOS)
        for match in world.matches:
            for outcome in range(3):
                names = {venue: naming(match, "match_odds", outcome) for venue, naming in NAMINGS.items()}
                offers, wishes = (_best(world, names, side) for side in (Side.LAY, Side.BACK))
                found += bool(offers and wishes) and min(offers) < max(wishes) - 0.01
    return found


def _best(world: World, names: dict, side: Side) -> Sequence[float]:
    """What a claim costs, or brings, at the best order of one side of every exchange that has one."""
    prices = []
    for venue, (market, selection) in names.items():
        floor = world.exchanges[venue].floor
        best = floor.markets[market].selections[selection].books[side].best()
        if best is not None:
            prices.append(worth(world.exchanges[venue].options.terms.kind, best))
    return prices


def test_prices_of_exchanges_stand_apart_until_the_last_has_heard() -> None:
    calm = sum(crossed(demo_world(seed, kinds=("match_odds",)), 15) for seed in (1, 2))
    rumoured = sum(crossed(demo_world(seed, kinds=("match_odds",), rumours=3.0), 15) for seed in (1, 2))
    assert rumoured > 3 * calm + 10
