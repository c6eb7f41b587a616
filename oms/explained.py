"""A journalled decision worked out again from what it says it saw, and compared with what it says it did."""

import msgspec

from domain.candidates import Candidate
from domain.messages import DecisionTaken
from oms.allotment import BELOW_MINIMUM
from oms.routes import priced, resting, share_out


class Recomputed(msgspec.Struct, frozen=True):
    """The candidates as they follow from the inputs of a decision, and where the journal says otherwise."""

    candidates: tuple[Candidate, ...]
    differences: tuple[str, ...]


def recompute(decision: DecisionTaken) -> Recomputed:
    """Work out every net price and share of a decision from its stored books, fees, rates and results alone.

    Each difference names the instrument, the figure, what was stored and what follows. A quote's own size and price
    were the strategy's wish and follow from nothing here: of it only the net price is worked out.
    """
    rests = any(candidate.maker for candidate in decision.candidates)
    bare = tuple(priced(_without_answers(candidate), decision.side) for candidate in decision.candidates)
    if rests:
        again = tuple(
            resting(plain, decision.side, allotted=stored.allotted) if stored.maker else plain
            for plain, stored in zip(bare, decision.candidates, strict=True)
        )
    else:
        again = share_out(bare, side=decision.side, limit_e9=decision.limit_e9, claims_micros=decision.claims_micros)
    pairs = zip(decision.candidates, again, strict=True)
    return Recomputed(again, tuple(text for stored, plain in pairs for text in _differences(stored, plain)))


def _without_answers(candidate: Candidate) -> Candidate:
    refused = "" if candidate.refused == BELOW_MINIMUM else candidate.refused
    return msgspec.structs.replace(candidate, net_price=(0, 0), score=(0, 0), allotted=(), maker=False, refused=refused)


def _differences(stored: Candidate, again: Candidate) -> list[str]:
    return [
        f"{stored.instrument}: {name} stored {getattr(stored, name)}, follows {getattr(again, name)}"
        for name in ("net_price", "score", "allotted", "refused")
        if getattr(stored, name) != getattr(again, name)
    ]
