"""What the next lot of one place costs net of fees, as the share taken there grows.

Levels are used up from the best; commission on a market's net win has a kink where our result there changes sign, and
what is left of the level is priced anew behind it.
"""

from functools import lru_cache

from domain.candidates import Candidate
from domain.chances import SURE_PPM
from domain.claims import claims_and_cost_micros
from domain.fees import FeeTerms, NetWinFee, QuadraticFee, fee_reserve_micros
from domain.ids import book_of
from domain.money import FX_SCALE, MICROS
from domain.net_price import PROBABILITY_SCALE, net_price_ratio
from domain.odds import PriceKind, claim_ratio
from domain.orders import Side

CLAIMS_SCALE = 10**24
"""Parts of a millionth of a claim: at any price, rate and fee of ours net claims of a size are whole in it."""

FILLS_MAX = 100
"""For the reserve of fees, as the gate counts it: no order is matched in more pieces."""


class Cursor:
    """How far one place has been used: the level, what is left of it, and our result there as the share grows."""

    __slots__ = (
        "_back", "_claims", "_cost", "_funds", "_gain", "_gone", "_index", "_limit_e9", "_loss", "_lots_to_kink",
        "_lose", "_side", "_sure", "_win", "book", "candidate", "claims_per_lot", "left", "net", "price", "score",
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
        self._gone: dict[int, int] = {}
        self.book = book_of(candidate.instrument)
        self.next_level()

    def next_level(self) -> None:
        """Go to the next level that holds a lot; `left` is 0 if there is none."""
        candidate = self.candidate
        self.left = 0
        while not self.left and self._index + 1 < len(candidate.levels):
            self._index += 1
            self.price, size = candidate.levels[self._index]
            self.left = max(0, size - self._gone.get(self.price, 0)) // candidate.lot_micros
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

    def beats(self, other: "Cursor") -> bool:
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

    def used(self, price: int, size_micros: int) -> None:
        """Another account of ours takes so much at a price of the same book."""
        if self.left and self.price == price:
            self.left = max(0, self.left + (-size_micros // self.candidate.lot_micros))
            if not self.left:
                self.next_level()
        else:
            self._gone[price] = self._gone.get(price, 0) + size_micros

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


def best_of(cursors: list[Cursor]) -> Cursor | None:
    """The one whose next lot is best; None of none."""
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
