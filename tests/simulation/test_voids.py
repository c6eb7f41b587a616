"""A bet that was matched in whole and is taken back while its market lives: no list of offers tells of it any more."""

from pathlib import Path

from domain.ids import OrderRef, VenueName
from tests.demands.trials import Trial
from venues.sim.queues import SimOrder
from venues.sim.settling import void_matches
from venues.sim.world import DESK

MATCHBOOK = VenueName("matchbook")
MINUTES = 12


def matched_in_whole(trial: Trial) -> SimOrder:
    """The first bet of ours of which nothing is left, in a market that is not settled."""
    floor = trial.simulation.exchanges.world.exchanges[MATCHBOOK].floor
    for _ in range(MINUTES):
        trial.run(60)
        for order in floor.orders.values():
            is_whole = order.account == DESK and order.matched_micros == order.size_micros
            if is_whole and not floor.markets[order.market].settled:
                return order
    raise AssertionError(f"nothing was matched in whole within {MINUTES} minutes")


def voided_micros(trial: Trial, ref: str) -> int:
    """What of an order is void, as far as we know."""
    return next(order.voided_micros for known, order in trial.orders().items() if known == ref)


def void_all(trial: Trial, taken: SimOrder) -> None:
    """The venue takes back every match of the market of a bet."""
    now_ns = trial.simulation.clock.monotonic_ns()
    exchange = trial.simulation.exchanges.world.exchanges[MATCHBOOK]
    void_matches(exchange, taken.market, now_ns, chosen=lambda _: True)
    exchange.publish(now_ns)
    assert taken.voided_micros == taken.size_micros


def is_found(trial: Trial, taken: SimOrder) -> bool:
    """Whether the void is heard of within a few rounds."""
    for _ in range(10):
        trial.run(15)
        if voided_micros(trial, taken.client_ref):
            break
    return voided_micros(trial, taken.client_ref) == taken.size_micros


def test_a_bet_of_which_all_was_voided_is_found_by_what_the_venue_says_that_we_hold(tmp_path: Path) -> None:
    """Once nobody noticed before the statement: the list of matched offers leaves out those whose bets are all void."""
    trial = Trial(tmp_path, seed=3)
    taken = matched_in_whole(trial)
    void_all(trial, taken)
    assert is_found(trial, taken)


def test_a_bet_that_was_voided_while_nobody_lived_is_found_by_who_takes_over(tmp_path: Path) -> None:
    """Once it stayed: who had never heard the venue's name of the bet sought it in the lists that leave it out."""
    trial = Trial(tmp_path, seed=3)
    taken = matched_in_whole(trial)
    trial.run(5)
    assert trial.orders()[OrderRef(taken.client_ref)].matched_micros == taken.size_micros
    trial.simulation._kill(trial.simulation.clock.monotonic_ns(), inside=False)
    void_all(trial, taken)
    assert is_found(trial, taken)
    assert trial.simulation.process.lives == 2
