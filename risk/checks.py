"""One small function per rule: None, or the reason why an order must not be sent.

The order of the rules is the order of `RULES`: first what stops everything, then the market, the order itself,
what it could hit, and last the money. An order that does not raise its event's worst loss passes every cap, because
refusing it would keep us where we are no better off; it passes nothing else.
"""

from collections.abc import Callable, Sequence

import msgspec

from domain.book import Book
from domain.claims import claims_and_cost_micros
from domain.intents import Child
from domain.markets import Instrument, MarketStatus
from domain.net_price import PROBABILITY_SCALE
from domain.odds import claim_ratio
from domain.operators import KillLevel
from domain.orders import Order, Side, TimeInForce
from risk.exposure import Position, Trial
from risk.limits import Limits
from risk.verdicts import RefusalReason, Refused

SECOND_NS = 1_000_000_000


class Context(msgspec.Struct):
    """What is known at this moment about an instrument, its venue and the desk: all that a rule may look at.

    `proven_ns` is the last proof that the book is fresh: its own, or its whole feed's. `fair_e9` is the fair
    probability of the outcome in 1e-9, None if there is none that may be used. `resting` are our own orders on the
    instrument, of every strategy. `available_micros` is what the venue lets us spend, in its currency, everything
    open already taken off; `tokens` how many more orders its message budget takes. `sent_ns` are the times of our
    latest placements at any venue, the newest last. `day_loss_micros` is what the day has realised, a loss positive.
    After every approval the figures that the placement changes must be taken anew.
    """

    instrument: Instrument
    book: Book
    status: MarketStatus
    in_play: bool
    selection_removed: bool
    market_version: int
    session_proven: bool
    breaker_open: bool
    kill: KillLevel
    proven_ns: int
    stale_after_ns: int
    rate_e8: int
    fair_e9: int | None
    resting: Sequence[Order]
    available_micros: int
    tokens: int
    open_orders: int
    sent_ns: Sequence[int]
    day_loss_micros: int
    now_ns: int


class Case(msgspec.Struct):
    """An order before the gate: what it is, what is known, what may be, and what it would do.

    `reduces` says that the order, matched in full, would lower the event's worst loss; then no part of it raises it.
    """

    child: Child
    context: Context
    limits: Limits
    trial: Trial
    position: Position
    reduces: bool


Rule = Callable[[Case], Refused | None]


def _refused(case: Case, reason: RefusalReason, detail: str) -> Refused:
    return Refused(case.child, reason, detail)


# --- what stops everything ---


def kill_level(case: Case) -> Refused | None:
    """L1: no order that raises the worst loss. L2 and L4: only one that lowers it. L3: none, cancels pass by."""
    level = case.context.kill
    if level is KillLevel.NONE:
        return None
    if level is KillLevel.CANCEL_ALL:
        return _refused(case, RefusalReason.KILL_CANCEL_ALL, f"kill level {level}")
    if level is not KillLevel.NO_NEW_RISK and not case.reduces:
        return _refused(case, RefusalReason.KILL_REDUCE_ONLY, f"kill level {level}")
    if not case.trial.reducing:
        return _refused(case, RefusalReason.KILL_NO_NEW_RISK, f"kill level {level}")
    return None


def venue_session(case: Case) -> Refused | None:
    """The venue's lines are proven, and it has not been refusing order after order."""
    if case.context.breaker_open:
        return _refused(case, RefusalReason.VENUE_BREAKER, "the venue refused too many orders in a row")
    if not case.context.session_proven:
        return _refused(case, RefusalReason.SESSION_UNPROVEN, "a line to the venue is down or not proven yet")
    return None


# --- the market ---


def market_state(case: Case) -> Refused | None:
    """The venue takes orders on this selection, and in running only if the limits let us."""
    if case.context.status is not MarketStatus.OPEN:
        return _refused(case, RefusalReason.MARKET_NOT_OPEN, case.context.status)
    if case.context.selection_removed:
        return _refused(case, RefusalReason.SELECTION_REMOVED, "the venue took the selection out of its market")
    if case.context.in_play and not case.limits.in_play:
        return _refused(case, RefusalReason.IN_PLAY, "the limits allow no orders in running")
    return None


