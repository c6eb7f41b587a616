"""Where to quote: reservation prices and half-spreads of the market-making models, and the floors under them."""

from collections.abc import Sequence
from functools import lru_cache
from math import exp, fsum, log, log1p, sqrt

import msgspec
import numpy as np
from numpy.typing import NDArray

from strategy.devig import shifted_odds

SHIFT_MAX = 100.0
"""No logit is shifted further by what is held: that is certainty."""


class ModelQuotes(msgspec.Struct, frozen=True):
    """A model's reservation price, bid and ask of one claim, in probability.

    `half_spread` is in the model's own unit: logit for `as_logit_quotes`, probability for `as_prob_quotes`.
    """

    reservation: float
    bid: float
    ask: float
    half_spread: float


class Depths(msgspec.Struct, frozen=True):
    """Distances from the fair price to bid and ask; None where inventory forbids that side."""

    bid: float | None
    ask: float | None


# --- exponential utility ---


def tilted_probs(*, probs: Sequence[float], pnl: Sequence[float], gamma: float, winners: int = 1) -> tuple[float, ...]:
    """Reservation prices of a market's outcomes for an exponential utility that already holds `pnl`.

    p̃_k ∝ p_k·e^(−γπ_k): in (0, 1), summing to 1 at any inventory. `pnl[k]` is the profit if outcome k wins and
    `gamma` the risk aversion per unit of the same money: a gap γ·(π_W − π_notW) of 0.2 shifts the log-odds by 0.2.
    Where several win, each outcome's odds are shifted by its own e^(−γπ_k), and all alike so that the sum stays.
    """
    if winners > 1:
        return _tilted_claims(probs, [gamma * profit for profit in pnl], winners)
    if len(probs) != len(pnl) or not fsum(probs) > 0:
        raise ValueError(f"probs and pnl need one entry per outcome and some chance, not {probs} and {pnl}")
    exponents = [-gamma * profit for profit in pnl]
    highest = max(exponent for exponent, prob in zip(exponents, probs, strict=True) if prob > 0)
    weights = [
        prob * exp(exponent - highest) if prob > 0 else 0.0 for exponent, prob in zip(exponents, probs, strict=True)
    ]
    total = fsum(weights)
    return tuple(weight / total for weight in weights)


def _tilted_claims(probs: Sequence[float], shifts: Sequence[float], winners: int) -> tuple[float, ...]:
    centre = fsum(shifts) / len(shifts)
    bounded = [min(max(shift - centre, -SHIFT_MAX), SHIFT_MAX) for shift in shifts]
    against = [(1 - p) / p * exp(shift) for p, shift in zip(probs, bounded, strict=True)]
    return tuple(float(p) for p in shifted_odds(against, winners).probs)


# --- Avellaneda and Stoikov ---


def as_logit_quotes(
    *, p: float, inventory: float, gamma: float, sigma_b: float, tau: float, kappa: float
) -> ModelQuotes:
    """Avellaneda-Stoikov quotes with the logit of p as the price, so that bid and ask stay inside (0, 1).

    With x = ln(p/(1−p)): reservation x − qγσ_b²τ, half-spread ½γσ_b²τ + (1/γ)ln(1 + γ/κ). `inventory` q in
    claims of the order size, `sigma_b` logit per square root of a time unit, `tau` time units to the horizon,
    `kappa` decay of the fill rate per unit of logit (a fit in probability converts by κ·p(1−p)).
    Source: Avellaneda and Stoikov 2008; Dalen 2025 for event contracts.
    """
    if not 0 < p < 1:
        raise ValueError(f"p must lie between 0 and 1, not {p}")
    risk = _risk(gamma=gamma, sigma=sigma_b, tau=tau)
    centre = log(p / (1 - p)) - inventory * risk
    half = risk / 2 + _fill_premium(gamma, kappa=kappa)
    return ModelQuotes(_expit(centre), _expit(centre - half), _expit(centre + half), half)


