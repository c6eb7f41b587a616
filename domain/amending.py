"""A change of a resting order in one act of the venue: the command and what may be said about it.

Until it is answered either the old terms hold or the new ones, never both, and the venue sees to that; so the dearer of
the two is counted, outcome by outcome. A cancel of ours and a new order of ours are two acts, and count as a sum.
"""

from domain.ids import OrderRef
from domain.message import Message
from domain.orders import Evidence


class AmendOrder(Message, frozen=True):
    """Give an order another price and whole size, what was matched included. `request` names this attempt.

    Where the venue ends the order and lets its rest go on under an id of its own, `successor` is our ref for the rest;
    each half then has its own evidence: the order's cancel under `request`, the successor's own acceptance.
    """

    ref: OrderRef
    request: str
    price: int
    size_micros: int
    successor: OrderRef | None = None


class AmendAccepted(Message, frozen=True):
    """The new terms hold; of an order with a successor, its rest was taken out of the book."""

    ref: OrderRef
    request: str
    price: int
    size_micros: int
    evidence: Evidence


class AmendRefused(Message, frozen=True):
    """The old terms hold, if anything does: a question, as a refused cancel is."""

    ref: OrderRef
    request: str
    detail: str
    evidence: Evidence = Evidence.PULL


class AmendUnanswered(Message, frozen=True):
    """Either terms may hold."""

    ref: OrderRef
    request: str
    detail: str
    evidence: Evidence = Evidence.INFERRED


def not_offered(command: AmendOrder) -> AmendRefused:
    """The answer of an adapter that cancels and places instead: nothing was sent, the old terms hold."""
    return AmendRefused(command.ref, command.request, "changes are not offered here", Evidence.INFERRED)


AmendFact = AmendAccepted | AmendRefused | AmendUnanswered
