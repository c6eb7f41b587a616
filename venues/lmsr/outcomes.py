"""What an answer means for an order: its word -> accepted, refused, or unknown; as a table.

An order message is an acceptance. A refusal with a word of the table was judged and turned down. `unsure` says that the
venue does not know itself; a word that is on no list proves nothing, and a lost line neither.
"""

from domain.messages import RejectReason as Why

REASONS: dict[str, Why] = {
    "suspended": Why.MARKET_SUSPENDED,
    "closed": Why.MARKET_CLOSED,
    "maintenance": Why.MARKET_SUSPENDED,
    "price": Why.INVALID_PRICE,
    "size": Why.INVALID_SIZE,
    "money": Why.INSUFFICIENT_FUNDS,
    "busy": Why.RATE_LIMIT,
    "gone": Why.NOT_RESTING,
    "removed": Why.SELECTION_REMOVED,
    "other": Why.OTHER,
}
"""Words of refusals, and our reason for each."""


def reason(why: str) -> Why | None:
    """Our reason for a refusal; None if it proves nothing."""
    return REASONS.get(why)