def as_prob_quotes(
    *, p: float, inventory: float, gamma: float, sigma_p: float, tau: float, kappa: float
) -> ModelQuotes:
    """Avellaneda-Stoikov quotes in probability: only for prices far from 0 and 1, which it does not know of.

    Reservation p − qγσ_p²τ, half-spread ½γσ_p²τ + (1/γ)ln(1 + γ/κ); units as in `as_logit_quotes` with probability
    for logit. A side that comes out beyond 0 or 1 is not a price and must not be quoted.
    Source: Avellaneda and Stoikov 2008.
    """
    risk = _risk(gamma=gamma, sigma=sigma_p, tau=tau)
    centre = p - inventory * risk
    half = risk / 2 + _fill_premium(gamma, kappa=kappa)
    return ModelQuotes(centre, centre - half, centre + half, half)


def _risk(*, gamma: float, sigma: float, tau: float) -> float:
    """γσ²τ: what one unit of inventory costs until the horizon."""
    if not (gamma >= 0 and tau >= 0):
        raise ValueError(f"gamma and tau must be 0 or more, not {gamma} and {tau}")
    return gamma * sigma * sigma * tau


def _fill_premium(gamma: float, *, kappa: float) -> float:
    """(1/γ)ln(1 + γ/κ), and its limit 1/κ for a quoter without risk aversion."""
    if not (gamma >= 0 and kappa > 0):
        raise ValueError(f"gamma must be 0 or more and kappa above 0, not {gamma} and {kappa}")
    return log1p(gamma / kappa) / gamma if gamma > 0 else 1 / kappa


def _expit(x: float) -> float:
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))


# --- Guéant, Lehalle and Fernandez-Tapia: fills at a distance δ arrive at A·e^(−κδ), A is the `intensity` ---


def glft_asymptotic(
    *, inventory: float, gamma: float, sigma: float, kappa: float, intensity: float, delta: float = 1.0
) -> Depths:
    """Distances of bid and ask far from the horizon, for orders of size `delta`.

    δ = ln(1 + γΔ/κ)/(γΔ) ± (2q ± Δ)/2·√(σ²γ/(2κAΔ)·(1 + γΔ/κ)^(κ/(γΔ)+1)). `inventory` in the unit of `delta`,
    `sigma` and `intensity` per time unit (its square root for sigma), distances in the unit of sigma and 1/κ.
    Source: Guéant 2017, "Optimal market making".
    """
    if not (delta > 0 and intensity > 0):
        raise ValueError(f"delta and intensity must be above 0, not {delta} and {intensity}")
    premium = _fill_premium(gamma * delta, kappa=kappa)
    fill_factor = exp((kappa + gamma * delta) * premium)  # (1 + γΔ/κ)^(κ/(γΔ) + 1), and its limit e at γ = 0
    slope = sqrt(sigma * sigma * gamma * fill_factor / (2 * kappa * intensity * delta))
    bid = premium + (2 * inventory + delta) / 2 * slope
    return Depths(bid, premium - (2 * inventory - delta) / 2 * slope)


def glft_finite(
    *, inventory: int, gamma: float, sigma: float, kappa: float, intensity: float, tau: float, inventory_max: int
) -> Depths:
    """Distances of bid and ask with inventory kept within ±`inventory_max` orders until the horizon `tau`.

    δ_bid = (1/κ)ln(v_q/v_q+1) + (1/γ)ln(1 + γ/κ) and its mirror, v = e^(−Mτ)·1. No bid at the upper bound and no
    ask at the lower one; beyond a bound the way back is quoted as at the bound. Units as in `glft_asymptotic`.
    All inventories of a parameter set are computed at once and kept: let `tau` move in steps.
    Source: Guéant, Lehalle and Fernandez-Tapia 2013.
    """
    if inventory_max < 1:
        raise ValueError(f"inventory_max must be at least 1 order, not {inventory_max}")
    logs = _log_values(gamma, sigma, kappa, intensity, tau, inventory_max)
    premium = _fill_premium(gamma, kappa=kappa)
    at = min(max(inventory, -inventory_max), inventory_max) + inventory_max
    bid = None if at == 2 * inventory_max else (logs[at] - logs[at + 1]) / kappa + premium
    ask = None if at == 0 else (logs[at] - logs[at - 1]) / kappa + premium
    return Depths(bid, ask)


