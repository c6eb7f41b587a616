"""When a resting quote is left, moved or pulled: two thresholds and a dead band, so that quotes do not flicker."""

import enum
from fractions import Fraction

from domain.markets import MarketStatus

Number = Fraction | float
"""Fractions stay exact; floats are for the street."""


class RequoteAction(enum.StrEnum):
    """What to do with one resting quote."""

    HOLD = "hold"
    CANCEL = "cancel"
    CANCEL_REPLACE = "cancel_replace"


def worth_placing(edge: Number, *, place_edge: Number, cancel_edge: Number) -> bool:
    """Whether a new quote may be placed; a resting one stays for less, and that gap is what stops flicker.

    Edges are probabilities. ValueError unless `place_edge` is above `cancel_edge`.
    """
    if not place_edge > cancel_edge:
        raise ValueError(f"place_edge must be above cancel_edge, not {place_edge} against {cancel_edge}")
    return edge >= place_edge


def requote_decision(
    *,
    current_tick: int,
    target_tick: int | None,
    hysteresis_ticks: int,
    edge_at_current: Number,
    cancel_edge: Number,
    tokens: float,
    market_state: MarketStatus,
    fv_valid: bool,
) -> RequoteAction:
    """What to do with a quote resting at `current_tick` when the model would now quote at `target_tick`.

    It is cancelled when the market is not open or the fair value not valid. Below `cancel_edge` it moves, or is
    only cancelled where there is no token (an order that the venue's message budget takes now) or no target (None:
    nothing is worth placing). From `hysteresis_ticks` off target it moves if it can. Else it keeps its place in
    the queue. A resting quote of a side no longer wanted at all is the caller's to cancel.
    """
    if market_state is not MarketStatus.OPEN or not fv_valid:
        return RequoteAction.CANCEL
    reachable = target_tick if tokens >= 1 else None
    if edge_at_current < cancel_edge:
        return RequoteAction.CANCEL if reachable is None else RequoteAction.CANCEL_REPLACE
    if reachable is not None and abs(reachable - current_tick) >= hysteresis_ticks:
        return RequoteAction.CANCEL_REPLACE
    return RequoteAction.HOLD