def book_state(case: Case) -> Refused | None:
    """The book is whole, fresh and not crossed."""
    book, context = case.context.book, case.context
    if not book.clean:
        return _refused(case, RefusalReason.BOOK_DOUBTED, "no image since the last doubt")
    age = context.now_ns - context.proven_ns
    if age > context.stale_after_ns:
        return _refused(case, RefusalReason.BOOK_STALE, f"{age} ns old, at most {context.stale_after_ns}")
    if book.crossed:
        return _refused(case, RefusalReason.BOOK_CROSSED, f"ticks {book.best_back} and {book.best_lay}")
    return None


# --- the order itself ---


def legal_terms(case: Case) -> Refused | None:
    """Price on the ladder, size in whole lots and not too small, a starting price where one is waited for."""
    child, terms = case.child, case.context.instrument.terms
    if child.tif is TimeInForce.STARTING_PRICE and not terms.starting_price:
        return _refused(case, RefusalReason.NO_STARTING_PRICE, "the venue takes no order of ours for it")
    if case.context.book.ladder.tick(child.price) is None:
        return _refused(case, RefusalReason.PRICE_OFF_LADDER, f"price {child.price}")
    if child.size_micros % terms.lot_micros:
        return _refused(case, RefusalReason.SIZE_OFF_LOT, f"size {child.size_micros}, lot {terms.lot_micros}")
    if child.size_micros < max(1, terms.size_min_micros):
        claims, _ = claims_and_cost_micros(terms.kind, child.price, child.size_micros)
        if child.size_micros <= 0 or not 0 < terms.payout_min_micros <= claims:
            detail = f"size {child.size_micros}, at least {terms.size_min_micros}"
            return _refused(case, RefusalReason.SIZE_BELOW_MINIMUM, detail)
    return None


def price_collar(case: Case) -> Refused | None:
    """The price is near the fair value on either side, and not far through the book on the side that hurts."""
    context, limits = case.context, case.limits
    part, whole = claim_ratio(context.instrument.terms.kind, case.child.price)
    touch = _touch(context.book, case.child.side)
    if touch < 0 and context.fair_e9 is None:
        return _refused(case, RefusalReason.COLLAR_UNREFERENCED, "neither a fair value nor a price in the book")
    if context.fair_e9 is not None:
        away = abs(part * PROBABILITY_SCALE - context.fair_e9 * whole)
        if away > limits.collar_fair_e9 * whole:
            detail = f"claim at {part}/{whole}, fair {context.fair_e9}e-9, collar {limits.collar_fair_e9}e-9"
            return _refused(case, RefusalReason.COLLAR_FAIR_VALUE, detail)
    if touch >= 0:
        best_part, best_whole = claim_ratio(context.instrument.terms.kind, context.book.ladder.prices[touch])
        through = part * best_whole - best_part * whole
        if case.child.side is Side.LAY:
            through = -through
        if through * PROBABILITY_SCALE > limits.collar_book_e9 * whole * best_whole:
            detail = f"claim at {part}/{whole}, book {best_part}/{best_whole}, collar {limits.collar_book_e9}e-9"
            return _refused(case, RefusalReason.COLLAR_BOOK, detail)
    return None


def _touch(book: Book, side: Side) -> int:
    """The tick that the order would meet first; on an empty side the best of the other; -1 in an empty book."""
    meets, other = (book.best_back, book.best_lay) if side is Side.BACK else (book.best_lay, book.best_back)
    return meets if meets >= 0 else other


# --- what it could hit, and how often we speak ---


def crosses(side: Side, price: tuple[int, int], other_side: Side, other_price: tuple[int, int]) -> bool:
    """Whether two orders on one claim would match each other. Prices are ratios, see `domain.odds.claim_ratio`.

    A back that pays at least what a lay asks meets it, the same price included.
    """
    if side is other_side:
        return False
    ours, theirs = price[0] * other_price[1], other_price[0] * price[1]
    return ours >= theirs if side is Side.BACK else ours <= theirs


