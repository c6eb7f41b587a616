"""Quoting models against their own limits, mirrors and a second road; floors against what they must pay for."""

from math import exp, log

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.linalg import expm

from strategy.quoting_models import (
    JumpRisk,
    as_logit_quotes,
    as_prob_quotes,
    glft_asymptotic,
    glft_finite,
    half_spread_floor,
    jump_adverse_rate,
    jump_floor,
    tilted_probs,
)

prob = st.floats(min_value=0.01, max_value=0.99)
inventory = st.integers(min_value=-20, max_value=20)
gammas = st.floats(min_value=0.001, max_value=2)
sigmas = st.floats(min_value=0.001, max_value=1)
kappas = st.floats(min_value=0.1, max_value=200)
taus = st.floats(min_value=0.01, max_value=20)


def logit(p: float) -> float:
    return log(p / (1 - p))


# --- exponential utility ---

markets = st.integers(min_value=2, max_value=6).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(min_value=0.01, max_value=1), min_size=n, max_size=n).map(lambda w: [x / sum(w) for x in w]),
        st.lists(st.floats(min_value=-2000, max_value=2000), min_size=n, max_size=n),
    )
)


@given(market=markets, gamma=st.floats(min_value=0, max_value=0.005))
def test_tilted_probabilities_are_probabilities_and_tilt_back(market, gamma) -> None:
    probs, pnl = market
    tilted = tilted_probs(probs=probs, pnl=pnl, gamma=gamma)
    assert sum(tilted) == pytest.approx(1, abs=1e-12)
    assert all(0 < p < 1 for p in tilted)
    assert tilted_probs(probs=tilted, pnl=pnl, gamma=-gamma) == pytest.approx(probs, rel=1e-9)


@given(
    market=markets, gamma=st.floats(min_value=0.0001, max_value=0.005), cash=st.floats(min_value=-1e6, max_value=1e6)
)
def test_money_that_comes_in_any_case_tilts_nothing(market, gamma, cash) -> None:
    probs, pnl = market
    richer = [profit + cash for profit in pnl]
    assert tilted_probs(probs=probs, pnl=richer, gamma=gamma) == pytest.approx(
        tilted_probs(probs=probs, pnl=pnl, gamma=gamma), rel=1e-6
    )


@given(market=markets)
def test_a_small_tilt_is_the_gap_to_the_expected_profit(market) -> None:
    probs, pnl = market
    gamma = 1e-7
    mean = sum(p * x for p, x in zip(probs, pnl, strict=True))
    first_order = [p * (1 - gamma * (x - mean)) for p, x in zip(probs, pnl, strict=True)]
    assert tilted_probs(probs=probs, pnl=pnl, gamma=gamma) == pytest.approx(first_order, abs=1e-6)


@given(p=prob, gap=st.floats(min_value=-1000, max_value=1000))
def test_a_binary_tilts_its_log_odds_by_gamma_times_the_gap(p, gap) -> None:
    tilted = tilted_probs(probs=[p, 1 - p], pnl=[gap, 0.0], gamma=0.002)
    assert logit(tilted[0]) == pytest.approx(logit(p) - 0.002 * gap, abs=1e-9)


def test_a_huge_position_neither_overflows_nor_leaves_the_unit_interval() -> None:
    assert tilted_probs(probs=[0.5, 0.5], pnl=[1e9, -1e9], gamma=1.0) == (0.0, 1.0)
    assert tilted_probs(probs=[0.0, 1.0], pnl=[-1e9, 1e9], gamma=1.0) == (0.0, 1.0)


@pytest.mark.parametrize(("probs", "pnl"), [([0.5, 0.5], [1.0]), ([0.0, 0.0], [1.0, 2.0])])
def test_a_market_without_chances_is_refused(probs, pnl) -> None:
    with pytest.raises(ValueError, match="one entry per outcome and some chance"):
        tilted_probs(probs=probs, pnl=pnl, gamma=0.001)


# --- Avellaneda and Stoikov ---


@given(p=prob, q=inventory, gamma=gammas, sigma=sigmas, tau=taus, kappa=kappas)
def test_logit_quotes_agree_with_their_form_in_odds(p, q, gamma, sigma, tau, kappa) -> None:
    quotes = as_logit_quotes(p=p, inventory=q, gamma=gamma, sigma_b=sigma, tau=tau, kappa=kappa)
    width = exp(gamma * sigma**2 * tau / 2) * (1 + gamma / kappa) ** (1 / gamma)
    shifted = p / (1 - p) * exp(-q * gamma * sigma**2 * tau)
    expected = [odds / (1 + odds) for odds in (shifted / width, shifted, shifted * width)]
    assert [quotes.bid, quotes.reservation, quotes.ask] == pytest.approx(expected, rel=1e-9)
    assert quotes.half_spread == pytest.approx(log(width), rel=1e-9)


