"""What a wait costs: the formula of a bet delay, in whole numbers that are the same on every machine."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.waiting import NO_JUMPS, Jumps, waiting_cost_e9
from strategy.uncertainty import bet_delay_ev

JUMPY = Jumps(rate_e9=4_000_000, loss_e9=100_000_000)


def test_a_wait_costs_the_chance_of_a_jump_times_its_loss() -> None:
    """Vector M093: .01 of edge becomes .00801986733 behind five seconds."""
    assert waiting_cost_e9(JUMPY, 5_000_000) == 1_980_133


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_it_is_what_a_bet_delay_of_the_same_time_costs(rate_e9: int, loss_e9: int, wait_us: int) -> None:
    cost = waiting_cost_e9(Jumps(rate_e9, loss_e9), wait_us)
    left = bet_delay_ev(
        edge=0.0, adverse_rate=rate_e9 / 1e9, delay_s=wait_us / 1e6, jump=loss_e9 / 1e9, p_not_suspended=1.0
    )
    assert abs(cost - ceil(-left.ev * 1e9)) <= 1
    assert 0 <= cost <= loss_e9


@given(st.integers(0, 10**8), st.integers(0, 10**8))
def test_a_longer_wait_never_costs_less(wait_us: int, more_us: int) -> None:
    assert waiting_cost_e9(JUMPY, wait_us) <= waiting_cost_e9(JUMPY, wait_us + more_us)


@pytest.mark.parametrize("jumps", [NO_JUMPS, Jumps(5, 0), Jumps(0, 5)])
def test_where_nothing_jumps_a_wait_is_free(jumps: Jumps) -> None:
    assert waiting_cost_e9(jumps, 10**9) == 0


def test_no_wait_is_free_and_the_shortest_is_rounded_against_us() -> None:
    assert waiting_cost_e9(JUMPY, 0) == 0
    assert waiting_cost_e9(JUMPY, 1) == 1