@lru_cache(maxsize=256)
def _log_values(
    gamma: float, sigma: float, kappa: float, intensity: float, tau: float, inventory_max: int
) -> tuple[float, ...]:
    """ln v_q for q = −Q..Q, up to one common constant; M is tridiagonal with αq² and −η."""
    alpha_tau = kappa * _risk(gamma=gamma, sigma=sigma, tau=tau) / 2
    eta_tau = intensity * tau * exp(-(kappa + gamma) * _fill_premium(gamma, kappa=kappa))
    squares = np.arange(-inventory_max, inventory_max + 1, dtype=np.float64) ** 2
    beside = np.full(2 * inventory_max, eta_tau)
    raised = np.diag(alpha_tau * (squares.max() - squares)) + np.diag(beside, 1) + np.diag(beside, -1)
    values = _exp_of_nonnegative(raised).sum(axis=1)
    if not values.min() > 0:
        raise ValueError(
            f"inventory_max {inventory_max} is too wide for gamma={gamma}, sigma={sigma}, kappa={kappa}, "
            f"intensity={intensity}, tau={tau}: the value of its ends is below what a float can hold"
        )
    return tuple(np.log(values).tolist())


def _exp_of_nonnegative(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """e^matrix up to a positive factor, for a matrix without negative entries.

    Halved until small, summed as a series, squared back: only positive numbers are added, so that even the
    smallest entry keeps its digits, and each square is scaled, so that none overflows.
    """
    halvings = max(0, int(np.ceil(np.log2(max(matrix.sum(axis=1).max(), 1e-300)))) + 1)
    small = matrix / 2.0**halvings
    term = np.eye(len(matrix))
    total = term.copy()
    for order in range(1, 20):
        term = term @ small / order
        total += term
    for _ in range(halvings):
        total = total @ total
        total /= total.max()
    return total


# --- floors: what the spread must pay for ---


class JumpRisk(msgspec.Struct, frozen=True):
    """What a resting order earns and what news costs it.

    Fills at a distance δ arrive at `intensity`·e^(−`kappa`·δ) a second; jumps that hurt one side at `jump_rate`
    a second. A jump moves the price by `jump_size` (probability) and hits a stale quote with chance
    `stale_hit_prob`: the number that fast pulling and suspensions bring down.
    """

    intensity: float
    kappa: float
    jump_rate: float
    jump_size: float
    stale_hit_prob: float


def jump_adverse_rate(risk: JumpRisk, *, half_spread: float) -> float:
    """Expected profit per second of one resting side: A·e^(−κδ)·δ − λ_J·h·(J − δ)⁺, in probability per claim."""
    loss = risk.jump_rate * risk.stale_hit_prob * max(0.0, risk.jump_size - half_spread)
    return risk.intensity * exp(-risk.kappa * half_spread) * half_spread - loss


def jump_floor(risk: JumpRisk, *, at_least: float = 0.0) -> float:
    """A half-spread, not below `at_least`, at which resting pays for the jumps it suffers.

    The narrowest such one where it lies below 1/κ: up to there the profit rate only rises. Past it fills become
    rare, and the answer may be as wide as the jump itself, where a stale quote loses nothing.
    """

    def rate(half_spread: float) -> float:
        return jump_adverse_rate(risk, half_spread=half_spread)

    if at_least >= risk.jump_size or rate(at_least) >= 0:
        return at_least
    peak = min(1 / risk.kappa, risk.jump_size)
    low, high = at_least, peak if at_least < peak and rate(peak) >= 0 else risk.jump_size
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if rate(middle) >= 0 else (middle, high)
    return high


def half_spread_floor(
    *,
    model_half: float,
    tick: float,
    fee: float,
    sd_p: float,
    k: float,
    min_edge: float,
    markout: float = 0.0,
    jumps: JumpRisk | None = None,
) -> float:
    """The narrowest half-spread worth quoting, in probability.

    The largest of the model's half-spread, half a tick, and fee + k·sd_p + min_edge; on top of it whatever past
    fills lost on average (a negative `markout` per claim); and no narrower than `jump_floor`.
    """
    floor = max(model_half, tick / 2, fee + k * sd_p + min_edge) + max(0.0, -markout)
    return floor if jumps is None else jump_floor(jumps, at_least=floor)
