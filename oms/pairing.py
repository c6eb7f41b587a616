"""An arbitrage as two concrete legs: how much, which goes first, what is held back for the other, or why not at all.

Sets of more legs are sized in `oms.sets`, with the same parts.

Both legs get as many net claims as the smaller of them can have; those of an order count as many as it may come to
(`oms.allotment.Ordered`). What the pair brings is judged after rounding to lots and all fees, at the worst price that
either leg may be matched at, less what may come against it while a venue holds its leg back. The leg in running with
the longer bet delay leads; else the one that is less sure to be matched, by what it would cost to get rid of it.
"""

from fractions import Fraction

import msgspec

from domain.candidates import Candidate
from domain.chances import SURE_PPM
from domain.intents import PairIntent
from domain.legs import LegResult, LegTerms, arb_two_leg, leg_order, leg_result, size_for
from domain.markets import Instrument
from domain.money import MICROS
from domain.net_price import PROBABILITY_SCALE, net_limit_tick
from domain.odds import ladder
from domain.orders import Side
from domain.plans import Leg, Reserved, Rung
from oms.allotment import Ordered, allot, orders_of
from oms.marginal_price import CLAIMS_SCALE
from oms.routes import share_out

TRIES = 4
"""So often a pair is made smaller until its leading leg alone can lose no more than it may."""


class LegPlace(msgspec.Struct, frozen=True):
    """Where one leg can be had: its candidate, how sure it is to be matched, and what undoing it there costs a claim.

    `delay_ms` is the venue's bet delay now, `unwind_e9` the net distance of both sides of its book.
    """

    instrument: Instrument
    candidate: Candidate
    fill_ppm: int = SURE_PPM
    delay_ms: int = 0
    unwind_e9: int = 0


class Paired(msgspec.Struct, frozen=True):
    """A pair or set that is worth making: legs with the one that leads in front, its order, and the others' reserves.

    A claim of each leg pays `pays` whatever happens; `worst` is what all of them bring at worst, in base, less what bet
    delays may cost.
    """

    legs: tuple[Leg, ...]
    lead_price: int
    lead_size_micros: int
    reserved: tuple[Reserved, ...]
    residue_micros: int
    worst: Fraction
    candidates: tuple[Candidate, ...]
    pays: int = 1


def pair_up(intent: PairIntent, back: LegPlace, lay: LegPlace) -> Paired | str:
    """Size and order the legs of a pair, or say why it is not to be made."""
    for _ in range(TRIES):
        found = _ordered(intent, back, lay)
        if isinstance(found, str):
            return found
        lead, _, naked = found
        if naked <= intent.naked_max_micros:
            return _judged(intent, back, lay, found)
        fewer = lead.claims_micros * intent.naked_max_micros // (naked + 1)
        intent = msgspec.structs.replace(intent, claims_micros=fewer)
    return "the leading leg alone could lose too much"


_Ordered = tuple["Sized", "Sized", int]
"""The leg that leads, the one that follows, and what the first alone can lose, base micros."""


def _ordered(intent: PairIntent, back: LegPlace, lay: LegPlace) -> _Ordered | str:
    """Both legs in their order, whatever they bring."""
    found = _sized(intent, back, lay)
    if isinstance(found, str):
        return found
    backed, laid = found
    pair = arb_two_leg(backed.terms, laid.terms, back_size_micros=backed.size_micros)
    order = leg_order(
        edge=1 - pair.net_price_sum,
        fill_a=Fraction(back.fill_ppm, SURE_PPM),
        fill_b=Fraction(lay.fill_ppm, SURE_PPM),
        unwind_a=Fraction(back.unwind_e9, PROBABILITY_SCALE),
        unwind_b=Fraction(lay.unwind_e9, PROBABILITY_SCALE),
    )
    lead_is_back = order.lead == "A" if back.delay_ms == lay.delay_ms else back.delay_ms > lay.delay_ms
    lead, follower = (backed, laid) if lead_is_back else (laid, backed)
    return lead, follower, _loss_micros(lead.result)


def _judged(intent: PairIntent, back: LegPlace, lay: LegPlace, ordered: _Ordered) -> Paired | str:
    """The pair, if it brings enough whatever happens."""
    lead, follower, _ = ordered
    backed, laid = (lead, follower) if lead.terms.side is Side.BACK else (follower, lead)
    result = arb_two_leg(backed.terms, laid.terms, back_size_micros=backed.size_micros)
    worst = result.worst - lead.delay_cost - follower.delay_cost
    if worst * MICROS < intent.profit_min_micros:
        return f"it would bring {int(worst * MICROS)} at worst, at least {intent.profit_min_micros} was asked for"
    return Paired(
        legs=tuple(one.leg(intent.outcome, _limit_e9(intent, one.terms.side)) for one in (lead, follower)),
        lead_price=lead.terms.price,
        lead_size_micros=lead.size_micros,
        reserved=(reserve(follower, PROBABILITY_SCALE - lead.best_cost_e9 + accepted_e9(intent.ladder)),),
        residue_micros=max(smallest_claims(back.candidate, Side.BACK), smallest_claims(lay.candidate, Side.LAY)),
        worst=worst,
        candidates=tuple(one.decided(_limit_e9(intent, one.terms.side)) for one in (lead, follower)),
    )


