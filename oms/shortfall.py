"""What of a take goes nowhere although it is offered within the limit: the places that gave less, and why they did.

What nobody offers at the limit is no shortfall, nor is a rest of less than a lot. What is left of the wish behind its
route is shared out once more, over the places that are closed, too small for their share or short of money, as if they
were none of that.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from domain.candidates import Candidate
from domain.claims import claims_and_cost_micros
from domain.ids import InstrumentId
from domain.intents import TakeIntent
from domain.money import FX_SCALE
from domain.odds import PriceKind
from domain.orders import Side
from oms.allotment import BELOW_MINIMUM, allot
from oms.marginal_price import CLAIMS_SCALE, net_terms

NO_MONEY = ""
"""Why a place that was refused nothing gave less than it shows."""

AMPLE = 2**62
"""More money than any share takes."""


class Shortfall(msgspec.Struct, frozen=True):
    """An order that was not made: up to its worst price, in native units, and the word of the place for why."""

    instrument: InstrumentId
    price: int
    size_micros: int
    why: str


def shortfall(intent: TakeIntent, candidates: Sequence[Candidate]) -> tuple[Shortfall, ...]:
    """What of a routed take goes nowhere; `candidates` hold their shares."""
    side = intent.side
    left = intent.claims_micros - sum(_claims_micros(one, side) for one in candidates if one.allotted)
    short = [one for one in candidates if left > 0 and _is_short(one, left)]
    if not short:
        return ()
    freed = {one.instrument: _freed(one, side) for one in short}
    shares, _ = allot([*freed.values()], side=side, limit_e9=intent.limit_e9, claims_micros=left)
    found = []
    for one in short:
        missed = [(share.price, share.size_micros) for share in shares if share.candidate is freed[one.instrument]]
        if missed:
            found.append(Shortfall(one.instrument, missed[-1][0], sum(size for _, size in missed), one.refused))
    return tuple(found)


def _is_short(candidate: Candidate, left_micros: int) -> bool:
    """Whether a place may have kept something back: it is closed, or its money may not be enough for what is left.

    Claims of a currency cost at most one unit of it each; twice that leaves room for every fee.
    """
    if not candidate.levels or candidate.kind is PriceKind.LINE:
        return False
    return bool(candidate.refused) or candidate.available_micros * candidate.rate_e8 < 2 * left_micros * FX_SCALE


def _claims_micros(candidate: Candidate, side: Side) -> int:
    """The most net claims in base that a place's order comes to, our result there taken as it was before it.

    Matched as its levels stand, or in full at the worst of them: what it was made smaller for is no shortfall.
    """
    shown, worst = candidate.allotted, candidate.allotted[-1][0]
    at_worst = _claims_scaled(candidate, side, worst) * sum(size for _, size in shown)
    as_shown = sum(_claims_scaled(candidate, side, price) * size for price, size in shown)
    return -(-max(at_worst, as_shown) // CLAIMS_SCALE)


def _claims_scaled(candidate: Candidate, side: Side, price: int) -> int:
    """Net claims of a millionth of native size at a price."""
    win, lose = candidate.win_micros, candidate.lose_micros
    return net_terms(candidate.fee, candidate.kind, side, price, rate_e8=candidate.rate_e8, win=win, lose=lose)[1]


def opened(candidate: Candidate) -> Candidate:
    """The place with nothing against it, and money enough."""
    return msgspec.structs.replace(candidate, refused="", available_micros=AMPLE)


def _freed(candidate: Candidate, side: Side) -> Candidate:
    """The place without what it gave already, with nothing against it and money enough.

    A rest that is too small for an order of its own counts where the whole share was, or where there is one to join.
    """
    win, lose = candidate.win_micros, candidate.lose_micros
    given: Counter[int] = Counter()
    for price, size in candidate.allotted:
        given[price] += size  # a level stands twice where a kink was reached in it
        claims, cost = claims_and_cost_micros(candidate.kind, price, size)
        sign = 1 if side is Side.BACK else -1
        win, lose = win + sign * (claims - cost), lose - sign * cost
    levels = ((price, size - given[price]) for price, size in candidate.levels)
    any_size = bool(candidate.allotted) or candidate.refused == BELOW_MINIMUM
    return msgspec.structs.replace(
        opened(candidate),
        levels=tuple((price, size) for price, size in levels if size > 0),
        size_min_micros=0 if any_size else candidate.size_min_micros,
        payout_min_micros=0 if any_size else candidate.payout_min_micros,
        win_micros=win,
        lose_micros=lose,
    )
