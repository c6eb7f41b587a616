"""What the gate may say of an order: `Approved`, or `Refused` with its one reason."""

import enum

import msgspec

from domain.ids import OrderRef
from domain.intents import Child


class RefusalReason(enum.StrEnum):
    """Why we ourselves did not send an order; one word per cause, counted and shown as it stands."""

    KILL_NO_NEW_RISK = "kill_no_new_risk"
    KILL_REDUCE_ONLY = "kill_reduce_only"
    KILL_CANCEL_ALL = "kill_cancel_all"
    NOT_ENABLED = "not_enabled"
    JURISDICTION = "jurisdiction"
    RESTRICTED = "restricted"
    RULES_CHANGED = "rules_changed"
    CATEGORY = "category"
    CLOSE_ONLY = "close_only"
    SESSION_UNPROVEN = "session_unproven"
    ORDER_UNPROVEN = "order_unproven"
    VENUE_BREAKER = "venue_breaker"
    MARKET_BREAKER = "market_breaker"
    MARKET_NOT_OPEN = "market_not_open"
    SELECTION_REMOVED = "selection_removed"
    IN_PLAY = "in_play"
    BOOK_DOUBTED = "book_doubted"
    BOOK_STALE = "book_stale"
    BOOK_CROSSED = "book_crossed"
    PRICE_OFF_LADDER = "price_off_ladder"
    SIZE_BELOW_MINIMUM = "size_below_minimum"
    SIZE_OFF_LOT = "size_off_lot"
    NO_STARTING_PRICE = "no_starting_price"
    SIZE_ABOVE_MAXIMUM = "size_above_maximum"
    COLLAR_UNREFERENCED = "collar_unreferenced"
    COLLAR_FAIR_VALUE = "collar_fair_value"
    COLLAR_BOOK = "collar_book"
    SELF_MATCH = "self_match"
    OPPOSITE_TRADE = "opposite_trade"
    QUOTES_CROSS = "quotes_cross"
    OPEN_ORDERS = "open_orders"
    INTENT_ORDERS = "intent_orders"
    ORDER_RATE = "order_rate"
    MARKET_RATE = "market_rate"
    VENUE_BUDGET = "venue_budget"
    TURNOVER = "turnover"
    LOSS_MINUTE = "loss_minute"
    BALANCE = "balance"
    POSITION_LIMIT = "position_limit"
    CAP_ORDER = "cap_order"
    CAP_MARKET = "cap_market"
    CAP_EVENT = "cap_event"
    CAP_TOTAL = "cap_total"
    CAP_DAY = "cap_day"
    CAP_LEAGUE = "cap_league"
    CAP_SPORT = "cap_sport"
    CAP_MODEL = "cap_model"
    CAP_VENUE = "cap_venue"
    CAP_STRATEGY = "cap_strategy"


class Passing(enum.Enum):
    """Which orders pass a rule although its limit is reached, because they lead back under it."""

    NOTHING = "no order"
    NOT_RAISING = "one that does not raise the event's worst loss"
    REDUCING = "one that, matched in full, lowers the event's worst loss"


class Approved(msgspec.Struct, frozen=True):
    """An order that passed every rule, with the figures it was judged on. Only the gate makes one.

    `event_before_micros` and `event_after_micros` are the event's worst loss without and with the order,
    in base-currency millionths; `market_version` is the state of the venue's market that was looked at;
    `config` the hash of the configuration whose limits were in force.
    """

    child: Child
    market_version: int
    event_before_micros: int
    event_after_micros: int
    config: str = ""


class Refused(msgspec.Struct, frozen=True):
    """An order that broke a rule. `detail` holds the figures, for people; `against` are orders of ours that it met."""

    child: Child
    reason: RefusalReason
    detail: str
    against: tuple[OrderRef, ...] = ()
