"""Shares of one wish over several places: always the next lot where it is best net of fees, till enough or too dear.

Places are compared by the net price of one more claim, and quantities added up in net claims of the base currency,
so that stakes at odds and contracts, taxed on winnings or by the fill, are one thing. Commission on a market's net
win has a kink where our result there changes sign: a share ends at the kink, and the rest of the level is priced
anew. In one place the net price never gets better as the share grows (levels are sorted, fees keep their order, and a
result after commission is concave in the result before), so the greedy choice is the optimum, up to a lot.

A price that is not sure to be had is ranked by what is to be expected instead: with the chance that the venue has shown
lately it is had, else the rest goes where it may cost as much as the limit allows. That chance is measured at the
venue's own pace, so what is gone before a slow one acts is in it already. What may come against us meanwhile is charged
on top: for a bet delay, which the limit has to bear too, and for the time that the venue takes to answer. The latter
only ranks: without a better place an order that is needed is not kept from the only one there is.

Accounts of one exchange show one book: what one of them takes is gone for the others.

A place gets its share as one order at the worst price in it. A lay at odds, whose size is a stake, brings more claims
than its levels hold if the book moves on the way and all is matched there. So no order is for more than comes, at its
own price, to what was wanted and can be paid for; what that leaves of the share is for a later look.

Everything is whole numbers: net claims in 1e-24 of a millionth, prices as ratios.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import msgspec

from domain.candidates import Candidate
from domain.claims import claims_and_cost_micros
from domain.fees import fee_estimate_micros
from domain.ids import InstrumentId, book_of
from domain.money import FX_SCALE, MICROS
from domain.net_price import PROBABILITY_SCALE
from domain.orders import Side
from oms.marginal_price import CLAIMS_SCALE, Cursor, best_of

BELOW_MINIMUM = "below_minimum"
"""Why a place got nothing: its share would have been smaller than the venue takes."""


class Allotment(msgspec.Struct, frozen=True):
    """A size at one level of one place, and the net claims that it is worth in base (see `CLAIMS_SCALE`)."""

    candidate: Candidate
    price: int
    size_micros: int
    claims_scaled: int

    @property
    def claims(self) -> Fraction:
        """Net claims, in units of the base currency."""
        return Fraction(self.claims_scaled, CLAIMS_SCALE * MICROS)

    @property
    def fee_micros(self) -> int:
        """The fee of the fill, estimated, in the place's currency."""
        claims, cost = claims_and_cost_micros(self.candidate.kind, self.price, self.size_micros)
        return fee_estimate_micros(self.candidate.fee, claims_micros=claims, cost_micros=cost)

    def cash(self, side: Side) -> Fraction:
        """What a back pays or a lay brings, fee included, in units of the base currency."""
        _, cost = claims_and_cost_micros(self.candidate.kind, self.price, self.size_micros)
        amount = cost + self.fee_micros if side is Side.BACK else cost - self.fee_micros
        return Fraction(amount * self.candidate.rate_e8, MICROS * FX_SCALE)


class Ordered(msgspec.Struct, frozen=True):
    """What a place is sent of its share: one order at the worst price of these levels, for all that they hold.

    `claims_scaled` are the most net claims that it comes to, matched as its levels stand or in full at that price.
    """

    candidate: Candidate
    levels: tuple[tuple[int, int], ...]
    claims_scaled: int

    @property
    def price(self) -> int:
        """The worst price it may be matched at."""
        return self.levels[-1][0]

    @property
    def size_micros(self) -> int:
        """The whole of it, native."""
        return sum(size for _, size in self.levels)


def allot(
    candidates: Sequence[Candidate], *, side: Side, limit_e9: int, claims_micros: int
) -> tuple[list[Allotment], list[Candidate]]:
    """Shares in the order in which they were chosen, and the places whose share fell below their minimum.

    `claims_micros` are net claims in base. Places that were refused get nothing. A place whose share would be too
    small is left out and everything shared again; of several, the one whose leaving leaves most. One alone is filled to
    its minimum instead, and the others get less, if what that brings more is worth its price by the limit.
    """
    usable = [candidate for candidate in candidates if not candidate.refused and candidate.levels]
    return _allot(usable, side, limit_e9, claims_micros)