@given(p=prob, q=inventory, gamma=gammas, sigma=sigmas, tau=taus, kappa=kappas)
def test_logit_quotes_of_the_other_side_are_the_mirror(p, q, gamma, sigma, tau, kappa) -> None:
    terms = {"gamma": gamma, "sigma_b": sigma, "tau": tau, "kappa": kappa}
    here, there = as_logit_quotes(p=p, inventory=q, **terms), as_logit_quotes(p=1 - p, inventory=-q, **terms)
    assert (here.bid, here.ask) == pytest.approx((1 - there.ask, 1 - there.bid), abs=1e-12)


@pytest.mark.parametrize("q", [-10_000, 0, 10_000])
@pytest.mark.parametrize("p", [1e-6, 0.5, 1 - 1e-6])
def test_logit_quotes_stay_probabilities_at_any_inventory(p, q) -> None:
    quotes = as_logit_quotes(p=p, inventory=q, gamma=1.0, sigma_b=1.0, tau=1.0, kappa=5.0)
    assert 0 <= quotes.bid <= quotes.ask <= 1


@given(p=prob, q=inventory, gamma=gammas, sigma=sigmas, tau=taus, kappa=kappas)
def test_probability_quotes_stand_the_textbook_spread_apart(p, q, gamma, sigma, tau, kappa) -> None:
    quotes = as_prob_quotes(p=p, inventory=q, gamma=gamma, sigma_p=sigma, tau=tau, kappa=kappa)
    risk = gamma * sigma**2 * tau
    assert quotes.ask - quotes.bid == pytest.approx(risk + 2 / gamma * log(1 + gamma / kappa), rel=1e-6)
    assert quotes.reservation == pytest.approx(p - q * risk, abs=1e-9)
    assert (quotes.bid + quotes.ask) / 2 == pytest.approx(quotes.reservation, abs=1e-9)


def test_both_models_agree_far_from_the_edges_when_units_are_converted() -> None:
    slope = 0.5 * 0.5  # of p by its logit, at one half
    prob_quotes = as_prob_quotes(p=0.5, inventory=2, gamma=0.4, sigma_p=0.01, tau=1, kappa=100)
    logit_quotes = as_logit_quotes(
        p=0.5, inventory=2, gamma=0.4 * slope, sigma_b=0.01 / slope, tau=1, kappa=100 * slope
    )
    assert logit_quotes.bid == pytest.approx(prob_quotes.bid, abs=1e-4)
    assert logit_quotes.ask == pytest.approx(prob_quotes.ask, abs=1e-4)


def test_a_quoter_without_risk_aversion_asks_one_over_kappa_and_ignores_inventory() -> None:
    quotes = as_prob_quotes(p=0.5, inventory=7, gamma=0, sigma_p=0.1, tau=1, kappa=50)
    assert (quotes.reservation, quotes.half_spread) == (0.5, 1 / 50)
    nearly = as_prob_quotes(p=0.5, inventory=7, gamma=1e-9, sigma_p=0.1, tau=1, kappa=50)
    assert nearly.half_spread == pytest.approx(1 / 50, rel=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"p": 1.0}, "p must lie between"),
        ({"gamma": -1.0}, "gamma"),
        ({"tau": -1.0}, "tau"),
        ({"kappa": 0.0}, "kappa"),
    ],
)
def test_parameters_without_meaning_are_refused(change, said) -> None:
    terms = {"p": 0.5, "inventory": 0.0, "gamma": 0.1, "sigma_b": 0.1, "tau": 1.0, "kappa": 10.0}
    with pytest.raises(ValueError, match=said):
        as_logit_quotes(**terms | change)


# --- Guéant, Lehalle and Fernandez-Tapia ---

GLFT = {"gamma": 0.05, "sigma": 0.3, "kappa": 1.5, "intensity": 0.9}


