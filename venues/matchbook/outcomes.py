"""What an answer means for an offer: status and words -> refused, unknown, or gone; as tables.

Theory. A placement is in one of three places when its answer comes: the venue has it, the venue never had it, or
nobody knows. There is no key that makes a repetition harmless, so only words that prove a refusal may count as one:
an error that the venue itself speaks under a status below 500 that it documents. A status of 500 and above may come
after the offer was taken. A page that is not the venue's own language comes from something in front of it, which may
have passed the request on. Too many requests (429) are turned away before they are looked at, whoever says so.

Errors carry codes seldom and sentences always, and sentences are not documented: our reason is found by the words in
them, and where none is known it is OTHER with the sentence as detail. A reason never decides where the offer is.

Source: Matchbook API docs, "Error codes and responses".
"""

from domain.messages import RejectReason as Why
from venues.matchbook.api import Faulted, is_session_fault

REASONS: tuple[tuple[str, Why], ...] = (
    ("suspend", Why.MARKET_SUSPENDED),
    ("closed", Why.MARKET_CLOSED),
    ("not open", Why.MARKET_SUSPENDED),
    ("insufficient", Why.INSUFFICIENT_FUNDS),
    ("funds", Why.INSUFFICIENT_FUNDS),
    ("withdrawn", Why.SELECTION_REMOVED),
    ("odds", Why.INVALID_PRICE),
    ("stake", Why.INVALID_SIZE),
    ("too many", Why.RATE_LIMIT),
    ("permission", Why.NOT_AUTHORISED),
)
"""The first words that occur in an error, in lower case, name our reason."""


REFUSING_STATUSES = frozenset({400, 401, 403, 404, 405})
"""Of an answer that refuses, where the venue itself speaks."""


def reason(words: str) -> Why:
    """Our reason for what the venue says was wrong."""
    lower = words.lower()
    return next((why for word, why in REASONS if word in lower), Why.OTHER)


def is_refusal(fault: Faulted) -> bool:
    """Whether this proves that the venue did not take what was sent."""
    return fault.status == 429 or (fault.spoke and fault.status in REFUSING_STATUSES)


def fault_reason(fault: Faulted) -> Why:
    """Our reason for a refusal of the whole request."""
    if fault.status == 429:
        return Why.RATE_LIMIT
    if fault.status == 403 or is_session_fault(fault):
        return Why.NOT_AUTHORISED
    return reason(fault.words)


def fault_text(fault: Faulted) -> str:
    """What to write down of it."""
    said = fault.words or ("" if fault.spoke else "not the venue's own words")
    return f"status {fault.status} {said}".strip()