def orders_of(shares: Sequence[Allotment], *, side: Side, limit_e9: int, claims_micros: int) -> list[Ordered]:
    """What is sent of shares of so many net claims: an order a place, and of all no more than that at their own prices.

    What the shares left of the claims makes good what orders may bring beyond theirs, those chosen first before others.
    """
    spare = claims_micros * CLAIMS_SCALE - sum(share.claims_scaled for share in shares)
    places: dict[InstrumentId, list[Allotment]] = {}
    for share in shares:
        places.setdefault(share.candidate.instrument, []).append(share)
    found = []
    for chosen in places.values():
        held = sum(share.claims_scaled for share in chosen)
        found.append(_ordered(chosen, side, limit_e9, held + spare))
        spare -= max(0, found[-1].claims_scaled - held)
    return found


def _ordered(chosen: list[Allotment], side: Side, limit_e9: int, wanted: int) -> Ordered:
    """The largest order for the share of one place that is for no more than is wanted, all matched at its price.

    It may be larger if it leaves the last levels alone; of two of one size that of the better price is taken.
    """
    candidate, claims = chosen[0].candidate, sum(share.claims_scaled for share in chosen)
    levels = tuple((share.price, share.size_micros) for share in chosen)
    if len(levels) == 1:
        return Ordered(candidate, levels, claims)
    best, most_micros = Ordered(candidate, levels, claims), 0
    for reach in range(len(levels), 0, -1):
        whole_micros = sum(size for _, size in levels[:reach])
        flat = msgspec.structs.replace(candidate, levels=((levels[reach - 1][0], whole_micros),))
        got = _greedy([flat], side, limit_e9, wanted)
        size_micros, at_worst = sum(share.size_micros for share in got), sum(share.claims_scaled for share in got)
        if size_micros >= most_micros:
            cut = size_micros < whole_micros or reach < len(levels)
            most_micros = size_micros
            best = Ordered(
                candidate, tuple(within(levels[:reach], size_micros)), at_worst if cut else max(at_worst, claims)
            )
        if size_micros == whole_micros:
            break
    return best


def within(levels: Iterable[tuple[int, int]], size_micros: int) -> Iterator[tuple[int, int]]:
    """So much of the levels as a size is, the best first."""
    for price, size in levels:
        if size_micros > 0:
            yield price, min(size, size_micros)
        size_micros -= size


