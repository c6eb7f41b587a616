"""What a venue says of itself and of us that is watched and shown, and changes no money."""

import enum

from domain.calendar import MaintenancePlanned
from domain.ids import OrderRef, VenueName
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


VenueNote = MaintenancePlanned | FuseTold | AttestationTold | QueueTold
