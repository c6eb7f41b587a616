"""What a venue says of itself and of us that is watched and shown, and changes no money."""

import enum

from domain.calendar import MaintenancePlanned
from domain.ids import InstrumentId, OrderRef, VenueName
from domain.message import Message


class FuseState(enum.StrEnum):
    """How the venue's own limit on what we are matched in stands."""

    ARMING = "arming"
    ARMED = "armed"
    BLOWN = "blown"
    HELD = "held"
    """We blew it ourselves, to empty the venue at once."""


class FuseTold(Message, frozen=True):
    """The venue takes our resting orders out by itself when too much of them is matched too fast; `detail` says more.

    While it is blown the venue refuses new orders.
    """

    venue: VenueName
    state: FuseState
    detail: str = ""


class AttestationTold(Message, frozen=True):
    """Until which Unix millisecond the account's word where it is allows us to trade, and whole days left, below zero
    once it has run out.
    """

    venue: VenueName
    until_ms: int
    days_left: int


class QueueTold(Message, frozen=True):
    """How much stands before orders of ours, native size in millionths, as asked for at `asked_ns`, monotonic."""

    venue: VenueName
    asked_ns: int
    ahead_micros: dict[OrderRef, int]


class PositionBasis(enum.StrEnum):
    """What a venue's figure of a position is, millionths."""

    CLAIMS = "claims"
    """Claims held on a selection, those given counted against; one of which nothing is said is flat."""
    RESULT = "result"
    """What the whole market brings if a selection wins; a market of which nothing is said is flat."""


class PositionsReported(Message, frozen=True):
    """What a venue says that we hold in markets that it has not paid, on its own basis. `asked_ns`, monotonic: when it
    was asked; of what happened shortly before, some may not be in it yet.

    `whole`: it names everything that is held. Otherwise it is news of single positions, which nobody asked for.
    """

    venue: VenueName
    asked_ns: int
    basis: PositionBasis
    held_micros: dict[InstrumentId, int]
    whole: bool = True


VenueNote = MaintenancePlanned | FuseTold | AttestationTold | QueueTold | PositionsReported