def _allot(
    usable: list[Candidate], side: Side, limit_e9: int, claims_micros: int
) -> tuple[list[Allotment], list[Candidate]]:
    shares = _greedy(usable, side, limit_e9, claims_micros * CLAIMS_SCALE)
    orders = orders_of(shares, side=side, limit_e9=limit_e9, claims_micros=claims_micros)
    too_small = [order.candidate for order in orders if not _takes(order)]
    choices = []
    for small in too_small:
        others = [candidate for candidate in usable if candidate is not small]
        without, dropped = _allot(others, side, limit_e9, claims_micros)
        choices.append((without, [small, *dropped]))
        if len(too_small) == 1 and (least := _least(small, side, limit_e9, claims_micros)):
            (order,) = orders_of(least, side=side, limit_e9=limit_e9, claims_micros=claims_micros)
            left = claims_micros * CLAIMS_SCALE - order.claims_scaled
            elsewhere = [one for one in others if book_of(one.instrument) != book_of(small.instrument)]
            beside, small_too = _allot(elsewhere, side, limit_e9, left // CLAIMS_SCALE)
            filled = [*least, *beside]
            if _gain(filled, side, limit_e9) > _gain(without, side, limit_e9):
                return filled, small_too
    if len(choices) > 1:
        return max(choices, key=lambda choice: _worth(choice[0], side))
    return choices[0] if choices else (shares, [])


def _gain(shares: list[Allotment], side: Side, limit_e9: int) -> Fraction:
    """How much cheaper claims are than the limit allows, waits included, in 1e-9 of base; of a lay, how much dearer.

    Each at its net price on our result there, as it was when it was chosen.
    """
    gain = Fraction(0)
    cursors: dict[InstrumentId, Cursor] = {}
    for share in shares:
        one = share.candidate
        cursor = cursors.setdefault(one.instrument, Cursor(one, side, limit_e9))
        while cursor.price != share.price:
            cursor.next_level()
        lots = share.size_micros // one.lot_micros
        while some := cursor.lots(lots * cursor.claims_per_lot):
            part, whole = cursor.net
            better = limit_e9 - Fraction(part * PROBABILITY_SCALE, whole)
            claims = Fraction(some * cursor.claims_per_lot, CLAIMS_SCALE * MICROS)
            gain += ((better if side is Side.BACK else -better) - one.delay_e9) * claims
            cursor.take(some)
            lots -= some
    return gain


def _least(candidate: Candidate, side: Side, limit_e9: int, claims_micros: int) -> list[Allotment]:
    """The smallest share that a place takes; none where the limit, its money or what is wanted does not reach it."""
    sizes = [candidate.size_min_micros]
    if candidate.payout_min_micros:
        claims, _ = claims_and_cost_micros(candidate.kind, candidate.levels[0][0], MICROS)
        sizes.insert(0, -(-candidate.payout_min_micros * MICROS // claims))
    for size_micros in sizes:
        first = msgspec.structs.replace(candidate, levels=_first_levels(candidate, size_micros))
        shares = _greedy([first], side, limit_e9, claims_micros * CLAIMS_SCALE)
        orders = orders_of(shares, side=side, limit_e9=limit_e9, claims_micros=claims_micros)
        if orders and _takes(orders[0]):
            return [msgspec.structs.replace(share, candidate=candidate) for share in shares]
    return []


def _first_levels(candidate: Candidate, size_micros: int) -> tuple[tuple[int, int], ...]:
    """As much of the levels as holds a size, in whole lots."""
    lot = candidate.lot_micros
    left, levels = -(-size_micros // lot), []
    for price, size in candidate.levels:
        lots = min(left, size // lot)
        levels.append((price, lots * lot))
        left -= lots
    return tuple(levels)


def _worth(shares: list[Allotment], side: Side) -> tuple[int, Fraction]:
    """More claims are better, then less money paid or more brought."""
    cash = sum((share.cash(side) for share in shares), Fraction(0))
    return sum(share.claims_scaled for share in shares), -cash if side is Side.BACK else cash


def _greedy(usable: list[Candidate], side: Side, limit_e9: int, wanted: int) -> list[Allotment]:
    """Shares of so many net claims (see `CLAIMS_SCALE`), each next lot where it is best."""
    cursors = [Cursor(candidate, side, limit_e9) for candidate in usable]
    shares: list[Allotment] = []
    while best := best_of([cursor for cursor in cursors if cursor.left]):
        if not best.keeps():
            best.close()
            continue
        lots = best.lots(wanted)
        if not lots:
            best.next_level()
            continue
        claims = lots * best.claims_per_lot
        wanted -= claims
        price, size_micros = best.price, lots * best.candidate.lot_micros
        _append(shares, Allotment(best.candidate, price, size_micros, claims))
        best.take(lots)
        for other in cursors:
            if other.book == best.book and other is not best:
                other.used(price, size_micros)
    return shares


def _append(shares: list[Allotment], share: Allotment) -> None:
    """Add a share, joined to the one before if it goes on at the same level behind a kink."""
    if shares and shares[-1].candidate is share.candidate and shares[-1].price == share.price:
        last = shares.pop()
        share = Allotment(
            share.candidate,
            share.price,
            last.size_micros + share.size_micros,
            last.claims_scaled + share.claims_scaled,
        )
    shares.append(share)


def _takes(order: Ordered) -> bool:
    """Whether the venue takes an order of this size at this price."""
    candidate = order.candidate
    if order.size_micros >= candidate.size_min_micros:
        return True
    claims, _ = claims_and_cost_micros(candidate.kind, order.price, order.size_micros)
    return 0 < candidate.payout_min_micros <= claims
