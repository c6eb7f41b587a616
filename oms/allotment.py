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

A place gets its share as one order at the worst price in it. A lay at odds, whose size is a stake, brings more claims
than its levels hold if the book moves on the way and all is matched there. So no order is for more than comes, at its
own price, to what was wanted and can be paid for; what that leaves of the share is for a later look.

Everything is whole numbers: net claims in 1e-24 of a millionth, prices as ratios.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache

import msgspec

from domain.candidates import Candidate
from domain.chances import SURE_PPM
from domain.claims import claims_and_cost_micros
from domain.fees import FeeTerms, NetWinFee, QuadraticFee, fee_estimate_micros, fee_reserve_micros
from domain.ids import InstrumentId
from domain.money import FX_SCALE, MICROS
from domain.net_price import PROBABILITY_SCALE, net_price_ratio
from domain.odds import PriceKind, claim_ratio
from domain.orders import Side

CLAIMS_SCALE = 10**24
"""Parts of a millionth of a claim: at any price, rate and fee of ours net claims of a size are whole in it."""

FILLS_MAX = 100
"""For the reserve of fees, as the gate counts it: no order is matched in more pieces."""

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
            beside, small_too = _allot(others, side, limit_e9, left // CLAIMS_SCALE)
            filled = [*least, *beside]
            if _gain(filled, side, limit_e9) > _gain(without, side, limit_e9):
                return filled, small_too
    if len(choices) > 1:
        return max(choices, key=lambda choice: _worth(choice[0], side))
    return choices[0] if choices else (shares, [])


def _gain(shares: list[Allotment], side: Side, limit_e9: int) -> Fraction:
    """How much cheaper claims are than the limit allows, waits included, in 1e-9 of base; of a lay, how much dearer."""
    gain = Fraction(0)
    for share in shares:
        one = share.candidate
        (part, whole), _ = net_terms(one.fee, one.kind, side, share.price, rate_e8=one.rate_e8)
        better = limit_e9 - Fraction(part * PROBABILITY_SCALE, whole)
        gain += ((better if side is Side.BACK else -better) - one.delay_e9) * share.claims
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
    cursors = [_Cursor(candidate, side, limit_e9) for candidate in usable]
    shares: list[Allotment] = []
    while best := _best([cursor for cursor in cursors if cursor.left]):
        if not best.keeps():
            best.close()
            continue
        lots = best.lots(wanted)
        if not lots:
            best.next_level()
            continue
        claims = lots * best.claims_per_lot
        wanted -= claims
        _append(shares, Allotment(best.candidate, best.price, lots * best.candidate.lot_micros, claims))
        best.take(lots)
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


# --- one place ---


class _Cursor:
    """How far one place has been used: the level, what is left of it, and our result there as the share grows."""

    __slots__ = (
        "_back", "_claims", "_cost", "_funds", "_gain", "_index", "_limit_e9", "_loss", "_lots_to_kink", "_lose",
        "_side", "_sure", "_win", "candidate", "claims_per_lot", "left", "net", "price", "score",
    )  # fmt: skip

    def __init__(self, candidate: Candidate, side: Side, limit_e9: int) -> None:
        self.candidate = candidate
        self._limit_e9 = limit_e9
        self._sure = candidate.fill_ppm == SURE_PPM and not (candidate.delay_e9 or candidate.answer_e9)
        self._side = side
        self._back = side is Side.BACK
        self._win, self._lose = candidate.win_micros, candidate.lose_micros
        self._funds = candidate.available_micros + max(0, -min(self._win, self._lose))
        self._claims = self._cost = 0
        self._index = -1
        self.next_level()

    def next_level(self) -> None:
        """Go to the next level that holds a lot; `left` is 0 if there is none."""
        candidate = self.candidate
        self.left = 0
        while not self.left and self._index + 1 < len(candidate.levels):
            self._index += 1
            self.price, size = candidate.levels[self._index]
            self.left = size // candidate.lot_micros
        if self.left:
            self._value()

    def keeps(self) -> bool:
        """The next lot, its bet delay included, is not dearer (a lay: not cheaper) than the limit."""
        delay = self.candidate.delay_e9
        room = self._limit_e9 - delay if self._back else self._limit_e9 + delay
        price, limit = self.net[0] * PROBABILITY_SCALE, room * self.net[1]
        return price <= limit if self._back else price >= limit

    def close(self) -> None:
        """Nothing more is taken here: what follows is no better."""
        self.left = 0

    def beats(self, other: "_Cursor") -> bool:
        """The next lot is expected to be better here; of equals the lower priority is, then the higher level."""
        ours, theirs = self.score[0] * other.score[1], other.score[0] * self.score[1]
        if ours == theirs:
            return (self.candidate.priority, self._index) < (other.candidate.priority, other._index)
        return (ours < theirs) is self._back

    def lots(self, wanted: int) -> int:
        """Lots that may be taken at this net price: of what is wanted, left, before the kink, and paid for."""
        lots = min(self.left, wanted // self.claims_per_lot, self._lots_to_kink)
        room = self._funds + (self._lose if self._back else self._win)
        lots = max(0, min(lots, room // self._loss if self._loss else lots))
        short = lots * self._loss + self._fee_reserve(lots) - room
        return max(0, lots + (-short // self._loss)) if lots and short > 0 else lots

    def take(self, lots: int) -> None:
        """Count lots as ours."""
        gain, loss = lots * self._gain, lots * self._loss
        if self._back:
            self._win, self._lose = self._win + gain, self._lose - loss
        else:
            self._win, self._lose = self._win - loss, self._lose + gain
        self._claims += gain + loss
        self._cost += loss if self._back else gain
        self.left -= lots
        if self.left:
            self._value()
        else:
            self.next_level()

    def _fee_reserve(self, lots: int) -> int:
        """What the gate will want to see reserved for the fees of all that we took here and these lots."""
        fee = self.candidate.fee
        if isinstance(fee, NetWinFee) or not lots:
            return 0
        return fee_reserve_micros(
            fee,
            claims_micros=self._claims + lots * (self._gain + self._loss),
            cost_micros=self._cost + lots * (self._loss if self._back else self._gain),
            fills_max=FILLS_MAX,
        )

    def _value(self) -> None:
        """Net price and net claims of the next lot, and how many lots they hold for.

        A result that one lot would carry over zero counts as zero already.
        """
        self.net, self.claims_per_lot, self._gain, self._loss = _lot_terms(self.candidate, self._side, self.price, 0, 0)
        self._lots_to_kink = self.left
        if (self._win or self._lose) and isinstance(self.candidate.fee, NetWinFee):
            self._value_at_kink()
        self.score = self.net if self._sure else expected(self.candidate, self._side, self.net, self._limit_e9)

    def _value_at_kink(self) -> None:
        up, down = (self._win, self._lose) if self._back else (self._lose, self._win)
        to_gain, to_loss = max(0, -up) // self._gain, max(0, down) // self._loss
        if to_gain or to_loss:
            self._lots_to_kink = min(to_gain or self.left, to_loss or self.left, self.left)
            below, above = -(to_gain > 0), int(to_loss > 0)
            win, lose = (below, above) if self._back else (above, below)
            self.net, self.claims_per_lot, _, _ = _lot_terms(self.candidate, self._side, self.price, win, lose)


def expected(candidate: Candidate, side: Side, net: tuple[int, int], limit_e9: int) -> tuple[int, int]:
    """The net price that is to be expected of a place: f·m + (1 − f)·m', and the cost of its delay and of its answer.

    What is not matched there is had elsewhere at m', for which the limit stands: worse is not paid.
    """
    part, whole = net
    fill, wait = candidate.fill_ppm, candidate.delay_e9 + candidate.answer_e9
    had = fill * part * PROBABILITY_SCALE
    missed = (SURE_PPM - fill) * limit_e9 * whole
    waited = (wait if side is Side.BACK else -wait) * whole * SURE_PPM
    return had + missed + waited, whole * PROBABILITY_SCALE * SURE_PPM


def _best(cursors: list[_Cursor]) -> _Cursor | None:
    best = None
    for cursor in cursors:
        if best is None or cursor.beats(best):
            best = cursor
    return best


_LotTerms = tuple[tuple[int, int], int, int, int]
"""Net price of a claim, net claims of a lot, and what a lot gains and loses before fees."""


def _lot_terms(candidate: Candidate, side: Side, price: int, win: int, lose: int) -> _LotTerms:
    return _known_lot_terms(
        candidate.fee, candidate.kind, side, price, candidate.lot_micros, candidate.rate_e8, win, lose
    )


@lru_cache(maxsize=65_536)
def _known_lot_terms(
    fee: FeeTerms, kind: PriceKind, side: Side, price: int, lot_micros: int, rate_e8: int, win: int, lose: int
) -> _LotTerms:
    net, claims_scaled = net_terms(fee, kind, side, price, rate_e8=rate_e8, win=win, lose=lose)
    claims, cost = claims_and_cost_micros(kind, price, lot_micros)
    gain, loss = (claims - cost, cost) if side is Side.BACK else (cost, claims - cost)
    return net, claims_scaled * lot_micros, gain, loss


def net_terms(
    fee: FeeTerms, kind: PriceKind, side: Side, price: int, *, rate_e8: int, win: int = 0, lose: int = 0
) -> tuple[tuple[int, int], int]:
    """Net price of one claim as a ratio, and net claims in base (see `CLAIMS_SCALE`) of a millionth of native size.

    A net claim is what a bet gains and loses together, after fees, for every unit of payout: commission on winnings
    makes it smaller than the gross claim, a fee by the fill does not.
    """
    part, whole = claim_ratio(kind, price)
    net = net_price_ratio(fee, side, (part, whole), win_micros=win, lose_micros=lose)
    scale = MICROS * MICROS if isinstance(fee, NetWinFee) else MICROS
    if isinstance(fee, QuadraticFee):
        scale = MICROS * MICROS * whole
    sizes = whole if kind is PriceKind.CONTRACT else part
    return net, CLAIMS_SCALE * rate_e8 * net[1] // (FX_SCALE * sizes * scale)
