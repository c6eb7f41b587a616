"""What a refusal over FIX means for an order: code and text -> refused, landed, or unknown; as tables.

Theory. A report of the type Rejected is a refusal, with two exceptions: `EXCHANGE_UNAVAILABLE` says that the gateway
does not know what became of the order, and a duplicate says that an order of this name landed before, which is ours.
A text that nobody has documented, under a code that says nothing, is taken for unknown: a query costs little. A session
Reject means that the message was not understood, so it never became an order. A business reject is given before the
exchange is asked; only one for no reason, and one because the application is away, leave it open what happened.
Source: Kalshi docs, FIX "Order Entry" (Text, OrdRejReason), "Error Handling"; changelog of 2026-06-04.
"""

from domain.messages import RejectReason as Why
from venues.kalshi.fix import tags
from venues.kalshi.fix.reports import Report
from venues.kalshi.outcomes import REASONS, Verdict

UNKNOWN_TEXTS = frozenset({"EXCHANGE_UNAVAILABLE"})
LANDED_TEXTS = frozenset({"ORDER_ALREADY_EXISTS"})
PAUSED_TEXTS = frozenset({"TRADING_PAUSED", "EXCHANGE_PAUSED"})
REFUSED_TEXTS: dict[str, Why] = {
    "INTERNAL_ERROR": Why.OTHER,
    "INVALID_ORDER": Why.OTHER,
    "ORDER_GROUP_NOT_FOUND": Why.OTHER,
    "EXCEEDED_SELL_POSITION_FLOOR": Why.INSUFFICIENT_FUNDS,
    "CUSTOMER_ACCOUNT_NOT_FOUND": Why.NOT_AUTHORISED,
    "PERMISSION_DENIED_FOR_CUSTOMER_ACCOUNT": Why.NOT_AUTHORISED,
    "EXPIRED": Why.OTHER,
    "INVALID_AMEND_QTY_FOR_ORDER": Why.INVALID_SIZE,
    "CANNOT_UPDATE_FILLED_ORDER": Why.NOT_RESTING,
}
"""Texts that are not among those of REST."""

DUPLICATE, OTHER = 6, 99
CODES: dict[int, Why] = {
    1: Why.MARKET_CLOSED,
    2: Why.MARKET_SUSPENDED,
    3: Why.INSUFFICIENT_FUNDS,
    4: Why.MARKET_CLOSED,
    8: Why.OTHER,
    11: Why.OTHER,
    13: Why.INVALID_SIZE,
    15: Why.NOT_AUTHORISED,
}
"""Of field 103, where the text says nothing."""

CANCEL_CODES: dict[int, Why] = {0: Why.NOT_RESTING, 1: Why.NOT_RESTING, 6: Why.DUPLICATE}
"""Of field 102."""

BUSINESS_CODES: dict[int, Why] = {
    tags.UNKNOWN_ID: Why.NOT_RESTING,
    2: Why.MARKET_CLOSED,
    tags.UNSUPPORTED_TYPE: Why.OTHER,
    tags.FIELD_MISSING: Why.OTHER,
    tags.NOT_AUTHORISED: Why.NOT_AUTHORISED,
    tags.RATE_LIMITED: Why.RATE_LIMIT,
}
"""Of field 380: those after which nothing happened."""


def named(text: str) -> Why | None:
    """Our reason for a text."""
    return REFUSED_TEXTS.get(text) or REASONS.get(text.lower())


def rejected_verdict(report: Report) -> tuple[Verdict, Why]:
    """Where an order is after a report that rejects it, and why."""
    return rejected_verdict_of(report.text, report.reason)


def rejected_verdict_of(text: str, code: int) -> tuple[Verdict, Why]:
    """The same by the report's text and by its field 103."""
    if text in LANDED_TEXTS or (not text and code == DUPLICATE):
        return Verdict.LANDED, Why.DUPLICATE
    why = named(text) or CODES.get(code)
    if text in UNKNOWN_TEXTS or why is None:
        return Verdict.UNKNOWN, Why.OTHER
    return Verdict.REFUSED, Why.OTHER if why is Why.NOT_RESTING else why


def cancel_reason(code: int, text: str) -> Why | None:
    """Why a cancel was refused; None if it may have been carried out."""
    if text in UNKNOWN_TEXTS:
        return None
    return CANCEL_CODES.get(code) or named(text) or Why.OTHER
