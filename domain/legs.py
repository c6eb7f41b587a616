"""Two legs on two venues: what a pair of opposite bets on one outcome comes to, and which of them goes first.

Both legs are held against each other in net claims of the base currency: a back wins as many as the lay gives, so
that after commission the result is the same whether the outcome happens or not.
"""

from fractions import Fraction

import msgspec

from domain.claims import claims_and_cost_micros, results
from domain.fees import FeeTerms, fee_estimate_micros, net_result
from domain.money import FX_SCALE, MICROS
from domain.odds import PriceKind
from domain.orders import Side

Number = Fraction | int

SCALE = 1_000 * MICROS
"""A size of which claims and cost are whole at any price of ours."""


class LegTerms(msgspec.Struct, frozen=True):
    """A price at which one leg can be had as the first bet in its venue's market, `price` and `lot` native."""

    side: Side
    kind: PriceKind
    price: int
    fee: FeeTerms
    lot_micros: int
    rate_e8: int


class LegResult(msgspec.Struct, frozen=True):
    """One leg of a size: its fee and liability in its venue's currency, and its net results in the base currency."""

    size_micros: int
    fee_micros: int
    liability_micros: int
    if_win: Fraction
    if_lose: Fraction

    @property
    def claims(self) -> Fraction:
        """Net claims in base: what the leg gains on one result and loses on the other, together."""
        return abs(self.if_win - self.if_lose)


def leg_result(leg: LegTerms, size_micros: int) -> LegResult:
    """What a leg of this size comes to, matched in full at its price by an account that holds nothing there."""
    claims, cost = claims_and_cost_micros(leg.kind, leg.price, size_micros)
    fee = fee_estimate_micros(leg.fee, claims_micros=claims, cost_micros=cost)
    gross = results(leg.side, claims=Fraction(claims, MICROS), cost=Fraction(cost, MICROS))
    rate = Fraction(leg.rate_e8, FX_SCALE)
    paid = Fraction(fee, MICROS)
    win, lose = (rate * (net_result(leg.fee, result) - paid) for result in gross)
    liability = cost if leg.side is Side.BACK else claims - cost
    return LegResult(size_micros, fee, liability, win, lose)


def size_for(leg: LegTerms, claims: Fraction) -> int:
    """The largest size in whole lots that holds no more than so many net claims in base.

    Fees of fills cost the same on either result and so are no part of a net claim.
    """
    whole, cost = claims_and_cost_micros(leg.kind, leg.price, SCALE)
    win, lose = results(leg.side, claims=Fraction(whole, SCALE), cost=Fraction(cost, SCALE))
    each = abs(net_result(leg.fee, win) - net_result(leg.fee, lose)) * Fraction(leg.rate_e8, FX_SCALE)
    return int(claims / each * MICROS) // leg.lot_micros * leg.lot_micros


class Pair(msgspec.Struct, frozen=True):
    """Both legs matched in full. `net_price_sum` is what a claim and its complement cost together: an arbitrage if
    it is below one. Results in the base currency."""

    back: LegResult
    lay: LegResult
    net_price_sum: Fraction

    @property
    def if_win(self) -> Fraction:
        """Net result of both if the outcome happens."""
        return self.back.if_win + self.lay.if_win

    @property
    def if_lose(self) -> Fraction:
        """Net result of both if it does not."""
        return self.back.if_lose + self.lay.if_lose

    @property
    def worst(self) -> Fraction:
        """The worse of both results."""
        return min(self.if_win, self.if_lose)


def arb_two_leg(back: LegTerms, lay: LegTerms, *, back_size_micros: int) -> Pair:
    """A back of this size and the lay whose net claims come closest to it from below, both in whole lots.

    ValueError for a back of nothing. Source: equal payouts, n/((o − 1) + (1 − c)) of a lay at o that pays commission c.
    """
    if back_size_micros <= 0:
        raise ValueError(f"a pair needs a back of some size, not {back_size_micros}")
    backed = leg_result(back, back_size_micros)
    laid = leg_result(lay, size_for(lay, backed.claims))
    whole = leg_result(lay, SCALE)  # so large that rounding says nothing
    return Pair(backed, laid, -backed.if_lose / backed.claims - whole.if_win / whole.claims)


# --- which leg goes first ---


class LegOrder(msgspec.Struct, frozen=True):
    """Expected worth of a claim of the pair by the leg that goes first."""

    ev_lead_a: Fraction
    ev_lead_b: Fraction

    @property
    def lead(self) -> str:
        """The better leg to begin with; a tie begins with A."""
        return "A" if self.ev_lead_a >= self.ev_lead_b else "B"


def leg_order(*, edge: Number, fill_a: Number, fill_b: Number, unwind_a: Number, unwind_b: Number) -> LegOrder:
    """Lead with A: f_A·[f_B·e − (1 − f_B)·u_A], and the same with B in front.

    `fill` is the chance that a leg is matched, `unwind` what it costs to get rid of it when the other is not. With
    equal costs the leg that is less sure to be matched goes first: only what was matched has to be undone.
    """
    lead_a = fill_a * (fill_b * edge - (1 - fill_b) * unwind_a)
    lead_b = fill_b * (fill_a * edge - (1 - fill_a) * unwind_b)
    return LegOrder(Fraction(lead_a), Fraction(lead_b))