def by_matrix(*, q: int, bound: int, tau: float, gamma: float, sigma: float, kappa: float, intensity: float):
    """The definition itself: v = e^(−Mτ)·1 by a library's matrix exponential."""
    alpha = kappa * gamma * sigma**2 / 2
    eta = intensity * (1 + gamma / kappa) ** -(1 + kappa / gamma)
    m = np.diag([alpha * k * k for k in range(-bound, bound + 1)])
    m -= eta * (np.eye(2 * bound + 1, k=1) + np.eye(2 * bound + 1, k=-1))
    v = expm(-m * tau) @ np.ones(2 * bound + 1)
    at, premium = q + bound, log(1 + gamma / kappa) / gamma
    bid = None if q == bound else log(v[at] / v[at + 1]) / kappa + premium
    return bid, None if q == -bound else log(v[at] / v[at - 1]) / kappa + premium


@given(
    q=st.integers(min_value=-4, max_value=4),
    tau=st.floats(min_value=0, max_value=30),
    gamma=st.floats(min_value=0.01, max_value=1),
    sigma=st.floats(min_value=0.01, max_value=0.5),
    kappa=st.floats(min_value=0.3, max_value=5),
    intensity=st.floats(min_value=0.1, max_value=2),
)
def test_finite_depths_are_those_of_the_matrix_exponential(q, tau, gamma, sigma, kappa, intensity) -> None:
    terms = {"tau": tau, "gamma": gamma, "sigma": sigma, "kappa": kappa, "intensity": intensity}
    depths = glft_finite(inventory=q, inventory_max=4, **terms)
    for ours, theirs in zip((depths.bid, depths.ask), by_matrix(q=q, bound=4, **terms), strict=True):
        assert ours == (None if theirs is None else pytest.approx(theirs, abs=1e-9))


@given(q=st.integers(min_value=-10, max_value=10))
def test_finite_depths_of_a_short_position_are_the_mirror(q) -> None:
    here = glft_finite(inventory=q, tau=60, inventory_max=10, **GLFT)
    there = glft_finite(inventory=-q, tau=60, inventory_max=10, **GLFT)
    assert (here.bid is None, here.ask is None) == (there.ask is None, there.bid is None) == (q == 10, q == -10)
    assert here.bid == (None if there.ask is None else pytest.approx(there.ask, abs=1e-12))


@pytest.mark.parametrize("q", range(-6, 7))
def test_far_from_horizon_and_bounds_finite_is_nearly_asymptotic(q) -> None:
    terms = {"gamma": 0.01, "sigma": 0.3, "kappa": 0.3, "intensity": 0.9}
    finite = glft_finite(inventory=q, tau=600, inventory_max=30, **terms)
    limit = glft_asymptotic(inventory=q, **terms)
    assert (finite.bid, finite.ask) == pytest.approx((limit.bid, limit.ask), abs=0.002)


def test_beyond_a_bound_only_the_way_back_is_quoted() -> None:
    at, beyond = (glft_finite(inventory=q, tau=10, inventory_max=5, **GLFT) for q in (5, 9))
    assert at == beyond
    assert at.bid is None


def test_at_the_horizon_only_the_fill_premium_is_left() -> None:
    depths = glft_finite(inventory=2, tau=0, inventory_max=5, **GLFT)
    assert depths.bid == depths.ask == pytest.approx(log(1 + 0.05 / 1.5) / 0.05)


def test_a_long_horizon_and_a_wide_bound_lose_no_digits() -> None:
    """Symmetric and rising in q to the last digits, where plain subtraction of large eigenvalues would not be."""
    terms = {"gamma": 0.5, "sigma": 0.6, "kappa": 2.0, "intensity": 1.0}
    depths = [glft_finite(inventory=q, tau=5_000, inventory_max=30, **terms) for q in range(-29, 30)]
    bids = [depth.bid for depth in depths if depth.bid is not None]
    assert bids == pytest.approx([depth.ask for depth in reversed(depths)], abs=1e-9)
    assert bids == sorted(bids)
    deepest = glft_finite(inventory=0, tau=10_000, inventory_max=30, **terms)
    assert deepest.bid == pytest.approx(bids[29], abs=1e-9)


def test_ends_that_no_float_can_hold_are_an_error_that_names_the_way_out() -> None:
    with pytest.raises(ValueError, match="inventory_max 90 is too wide for gamma=2"):
        glft_finite(inventory=0, gamma=2.0, sigma=30.0, kappa=1.0, intensity=1e-4, tau=1.0, inventory_max=90)


@given(q=inventory, gamma=gammas, delta=st.floats(min_value=0.5, max_value=5))
def test_asymptotic_depths_lean_with_inventory_and_keep_their_sum(q, gamma, delta) -> None:
    terms = {"gamma": gamma, "sigma": 0.02, "kappa": 100.0, "intensity": 2.0, "delta": delta}
    flat, held = glft_asymptotic(inventory=0, **terms), glft_asymptotic(inventory=q, **terms)
    assert flat.bid is not None
    assert held.bid is not None
    assert held.ask is not None
    assert held.bid + held.ask == pytest.approx(2 * flat.bid, rel=1e-9)
    assert (held.bid > flat.bid, held.bid < flat.bid) == (q > 0, q < 0)


