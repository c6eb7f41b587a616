"""A change of a resting order in one act of the venue: the command and what may be said about it.

Until it is answered either the old terms hold or the new ones, never both, and the venue sees to that; so the dearer of
the two is counted, outcome by outcome. A cancel of ours and a new order of ours are two acts, and count as a sum.
"""

from domain.ids import InstrumentId, OrderRef
from domain.message import Message
from domain.orders import Evidence, Side


class AmendOrder(Message, frozen=True):
    """Give an order another price and whole size, what was matched included. `request` names this attempt.

    Where the venue ends the order and lets its rest go on under an id of its own, `successor` is our ref for the rest;
    each half then has its own evidence: the order's cancel under `request`, the successor's own acceptance. It is
    named by `successor_ref`.

    The other fields say what is changed, as we know it, for venues that want to be told: where the order stands, the
    terms that it has, what remains of it and what was matched. `cancels`: the venue cancels what a smaller size takes
    away, and calls the size what it was. `market_version`, `decision` and `config` are as in `PlaceOrder`.
    """

    ref: OrderRef
    request: str
    price: int
    size_micros: int
    successor: OrderRef | None = None
    instrument: InstrumentId = InstrumentId("")
    side: Side = Side.BACK
    old_price: int = 0
    old_size_micros: int = 0
    remaining_micros: int = 0
    matched_micros: int = 0
    cancels: bool = False
    market_version: int = 0
    decision: int = 0
    config: str = ""

    @property
    def new_remaining_micros(self) -> int:
        """What shall be unmatched after the change, if nothing more is matched before it."""
        return self.remaining_micros + self.size_micros - self.old_size_micros

    @property
    def is_reduction(self) -> bool:
        """The price stays and the size falls: what remains keeps its place."""
        return self.price == self.old_price and self.size_micros < self.old_size_micros


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


_AFTER = "."
"""Between the ref under which an order first reached its venue and the number of times that it has been replaced."""


def successor_ref(ref: OrderRef) -> OrderRef:
    """The ref of the order that takes over the rest of this one: `tag-7`, `tag-7.1`, `tag-7.2`.

    An order has one successor at most, whether or not it came to be: so the venue's orders under one name, in the order
    in which they were made, are its generations without a gap.
    """
    root, number = generation(ref)
    return OrderRef(f"{root}{_AFTER}{number + 1}")


def generation(ref: OrderRef) -> tuple[OrderRef, int]:
    """The ref under which the venue knows an order, and how often it had been replaced before."""
    root, _, number = ref.rpartition(_AFTER)
    return (OrderRef(root), int(number)) if root and number.isdecimal() else (ref, 0)


_CHANGE = "-a"
"""Between a ref and the number of a change of it."""


def change_name(ref: OrderRef, number: int) -> str:
    """What a change of an order is called; a venue may call the order so from then on."""
    return f"{ref}{_CHANGE}{number}"


def changed_ref(name: str) -> OrderRef:
    """Our ref of the order that bears this name, its own or that of a change."""
    ref, _, number = name.rpartition(_CHANGE)
    return OrderRef(ref) if ref and number.isdecimal() else OrderRef(name)


def not_offered(command: AmendOrder) -> AmendRefused:
    """The answer of an adapter that cancels and places instead: nothing was sent, the old terms hold."""
    return AmendRefused(command.ref, command.request, "changes are not offered here", Evidence.INFERRED)


AmendFact = AmendAccepted | AmendRefused | AmendUnanswered
