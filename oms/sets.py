"""An arbitrage over all outcomes of a market: a back of each that costs less than one claim pays, or a lay of each.

Of outcomes of which exactly one happens, a claim of each backed pays 1, a claim of each laid one less than there are.
All legs get as many net claims as the thinnest of them can have. What the set brings is judged after rounding to lots
and all fees, at the worst price that each leg may be matched at, less what bet delays may cost. The leg that is least
sure to be had leads, all others follow its fills at once; so what may be naked is all of them but one.
"""

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from domain.chances import SURE_PPM
from domain.intents import SetIntent
from domain.money import MICROS
from domain.net_price import PROBABILITY_SCALE
from domain.orders import Side
from oms.pairing import (
    TRIES,
    LegPlace,
    Paired,
    Sized,
    accepted_e9,
    claims_of,
    lot_claims,
    order_for,
    reserve,
    sized_leg,
    smallest_claims,
)


class _Leg(msgspec.Struct, frozen=True):
    """One leg of a set: what was wanted of it, and what it comes to."""

    outcome: int
    limit_e9: int
    sized: Sized

    @property
    def loss_micros(self) -> int:
        """What it loses if it loses, base micros, rounded up."""
        return int(-min(self.sized.result.if_win, self.sized.result.if_lose) * MICROS) + 1


def set_up(intent: SetIntent, places: Sequence[LegPlace]) -> Paired | str:
    """Size and order the legs of a set, or say why it is not to be made. `places` are those of the intent's legs."""
    for _ in range(TRIES):
        legs = _sized(intent, places)
        if isinstance(legs, str):
            return legs
        losses = [leg.loss_micros for leg in legs]
        naked = sum(losses) - min(losses)
        if naked <= intent.naked_max_micros:
            return _judged(intent, legs)
        fewer = min(leg.sized.claims_micros for leg in legs) * intent.naked_max_micros // (naked + 1)
        intent = msgspec.structs.replace(intent, claims_micros=fewer)
    return "all legs but one could lose too much"


def _sized(intent: SetIntent, places: Sequence[LegPlace]) -> list[_Leg] | str:
    """Every leg for the net claims that the thinnest can have, in lots of the coarsest; the one that leads first."""
    side = intent.side
    wanted = [*zip(intent.legs, places, strict=True)]
    coarsest, at = max(wanted, key=lambda one: lot_claims(one[1], side))
    lot, claims = lot_claims(at, side), intent.claims_micros
    while True:
        most = min(claims_of(order_for(place, side, leg.limit_e9, claims)) for leg, place in wanted)
        claims = claims_of(order_for(at, side, coarsest.limit_e9, most))
        orders = {leg.instrument: order_for(place, side, leg.limit_e9, claims) for leg, place in wanted}
        if claims - min(map(claims_of, orders.values())) <= lot:  # an order may have to leave a level alone
            break
    legs = []
    for leg, place in sorted(wanted, key=lambda one: _sureness(one[1])):
        order = orders[leg.instrument]
        if order is None:
            return "one leg has nothing at its limit"
        legs.append(_Leg(leg.outcome, leg.limit_e9, sized_leg(place, side, order)))
    return legs


def _sureness(place: LegPlace) -> tuple[int, Fraction]:
    """What legs are ordered by: the longest bet delay leads, then the less sure to be matched, by what undoing costs.

    Of two legs A leads where f_A (1 - f_B) u_A <= f_B (1 - f_A) u_B, which orders any number of them by u f / (1 - f).
    """
    sure, unsure = place.fill_ppm, max(1, SURE_PPM - place.fill_ppm)
    return -place.delay_ms, Fraction(place.unwind_e9 * sure, unsure)


def _judged(intent: SetIntent, legs: list[_Leg]) -> Paired | str:
    """The set, if it brings enough whichever outcome happens."""
    results = [leg.sized.result for leg in legs]
    lost = sum((result.if_lose for result in results), Fraction(0))
    worst = min(lost - result.if_lose + result.if_win for result in results)
    worst -= sum(leg.sized.delay_cost for leg in legs)
    if worst * MICROS < intent.profit_min_micros:
        return f"it would bring {int(worst * MICROS)} at worst, at least {intent.profit_min_micros} was asked for"
    pays = 1 if intent.side is Side.BACK else len(legs) - 1
    costs = sum(leg.sized.best_cost_e9 for leg in legs)
    most_e9 = pays * PROBABILITY_SCALE - costs + accepted_e9(intent.ladder)
    return Paired(
        legs=tuple(leg.sized.leg(leg.outcome, leg.limit_e9) for leg in legs),
        lead_price=legs[0].sized.terms.price,
        lead_size_micros=legs[0].sized.size_micros,
        reserved=tuple(reserve(leg.sized, most_e9 + leg.sized.best_cost_e9) for leg in legs[1:]),
        residue_micros=max(smallest_claims(leg.sized.place.candidate, intent.side) for leg in legs),
        worst=worst,
        candidates=tuple(leg.sized.decided(leg.limit_e9) for leg in legs),
        pays=pays,
    )
