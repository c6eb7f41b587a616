"""What an answer means for an order: endpoint, status and code -> accepted, refused, landed, or unknown; as tables.

Theory. When the answer to a placement comes the venue has the order, never had it, or nobody knows. An answer of 2xx
with an order id is the only acceptance; one without an id is none, and says nothing of what happened either. An answer
of 4xx in one of the venue's own shapes was judged before the order reached the book, so the venue does not have it.
Three things under 500 prove nothing all the same: a body that is not the venue's (a gateway may have written it), a
request that timed out on its way (408), and a redirect. An answer of 5xx proves nothing, whatever it says: the venue
documents that an exchange which is unavailable may have taken the order.

409 has two meanings. Trading is paused: refused. The order exists already: an order with this id landed, whatever
became of it since; we use each id once, so it is this one, and it is looked for. So a code that nobody has heard of
proves nothing under 409, nor under a status that the venue does not document for orders.

A cancel that failed is never an answer about the order. 404 says that no order of this id rests at the place that we
named: it may be filled, cancelled, or elsewhere; it is asked for next.

Source: Kalshi OpenAPI (statuses); docs, FIX order entry (EXCHANGE_UNAVAILABLE); recorded answers of the demo exchange.
"""

import enum

from domain.messages import RejectReason as Why


class Verdict(enum.Enum):
    """Where the order is."""

    REFUSED = "refused"
    LANDED = "landed"
    UNKNOWN = "unknown"


LANDED_CODES = frozenset({"order_already_exists"})

UNKNOWN_STATUSES = frozenset({408})
"""Below 500, and still no proof."""

REFUSING_STATUSES = frozenset({400, 401, 403, 404, 410, 429})
"""By which an order was judged and turned down, whatever the code."""

PAUSED_CODES = frozenset({"trading_is_paused", "exchange_is_paused"})

CLOCK_CODES = frozenset({"header_timestamp_expired"})
"""The signature was too old or too new when it came: our clock, or a slow line."""

REASONS: dict[str, Why] = {
    "trading_is_paused": Why.MARKET_SUSPENDED,
    "exchange_is_paused": Why.MARKET_SUSPENDED,
    "trading_paused": Why.MARKET_SUSPENDED,
    "exchange_paused": Why.MARKET_SUSPENDED,
    "exceeded_order_group_risk_limit": Why.MARKET_SUSPENDED,
    "market_inactive": Why.MARKET_CLOSED,
    "market_already_closed": Why.MARKET_CLOSED,
    "market_not_found": Why.MARKET_CLOSED,
    "insufficient_balance": Why.INSUFFICIENT_FUNDS,
    "available_balance_too_low": Why.INSUFFICIENT_FUNDS,
    "exceeded_per_market_risk_limit": Why.INSUFFICIENT_FUNDS,
    "invalid_price": Why.INVALID_PRICE,
    "invalid_order_size": Why.INVALID_SIZE,
    "too_many_requests": Why.RATE_LIMIT,
    "order_already_exists": Why.DUPLICATE,
    "self_cross_attempt": Why.SELF_MATCH,
    "post_only_cross": Why.POST_ONLY,
    "authentication_error": Why.NOT_AUTHORISED,
    "header_timestamp_expired": Why.NOT_AUTHORISED,
    "signature_is_missing_from_headers": Why.NOT_AUTHORISED,
    "insufficient_permissions": Why.NOT_AUTHORISED,
    "not_found": Why.NOT_RESTING,
}
"""Our reason for a code, and for the detail of `invalid_order`; OTHER for the rest."""

STATUS_REASONS: dict[int, Why] = {401: Why.NOT_AUTHORISED, 403: Why.NOT_AUTHORISED, 429: Why.RATE_LIMIT}
"""Our reason where the code says nothing."""


def place_verdict(status: int, code: str) -> Verdict:
    """Where an order is after an answer that is not an acceptance; no code means that the body was not the venue's."""
    if not code or not 400 <= status < 500 or status in UNKNOWN_STATUSES:
        return Verdict.UNKNOWN
    if code in LANDED_CODES:
        return Verdict.LANDED
    return Verdict.REFUSED if status in REFUSING_STATUSES or code in REASONS else Verdict.UNKNOWN


def cancel_is_refused(status: int, code: str) -> bool:
    """Whether the venue turned a cancel down, as against not answering it."""
    return place_verdict(status, code) is Verdict.REFUSED


def reason(status: int, code: str, detail: str) -> Why:
    """Our reason for a refusal."""
    named = REASONS.get(code) or REASONS.get("_".join(detail.lower().split()))
    return named or STATUS_REASONS.get(status, Why.OTHER)