def test_asymptotic_depths_without_risk_aversion_are_one_over_kappa() -> None:
    depths = glft_asymptotic(inventory=9, gamma=0, sigma=0.1, kappa=40, intensity=1)
    assert (depths.bid, depths.ask) == (1 / 40, 1 / 40)


@pytest.mark.parametrize("change", [{"intensity": 0.0}, {"delta": 0.0}])
def test_fills_that_never_come_have_no_depth(change) -> None:
    with pytest.raises(ValueError, match="delta and intensity must be above 0"):
        glft_asymptotic(**{"inventory": 0.0, **GLFT} | change)


def test_a_bound_of_no_order_is_refused() -> None:
    with pytest.raises(ValueError, match="inventory_max must be at least 1 order, not 0"):
        glft_finite(inventory=0, tau=1, inventory_max=0, **GLFT)


# --- floors ---

risks = st.builds(
    JumpRisk,
    intensity=st.floats(min_value=0.001, max_value=1),
    kappa=st.floats(min_value=2, max_value=200),
    jump_rate=st.floats(min_value=0, max_value=0.01),
    jump_size=st.floats(min_value=0.01, max_value=0.6),
    stale_hit_prob=st.floats(min_value=0, max_value=1),
)


@given(risk=risks, at_least=st.floats(min_value=0, max_value=0.3))
def test_at_the_jump_floor_resting_pays_for_jumps(risk, at_least) -> None:
    floor = jump_floor(risk, at_least=at_least)
    assert floor >= at_least
    assert jump_adverse_rate(risk, half_spread=floor) >= 0
    assert floor <= max(at_least, risk.jump_size)


@given(risk=risks)
def test_below_the_jump_floor_resting_loses_while_fills_are_frequent(risk) -> None:
    floor = jump_floor(risk)
    assume(0 < floor <= 1 / risk.kappa)
    for share in (0.1, 0.5, 0.99):
        assert jump_adverse_rate(risk, half_spread=floor * share) < 0


def test_a_jump_costs_nothing_beyond_its_size() -> None:
    risk = JumpRisk(intensity=0.05, kappa=10, jump_rate=1.0, jump_size=0.2, stale_hit_prob=1.0)
    assert jump_adverse_rate(risk, half_spread=0.3) == 0.05 * exp(-3) * 0.3
    assert jump_adverse_rate(risk, half_spread=0.1) == pytest.approx(0.05 * exp(-1) * 0.1 - 0.1)
    assert jump_floor(risk) == pytest.approx(0.2, abs=0.01)


def test_faster_pulling_buys_a_narrower_floor() -> None:
    slow, fast = (JumpRisk(0.05, 60, 0.0005, 0.25, h) for h in (0.9, 0.1))
    assert jump_floor(fast) < jump_floor(slow)
    assert jump_floor(JumpRisk(0.05, 60, 0.0005, 0.25, 0)) == 0


@pytest.mark.parametrize(
    ("change", "floor"),
    [
        ({}, 0.02),
        ({"model_half": 0.05}, 0.05),
        ({"tick": 0.1}, 0.05),
        ({"fee": 0.03}, 0.045),
        ({"sd_p": 0.04}, 0.06),
        ({"min_edge": 0.03}, 0.045),
        ({"markout": -0.01}, 0.03),
        ({"markout": 0.01}, 0.02),
        ({"jumps": JumpRisk(0.05, 60, 0.0005, 0.25, 0.3)}, 0.02),
    ],
)
def test_the_spread_pays_for_the_dearest_of_its_reasons(change, floor) -> None:
    terms = {"model_half": 0.02, "tick": 0.01, "fee": 0.0, "sd_p": 0.01, "k": 1.5, "min_edge": 0.0}
    assert half_spread_floor(**terms | change) == pytest.approx(floor)


def test_jumps_widen_a_spread_that_would_not_pay_for_them() -> None:
    jumps = JumpRisk(intensity=0.05, kappa=60, jump_rate=0.0005, jump_size=0.25, stale_hit_prob=1.0)
    half = half_spread_floor(model_half=0.001, tick=0.0002, fee=0, sd_p=0, k=0, min_edge=0, jumps=jumps)
    assert half == jump_floor(jumps) > 0.001
