"""What a person says of one order because its venue told him so, by telephone or by letter."""

import enum

from domain.ids import OrderRef
from domain.message import Message
from domain.orders import Evidence


class Finding(enum.StrEnum):
    """What the venue is said to have told."""

    GONE = "gone"
    """It is not there: it never came, or nothing of it remains and no more was matched than we know."""
    FIGURES = "figures"
    """Every part of it, in figures."""
    KEPT = "kept"
    """More was matched than ordered, and the venue stands by it."""
    VOIDED = "voided"
    """More was matched than ordered, and the venue annuls what was too much."""


class OrderVouched(Message, frozen=True):
    """A named person's word for one order, the strongest there is until the venue's own statement speaks.

    With FIGURES the sizes are cumulative, native millionths, and make up the whole order; of the other findings they
    follow from what we know. `price_micros` is the average of all that is matched, in the venue's own units; needed
    where more is matched than we knew. `claims_micros` and `cost_micros` are what it comes to, worked out by us.
    """

    ref: OrderRef
    finding: Finding
    who: str
    why: str
    matched_micros: int = 0
    cancelled_micros: int = 0
    lapsed_micros: int = 0
    voided_micros: int = 0
    remaining_micros: int = 0
    price_micros: int = 0
    claims_micros: int = 0
    cost_micros: int = 0
    evidence: Evidence = Evidence.OPERATOR