class Sized(msgspec.Struct, frozen=True):
    """One leg with what it is sent: the size, at the worst price used, and the most net claims that it comes to."""

    place: LegPlace
    terms: LegTerms
    size_micros: int
    claims_micros: int

    @property
    def result(self) -> LegResult:
        """The leg matched in full at its worst price."""
        return leg_result(self.terms, self.size_micros)

    @property
    def best_cost_e9(self) -> int:
        """The least that a net claim of it may come to cost: at the first level, a lay the rest of a whole claim."""
        part, whole = self.place.candidate.net_price
        price_e9 = part * PROBABILITY_SCALE // whole
        return price_e9 if self.terms.side is Side.BACK else PROBABILITY_SCALE - price_e9

    @property
    def delay_cost(self) -> Fraction:
        """What may come against all of it while its venue holds it back, in base."""
        return Fraction(self.claims_micros * self.place.candidate.delay_e9, MICROS * PROBABILITY_SCALE)

    def leg(self, outcome: int, limit_e9: int) -> Leg:
        """The leg as the plan has it."""
        return Leg(outcome, self.terms.side, limit_e9, self.claims_micros, self.place.candidate.instrument)

    def decided(self, limit_e9: int) -> Candidate:
        """Its place with its share, as it follows from the leg's own record (`oms.explained`)."""
        side, claims = self.terms.side, self.claims_micros
        return share_out((self.place.candidate,), side=side, limit_e9=limit_e9, claims_micros=claims)[0]


def _sized(intent: PairIntent, back: LegPlace, lay: LegPlace) -> tuple[Sized, Sized] | str:
    """Both legs for the net claims that the smaller of them can have.

    The leg of coarser lots is rounded, up where the other can still be brought within a lot of its own, else down.
    """
    sides = (back, Side.BACK, intent.back_limit_e9), (lay, Side.LAY, intent.lay_limit_e9)
    most = min(claims_of(order_for(*side, intent.claims_micros)) for side in sides)
    if not most:
        return "one leg has nothing at its limit"
    coarse, fine = sorted(sides, key=lambda side: -lot_claims(side[0], side[1]))
    up = order_for(*coarse, min(intent.claims_micros, most + lot_claims(coarse[0], coarse[1])))
    other = order_for(*fine, claims_of(up))
    while claims_of(up) - claims_of(other) > lot_claims(fine[0], fine[1]):  # its order may have to leave a level alone
        up = order_for(*coarse, claims_of(other))
        other = order_for(*fine, claims_of(up))
    if not (up and other):
        return "one leg has nothing at its limit"
    legs = {coarse[1]: sized_leg(coarse[0], coarse[1], up), fine[1]: sized_leg(fine[0], fine[1], other)}
    return legs[Side.BACK], legs[Side.LAY]


def claims_of(order: Ordered | None) -> int:
    """Net claims in base micros of a leg, rounded up: so many asked for lead to the same order."""
    return 0 if order is None else -(-order.claims_scaled // CLAIMS_SCALE)


def lot_claims(place: LegPlace, side: Side) -> int:
    """Net claims in base micros of one lot at the best price, rounded up; none where there is no price."""
    candidate = place.candidate
    if not candidate.levels:
        return 0
    terms = LegTerms(
        side, candidate.kind, candidate.levels[0][0], candidate.fee, candidate.lot_micros, candidate.rate_e8
    )
    return -int(-leg_result(terms, 1_000 * candidate.lot_micros).claims * MICROS // 1_000)


def order_for(place: LegPlace, side: Side, limit_e9: int, claims_micros: int) -> Ordered | None:
    """What a place is sent for so many net claims in base; None where it has nothing at the limit."""
    shares, _ = allot([place.candidate], side=side, limit_e9=limit_e9, claims_micros=claims_micros)
    orders = orders_of(shares, side=side, limit_e9=limit_e9, claims_micros=claims_micros)
    return orders[0] if orders else None


def sized_leg(place: LegPlace, side: Side, order: Ordered) -> Sized:
    """A leg of this order."""
    candidate = place.candidate
    terms = LegTerms(side, candidate.kind, order.price, candidate.fee, candidate.lot_micros, candidate.rate_e8)
    return Sized(place, terms, order.size_micros, claims_of(order))


def _loss_micros(result: LegResult) -> int:
    """The most that a leg alone can lose, base micros, rounded up."""
    return int(-min(result.if_win, result.if_lose) * MICROS) + 1


def smallest_claims(candidate: Candidate, side: Side) -> int:
    """Net claims in base micros that are just too few for an order there, at its best price; 1 where there is none."""
    if not candidate.levels:
        return 1
    terms = LegTerms(
        side, candidate.kind, candidate.levels[0][0], candidate.fee, candidate.lot_micros, candidate.rate_e8
    )
    size = max(candidate.size_min_micros, candidate.lot_micros)
    return max(1, int(leg_result(terms, size).claims * MICROS) - 1)


def _limit_e9(intent: PairIntent, side: Side) -> int:
    return intent.back_limit_e9 if side is Side.BACK else intent.lay_limit_e9


def accepted_e9(rungs: tuple[Rung, ...]) -> int:
    """The largest loss a claim that a ladder accepts."""
    return max((rung.loss_e9 for rung in rungs), default=0)


def reserve(follower: Sized, cost_e9: int) -> Reserved:
    """What a leg that follows needs if each claim costs as much as the ladder may come to, rounded up to a lot.

    That cost follows from the best prices that the others may be matched at.
    """
    terms = follower.terms
    prices = ladder(terms.kind, follower.place.instrument.terms.bands)
    tick = net_limit_tick(
        prices,
        terms.fee,
        terms.side,
        cost_e9 + 1 if terms.side is Side.BACK else PROBABILITY_SCALE - cost_e9,
        win_micros=follower.place.candidate.win_micros,
        lose_micros=follower.place.candidate.lose_micros,
    )
    price = terms.price if tick is None else prices.price(tick)
    size = size_for(msgspec.structs.replace(terms, price=price), Fraction(follower.claims_micros, MICROS))
    return Reserved(follower.place.candidate.instrument, price, size + 2 * terms.lot_micros)
