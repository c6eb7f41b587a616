"""What an answer means for a bet: endpoint and code -> refused, unknown, or landed; as tables.

Theory. A placement is in one of three places when its answer comes: the venue has it, the venue never had it, or
nobody knows. The answer says SUCCESS, FAILURE or TIMEOUT for the request and again for each instruction, with a code.
Only a code that says that the instruction was judged and turned down proves that the venue does not have the bet.
Codes that say that something inside did not answer (TIMEOUT, BET_IN_PROGRESS, an unhealthy matcher, busy or
unexpected trouble) leave it unknown, since the bet may be matched while we read. A code that is on no list leaves it
unknown too, under FAILURE as well: a new word may say what DUPLICATE_TRANSACTION says, and a question costs little.
DUPLICATE_TRANSACTION means that an equal request landed within the last minute, and we send each bet once.

A cancel that failed is never an answer about the bet: it may be filled, lapsed, or resting; it is asked for next.

Source: Betfair developer docs, "Betting Enums" and "Betting Exceptions"; interface definition SportsAPING.
"""

import enum

from domain.messages import RejectReason as Why


class Verdict(enum.Enum):
    """Where the bet is."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    LANDED = "landed"


UNKNOWN_CODES = frozenset({"BET_IN_PROGRESS", "ERROR_IN_MATCHER", "SERVICE_UNAVAILABLE", "TIMEOUT"})
"""Instruction or report codes of a placement that prove nothing."""

LANDED_CODES = frozenset({"DUPLICATE_TRANSACTION"})

REASONS: dict[str, Why] = {
    "MARKET_SUSPENDED": Why.MARKET_SUSPENDED,
    "MARKET_NOT_OPEN_FOR_BETTING": Why.MARKET_SUSPENDED,
    "MARKET_NOT_OPEN_FOR_BSP_BETTING": Why.MARKET_SUSPENDED,
    "INVALID_MARKET_ID": Why.MARKET_CLOSED,
    "INVALID_MARKET_VERSION": Why.MARKET_VERSION,
    "EVENT_BLOCKED": Why.MARKET_SUSPENDED,
    "INSUFFICIENT_FUNDS": Why.INSUFFICIENT_FUNDS,
    "LOSS_LIMIT_EXCEEDED": Why.INSUFFICIENT_FUNDS,
    "EVENT_EXPOSURE_LIMIT_EXCEEDED": Why.INSUFFICIENT_FUNDS,
    "EVENT_MATCHED_EXPOSURE_LIMIT_EXCEEDED": Why.INSUFFICIENT_FUNDS,
    "INVALID_ODDS": Why.INVALID_PRICE,
    "INVALID_PRICE_EDIT": Why.INVALID_PRICE,
    "INVALID_BET_SIZE": Why.INVALID_SIZE,
    "INVALID_MIN_FILL_SIZE": Why.INVALID_SIZE,
    "INVALID_PROFIT_RATIO": Why.INVALID_SIZE,
    "TOO_MANY_INSTRUCTIONS": Why.RATE_LIMIT,
    "TOO_MANY_REQUESTS": Why.RATE_LIMIT,
    "DUPLICATE_BETIDS": Why.DUPLICATE,
    "INVALID_BACK_LAY_COMBINATION": Why.SELF_MATCH,
    "INVALID_RUNNER": Why.SELECTION_REMOVED,
    "RUNNER_REMOVED": Why.SELECTION_REMOVED,
    "PERMISSION_DENIED": Why.NOT_AUTHORISED,
    "INVALID_ACCOUNT_STATE": Why.NOT_AUTHORISED,
    "INVALID_WALLET_STATUS": Why.NOT_AUTHORISED,
    "REJECTED_BY_REGULATOR": Why.NOT_AUTHORISED,
    "NO_CHASING": Why.NOT_AUTHORISED,
    "BET_TAKEN_OR_LAPSED": Why.NOT_RESTING,
    "INVALID_BET_ID": Why.NOT_RESTING,
    "NO_ACTION_REQUIRED": Why.NOT_RESTING,
}
"""Our reason for a code; OTHER for the rest, with the code as detail."""

REFUSED_CODES = REASONS.keys() | {
    "BET_ACTION_ERROR",
    "BET_LAPSED_PRICE_IMPROVEMENT_TOO_LARGE",
    "CANCELLED_NOT_PLACED",
    "ERROR_IN_ORDER",
    "INVALID_BID_TYPE",
    "INVALID_CUSTOMER_ORDER_REF",
    "INVALID_CUSTOMER_STRATEGY_REF",
    "INVALID_ORDER",
    "INVALID_ORDER_TYPE",
    "INVALID_PERSISTENCE_TYPE",
    "NO_CHANGE",
    "PROCESSED_WITH_ERRORS",
    "REGULATOR_IS_NOT_AVAILABLE",
    "RELATED_ACTION_FAILED",
    "TIME_IN_FORCE_CONFLICT",
    "UNEXPECTED_MIN_FILL_SIZE",
    "UNEXPECTED_PERSISTENCE_TYPE",
}
"""Codes of an instruction, or of its request, that was judged and turned down."""

FAULTS_REFUSED: dict[str, Why] = {
    "TOO_MUCH_DATA": Why.OTHER,
    "INVALID_INPUT_DATA": Why.OTHER,
    "REQUEST_SIZE_EXCEEDS_LIMIT": Why.OTHER,
    "INVALID_SESSION_INFORMATION": Why.NOT_AUTHORISED,
    "NO_SESSION": Why.NOT_AUTHORISED,
    "NO_APP_KEY": Why.NOT_AUTHORISED,
    "INVALID_APP_KEY": Why.NOT_AUTHORISED,
    "ACCESS_DENIED": Why.NOT_AUTHORISED,
    "TOO_MANY_REQUESTS": Why.RATE_LIMIT,
    "DSC-0008": Why.OTHER,
    "DSC-0009": Why.OTHER,
    "DSC-0015": Why.NOT_AUTHORISED,
    "DSC-0018": Why.OTHER,
    "DSC-0021": Why.OTHER,
    "DSC-0023": Why.OTHER,
    "DSC-0024": Why.OTHER,
    "DSC-0034": Why.NOT_AUTHORISED,
    "DSC-0035": Why.NOT_AUTHORISED,
    "DSC-0036": Why.NOT_AUTHORISED,
    "DSC-0037": Why.NOT_AUTHORISED,
    "DSC-0038": Why.NOT_AUTHORISED,
}
"""Faults of a whole call that were raised before anything was done; every other fault proves nothing."""

SESSION_FAULTS = frozenset({"INVALID_SESSION_INFORMATION", "NO_SESSION", "DSC-0015"})
"""Faults that a new login may cure."""


def place_verdict(status: str, *codes: str) -> Verdict:
    """Where a bet is after the report on its instruction: that report's status, its code and the request's, if any."""
    if not LANDED_CODES.isdisjoint(codes):
        return Verdict.LANDED
    if status == "SUCCESS":
        return Verdict.ACCEPTED
    if status == "FAILURE" and codes and {*codes} <= REFUSED_CODES:
        return Verdict.REFUSED
    return Verdict.UNKNOWN


def fault_verdict(word: str) -> Verdict:
    """Where a bet is after a fault of the whole call."""
    return Verdict.REFUSED if word in FAULTS_REFUSED else Verdict.UNKNOWN


def reason(*codes: str) -> Why:
    """Our reason for the first code that has one: instructions often say ERROR_IN_ORDER, and the request says why."""
    known = (REASONS.get(code) or FAULTS_REFUSED.get(code) for code in codes)
    return next((why for why in known if why is not None), Why.OTHER)
