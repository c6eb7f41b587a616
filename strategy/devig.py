"""Removing a bookmaker's margin: decimal odds in, probabilities that sum to the number of winners out."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import exp, log, sqrt
from typing import Final

import msgspec

Number = Fraction | float
"""Fractions stay exact through the methods that only add and divide; the others answer in floats."""

STEPS_MAX: Final = 200
UNDERROUND_NOISE: Final = 1e-12
"""A book total this close below one is one: the odds were floats."""


class MarginError(ValueError):
    """The method has no answer for these odds; another one has."""


class Devigged(msgspec.Struct, frozen=True):
    """Fair probabilities in the order of the odds, and what the method had to find.

    `param` is the exponent (power), the odds ratio (odds_ratio) or the insiders' share z (shin); None otherwise.
    """

    probs: tuple[Number, ...]
    param: float | None = None


def devig(odds: Sequence[Number], *, method: str, winners: int = 1) -> Devigged:
    """Fair probabilities of all outcomes of one market, of which `winners` win, margin removed by the named method.

    With π = 1/odds, B = Σπ and w winners: `multiplicative` wπ/B; `additive` π − (B−w)/n; `power` π^k; `odds_ratio`
    π/(π + c(1−π)), the same shift of every logit; `shin` the insider-trading model, for one winner only. All but
    shin also work for B < w. ValueError for an unknown method, no fewer winners than outcomes or odds not above 1;
    MarginError where additive would leave an outcome nothing or all, multiplicative more than certainty, or shin
    meets B < 1 or several winners.
    Source: Clarke, Kovalchik and Ingram 2017 (power); Cheung (odds ratio); Shin 1992, 1993.
    """
    if method not in METHODS:
        raise ValueError(f"devig method {method!r} is unknown: choose one of {', '.join(METHODS)}")
    if len(odds) < 2:
        raise ValueError(f"devig needs the odds of every outcome, at least two, not {len(odds)}")
    for value in odds:
        if not 1 < value < float("inf"):
            raise ValueError(f"odds must be decimal odds above 1, not {value}")
    if not 0 < winners < len(odds):
        raise ValueError(f"of {len(odds)} outcomes at least one and not all must win, not {winners}")
    return METHODS[method]([1 / value for value in odds], winners)


def _multiplicative(prices: Sequence[Number], winners: int) -> Devigged:
    total = sum(prices)
    return Devigged(_possible(tuple(winners * price / total for price in prices), "multiplicative"))


def _additive(prices: Sequence[Number], winners: int) -> Devigged:
    share = (sum(prices) - winners) / len(prices)
    probs = tuple(price - share for price in prices)
    for outcome, prob in enumerate(probs):
        if prob <= 0:
            raise MarginError(
                f"additive leaves outcome {outcome} a probability of {float(prob):.6g}: "
                "use power, odds_ratio or multiplicative for a market with long shots"
            )
    return Devigged(_possible(probs, "additive"))


def _possible(probs: tuple[Number, ...], method: str) -> tuple[Number, ...]:
    """Where several win, a share of the total may come out as more than certainty."""
    for outcome, prob in enumerate(probs):
        if prob >= 1:
            raise MarginError(f"{method} leaves outcome {outcome} a probability of {float(prob):.6g}: use power")
    return probs


def _power(prices: Sequence[Number], winners: int) -> Devigged:
    logs = [log(price) for price in prices]
    count = log(len(prices) / winners)

    def excess(k: float) -> tuple[float, float]:
        probs = [exp(k * value) for value in logs]
        return sum(probs) - winners, sum(prob * value for prob, value in zip(probs, logs, strict=True))

    k = _decreasing_root(excess, low=-count / min(logs), high=-count / max(logs))
    return Devigged(tuple(exp(k * value) for value in logs), k)


def _odds_ratio(prices: Sequence[Number], winners: int) -> Devigged:
    return shifted_odds([float((1 - price) / price) for price in prices], winners)


def shifted_odds(against: Sequence[float], winners: int) -> Devigged:
    """Probabilities that sum to `winners`, their odds against all `param` times those given, which are above 0."""

    def excess(ratio: float) -> tuple[float, float]:
        probs = [1 / (1 + ratio * value) for value in against]
        return sum(probs) - winners, -sum(prob * prob * value for prob, value in zip(probs, against, strict=True))

    others = len(against) / winners - 1
    ratio = _decreasing_root(excess, low=others / max(against), high=others / min(against))
    return Devigged(tuple(1 / (1 + ratio * value) for value in against), ratio)


def _shin(prices: Sequence[Number], winners: int) -> Devigged:
    """Each p solves (1−z)p² + zp = π²/B; written so that nothing cancels for z near 0 or 1."""
    total = sum(prices)
    if winners > 1:
        raise MarginError(f"shin is made for markets with one winner, not {winners}: use power")
    if total < 1 - UNDERROUND_NOISE:
        raise MarginError(f"shin is undefined for a book total of {float(total):.6g} below 1: use power")
    squares = [float(price * price / total) for price in prices]

    def prob(square: float, z: float) -> float:
        return 2 * square / (sqrt(z * z + 4 * (1 - z) * square) + z)

    def excess(z: float) -> tuple[float, float]:
        probs = [prob(square, z) for square in squares]
        return sum(probs) - 1, -sum(p * (1 - p) / (2 * p * (1 - z) + z) for p in probs)

    z = _decreasing_root(excess, low=0.0, high=1.0)
    return Devigged(tuple(prob(square, z) for square in squares), z)


def _decreasing_root(excess: Callable[[float], tuple[float, float]], *, low: float, high: float) -> float:
    """Where a decreasing function of (value, slope) meets zero between two bounds that hold its root.

    Newton's step where it stays between the bounds, else the middle: it cannot leave and cannot stand still.
    """
    x = low
    for _ in range(STEPS_MAX):
        value, slope = excess(x)
        if value > 0:
            low = x
        else:
            high = x
        newton = x - value / slope
        if abs(newton - x) <= 1e-15 * (x + 1e-3):
            return min(max(newton, low), high)
        x = newton if low < newton < high else (low + high) / 2
        if not low < x < high:
            return x
    raise AssertionError(f"no root between {low} and {high} after {STEPS_MAX} steps")


METHODS: Final[Mapping[str, Callable[[Sequence[Number], int], Devigged]]] = {
    "multiplicative": _multiplicative,
    "additive": _additive,
    "power": _power,
    "odds_ratio": _odds_ratio,
    "shin": _shin,
}
