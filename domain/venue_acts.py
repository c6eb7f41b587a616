"""What a venue does to orders of ours by its own rules, unasked: rests lapse, matches are annulled."""

from typing import Literal

from domain.ids import OrderRef
from domain.message import Message
from domain.orders import Evidence


class OrderLapsed(Message, frozen=True):
    """The venue took the rest out by its own rules (suspension, in-play, pause)."""

    ref: OrderRef
    message_id: str
    size_micros: int
    evidence: Evidence


class OrderVoided(Message, frozen=True):
    """The venue annulled a matched or open part."""

    ref: OrderRef
    message_id: str
    part: Literal["matched", "open"]
    size_micros: int
    evidence: Evidence
