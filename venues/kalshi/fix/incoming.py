"""What may be wrong with the head of a message, and what it leads to: a rejected message, or the end of the session."""

import enum
from typing import Protocol

import msgspec

from venues.errors import PeerBroke
from venues.kalshi.fix import tags
from venues.kalshi.fix.clock import unix_ms
from venues.kalshi.fix.codec import BEGIN_STRING, Message


class Verdict(enum.Enum):
    """REJECT: the message does not count. LOGOUT: nothing more is believed."""

    REJECT = "reject"
    LOGOUT = "logout"


class Fault(msgspec.Struct, frozen=True):
    """What is wrong: `reason` by the codes of field 373, 0 where there is none and nothing is rejected."""

    verdict: Verdict
    tag: int
    reason: int
    detail: str


class Expected(Protocol):
    """What a head is held against."""

    @property
    def ours(self) -> str: ...

    @property
    def theirs(self) -> tuple[str, ...]: ...

    @property
    def window_ms(self) -> int: ...


def header_fault(message: Message, expected: Expected, now_ms: int) -> Fault | None:
    """The first thing wrong with a head, None if it is in order.

    Source: FIX Session Layer, test cases 2 (message received) and 14 (fields).
    """
    if message.begin != BEGIN_STRING:
        return Fault(Verdict.LOGOUT, 0, 0, f"version {message.begin} where {BEGIN_STRING} is spoken")
    try:
        message.number(tags.MSG_SEQ_NUM)
    except PeerBroke as error:
        return Fault(Verdict.LOGOUT, 0, 0, str(error))
    sender, target = message.get(tags.SENDER), message.get(tags.TARGET)
    if sender not in expected.theirs or target != expected.ours:
        return Fault(Verdict.LOGOUT, 0, tags.COMP_ID_PROBLEM, f"from {sender} to {target}")
    return _time_fault(message, expected.window_ms, now_ms)


def _time_fault(message: Message, window_ms: int, now_ms: int) -> Fault | None:
    said = message.get(tags.SENDING_TIME)
    if said is None:
        return Fault(Verdict.REJECT, tags.SENDING_TIME, tags.REQUIRED_TAG_MISSING, "field 52 is missing")
    sent_ms = unix_ms(said)
    if sent_ms is None:
        return Fault(Verdict.REJECT, tags.SENDING_TIME, tags.INCORRECT_FORMAT, f"field 52 is {said}")
    if window_ms and abs(now_ms - sent_ms) > window_ms:
        return Fault(Verdict.LOGOUT, tags.SENDING_TIME, tags.SENDING_TIME_ACCURACY, f"sent at {said}")
    if message.is_set(tags.POSS_DUP) and message.type != tags.SEQUENCE_RESET:
        return _repetition_fault(message, sent_ms)
    return None


def _repetition_fault(message: Message, sent_ms: int) -> Fault | None:
    """A repetition names the time at which it was first sent, which is not later than now."""
    first = message.get(tags.ORIG_SENDING_TIME)
    if first is None:
        return Fault(Verdict.REJECT, tags.ORIG_SENDING_TIME, tags.REQUIRED_TAG_MISSING, "field 122 is missing")
    first_ms = unix_ms(first)
    if first_ms is None or first_ms > sent_ms:
        return Fault(Verdict.LOGOUT, tags.ORIG_SENDING_TIME, tags.SENDING_TIME_ACCURACY, f"first sent at {first}")
    return None