def self_match(case: Case) -> Refused | None:
    """The order does not trade with one of our own at the venue, whatever state that one is in.

    Source: Commodity Exchange Act 4c(a), wash sales.
    """
    child, kind = case.child, case.context.instrument.terms.kind
    price = claim_ratio(kind, child.price)
    for order in case.context.resting:
        if order.exposed_micros and crosses(child.side, price, order.side, claim_ratio(kind, order.price)):
            return _refused(case, RefusalReason.SELF_MATCH, f"would match our {order.ref}")
    return None


def pace(case: Case) -> Refused | None:
    """Not too many open orders, not too many a second, and a token left in the venue's message budget."""
    context, limits = case.context, case.limits
    if context.open_orders >= limits.open_orders_max:
        return _refused(case, RefusalReason.OPEN_ORDERS, f"{context.open_orders} open")
    nth = limits.orders_per_second
    if len(context.sent_ns) >= nth and context.now_ns - context.sent_ns[-nth] < SECOND_NS:
        return _refused(case, RefusalReason.ORDER_RATE, f"{nth} orders in the last second")
    if context.tokens <= 0:
        return _refused(case, RefusalReason.VENUE_BUDGET, "the venue's message budget is spent")
    return None


# --- the money ---


def balance(case: Case) -> Refused | None:
    """The venue has the money that its market would need more."""
    need, available = case.trial.need_micros, case.context.available_micros
    if need > available:
        return _refused(case, RefusalReason.BALANCE, f"needs {need}, available {available}")
    return None


class PositionRoom(msgspec.Struct, frozen=True):
    """The position if everything open on the order's side were matched too, and the size that may still be added."""

    worst: int
    allowed: bool
    size_max: int


def position_room(side: Side, *, position: Position, size: int, limit: int) -> PositionRoom:
    """Judge a size against a limit on claims held or given, open orders of the same side counted as matched."""
    if side is Side.BACK:
        reached = position.held_micros + position.open_back_micros
        return PositionRoom(reached + size, reached + size <= limit, max(0, limit - reached))
    reached = position.held_micros - position.open_lay_micros
    return PositionRoom(reached - size, reached - size >= -limit, max(0, limit + reached))


def position_limit(case: Case) -> Refused | None:
    """Claims on one instrument stay within the limit, if there is one."""
    limit = case.limits.position_claims_micros
    if limit is None:
        return None
    child = case.child
    claims, _ = claims_and_cost_micros(case.context.instrument.terms.kind, child.price, child.size_micros)
    room = position_room(child.side, position=case.position, size=claims, limit=limit)
    if not room.allowed:
        return _refused(case, RefusalReason.POSITION_LIMIT, f"would reach {room.worst}, limit {limit}")
    return None


def caps(case: Case) -> Refused | None:
    """No cap on worst loss is passed: of the order, the market, the event, the desk, the day."""
    trial, limits = case.trial, case.limits
    if trial.reducing:
        return None
    day = max(0, case.context.day_loss_micros) + trial.total_micros
    for reason, loss, cap in (
        (RefusalReason.CAP_ORDER, trial.order_micros, limits.cap_order_micros),
        (RefusalReason.CAP_MARKET, trial.market_micros, limits.cap_market_micros),
        (RefusalReason.CAP_EVENT, trial.event_micros, limits.cap_event_micros),
        (RefusalReason.CAP_TOTAL, trial.total_micros, limits.cap_total_micros),
        (RefusalReason.CAP_DAY, day, limits.cap_day_micros),
    ):
        if loss > cap:
            return _refused(case, reason, f"worst loss {loss}, cap {cap}")
    return None


RULES: tuple[Rule, ...] = (
    kill_level,
    venue_session,
    market_state,
    book_state,
    legal_terms,
    price_collar,
    self_match,
    pace,
    position_limit,
    balance,
    caps,
)
"""Every rule, in the order in which they are asked."""
