"""What an answer means for an order, as rows: endpoint x status x code -> accepted, refused, not sent, may be sent.

Each venue's rows are made by its own adapter's code from the codes that it knows, so the table says what is done.
"""

import enum

import msgspec

from domain.ids import InstrumentId, OrderRef, StrategyName
from domain.messages import (
    CancelAccepted,
    CancelOrder,
    CancelRefused,
    Fact,
    OrderAccepted,
    OrderRejected,
    OrderReported,
    PlaceOrder,
    RejectReason,
)
from domain.orders import Evidence, Side, TimeInForce

ANY = "*"
"""Whatever else there is."""
LOST = "no answer"
UNWRITTEN = "not written"


class Fate(enum.StrEnum):
    """Where the order, or its cancel, is after the answer."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_SENT = "not sent"
    MAY_BE_SENT = "may be sent"


class Row(msgspec.Struct, frozen=True):
    """One row; `reason` is ours for a refusal."""

    endpoint: str
    status: str
    code: str
    fate: Fate
    reason: str = ""


def row(endpoint: str, status: str, code: str, fact: Fact) -> Row:
    """The row that a fact stands for."""
    if isinstance(fact, OrderAccepted | OrderReported | CancelAccepted):
        return Row(endpoint, status, code, Fate.ACCEPTED)
    if isinstance(fact, OrderRejected | CancelRefused):
        ours = fact.reason is RejectReason.NOT_SENT and fact.evidence is Evidence.INFERRED
        return Row(endpoint, status, code, Fate.NOT_SENT if ours else Fate.REFUSED, "" if ours else fact.reason)
    return Row(endpoint, status, code, Fate.MAY_BE_SENT)


ORDER = PlaceOrder(
    OrderRef("r"), InstrumentId("v/m/s"), StrategyName("s"), Side.BACK, 200, 1_000_000, TimeInForce.REST, 1
)
CANCEL = CancelOrder(OrderRef("r"), "c")
"""What the rows are made for; none of them depends on more than that it is an order, or a cancel."""
