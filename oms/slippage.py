"""What a match cost beyond the value that it was decided on, split by cause: spread, depth, delay and fee.

All of a claim, in units of the venue's currency; above 0 is against us, whichever side was bet. Averages of prices are
weighted by claims: a plain mean of probabilities is wrong, as one of odds is that is not weighted by stakes.
"""

from collections.abc import Iterable
from fractions import Fraction

import msgspec

from domain.candidates import Candidate
from domain.claims import claims_and_cost_micros
from domain.fees import NetWinFee
from domain.messages import DecisionTaken
from domain.net_price import PROBABILITY_SCALE, net_price_ratio
from domain.odds import PriceKind, claim_ratio
from domain.orders import Order, Side
from oms.allotment import within


class Slippage(msgspec.Struct, frozen=True):
    """What a claim cost more than its fair value: at the first price shown, behind it, after the decision, in fees."""

    spread: Fraction
    depth: Fraction
    delay: Fraction
    fee: Fraction

    @property
    def total(self) -> Fraction:
        """The net price against the fair value."""
        return self.spread + self.depth + self.delay + self.fee


def slippage_of(order: Order, decision: DecisionTaken) -> Slippage | None:
    """Of what is matched of an order; None where nothing is, or the decision knew no fair value or no price there."""
    place = next((one for one in decision.candidates if one.instrument == order.instrument and one.allotted), None)
    if place is None or not (order.claims_micros and decision.probability_e9) or place.kind is PriceKind.LINE:
        return None
    against = 1 if order.side is Side.BACK else -1
    fair = Fraction(decision.probability_e9, PROBABILITY_SCALE)
    first = Fraction(*claim_ratio(place.kind, place.allotted[0][0]))
    planned = _average(place, within(place.allotted, order.matched_micros))
    had = Fraction(order.cost_micros, order.claims_micros)
    return Slippage(
        spread=against * (first - fair),
        depth=against * (planned - first),
        delay=against * (had - planned),
        fee=against * (_net(order, place) - had),
    )


def _average(place: Candidate, levels: Iterable[tuple[int, int]]) -> Fraction:
    """What a claim costs at these levels together."""
    amounts = [claims_and_cost_micros(place.kind, price, size) for price, size in levels]
    return Fraction(sum(cost for _, cost in amounts), sum(claims for claims, _ in amounts))


def _net(order: Order, place: Candidate) -> Fraction:
    """The net price of a claim: with commission on our result in that market, or with the fees of the fills."""
    had = order.cost_micros, order.claims_micros
    if isinstance(place.fee, NetWinFee):
        won, lost = place.win_micros, place.lose_micros
        return Fraction(*net_price_ratio(place.fee, order.side, had, win_micros=won, lose_micros=lost))
    fee = order.fee_micros if order.side is Side.BACK else -order.fee_micros
    return Fraction(order.cost_micros + fee, order.claims_micros)
