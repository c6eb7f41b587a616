"""What is done about a break: which heals itself, by what act, and which stops us until a person looked at it.

An act here never removes the evidence. It asks, cancels, or takes the venue's own figures over; the break is over
when a later comparison agrees, and not before. What should have healed and did not stops the venue. Of some classes
agreement is not enough: an order that nobody placed, and a fee that no rounding explains, wait for a person's word.
"""

import enum

import msgspec

from domain.breaks import BreakFound
from domain.fees import CENT
from recon.breaks import BreakKind


class Act(enum.StrEnum):
    """What the engine does about a break by itself."""

    TAKE_OVER = "take_over"
    """The venue's report is applied: it is stronger than what we knew."""
    QUERY = "query"
    """Ask the venue about the order."""
    CANCEL = "cancel"
    """Take the order out: it should not be there."""
    WAIT = "wait"
    """Look again next round: the venue may be behind, or a message under way."""
    LEAVE = "leave"
    """Touch nothing; count it, show it, and let a person decide."""


class Stop(enum.StrEnum):
    """Where added risk stops while the break stands."""

    NOTHING = "nothing"
    MARKET = "market"
    VENUE = "venue"


class Repair(msgspec.Struct, frozen=True):
    """The act, where risk stops at once, and after how many rounds without healing the venue stops."""

    act: Act
    stop: Stop
    patience_rounds: int


REPAIRS = {
    BreakKind.MISSING_AT_VENUE: Repair(Act.QUERY, Stop.NOTHING, 5),  # counted in full until absence is proven
    BreakKind.UNKNOWN_AT_VENUE: Repair(Act.CANCEL, Stop.VENUE, 0),  # adopted first, so that it is counted
    BreakKind.MISSING_FILL: Repair(Act.TAKE_OVER, Stop.NOTHING, 2),
    BreakKind.EXTRA_FILL: Repair(Act.LEAVE, Stop.MARKET, 0),  # never reversed by ourselves
    BreakKind.PRICE: Repair(Act.TAKE_OVER, Stop.NOTHING, 5),
    BreakKind.FEE: Repair(Act.TAKE_OVER, Stop.NOTHING, 5),
    BreakKind.RESULT: Repair(Act.LEAVE, Stop.MARKET, 0),  # a corrected statement heals it, or a match that we missed
    BreakKind.STATUS: Repair(Act.CANCEL, Stop.MARKET, 3),  # over for us, resting there: nobody counts it
    BreakKind.BALANCE: Repair(Act.WAIT, Stop.NOTHING, 0),  # the others explain it, or it is set aside in suspense
}

FOREIGN = Repair(Act.LEAVE, Stop.NOTHING, 0)
"""A person's own order on our account is counted and shown; it is not ours to cancel."""

POSITION = Repair(Act.QUERY, Stop.MARKET, 0)
"""What we hold in a market is in doubt: its orders are asked about, and nobody adds to it. However long it stands it
stops no more than that, for a figure that a venue works out of orders may be wrong where the orders are right; how far
apart both are is judged where the limit is known (`engine.recon_stops`)."""

FEE_REVIEW_MICROS = 5 * CENT
"""From here on no rounding explains a fee. Source: MECHANICS 9.2, FEE."""


def repair(kind: BreakKind, *, rounds: int, foreign: bool = False, position: bool = False) -> Repair:
    """What to do about a break of this kind that stood for this many rounds already."""
    plan = FOREIGN if foreign else POSITION if position else REPAIRS[kind]
    if rounds >= plan.patience_rounds > 0:
        return Repair(plan.act, Stop.VENUE, plan.patience_rounds)
    return plan


def needs_person(found: BreakFound) -> bool:
    """Whether agreement alone does not end the break."""
    if found.kind == BreakKind.FEE:
        return abs(found.apart_micros) >= FEE_REVIEW_MICROS
    return found.kind == BreakKind.UNKNOWN_AT_VENUE and found.venue != ""
