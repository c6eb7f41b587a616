"""What stops us by itself and what we noticed while we traded: facts of ours, journalled, each with its cause."""

import enum

import msgspec

from domain.ids import OrderRef, VenueMarketId, VenueName
from domain.message import Message
from domain.orders import Side

WHOLE_VENUE = VenueMarketId("")


class LimitFigure(msgspec.Struct, frozen=True):
    """A limit in force: its name in `risk.limits.Limits`, and in a cap by name the name that it bounds."""

    limit: str
    subject: str
    figure: int


class RefusedOrder(msgspec.Struct, frozen=True):
    """The order that a no of ours was said to; `against` are orders of ours that it would have met."""

    side: Side
    price: int
    size_micros: int
    against: tuple[OrderRef, ...] = ()


class BreakerCause(enum.StrEnum):
    """Why a breaker opened."""

    STALE = "stale"
    CROSSED = "crossed"
    ONE_SIDE = "one_side"
    FILLS = "fills"
    COMPLEMENTS = "complements"
    DRIFT = "drift"
    REJECTS = "rejects"
    LATENCY = "latency"
    CLOCK_SKEW = "clock_skew"
    RULES = "rules"


class BreakerTripped(Message, frozen=True):
    """No new risk in one venue market, or at a whole venue (`WHOLE_VENUE`); what reduces goes on."""

    venue: VenueName
    venue_market: VenueMarketId
    cause: BreakerCause
    detail: str


class BreakerReset(Message, frozen=True):
    """One cause of a breaker is gone, by whom and by what proof."""

    venue: VenueName
    venue_market: VenueMarketId
    cause: BreakerCause
    who: str
    why: str


class EmptinessProven(Message, frozen=True):
    """A venue's own list, asked for after all orders were taken out, holds none of ours that may still be matched."""

    venue: VenueName
    level: int
    asked_ns: int


class AlertRaised(Message, frozen=True):
    """Somebody should look: a limit is near, or our own conduct looks like what must not be. Nothing stops by it."""

    about: str
    subject: str
    venue: VenueName
    detail: str


StopFact = BreakerTripped | BreakerReset | EmptinessProven | AlertRaised
