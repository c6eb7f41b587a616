"""The price of uncertainty: what a bet delay, an unsure fill or waiting in the queue leaves of an edge."""

import enum
from collections.abc import Mapping
from fractions import Fraction
from math import expm1

import msgspec

from domain.orders import Side

Number = Fraction | float
"""Fractions stay exact; floats are for the street."""


class DelayedEdge(msgspec.Struct, frozen=True):
    """Chance of an adverse jump while a bet is held back, and the edge that is left on average."""

    p_jump: float
    ev: float


def bet_delay_ev(
    *, edge: float, adverse_rate: float, delay_s: float, jump: float, p_not_suspended: float
) -> DelayedEdge:
    """Expected edge of a bet that the venue holds back for `delay_s`: e − (1 − e^(−λd))·u·J.

    Jumps against us come `adverse_rate` times a second and cost `jump` (probability) unless the market is suspended
    first, which it is not with chance `p_not_suspended`. A bet inside its delay counts as filled.
    """
    if not (adverse_rate >= 0 and delay_s >= 0):
        raise ValueError(f"adverse_rate and delay_s must be 0 or more, not {adverse_rate} and {delay_s}")
    p_jump = -expm1(-adverse_rate * delay_s)
    return DelayedEdge(p_jump, edge - p_jump * p_not_suspended * jump)


class Approach(enum.StrEnum):
    """How to get a bet done, if at all."""

    NONE = "none"
    POST = "post"
    TAKE = "take"


class PostOrTake(msgspec.Struct, frozen=True):
    """Expected edge of resting an order and of crossing the spread, and the better of them."""

    ev_post: Number
    ev_take: Number
    action: Approach


def post_vs_take(*, edge_take: Number, edge_post: Number, fill_prob: Number, edge_take_later: Number) -> PostOrTake:
    """Whether to rest or to cross: f·e_post + (1−f)·max(0, e_later) against e_take, a tie crosses.

    All edges net of the fees of their role, in probability; `fill_prob` f already knows the place in the queue.
    """
    ev_post = fill_prob * edge_post + (1 - fill_prob) * max(0, edge_take_later)
    if max(ev_post, edge_take) <= 0:
        return PostOrTake(ev_post, edge_take, Approach.NONE)
    return PostOrTake(ev_post, edge_take, Approach.POST if ev_post > edge_take else Approach.TAKE)


class UnsurePrice(msgspec.Struct, frozen=True):
    """A net price of one claim that is had with chance `fill_prob`, and the net price that is had otherwise."""

    net_price: Number
    fill_prob: Number
    fallback_net_price: Number


class RankedPrices(msgspec.Struct, frozen=True):
    """Expected net price per venue, and the venue with the best one (the first by name in a tie)."""

    expected: Mapping[str, Number]
    best: str


def fill_adjusted_price(venues: Mapping[str, UnsurePrice], *, side: Side = Side.BACK) -> RankedPrices:
    """Venues ranked by expected net price f·m + (1−f)·m': the lowest is best to BACK (buy), the highest to LAY (sell).

    ValueError without venues.
    """
    if not venues:
        raise ValueError("fill_adjusted_price needs at least one venue")
    expected = {
        venue: price.fill_prob * price.net_price + (1 - price.fill_prob) * price.fallback_net_price
        for venue, price in venues.items()
    }
    names = sorted(expected)
    best = min(names, key=expected.__getitem__) if side is Side.BACK else max(names, key=expected.__getitem__)
    return RankedPrices(expected, best)
